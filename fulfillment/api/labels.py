"""The shipping label of an order: sent by whoever bought it from a carrier, and what is on record of it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from fulfillment.api.guard import Orderer, Reader, TheShop
from fulfillment.api.problems import Problem
from fulfillment.labels import DPI, HEADS, MOST_BYTES, Inspected, LabelRefused, prints
from fulfillment.render.pool import Deadly, RenderPool
from fulfillment.render.work import look_at_label
from fulfillment.shop import Shop
from jobs import labelling

router = APIRouter(prefix="/v1", tags=["labels"])


@router.get("/orders/{order_id}/label")
def get_label(order_id: str, shop: TheShop, _who: Reader) -> dict[str, Any]:
    """What is on record of an order's shipping label, and the pieces that wait for one."""
    with shop.store.read() as connection:
        pieces = labelling.pieces(connection, order_id, partial(prints, shop.factory.catalog))
        return {"label": labelling.label_of(connection, order_id), "pieces": pieces}


@router.post("/orders/{order_id}/label", status_code=201)
async def post_label(
    order_id: str,
    request: Request,
    shop: TheShop,
    who: Orderer,
    dpi: Annotated[int, Query(description="Of ZPL: the print head that it was made for, 203, 300 or 600.")] = DPI,
) -> dict[str, Any]:
    """Send the order's shipping label as the request's body: a carrier's PDF or ZPL, one label for the whole order or
    one for each of its pieces. Another one may be sent as long as none was printed."""
    if dpi not in HEADS:
        raise Problem(422, "No such print head", f"dpi is one of {', '.join(map(str, HEADS))}, not {dpi}.")
    data = await _body(request)
    pool: RenderPool | None = request.app.state.pool
    if pool is None:
        raise Problem(503, "No labels", "This program looks at no files: ask the one that `ful web` runs.")
    pieces = len((await run_in_threadpool(get_label, order_id, shop, who))["pieces"])
    digest = await run_in_threadpool(shop.artifacts.put, data)
    try:
        found = await asyncio.wrap_future(pool.submit(look_at_label, digest, pieces, dpi, shop.artifacts.folder))
    except LabelRefused as refused:
        raise Problem(422, "The label cannot be printed", str(refused), refused.problems) from None
    except (Deadly, MemoryError):
        raise Problem(422, "The label cannot be printed", "Looking at it was given up: send a simpler one.") from None
    await run_in_threadpool(keep, shop, order_id, digest, found, who)
    return await run_in_threadpool(get_label, order_id, shop, who) | {"warnings": list(found.warnings)}


def keep(shop: Shop, order_id: str, digest: str, found: Inspected, who: str) -> None:
    """Write down that this is the order's label. Raises NotFound, Refused."""
    labelling.put(shop.store, order_id, found.facts(digest), partial(prints, shop.factory.catalog), who)


async def _body(request: Request) -> bytes:
    """The request's body, read no further than a label may go. Raises Problem."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            raise Problem(413, "Too large", f"A label has {MOST_BYTES // 2**20} MB at most.")
    if not data:
        raise Problem(422, "Nothing was sent", "Send the label as the body of the request: PDF or ZPL.")
    return bytes(data)
