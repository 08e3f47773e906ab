"""Forgetting: customers' words, pictures and names go when their time is over; what was made stays on record.

Files are shared by digest. One goes only when no order that is still remembered uses it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, or_, select, update

from jobs import models as m
from jobs.artifacts import ArtifactStore
from jobs.states import OrderState
from jobs.store import Store, Tx

AT_ONCE = 50
"""Orders that one call forgets at most."""
DIGEST = re.compile(r"[0-9a-f]{64}")
ENDED = (OrderState.DONE, OrderState.CANCELLED)
REMEMBERED = m.units.c.order_id.in_(select(m.orders.c.id).where(m.orders.c.forgotten_at.is_(None)))


def forget_old(store: Store, artifacts: ArtifactStore, before: float, who: str) -> int:
    """Forget orders that ended before a time. How many there were: AT_ONCE means that there may be more."""
    ended = select(m.events.c.entity_id).where(
        m.events.c.entity == "order", m.events.c.event.in_(("finished", "cancelled")), m.events.c.at < before
    )
    return _forget(store, artifacts, m.orders.c.id.in_(ended), who, AT_ONCE)


def forget_orders(store: Store, artifacts: ArtifactStore, source: str, external_ids: Collection[str], who: str) -> int:
    """Forget these orders of a source now, where they have ended. How many that was."""
    where = (m.orders.c.source == source) & m.orders.c.external_id.in_(list(external_ids))
    return _forget(store, artifacts, where, who, len(external_ids))


def sweep(store: Store, artifacts: ArtifactStore, before: float) -> int:
    """Erase old files that no order names: uploads of orders that never came, downloads that were refused, and what
    was left when this program was killed while it forgot an order.

    ``before``: files that were put since then may belong to an order that is just coming in. How many went.
    """
    old = [path for path in artifacts.files() if path.stat().st_mtime < before]
    if not old:
        return 0
    with store.read() as connection:
        units = connection.execute(select(cast(m.units.c.personalization, String), cast(m.units.c.resolved, String)))
        named = set(DIGEST.findall(str(units.all())))
        for row in _made(connection, REMEMBERED):
            named.update(digest for digest in row if digest)
    unnamed = [path for path in old if path.name not in named]
    for path in unnamed:
        path.unlink(missing_ok=True)
    return len(unnamed)


def _forget(store: Store, artifacts: ArtifactStore, where: ColumnElement[bool], who: str, most: int) -> int:
    with store.read() as connection:
        due = select(m.orders.c.id).where(where, m.orders.c.state.in_(ENDED), m.orders.c.forgotten_at.is_(None))
        orders = connection.execute(due.limit(most)).scalars().all()
    for order_id in orders:
        with store.write(who) as tx:
            unused = _forget_one(tx, order_id)
        for digest in unused:
            artifacts.path(digest).unlink(missing_ok=True)
    return len(orders)


def _forget_one(tx: Tx, order_id: str) -> list[str]:
    """Empty the order's personal columns. The digests of files that nobody uses any more."""
    digests = set(_digests(tx, order_id))
    run = tx.connection.execute
    run(update(m.units).where(m.units.c.order_id == order_id).values(personalization={}, resolved={}, problems=[]))
    run(update(m.line_items).where(m.line_items.c.order_id == order_id).values(personalization={}))
    run(update(m.orders).where(m.orders.c.id == order_id).values(ship_to={}, note="", forgotten_at=tx.now))
    tx.log("order", order_id, "forgotten", files=len(digests))
    return sorted(digest for digest in digests if not _used(tx, digest))


def _digests(tx: Tx, order_id: str) -> Iterator[str]:
    for row in tx.connection.execute(
        select(m.units.c.personalization, m.units.c.resolved).where(m.units.c.order_id == order_id)
    ):
        yield from dict(row.resolved.get("photos", {})).values()
        for value in dict(row.personalization.get("fields", {})).values():
            if isinstance(value, dict) and "sha256" in value:
                yield str(value["sha256"])
    for row in _made(tx.connection, m.units.c.order_id == order_id):
        yield from (digest for digest in row if digest)


def _made(connection: Connection, where: Any) -> Any:
    """(artifact, proof, picture) of every try and every job."""
    return connection.execute(
        select(m.jobs.c.artifact, m.artifacts.c.proof, m.attempts.c.evidence)
        .join(m.units, m.units.c.id == m.jobs.c.unit_id)
        .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
        .outerjoin(m.attempts, m.attempts.c.job_id == m.jobs.c.id)
        .where(where)
    )


def _used(tx: Tx, digest: str) -> bool:
    """An order that is remembered uses the file."""
    text = f"%{digest}%"
    c = m.units.c
    named = select(c.id).where(or_(cast(c.resolved, String).like(text), cast(c.personalization, String).like(text)))
    if tx.connection.execute(named.limit(1)).first():
        return True
    files = (m.jobs.c.artifact, m.artifacts.c.proof, m.attempts.c.evidence)
    return _made(tx.connection, or_(*(column == digest for column in files)) & REMEMBERED).first() is not None
