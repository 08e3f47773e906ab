"""What a GRBL firmware says, as values.

Every line is one of the replies below or None, which is chatter. The table is tried from its top; runs of plain ``ok``
never come here, the engine takes them on a shorter way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from drivers.protocols.grbl.report import Report, report


@dataclass(frozen=True, slots=True)
class Ok:
    """The oldest line that was not answered has been taken."""


@dataclass(frozen=True, slots=True)
class Error:
    """The oldest line that was not answered has been refused and dropped. What is behind it goes on."""

    code: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """The firmware has stopped and locked itself."""

    code: int


@dataclass(frozen=True, slots=True)
class Booted:
    """A banner: buffers, offsets of the moment and the parser's modes are gone."""

    version: str
    hal: bool
    """grblHAL, which counts its alarms and bounds its lines otherwise."""


@dataclass(frozen=True, slots=True)
class Setting:
    number: int
    value: str


@dataclass(frozen=True, slots=True)
class Version:
    """``[VER:1.1h.20190825:name]``."""

    text: str


@dataclass(frozen=True, slots=True)
class Build:
    """``[OPT:V,15,128]``: letters of what was built in, blocks of the planner, bytes of the receive buffer."""

    letters: str
    blocks: int
    buffer: int


@dataclass(frozen=True, slots=True)
class Message:
    """``[MSG:...]``: a remark for people."""

    text: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """No GRBL says this: ``name`` is the firmware that does."""

    name: str
    text: str


Reply = Ok | Error | Alarm | Booted | Setting | Version | Build | Message | Stranger | Report

_TABLE: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Reply | None]], ...] = (
    (re.compile(r"ok$"), lambda _: Ok()),
    (re.compile(r"error:\s*(\d{1,3})\b"), lambda m: Error(int(m[1]))),
    (re.compile(r"<([^<>]*)>$"), lambda m: report(m[1])),
    (re.compile(r"ALARM:\s*(\d{1,3})\b"), lambda m: Alarm(int(m[1]))),
    (re.compile(r"Grbl(HAL)? (\d+\.\d+\w*)", re.IGNORECASE), lambda m: Booted(m[2], bool(m[1]))),
    (re.compile(r"\$(\d{1,4})=([^\s(]*)"), lambda m: Setting(int(m[1]), m[2])),
    (re.compile(r"\[VER:(.*)\]$"), lambda m: Version(m[1].rstrip(":"))),
    (re.compile(r"\[OPT:([^,\]]*),(\d{1,5}),(\d{1,6})\b.*\]$"), lambda m: Build(m[1], int(m[2]), int(m[3]))),
    (re.compile(r"\[MSG:(.*)\]$"), lambda m: Message(m[1])),
    (re.compile(r"((?:echo:|start$|Marlin |FIRMWARE_NAME:|ok [TN]:?\d).*)"), lambda m: Stranger("Marlin", m[1])),
    (re.compile(r"(!\d+ Err:.*|EBB.*Firmware Version.*)"), lambda m: Stranger("EBB", m[1])),
)


def parse(line: bytes) -> Reply | None:
    """One line without its end; None for chatter."""
    text = line.decode("ascii", "replace").strip(" \r\0")
    for pattern, make in _TABLE:
        if match := pattern.match(text):
            return make(match)
    return None
