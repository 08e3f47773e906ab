"""What becomes of one name on one uneven slab, with and without measuring it: through the driver, over a pty, on a
firmware that shares no code with us and that alone knows the slab's true heights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Cancelled, Failed, Made, Progressed, Settings, Start
from drivers.machines.marlin import Marlin
from tests.conformance.rigs.common import RealClock, Simulated, ended, payload, until
from tests.probe.conftest import Kitchen

pytestmark = pytest.mark.journey
HEIGHT, TOLERANCE = 0.8, 0.3
"""mm: the bead's, and by how much the gap may differ from it anywhere on a slab that is uneven by 2 mm."""
FOLLOW = "M420 Z0 S1"
QUICK = {"boot_wait": 0.5, "settle": 0.05, "silence": 0.3, "start_wait": 3.0}
Serve = Callable[..., Simulated]


def driven(printer: Simulated, data: bytes, folder: Path, **options: Any) -> Made | Failed | Cancelled:
    """Run a program to its end."""
    with Marlin(Settings("icing-1", printer.link, QUICK | options), RealClock()) as machine:
        machine.connect()
        machine.transfer("j1-a1", payload(folder, data))
        answer = machine.start("j1-a1")
        assert answer.start is Start.STARTED, answer
        end = until(machine, ended)[-1]
        assert isinstance(end, Made | Failed | Cancelled)
        return end


def surface(printer: Simulated) -> dict[str, Any]:
    piece = printer.get("record.json")["piece"]
    assert piece["counts"]["knocks"] == 0, piece["events"]
    return dict(piece["surface"])


@pytest.mark.parametrize("seed", ["1", "4", "7"])
def test_the_nozzle_follows_each_slab_and_scrapes_it_where_it_is_not_measured(
    kitchen: Kitchen, approved: bytes, simulated: Serve, tmp_path: Path, seed: str
) -> None:
    printer, other = simulated("--seed", seed), simulated("--seed", seed)
    made = driven(printer, approved, tmp_path)
    assert isinstance(made, Made)
    assert "the surface was measured: -" in made.why
    assert isinstance(driven(other, kitchen.render(kitchen.measuring, product=kitchen.flat).data, tmp_path), Made)
    lies, blind = surface(printer), surface(other)
    assert lies["laid"] == pytest.approx(blind["laid"], rel=0.02)
    assert lies["scraped"] == lies["fallen"] == 0
    assert HEIGHT - TOLERANCE < lies["gap"][0] < lies["gap"][2] < HEIGHT + TOLERANCE
    assert blind["scraped"] + blind["fallen"] > 0.3 * blind["laid"]
    assert blind["gap"][0] < 0 < HEIGHT + 1 < blind["gap"][2]


def test_a_map_that_fades_is_no_map(approved: bytes, simulated: Serve, tmp_path: Path) -> None:
    """Z0 of M420 matters: the slab is as high as the height at which firmwares let a map end."""
    printer = simulated("--seed", "4")
    assert isinstance(driven(printer, approved.replace(b" Z0 S1", b" S1").replace(b" S1 Z0", b" S1"), tmp_path), Made)
    assert surface(printer)["scraped"] > 0


def test_the_map_is_forgotten_with_its_piece(approved: bytes, simulated: Serve, tmp_path: Path) -> None:
    printer = simulated()
    assert isinstance(driven(printer, approved, tmp_path), Made)
    last = [line for line in printer.executed() if line.startswith(("G29", "M420"))][-1]
    assert last == "G29 J1"
    end = driven(printer, b"G21\nG90\nM83\nG28\nM420 S1 Z0\nG0 Z20 F600\n", tmp_path)
    assert isinstance(end, Failed)
    assert "no heights of this surface" in end.why


@pytest.mark.parametrize(
    ("built", "arguments", "told"),
    [
        (None, ("--fault", "no-trigger:9"), "the probe did not find the surface"),
        (None, ("--fault", "no-trigger:9", "--halt-on-probe-failure"), "the probe did not find the surface"),
        (("--probe", "28,0,-4", "--grid", "7x5"), (), "the probe did not find the surface"),
        ((), (), "cannot measure a surface"),
        (("--probe", "90,0,-4", "--grid", "7x5", "--probe-tolerance", "25"), (), "no heights of this surface"),
    ],
    ids=["not-triggered", "halts", "as-marlin-comes", "no-probe", "out-of-reach"],
)
def test_what_cannot_be_measured_is_not_iced(
    approved: bytes,
    simulated: Serve,
    tmp_path: Path,
    built: tuple[str, ...] | None,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    printer = simulated(*arguments) if built is None else simulated(*arguments, built=built)
    end = driven(printer, approved, tmp_path)
    assert isinstance(end, Failed)
    assert told in end.why
    piece = printer.get("record.json")["piece"]
    assert not [line for line in printer.executed() if line.startswith("G1 X") and "E" in line and " X25 " not in line]
    assert piece.get("surface", {}).get("laid", 0) == 0
    if "--halt-on-probe-failure" in arguments:
        assert "halted" in end.why
    else:
        assert FOLLOW not in printer.executed()


def test_an_attempt_that_is_cancelled_leaves_no_map(approved: bytes, simulated: Serve, tmp_path: Path) -> None:
    printer = simulated(speed="50")
    with Marlin(Settings("icing-1", printer.link, QUICK), RealClock()) as machine:
        machine.connect()
        machine.transfer("j1-a1", payload(tmp_path, approved))
        assert machine.start("j1-a1").start is Start.STARTED
        until(machine, Progressed)
        machine.cancel("j1-a1")
        assert isinstance(until(machine, ended)[-1], Cancelled)
    executed = printer.executed()
    assert executed.index("G29 L50 R170 F53 B127 Z-10") < executed.index(FOLLOW)
    behind = executed[executed.index(FOLLOW) :]
    assert behind.index("M420 S0") < behind.index("G29 J1") < behind.index("M84")


def test_a_piece_that_is_missing_under_the_probe_is_noticed(approved: bytes, simulated: Serve, tmp_path: Path) -> None:
    """Of a slab broken in two one half lies in the jig: the firmware takes the bed beside it for its surface."""
    printer = simulated("--piece", "100,40,80,100")
    end = driven(printer, approved, tmp_path)
    assert isinstance(end, Failed)
    assert "a piece is missing there, or broken" in end.why
    assert FOLLOW not in printer.executed()


@pytest.mark.parametrize("talks", [True, False])
def test_busy_is_a_sign_of_life_however_long_measuring_takes(simulated: Serve, tmp_path: Path, talks: bool) -> None:
    """Measuring takes some 140 s, here 3.5 s; without a word for a second, the link is lost."""
    printer = simulated(speed="40")
    program = b"M155 S0\nM113 S%d\nG21\nG90\nM83\nG28\nG0 Z20 F600\nG29 L50 R170 F53 B127 Z-10\nG29 J1\n" % (2 * talks)
    end = driven(printer, program, tmp_path, patience=1.0)
    if talks:
        assert isinstance(end, Made), end
        assert printer.get("record.json")["counts"]["resends"] == 0
    else:
        assert isinstance(end, Failed)
        assert "nothing was heard" in end.why


def test_measuring_takes_the_time_that_the_manifest_says(kitchen: Kitchen, simulated: Serve, tmp_path: Path) -> None:
    made = kitchen.render(kitchen.measuring)
    flat = kitchen.render(kitchen.measuring, product=kitchen.flat)
    measuring = made.manifest["seconds"] - flat.manifest["seconds"]
    printer = simulated()
    assert isinstance(driven(printer, made.data, tmp_path), Made)
    (told,) = [event["text"] for event in printer.get("record.json")["piece"]["events"] if event["kind"] == "probed"]
    assert measuring == pytest.approx(float(told.split(" in ")[1].split(" s,")[0]), rel=0.15)
