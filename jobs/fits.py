"""What fits where, and why not: an artifact's needs against what a machine offers. Values and rules; no record.

A product names needs, never a machine. What a machine offers is configured and does not change while an agent runs;
what is in it and what it has been through does, and stands in :mod:`jobs.condition`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Reason:
    """Why something waits, and what would free it. Both are for a person to read."""

    text: str
    frees: str


@dataclass(frozen=True)
class Needs:
    """What an artifact needs of a machine. ``reach``: far corner (x, y, z) in mm of its motion, rounded up."""

    process: str
    media_type: str
    dialect: str | None = None
    material: str | None = None
    reach: tuple[float, float, float] | None = None
    traits: Mapping[str, float | str] = field(default_factory=dict)
    heat: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """The window in degrees C that each heater must be held in, by the heater's name."""
    contains: tuple[str, ...] | None = None
    """Allergens that the piece is declared to contain: no other may have touched the machine. None: it is no food."""
    leaves: tuple[str, ...] = ()
    """Those of them that touch the machine."""
    ticket: Mapping[str, float | str] = field(default_factory=dict)
    """What a document asks of its printer (``drivers.contract.TICKET``); of it, the paper must be in the machine."""

    def body(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def id(self) -> str:
        return hashlib.sha256(json.dumps(self.body(), sort_keys=True).encode()).hexdigest()[:16]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Needs:
        """The needs that a body of JSON says; what it does not say, nobody needed when it was written."""
        values = dict(body)
        for name in ("reach", "contains"):
            values[name] = tuple(values[name]) if values.get(name) is not None else None
        values["leaves"] = tuple(values.get("leaves", ()))
        values["heat"] = {heater: tuple(window) for heater, window in values.get("heat", {}).items()}
        return cls(**values)


@dataclass(frozen=True)
class Load:
    """What a person puts into a machine."""

    material: str
    kind: str = ""
    """The kind of the material, by which recipes are made."""
    allergens: frozenset[str] = frozenset()
    volume: float | None = None
    """mm3; None: it is not counted."""
    lot: str | None = None
    expires: str | None = None
    """The last day on which it may be used, as people write it."""
    expires_at: float | None = None
    """The end of that day, in seconds since the epoch."""


class Measure(StrEnum):
    """What a machine's counters count."""

    JOBS = "jobs"
    SECONDS = "seconds"
    VOLUME = "volume"


@dataclass(frozen=True)
class Task:
    """Upkeep that comes round: due each time that a counter has grown by ``every`` (jobs, s or mm3)."""

    name: str
    every: float
    of: Measure
    written: str
    """The interval as configured, such as "50 h"."""
    blocks: bool = False
    """Whether the machine takes nothing while it is due."""


@dataclass(frozen=True)
class Cleaning:
    """When a machine must be cleaned, besides for allergens: those always ask for it."""

    every: float | None = None
    """Seconds since something first touched it."""
    on_change: str | None = None
    """``material`` or ``kind``: what may not follow another without cleaning."""


@dataclass(frozen=True)
class Offer:
    """A machine as the queue sees it. ``bed``: whether pieces lie on a bed that must be cleared between jobs."""

    name: str
    processes: frozenset[str]
    media_types: frozenset[str]
    dialects: frozenset[str] = frozenset()
    """What it speaks: a dialect for each of its processes that has one."""
    load: Load | None = None
    """What is in it as long as nobody has said what was loaded."""
    envelope: tuple[float, float, float] | None = None
    traits: Mapping[str, float | str] = field(default_factory=dict)
    heat: Mapping[str, float] = field(default_factory=dict)
    """The hottest that each heater holds, in degrees C, by its name."""
    bed: bool = True
    media: frozenset[str] | None = None
    """Papers that are in its trays, by name; None: nobody has said, and it is asked when it prints."""
    tasks: tuple[Task, ...] = ()
    cleaning: Cleaning = Cleaning()


@dataclass(frozen=True)
class Floor:
    """Against what waiting is judged: the machines as configured, and the time (seconds since the epoch)."""

    offers: Sequence[Offer]
    now: float


def misfits(offer: Offer, needs: Needs) -> list[Reason]:
    """Everything that keeps this machine, as it is configured, from ever making an artifact with these needs."""
    found = []
    if needs.process not in offer.processes:
        return [Reason(f"{offer.name} does not do {needs.process}", "another machine is needed")]
    if needs.media_type not in offer.media_types:
        found.append(Reason(f"{offer.name} does not take {needs.media_type}", "another machine is needed"))
    if needs.dialect and needs.dialect not in offer.dialects:
        speaks = " and ".join(sorted(offer.dialects)) or "no dialect"
        found.append(Reason(f"{offer.name} speaks {speaks}, not {needs.dialect}", "another machine is needed"))
    if needs.reach and offer.envelope:
        for axis, want, has in zip("XYZ", needs.reach, offer.envelope, strict=True):
            if want > has:
                found.append(
                    Reason(f"{offer.name} reaches {axis} {has:g} mm, {want:g} is needed", "use a larger machine")
                )
    for trait, value in needs.traits.items():
        if offer.traits.get(trait) != value:
            have = offer.traits.get(trait, "not stated")
            found.append(
                Reason(f"{offer.name} has {trait} {have}, {value} is needed", f"fit {trait} {value} and say so")
            )
    media = needs.ticket.get("media")
    if offer.media is not None and media is not None and media not in offer.media:
        have = ", ".join(sorted(offer.media)) or "no paper"
        found.append(Reason(f"{offer.name} has {have} in its trays, {media} is needed", f"load {media} and say so"))
    for heater, (low, high) in needs.heat.items():
        has = offer.heat.get(heater, 0.0)
        if has < high:
            can = f"heats its {heater} to {has:g}" if has else f"cannot heat its {heater}"
            found.append(
                Reason(f"{offer.name} {can}, {low:g} to {high:g} degrees C are needed", "another machine is needed")
            )
    return found
