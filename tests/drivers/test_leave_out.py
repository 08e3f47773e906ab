"""Objects are left out between a program's lines, once, and what the firmware said of it is told as it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.contract import LeavesOut, Made, NotSupported, WireFault, WrongAttempt
from drivers.machines.marlin import Marlin
from drivers.protocols.marlin import Answered, program
from drivers.protocols.marlin.objects import Objects

LINES = [b"G28", b"M486 T3", *(b"G1 X%d" % index for index in range(300)), b"M486 S-1"]
OUT = (b"1",)


def begun(bench: Any, machine: Any = None, lines: list[bytes] = LINES, taken: int = 50, **options: Any) -> Any:
    test = bench(machine, **options)
    assert test.connect()
    test.begin(lines)
    assert test.until(lambda: len([c for c in test.firmware.executed if c in lines]) >= taken)
    return test


def leave_out(test: Any, number: int = 1) -> None:
    test.write(test.engine.leave_out("a1", number, OUT, test.now))


def test_marlin_says_that_it_can() -> None:
    assert issubclass(Marlin, LeavesOut)


def test_what_a_program_says_of_its_objects() -> None:
    assert program(b"\n".join(LINES)).objects == Objects(3, 2)
    assert program(b"G28\nG1 X1\n").objects is None
    assert program(b"M486 T2\nG28\nM486 T5\nG1 X1").objects == Objects(5, 3)


@pytest.mark.parametrize("advanced", [False, True])
@pytest.mark.parametrize("window", [1, 3])
def test_it_goes_between_the_lines_and_nothing_else_changes(
    bench: Any, model: Any, advanced: bool, window: int
) -> None:
    test = begun(bench, model(advanced=advanced), window=window)
    leave_out(test)
    assert test.until(lambda: bool(test.saw(Made)))
    executed = test.firmware.executed
    assert [command for command in executed if command in LINES] == LINES
    assert executed.count(b"M486 P1") == 1
    assert 50 < executed.index(b"M486 P1") < 80
    assert [(a.asked, a.refused, a.fault) for a in test.saw(Answered)] == [(OUT, None, None)]


def test_it_is_told_once_the_machine_has_taken_it_and_not_before(bench: Any, model: Any) -> None:
    test = begun(bench, model(slow={b"M486 P1": 5.0}))
    leave_out(test)
    asked = test.now
    assert test.until(lambda: bool(test.saw(Answered)))
    assert test.now - asked >= 5.0
    assert b"M486 P1" in test.firmware.executed


def test_a_paused_machine_takes_it_at_once(bench: Any) -> None:
    test = begun(bench)
    test.write(test.engine.pause("a1", test.now))
    assert test.until(lambda: test.engine.state.value == "paused")
    leave_out(test)
    assert test.until(lambda: bool(test.saw(Answered)), 200)
    assert test.firmware.executed.count(b"M486 P1") == 1


class Without:
    """A firmware without CANCEL_OBJECTS."""

    def __init__(self, model: Any) -> None:
        class Old(model):  # type: ignore[misc]
            def _begin(self, command: bytes, number: int | None) -> None:
                if command.startswith(b"M486"):
                    self._said.append(b'echo:Unknown command: "%b"\n' % command)
                super()._begin(command, number)

        self.machine = Old()


def test_a_firmware_without_it_is_named_and_the_rest_is_made(bench: Any, model: Any) -> None:
    test = begun(bench, Without(model).machine)
    with pytest.raises(NotSupported, match="build it with CANCEL_OBJECTS"):
        leave_out(test)
    assert test.until(lambda: bool(test.saw(Made)))
    assert test.saw(Made)[0].why.count("CANCEL_OBJECTS") == 1


@pytest.mark.parametrize(
    ("lines", "number", "taken", "why"),
    [
        ([b"G28", *(b"G1 X%d" % n for n in range(200))], 1, 50, "does not say which object"),
        (LINES, 3, 50, "objects 0 to 2, and no 3"),
        (LINES, -1, 50, "no -1"),
        ([b"M486 T40", *LINES[2:]], 32, 50, "0 to 31 alone"),
        ([*(b"G1 Y%d" % n for n in range(200)), *LINES], 1, 5, "not named its objects yet"),
    ],
)
def test_what_would_not_help_is_refused(bench: Any, lines: list[bytes], number: int, taken: int, why: str) -> None:
    test = begun(bench, None, lines, taken)
    with pytest.raises(NotSupported, match=why):
        leave_out(test, number)
    with pytest.raises(WrongAttempt):
        test.engine.leave_out("b7", 0, OUT, test.now)
    assert test.until(lambda: bool(test.saw(Made)))
    assert not [command for command in test.firmware.executed if command.startswith(b"M486 P")]


def test_after_the_last_line_it_is_too_late(bench: Any, model: Any) -> None:
    test = begun(bench, model(slow={b"M400": 30.0}), taken=len(LINES))
    assert test.until(lambda: test.engine.state.value == "finishing")
    with pytest.raises(NotSupported, match="the last line is sent"):
        leave_out(test)


def test_an_end_before_the_answer_leaves_it_unknown(bench: Any, model: Any) -> None:
    test = begun(bench, model(slow={b"M486 P1": 60.0}))
    leave_out(test)
    test.until(lambda: False, 5)
    test.write(test.engine.cancel("a1", test.now))
    test.until(lambda: False, 5)
    assert [type(answer.fault) for answer in test.saw(Answered)] == [WireFault]


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lost=st.sets(st.integers(10, 400), max_size=12), late=st.integers(3, 250))
def test_lost_answers_make_no_second_one(bench: Any, lost: set[int], late: int) -> None:
    """Whatever answers are lost, the firmware carries it out once, and each line once."""
    count = -1

    def back(message: bytes) -> bytes:
        nonlocal count
        count += 1
        return b"" if count in lost else message

    test = begun(bench, None, LINES, late, back=back)
    leave_out(test)
    assert test.until(lambda: bool(test.saw(Made)))
    executed = test.firmware.executed
    assert executed.count(b"M486 P1") == 1
    assert [command for command in executed if command in LINES] == LINES
    assert [answer.fault for answer in test.saw(Answered)] == [None]
