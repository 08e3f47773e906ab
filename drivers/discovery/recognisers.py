"""Which firmware says this? One recogniser a wire, over single lines.

Each question is one that its own firmware answers without moving and the others refuse without harm: GRBL answers
``M115`` with ``error:20``, Marlin answers ``$I`` and ``V`` with "Unknown command", and an EBB answers both with
"!8 Err: Unknown command". (grbl 1.1 interface documents; Marlin ``gcode/host/M115.cpp``; EBB command reference.)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.protocols.marlin import replies as marlin

Read = Callable[[str], str | None]
"""What a line tells, or None where it tells nothing."""


@dataclass(frozen=True, slots=True)
class Recogniser:
    """One firmware family: its driver, its question, and how it is told by a line."""

    driver: str
    question: bytes
    identity: Read
    """The firmware's own name in an answer to the question: proof."""
    trace: Read
    """What only this firmware says otherwise, such as a banner or its way to refuse: a hint."""
    bauds: tuple[int, ...] = (115200,)


@dataclass(frozen=True, slots=True)
class Found:
    """A machine that answered. ``options``: what its driver must be told of the port."""

    driver: str
    firmware: str
    proved: bool
    """It told its name; otherwise it only spoke as such machines do."""
    options: dict[str, int] = field(default_factory=dict)


def _marlin_identity(text: str) -> str | None:
    reply = marlin.parse(text.encode("ascii", "replace"))
    return reply.name if isinstance(reply, marlin.Firmware) else None


def _marlin_trace(text: str) -> str | None:
    reply = marlin.parse(text.encode("ascii", "replace"))
    return text if isinstance(reply, marlin.Booted) or text.startswith("echo:Unknown command") else None


def _matching(pattern: str) -> Read:
    compiled = re.compile(pattern)

    def read(text: str) -> str | None:
        found = compiled.match(text)
        return found[1] if found else None

    return read


MARLIN = Recogniser("marlin", b"\nM115\n", _marlin_identity, _marlin_trace, (115200, 250000))
GRBL = Recogniser(
    "grbl",
    b"\n$I\n",
    _matching(r"(\[VER:.*\]|[Gg]rbl(?:HAL)? \d\S*)"),
    _matching(r"(error:\d+|ALARM:\d+|\[MSG:.*\])$"),
)
EBB = Recogniser("ebb", b"V\r", _matching(r".*?(EBB\S* .*Version \d\S*)"), _matching(r"(!\d+ Err: .*)"))

RECOGNISERS: tuple[Recogniser, ...] = (MARLIN, GRBL, EBB)
"""In the order in which their questions are asked."""
