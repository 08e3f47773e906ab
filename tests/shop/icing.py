"""A bakery with an icing printer, and pieces that wait for company in its jig of twelve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fulfillment.catalog import FOLDER, load
from fulfillment.daemon import Shop
from jobs import attempts, floor, queue
from jobs import models as m
from jobs.queue import Offer

from .bakery import order, plan, rows

PRINTER = """
  - name: icing-1
    driver: marlin
    address: .factory/icing-1.tty
    processes: [extrude-food]
    envelope: { x: 220 mm, y: 220 mm, z: 60 mm }
    material: icing-royal
    nozzle: NOZZLE mm
    e_area: 314 mm2
    limits: { speed: { x: 300 mm/s, y: 300 mm/s, z: 10 mm/s, e: 25 mm/s }, acceleration: 1000 mm/s2, flow: 40 mm3/s,
              cold_extrusion: true }
materials:
  - { name: icing-royal, kind: icing, colour: "#f6f1e7", allergens: [eggs] }"""
WHO = "machine:icing-1"


def with_icing(path: Path) -> Path:
    """The configuration with an icing printer, where it has none."""
    text = path.read_text()
    if "icing-royal" not in text:
        nozzle = load(FOLDER)[0]["favour-cookies"].recipes["icing"].nozzle
        path.write_text(text.replace("\nmaterials:", PRINTER.replace("NOZZLE", f"{nozzle:g}"), 1))
    return path


def cookie(name: str, **more: Any) -> dict[str, Any]:
    return {"product": "favour-cookies", "fields": {"name": name}, **more}


def cookies(shop: Shop, *names: str) -> list[str]:
    """One order a cookie, planned: the jobs that ice them, in their order. They wait for company."""
    for name in names:
        order(shop, cookie(name))
        plan(shop)
    return [job["id"] for job in iced(shop)][-len(names) :]


def iced(shop: Shop) -> list[dict[str, Any]]:
    """The jobs that ice a single cookie, in order of arrival."""
    jobs = [job for job in rows(shop, m.jobs) if (job["operation_id"] or "").endswith(".ice")]
    return sorted(jobs, key=lambda job: int(job["seq"]))


def printer(shop: Shop) -> Offer:
    return next(offer for offer in shop.offers if offer.name == "icing-1")


def started(shop: Shop) -> str:
    """The icing printer, whose bed is clear, takes the next jig and runs it. The attempt."""
    offer = printer(shop)
    floor.register(shop.store, offer, WHO)
    floor.clear_bed(shop.store, offer.name, "looked", "ann")
    claim = queue.claim(shop.store, offer, queue.look(shop.store, offer), WHO)
    assert claim is not None
    attempt = attempts.intend(shop.store, claim, offer, WHO).attempt
    attempts.confirm(shop.store, attempt, "its status names the file", WHO)
    return attempt


def ended(shop: Shop, attempt: str, how: str = "finished") -> None:
    attempts.ended(shop.store, attempt, how, "motion finished" if how == "finished" else "the nozzle is blocked", WHO)
