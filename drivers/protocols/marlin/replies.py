"""What a Marlin firmware says, as values.

Every line is one of the replies below or None, which is chatter. The table is tried from its top; a plain ``ok`` never
comes here, the engine takes it on a shorter way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.contract import Temperature
from drivers.protocols.marlin.facts import Reach, reach

Temperatures = Mapping[str, Temperature]


@dataclass(frozen=True, slots=True)
class Ok:
    """A command has been executed. ``number`` and ``free`` are there with ADVANCED_OK only.

    ``temperatures``: only the answer to M105 carries them, so that answer names itself.
    """

    number: int | None = None
    free: int | None = None
    temperatures: Temperatures | None = None


@dataclass(frozen=True, slots=True)
class Resend:
    """The machine wants this line next. The ``ok`` that follows belongs to this reply and frees no slot."""

    number: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line was refused and dropped; ``last`` is the last one that was taken. A Resend should follow."""

    last: int


@dataclass(frozen=True, slots=True)
class Garbled:
    """A refusal that the wire has spoilt: no trouble of the machine's, and without a number nothing to act on."""


@dataclass(frozen=True, slots=True)
class Busy:
    what: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The machine waits for a person."""

    what: str


@dataclass(frozen=True, slots=True)
class Report:
    temperatures: Temperatures


@dataclass(frozen=True, slots=True)
class Booted:
    """A banner: position, heat and line numbers are gone."""

    text: str


@dataclass(frozen=True, slots=True)
class Halted:
    """The firmware has stopped for good; only a reset brings it back."""

    text: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """The machine goes on, but what it makes is spoilt."""

    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A command that the firmware does not know and has skipped."""

    text: str


@dataclass(frozen=True, slots=True)
class Dialog:
    """``//action:prompt_<part> <text>``: begin, choice, button, show, end."""

    part: str
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """``//action:<verb> <text>``: the machine asks something of the host."""

    verb: str
    text: str


@dataclass(frozen=True, slots=True)
class CardPrint:
    """What the machine says of its own memory card: printing from it or not."""

    printing: bool


@dataclass(frozen=True, slots=True)
class Firmware:
    name: str


@dataclass(frozen=True, slots=True)
class Capability:
    name: str
    present: bool


@dataclass(frozen=True, slots=True)
class Stranger:
    """No Marlin says this: ``name`` is the firmware that does, or its family."""

    name: str
    text: str


Reply = (
    Ok
    | Resend
    | Rejected
    | Garbled
    | Busy
    | Waiting
    | Report
    | Booted
    | Halted
    | Trouble
    | Unknown
    | Dialog
    | Action
    | CardPrint
    | Firmware
    | Capability
    | Stranger
    | Reach
)

_NUMBER = r"-?\d+(?:\.\d+)?"
_HEATER = re.compile(rf"\b([A-Z]\d?):\s*({_NUMBER})\s*/\s*({_NUMBER})")
_BARE = re.compile(rf"\b(T):\s*({_NUMBER})")
_ADVANCED = re.compile(r"\b([NPB])(\d+)\b(?!\s*[:/])")


def temperatures(text: str) -> dict[str, Temperature]:
    """``T:20.1 /0.0 B:60.0 /60.0 @:0`` as readings by heater; the active tool's ``T`` beside ``T0`` stays."""
    found = {name: Temperature(float(actual), float(target)) for name, actual, target in _HEATER.findall(text)}
    return found or {name: Temperature(float(actual), 0.0) for name, actual in _BARE.findall(text)}


def _ok(match: re.Match[str]) -> Ok:
    rest = match.group(1)
    fields = {name: int(value) for name, value in _ADVANCED.findall(rest)}
    return Ok(fields.get("N"), fields.get("B"), temperatures(rest) or None)


_TABLE: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Reply]], ...] = (
    (re.compile(r"ok(?![a-z])(.*)"), _ok),
    (re.compile(r"(?:.*Resend:|rs)\s*N?:?\s*(\d{1,9})"), lambda m: Resend(int(m[1]))),
    (re.compile(r"(?:echo:\s*)?busy:\s*paused for (.*)"), lambda m: Waiting(f"paused for {m[1]}")),
    (re.compile(r"(?:echo:\s*)?busy:\s*(.*)"), lambda m: Busy(m[1])),
    (re.compile(r"Error:.*Last Line:\s*(\d{1,9})"), lambda m: Rejected(int(m[1]))),
    (re.compile(r"Error:.*(?:[Cc]hecksum|Line N|Last L|Format|Res)"), lambda _: Garbled()),
    (
        re.compile(
            r"(.*(?:Printer halted|kill\(\) called|[Tt]hermal [Rr]unaway|Heating [Ff]ailed|M(?:AX|IN)TEMP|"
            r"STOP called|Printer stopped|[Hh]oming [Ff]ailed|PROBING_FAILED|TMC.*ERROR).*)"
        ),
        lambda m: Halted(m[1]),
    ),
    (re.compile(r"([Gg]rbl(?:HAL)? .*|\[(?:VER|OPT):.*|error:\d+|ALARM:\d+)$"), lambda m: Stranger("GRBL", m[1])),
    (re.compile(r"(!\d+ Err:.*|EBB.*Firmware Version.*)"), lambda m: Stranger("EBB", m[1])),
    (re.compile(r"(.*cold extrusion prevented.*)", re.IGNORECASE), lambda m: Trouble(m[1])),
    (re.compile(r"(?:Error:|!!)\s*(.*)"), lambda m: Trouble(m[1])),
    (re.compile(r"echo:\s*Unknown command:\s*\"?([GMT]\d+.*?)\"?$"), lambda m: Unknown(m[1])),
    (re.compile(r"//\s*action:\s*prompt_(\w+)\s*(.*)"), lambda m: Dialog(m[1], m[2])),
    (re.compile(r"//\s*action:\s*(\w+)\s*(.*)"), lambda m: Action(m[1], m[2])),
    (
        re.compile(
            r"(start|(?:echo:\s*)?(?:External|Watchdog|Software|Brown out) Reset|PowerUp|(?:echo:\s*)?Marlin .*)$"
        ),
        lambda m: Booted(m[1]),
    ),
    (re.compile(r"(?:echo:\s*)?SD printing byte"), lambda _: CardPrint(printing=True)),
    (re.compile(r"(?:echo:\s*)?(?:Not SD printing|Done printing file)"), lambda _: CardPrint(printing=False)),
    (re.compile(r".*FIRMWARE_NAME:\s*(.*?)(?:\s+[A-Z_]+:.*)?$"), lambda m: Firmware(m[1])),
    (re.compile(r"Cap:\s*(\w+):\s*([01])"), lambda m: Capability(m[1], m[2] == "1")),
)


def parse(line: bytes) -> Reply | None:
    """One line without its end; None for chatter."""
    text = line.decode("ascii", "replace").strip(" \r\0")
    for pattern, make in _TABLE:
        if match := pattern.match(text):
            return make(match)
    if limits := reach(text):
        return limits
    found = temperatures(text)
    return Report(found) if found and _BARE.search(text) else None
