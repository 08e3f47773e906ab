"""The record as people and programs read it: plain dictionaries for pages, API and command line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Select, select

from jobs import models as m
from jobs.condition import CONFIGURED, Condition, Loaded, Upkeep, amount, cleaning_due, gates
from jobs.fits import Floor, Measure, Needs, Offer
from jobs.pieces import in_order
from jobs.queue import conditions
from jobs.states import IN_HAND
from jobs.store import NotFound
from jobs.why import Standing, waits

View = dict[str, Any]


def rows(connection: Connection, statement: Select[Any]) -> list[View]:
    return [dict(row) for row in connection.execute(statement).mappings()]


def orders(
    connection: Connection, *, state: str | None = None, most: int = 50, before: float | None = None
) -> list[View]:
    """Newest first, with the number of units by state."""
    statement = select(m.orders).order_by(m.orders.c.received_at.desc(), m.orders.c.id).limit(most)
    if state:
        statement = statement.where(m.orders.c.state == state)
    if before:
        statement = statement.where(m.orders.c.received_at < before)
    found = rows(connection, statement)
    units = rows(
        connection,
        select(m.units.c.id, m.units.c.order_id, m.units.c.state, m.units.c.product).where(
            m.units.c.order_id.in_([order["id"] for order in found])
        ),
    )
    for order in found:
        order["units"] = [unit for unit in units if unit["order_id"] == order["id"]]
    return found


def order(connection: Connection, order_id: str, floor: Floor) -> View:
    """One order, whole. Raises NotFound."""
    found = rows(connection, select(m.orders).where(m.orders.c.id == order_id))
    if not found:
        raise NotFound(f"there is no order {order_id}")
    lines = select(m.line_items).where(m.line_items.c.order_id == order_id).order_by(m.line_items.c.position)
    return {
        **found[0],
        "lines": rows(connection, lines),
        "units": units(connection, m.units.c.order_id == order_id, floor),
    }


def unit(connection: Connection, unit_id: str, floor: Floor) -> View:
    """One unit, whole. Raises NotFound."""
    found = units(connection, m.units.c.id == unit_id, floor)
    if not found:
        raise NotFound(f"there is no unit {unit_id}")
    return found[0]


def units(connection: Connection, where: Any, floor: Floor, most: int = 500) -> list[View]:
    """Units in the order of their lines, with operations, jobs and tries."""
    found = rows(
        connection,
        select(m.units)
        .join(m.line_items, m.line_items.c.id == m.units.c.line_item_id)
        .where(where)
        .order_by(m.units.c.created_at, m.line_items.c.position, m.units.c.number)
        .limit(most),
    )
    ids = [unit["id"] for unit in found]
    operations = rows(connection, select(m.operations).where(m.operations.c.unit_id.in_(ids)))
    made = jobs(connection, m.jobs.c.unit_id.in_(ids), floor)
    for unit in found:
        unit["operations"] = [
            {**operation, "jobs": [job for job in made if job["operation_id"] == operation["id"]]}
            for operation in operations
            if operation["unit_id"] == unit["id"]
        ]
    return found


def jobs(connection: Connection, where: Any, floor: Floor, most: int = 500) -> list[View]:
    """Jobs with their attempts, in order of arrival, each saying why it waits; a batch's with its ``pieces``."""
    found = rows(
        connection,
        select(
            m.jobs,
            m.operations.c.name.label("operation"),
            m.operations.c.process,
            m.operations.c.after,
            m.units.c.state.label("unit_state"),
            m.units.c.product,
            m.units.c.order_id,
            m.artifacts.c.proof,
            m.artifacts.c.media_type,
            m.artifacts.c.manifest,
            m.needs.c.body.label("needs"),
        )
        .outerjoin(m.operations, m.operations.c.id == m.jobs.c.operation_id)
        .outerjoin(m.units, m.units.c.id == m.jobs.c.unit_id)
        .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
        .outerjoin(m.needs, m.needs.c.id == m.jobs.c.needs_id)
        .where(where)
        .order_by(m.jobs.c.seq)
        .limit(most),
    )
    _with_pieces(connection, found)
    tried = [job["id"] for job in found] + [job["batch"] for job in found if job["batch"]]
    of_them = select(m.attempts).where(m.attempts.c.job_id.in_(tried)).order_by(m.attempts.c.intended_at)
    tries = rows(connection, of_them)
    standing = standings(connection)
    not_done = _not_done(connection, [job["unit_id"] for job in found if job["state"] == "ready"])
    for job in found:
        job["tries"] = [attempt for attempt in tries if attempt["job_id"] in (job["id"], job["batch"])]
        missing = [name for name in job.pop("after") or () if name in not_done.get(job["unit_id"], ())]
        needs = Needs.of(job["needs"]) if job["needs"] else None
        reasons = waits(job["state"], needs, missing, job["unit_state"], floor, standing, job["volume"], job["why"])
        job["waits"] = [asdict(reason) for reason in reasons]
    return found


def _with_pieces(connection: Connection, found: list[View]) -> None:
    """Batches with their pieces, and with what all of them are: product, operation, and whether a unit is held."""
    for job in found:
        job["pieces"] = []
    batches = {job["id"]: job for job in found if job["unit_id"] is None}
    if not batches:
        return
    for piece in _pieces(connection, m.jobs.c.batch.in_(list(batches))):
        batch = batches[piece["batch"]]
        batch["pieces"].append(piece)
        batch |= {key: piece[key] for key in ("operation", "process", "product")}
        if piece["unit_state"] == "held" or batch["unit_state"] is None:
            batch["unit_state"] = piece["unit_state"]


def _pieces(connection: Connection, where: Any) -> list[View]:
    """The pieces of batches, by their places."""
    statement = (
        select(
            m.jobs.c.id,
            m.jobs.c.batch,
            m.jobs.c.place,
            m.jobs.c.state,
            m.jobs.c.unit_id,
            m.operations.c.name.label("operation"),
            m.operations.c.process,
            m.units.c.product,
            m.units.c.order_id,
            m.units.c.state.label("unit_state"),
            m.artifacts.c.proof,
        )
        .join(m.operations, m.operations.c.id == m.jobs.c.operation_id)
        .join(m.units, m.units.c.id == m.jobs.c.unit_id)
        .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
        .where(where)
        .order_by(m.jobs.c.batch)
    )
    return sorted(rows(connection, statement), key=lambda piece: in_order(piece["place"]))


def _not_done(connection: Connection, unit_ids: Iterable[str]) -> Mapping[str, set[str]]:
    statement = select(m.operations.c.unit_id, m.operations.c.name).where(
        m.operations.c.unit_id.in_(list(unit_ids)), m.operations.c.state.in_(("waiting", "open"))
    )
    found: dict[str, set[str]] = {}
    for unit_id, name in connection.execute(statement):
        found.setdefault(unit_id, set()).add(name)
    return found


def job(connection: Connection, job_id: str, floor: Floor) -> View:
    """One job, whole, with what happened to it. Raises NotFound."""
    found = jobs(connection, m.jobs.c.id == job_id, floor)
    if not found:
        raise NotFound(f"there is no job {job_id}")
    happened = select(m.events).where(m.events.c.entity == "job", m.events.c.entity_id == job_id)
    return {**found[0], "events": rows(connection, happened.order_by(m.events.c.id))}


def standings(connection: Connection) -> dict[str, Standing]:
    """What is on record of each machine, by name."""
    in_hand = {
        row.machine: row.id
        for row in connection.execute(
            select(m.jobs.c.machine, m.jobs.c.id).where(
                m.jobs.c.state.in_(("claimed", "starting", "running", "paused")), m.jobs.c.machine.is_not(None)
            )
        )
    }
    known = conditions(connection)
    c = m.machines.c
    return {
        row.name: Standing(known[row.name], row.link, in_hand.get(row.name), row.fault, row.prompt)
        for row in connection.execute(select(c.name, c.link, c.fault, c.prompt))
    }


def machines(connection: Connection, floor: Floor) -> list[View]:
    """Machines with their bed, what lies on it, the job in hand, and their condition (:func:`condition_view`)."""
    found = rows(connection, select(m.machines).order_by(m.machines.c.name))
    offers = {offer.name: offer for offer in floor.offers}
    beds = {bed["machine"]: bed for bed in rows(connection, select(m.beds))}
    on = rows(
        connection,
        select(m.jobs.c.id, m.jobs.c.machine, m.jobs.c.unit_id, m.jobs.c.state, m.jobs.c.attempts, m.artifacts.c.proof)
        .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
        .where(m.jobs.c.state.in_(IN_HAND)),
    )
    a = m.attempts.c
    lying = rows(
        connection,
        select(a.id, a.machine, a.state, a.evidence, a.job_id, m.jobs.c.unit_id)
        .join(m.jobs, m.jobs.c.id == a.job_id)
        .where(a.on_bed),
    )
    together = [job["id"] for job in on if job["unit_id"] is None] + [
        a["job_id"] for a in lying if a["unit_id"] is None
    ]
    places = _pieces(connection, m.jobs.c.batch.in_(together)) if together else []
    for job in on:
        job["pieces"] = [piece for piece in places if piece["batch"] == job["id"]]
    for attempt in lying:
        attempt["pieces"] = [piece for piece in places if piece["batch"] == attempt["job_id"]]
    for machine in found:
        bed = beds.get(machine["name"], {}).get("state")
        condition = Condition.of(machine, bed)
        machine |= condition_view(condition, offers.get(machine["name"]), floor.now)
        machine["undo"] = machine["undo"].get("what")
        for column in CONDITION:
            del machine[column]
        machine["bed"] = beds.get(machine["name"])
        machine["on_bed"] = [attempt for attempt in lying if attempt["machine"] == machine["name"]]
        machine["jobs"] = [
            {**job, "attempt": f"{job['id']}-a{job['attempts']}"} for job in on if job["machine"] == machine["name"]
        ]
    return found


CONDITION = ("epoch", "volume_left", "jobs_done", "seconds_run", "volume_used")
"""Columns of a machine that :func:`condition_view` says in its own way."""


def never_seen(offer: Offer, now: float) -> View:
    """A machine that no agent has registered yet, with the same keys as those of :func:`machines`."""
    loaded = Loaded(**asdict(offer.load), by=CONFIGURED) if offer.load else None
    condition = Condition(offer.name, loaded=loaded)
    row = {"name": offer.name, "link": "offline", "activity": "idle", "prompt": None, "fault": None, "firmware": None}
    state = {"state": condition.state, "state_why": "", "state_by": "", "state_at": None, "undo": None}
    here: View = {"seen_at": None, "bed": None, "on_bed": [], "jobs": []}
    return row | here | state | condition_view(condition, offer, now)


def condition_view(condition: Condition, offer: Offer | None, now: float) -> View:
    """A condition for pages and programs: what is in the machine, its upkeep, and what keeps it from taking jobs.

    ``offer``: None for a machine that config.yaml does not name any more.
    """
    loaded, traces = condition.loaded, condition.traces
    keeps = gates(offer, condition, now) if offer else []
    return {
        "loaded": {**loaded.body(), "left": loaded.left} if loaded else None,
        "traces": traces.body(),
        "counters": {str(of): condition.counters.get(of, 0) for of in Measure},
        "upkeep": [_task_view(upkeep) for upkeep in condition.upkeep(offer.tasks if offer else ())],
        "cleaning_due": bool(offer and cleaning_due(offer, condition, now)),
        "keeps": [asdict(reason) for reason in keeps],
    }


def _task_view(upkeep: Upkeep) -> View:
    task = upkeep.task
    said = {"by": upkeep.by, "at": upkeep.at, "note": upkeep.note}
    run = amount(upkeep.run, task.of)
    return {"name": task.name, "every": task.written, "run": run, "due": upkeep.due, "blocks": task.blocks, **said}


def events(connection: Connection, after: int, most: int = 1000) -> list[View]:
    """What happened after an event's number, oldest first."""
    return rows(connection, select(m.events).where(m.events.c.id > after).order_by(m.events.c.id).limit(most))


def history(connection: Connection, ids: Collection[str], most: int) -> list[View]:
    """What happened to these orders, units, operations, jobs or machines, newest first."""
    statement = select(m.events).where(m.events.c.entity_id.in_(list(ids)))
    return rows(connection, statement.order_by(m.events.c.id.desc()).limit(most))


def last_event(connection: Connection) -> int:
    return int(connection.execute(select(m.events.c.id).order_by(m.events.c.id.desc()).limit(1)).scalar() or 0)
