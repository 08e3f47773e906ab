"""Whatever the wire does: each line is carried out once and in order, or the attempt fails; never is one done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.contract import Failed, Made
from drivers.protocols.marlin import Withdrawn

LINES = [b"G1 X%d Y%d" % (index, index * 7) for index in range(40)]

Damage = tuple[str, int, int]

# A one-byte XOR cannot tell two spoilt lines in a row from a good one (one time in 256), so damage to lines is apart.
damage = st.tuples(st.sampled_from(["lose", "flip", "cut"]), st.integers(0, 60), st.integers(1, 127))


def way(damages: dict[int, Damage]) -> Callable[[bytes], bytes]:
    """Damage by number of the message; the others pass."""
    count = -1

    def passage(message: bytes) -> bytes:
        nonlocal count
        count += 1
        if count not in damages or not message:
            return message
        kind, place, mask = damages[count]
        place %= len(message)
        return {
            "lose": b"",
            "flip": message[:place] + bytes([message[place] ^ mask]) + message[place + 1 :],
            "cut": message[:place],
        }[kind]

    return passage


def program_lines(executed: list[bytes]) -> list[bytes]:
    return [command for command in executed if command in LINES]


@pytest.mark.parametrize("advanced", [False, True])
@pytest.mark.parametrize("window", [1, 3])
@settings(max_examples=80, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    to=st.dictionaries(st.integers(2, 30).map(lambda k: 3 * k), damage, max_size=12),
    back=st.dictionaries(st.integers(5, 130), damage, max_size=12),
    slow=st.dictionaries(st.sampled_from(LINES), st.sampled_from([0.5, 4.0, 7.0, 30.0]), max_size=3),
    busy=st.booleans(),
)
def test_once_and_in_order_or_failed(
    bench: Any, model: Any, advanced: bool, window: int, to: Any, back: Any, slow: Any, busy: bool
) -> None:
    machine = model(advanced=advanced, slow=slow, busy=busy)
    test = bench(machine, way(to), way(back), window=window)
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: bool(test.saw(Made) or test.saw(Failed) or test.saw(Withdrawn)))
    done = program_lines(machine.executed)
    assert done == LINES[: len(done)], "a line was left out, done twice, or done out of turn"
    if test.saw(Made):
        assert done == LINES
        assert b"M400" in machine.executed


@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(1, 39), banner=st.booleans(), to=st.dictionaries(st.integers(8, 60), damage, max_size=4))
def test_a_restart_is_never_streamed_over_even_when_its_banner_is_lost(
    bench: Any, model: Any, at: int, banner: bool, to: Any
) -> None:
    machine = model()
    test = bench(machine, way(to))
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: len(program_lines(machine.executed)) >= at or bool(test.saw(Failed)))
    before = len(program_lines(machine.executed))
    machine.restart(b"start\n" if banner else b"")
    assert test.until(lambda: bool(test.saw(Failed) or test.saw(Made)))
    if before < len(LINES):
        assert test.saw(Failed)
        assert program_lines(machine.executed) == LINES[:before]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_at_all_raise_nothing_and_bound_the_memory(bench: Any, noise: list[bytes]) -> None:
    test = bench()
    assert test.connect()
    test.begin(LINES)
    for data in noise:
        test.engine.receive(data, test.now)
    assert len(test.engine._partial) <= 1024


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=30))
def test_the_pieces_in_which_bytes_come_do_not_matter(bench: Any, sizes: list[int]) -> None:
    test = bench()
    receive, turn = test.engine.receive, iter(sizes * 1000)

    def in_pieces(data: bytes, now: float) -> bytes:
        out = b""
        while data:
            size = next(turn)
            out += receive(data[:size], now)
            data = data[size:]
        return out

    test.engine.receive = in_pieces
    assert test.connect()
    test.begin(LINES)
    assert test.until(lambda: bool(test.saw(Made)))
    assert program_lines(test.firmware.executed) == LINES
