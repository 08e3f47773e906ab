"""What pages show of batches: a jig or a plate with its pieces, and who waits for one. Nothing here writes."""

from __future__ import annotations

from typing import Any

from fulfillment.gathering import companies
from fulfillment.shop import Shop
from fulfillment.web import sight
from jobs import leaving, retention, views
from jobs.pieces import LEFT_OUT
from jobs.store import NotFound

View = dict[str, Any]

VERDICTS = ("scrapped", "kept", "remade", "left_out", "not_left_out")
"""What is told of single pieces in the history of their batch."""


def gathering(shop: Shop) -> list[View]:
    """Pieces that wait for the rest of their jig."""
    titles = sight.titles(shop)
    waiting = [company.view() for company in companies(shop.store, shop.factory.catalog)]
    return [{**view, "title": titles.get(view["product"], view["product"])} for view in waiting]


def batch(shop: Shop, job_id: str) -> View:
    """One batch: its proof, what was made, and its pieces by their pockets. Raises NotFound."""
    with shop.store.read() as connection:
        found = views.job(connection, job_id, shop.floor)
        if found["unit_id"]:
            raise NotFound(f"{job_id} is no batch: it makes {found['unit_id']} alone, or as a piece of one")
        forgotten = bool(retention.spoilt(connection, [job_id]))
        parts = {piece["id"] for piece in found["pieces"]}
        happened = views.history(connection, {job_id, *parts}, sight.MOST_HISTORY)
        sight.expect(connection, [found])
    pictures = [attempt for attempt in found["tries"] if attempt["evidence"]]
    lying = any(attempt["on_bed"] for attempt in found["tries"])
    laid = [piece for piece in found["pieces"] if LEFT_OUT not in (piece["place"] or {})]
    return {
        "batch": found,
        "made": pictures[-1] if pictures and not forgotten else None,
        "lying": lying,
        "plate": any("x" in (piece["place"] or {}) for piece in found["pieces"]),
        "may_leave_out": found["state"] in leaving.RUNS and len(laid) > 1,
        "forgotten": forgotten,
        "history": [event for event in happened if event["entity_id"] == job_id or event["event"] in VERDICTS],
        "titles": sight.titles(shop),
    }
