"""The catalog for a shop: what may be asked for, and how it would look while the customer types."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import Field

from fulfillment import personalization
from fulfillment.api.guard import Orderer, Reader, TheShop
from fulfillment.api.orders import Fields, Options, Strict, stored
from fulfillment.api.problems import Problem
from fulfillment.catalog import Product
from fulfillment.describe import described
from fulfillment.planning import specification
from fulfillment.positions import closest
from fulfillment.processes import Problems, Spec
from fulfillment.render.pool import Deadly, RenderPool
from fulfillment.render.work import preview
from fulfillment.shop import Shop
from jobs.store import NotFound

router = APIRouter(prefix="/v1", tags=["products"])


class Wish(Strict):
    """What a customer has sent and picked so far."""

    fields: Annotated[Fields, Field(default_factory=dict)]
    options: Annotated[Options, Field(default_factory=dict)]


@router.get("/products")
def get_products(shop: TheShop, _who: Reader) -> list[dict[str, Any]]:
    """Every product: fields, options, parameters with their rules, and how it is made."""
    return [described(product) for product in shop.factory.catalog.products.values()]


@router.get("/products/{name}")
def get_product(name: str, shop: TheShop, _who: Reader) -> dict[str, Any]:
    """One product."""
    return described(_product(shop, name))


@router.post("/products/{name}/preview", response_class=Response)
async def post_preview(name: str, wish: Wish, request: Request, shop: TheShop, _who: Orderer) -> Response:
    """The design as SVG, for a page that shows it while a customer types; 422 with what is wrong, field by field.
    Nothing is ordered, and nothing is kept but the files that were sent."""
    pool: RenderPool | None = request.app.state.pool
    if pool is None:
        raise Problem(503, "No previews", "This program renders nothing: ask the one that `ful web` runs.")
    specs = await run_in_threadpool(_specifications, shop, name, wish)
    try:
        drawn = await asyncio.wrap_future(pool.submit(preview, specs, shop.artifacts.folder))
    except Problems as problems:
        raise Problem(422, "It cannot be made like this", str(problems), problems.problems) from None
    except (Deadly, MemoryError) as deadly:
        raise Problem(422, "It cannot be shown", f"Drawing it was given up: {deadly}.") from None
    return Response(drawn, media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def _product(shop: Shop, name: str) -> Product:
    if name not in shop.factory.catalog:
        raise NotFound(f"no product is called {name[:100]!r}. {closest(name[:100], shop.factory.catalog.products)}")
    return shop.factory.catalog[name]


def _specifications(shop: Shop, name: str, wish: Wish) -> list[Spec]:
    """One for each operation that has fields. Raises Problem."""
    product = _product(shop, name)
    texts: dict[str, str] = {}
    data: dict[str, bytes] = {}
    for field, value in wish.fields.items():
        kept = stored(shop, value, f"fields.{field}")
        if isinstance(kept, str):
            texts[field] = kept
        else:
            data[field] = shop.artifacts.get(kept["sha256"])
    found = personalization.check(product, texts, wish.options, data)
    if isinstance(found, list):
        errors = [one.body() for one in found]
        raise Problem(422, "It cannot be made like this", " ".join(map(str, found)), errors)
    return [
        specification(shop.factory, name, operation, found.body())
        for operation in product.order()
        if product.route[operation].fields
    ]
