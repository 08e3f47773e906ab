"""What a printer answers: read as the guide writes it, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.protocols.zpl import (
    Ending,
    Frames,
    HostStatus,
    Watched,
    errors,
    host_status,
    identity,
    judged,
    label_count,
)
from drivers.protocols.zpl.verdict import prompt
from simulators.zpl.faults import parse
from simulators.zpl.firmware import Build, Firmware

GUIDE = b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02001,0,0,0,1,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"


def asked(printer: Firmware, question: bytes) -> list[str]:
    printer.receive(question)
    told = Frames().feed(bytes(printer.out))
    printer.out.clear()
    return told


def test_the_answer_of_the_guide() -> None:
    status = host_status(Frames().feed(GUIDE))
    assert status is not None and status.empty and status.able
    assert status.length == 1245 and status.remaining == 0


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ("paper-out", "paper_out"),
        ("ribbon-out", "ribbon_out"),
        ("head-open", "head_open"),
        ("over-temperature", "too_hot"),
        ("pause", "paused"),
    ],
)
def test_each_state_is_told_and_says_what_to_do(fault: str, field: str) -> None:
    printer = Firmware(Build())
    printer.arm(parse(fault))
    status = host_status(asked(printer, b"~HS"))
    assert status is not None and getattr(status, field) and not status.able
    assert prompt(status)
    flaws = errors(asked(printer, b"~HQES"))
    assert flaws and prompt(None, flaws)


def test_formats_that_wait_and_labels_that_remain_are_told() -> None:
    printer = Firmware(Build(label_time=1.0))
    printer.receive(b"^XA^FO1,1^GB9,9,9^FS^PQ3^XZ^XA^XZ^XA^FO2")
    status = host_status(asked(printer, b"~HS"))
    assert status is not None
    assert (status.formats, status.remaining, status.partial, status.empty) == (1, 3, True, False)
    printer.advance(1.0)
    status = host_status(asked(printer, b"~HS"))
    assert status is not None and (status.formats, status.remaining) == (1, 2)


def test_a_printer_that_says_nothing_while_it_lacks_something_is_asked_for_its_errors() -> None:
    printer = Firmware(Build(quiet_errors=True))
    printer.arm(parse("paper-out"))
    assert host_status(asked(printer, b"~HS")) is None
    assert errors(asked(printer, b"~HQES")) == ["media out"]


def test_who_it_is_and_what_it_counted() -> None:
    printer = Firmware(Build(dpi=300))
    who = identity(asked(printer, b"~HI"))
    assert who is not None and who.dpi == 300 and who.firmware == "V93.21.26Z"
    question = b'! U1 getvar "odometer.total_label_count"\r\n'
    assert label_count(asked(printer, question)) == printer.odometer
    assert label_count(asked(Firmware(Build(counts=False)), question)) is None


@given(st.binary(max_size=400))
def test_noise_is_no_answer(noise: bytes) -> None:
    frames = Frames().feed(noise)
    assert host_status(frames) is None and identity(frames) is None


@given(st.integers(0, len(GUIDE) - 3), st.integers(1, 255))
def test_a_byte_that_differs_is_never_read_as_another_state(place: int, flip: int) -> None:
    """Spoilt answers are none, or say of every field something that it can say."""
    spoilt = bytearray(GUIDE)
    spoilt[place] ^= flip
    status = host_status(Frames().feed(bytes(spoilt)))
    assert status is None or isinstance(status, HostStatus)
    if status is not None:
        between = GUIDE[place : place + 1] in b"\r\n"
        assert between or chr(spoilt[place]).isalnum()


@given(st.lists(st.integers(1, 20), max_size=30))
def test_answers_come_in_any_pieces(sizes: list[int]) -> None:
    frames, found, rest = Frames(), [], GUIDE
    for size in sizes:
        found += frames.feed(rest[:size])
        rest = rest[size:]
    found += frames.feed(rest)
    assert host_status(found) == host_status(Frames().feed(GUIDE))


@given(st.binary(max_size=60_000))
def test_what_never_ends_is_not_kept(noise: bytes) -> None:
    frames = Frames()
    frames.feed(b"\x02" + noise.replace(b"\x03", b"").replace(b'"', b""))
    assert len(frames._in) <= 8192


status = st.builds(
    HostStatus,
    paper_out=st.booleans(),
    paused=st.booleans(),
    length=st.just(1218),
    formats=st.integers(0, 2),
    buffer_full=st.booleans(),
    partial=st.booleans(),
    ram_lost=st.just(False),
    too_cold=st.just(False),
    too_hot=st.booleans(),
    head_open=st.booleans(),
    ribbon_out=st.booleans(),
    label_waiting=st.booleans(),
    remaining=st.integers(0, 2),
)
watched = st.builds(
    Watched,
    labels=st.integers(1, 3),
    before=st.none() | st.integers(0, 5),
    held=st.booleans(),
    whole=st.booleans(),
    troubled=st.booleans(),
)


@given(watched, status, st.none() | st.integers(0, 9), st.booleans())
def test_made_is_said_only_where_it_is_proved(seen: Watched, now: HostStatus, count: int | None, settled: bool) -> None:
    ending = judged(seen, now, count, settled)
    if not now.empty:
        assert ending is None
    if ending is not None and ending[0] is Ending.MADE:
        counted = seen.before is not None and count is not None
        assert seen.held
        assert (count == (seen.before or 0) + seen.labels and seen.whole) if counted else not seen.troubled
    if ending is not None and ending[0] is Ending.FAILED:
        assert seen.held and settled and seen.before is not None and count is not None
        assert 0 <= count - seen.before < seen.labels
