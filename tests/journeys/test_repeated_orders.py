"""The same order, delivered again and again and at once: one set of units. A forged one leaves nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.journey


def webhook(shop: Any, body: bytes, event: str, secret: str | None = None) -> httpx.Response:
    key = (secret or shop.secret).encode()
    headers = {
        "X-Shopify-Topic": "orders/paid",
        "X-Shopify-Event-Id": event,
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode(),
        "Content-Type": "application/json",
    }
    return httpx.post(f"{shop.url}/v1/sources/shop/webhook", content=body, headers=headers, timeout=30)


def everything(shop: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the record."""
    with closing(sqlite3.connect(shop.folder / ".factory" / "fulfillment.db")) as record:
        tables = [row[0] for row in record.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: record.execute(f"SELECT * FROM {table}").fetchall() for table in tables}  # noqa: S608


def paid(number: int, word: str, quantity: int = 2) -> bytes:
    item = {"sku": "WORD", "quantity": quantity, "properties": [{"name": "Word", "value": word}]}
    return json.dumps({"id": number, "name": f"#{number}", "line_items": [item]}).encode()


def test_one_order_however_often_it_comes(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory(speed="max")
    body = shop.order_body("Ada", "Bob", external_id="A-1")
    file = shop.folder / "order.json"
    file.write_text(json.dumps(body))
    event = paid(7, "Cleo")
    with ThreadPoolExecutor(12) as pool:
        api = [pool.submit(httpx.post, f"{shop.url}/v1/orders", json=body, timeout=30) for _ in range(5)]
        hooks = [pool.submit(webhook, shop, event, f"event-{number // 2}") for number in range(6)]
        terminal = [pool.submit(shop.say, "order", "submit", str(file), "--json") for _ in range(2)]
    answers = [each.result() for each in api]
    said = [json.loads(each.result()) for each in terminal]
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert sum(answer.json()["new"] for answer in answers) + sum(each["new"] for each in said) == 1
    assert len({answer.json()["id"] for answer in answers} | {each["id"] for each in said}) == 1
    delivered = [each.result() for each in hooks]
    assert {answer.status_code for answer in delivered} == {200}
    assert sum(answer.json()["new"] for answer in delivered) == 1
    assert len({answer.json()["id"] for answer in delivered}) == 1
    orders = shop.get("/v1/orders")
    assert sorted((order["source"], len(order["units"])) for order in orders) == [("api", 2), ("shop", 2)]
    other = shop.order_body("Ada", "Eve", external_id="A-1")
    shop.post("/v1/orders", other, status=409)
    tools.until(lambda: len(shop.get("/v1/jobs")) == 4, "a job for every unit")
    assert len(shop.get("/v1/orders")) == 2


def test_a_forged_delivery_leaves_nothing_but_a_line_in_the_log(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory(speed="max")
    assert webhook(shop, paid(1, "Ada"), "event-1").status_code == 200
    (unit,) = [unit["id"] for unit in shop.get("/v1/orders")[0]["units"][:1]]
    tools.until(lambda: shop.job(unit)["state"] == "made", "made")
    tools.until(lambda: shop.machine()["on_bed"][0]["evidence"], "the picture")
    before, said = everything(shop), (shop.folder / "web.log").read_text()
    for body, event, secret in ((paid(2, "Eve"), "event-2", "guessed"), (paid(1, "Eve"), "event-1", "guessed")):
        answer = webhook(shop, body, event, secret)
        assert answer.status_code == 401
        assert shop.secret not in answer.text
    unsigned = httpx.post(f"{shop.url}/v1/sources/shop/webhook", content=paid(3, "Eve"), timeout=30)
    assert unsigned.status_code == 401
    assert everything(shop) == before
    lines = (shop.folder / "web.log").read_text().removeprefix(said).splitlines()
    assert len(lines) == 3 and all("refused" in line for line in lines)
    assert webhook(shop, paid(4, "Eve"), "event-4").json()["new"], "a true one is still taken"
