"""A machine as it is configured against what it says of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from drivers.service import Facts
from fulfillment.config import Machine

SLACK = 0.05
"""mm, mm/s or mm/s2 that reports are rounded by."""


class Verdict(StrEnum):
    OK = "ok"
    BAD = "BAD"
    OPEN = "not told"
    """One of the two does not say."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One value: as configured, as the machine says, and what to do where they do not fit."""

    what: str
    configured: float | None
    told: float | None
    unit: str
    verdict: Verdict
    mend: str = ""


MISSED: Mapping[str, Mapping[str, str]] = {
    "marlin": {
        "EMERGENCY_PARSER": "an emergency stop waits behind what is queued, and the port is closed with it",
        "AUTOREPORT_TEMP": "temperatures are asked for between the lines",
    }
}
"""By driver: what a firmware may be built without, and what that means on the floor."""


def compared(machine: Machine, facts: Facts) -> list[Compared]:
    """Every limit that the configuration names, and every one that the machine tells."""
    return [_judged(*value) for value in _values(machine, facts)]


def missed(machine: Machine, facts: Facts) -> list[str]:
    """What this machine's firmware cannot do that a better built one could."""
    wishes = MISSED.get(machine.driver, {})
    return [f"{name}: {text}" for name, text in wishes.items() if facts.capabilities.get(name) == "0"]


Value = tuple[str, float | None, float | None, str]


def _values(machine: Machine, facts: Facts) -> Iterator[Value]:
    box, limits = machine.envelope, machine.limits
    for number, axis in enumerate("xyz"):
        yield f"envelope.{axis}", getattr(box, axis, None), _at(facts.envelope, number), "mm"
    for number, axis in enumerate("xyze"):
        speed = getattr(limits.speed, axis) if limits else None
        yield f"limits.speed.{axis}", speed, _at(facts.speeds, number), "mm/s"
    told = min(facts.accelerations[:2]) if facts.accelerations else None
    yield "limits.acceleration", limits.acceleration if limits else None, told, "mm/s2"


def _at(values: tuple[float, ...] | None, number: int) -> float | None:
    return values[number] if values is not None and number < len(values) else None


def _judged(what: str, configured: float | None, told: float | None, unit: str) -> Compared:
    if configured is None or told is None:
        return Compared(what, configured, told, unit, Verdict.OPEN)
    if configured <= told + SLACK:
        return Compared(what, configured, told, unit, Verdict.OK)
    mend = f"write {what}: {told:g} {unit}, or give the machine more"
    return Compared(what, configured, told, unit, Verdict.BAD, mend)
