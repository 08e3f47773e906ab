"""The shipping label of an order: a carrier's file, which is on record before anything of it is printed.

An order has one file at most: one label for all of its pieces, or one for each. The jobs that print it wait for it;
another file may take its place as long as no machine has begun with any of them, or what it made is scrap and is made
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, select, update

from jobs import models as m
from jobs.reprints import Prints, printing, waits
from jobs.route import again_rendered
from jobs.states import JobState, OrderState, UnitState
from jobs.store import NotFound, Refused, Store
from jobs.why import LABEL

WAITS: Final = LABEL.text
"""What is said of a job as long as its order has none."""


def pieces(connection: Connection, order_id: str, prints: Prints) -> list[str]:
    """Units of the order whose route prints the label, in the order in which labels are for them. Raises NotFound."""
    if connection.execute(select(m.orders.c.id).where(m.orders.c.id == order_id)).one_or_none() is None:
        raise NotFound(f"there is no order {order_id}")
    u, o, line = m.units.c, m.operations.c, m.line_items.c
    rows = connection.execute(
        select(u.id, u.product, o.name)
        .join(m.operations, o.unit_id == u.id)
        .join(m.line_items, line.id == u.line_item_id)
        .where(u.order_id == order_id, u.state != UnitState.CANCELLED)
        .order_by(line.position, u.number)
    )
    return list(dict.fromkeys(row.id for row in rows if prints(row.product, row.name)))


def label_of(connection: Connection, order_id: str) -> dict[str, Any] | None:
    """What is on record of an order's label: digest, kind, pages, dpi, and for which units; None: there is none yet."""
    found = connection.execute(select(m.orders.c.label).where(m.orders.c.id == order_id)).scalar_one_or_none()
    return dict(found) if found else None


def put(store: Store, order_id: str, label: Mapping[str, Any], prints: Prints, who: str) -> None:
    """Say which file is the order's shipping label. Said again, nothing changes.

    Raises NotFound; Refused where nothing of the order prints one, where it has ended, where a machine has begun with
    the one before, or where the file has labels for another number of pieces.
    """
    with store.write(who) as tx:
        order: Any = tx.connection.execute(select(m.orders).where(m.orders.c.id == order_id)).one_or_none()
        units = pieces(tx.connection, order_id, prints)
        if not units:
            raise Refused(f"nothing of {order_id} prints a shipping label: its products have no such operation")
        if order.state != OrderState.OPEN:
            raise Refused(f"{order_id} is {order.state}: its labels are printed")
        if label["pages"] not in (1, len(units)):
            raise Refused(f"{order_id} has {len(units)} pieces to be labelled, and the file {label['pages']} labels")
        said = {**label, "units": units}
        if order.label == said:
            return
        for job in printing(tx.connection, order_id, prints) if order.label else ():
            if not waits(job):
                raise Refused(
                    f"the label of {job.unit_id} is {job.state}: what is printed stands. Scrap that job to have it "
                    "printed again, or cancel what was not begun"
                )
            again_rendered(tx, job)
        tx.connection.execute(update(m.orders).where(m.orders.c.id == order_id).values(label=said))
        tx.log("order", order_id, "labelled", sha256=label["sha256"], pages=label["pages"], before=bool(order.label))


def missing(store: Store, job_id: str, who: str) -> None:
    """Say of a job that it waits for its label. It is written once."""
    c = m.jobs.c
    with store.read() as connection:
        said = connection.execute(select(c.why).where(c.id == job_id)).scalar_one_or_none()
    if said != WAITS:
        with store.write(who) as tx:
            where = (c.id == job_id) & (c.state == JobState.RENDERING)
            if tx.connection.execute(update(m.jobs).where(where).values(why=WAITS)).rowcount:
                tx.log("job", job_id, "waits", JobState.RENDERING, why=WAITS)
