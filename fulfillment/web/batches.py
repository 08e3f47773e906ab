"""What pages show of batches: a jig with its pieces, and who waits for one. Nothing here writes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from fulfillment.gathering import companies
from fulfillment.shop import Shop
from fulfillment.web import sight
from jobs import batches, views
from jobs import models as m

View = dict[str, Any]


def gathering(shop: Shop) -> list[View]:
    """Pieces that wait for the rest of their jig."""
    titles = sight.titles(shop)
    return [
        {
            "product": company.product,
            "operation": company.operation,
            "title": titles.get(company.product, company.product),
            "units": [job.unit_id for job in company.jobs],
            "pockets": company.pockets.count,
            "begins_at": company.begins_at,
        }
        for company in companies(shop.factory.catalog, batches.waiting(shop.store))
    ]


def batch(shop: Shop, job_id: str) -> View:
    """One batch: its proof, what was made, and its pieces by their pockets. Raises NotFound."""
    with shop.store.read() as connection:
        found = views.job(connection, job_id, shop.floor)
        ids = [piece["unit_id"] for piece in found["pieces"]]
        forgotten = connection.execute(
            select(
                exists().where(
                    m.units.c.id.in_(ids), m.orders.c.id == m.units.c.order_id, m.orders.c.forgotten_at.is_not(None)
                )
            )
        ).scalar_one()
    pictures = [attempt for attempt in found["tries"] if attempt["evidence"]]
    lying = any(attempt["on_bed"] for attempt in found["tries"])
    return {
        "batch": found,
        "made": pictures[-1] if pictures and not forgotten else None,
        "lying": lying,
        "forgotten": forgotten,
        "history": found["events"][::-1],
        "titles": sight.titles(shop),
    }
