"""A line into words, as far as the words alone decide (gcode.c, steps 1 and 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
UNSIGNED = frozenset("FNPTS")
VALUES = frozenset("FIJKLNPRSTXYZ")
TOOL_MOST = 255


class Refused(Exception):
    """A line that is answered with ``error:code``: nothing of it was done."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error:{code}")
        self.code = code


class Claim(Enum):
    """What takes the axis words of a block."""

    NONE = 0
    ACTION = 1
    MOTION = 2
    LENGTH = 3


@dataclass(frozen=True, slots=True)
class Modal:
    """The parser's modes, by the words that set them."""

    motion: str = "G0"
    system: str = "G54"
    plane: str = "G17"
    units: str = "G21"
    distance: str = "G90"
    feed: str = "G94"
    length: str = "G49"
    flow: str = ""
    spindle: str = "M5"
    mist: bool = False
    flood: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """What a G or M word does. Two of one group in a block are error 21."""

    group: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    claim: Claim = Claim.NONE
    action: str = ""


def _modal(group: str, claim: Claim, *names: str) -> dict[str, Code]:
    return {name: Code(group, {group: name}, claim) for name in names}


def _actions(claim: Claim, *names: str) -> dict[str, Code]:
    return {name: Code("action", {}, claim, name) for name in names}


CODES: Mapping[str, Code] = {
    **_actions(Claim.ACTION, "G10", "G28", "G30", "G92"),
    **_actions(Claim.NONE, "G4", "G53", "G28.1", "G30.1", "G92.1"),
    **_modal("motion", Claim.MOTION, "G0", "G1", "G2", "G3", "G38.2", "G38.3", "G38.4", "G38.5"),
    **_modal("motion", Claim.NONE, "G80"),
    **_modal("plane", Claim.NONE, "G17", "G18", "G19"),
    **_modal("distance", Claim.NONE, "G90", "G91"),
    **_modal("feed", Claim.NONE, "G93", "G94"),
    **_modal("units", Claim.NONE, "G20", "G21"),
    **_modal("length", Claim.LENGTH, "G43.1", "G49"),
    **_modal("system", Claim.NONE, "G54", "G55", "G56", "G57", "G58", "G59"),
    "G91.1": Code("arc distance"),
    "G40": Code("cutter"),
    "G61": Code("path"),
    **_modal("flow", Claim.NONE, "M0", "M2", "M30"),
    "M1": Code("flow"),
    **_modal("spindle", Claim.NONE, "M3", "M4", "M5"),
    "M8": Code("coolant", {"flood": True}),
    "M9": Code("coolant", {"flood": False, "mist": False}),
}
MIST: Mapping[str, Code] = {"M7": Code("coolant", {"mist": True})}
"""ENABLE_M7, which is off as GRBL comes."""

FRACTIONS = frozenset((28, 30, 38, 43, 61, 90, 91, 92))
"""Numbers of which some fraction is a command: another fraction is error 20. Of all others it is error 23."""
WHOLE = frozenset(int(name[1:].partition(".")[0]) for name in CODES if name[0] == "G")


@dataclass(slots=True)
class Words:
    modal: Modal
    claim: Claim = Claim.NONE
    action: str = ""
    groups: set[str] = field(default_factory=set)
    values: dict[str, float] = field(default_factory=dict)


def parse(text: str, modal: Modal, mist: bool) -> Words:
    """``text``: a filtered line. Raises :class:`Refused`."""
    words = Words(replace(modal, flow="") if modal.flow else modal)
    changes: dict[str, Any] = {}
    position = 0
    while position < len(text):
        letter = text[position]
        if not "A" <= letter <= "Z":
            raise Refused(1)
        found = NUMBER.match(text, position + 1)
        if found is None:
            raise Refused(2)
        position = found.end()
        value = float(found[0])
        if letter in "GM":
            changes |= _command(words, letter, value, mist)
        else:
            _value(words, letter, value)
    if changes:
        words.modal = replace(words.modal, **changes)
    return words


def _command(words: Words, letter: str, value: float, mist: bool) -> Mapping[str, Any]:
    whole = int(value)
    hundredths = round(100 * (value - whole))
    name = f"{letter}{whole}" + (f".{hundredths // 10}" if hundredths and hundredths % 10 == 0 else "")
    code = CODES.get(name) or (MIST.get(name) if mist else None)
    if hundredths % 10 or hundredths < 0:
        code = None
    if code is not None and code.claim is not Claim.NONE:
        if words.claim is not Claim.NONE:
            raise Refused(24)
        words.claim = code.claim
    if code is None:
        odd = hundredths > 0 and (letter == "M" or (whole in WHOLE and whole not in FRACTIONS))
        raise Refused(23 if odd else 20)
    if code.group in words.groups:
        raise Refused(21)
    words.groups.add(code.group)
    words.action = code.action or words.action
    return code.changes


def _value(words: Words, letter: str, value: float) -> None:
    if letter not in VALUES:
        raise Refused(20)
    if letter == "T" and value > TOOL_MOST:
        raise Refused(38)
    if letter in words.values:
        raise Refused(25)
    if value < 0 and letter in UNSIGNED:
        raise Refused(4)
    words.values[letter] = value
