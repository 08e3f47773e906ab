"""What a technician says to a GRBL machine that makes nothing, and what it answers. Nothing is sent from here."""

from __future__ import annotations

import re
from collections import deque

from drivers.contract import DriverError, OurFault
from drivers.protocols.grbl.events import Answered
from drivers.protocols.grbl.report import Point
from drivers.service import Box, checked_line

MOST_LINES = 500
"""Lines of an answer that are kept; ``$$`` of grblHAL has about 200."""

FACTS = (b"$I", b"$$")

HOME = b"$H"

JOG_SPEED = 300
"""mm/min of a nudge."""

_OFF = b"M5S0"
"""Before every jog: a jog keeps the laser as the parser has it (laser_mode.md)."""

_QUESTION = re.compile(r"\?|\$|\$\$|\$[#GIN]", re.IGNORECASE)
"""Lines that only ask. Each is a command of its own, so nothing can stand behind it."""

_NOT_HERE = re.compile(r"\$C|\$SLP|\$RST=.*", re.IGNORECASE)
"""Lines that leave the machine in a state in which nobody expects it: checking, asleep, or with other settings."""

_SETTING = re.compile(rb"\$N?[0-9]+=|\$I=")


def spoken(line: str) -> bytes:
    """A technician's line as it is sent. Raises OurFault for one that no console may send."""
    text = checked_line(line)
    if _NOT_HERE.fullmatch(text):
        raise OurFault(f"{text} is not sent from a console: it would take the machine out of our hands")
    if not text.isascii() or any(byte in text for byte in "!~") or ("?" in text and text != "?"):
        raise OurFault(f"{text} holds a character that the firmware obeys wherever it stands; pause, resume or stop")
    return text.encode() if text.upper().startswith("$I=") else text.upper().encode()


def asks(line: str) -> bool:
    """Whether the line is a question, after which machine and bed are as they were before."""
    return bool(_QUESTION.fullmatch(line.strip()))


def nudge(axis: int, up: bool) -> tuple[bytes, ...]:
    """1 mm there and back. A jog ends at a soft limit with an error instead of an alarm, and leaves no modes."""
    ways = (1, -1) if up else (-1, 1)
    return (_OFF, *(b"$J=G91G21%c%dF%d" % (b"XYZ"[axis], way, JOG_SPEED) for way in ways))


def frame(box: Box, speed: float) -> tuple[bytes, ...]:
    """Once around a box, in the coordinates of programs."""
    x0, y0, x1, y1 = box
    corners = ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))
    return (_OFF, *(b"$J=G90G21X%.3fY%.3fF%.0f" % (x, y, speed * 60) for x, y in corners))


def room_above(axis: int, position: Point | None, top: Point, pulloff: float) -> bool:
    """Whether an axis can go up by 1 mm without coming near the switch at its end. Unknown positions can."""
    return position is None or position[axis] + 1 < top[axis] - pulloff


class Talk:
    """Lines that are said one at a time, and what the machine says until they are done."""

    def __init__(self, lines: tuple[bytes, ...]) -> None:
        self.asked = lines
        self.left = deque(lines)
        self.said = b""
        """The line whose answer is due."""
        self.stores = any(_SETTING.match(line) for line in lines)
        self.moves = not all(asks(line.decode("ascii", "replace")) for line in lines)
        """Something may move: it is over when the machine stands still."""
        self.still = 0
        self.refused: str | None = None
        self._lines: list[str] = []

    def hear(self, text: str, *, report: bool) -> None:
        """A line of the machine's; reports count only where one was asked for, and once."""
        if text in ("", "ok") or len(self._lines) >= MOST_LINES:
            return
        if not report or (self.said == b"?" and not any(line.startswith("<") for line in self._lines)):
            self._lines.append(text)

    def ended(self, fault: DriverError | None = None) -> Answered:
        return Answered(self.asked, tuple(self._lines), self.refused, fault)
