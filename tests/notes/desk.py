"""A shop whose notes a pen writes on cards: its configuration, its orders, and its planner driven by hand."""

from __future__ import annotations

import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pypdfium2
from sqlalchemy import select

from fulfillment.api.orders import OrderIn, take
from fulfillment.daemon import Shop
from fulfillment.planning import Planner
from jobs import attempts, floor, queue
from jobs import models as m
from jobs.intake import Received

CONFIG = """
site: {{ name: "Bakery {{next}} <door>", timezone: Europe/Zurich }}
machines:
  - name: plotter-1
    driver: ebb
    address: .factory/plotter-1.tty
    processes: [plot]
    envelope: {{ x: 300 mm, y: 218 mm, z: 20 mm }}
    material: ink-blue
    limits:
      speed: {{ x: 150 mm/s, y: 150 mm/s, z: 10 mm/s }}
      acceleration: 1000 mm/s2
  - name: slip-printer
    driver: hot-folder
    address: .factory/slips
    processes: [document]
    options: {{ done_when: written }}
materials:
  - {{ name: ink-blue, kind: gel-pen, colour: "#1f3a93" }}
  - {{ name: ink-black, kind: gel-pen, colour: "#222222" }}
{notes}
"""

BY_PEN = """
notes:
  by: pen
  product: thank-you-card
  items: { note-card: your card }
  rules:
    - text: "Thanks, {first_name}, hope {item} finds a good place. {factory}, {order}"
      nameless: "Thanks! Hope {item} finds a good place."
"""
"""Note cards are what customers order here, and a thank-you card goes with each order."""


def write_config(folder: Path, notes: str = BY_PEN) -> Path:
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(notes=notes))
    return path


def body(number: str, *texts: str, **more: Any) -> dict[str, Any]:
    """An order of note cards, one for each text."""
    lines = [{"product": "note-card", "fields": {"note": text}} for text in texts or ("A card",)]
    ship_to = more.pop("ship_to", {"name": "Ada Lovelace", "first_name": "Ada"})
    return {"external_id": number, "lines": lines, "ship_to": ship_to, **more}


def order(shop: Shop, number: str, *texts: str, **more: Any) -> Received:
    return take(shop, OrderIn.model_validate(body(number, *texts, **more)), "test")


class _AtOnce:
    """A render pool without processes: pure functions may run anywhere."""

    def submit(self, call: Any, *given: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*given))
        except Exception as error:  # noqa: BLE001  (a future carries whatever was raised)
            done.set_exception(error)
        return done


def plan(shop: Shop) -> None:
    """Check, plan and render everything that can be."""
    planner = Planner(shop.store, shop.factory, shop.artifacts, _AtOnce())  # type: ignore[arg-type]
    for _ in range(200):
        planner.round()
        if not planner._checking and not planner._rendering:
            break
        time.sleep(0.01)
    planner.stop()


def units(shop: Shop, order_id: str, *, note: bool | None = None) -> list[Any]:
    """Units of an order in the order of its lines; ``note``: only its note, or all but that."""
    statement = (
        select(m.units, m.line_items.c.is_note)
        .join(m.line_items, m.line_items.c.id == m.units.c.line_item_id)
        .where(m.units.c.order_id == order_id)
        .order_by(m.line_items.c.position, m.units.c.number)
    )
    with shop.store.read() as connection:
        found = list(connection.execute(statement))
    return [unit for unit in found if note is None or unit.is_note == note]


def make(shop: Shop, name: str, most: int = 20) -> int:
    """The machine makes what waits for it; whoever takes each piece off says so. How many that were."""
    own = next(offer for offer in shop.offers if offer.name == name)
    floor.register(shop.store, own, "test")
    for count in range(most):
        if own.bed:
            floor.clear_bed(shop.store, name, "looked", "test")
        claim = queue.claim(shop.store, own, queue.look(shop.store, own), "test")
        if claim is None:
            return count
        intent = attempts.intend(shop.store, claim, own, "test")
        attempts.confirm(shop.store, intent.attempt, "seen", "test")
        attempts.ended(shop.store, intent.attempt, "finished", "at its end", "test")
    return most


def jobs(shop: Shop, unit_id: str) -> list[Any]:
    """The jobs of a unit with their operations, oldest first."""
    statement = (
        select(m.jobs, m.operations.c.name)
        .join(m.operations, m.operations.c.id == m.jobs.c.operation_id)
        .where(m.jobs.c.unit_id == unit_id)
        .order_by(m.jobs.c.seq)
    )
    with shop.store.read() as connection:
        return list(connection.execute(statement))


def words(pdf: bytes) -> str:
    """What a PDF says, as a reader finds it, in one line."""
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)
