"""What each page shows, gathered from the record and the catalog as plain values. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, select

from fulfillment import expected
from fulfillment.catalog import (
    CodeField,
    DrawingField,
    ModelField,
    MonogramField,
    Option,
    PdfField,
    PhotoField,
    Product,
    TextField,
    stated,
)
from fulfillment.catalog.files import by_factory
from fulfillment.shop import Shop
from jobs import attention, pace, retention, views
from jobs import models as m
from jobs.states import IN_HAND, JobState, UnitState
from jobs.store import NotFound

View = dict[str, Any]

QUEUED = (JobState.RENDERING, JobState.READY, JobState.CLAIMED, JobState.UNKNOWN)
MOST_CALLS, MOST_QUEUED, MOST_ORDERS, MOST_HISTORY = 40, 40, 8, 200
"""How many of each a page shows; what is left out is counted."""


def floor(shop: Shop, machines: Sequence[View]) -> View:
    """The floor: what needs a person, machines, the queue, and the newest orders."""
    with shop.store.read() as connection:
        calls = attention.calls(connection, shop.floor)
        queued = views.jobs(connection, m.jobs.c.state.in_(QUEUED), shop.floor, most=MOST_QUEUED)
        shown = calls[:MOST_CALLS]
        proofs = proofs_of(connection, {call.subject for call in shown})
        cards = _cards(shop, connection, machines)
        rendered = releasable(connection, [call.subject for call in shown if call.kind == "held"])
        return {
            "calls": _calls(shown, cards, proofs, rendered),
            "more_calls": len(calls) - len(shown),
            "machines": cards,
            "queue": grouped(sorted(queued, key=lambda job: (job["due"], job["seq"]))),
            "shown": len(queued),
            "queued": _count(connection, m.jobs.c.state.in_(QUEUED)),
            "gathered": _count(connection, m.jobs.c.state == JobState.GATHERING),
            "orders": views.orders(connection, most=MOST_ORDERS),
            "counts": counts(connection),
            "titles": titles(shop),
        }


def _count(connection: Connection, where: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(m.jobs).where(where)).scalar_one())


def counts(connection: Connection) -> dict[str, int]:
    """Units by state."""
    rows = connection.execute(select(m.units.c.state, func.count()).group_by(m.units.c.state))
    found = {str(state): int(number) for state, number in rows}
    return {str(state): found.get(state, 0) for state in UnitState}


def grouped(jobs: Iterable[View]) -> list[View]:
    """Jobs that wait in the same way for the same reasons, as one entry, where the first of them stands."""
    found: dict[str, View] = {}
    for job in jobs:
        what = {key: job[key] for key in ("state", "operation", "product", "waits")}
        found.setdefault(repr(what), {**what, "jobs": []})["jobs"].append(job)
    return list(found.values())


def releasable(connection: Connection, unit_ids: Collection[str]) -> set[str]:
    """Held units whose jobs are all rendered: the others must be corrected before they can go on."""
    c = m.jobs.c
    rows = connection.execute(
        select(c.unit_id, func.count(), func.count(c.artifact)).where(c.unit_id.in_(list(unit_ids))).group_by(c.unit_id)
    )
    return {unit_id for unit_id, jobs, rendered in rows if jobs == rendered}


def _calls(
    calls: Iterable[attention.Call], cards: Sequence[View], proofs: Mapping[str, str], rendered: Collection[str] = ()
) -> list[View]:
    """Calls with what their buttons name; several problems of one unit are one entry."""
    by_name = {card["name"]: card for card in cards}
    found: dict[tuple[str, str, str], View] = {}
    for call in calls:
        key = (call.kind, call.subject, call.target)
        if key in found:
            found[key]["whats"].append(call.what)
            continue
        card = by_name.get(call.subject, {})
        found[key] = {
            **asdict(call),
            "key": "-".join(part for part in key if part),
            "whats": [call.what],
            "attempt": next((job["attempt"] for job in card.get("jobs", ()) if job["state"] == "paused"), None),
            "batch": next((lies["job_id"] for lies in card.get("on_bed", ()) if lies["pieces"]), None),
            "picture": proofs.get(call.subject) or (card.get("lying") if call.kind == "bed" else None),
            "releasable": call.subject in rendered,
        }
    return list(found.values())


def attempt_in_hand(machine: Mapping[str, Any]) -> str | None:
    """The attempt that pause, resume and cancel name."""
    for job in machine["jobs"]:
        if job["state"] in (JobState.STARTING, JobState.RUNNING, JobState.PAUSED):
            return str(job["attempt"])
    return None


def proofs_of(connection: Connection, unit_ids: Collection[str]) -> dict[str, str]:
    """The proof of each piece (not of its papers), by unit or, for jobs that nobody can tell of, by job."""
    c = m.jobs.c
    statement = (
        select(c.unit_id, c.id, m.artifacts.c.proof)
        .join(m.artifacts, m.artifacts.c.sha256 == c.artifact)
        .where(
            (c.unit_id.in_(list(unit_ids)) | c.id.in_(list(unit_ids))),
            m.artifacts.c.proof.is_not(None),
            m.artifacts.c.process != "document",
        )
        .order_by(c.seq)
    )
    found: dict[str, str] = {}
    for unit_id, job_id, proof in connection.execute(statement):
        found |= {unit_id: proof, job_id: proof}
    return found


def _cards(shop: Shop, connection: Connection, machines: Sequence[View]) -> list[View]:
    """Machines with the attempt in hand, the newest picture of what lies on their bed, and what is in them by title."""
    called = material_titles(shop)
    lying = latest_pictures(connection, [machine["name"] for machine in machines])
    return [
        {
            **machine,
            "jobs": sorted(machine["jobs"], key=lambda job: job["state"] == JobState.UNKNOWN),
            "attempt": attempt_in_hand(machine),
            "lying": lying.get(machine["name"]),
            "loaded": _titled(machine["loaded"], called),
        }
        for machine in machines
    ]


def _titled(loaded: View | None, called: Mapping[str, str]) -> View | None:
    return loaded and {**loaded, "title": called.get(loaded["material"], loaded["material"])}


def _by_title(event: View, called: Mapping[str, str]) -> View:
    """An event of a machine's history; the material that it tells of, as people call it."""
    name = str((event["detail"] or {}).get("material"))
    return {**event, "detail": {**event["detail"], "material": called[name]}} if name in called else event


def latest_pictures(connection: Connection, names: Sequence[str]) -> dict[str, str]:
    """The newest picture of something that may still lie on the bed, by machine."""
    c = m.attempts.c
    rows = connection.execute(
        select(c.machine, c.evidence)
        .where(c.machine.in_(names), c.on_bed, c.evidence.is_not(None))
        .order_by(c.intended_at)
    )
    return {row.machine: row.evidence for row in rows}


def titles(shop: Shop) -> dict[str, str]:
    """What the catalog calls its products."""
    return {name: product.title for name, product in shop.factory.catalog.products.items()}


def material_titles(shop: Shop) -> dict[str, str]:
    """What config.yaml calls its materials for people."""
    return {material.name: material.title or material.name for material in shop.factory.config.materials}


# --- orders and units ---------------------------------------------------------------------------------------------


def order(shop: Shop, order_id: str) -> View:
    """One order with its units, and what happened to it. Raises NotFound."""
    with shop.store.read() as connection:
        found = views.order(connection, order_id, shop.floor)
        ids = {order_id} | {unit["id"] for unit in found["units"]} | _parts(found["units"])
        happened = views.history(connection, ids, MOST_HISTORY)
        lost = _lost(connection, found["units"])
    units = [unit_facts(shop, unit, found["forgotten_at"] is not None, lost) for unit in found["units"]]
    return {"order": {**found, "units": units}, "history": happened, "titles": titles(shop)}


def unit(shop: Shop, unit_id: str) -> View:
    """One unit with its order, and what happened to it. Raises NotFound."""
    with shop.store.read() as connection:
        found = views.unit(connection, unit_id, shop.floor)
        of = views.order(connection, found["order_id"], shop.floor)
        line = next(line for line in of["lines"] if line["id"] == found["line_item_id"])
        happened = views.history(connection, {unit_id} | _parts([found]), MOST_HISTORY)
        lost = _lost(connection, [found])
        expect(connection, [job for operation in found["operations"] for job in operation["jobs"]])
    facts = unit_facts(shop, found, of["forgotten_at"] is not None, lost)
    return {"unit": facts, "order": of, "of": line["quantity"], "history": happened, "titles": titles(shop)}


def _parts(units: Iterable[View]) -> set[str]:
    """Ids of the operations and jobs of units."""
    operations = [operation for unit in units for operation in unit["operations"]]
    return {op["id"] for op in operations} | {job["id"] for op in operations for job in op["jobs"]}


def expect(connection: Connection, jobs: Iterable[View]) -> None:
    """Say of jobs in hand how long they take on their machine, and when they end where nothing has held them up."""
    in_hand = [job for job in jobs if job["state"] in IN_HAND and job["seconds"] and job["machine"]]
    known = pace.paces(connection, {job["machine"] for job in in_hand})
    for job in in_hand:
        factors = pace.pace_of(known, job["machine"], job["process"])
        started = job["tries"][-1]["started_at"] if job["tries"] and job["state"] == JobState.RUNNING else None
        until = started + job["seconds"] * factors.factor if started else None
        job["expects"] = {"text": expected.taking(job["seconds"], factors), "until": until}


def _lost(connection: Connection, units: Iterable[View]) -> set[str]:
    """Batches of these units whose pictures went with the order of another."""
    jobs = [job for unit in units for operation in unit["operations"] for job in operation["jobs"]]
    return retention.spoilt(connection, {job["batch"] for job in jobs if job["batch"]})


def unit_facts(shop: Shop, unit: View, forgotten: bool, lost: Collection[str] = ()) -> View:
    """A unit with what was asked in the catalog's words, and with what was approved beside what was made.

    ``forgotten``: the order's files were erased, so that nothing can be shown of them. ``lost``: batches whose picture
    went with the order of another unit.
    """
    product = shop.factory.catalog.products.get(unit["product"])
    jobs = [job for operation in unit["operations"] for job in operation["jobs"]]
    shown = [] if forgotten else jobs
    pieces = [job for job in shown if job["proof"] and job["process"] != "document"]
    live = [job for job in pieces if job["state"] != JobState.CANCELLED] or pieces
    tries = [_in_its_pocket(attempt, job) for job in shown if job["batch"] not in lost for attempt in job["tries"]]
    tries = [attempt for attempt in tries if attempt["evidence"]]
    return {
        **unit,
        "forgotten": forgotten,
        "asked": asked(product, unit["personalization"]),
        "proof": live[-1]["proof"] if live else None,
        "made": tries[-1] if tries else None,
        "manifest": live[-1]["manifest"] if live else None,
        "called": material_titles(shop),
        "slips": [job["artifact"] for job in shown if job["media_type"] == "application/pdf"][-1:],
        "allergens": allergens(shop, product, unit),
        "tried": any(job["attempts"] for job in jobs),
        "releasable": bool(jobs) and all(job["artifact"] for job in jobs),
        "form": form(product, unit["personalization"]) if product else None,
        "steps": [_step(product, operation, unit) for operation in unit["operations"]],
    }


def _in_its_pocket(attempt: View, job: View) -> View:
    """A try, with where the piece lay among others."""
    return {**attempt, "pocket": (job["place"] or {}).get("pocket")}


def asked(product: Product | None, personalization: Mapping[str, Any]) -> list[View]:
    """What the customer asked for, one entry a field or option, whether the catalog still knows it or not."""
    found = []
    for name, value in personalization.get("fields", {}).items():
        known = product.fields.get(name) if product else None
        title = known.title if known else name
        if isinstance(value, str):
            found.append({"title": title, "text": value, "kind": "text"})
        else:
            source = value.get("url") or f"file {str(value.get('sha256', ''))[:12]}"
            found.append({"title": title, "text": source, "kind": "file"})
    for name, value in personalization.get("options", {}).items():
        asked_for = (product.options.get(name) or product.parameters.get(name)) if product else None
        choice = asked_for.choices.get(value) if isinstance(asked_for, Option) else None
        text = choice.title if choice else value
        found.append({"title": asked_for.title if asked_for else name, "text": text, "kind": "option"})
    return found


def allergens(shop: Shop, product: Product | None, unit: View) -> tuple[str, ...] | None:
    """What the piece contains, in a label's words; None where its options are not settled yet."""
    options = unit["resolved"].get("options")
    if product is None or options is None:
        return None
    return stated(product.contains(options, shop.factory.config.allergens))


def _words(field: TextField | CodeField | MonogramField, value: Any) -> View:
    return {"kind": "text", "value": value if isinstance(value, str) else "", "most": field.max_characters}


ENTRIES: Mapping[type, Callable[[Any, Any], View]] = {
    TextField: _words,
    MonogramField: _words,
    CodeField: _words,
    PhotoField: lambda field, value: {"kind": "photo", "sent": isinstance(value, dict), "least": field.min_pixels},
    DrawingField: lambda _field, value: {"kind": "drawing", "sent": isinstance(value, dict)},
    ModelField: lambda field, value: {
        "kind": "model",
        "sent": isinstance(value, dict),
        "endings": sorted(f".{name}" for name in field.formats),
    },
    PdfField: lambda _field, value: {"kind": "pdf", "sent": isinstance(value, dict)},
}
"""What a form shows for each kind of field that a customer is asked for."""


def form(product: Product, personalization: Mapping[str, Any]) -> list[View]:
    """The entries of the form that corrects a held unit, filled with what was sent."""
    fields, options = personalization.get("fields", {}), personalization.get("options", {})
    found: list[View] = []
    for name, field in product.fields.items():
        if not by_factory(field):
            entry = ENTRIES[type(field)](field, fields.get(name))
            found.append({"name": name, "title": field.title, "required": field.required, **entry})
    for name, option in product.options.items():
        choices = [(choice, value.title) for choice, value in option.choices.items()]
        value = options.get(name, option.default)
        found.append({"name": name, "title": option.title, "kind": "option", "choices": choices, "value": value})
    for name, one in product.parameters.items():
        value = options.get(name, "" if one.default is None else f"{one.default:g}")
        range_ = f"{one.said(one.minimum)} to {one.said(one.maximum)}"
        found.append({"name": name, "title": one.title, "kind": "parameter", "value": value, "range": range_})
    return found


def _step(product: Product | None, operation: View, unit: View) -> View:
    """An operation with its title, what it comes after, and the machine's tries."""
    known = product.route.get(operation["name"]) if product else None
    open_before = [
        other["name"]
        for other in unit["operations"]
        if other["name"] in operation["after"] and other["state"] != "done"
    ]
    last = operation["jobs"][-1] if operation["jobs"] else None
    by_hand = operation["process"] is None
    return {
        **operation,
        "title": known.title if known else operation["name"],
        "missing": open_before,
        "last": last,
        "by_hand": by_hand,
        "can_do": by_hand and operation["state"] == "open" and unit["state"] == UnitState.MAKING,
    }


# --- machines, and what a scanner read ----------------------------------------------------------------------------


def machine(shop: Shop, machines: Sequence[View], name: str) -> View:
    """One machine with its attempts, newest first, and what it was asked. Raises NotFound."""
    found = [machine for machine in machines if machine["name"] == name]
    if not found:
        known = ", ".join(machine["name"] for machine in machines) or "none"
        raise NotFound(f"no machine is called {name!r}; this factory has: {known}")
    with shop.store.read() as connection:
        tries = views.rows(
            connection,
            select(m.attempts, m.jobs.c.unit_id, m.artifacts.c.proof, m.orders.c.forgotten_at)
            .join(m.jobs, m.jobs.c.id == m.attempts.c.job_id)
            .outerjoin(m.units, m.units.c.id == m.jobs.c.unit_id)
            .outerjoin(m.orders, m.orders.c.id == m.units.c.order_id)
            .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
            .where(m.attempts.c.machine == name)
            .order_by(m.attempts.c.intended_at.desc())
            .limit(50),
        )
        lost = retention.spoilt(connection, {attempt["job_id"] for attempt in tries})
        for attempt in tries:
            attempt["forgotten"] = attempt["forgotten_at"] is not None or attempt["job_id"] in lost
        happened = views.history(connection, {name}, 50)
        calls = [call for call in attention.calls(connection, shop.floor) if call.subject == name]
        cards = _cards(shop, connection, found)
        paces = pace.paces(connection, [name]).get(name, {})
    return {
        "machine": cards[0] | {"paces": expected.learned(paces)},
        "materials": shop.factory.config.materials,
        "tries": tries,
        "history": [_by_title(event, material_titles(shop)) for event in happened],
        "calls": _calls(calls, cards, {}),
        "titles": titles(shop),
    }


def find(shop: Shop, code: str) -> str | None:
    """The page of what a scanner read or a person typed: a unit, order, job, machine, or an order's own number."""
    code = code.strip().rstrip("/").rpartition("/")[2][:200]
    upper = code.upper()
    with shop.store.read() as connection:
        for table, path in ((m.units, "/units/"), (m.orders, "/orders/")):
            if connection.execute(select(table.c.id).where(table.c.id == upper)).first():
                return f"{path}{upper}"
        job_id = upper.rpartition("-A")[0] if upper.startswith("J-") and "-A" in upper[2:] else upper
        named = select(m.jobs.c.id, m.jobs.c.unit_id).where(m.jobs.c.id.in_((upper, job_id)))
        job = connection.execute(named).first()
        if job:
            return f"/units/{job.unit_id}" if job.unit_id else f"/batches/{job.id}"
        theirs = select(m.orders.c.id).where(m.orders.c.external_id == code).order_by(m.orders.c.received_at.desc())
        order_id = connection.execute(theirs.limit(1)).scalar()
        if order_id:
            return f"/orders/{order_id}"
    machines = [machine.name for machine in shop.factory.config.machines if machine.name == code.lower()]
    return f"/machines/{machines[0]}" if machines else None
