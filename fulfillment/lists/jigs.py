"""The jig sheet of a batch: which piece lies in which pocket of the jig, or where on the plate, to scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from fulfillment.catalog import Product
from fulfillment.config import Factory
from fulfillment.lists.sheet import Row, Sheet, clock
from jobs import models as m
from jobs import retention, views
from jobs.fits import Floor
from jobs.store import NotFound

Box = tuple[float, float, float, float]
"""x, y, width and height in mm."""


def sheet(connection: Connection, factory: Factory, floor: Floor, batch_id: str) -> Sheet:
    """The sheet of one batch. Raises NotFound: also for a batch that makes nothing any more."""
    batch = views.job(connection, batch_id, floor)
    pieces: Sequence[Mapping[str, Any]] = batch["pieces"]
    if batch["unit_id"] or not pieces:
        what = "it makes one piece alone" if batch["unit_id"] else "it was given up, and its pieces wait for another"
        raise NotFound(f"{batch_id} has no jig sheet: {what}")
    products = factory.catalog.products
    names = _names(connection, [piece["unit_id"] for piece in pieces])
    places, pictures = [], {}
    for number, piece in enumerate(pieces, 1):
        place = _place(piece, products.get(piece["product"]), names.get(piece["unit_id"], ""))
        if piece["proof"] and not retention.spoilt(connection, [batch_id]):
            place["picture"] = f"piece{number}"
            pictures[place["picture"]] = piece["proof"]
        places.append(place)
    first = products.get(pieces[0]["product"])
    places = sorted([*places, *_empty(first, places)], key=lambda place: int(place["pocket"]))
    site, step = factory.config.site, first.route.get(batch["operation"]) if first else None
    titles = {machine.name: machine.title or machine.name for machine in factory.config.machines}
    facts = {
        "factory": site.name,
        "printed": clock(floor.now, site.zone),
        "batch": batch_id,
        "product": ", ".join(dict.fromkeys(place["product"] for place in places if place["product"])),
        "step": step.title if step else batch["operation"],
        "machine": titles.get(batch["machine"] or "", batch["machine"] or ""),
        "count": str(len(pieces)),
        "size": _size(places),
        "places": places,
    }
    return Sheet("jig-sheet", facts, pictures)


def _names(connection: Connection, units: Sequence[str]) -> dict[str, str]:
    """For whom each piece is."""
    rows = connection.execute(
        select(m.units.c.id, m.orders.c.ship_to)
        .join(m.orders, m.orders.c.id == m.units.c.order_id)
        .where(m.units.c.id.in_(units))
    )
    return {row.id: str(row.ship_to.get("name") or "") for row in rows}


def _place(piece: Mapping[str, Any], product: Product | None, name: str) -> Row:
    place = piece["place"]
    x, y, width, height = _box(place, product)
    turn = float(place.get("turn") or 0.0)
    return {
        "x": f"{x:.2f}",
        "y": f"{y:.2f}",
        "width": f"{width:.2f}",
        "height": f"{height:.2f}",
        "pocket": str(place["pocket"]),
        "code": piece["unit_id"],
        "name": name,
        "product": product.title if product else piece["product"],
        "turn": f"{turn:g}°" if turn else "",
    }


def _box(place: Mapping[str, Any], product: Product | None) -> Box:
    """A plate says where each lies; a jig has its pockets in a grid; without either, pieces stand in a row."""
    if box := place.get("box"):
        x0, y0, x1, y1 = (float(value) for value in box)
        return x0, y0, x1 - x0, y1 - y0
    width, height = (product.piece.width, product.piece.height) if product else (40.0, 40.0)
    number = int(place["pocket"])
    if product is None or product.jig.pockets is None:
        return (number - 1) * width * 1.1, 0.0, width, height
    return (*product.jig.at(number), width, height)


def _empty(product: Product | None, places: Sequence[Row]) -> Iterator[Row]:
    """Pockets that nothing lies in: they are shown, so that they are counted rightly."""
    pockets = product.jig.pockets if product else None
    taken = {place["pocket"] for place in places}
    if product is None or pockets is None:
        return
    for number in range(1, pockets.count + 1):
        if str(number) not in taken:
            blank = {"pocket": number, "turn": 0}
            piece = {"place": blank, "unit_id": "", "product": product.name}
            yield _place(piece, product, "") | {"product": ""}


def _size(places: Sequence[Row]) -> str:
    boxes = [tuple(float(place[key]) for key in ("x", "y", "width", "height")) for place in places]
    wide = max(x + width for x, _, width, _ in boxes) - min(x for x, *_ in boxes)
    high = max(y + height for _, y, _, height in boxes) - min(y for _, y, *_ in boxes)
    return f"{wide:.0f} × {high:.0f} mm"
