"""Each firmware's rule against the same in plain loops, move by move, whole and piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gcode.estimate import estimate, move_times
from gcode.parse import parse
from gcode.recipe import Motion
from gcode.stream import cut
from gcode.trace import trace

from . import reference

MACHINE: dict[str, Any] = {
    "feed": (200.0, 180.0, 12.0, 60.0), "most": (3000.0, 2000.0, 200.0, 5000.0), "print": 1500.0, "travel": 2500.0,
    "retract": 900.0, "jerk": (8.0, 10.0, 0.4, 2.5), "deviation": 0.02, "square": 5.0, "cruise": 0.5,
}  # fmt: skip
PLAIN = Motion(
    acceleration=1500, max_feed=MACHINE["feed"], max_acceleration=MACHINE["most"], travel_acceleration=2500,
    retract_acceleration=900, jerks=MACHINE["jerk"],
)  # fmt: skip
FIRMWARES: dict[str, tuple[Motion, Callable[..., list[float]]]] = {
    "classic jerk": (PLAIN, reference.marlin),
    "junction deviation": (replace(PLAIN, junction_deviation=0.02), reference.grbl),
    "square corner": (replace(PLAIN, square_corner=5.0, cruise=0.5), reference.klipper),
}

SMALL = st.integers(-4000, 4000).map(lambda n: n / 1000)
LONG = st.integers(-60_000, 60_000).map(lambda n: n / 1000)
NONE = st.just(0.0)
STEPS = st.one_of(
    st.tuples(SMALL, SMALL, NONE, NONE),
    st.tuples(LONG, LONG, NONE, st.integers(1, 3000).map(lambda n: n / 1000)),
    st.tuples(SMALL, NONE, NONE, st.integers(1, 90).map(lambda n: n / 1000)),
    st.tuples(NONE, NONE, SMALL, NONE),
    st.tuples(NONE, NONE, NONE, SMALL),
)
MOVES = st.lists(
    st.tuples(STEPS, st.integers(1, 200), st.integers(0, 12)).filter(lambda move: any(move[0])), min_size=1, max_size=80
)


def written(path: list[Any]) -> bytes:
    lines = ["G91", "M83"]
    for (x, y, z, e), speed, dice in path:
        if dice == 0:
            lines.append("G4 P100")
        lines.append(f"G1 X{x:.3f} Y{y:.3f} Z{z:.3f} E{e:.3f} F{speed * 60}")
    return ("\n".join(lines) + "\n").encode()


def as_moves(path: list[Any]) -> list[dict[str, Any]]:
    return [{"d": steps, "speed": float(speed), "halt": dice == 0} for steps, speed, dice in path]


@pytest.mark.parametrize("name", FIRMWARES)
@settings(max_examples=150, deadline=None)
@given(path=MOVES)
def test_each_move_takes_what_the_firmware_says(name: str, path: list[Any]) -> None:
    motion, slow = FIRMWARES[name]
    program = parse(written(path))
    times = move_times(trace(program), motion, program)
    expected = slow(as_moves(path), MACHINE)
    assert times == pytest.approx(expected, rel=1e-5, abs=2e-5)


@pytest.mark.parametrize("name", FIRMWARES)
@settings(max_examples=60, deadline=None)
@given(path=MOVES, size=st.integers(20, 2000))
def test_in_pieces_it_takes_as_long(name: str, path: list[Any], size: int) -> None:
    motion, _ = FIRMWARES[name]
    data = written(path)
    program = parse(data)
    moves = trace(program)
    whole = float(move_times(moves, motion, program).sum()) + moves.dwell
    assert estimate(cut(data, size), motion).seconds == pytest.approx(whole, rel=1e-5, abs=1e-5)


def test_the_rules_differ() -> None:
    """Where all three agree, the comparison above would prove little."""
    zigzag = [((1.0, 1.0 if n % 2 else -1.0, 0.0, 0.05), 100, 1) for n in range(60)]
    program = parse(written(zigzag))
    moves = trace(program)
    found = {name: move_times(moves, motion, program).sum() for name, (motion, _) in FIRMWARES.items()}
    assert len({round(seconds, 2) for seconds in found.values()}) == 3


def test_short_moves_run_evenly_with_a_cruise_ratio() -> None:
    program = parse(written([((1.0, 0.0, 0.0, 0.0), 200, 0) for _ in range(10)]))
    moves = trace(program)
    slow, fast = (
        move_times(moves, replace(PLAIN, square_corner=5.0, cruise=share), program).sum() for share in (0.5, 0.0)
    )
    assert slow == pytest.approx(fast * 3 / 2**1.5, rel=1e-3)


@pytest.mark.parametrize(("way", "turn"), [("G2", 1), ("G3", 3)])
def test_an_arc_is_as_long_as_it_is(way: str, turn: int) -> None:
    """A quarter one way is three quarters the other."""
    program = parse(f"G1 X20 Y10 F600\nG4 P1\n{way} X10 Y0 I-10 J0\n".encode())
    times = move_times(trace(program), Motion(1e6, 100.0), program)
    assert times[1] == pytest.approx(turn * np.pi * 5 / 10, rel=2e-3)


def test_a_full_circle_is_a_circle() -> None:
    program = parse(b"G1 X20 Y10 F600\nG2 I-10 J0\n")
    assert move_times(trace(program), Motion(1e6, 100.0))[1] == pytest.approx(2 * np.pi, rel=2e-3)
