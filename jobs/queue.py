"""What fits where, and why not: an artifact's needs against what a machine offers, and the claim of one job.

A product names needs, never a machine. A machine decides once per distinct set of needs, so that a claim costs the same
with a thousand jobs queued as with a million.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, exists, select

from jobs import models as m
from jobs.states import BedState, JobState, OperationState, UnitState
from jobs.store import Store, Tx


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

    def body(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def id(self) -> str:
        return hashlib.sha256(json.dumps(self.body(), sort_keys=True).encode()).hexdigest()[:16]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Needs:
        reach = body.get("reach")
        return cls(**{**body, "reach": tuple(reach) if reach else None})


@dataclass(frozen=True)
class Offer:
    """A machine as the queue sees it. ``bed``: whether pieces lie on a bed that must be cleared between jobs."""

    name: str
    processes: frozenset[str]
    media_types: frozenset[str]
    dialect: str | None = None
    materials: frozenset[str] = frozenset()
    envelope: tuple[float, float, float] | None = None
    traits: Mapping[str, float | str] = field(default_factory=dict)
    bed: bool = True


def misfits(offer: Offer, needs: Needs) -> list[Reason]:
    """Everything that keeps this machine from making an artifact with these needs. Empty: it fits."""
    found = []
    if needs.process not in offer.processes:
        return [Reason(f"{offer.name} does not do {needs.process}", "another machine is needed")]
    if needs.media_type not in offer.media_types:
        found.append(Reason(f"{offer.name} does not take {needs.media_type}", "another machine is needed"))
    if needs.dialect and needs.dialect != offer.dialect:
        found.append(Reason(f"{offer.name} speaks {offer.dialect}, not {needs.dialect}", "another machine is needed"))
    if needs.material and needs.material not in offer.materials:
        loaded = ", ".join(sorted(offer.materials)) or "nothing"
        found.append(
            Reason(f"{offer.name} is loaded with {loaded}", f"load {needs.material} and say so in config.yaml")
        )
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
    return found


class Fitting:
    """Which sets of needs a machine satisfies, remembered: both sides are immutable."""

    def __init__(self, offer: Offer) -> None:
        self.offer = offer
        self._known: dict[str, bool] = {}

    def suits(self, wanted: Mapping[str, Needs]) -> list[str]:
        for key, needs in wanted.items():
            if key not in self._known:
                self._known[key] = not misfits(self.offer, needs)
        return [key for key in wanted if self._known[key]]


def wanted(connection: Connection) -> dict[str, Needs]:
    """The distinct needs of all jobs that are ready: one statement, whatever the queue's length."""
    ready = exists().where(m.jobs.c.state == JobState.READY, m.jobs.c.needs_id == m.needs.c.id)
    rows = connection.execute(select(m.needs.c.id, m.needs.c.body).where(ready))
    return {key: Needs.of(body) for key, body in rows}


def clear_beds(connection: Connection) -> set[str]:
    """The machines whose bed is clear."""
    return set(connection.execute(select(m.beds.c.machine).where(m.beds.c.state == BedState.CLEAR)).scalars())


@dataclass(frozen=True)
class Claim:
    job_id: str
    unit_id: str
    artifact: str
    needs: Needs


def claim(store: Store, offer: Offer, suits: Collection[str], who: str) -> Claim | None:
    """Take the most urgent ready job that fits, for a machine whose bed is clear. None: nothing to take."""
    if not suits:
        return None
    with store.write(who) as tx:
        row = tx.connection.execute(_next(offer, suits)).first()
        if row is None:
            return None
        tx.move("job", row.id, "claimed", put={"machine": offer.name}, machine=offer.name)
        return Claim(row.id, row.unit_id, row.artifact, Needs.of(row.body))


def _next(offer: Offer, suits: Iterable[str]) -> Any:
    job = m.jobs.c
    open_operation = exists().where(m.operations.c.id == job.operation_id, m.operations.c.state == OperationState.OPEN)
    making = exists().where(m.units.c.id == job.unit_id, m.units.c.state == UnitState.MAKING)
    statement = (
        select(job.id, job.unit_id, job.artifact, m.needs.c.body)
        .join(m.needs, m.needs.c.id == job.needs_id)
        .where(job.state == JobState.READY, job.needs_id.in_(list(suits)), open_operation, making)
        .order_by(job.due, job.seq)
        .limit(1)
    )
    if offer.bed:
        clear = exists().where(m.beds.c.machine == offer.name, m.beds.c.state == BedState.CLEAR)
        statement = statement.where(clear)
    return statement


def release(store: Store, job_id: str, why: str, who: str) -> None:
    """Give a claimed job back, before anything left for the machine."""
    with store.write(who) as tx:
        tx.move("job", job_id, "released", put={"machine": None, "why": why}, why=why)


def add_needs(tx: Tx, needs: Needs) -> str:
    """The id under which this set of needs is kept."""
    tx.add_once(m.needs, id=needs.id, body=needs.body())
    return needs.id
