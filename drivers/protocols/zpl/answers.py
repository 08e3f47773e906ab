"""Questions to a printer, and its answers. What is not exactly as the guide says is no answer.

``~HS`` is answered by three strings, ``~HI`` and ``~HQES`` by one, each between STX and ETX; a Set/Get/Do command by a
text in quotes. A printer may leave ``~HS`` unanswered while it has no labels, no ribbon, an open head or one that is
too hot (the guide says so; firmware of today answers); ``~HQES`` is then asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

STATUS: Final = b"~HS"
ERRORS: Final = b"~HQES"
WHO: Final = b"~HI"
LABEL_COUNT: Final = b'! U1 getvar "odometer.total_label_count"\r\n'
CANCEL_ALL: Final = b"~JA"
PAUSE: Final = b"~PP"
START: Final = b"~PS"

MOST = 8192
"""Bytes that are kept of what comes; more than all answers together never is one."""

FRAME = re.compile(rb'\x02([^\x02\x03]*)\x03|"([^"\x02\x03]*)"')
FIRST = re.compile(r"\d{3},[01],[01],\d{4},\d{3},[01],[01],[01],\d{3},[01],[01],[01]")
SECOND = re.compile(r"\d{3},\d,[01],[01],[01],[0-9A-Z],\d,[01],\d{8},\d,\d{3}")
THIRD = re.compile(r"[0-9A-Za-z]{4},[01]")
IDENTITY = re.compile(r"([^,]{1,60}),([^,]{1,40}),(6|8|12|24),(\d+)KB(?:,.*)?")
ERROR_LINE = re.compile(r"ERRORS:\s+([01])\s+([0-9A-Fa-f]{8})\s+([0-9A-Fa-f]{8})")
NUMBER = re.compile(r"\d{1,12}")

DPI = {6: 152, 8: 203, 12: 300, 24: 600}
"""Dots for each inch of a head, by its dots for each mm as the printer says them."""

FLAWS = {
    0x00000001: "media out",
    0x00000002: "ribbon out",
    0x00000004: "head open",
    0x00000008: "cutter fault",
    0x00000010: "print head too hot",
    0x00000020: "motor too hot",
    0x00000040: "bad print head element",
    0x00000080: "print head not detected",
    0x00000100: "invalid firmware configuration",
    0x00000200: "print head thermistor open",
    0x00004000: "paper feed error",
    0x00008000: "paper path not clear",
    0x00010000: "paused",
    0x00040000: "black mark not calibrated",
    0x00080000: "black mark not found",
}
"""Bits of the first group of ``~HQES``."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """The answer to ``~HS``, as far as it says whether labels come out."""

    paper_out: bool
    paused: bool
    length: int
    """Dots of the label."""
    formats: int
    """In the receive buffer."""
    buffer_full: bool
    partial: bool
    """A format has begun and not ended."""
    ram_lost: bool
    too_cold: bool
    too_hot: bool
    head_open: bool
    ribbon_out: bool
    label_waiting: bool
    """One was peeled off its backing, and waits to be taken."""
    remaining: int
    """Labels of the batch that are still to come."""

    @property
    def empty(self) -> bool:
        """Nothing waits and nothing moves."""
        return not (self.formats or self.partial or self.remaining or self.buffer_full)

    @property
    def able(self) -> bool:
        """It could print now."""
        return not (self.paper_out or self.paused or self.head_open or self.ribbon_out or self.too_hot or self.ram_lost)


@dataclass(frozen=True, slots=True)
class Identity:
    """The answer to ``~HI``. ``dpi``: of the print head."""

    model: str
    firmware: str
    dpi: int


class Frames:
    """Bytes in, whole answers out, in their order; what stands between answers is dropped."""

    def __init__(self) -> None:
        self._in = bytearray()

    def feed(self, data: bytes) -> list[str]:
        self._in += data
        found, end = [], 0
        for match in FRAME.finditer(self._in):
            text = match.group(1) if match.group(1) is not None else b'"' + match.group(2)
            found.append(text.decode("latin-1"))
            end = match.end()
        del self._in[:end]
        del self._in[: max(len(self._in) - MOST, 0)]
        return found


def host_status(frames: Sequence[str]) -> HostStatus | None:
    """The newest whole answer to ``~HS`` among these; None where there is none."""
    for i in range(len(frames) - 3, -1, -1):
        one, two, three = (frame.strip() for frame in frames[i : i + 3])
        if FIRST.fullmatch(one) and SECOND.fullmatch(two) and THIRD.fullmatch(three):
            return _status(one.split(","), two.split(","))
    return None


def _status(one: list[str], two: list[str]) -> HostStatus:
    return HostStatus(
        paper_out=one[1] == "1",
        paused=one[2] == "1",
        length=int(one[3]),
        formats=int(one[4]),
        buffer_full=one[5] == "1",
        partial=one[7] == "1",
        ram_lost=one[9] == "1",
        too_cold=one[10] == "1",
        too_hot=one[11] == "1",
        head_open=two[2] == "1",
        ribbon_out=two[3] == "1",
        label_waiting=two[7] == "1",
        remaining=int(two[8]),
    )


def identity(frames: Sequence[str]) -> Identity | None:
    """The answer to ``~HI`` among these."""
    for frame in frames:
        if not frame.startswith('"') and (found := IDENTITY.fullmatch(frame.strip())):
            return Identity(found[1].strip(), found[2].strip(), DPI[int(found[3])])
    return None


def errors(frames: Sequence[str]) -> list[str] | None:
    """The answer to ``~HQES`` among these: what is wrong, in words; None where there is no answer."""
    for frame in reversed(frames):
        if found := ERROR_LINE.search(frame):
            bits = int(found[3], 16)
            named = [words for bit, words in FLAWS.items() if bits & bit]
            return named or (["an error that it does not name"] if found[1] == "1" else [])
    return None


def label_count(frames: Sequence[str]) -> int | None:
    """Labels that the printer has ever printed, in the newest answer; None where it does not count them ("?")."""
    for frame in reversed(frames):
        if frame.startswith('"'):
            return int(frame[1:]) if NUMBER.fullmatch(frame[1:]) else None
    return None
