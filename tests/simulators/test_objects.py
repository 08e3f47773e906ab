"""M486: an object that is left out gets no more material, and the others get theirs where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

START = "M302 P1\nM83\nG28\nM486 T2\n"
TURN = "M486 S{0}\nG0 Z{1} F6000\nG0 X{2} Y10 F6000\nG1 X{3} E2\n"


def layers(*zs: float) -> list[str]:
    """Two objects, at 10 to 30 and 60 to 80 mm, a line of each at every height."""
    return [TURN.format(number, z, 10 + 50 * number, 30 + 50 * number) for z in zs for number in (0, 1)]


@pytest.fixture
def printed(bench: Callable[..., Any]) -> Callable[..., list[tuple[float, ...]]]:
    """What lines have left: x where they end, z, mm of E; in order."""

    def run(*commands: str) -> list[tuple[float, ...]]:
        machine = bench()
        for command in "".join(commands).splitlines():
            machine.do(command)
        machine.do("M400")
        rows = machine.firmware.recorder.piece.rows
        return [tuple(round(value, 6) + 0.0 for value in (row[4], row[6], row[7])) for row in rows if row[7] > 0]

    return run


def test_every_object_is_laid(printed: Callable[..., Any]) -> None:
    found = printed(START, *layers(0.2, 0.4))
    assert found == [(30, 0.2, 2), (80, 0.2, 2), (30, 0.4, 2), (80, 0.4, 2)]


def test_one_that_is_left_out_gets_nothing_more(printed: Callable[..., Any]) -> None:
    found = printed(START, *layers(0.2), "M486 P0\n", *layers(0.4, 0.6))
    assert found == [(30, 0.2, 2), (80, 0.2, 2), (80, 0.4, 2), (80, 0.6, 2)]


def test_the_one_whose_turn_it_is_ends_at_once(printed: Callable[..., Any]) -> None:
    found = printed(START, "M486 S0\nG0 Z0.2\nG0 X10 Y10\nG1 X20 E1\n", "M486 C\n", "G1 X30 E1\n", *layers(0.4))
    assert found == [(20, 0.2, 1), (80, 0.4, 2)]


def test_it_can_be_taken_back_and_a_new_count_forgets(printed: Callable[..., Any]) -> None:
    back = printed(START, "M486 P0\nM486 U0\n", *layers(0.2))
    anew = printed(START, "M486 P0\n", "M486 T2\n", *layers(0.2))
    assert back == anew == [(30, 0.2, 2), (80, 0.2, 2)]


def test_only_32_objects_can_be_left_out(printed: Callable[..., Any]) -> None:
    found = printed(START, "M486 P32\nM486 S32\nG0 Z0.2\nG0 X10 Y10\nG1 X20 E1\n")
    assert found == [(20, 0.2, 1)]


def test_absolute_extrusion_goes_on_where_it_would_be(printed: Callable[..., Any]) -> None:
    """E is counted while it is not pressed out, so that the next object gets no more than its own."""
    found = printed(START, "M82\nG92 E0\nM486 P0\nM486 S0\nG1 X30 E5\nM486 S1\nG0 Z0.2\nG0 X10 Y10\nG1 X30 E7\n")
    assert found == [(30, 0.2, 2)]


def test_without_it_the_command_is_unknown(bench: Callable[..., Any]) -> None:
    assert bench(cancel_objects=False).send("M486 P1\n") == ['echo:Unknown command: "M486 P1"', "ok P15 B3"]
