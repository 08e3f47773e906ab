"""The kitting list of an order: all its pieces with their codes, where each is, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from fulfillment.config import Factory
from fulfillment.lists.sheet import Row, Sheet, clock
from jobs import views
from jobs.fits import Floor
from jobs.states import IN_HAND, JobState, UnitState

View = Mapping[str, Any]
STANDS: Final[Mapping[str, str]] = {
    JobState.RENDERING: "is being drawn",
    JobState.GATHERING: "waits for the rest of its jig",
    JobState.BATCHED: "in a batch",
    JobState.READY: "waits for a machine",
    JobState.CLAIMED: "about to start on {machine}",
    JobState.STARTING: "about to start on {machine}",
    JobState.RUNNING: "being made on {machine}",
    JobState.PAUSED: "paused on {machine}",
    JobState.UNKNOWN: "nobody knows: look at {machine}",
}
"""Where a piece is, by the state of its job."""
PEOPLE: Final = "with the people"
"""Where a piece is that no machine has anything to do with."""


def sheet(connection: Connection, factory: Factory, floor: Floor, order_id: str) -> Sheet:
    """The list of one order. Raises NotFound."""
    order = views.order(connection, order_id, floor)
    site, ship_to = factory.config.site, order["ship_to"]
    lines = {line["id"]: line for line in order["lines"]}
    units = [unit for unit in order["units"] if unit["state"] != UnitState.CANCELLED]
    open_ = [unit for unit in units if unit["state"] != UnitState.PACKED and _missing(unit)]
    facts = {
        "factory": site.name,
        "printed": clock(floor.now, site.zone),
        "order": str(ship_to.get("order") or order["external_id"]),
        "code": order["id"],
        "ship_to": str(ship_to.get("name") or ""),
        "due": clock(order["due"], site.zone) if order["due"] else "",
        "count": str(len(units)),
        "packed": str(sum(unit["state"] == UnitState.PACKED for unit in units)),
        "missing": str(len(open_)) if open_ else "",
        "gift": "yes" if ship_to.get("gift") else "",
        "pieces": [_row(factory, unit, lines[unit["line_item_id"]]) for unit in units],
    }
    return Sheet("kitting-list", facts)


def _row(factory: Factory, unit: View, line: View) -> Row:
    product = factory.catalog.products.get(unit["product"])
    titles = {name: step.title for name, step in product.route.items()} if product else {}
    return {
        "code": unit["id"],
        "product": product.title if product else unit["product"],
        "number": f"{unit['number']}/{line['quantity']}" if line["quantity"] > 1 else "",
        "state": unit["state"],
        "where": _where(unit),
        "missing": ", ".join(titles.get(name, name) for name in _missing(unit)),
    }


def _missing(unit: View) -> list[str]:
    """Operations that are to be done before the piece is packed: of those of people, the last is the packing."""
    before = {name for operation in unit["operations"] for name in operation["after"]}
    return [
        operation["name"]
        for operation in unit["operations"]
        if operation["state"] not in ("done", "cancelled") and (operation["process"] or operation["name"] in before)
    ]


def _where(unit: View) -> str:
    """Where a piece is, as far as the record can tell."""
    if unit["state"] == UnitState.PACKED:
        return "packed"
    if unit["state"] == UnitState.HELD:
        return f"held: {' '.join(problem['reason'] for problem in unit['problems'][:2])}".strip(": ")
    if unit["state"] == UnitState.NEW:
        return "not begun: it is being checked"
    jobs = [job for operation in unit["operations"] for job in operation["jobs"] if job["process"] != "document"]
    return _of_jobs(jobs) if jobs else PEOPLE


def _of_jobs(jobs: Sequence[View]) -> str:
    busy = [job for job in jobs if job["state"] in IN_HAND]
    for job in busy:
        return STANDS[job["state"]].format(machine=job["machine"])
    for job in jobs:
        if lying := [attempt for attempt in job["tries"] if attempt["on_bed"]]:
            return f"on the bed of {lying[-1]['machine']}"
    waiting = [job for job in jobs if job["state"] in STANDS]
    begun = any(job["state"] == JobState.MADE for job in jobs)
    if waiting:
        return f"{PEOPLE}, {STANDS[waiting[0]['state']]}" if begun else f"not begun: {STANDS[waiting[0]['state']]}"
    return PEOPLE
