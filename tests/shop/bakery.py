"""A bakery: its configuration, its customers' orders and files, and its planner driven by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import select

from fulfillment.api.app import create
from fulfillment.api.orders import OrderIn, take
from fulfillment.catalog import FOLDER
from fulfillment.daemon import Shop
from fulfillment.planning import Planner
from jobs import models as m

SECRET_NAME = "BAKERY_SHOPIFY_SECRET"
SECRET = "hush"

CONFIG = """
site: {{ name: Corner Bakery, timezone: Europe/Zurich }}
machines:
  - name: frosting-1
    title: Frosting 1
    driver: marlin
    address: .factory/frosting-1.tty
    processes: [extrude-food]
    envelope: {{ x: 220 mm, y: 220 mm, z: 60 mm }}
    material: frosting-chocolate
    nozzle: 1.2 mm
    e_area: 314 mm2
    limits:
      speed: {{ x: 150 mm/s, y: 150 mm/s, z: 10 mm/s, e: 5 mm/s }}
      acceleration: 1000 mm/s2
      flow: 40 mm3/s
      cold_extrusion: true
  - name: slip-printer
    driver: hot-folder
    address: .factory/slips
    processes: [document]
    options: {{ done_when: written }}
materials:
  - {{ name: frosting-chocolate, kind: frosting, colour: "#3b2314", allergens: [milk, soy] }}
  - {{ name: frosting-vanilla, kind: frosting, colour: "#fff4d6", allergens: [milk] }}
  - {{ name: frosting-raspberry, kind: frosting, colour: "#c2185b", allergens: [milk] }}
catalog: {catalog}
renderer: {{ workers: 1, memory: 1024 MB, timeout: 60 s }}
web: {{ keys_required: {keys} }}
order_sources:
  - kind: shopify
    name: shop
    secret: {{ env: BAKERY_SHOPIFY_SECRET }}
    skus:
      - sku: TART
        product: pop-tart
        options: {{ frosting: chocolate }}
        properties: {{ Photo: photo, Message: message, Filling: flavour }}
    downloads: {{ prefixes: ["{uploads}"], max_size: 1 MB, timeout: 1 s }}
"""


def write_config(folder: Path, uploads: str = "https://uploads.example/", *, keys: bool = False) -> Path:
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(catalog=FOLDER, uploads=uploads, keys=str(keys).lower()))
    return path


# --- customers' files -----------------------------------------------------------------------------------------------


def encoded(image: Image.Image, kind: str = "PNG", **more: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


@cache
def photo() -> bytes:
    """A picture with dark, light and what lies between: a ball in the light."""
    y, x = np.mgrid[0:300, 0:420]
    ball = np.clip(1.2 - np.hypot(x - 190, y - 130) / 150, 0.05, 1.0)
    return encoded(Image.fromarray((ball * 255).astype(np.uint8)), "JPEG", quality=90)


def claimed_png(width: int, height: int) -> bytes:
    """A few bytes of PNG whose header claims any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


# --- orders ---------------------------------------------------------------------------------------------------------

_numbers = iter(range(1, 1_000_000))


def line(message: Any = "Happy Birthday", picture: bytes | None = None, **more: Any) -> dict[str, Any]:
    """A line of an order to the API: good, unless told otherwise."""
    data = base64.b64encode(photo() if picture is None else picture).decode()
    fields = {"message": message, "photo": {"data": data}}
    return {"product": "pop-tart", "fields": fields, "options": {}, **more}


def body(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    ship_to = {"name": "Ada Lovelace", "first_name": "Ada"}
    return {"external_id": f"A-{next(_numbers)}", "lines": list(lines) or [line()], "ship_to": ship_to, **more}


def order(shop: Shop, *lines: dict[str, Any], **more: Any) -> str:
    """Take an order in. Its id."""
    return take(shop, OrderIn.model_validate(body(*lines, **more)), "test").order_id


def from_shop(shop: Shop, url: str, message: str = "Happy Birthday", quantity: int = 1) -> str:
    """Take an order of the shop in, whose photo is an address. Its id."""
    from fulfillment.sources import route_of
    from jobs import intake

    product = shop.factory.catalog["pop-tart"]
    fields = {"message": message, "photo": {"url": url}}
    new = intake.NewLine("TART", quantity, "pop-tart", {"fields": fields, "options": {}}, route_of(product))
    return intake.receive(shop.store, intake.NewOrder("shop", str(next(_numbers)), (new,)), "test").order_id


def sign(payload: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), payload, hashlib.sha256).digest()).decode()


def delivery(payload: Any, event: str | None = "e-1", topic: str = "orders/paid", **headers: str) -> dict[str, Any]:
    """Arguments of a signed POST, as the shop sends it."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    given = {"X-Shopify-Hmac-Sha256": sign(raw), "X-Shopify-Topic": topic, "Content-Type": "application/json"}
    if event:
        given["X-Shopify-Event-Id"] = event
    return {"content": raw, "headers": {**given, **headers}}


# --- planning -------------------------------------------------------------------------------------------------------


class AtOnce:
    """The render pool without processes, for tests that are not about it: pure functions may run anywhere."""

    def __init__(self) -> None:
        self.calls = 0

    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        self.calls += 1
        done: Future[Any] = Future()
        try:
            done.set_result(call(*given))
        except Exception as error:  # noqa: BLE001  (a future carries whatever was raised)
            done.set_exception(error)
        return done


@contextmanager
def planner(shop: Shop, pool: Any = None) -> Iterator[Planner]:
    made = Planner(shop.store, shop.factory, shop.artifacts, pool or AtOnce())
    try:
        yield made
    finally:
        made.stop()


def until(said: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
    """Wait until it says something true."""
    end = time.monotonic() + seconds
    while not (found := said()):
        assert time.monotonic() < end, f"it did not come to this: {what}"
        time.sleep(0.01)
    return found


def plan(shop: Shop, pool: Any = None) -> None:
    """Check, plan and render everything that can be."""
    with planner(shop, pool) as made:

        def settled() -> bool:
            made.round()
            return not (made._checking or made._rendering) and "new" not in states(shop).values()

        until(settled, "everything is planned")


def rows(shop: Shop, table: Any, **where: Any) -> list[dict[str, Any]]:
    statement = select(table)
    for name, value in where.items():
        statement = statement.where(table.c[name] == value)
    with shop.store.read() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def states(shop: Shop) -> dict[str, str]:
    """State by unit."""
    return {unit["id"]: unit["state"] for unit in rows(shop, m.units)}


def units(shop: Shop, order_id: str) -> list[dict[str, Any]]:
    """Units of an order in the order of its lines."""
    positions = {row["id"]: row["position"] for row in rows(shop, m.line_items, order_id=order_id)}
    return sorted(rows(shop, m.units, order_id=order_id), key=lambda u: (positions[u["line_item_id"]], u["number"]))


def serve(shop: Shop) -> AbstractContextManager[str]:
    """The shop on a real port of this machine while the block runs. Its address."""
    return serve_app(create(shop))


@contextmanager
def serve_app(app: FastAPI) -> Iterator[str]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started or not thread.is_alive(), "the server is up")
    assert thread.is_alive(), "the server did not start"
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
