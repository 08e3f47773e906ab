"""Webhooks of a Shopify shop: proved by their raw bytes, understood or refused, never twice, never a defect of ours."""

from __future__ import annotations

import base64
import json
from itertools import count
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fulfillment.daemon import Shop
from fulfillment.demo.shop import ORDERS
from jobs import models as m

from .bakery import delivery, photo, plan, rows, sign, states, units
from .uploads import Uploads

URL = "/v1/sources/shopify/webhook"
SHARED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
_events = count()


def paid(uploads: Uploads | None = None, **more: Any) -> dict[str, Any]:
    """An order as the shop sends it: two tarts of ours and something else."""
    url = uploads.put("/cat.jpg", photo()) if uploads else "https://elsewhere.example/cat.jpg"
    properties = [
        {"name": "Photo", "value": url},
        {"name": "Message", "value": "Happy Birthday"},
        {"name": "Filling", "value": "Blueberry"},
        {"name": "_gift_wrap", "value": "yes"},
        {"name": "Message", "value": None},
    ]
    return {
        "id": 1001,
        "name": "#1001",
        "line_items": [
            {"sku": "TART", "quantity": 2, "properties": properties},
            {"sku": "SPOON", "quantity": 7, "title": "A spoon", "properties": []},
            {"sku": None, "quantity": 1, "title": "A tip"},
        ],
        "shipping_address": {"name": "Bob Norman", "first_name": "Bob", "city": "Bern", "zip": "3000", "phone": "1"},
        "customer": {"email": "bob@example.org"},
        **more,
    }


def nothing_written(shop: Shop) -> bool:
    return not any(rows(shop, table) for table in (m.orders, m.units, m.inbox, m.events))


def is_problem(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["title"] and said["detail"]


def test_an_order_becomes_units_of_what_is_ours(shop: Shop, client: httpx.Client, uploads: Uploads) -> None:
    answer = client.post(URL, **delivery(paid(uploads)))
    assert (answer.status_code, answer.json()["new"]) == (200, True)
    (order,) = rows(shop, m.orders)
    assert (order["source"], order["external_id"]) == ("shop", "1001")
    assert order["ship_to"] == {"name": "Bob Norman", "first_name": "Bob", "city": "Bern", "order": "#1001"}
    lines = sorted(rows(shop, m.line_items), key=lambda line: line["position"])
    assert [(line["sku"], line["quantity"], line["product"]) for line in lines] == [
        ("TART", 2, "pop-tart"),
        ("SPOON", 7, None),
        ("A tip", 1, None),
    ]
    assert [unit["number"] for unit in units(shop, order["id"])] == [1, 2]
    plan(shop)
    assert set(states(shop).values()) == {"making"}
    (resolved,) = {json.dumps(unit["resolved"], sort_keys=True) for unit in rows(shop, m.units)}
    assert json.loads(resolved)["options"] == {"flavour": "blueberry", "frosting": "chocolate"}
    assert "bob@example.org" not in json.dumps(rows(shop, m.orders) + rows(shop, m.events))


def test_the_order_that_the_demo_ships_is_understood(shop: Shop, client: httpx.Client) -> None:
    raw = (ORDERS / "shopify-1001.json").read_bytes()
    assert client.post("/v1/sources/shop/webhook", **delivery(raw)).status_code == 200
    assert [line["product"] for line in rows(shop, m.line_items)] == [None, None]


def test_wrapped_and_bare_are_the_same_order(shop: Shop, client: httpx.Client) -> None:
    client.post(URL, **delivery(paid(), "e-1"))
    again = client.post(URL, **delivery({"order": paid()}, "e-2"))
    assert again.json() | {"id": ""} == {"id": "", "new": False, "same": True}
    assert len(rows(shop, m.orders)) == 1


def test_an_event_delivered_again_does_nothing(shop: Shop, client: httpx.Client) -> None:
    first = client.post(URL, **delivery(paid(), "e-1"))
    before = rows(shop, m.events)
    for _ in range(3):
        again = client.post(URL, **delivery(paid(), "e-1"))
        assert again.status_code == 200
        assert again.json()["id"] == first.json()["id"] and not again.json()["new"]
    assert rows(shop, m.events) == before and len(rows(shop, m.inbox)) == 1


def test_an_order_told_by_another_event_is_no_second_order(shop: Shop, client: httpx.Client) -> None:
    client.post(URL, **delivery(paid(), "e-1"))
    client.post(URL, **delivery(paid(), "e-2"))
    assert len(rows(shop, m.units)) == 2
    assert [event["event"] for event in rows(shop, m.events, entity="order")] == ["received", "repeated"]


def test_an_order_that_says_something_else_is_kept_as_it_was_and_noted(shop: Shop, client: httpx.Client) -> None:
    client.post(URL, **delivery(paid(), "e-1"))
    changed = client.post(URL, **delivery(paid(name="#1001-B"), "e-2"))
    assert (changed.status_code, changed.json()["same"]) == (200, False)
    assert len(rows(shop, m.units)) == 2
    assert [event["event"] for event in rows(shop, m.events, entity="order")] == ["received", "differs"]


def test_a_delivery_without_an_event_id_is_known_by_its_bytes(shop: Shop, client: httpx.Client) -> None:
    for _ in range(2):
        assert client.post(URL, **delivery(paid(), None)).status_code == 200
    assert len(rows(shop, m.inbox)) == 1


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("customers/data_request", "asks for the data"),
        ("customers/redact", "customer's data is to be erased"),
        ("shop/redact", "shop has left"),
        ("orders/create", "nothing is made on orders/create"),
        ("app/uninstalled", "nothing is made on app/uninstalled"),
    ],
)
def test_other_topics_are_answered_and_noticed(topic: str, words: str, shop: Shop, client: httpx.Client) -> None:
    payload = {"shop_domain": "bakery.example", "customer": {"id": 7}, "orders_requested": [1001]}
    first, again = (client.post(URL, **delivery(payload, topic=topic)) for _ in range(2))
    assert (first.status_code, first.json()["new"]) == (200, True)
    assert (again.status_code, again.json()["new"]) == (200, False)
    assert words in first.json()["notice"]
    (event,) = rows(shop, m.events)
    assert event["event"] == "noticed" and event["detail"]["topic"] == topic
    assert not rows(shop, m.orders)


# --- signatures -----------------------------------------------------------------------------------------------------


@SHARED
@given(bit=st.integers(0, 8 * 32 - 1))
def test_any_flipped_bit_of_the_signature_is_refused(bit: int, shop: Shop, client: httpx.Client) -> None:
    given_ = delivery(paid())
    raw = bytearray(base64.b64decode(given_["headers"]["X-Shopify-Hmac-Sha256"]))
    raw[bit // 8] ^= 1 << bit % 8
    given_["headers"]["X-Shopify-Hmac-Sha256"] = base64.b64encode(bytes(raw)).decode()
    answer = client.post(URL, **given_)
    assert answer.status_code == 401
    is_problem(answer)
    assert nothing_written(shop)


@SHARED
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_of_the_body_is_refused(where: float, bit: int, shop: Shop, client: httpx.Client) -> None:
    given_ = delivery(paid())
    raw = bytearray(given_["content"])
    raw[int(where * len(raw))] ^= 1 << bit
    answer = client.post(URL, **{**given_, "content": bytes(raw)})
    assert answer.status_code == 401
    assert nothing_written(shop)


@pytest.mark.parametrize(
    "signature", ["", "x", "====", "ä", "A" * 10_000, sign(b"other"), sign(json.dumps(paid()).encode(), "guessed")]
)
def test_no_other_signature_is_taken(signature: str, shop: Shop, client: httpx.Client) -> None:
    raw = json.dumps(paid()).encode()
    headers = {"X-Shopify-Hmac-Sha256": signature.encode("latin-1")}
    answer = client.post(URL, content=raw, headers=headers)
    assert answer.status_code == 401
    assert nothing_written(shop)


def test_the_same_meaning_in_other_bytes_is_refused(shop: Shop, client: httpx.Client) -> None:
    """The signature is over the bytes as they came, not over what they mean."""
    given_ = delivery(paid())
    given_["content"] = json.dumps(paid(), indent=1).encode()
    assert client.post(URL, **given_).status_code == 401
    assert nothing_written(shop)


def test_a_missing_secret_is_said_in_the_log_only(
    shop: Shop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("BAKERY_SHOPIFY_SECRET")
    answer = client.post(URL, **delivery(paid()))
    assert answer.status_code == 503
    assert "BAKERY_SHOPIFY_SECRET" not in answer.text
    assert "BAKERY_SHOPIFY_SECRET" in caplog.text


def test_an_unknown_source_is_not_found(client: httpx.Client) -> None:
    answer = client.post("/v1/sources/etsy/webhook", **delivery(paid()))
    assert answer.status_code == 404
    is_problem(answer)


# --- hostile shapes -------------------------------------------------------------------------------------------------

SHAPES: dict[str, Any] = {
    "no json": b"line_items=1",
    "not utf-8": b'{"id": "\xff"}',
    "a list": [],
    "a text": "order",
    "nothing": None,
    "a wrapped list": {"order": []},
    "no id": {"line_items": []},
    "a true id": paid(id=True),
    "an id of parts": paid(id={"a": 1}),
    "a long id": paid(id="9" * 100_000),
    "a huge number": b'{"id": ' + b"9" * 5000 + b', "line_items": []}',
    "no lines": paid(line_items=[]),
    "lines as an object": paid(line_items={"a": 1}),
    "lines of numbers": paid(line_items=[1, 2]),
    "too many lines": paid(line_items=[{"sku": "TART"}] * 101),
    "quantity as a text": paid(line_items=[{"sku": "TART", "quantity": "2"}]),
    "no quantity at all": paid(line_items=[{"sku": "TART", "quantity": None}]),
    "a negative quantity": paid(line_items=[{"sku": "TART", "quantity": -1}]),
    "an infinite quantity": b'{"id": 1, "line_items": [{"sku": "TART", "quantity": Infinity}]}',
    "a monstrous quantity": paid(line_items=[{"sku": "TART", "quantity": 10**18}]),
    "properties as an object": paid(line_items=[{"sku": "TART", "properties": {"Photo": "x"}}]),
    "properties of texts": paid(line_items=[{"sku": "TART", "properties": ["Photo"]}]),
    "a lone surrogate": b'{"id": "\\ud800", "line_items": [{"sku": "TART"}]}',
    "deep nesting": b'{"id": 1, "line_items": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "6 MB": paid(note="x" * 6_000_000),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_that_is_no_order_is_refused_in_words(shape: str, shop: Shop, client: httpx.Client) -> None:
    answer = client.post(URL, **delivery(SHAPES[shape]))
    assert 400 <= answer.status_code < 500, answer.text
    is_problem(answer)
    assert len(answer.content) < 2000
    assert not rows(shop, m.orders)


ODD: dict[str, Any] = {
    "a sku of parts": {"sku": ["TART"], "quantity": 1},
    "a property named by a list": {"sku": "TART", "properties": [{"name": ["Photo"], "value": 1}]},
    "a property of objects": {"sku": "TART", "properties": [{"name": "Message", "value": {"a": [1]}}]},
    "a number as message": {"sku": "TART", "properties": [{"name": "Message", "value": 7}]},
    "NUL in a message": {"sku": "TART", "properties": [{"name": "Message", "value": "a\0b"}]},
    "a lone surrogate": {"sku": "TART", "properties": [{"name": "Message", "value": "\ud800"}]},
    "a lone surrogate as choice": {"sku": "TART", "properties": [{"name": "Filling", "value": "\udfff"}]},
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_in_a_line_are_taken_and_held_or_refused(odd: str, shop: Shop, client: httpx.Client) -> None:
    """A customer can write anything into a field: it is no reason to lose the order's other pieces."""
    answer = client.post(URL, **delivery(paid(line_items=[ODD[odd]])))
    assert answer.status_code in (200, 422), answer.text
    plan(shop)
    assert set(states(shop).values()) <= {"held"}


def test_what_is_not_ours_may_have_any_quantity(shop: Shop, client: httpx.Client) -> None:
    """Two thousand napkins beside a tart are no reason to refuse the tart."""
    tart = paid()["line_items"][0]
    answer = client.post(URL, **delivery(paid(line_items=[{"sku": "NAPKIN", "quantity": 2000}, tart])))
    assert answer.status_code == 200, answer.text
    assert len(rows(shop, m.units)) == 2


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
PROPERTY = st.fixed_dictionaries(
    {}, optional={"name": st.sampled_from(["Photo", "Message", "Filling"]) | ANY, "value": ANY}
)
LINE = st.fixed_dictionaries(
    {},
    optional={
        "sku": st.sampled_from(["TART", "SPOON"]) | ANY,
        "quantity": st.integers(-1, 3) | ANY,
        "title": ANY,
        "properties": st.lists(PROPERTY | ANY, max_size=3) | ANY,
    },
)
PAYLOAD = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(1, 50) | ANY,
        "line_items": st.lists(LINE | ANY, max_size=3) | ANY,
        "shipping_address": st.fixed_dictionaries({}, optional={"name": ANY, "city": ANY}) | ANY,
        "name": ANY,
        "order": ANY,
    },
)
TOPICS = st.sampled_from(["orders/paid", "orders/paid", "customers/redact", "x" * 300])


@settings(SHARED, max_examples=200)
@given(payload=PAYLOAD | ANY, topic=TOPICS)
@example(payload={"id": 1, "line_items": [{"sku": "TART", "quantity": 1, "properties": [[]]}]}, topic="orders/paid")
def test_no_json_is_a_defect_of_ours(payload: Any, topic: str, shop: Shop, client: httpx.Client) -> None:
    answer = client.post(URL, **delivery(payload, f"e-{next(_events)}", topic))
    assert answer.status_code < 500, answer.text
    if answer.status_code != 200:
        is_problem(answer)


def test_an_order_that_was_not_understood_is_on_record_and_taken_when_it_is_mended(
    shop: Shop, client: httpx.Client
) -> None:
    """It is a real order: a log line alone would lose it, and its number must not make the mended one a repetition."""
    assert client.post(URL, **delivery(paid(line_items="none"), "e-9")).status_code == 422
    (event,) = rows(shop, m.events)
    assert (event["entity"], event["event"]) == ("source", "not_taken")
    assert "line_items" in event["detail"]["why"]
    assert rows(shop, m.inbox) == []
    assert client.post(URL, **delivery(paid(), "e-9")).json()["new"] is True
