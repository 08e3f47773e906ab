"""A pen plotter draws: the ink on the simulated paper is that of the proof, and the pen is up whenever it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.contract import Activity, Failed, Machine, MachineFault, Made, OurFault, Settings, Start
from drivers.registry import build
from drivers.service import KnowsQuestions, Serviced
from gcode.dialects import EBB
from gcode.proof import lines
from gcode.recipe import Place
from tests.conformance.rigs.common import RealClock, Simulated
from tests.conformance.rigs.ebb import program

ENVELOPE = (300.0, 218.0, 10.0)
LETTER = (
    b"G21\nG90\nM5\nG0 X30 Y20 F9000\nM3\nG1 X30 Y50 F2400\nG1 X45 Y50\nM5\n"
    b"G0 X30 Y36 F9000\nM3\nG1 X42 Y36 F2400\nM5\n"
    b"G0 X60 Y20 F9000\nM3\nM5\nG0 X0 Y0 F9000\nM2\n"
)
"""An F, which looks like nothing else when it is turned or mirrored, and a dot."""


@pytest.fixture
def plotter(tmp_path: Path) -> Iterator[Callable[..., tuple[Simulated, Machine]]]:
    """``plotter("--speed", "max", options={...})``: a simulator and its driver, connected."""
    opened: list[tuple[Machine, Simulated]] = []

    def make(*arguments: str, options: dict[str, object] | None = None) -> tuple[Simulated, Machine]:
        simulated = Simulated("ebb", "--link", str(tmp_path / f"port{len(opened)}"), *arguments)
        settings = Settings("plotter", simulated.link, options or {}, envelope=ENVELOPE)
        machine = build("ebb", settings, RealClock())
        opened.append((machine, simulated))
        machine.connect()
        return simulated, machine

    yield make
    for machine, simulated in opened:
        machine.close()
        simulated.close()


def drawn(simulated: Simulated, machine: Machine, tools: Any, folder: Path, data: bytes) -> dict[str, Any]:
    """The piece on record once the program was made."""
    machine.transfer("j1-a1", tools.payload(folder, data))
    assert machine.start("j1-a1").start is Start.STARTED
    assert isinstance(tools.until(machine, tools.ended)[-1], Made)
    piece: dict[str, Any] = simulated.get("record.json")["piece"]
    return piece


def ink(piece: dict[str, Any]) -> np.ndarray:
    """Points of all inked paths, mm on the table."""
    return np.vstack([np.asarray(path["points"], dtype=float)[:, :2] for path in piece["paths"]])


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (("--firmware", "3.0.3"), {}),
        (("--kinematics", "cartesian", "--steps", "40"), {"kinematics": "cartesian", "steps": 40}),
        (("--origin", "bottom-left"), {"home": "front-left"}),
    ],
)
def test_the_ink_lies_where_the_proof_shows_it(
    arguments: tuple[str, ...], options: dict[str, object], plotter: Any, tools: Any, tmp_path: Path
) -> None:
    simulated, machine = plotter("--speed", "max", *arguments, options=options)
    piece = drawn(simulated, machine, tools, tmp_path, LETTER)
    assert piece["outcome"]["good"], piece["outcome"]
    meant = lines(LETTER, EBB, 0.5, Place())
    for place in ink(piece):
        along = meant.end - meant.start
        share = np.clip(((place - meant.start) * along).sum(axis=1) / (along**2).sum(axis=1), 0, 1)
        off = np.hypot(*(place - meant.start - along * share[:, None]).T).min()
        assert off < 0.06 or np.hypot(*(place - [60, 20])) < 0.06, place
    for end in (*meant.start, *meant.end, np.array([60.0, 20.0])):
        assert np.hypot(*(ink(piece) - end).T).min() < 0.06, end
    assert piece["ink"] == pytest.approx(np.hypot(*(meant.end - meant.start).T).sum(), abs=0.2)
    assert simulated.get("state")["position"] == pytest.approx([0, 0], abs=0.02)


def test_a_carriage_of_another_home_would_draw_a_mirrored_letter(plotter: Any, tools: Any, tmp_path: Path) -> None:
    """What the option is for: this comparison can fail."""
    simulated, machine = plotter("--speed", "max", options={"home": "front-left"})
    piece = drawn(simulated, machine, tools, tmp_path, LETTER)
    assert np.hypot(*(ink(piece) - [30, 218 - 50]).T).min() < 0.1


def begun(machine: Machine, tools: Any, folder: Path) -> None:
    machine.transfer("j1-a1", tools.payload(folder, program()))
    assert machine.start("j1-a1").start is Start.STARTED


def touching(simulated: Simulated, tools: Any, machine: Machine) -> None:
    tools.until(machine, lambda _: bool(simulated.get("state")["pen_touches"]))


def test_the_button_pauses_it_and_a_person_resumes(plotter: Any, tools: Any, tmp_path: Path) -> None:
    simulated, machine = plotter("--speed", "10", options={"poll": 0.1})
    begun(machine, tools, tmp_path)
    touching(simulated, tools, machine)
    simulated.post("press")
    tools.until(machine, lambda _: machine.status().activity is Activity.PAUSED)
    assert "pressed the button" in (machine.status().prompt or "")
    assert not simulated.get("state")["moving"]
    assert not simulated.get("state")["pen_touches"]
    machine.resume("j1-a1")
    assert isinstance(tools.until(machine, tools.ended)[-1], Made)
    piece = simulated.get("record.json")["piece"]
    assert "aborts" not in piece["outcome"]["troubles"]
    reach = ink(piece)
    assert (reach.min(axis=0), reach.max(axis=0)) == (
        pytest.approx([20, 20], abs=0.1),
        pytest.approx([120, 27], abs=0.1),
    )


@pytest.mark.parametrize("leave", ["stop", "close", "cancel"])
def test_the_pen_is_up_however_it_is_left(leave: str, plotter: Any, tools: Any, tmp_path: Path) -> None:
    simulated, machine = plotter("--speed", "2")
    begun(machine, tools, tmp_path)
    touching(simulated, tools, machine)
    if leave == "cancel":
        machine.cancel("j1-a1")
        tools.until(machine, tools.ended)
    else:
        getattr(machine, leave)()
    state = simulated.get("state")
    assert state["pen_up"]
    assert not state["moving"]
    if leave == "stop":
        assert isinstance(tools.until(machine, tools.ended)[-1], Failed)
        assert "the board has confirmed it" in (machine.status().fault or "")
        assert machine.connect().fault is None
    else:
        machine.close()
    assert "pen_down_at_exit" not in simulated.get("record.json")["piece"]["outcome"]["troubles"]


def test_what_a_technician_asks(plotter: Any, tools: Any, tmp_path: Path) -> None:
    simulated, machine = plotter("--speed", "20")
    assert isinstance(machine, Serviced)
    assert isinstance(machine, KnowsQuestions)
    facts = machine.facts()
    assert facts.firmware == "EBBv13_and_above EB Firmware Version 2.8.1"
    assert facts.envelope == ENVELOPE
    assert facts.capabilities["motors (QE)"] == "16,16"
    assert machine.console("QP") == ["1"]
    with pytest.raises(MachineFault, match="Unknown command 'QX"):
        machine.console("QX")
    assert (machine.asks("QS"), machine.asks("SM,100,10,10"), machine.asks("QB")) == (True, False, False)
    machine.nudge()
    assert simulated.get("state")["steps"] == [0, 0]
    machine.frame((20, 20, 60, 40), 100)
    state = simulated.get("state")
    assert state["position"] == pytest.approx([0, 218], abs=0.02), "back where the motors were switched on"
    piece = simulated.get("record.json")["piece"]
    assert piece["ink"] == 0
    assert piece["travel"] > 120
    with pytest.raises(OurFault, match="is not inside"):
        machine.frame((20, 20, 600, 40), 100)
    drawn(simulated, machine, tools, tmp_path, LETTER)
    machine.home()
    assert simulated.get("state")["steps"] == [0, 0]


def test_motors_without_power_are_told_when_it_connects(plotter: Any) -> None:
    with pytest.raises(MachineFault, match="switch its power supply on; USB alone moves nothing"):
        plotter("--no-powered")
