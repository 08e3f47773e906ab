"""What happens, as server-sent events: the record's events with their numbers, and live values without.

Reconnecting with ``Last-Event-ID`` goes on behind that event and leaves none out (WHATWG HTML, server-sent events).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from fulfillment.api.guard import Reader, TheShop, caller
from fulfillment.api.problems import Problem
from fulfillment.shop import Shop
from jobs import views
from jobs.wake import Wake

router = APIRouter(prefix="/v1", tags=["events"])

MOST_STREAMS = 64
LIVE_EVERY = 0.25
"""Seconds between two looks at the live values."""
SILENCE = 5.0
"""Seconds without an event after which a ``beat`` is sent: a page that hears nothing for longer knows that it is cut
off. (A comment would keep the connection alive as well, but no script ever sees it.)"""
BATCH = 500
NUMBER = re.compile(r"[0-9]{1,18}")
_open: set[int] = set()


@router.get("/events")
async def events(
    request: Request,
    shop: TheShop,
    _who: Reader,
    after: Annotated[int | None, Query(ge=0, lt=10**18)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """The stream. Without ``Last-Event-ID`` or ``after`` it begins now."""
    if len(_open) >= MOST_STREAMS:
        raise Problem(503, "Too many streams", f"{MOST_STREAMS} streams are open.", headers={"Retry-After": "10"})
    given = last_event_id if last_event_id and NUMBER.fullmatch(last_event_id) else None
    start = int(given) if given else after
    if start is None:
        start = await run_in_threadpool(_last, shop)
    return StreamingResponse(
        _stream(request, shop, start), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


def _last(shop: Shop) -> int:
    with shop.store.read() as connection:
        return views.last_event(connection)


def _since(shop: Shop, after: int) -> list[dict[str, Any]]:
    with shop.store.read() as connection:
        return views.events(connection, after, BATCH)


def _may_read(request: Request) -> bool:
    """Whether the stream may go on: its key may have been revoked since it was opened."""
    try:
        caller(request, "read")
    except Problem:
        return False
    return True


async def _stream(request: Request, shop: Shop, after: int) -> AsyncIterator[bytes]:
    wake, live, quiet, token = Wake(shop.store), dict[str, Any](), 0.0, id(request)
    _open.add(token)
    try:
        yield b"retry: 1000\n\n"
        while not await request.is_disconnected():
            said = False
            if wake.changed():
                while batch := await run_in_threadpool(_since, shop, after):
                    if not await run_in_threadpool(
                        _may_read, request
                    ):  # Asked behind the reading: its own end is read, too.
                        return
                    for event in batch:
                        after, said = event["id"], True
                        yield _message("happened", event, after)
            values = await run_in_threadpool(shop.telemetry.all)
            changed = {name: value for name, value in values.items() if live.get(name) != value}
            if changed:
                live, said = values, True
                yield _message("live", changed)
            quiet = 0.0 if said else quiet + LIVE_EVERY
            if quiet >= SILENCE:
                quiet = 0.0
                yield _message("beat", {})
            await asyncio.sleep(LIVE_EVERY)
    finally:
        _open.discard(token)
        wake.close()


def _message(kind: str, data: Any, number: int | None = None) -> bytes:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, default=str)}\n\n".encode()
