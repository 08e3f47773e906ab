"""How a machine can be told to fail: ``KIND[@WHEN][:ARGUMENT]``. Each firmware has a table of its own kinds.

WHEN is ``line=N`` (the N-th line of the host from the arming on; Marlin counts numbered lines but M110, GRBL all but
empty ones and those that begin with $), ``time=S`` (simulated seconds after the first motion) or ``chance=P`` (each
line, for as long as it is armed); without WHEN, the next opportunity. Every other fault strikes once.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Stage(Enum):
    """Where a fault strikes."""

    ARRIVAL = "arrival"
    """A line of the host, before it is checked."""
    ACCEPTANCE = "acceptance"
    """A line that was checked and is about to be queued."""
    REPLY = "reply"
    """The ok of a line."""
    MACHINE = "machine"
    """The machine as a whole."""


@dataclass(frozen=True, slots=True)
class Kind:
    stage: Stage
    argument: float
    """What holds when no argument is given."""
    text: str


KINDS: Mapping[str, Kind] = {
    "lost-ok": Kind(Stage.REPLY, 0, "the line is executed, its ok is lost"),
    "corrupt-in": Kind(Stage.ARRIVAL, 0, "a byte of the host's line is flipped on the way"),
    "corrupt-out": Kind(Stage.REPLY, 0, "a byte of the ok is flipped on the way"),
    "split": Kind(Stage.REPLY, 1, "the ok and what goes with it arrive in pieces of ARGUMENT bytes"),
    "resend": Kind(Stage.ACCEPTANCE, 0, "the line is refused with a Resend although it was good"),
    "resend-no-ok": Kind(Stage.ACCEPTANCE, 0, "the same, without the ok that belongs to it (older firmware)"),
    "slow": Kind(Stage.ACCEPTANCE, 5, "the line takes ARGUMENT seconds more, with busy messages"),
    "reset": Kind(Stage.MACHINE, 0, "the firmware reboots (watchdog): banner, position and targets lost"),
    "external-reset": Kind(Stage.MACHINE, 0, "the same by the reset pin: the banner says External Reset"),
    "kill": Kind(Stage.MACHINE, 0, "the firmware halts, as by M112"),
    "thermal-runaway": Kind(Stage.MACHINE, 0, "the firmware halts because a heater is out of control"),
    "cold-extrusion": Kind(Stage.MACHINE, 0, "the hotend reads ARGUMENT degrees until its target is set anew"),
    "no-trigger": Kind(Stage.MACHINE, 0, "after ARGUMENT more points the probe is not triggered, once"),
    "filament-runout": Kind(Stage.MACHINE, 0, "the material runs out: prompt, and paused for user"),
    "unplug": Kind(Stage.MACHINE, 0, "the port disappears, and comes back after ARGUMENT real seconds if above 0"),
    "hang": Kind(Stage.MACHINE, 0, "silence: nothing is executed any more, heaters stay as they are"),
}
"""Marlin's."""


@dataclass(slots=True)
class Fault:
    """One armed fault. Exactly one of ``line``, ``time`` and ``chance`` is set, or none."""

    kind: str
    stage: Stage
    argument: float
    line: int | None = None
    time: float | None = None
    chance: float | None = None


def parse(spec: str, kinds: Mapping[str, Kind] = KINDS) -> Fault:
    """Raises ValueError that names what is wrong."""
    head, colon, argument = spec.strip().partition(":")
    name, at, when = head.partition("@")
    if name not in kinds:
        raise ValueError(f"fault {name!r} is not known: {', '.join(sorted(kinds))}")
    kind = kinds[name]
    fault = Fault(name, kind.stage, _number(argument, spec) if colon else kind.argument)
    if at:
        key, equals, value = when.partition("=")
        if not equals or key not in ("line", "time", "chance"):
            raise ValueError(f"fault {spec!r}: after @ stands line=N, time=S or chance=P")
        number = _number(value, spec)
        if key == "line":
            fault.line = int(number)
        elif key == "time":
            fault.time = number
        else:
            fault.chance = number
        if number < 0 or (key == "chance" and number > 1) or (key == "line" and number < 1):
            raise ValueError(f"fault {spec!r}: {key} is out of range")
    return fault


def _number(text: str, spec: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"fault {spec!r}: {text!r} is not a number") from None
    if number != number or abs(number) > 1e9:
        raise ValueError(f"fault {spec!r}: {text!r} is out of range")
    return number


def _over(time: float, moved: float | None) -> bool:
    """Whether so much time has passed, give or take a rounding."""
    return moved is not None and moved >= time - 1e-6


class Faults:
    """The armed faults of one machine, and its dice."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self._armed: list[tuple[Fault, int]] = []

    def arm(self, fault: Fault, lines: int) -> None:
        """``lines``: numbered lines seen so far."""
        self._armed.append((fault, lines))

    def __bool__(self) -> bool:
        return bool(self._armed)

    def line(self, stages: tuple[Stage, ...], lines: int, moved: float | None) -> list[Fault]:
        """The faults that strike at a numbered line, the ``lines``-th; ``moved``: seconds since the first motion."""
        struck = []
        for fault, since in list(self._armed):
            if fault.stage not in stages:
                continue
            if fault.chance is not None:
                if self.dice.random() < fault.chance:
                    struck.append(fault)
            elif (
                (fault.line is not None and lines - since >= fault.line)
                or (fault.time is not None and _over(fault.time, moved))
                or (fault.line is None and fault.time is None)
            ):
                self._armed.remove((fault, since))
                struck.append(fault)
        return struck

    def due(self, moved: float | None) -> list[Fault]:
        """The faults of the machine that strike by the clock, or at once."""
        struck = []
        for fault, since in list(self._armed):
            if fault.stage is not Stage.MACHINE or fault.line is not None or fault.chance is not None:
                continue
            if fault.time is None or _over(fault.time, moved):
                self._armed.remove((fault, since))
                struck.append(fault)
        return struck

    def next_time(self) -> float | None:
        """The earliest time of a machine's fault, seconds since the first motion."""
        return min((f.time for f, _ in self._armed if f.stage is Stage.MACHINE and f.time is not None), default=None)
