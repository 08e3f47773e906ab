"""What a technician says to a Marlin machine that makes nothing, and what it answers. Nothing is sent from here."""

from __future__ import annotations

import re

import drivers.protocols.marlin.replies as replies
from drivers.contract import ArtifactFault, DriverError, OurFault
from drivers.protocols.marlin.events import Answered
from drivers.protocols.marlin.program import HOST_ONLY, checked_command, command_of
from drivers.service import checked_line

MOST_LINES = 500
"""Lines of an answer that are kept: M503 has about 60, a long M20 some hundreds."""

NOT_HERE = HOST_ONLY | {b"M24", b"M32", b"M575"}
"""Commands that no console sends: those of the link's owner, prints from the machine's own card, another baud rate."""

_TEXTS = frozenset({b"M23", b"M30", b"M33", b"M117", b"M118", b"M928"})
"""Commands whose parameter is text; all else is sent in capitals, since most firmwares skip small letters."""

_QUESTION = re.compile(
    r"(?:M(?:27|31|92|105|114|115|119|122|201|203|204|205|206|211|301|304|420|851|906|913)"
    r"|M114 [DER]|M20(?: L)?|M503(?: [SC][01]?)?)",
    re.IGNORECASE,
)
"""Lines that only ask: each of these sets something as soon as it carries a parameter that is not listed."""

_NOISE = (replies.Report, replies.Busy, replies.Resend, replies.Rejected, replies.Garbled)
"""Replies of the link and of the clock: no answer to what was asked."""


def spoken(line: str) -> bytes:
    """A technician's line as it is sent. Raises OurFault for one that no console may send."""
    text = checked_line(line.partition(";")[0])
    try:
        command = checked_command(text.encode("ascii", "replace"))
    except ArtifactFault as fault:
        raise OurFault(f"{fault}; nothing was sent") from None
    name = command_of(command)
    if name in NOT_HERE:
        raise OurFault(f"{text} is not sent from a console: it would take the machine out of our hands")
    return command[:1].upper() + command[1:] if name in _TEXTS else command.upper()


def asks(line: str) -> bool:
    """Whether the line is a question, after which machine and bed are as they were before."""
    return bool(_QUESTION.fullmatch(" ".join(line.split())))


class Talk:
    """Gathers what the machine says until the lines are done."""

    def __init__(self, lines: tuple[bytes, ...]) -> None:
        self._asked = lines
        self._wants_heat = any(line.upper().startswith(b"M105") for line in lines)
        self._lines: list[str] = []
        self._refused: str | None = None

    def hear(self, line: bytes, reply: replies.Reply | None) -> None:
        text = line.decode("ascii", "replace").strip(" \r\0")
        if isinstance(reply, replies.Unknown | replies.Trouble):
            self._refused = self._refused or reply.text
        if isinstance(reply, replies.Ok):
            # The answer to M105 stands behind its ok; every talk ends with one of ours.
            if not self._wants_heat or reply.temperatures is None:
                return
            self._wants_heat, text = False, text.removeprefix("ok").strip()
        if text and not isinstance(reply, _NOISE) and len(self._lines) < MOST_LINES:
            self._lines.append(text)

    def ended(self, fault: DriverError | None = None) -> Answered:
        return Answered(self._asked, tuple(self._lines), self._refused, fault)
