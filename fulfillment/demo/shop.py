"""The other side of the demo: a shop that sends signed webhooks and serves its customers' uploads."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from fulfillment.demo.factory import HERE, DemoFactory

FILES = HERE / "files"
ORDERS = HERE / "orders"
BAD = 2
"""Units of these orders that cannot be made: an emoji that no frosting font has, and a text file named .jpg."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args: object) -> None:
        """The demo has a screen of its own."""


@contextmanager
def uploads(port: int) -> Iterator[None]:
    """Serve the customers' files on this port while the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(FILES)))
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(factory: DemoFactory) -> list[str]:
    """Send every order, the webhook twice as shops do. The orders' ids."""
    body = (ORDERS / "shopify-1001.json").read_text(encoding="utf-8")
    body = body.replace("{uploads}", f"http://127.0.0.1:{factory.uploads}")
    ids = [_webhook(factory, body.encode()) for _ in range(2)]
    ours = [path for path in sorted(ORDERS.glob("*.json")) if path.name != "shopify-1001.json"]
    ids += [_order(factory, json.loads(path.read_text(encoding="utf-8")), path.parent) for path in ours]
    return list(dict.fromkeys(ids))


def _webhook(factory: DemoFactory, body: bytes) -> str:
    signature = base64.b64encode(hmac.new(factory.secret.encode(), body, hashlib.sha256).digest()).decode()
    headers = {
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Event-Id": "demo-1001",
        "X-Shopify-Hmac-Sha256": signature,
        "Content-Type": "application/json",
    }
    answer = httpx.post(f"{factory.web}/v1/sources/shopify/webhook", content=body, headers=headers, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["id"])


def _order(factory: DemoFactory, order: dict[str, Any], folder: Path) -> str:
    for line in order["lines"]:
        for name, value in line["fields"].items():
            if isinstance(value, dict) and "path" in value:
                data = (folder / value["path"]).read_bytes()
                line["fields"][name] = {"data": base64.b64encode(data).decode()}
    answer = httpx.post(f"{factory.web}/v1/orders", json=order, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["id"])
