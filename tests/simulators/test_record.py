"""What counts as made, as made twice, and as made on an occupied bed; and what the picture shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from simulators.deposit import Pump, lay
from simulators.marlin.program import main
from simulators.picture import Look, Plate, draw
from simulators.record import described, portrait

JOB = ("G28", "G90", "M83", "G0 X10 Y10 Z1 F6000", "G1 X30 E20 F1200", "G1 Y20 E10", "M400")


def collisions(machine: Any) -> list[str]:
    return [event["cause"] for event in machine.firmware.recorder.piece.collisions]


def test_one_job_with_parking_is_no_collision(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.do(*JOB, "G28 X Y", "G28", "G1 X100 F6000", "M84", "M400")
    machine.firmware.boot("PowerUp")
    machine.do("G28", "G1 X10 F6000", "M400")
    assert collisions(machine) == []
    assert len(machine.firmware.recorder.piece.runs) == 1


def test_homing_and_extruding_again_is_one_collision_a_run(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.do(*JOB, *JOB, *JOB)
    assert collisions(machine) == ["home", "home"]
    machine.firmware.recorder.clear(machine.firmware.now)
    machine.do(*JOB)
    assert collisions(machine) == []


def test_a_boot_and_an_opening_begin_new_runs(bench: Callable[..., Any]) -> None:
    machine = bench(reset_on_open=False)
    machine.do(*JOB)
    machine.firmware.opened()
    machine.do("G1 X12 E1", "M400")
    machine.firmware.boot("PowerUp")
    machine.do("G1 X1 E1", "M400")
    assert collisions(machine) == ["open", "boot"]


def test_a_run_goes_on_on_a_cleared_bed(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.do(*JOB)
    machine.firmware.recorder.clear(machine.firmware.now)
    machine.do("G1 X12 E1", "M400")
    assert collisions(machine) == []
    assert machine.firmware.recorder.piece.runs[0].cause == "cleared"


def test_the_digest_names_what_was_made(bench: Callable[..., Any]) -> None:
    def program(*commands: str) -> str:
        machine = bench()
        machine.do(*commands)
        digest: str = machine.firmware.recorder.piece.runs[-1].digest.hexdigest()
        return digest

    assert program(*JOB) == program("M117 hello", "G28", *JOB) == program(*JOB, *JOB)
    assert program(*JOB) != program(*JOB[:-2], "G1 Y20 E9", "M400")


def test_the_description_holds_paths_lines_and_sums(bench: Callable[..., Any], host: Any) -> None:
    machine = bench(pump=Pump(area=2.0))
    for number, command in enumerate(JOB, 1):
        machine.send(host.numbered(number, command))
        machine.finish()
    piece = json.loads(json.dumps(described(machine.firmware.recorder.piece, Pump(area=2.0), machine.firmware.now)))
    assert piece["executed"] == [[n, command] for n, command in enumerate(JOB, 1)]
    assert piece["volume"] == pytest.approx(60) == piece["commanded"]
    (path,) = piece["paths"]
    assert path["points"][0] == [10, 10, 1] and path["points"][-1] == [30, 20, 1]
    assert sum(path["volumes"]) == pytest.approx(60, rel=1e-4)
    assert len(path["points"]) == len(path["volumes"]) + 1
    assert piece["outcome"] == {"good": True, "troubles": [], "last_line": len(JOB), "deposited": True}


PROGRAM = "M302 P1\n" + "\n".join(JOB) + "\n"


def play(tmp_path: Path, text: str, *arguments: str) -> tuple[int, np.ndarray[Any, np.dtype[np.uint8]], Any]:
    program, picture, record = tmp_path / "p.gcode", tmp_path / "p.png", tmp_path / "p.json"
    program.write_text(text)
    common = ["--play", str(program), "--picture", str(picture), "--json", str(record), "--e-area", "1", "--flat"]
    status = main([*common, "--piece", "0,0,40,30,3", *arguments])
    return status, np.asarray(Image.open(picture)), json.loads(record.read_text())


def test_the_picture_shows_the_bead_where_it_lies(tmp_path: Path) -> None:
    status, picture, record = play(tmp_path, PROGRAM)
    assert status == 0 and record["outcome"]["good"]
    assert picture.shape == (300, 400, 3)
    dark = np.all(picture == (0x3B, 0x23, 0x14), axis=2)
    columns = np.flatnonzero(dark[200 - 5 : 200 + 5].any(axis=0))  # the line from X 10 to 30 at Y 10
    assert abs(columns[0] - 95) <= 1 and abs(columns[-1] - 304) <= 1
    assert abs(int(dark[:, 200].sum()) - 10) <= 1  # 1 mm2 of bead at 1 mm of height is 1 mm wide
    assert not dark[:90, :].any()
    assert tuple(picture[0, 0]) == (0xE8, 0xE6, 0xE1) and tuple(picture[150, 100]) == (0xD9, 0xA8, 0x64)


def test_another_program_gives_another_picture(tmp_path: Path) -> None:
    _, one, _ = play(tmp_path, PROGRAM)
    _, same, _ = play(tmp_path, PROGRAM)
    _, shifted, _ = play(tmp_path, PROGRAM.replace("Y10", "Y11"))
    _, thicker, _ = play(tmp_path, PROGRAM.replace("E20", "E23"))
    _, lagging, _ = play(tmp_path, PROGRAM, "--lag", "0.3")
    assert np.array_equal(one, same)
    for other in (shifted, thicker, lagging):
        assert np.mean(one != other) > 0.001


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        (PROGRAM.replace("M302 P1\n", ""), "cold_extrusions"),
        (PROGRAM + "G1 X500\n", "clamped_moves"),
        (PROGRAM.replace("G28\n", ""), "unhomed_moves"),
        (PROGRAM + "G1234\n", "unknown_commands"),
        (PROGRAM + PROGRAM, "collisions"),
        (PROGRAM + "M112\n", "kills"),
    ],
)
def test_a_spoiled_piece_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, trouble: str
) -> None:
    status, _, record = play(tmp_path, text)
    assert status == 1
    assert trouble in record["outcome"]["troubles"]
    assert trouble in capsys.readouterr().err


def test_a_part_of_the_bed_is_the_part_of_the_picture(bench: Callable[..., Any]) -> None:
    machine = bench()
    machine.do(*JOB)
    recorder = machine.firmware.recorder
    look = Look(plates=(Plate(0, 0, 40, 30),), flat=True)
    beads = lay(recorder.piece.rows, Pump(area=1.0), machine.firmware.now)
    whole = np.asarray(portrait(recorder.piece, recorder.tool, machine.firmware.now, look, (0, 0, 40, 30), 10))
    part = np.asarray(draw(beads, look, (20, 5, 35, 25), 10))
    difference = np.abs(whole[50:250, 200:350].astype(int) - part.astype(int))
    assert (difference > 64).mean() < 0.002
    with pytest.raises(ValueError, match="x0 < x1"):
        draw(beads, look, (0, 0, 0, 10), 10)
    with pytest.raises(ValueError, match="px-per-mm"):
        draw(beads, look, (0, 0, 200, 200), 1000)
