"""Papers that people ask for: lists of the floor, a piece's papers once more, and previews of every template."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from fulfillment.api.guard import Reader, TheShop
from fulfillment.api.problems import Problem
from fulfillment.lists.asking import Asked, known, ready
from fulfillment.lists.drawn import pdf, picture
from fulfillment.processes import Problems
from fulfillment.render.pool import Deadly, RenderPool
from fulfillment.shop import Shop

router = APIRouter(prefix="/v1", tags=["papers"])
NOW = {"Cache-Control": "no-store"}
"""A list says how it is at this moment."""

Code = Annotated[str, Query(max_length=100)]
Short = Annotated[str, Query(max_length=20)]


def wish(name: str, about: Code = "", example: bool = False, language: Short = "", size: Short = "") -> Asked:
    """Which paper the request asks for."""
    return Asked(name, about, example, language, size)


Wish = Annotated[Asked, Depends(wish)]


@router.get("/papers")
def get_papers(shop: TheShop, _who: Reader) -> list[dict[str, Any]]:
    """Every paper that can be asked for: what it is about (`unit`, `order`, `batch`; empty: the floor as it is now),
    and its sizes and languages."""
    return known(shop.factory)


@router.get("/papers/{name}", response_class=Response)
async def get_paper(asked: Wish, request: Request, shop: TheShop, _who: Reader) -> Response:
    """A paper as PDF: of a unit, an order or a batch (`about`), of the floor, or with example facts."""
    data = await _by_worker(request, shop, asked, pdf)
    named = f"{asked.name}-{asked.about}" if asked.about.isalnum() else asked.name
    told = {"Content-Disposition": f'inline; filename="{named}.pdf"'}
    return Response(data, media_type="application/pdf", headers=NOW | told)


@router.get("/papers/{name}/picture", response_class=Response)
async def get_paper_picture(
    asked: Wish, request: Request, shop: TheShop, _who: Reader, page: Annotated[int, Query(ge=1, le=500)] = 1
) -> Response:
    """One page of the same paper as PNG."""
    data = await _by_worker(request, shop, asked, picture, page)
    return Response(data, media_type="image/png", headers=NOW)


async def _by_worker(request: Request, shop: Shop, asked: Asked, draw: Callable[..., bytes], *more: Any) -> bytes:
    """By a render worker, whose time and memory are bounded. Raises Problem."""
    pool: RenderPool | None = request.app.state.pool
    if pool is None:
        raise Problem(503, "No papers", "This program draws nothing: ask the one that `ful web` runs.")
    found = await run_in_threadpool(ready, shop, asked)
    try:
        return bytes(await asyncio.wrap_future(pool.submit(draw, found, shop.artifacts.folder, *more)))
    except Problems as problems:
        raise Problem(422, "It cannot be printed like this", str(problems), problems.problems) from None
    except (Deadly, MemoryError) as deadly:
        raise Problem(422, "It cannot be printed", f"Drawing it was given up: {deadly}.") from None
