"""Whatever the wire, the machine and people do: each line is carried out once and in order, or the attempt fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import DriverError, Failed, Made
from drivers.protocols.grbl import Engine, Options, State, Withdrawn, program
from drivers.protocols.grbl.program import EPILOGUE, PREAMBLE
from tests.drivers.grbl_model import SETTINGS, Bench, Firmware

LINES = [b"M4S0", *(b"G1X%dS500F3000" % index for index in range(40)), b"M5"]
WHOLE = [*PREAMBLE, *LINES, *EPILOGUE]

Damage = tuple[str, int, int]
OVER = (Made, Failed, Withdrawn)


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


def damage(*kinds: str) -> st.SearchStrategy[Damage]:
    return st.tuples(st.sampled_from(kinds), st.integers(0, 60), st.integers(1, 127))


def over(bench: Bench) -> bool:
    return any(isinstance(event, OVER) for event in bench.events)


def done(bench: Bench) -> list[bytes]:
    return [line for line in bench.firmware.executed if not line.startswith(b"$")]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("streaming", ["counting", "send-response"])
@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    back=st.dictionaries(st.integers(8, 130), damage("lose", "flip", "cut"), max_size=8),
    tells=st.booleans(),
    buffer=st.sampled_from([100, 128, 1024]),
    pace=st.sampled_from([0.001, 0.05, 0.7]),
)
def test_whatever_is_lost_of_its_words_nothing_is_done_twice_or_told_as_made_that_was_not(
    dry_run: bool, streaming: str, back: dict[int, Damage], tells: bool, buffer: int, pace: float
) -> None:
    firmware = Firmware(settings=SETTINGS | {22: "0"}, tells_buffers=tells, buffer=buffer, pace=pace)
    bench = Bench(firmware, back=way(back), dry_run=dry_run, streaming=streaming)
    assert bench.connect()
    if bench.engine.state is not State.IDLE:
        return
    try:
        bench.begin(LINES)
    except DriverError:
        return  # A spoilt report may say that its door is open.
    assert bench.until(lambda: over(bench))
    assert done(bench) == WHOLE[: len(done(bench))], "a line was left out, done twice, or done out of turn"
    if bench.saw(Made):
        assert done(bench) == WHOLE
    assert firmware.overflow == 0


@settings(max_examples=120, derandomize=True, deadline=None)
@given(to=st.dictionaries(st.integers(4, 60), damage("lose", "cut"), min_size=1, max_size=3), tells=st.booleans())
def test_a_line_that_does_not_arrive_whole_is_never_told_as_made(to: dict[int, Damage], tells: bool) -> None:
    """A flipped digit is carried out as it arrives: GRBL has no checksum, and nobody can notice that."""
    firmware = Firmware(settings=SETTINGS | {22: "0"}, tells_buffers=tells)
    bench = Bench(firmware, to=way(to), dry_run=False)
    assert bench.connect()
    if bench.engine.state is not State.IDLE:
        return
    bench.begin(LINES)
    assert bench.until(lambda: over(bench))
    if bench.saw(Made):
        assert done(bench) == WHOLE


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), min_size=1, max_size=30), pushed=st.sets(st.integers(0, 200), max_size=60))
def test_pieces_and_pushed_reports_do_not_matter(sizes: list[int], pushed: set[int]) -> None:
    """grblHAL may push reports by itself; and bytes come as they come."""
    bench = Bench()
    receive, turn, count = bench.engine.receive, iter(sizes * 2000), iter(range(10_000))

    def in_pieces(data: bytes, now: float) -> bytes:
        out = b""
        if next(count) in pushed:
            data += b"<%b|MPos:0.000,0.000,0.000|FS:0,0>\r\n" % bench.firmware.state.encode()
        while data:
            size = next(turn)
            out += receive(data[:size], now)
            data = data[size:]
        return out

    bench.engine.receive = in_pieces  # type: ignore[method-assign]
    assert bench.connect()
    bench.begin(LINES)
    assert bench.until(lambda: bool(bench.saw(Made) or bench.saw(Failed)))
    assert bench.saw(Made)
    assert done(bench) == WHOLE


@settings(max_examples=100, deadline=None)
@given(
    acts=st.lists(
        st.tuples(st.integers(1, 60), st.sampled_from(["pause", "resume", "hold", "press", "door", "shut"])),
        max_size=12,
    ),
    slowing=st.sampled_from([0.01, 0.3, 1.4]),
)
def test_people_may_hold_and_go_on_as_they_like(acts: list[tuple[int, str]], slowing: float) -> None:
    firmware = Firmware(settings=SETTINGS | {22: "0"}, slowing=slowing, pace=0.05)
    bench = Bench(firmware)
    assert bench.connect()
    bench.begin(LINES)
    engine = bench.engine

    def verb(name: str) -> None:
        try:
            bench.write(getattr(engine, name)("a1", bench.now))
        except DriverError:
            return  # It is not running any more, or its door is open.

    todo: dict[str, Callable[[], object]] = {
        "pause": lambda: verb("pause"),
        "resume": lambda: verb("resume"),
        "hold": firmware._hold,
        "press": firmware.press,
        "door": firmware.open_door,
        "shut": lambda: setattr(firmware, "door", False),
    }
    for steps, act in acts:
        bench.until(lambda: False, steps)
        todo[act]()
    firmware.door = False
    for _ in range(200):
        if over(bench):
            break
        bench.until(lambda: over(bench), 10)
        verb("resume")
    assert over(bench)
    assert not bench.saw(Failed)
    assert done(bench) == ([] if bench.saw(Withdrawn) else WHOLE)  # A door that opens meanwhile refuses the start.


WORDS = st.sampled_from(
    [
        b"ok\r\n",
        b"ok\r\n" * 5,
        b"error:20\r\n",
        b"ALARM:1\r\n",
        b"ALARM:2\r\n",
        b"\r\nGrbl 1.1h ['$' for help]\r\n",
        b"[MSG:Enabled]\r\n",
        b"[OPT:V,15,128]\r\n",
        b"".join(b"$%d=%b\r\n" % (n, v.encode()) for n, v in SETTINGS.items()),
        *(
            b"<%b|MPos:0,0,0|Bf:15,128>\r\n" % state
            for state in b"Idle Run Hold:0 Hold:1 Jog Alarm Door:0 Door:1 Door:2 Door:3 Check Home Sleep Tool".split()
        ),
    ]
)
ACTS = st.sampled_from(["begin", "rehearse", "pause", "resume", "cancel", "serve", "stopped"])


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(WORDS, ACTS, st.floats(0.01, 12.0)), max_size=60))
def test_any_words_in_any_state_raise_nothing_but_from_verbs(story: list[Any]) -> None:
    engine, now = Engine(Options(tool="laser")), 0.0
    made = program(b"\n".join(LINES))
    verbs: dict[str, Callable[[], object]] = {
        "begin": lambda: engine.begin("a1", made, now, rehearsed=False),
        "rehearse": lambda: engine.rehearse("a2", made, now),
        "pause": lambda: engine.pause("a1", now),
        "resume": lambda: engine.resume("a1", now),
        "cancel": lambda: engine.cancel("a1", now),
        "serve": lambda: engine.serve((b"$H", b"$32=1"), 5.0, now),
        "stopped": lambda: engine.stopped(now),
    }
    engine.opened(now)
    for each in story:
        if isinstance(each, bytes):
            engine.receive(each, now)
        elif isinstance(each, float):
            now += each
            if now >= engine.wake:
                engine.tick(now)
        else:
            try:
                verbs[each]()
            except DriverError:
                continue
    engine.lost("the end")
    attempts = [event.attempt for event in engine.events if isinstance(event, Made | Failed | Withdrawn)]
    assert len(attempts) == len([event for event in engine.events if isinstance(event, Made | Failed | Withdrawn)])
    assert engine.state is State.CLOSED
    assert not engine.at_work


@settings(max_examples=200, deadline=None)
@given(noise=st.lists(st.binary(max_size=200), max_size=20))
def test_any_bytes_at_all_raise_nothing_and_bound_the_memory(noise: list[bytes]) -> None:
    bench = Bench()
    assert bench.connect()
    bench.begin(LINES)
    for data in noise:
        bench.engine.receive(data, bench.now)
    assert len(bench.engine._partial) <= 1024
