"""Status reports, ``<Idle|MPos:0.000,0.000,0.000|FS:0,0|Ov:100,100,100>``, and what outlives one of them.

A report carries one of the two positions, and offsets and overrides only now and then: what is not there has not
changed (GRBL, interface.md, Real-time Status Reports). Figures are as the firmware reports them, in mm or in inches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

INCH = 25.4

AXES = 3
"""Every GRBL has so many axes or more, X, Y and Z first."""

Point = tuple[float, ...]


class Mode(StrEnum):
    """What the machine is doing, in its own words."""

    IDLE = "Idle"
    RUN = "Run"
    HOLD = "Hold"
    JOG = "Jog"
    ALARM = "Alarm"
    DOOR = "Door"
    CHECK = "Check"
    HOME = "Home"
    SLEEP = "Sleep"
    TOOL = "Tool"
    """grblHAL: a person changes the tool."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report. ``sub``: of Hold 0 is still, 1 is slowing down; of Door 0 is closed, 1 open, 2 slowing, 3 resuming.

    ``free``: blocks of the planner and bytes of the receive buffer that are free, where ``$10`` asks for them.
    ``feed`` is in units a minute, ``spindle`` as the S word. ``overrides``: percent of feed, rapids, spindle.
    """

    state: Mode
    sub: int | None = None
    machine: Point | None = None
    work: Point | None = None
    offset: Point | None = None
    free: tuple[int, int] | None = None
    feed: float | None = None
    spindle: float | None = None
    pins: str = ""
    overrides: tuple[int, ...] | None = None
    accessories: str = ""
    line: int | None = None

    @property
    def still(self) -> bool:
        """A hold or a door at which the motion is over."""
        return self.open or (self.state in (Mode.HOLD, Mode.DOOR) and self.sub in (0, None))

    @property
    def open(self) -> bool:
        """The safety door stands open, and nothing moves."""
        return self.state is Mode.DOOR and self.sub == 1

    @property
    def closed(self) -> bool:
        """The safety door is closed again, and the machine waits to be told to go on."""
        return self.state is Mode.DOOR and self.sub in (0, None)

    @property
    def quiet(self) -> bool:
        """Nothing moves, and nothing waits to move on: a reset loses no position."""
        return self.state in (Mode.IDLE, Mode.ALARM, Mode.CHECK, Mode.SLEEP)


def _numbers(text: str) -> Point:
    values = tuple(float(value) for value in text.split(","))
    if not all(math.isfinite(value) for value in values):
        raise ValueError(text)
    return values


def _point(text: str) -> Point:
    values = _numbers(text)
    if len(values) < AXES:
        raise ValueError(text)
    return values


def _free(text: str) -> dict[str, Any]:
    blocks, buffer = (int(value) for value in text.split(","))
    return {"free": (blocks, buffer)}


def _speeds(text: str) -> dict[str, Any]:
    values = _numbers(text)
    return {"feed": values[0], "spindle": values[1]}


_FIELDS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "MPos": lambda text: {"machine": _point(text)},
    "WPos": lambda text: {"work": _point(text)},
    "WCO": lambda text: {"offset": _point(text)},
    "Bf": _free,
    "F": lambda text: {"feed": _numbers(text)[0]},
    "FS": _speeds,
    "Pn": lambda text: {"pins": text},
    "Ov": lambda text: {"overrides": tuple(int(value) for value in text.split(","))},
    "A": lambda text: {"accessories": text},
    "Ln": lambda text: {"line": int(text)},
}


def report(text: str) -> Report | None:
    """What stands between the chevrons; None where the state is none that is known. A spoilt field is left out."""
    first, *rest = text.split("|")
    name, _, sub = first.partition(":")
    try:
        state = Mode(name)
        found: dict[str, Any] = {"sub": int(sub) if sub else None}
    except ValueError:
        return None
    for each in rest:
        key, _, value = each.partition(":")
        read = _FIELDS.get(key)
        try:
            found |= read(value) if read else {}
        except (ValueError, IndexError):
            continue
    return Report(state, **found)


@dataclass(slots=True)
class Sight:
    """What is known from all reports so far, in mm."""

    inches: bool = False
    last: Report | None = None
    offset: Point | None = None
    overrides: tuple[int, ...] = ()
    accessories: str = ""
    """``S`` or ``C`` for a turning spindle or a laser that is enabled, ``F`` and ``M`` for coolant."""
    most: tuple[int, int] = field(default=(0, 0))
    """The most that was free of planner and receive buffer: what they hold."""

    def hear(self, seen: Report) -> None:
        self.last = seen
        if seen.offset is not None:
            self.offset = self._mm(seen.offset)
        if seen.overrides is not None:  # Accessories are told together with the overrides only, and then completely.
            self.overrides, self.accessories = seen.overrides, seen.accessories
        if seen.free is not None:
            self.most = (max(self.most[0], seen.free[0]), max(self.most[1], seen.free[1]))

    @property
    def machine(self) -> Point | None:
        """Where the tool is in the machine's own coordinates; None while the reports do not give it."""
        if self.last is None:
            return None
        if self.last.machine is not None:
            return self._mm(self.last.machine)
        return self._sum(self._mm(self.last.work), 1) if self.last.work is not None else None

    @property
    def work(self) -> Point | None:
        """Where the tool is in the coordinates of programs."""
        if self.last is None:
            return None
        if self.last.work is not None:
            return self._mm(self.last.work)
        return self._sum(self._mm(self.last.machine), -1) if self.last.machine is not None else None

    @property
    def drained(self) -> bool:
        """Planner and receive buffer are empty, as far as the last report tells."""
        if self.last is None or self.last.free is None:
            return True
        return all(free >= most for free, most in zip(self.last.free, self.most, strict=True))

    def _mm(self, point: Point) -> Point:
        return tuple(value * INCH for value in point) if self.inches else point

    def _sum(self, point: Point, sign: int) -> Point | None:
        if self.offset is None or len(self.offset) != len(point):
            return None
        return tuple(value + sign * offset for value, offset in zip(point, self.offset, strict=True))
