"""The test piece by its command, and what is wrong with the ones that cannot be made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from fulfillment.cli import ful
from fulfillment.config import load_factory
from fulfillment.machines import limits_of
from gcode.dialects import GRBL_LASER
from gcode.grid import Grid
from gcode.preflight import check

CONFIG = Path(__file__).parents[2] / "config.yaml"
SMALL = ("--power", "0.25..1/2", "--speed", "30..90/3", "--side", "5", "--interval", "0.2")


def run(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(ful, ["--config", str(CONFIG), "grid", *arguments])
    assert found.exception is None or isinstance(found.exception, SystemExit)
    return found.exit_code, found.output


def test_a_grid_of_powers_and_speeds(tmp_path: Path) -> None:
    code, said = run("laser-1", "basswood", *SMALL, "--out", str(tmp_path))
    assert code == 0, said
    assert "2 powers x 3 speeds" in said
    data = (tmp_path / "grid.gcode").read_bytes()
    machine = load_factory(CONFIG).config.machine("laser-1")
    report = check(data, GRBL_LASER, limits_of(machine))
    assert report.findings == ()
    told = json.loads((tmp_path / "grid.manifest.json").read_text())
    assert (told["powers"], told["speeds"]) == ([0.25, 1.0], [30.0, 60.0, 90.0])
    assert told["seconds"] == pytest.approx(report.time, abs=0.1)
    for speed, power in ((1800, 250), (3600, 250), (5400, 1000)):
        assert f" F{speed}".encode() in data
        assert f" S{power}\n".encode() in data


def test_squares_are_darker_to_the_right_and_lighter_upwards(tmp_path: Path) -> None:
    run("laser-1", "basswood", *SMALL, "--out", str(tmp_path))
    seen = 255.0 - np.asarray(Image.open(tmp_path / "grid.proof.png").convert("L"))
    grid = Grid((0.25, 1.0), (30.0, 60.0, 90.0), 5.0, 0.2)

    def darkness(column: int, row: int) -> float:
        x, y = grid.corner(column, row)
        left, top = round((x + 5.0) * 8), round((grid.size[1] - y + 3.0 - 4.0) * 8)
        return float(seen[top - 8 : top + 8, left : left + 16].mean())

    tones = np.array([[darkness(column, row) for column in range(2)] for row in range(3)])
    assert (tones[:, 1] > tones[:, 0] + 20).all()
    assert (np.diff(tones[:, 0]) < 0).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("laser-9", "basswood"), "no machine is called 'laser-9'"),
        (("laser-1", "oak"), "no material is called 'oak'"),
        (("plotter-1", "basswood"), "does not engrave"),
        (("laser-1", "basswood", "--power", "0.5..1.5/3"), "powers of a grid are above 0 and at most 1"),
        (("laser-1", "basswood", "--power", "much"), "write FROM..TO/COUNT"),
        (("laser-1", "basswood", "--speed", "10..90/99"), "1 to 20 steps"),
        (("laser-1", "basswood", "--side", "0.1"), "hold no lines"),
        (("laser-1", "basswood", "--at", "390", "20"), "the machine ends at 400"),
        (("laser-1", "basswood", "--speed", "400"), "laser-1 runs at most 150 mm/s, the grid asks for 400"),
    ],
)
def test_what_cannot_be_made_is_told(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    code, said = run(*arguments, "--out", str(tmp_path))
    assert code != 0
    assert says in said
    assert not list(tmp_path.iterdir())
