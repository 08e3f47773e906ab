"""The serial side of Marlin: the receive ring, lines, numbers and checksums (gcode/queue.cpp, get_serial_commands).

Bytes wait in a ring of ``RING``; they move on into a line while the command queue has room. What arrives while the
ring is full is lost, as on a UART without flow control: the kernel's pty would hide that behind its 15,872 bytes.
A bad line is answered with an error, ``Resend:`` and an ``ok`` that carries no N, P and B; what has been received by
then is flushed, here: all that arrived in the same read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import xor

RING = 127
"""RX_BUFFER_SIZE 128; a ring holds one less."""
LONGEST = 95
"""MAX_CMD_SIZE 96 with its terminator; the rest of a longer line is dropped, its checksum with it."""

NUMBER = re.compile(rb"N\s*([+-]?\d+)")
EMERGENCY = re.compile(rb" *(?:N[0-9 ]*)?M(108|112|410|876)(?![0-9])")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was accepted. ``text`` without number and checksum; ``raw`` as it stands in the queue."""

    number: int | None
    text: str
    raw: bytes
    digits: bytes = b""
    """What stands behind its N, as ADVANCED_OK copies it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that was not. ``count`` names the counter, ``error`` is Marlin's text without its last line number."""

    count: str
    error: str


def checked(line: bytes, last: int) -> Line | Refused:
    """What Marlin makes of a line when ``last`` is the last number that it accepted."""
    line = line.lstrip(b" ")
    if not line.startswith(b"N"):
        return Line(None, _text(line), line)
    reset = b"M110" in line
    number = NUMBER.match(line)
    if reset and (second := line.find(b"N", 4)) >= 0:
        number = NUMBER.match(line, second) or number
    value = int(number[1]) if number else 0
    if value != last + 1 and not reset:
        return Refused("line_number_errors", "Line Number is not Last Line Number+1, Last Line: ")
    star = line.rfind(b"*")
    if star < 0:
        return Refused("missing_checksums", "No Checksum with line number, Last Line: ")
    stated = re.match(rb"\s*(\d+)", line[star + 1 :])
    if stated is None or int(stated[1]) != reduce(xor, line[:star], 0):
        return Refused("checksum_errors", "checksum mismatch, Last Line: ")
    head = NUMBER.match(line)
    if head is None:
        return Line(value, _text(line[1:star]), line)
    return Line(value, _text(line[head.end() : star]), line, head[1])


def _text(line: bytes) -> str:
    text = line.decode("ascii", "replace").split("*", 1)[0]
    return text.split(";", 1)[0].strip()


class Receiver:
    """Ring and line. ``room`` says whether the command queue takes a line, ``take`` takes one."""

    def __init__(self, room: Callable[[], bool], take: Callable[[bytes], None]) -> None:
        self._room = room
        self._take = take
        self._ring = bytearray()
        self._line = bytearray()
        self._flushing = False
        self.lost = 0

    def receive(self, data: bytes) -> None:
        """Bytes from the wire, all at one moment."""
        self._flushing = False
        position = 0
        while position < len(data) and not self._flushing:
            space = RING - len(self._ring)
            if space <= 0:
                self.lost += len(data) - position
                return
            self._ring += data[position : position + space]
            position += space
            self.pump()

    def pump(self) -> None:
        """Move bytes on while the queue has room."""
        ring = self._ring
        while ring and self._room():
            end = ring.find(b"\n")
            if end < 0:
                self._line += ring
                ring.clear()
                return
            line = bytes(self._line + ring[:end])
            del ring[: end + 1]
            self._line.clear()
            for part in line.split(b"\r"):
                text = part.partition(b";")[0]
                if text.strip():
                    self._take(text[:LONGEST])

    def flush(self) -> None:
        """Forget what has been received and not been queued."""
        self._ring.clear()
        self._line.clear()
        self._flushing = True
