"""Orders and units: taken in, looked at, mended, packed."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from fulfillment.api.guard import Operator, Orderer, Reader, TheShop
from fulfillment.api.problems import Problem
from fulfillment.notes import with_card
from fulfillment.shop import Shop
from fulfillment.sources import route_of
from jobs import intake, route, views
from jobs.intake import NewLine, NewOrder

router = APIRouter(prefix="/v1", tags=["orders"])

MAX_FILE = 25 * 1024 * 1024
YEARS = range(2000, 2200)
"""In which an order may be due."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class File(Strict):
    """A customer's file: its bytes in base64, or the digest of one that was uploaded to /v1/files."""

    data: str | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


Words = Annotated[str, Field(max_length=100_000)]
"""A customer's text. What fits a product is said later, in words for the customer; here it is only bounded and whole:
a constrained text is refused where it holds half of a surrogate pair, which no page could show."""
Named = Annotated[str, Field(max_length=200)]
Fields = Annotated[dict[Named, Words | File], Field(max_length=50)]
Options = Annotated[dict[Named, Words], Field(max_length=50)]
Amount = Annotated[str, Field(pattern=r"^([0-9]{1,9}(\.[0-9]{1,3})?)?$")]
"""Money such as 12.50; empty: nothing is said of it."""


class Line(Strict):
    product: Annotated[str, Field(max_length=100)]
    quantity: Annotated[int, Field(ge=1, le=intake.MOST_QUANTITY)] = 1
    fields: Fields = Field(default_factory=dict)
    """Personalization: a text, or a file."""
    options: Options = Field(default_factory=dict)
    price: Amount = ""
    """What a piece costs, for the packing slip."""


class ShipTo(Strict):
    name: Annotated[str, Field(max_length=100)] = ""
    first_name: Annotated[str, Field(max_length=100)] = ""
    city: Annotated[str, Field(max_length=100)] = ""
    country: Annotated[str, Field(max_length=100)] = ""


class OrderIn(Strict):
    """An order in our own words. ``external_id`` is its identity: sent again, it makes nothing new."""

    external_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    lines: Annotated[list[Line], Field(min_length=1, max_length=intake.MOST_LINES)]
    ship_to: ShipTo = ShipTo()
    note: Annotated[str, Field(max_length=1000)] = ""
    """The personal note, in your own words; empty: it is written by rule."""
    gift: bool = False
    """Whether somebody gets it as a gift: the packing slip then says no prices."""
    gift_message: Annotated[str, Field(max_length=500)] = ""
    """The giver's words on the packing slip of a gift."""
    locale: Annotated[str, Field(pattern=r"^([A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*)?$", max_length=35)] = ""
    """Language of the packing slip, such as de or fr-CA; empty, or one that is not known here: the factory's own."""
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    """Of prices, such as EUR."""
    total: Amount = ""
    """What all of the order costs, for the packing slip."""
    customer: Annotated[str, Field(max_length=100)] = ""
    """Whose order it is, by your own name or number for them; empty: you do not say."""
    due: datetime | None = None
    """When it is wanted, such as 2026-05-08T17:00:00+02:00; without a zone it is the factory's own time."""


def take(shop: Shop, order: OrderIn, who: str, source: str = "api", key: str | None = None) -> intake.Received:
    """Write an order down. Files in it are put into the artifact store first. Raises Problem."""
    external_id = order.external_id or key
    if not external_id:
        text = "Give external_id (or an Idempotency-Key header): it makes a repeated order harmless."
        raise Problem(422, "The order has no identity", text, [{"field": "external_id", "reason": "missing"}])
    lines = tuple(_line(shop, line, i) for i, line in enumerate(order.lines))
    ship_to = {name: value for name, value in order.ship_to.model_dump().items() if value}
    ship_to |= _for_papers(order)
    due = _due(shop, order.due) if order.due else None
    new = NewOrder(source, external_id, lines, ship_to, order.note, due, order.customer)
    return intake.receive(shop.store, with_card(shop.store, shop.factory, new), who)


def _for_papers(order: OrderIn) -> dict[str, Any]:
    """What only papers say of an order; it is kept with the address, and forgotten with it."""
    prices = [line.price for line in order.lines]
    told = {
        "gift": order.gift,
        "gift_message": order.gift_message,
        "locale": order.locale,
        "currency": order.currency,
        "total": order.total,
        "prices": prices if any(prices) else [],
    }
    return {name: value for name, value in told.items() if value}


def _due(shop: Shop, due: datetime) -> float:
    """Seconds since 1970. A time without a zone is one on the factory's clock. Raises Problem."""
    if due.year not in YEARS:  # at the ends of the calendar a time has no counterpart in another zone
        text = f"{due.year} is no year to plan for: write one from {YEARS[0]} to {YEARS[-1]}."
        raise Problem(422, "Not a time to make things by", text, [{"field": "due", "reason": text}])
    return (due if due.tzinfo else due.replace(tzinfo=shop.factory.config.site.zone)).timestamp()


def _line(shop: Shop, line: Line, index: int) -> NewLine:
    catalog = shop.factory.catalog
    if line.product not in catalog:
        known = ", ".join(sorted(catalog.products))
        where = f"lines.{index}.product"
        text = f"No product is called {line.product!r}; there are: {known}."
        raise Problem(422, "Unknown product", text, [{"field": where, "reason": text}])
    fields = {name: stored(shop, value, f"lines.{index}.fields.{name}") for name, value in line.fields.items()}
    personalization = {"fields": fields, "options": dict(line.options)}
    product = catalog[line.product]
    return NewLine(line.product, line.quantity, line.product, personalization, route_of(product))


def stored(shop: Shop, value: str | File, where: str) -> str | dict[str, str]:
    """A field as the record has it: a text, or the digest of a file that is here now. Raises Problem."""
    if isinstance(value, str):
        return value
    if (value.data is None) == (value.sha256 is None):
        text = "A file is given by data (base64) or by sha256, one of the two."
        raise Problem(422, "A file is missing", f"{where}: {text}", [{"field": where, "reason": text}])
    if value.sha256:
        return {"sha256": value.sha256}
    try:
        data = base64.b64decode(value.data or "", validate=True)
    except (binascii.Error, ValueError):
        text = "The data is no base64."
        raise Problem(422, "A file cannot be read", f"{where}: {text}", [{"field": where, "reason": text}]) from None
    return {"sha256": shop.artifacts.put(data)}


@router.post("/orders", status_code=202)
def post_order(
    order: OrderIn,
    response: Response,
    shop: TheShop,
    who: Orderer,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> dict[str, Any]:
    """Take an order in. 202 the first time, 200 when the same order is on record, 409 when it says something else."""
    received = take(shop, order, who, key=idempotency_key)
    if not received.same:
        text = (
            f"Order {order.external_id or idempotency_key} is on record as {received.order_id} and says something else."
        )
        raise Problem(409, "The order differs", text)
    response.status_code = 202 if received.new else 200
    return {"id": received.order_id, "new": received.new, "href": f"/v1/orders/{received.order_id}"}


@router.post("/files", status_code=201)
async def post_file(request: Request, shop: TheShop, _who: Orderer) -> dict[str, Any]:
    """Upload a customer's file as the request's body; orders then name it by its digest."""
    data = await request.body()
    if not data or len(data) > MAX_FILE:
        raise Problem(413 if data else 422, "The file", f"A file has 1 byte to {MAX_FILE // 1024 // 1024} MB.")
    digest = await run_in_threadpool(shop.artifacts.put, data)
    return {"sha256": digest, "size": len(data)}


@router.get("/orders")
def get_orders(
    shop: TheShop,
    _who: Reader,
    state: Literal["open", "done", "cancelled"] | None = None,
    most: Annotated[int, Query(ge=1, le=500)] = 50,
    before: float | None = None,
) -> list[dict[str, Any]]:
    """Orders, newest first; ``before`` (received_at of the last one) pages on."""
    with shop.store.read() as connection:
        return views.orders(connection, state=state, most=most, before=before)


@router.get("/orders/{order_id}")
def get_order(order_id: str, shop: TheShop, _who: Reader) -> dict[str, Any]:
    """One order, whole: what was asked, its units, their operations, jobs and tries."""
    with shop.store.read() as connection:
        return views.order(connection, order_id, shop.floor)


@router.get("/units/{unit_id}")
def get_unit(unit_id: str, shop: TheShop, _who: Reader) -> dict[str, Any]:
    """One unit, whole, by the code on its slip."""
    with shop.store.read() as connection:
        return views.unit(connection, unit_id, shop.floor)


class Correction(Strict):
    """A held unit's personalization, whole: what is not given here is not kept."""

    fields: Fields = Field(default_factory=dict)
    options: Options = Field(default_factory=dict)
    keep: Annotated[list[str], Field(max_length=50)] = Field(default_factory=list)
    """Fields that stay as they are on record, such as a photo that only its address is known of."""


@router.post("/units/{unit_id}/correct")
def correct(unit_id: str, correction: Correction, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Mend a held unit: it is checked and planned anew."""
    given = {name: stored(shop, value, f"fields.{name}") for name, value in correction.fields.items()}
    on_record = get_unit(unit_id, shop, who)["personalization"].get("fields", {})
    fields = {name: on_record[name] for name in correction.keep if name in on_record} | given
    intake.correct(shop.store, unit_id, {"fields": fields, "options": correction.options}, who)
    return get_unit(unit_id, shop, who)


@router.post("/units/{unit_id}/release")
def release(unit_id: str, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Let a held unit go on; what was scrapped of it is made again."""
    with shop.store.write(who) as tx:
        route.release_unit(tx, unit_id)
    return get_unit(unit_id, shop, who)


@router.post("/units/{unit_id}/cancel")
def cancel(unit_id: str, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Do not make it. Refused while a machine has it in hand."""
    with shop.store.write(who) as tx:
        route.cancel_unit(tx, unit_id)
    return get_unit(unit_id, shop, who)


class Done(Strict):
    """What goes with an operation that a person did."""

    note: Annotated[str, Field(max_length=200)] = ""
    """The code that was read off the order's note, where that is a piece of its own: packing the last piece asks for
    it."""


@router.post("/units/{unit_id}/operations/{name}/done")
def done(unit_id: str, name: str, shop: TheShop, who: Operator, with_: Done | None = None) -> dict[str, Any]:
    """A person did an operation, such as pack. The last piece of an order is packed with its note."""
    with shop.store.write(who) as tx:
        route.done_by_person(tx, unit_id, name, (with_ or Done()).note)
    return get_unit(unit_id, shop, who)
