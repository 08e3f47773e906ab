"""Forgetting: customers' words, pictures and names go when their time is over; what was made stays on record.

Forgetting empties the record, in one transaction an order. Files are shared by digest, so they go apart from that: the
sweep takes every old file that the record names no more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, String, cast, exists, or_, select, update

from jobs import models as m
from jobs.artifacts import ArtifactStore
from jobs.states import OrderState
from jobs.store import Store, Tx

AT_ONCE = 50
"""Orders that one call forgets at most."""
DIGEST = re.compile(r"[0-9a-f]{64}")
PROGRAMS = (m.jobs.c.artifact,)
PICTURES = (m.artifacts.c.proof, m.attempts.c.evidence)
ENDED = (OrderState.DONE, OrderState.CANCELLED)


def forget_old(store: Store, before: float, who: str) -> int:
    """Forget orders that ended before a time. How many there were: AT_ONCE means that there may be more."""
    ended = select(m.events.c.entity_id).where(
        m.events.c.entity == "order", m.events.c.event.in_(("finished", "cancelled")), m.events.c.at < before
    )
    return _forget(store, m.orders.c.id.in_(ended), who, AT_ONCE)


def forget_orders(store: Store, source: str, external_ids: Collection[str], who: str) -> int:
    """Forget these orders of a source now, where they have ended. How many that was."""
    where = (m.orders.c.source == source) & m.orders.c.external_id.in_(list(external_ids))
    return _forget(store, where, who, len(external_ids))


def sweep(store: Store, artifacts: ArtifactStore, before: float) -> int:
    """Erase old files that no remembered order names: theirs that were forgotten, uploads whose order never came,
    downloads that were refused. How many went.

    ``before``: files that were put since then may belong to an order that is just coming in.
    """
    old = [path for path in artifacts.files() if path.stat().st_mtime < before]
    if not old:
        return 0
    named = _named(store)
    # Looked at again: what was put meanwhile is as new as any.
    unnamed = [path for path in old if path.name not in named and path.stat().st_mtime < before]
    for path in unnamed:
        path.unlink(missing_ok=True)
    return len(unnamed)


def remembers(store: Store, digest: str, files: Sequence[Column[Any]]) -> bool:
    """Whether a remembered order has this file among its PROGRAMS, or among its PICTURES."""
    statement = _made().where(or_(*(file == digest for file in files))).limit(1)
    with store.read() as connection:
        return connection.execute(statement).first() is not None


def spoilt(connection: Connection, batches: Collection[str]) -> set[str]:
    """Those of these batches of which one order was forgotten: none of their pictures is shown any more."""
    job, unit, order = m.jobs.c, m.units.c, m.orders.c
    statement = (
        select(job.batch)
        .join(m.units, unit.id == job.unit_id)
        .join(m.orders, order.id == unit.order_id)
        .where(job.batch.in_(list(batches)), order.forgotten_at.is_not(None))
    )
    return set(connection.execute(statement).scalars())


def _made() -> Select[Any]:
    """(artifact, proof, picture, files besides) of every job and try of remembered orders; of a batch, of remembered
    orders alone."""
    piece, forgotten = m.jobs.alias("piece"), m.orders.c.forgotten_at
    units = select(m.units.c.id).join(m.orders, m.orders.c.id == m.units.c.order_id)
    of_one_forgotten = exists().where(
        piece.c.batch == m.jobs.c.id, piece.c.unit_id.in_(units.where(forgotten.is_not(None)))
    )
    own, together = m.jobs.c.unit_id.in_(units.where(forgotten.is_(None))), m.jobs.c.unit_id.is_(None)
    return (
        select(*PROGRAMS, *PICTURES, m.artifacts.c.manifest["extras"])
        .select_from(m.jobs)
        .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
        .outerjoin(m.attempts, m.attempts.c.job_id == m.jobs.c.id)
        .where(or_(own, together & ~of_one_forgotten))
    )


def _named(store: Store) -> set[str]:
    """The digests of every file that a remembered order names, in a manifest too: an artifact's files besides."""
    with store.read() as connection:
        units = connection.execute(select(cast(m.units.c.personalization, String), cast(m.units.c.resolved, String)))
        labels = connection.execute(select(cast(m.orders.c.label, String)).where(m.orders.c.label.is_not(None)))
        named = set(DIGEST.findall(str([*units.all(), *labels.all()])))
        for *files, extras in connection.execute(_made()):
            named.update(digest for digest in (*files, *(extras or {}).values()) if digest)
    return named


def _forget(store: Store, where: ColumnElement[bool], who: str, most: int) -> int:
    with store.read() as connection:
        due = select(m.orders.c.id).where(where, m.orders.c.state.in_(ENDED), m.orders.c.forgotten_at.is_(None))
        orders = connection.execute(due.limit(most)).scalars().all()
    for order_id in orders:
        with store.write(who) as tx:
            _forget_one(tx, order_id)
    return len(orders)


_EMPTY: Mapping[str, Any] = {"ship_to": {}, "customer": "", "note": "", "label": None}
"""Personal columns of an order, as they are left."""


def _forget_one(tx: Tx, order_id: str) -> None:
    """Empty the order's personal columns, and what people wrote for it: its notes, and the reasons of its holds, which
    may quote the customer."""
    run, units = tx.connection.execute, select(m.units.c.id).where(m.units.c.order_id == order_id)
    held = (m.events.c.entity == "unit") & (m.events.c.event == "held") & m.events.c.entity_id.in_(units)
    noted = (m.events.c.entity == "order") & (m.events.c.event == "noted") & (m.events.c.entity_id == order_id)
    run(update(m.events).where(held | noted).values(detail={}))
    run(update(m.units).where(m.units.c.order_id == order_id).values(personalization={}, resolved={}, problems=[]))
    run(update(m.line_items).where(m.line_items.c.order_id == order_id).values(personalization={}))
    run(update(m.orders).where(m.orders.c.id == order_id).values(**_EMPTY, forgotten_at=tx.now))
    tx.log("order", order_id, "forgotten")
