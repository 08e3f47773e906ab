"""What a piece says of itself: the unit's code, the shop's order number, and which one of its line it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from fulfillment.catalog.files import identity
from fulfillment.processes import Spec
from jobs import models as m
from jobs.store import Store


def with_identity(store: Store, job: Any, base: Spec) -> Spec:
    """The specification with those facts that its fields name, and no other: pieces that name none are alike."""
    product = base.product
    wanted = identity([product.fields[name] for name in product.route[base.operation].fields])
    if base.process == "press":
        # The code stands beside each piece on its sheet: once it is cut, nothing else says whose it is.
        wanted |= {"unit"}
    if not wanted:
        return base
    with store.read() as connection:
        found = connection.execute(
            select(m.orders.c.ship_to, m.orders.c.external_id, m.units.c.number)
            .join(m.units, m.units.c.order_id == m.orders.c.id)
            .where(m.units.c.id == job.unit_id)
        ).one()
    order = found.ship_to.get("order") or found.external_id
    facts = {"unit": job.unit_id, "order": str(order), "number": str(found.number)}
    return replace(base, facts={name: facts[name] for name in sorted(wanted)})
