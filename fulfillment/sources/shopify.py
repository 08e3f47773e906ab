"""Orders from a Shopify shop, by webhook.

Source: shopify.dev, "Deliver webhooks through HTTPS" (X-Shopify-Hmac-Sha256: base64 HMAC-SHA256 of the raw body;
X-Shopify-Event-Id for deduplication; answer within 5 s) and "Privacy law compliance" (the three mandatory topics).
Personalization stands in ``line_items[].properties[] {name, value}``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from fulfillment.catalog import Catalog, DrawingField, ModelField, PdfField, PhotoField, Product
from fulfillment.config import Shopify
from fulfillment.config.sources import Sku
from fulfillment.sources import BadPayload, BadSignature, Reading, route_of
from jobs.intake import Delivery, NewLine, NewOrder

ACTS_ON = "orders/paid"
MAX_ID = 100
"""Characters of an order's number; Shopify's have 13 digits."""
MAX_QUANTITY = 1_000_000
"""Of one line. Of what is made here the record takes fewer (see jobs.intake)."""
LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")
CURRENCY = re.compile(r"[A-Z]{3}")
AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")
PRIVACY = {
    "customers/data_request": "a customer asks for the data that is kept about them",
    "customers/redact": "a customer's data is to be erased",
    "shop/redact": "the shop has left: its data is to be erased",
}


def read(settings: Shopify, secret: bytes, headers: Mapping[str, str], body: bytes, catalog: Catalog) -> Reading:
    """Prove and understand one delivery. Raises BadSignature, BadPayload."""
    _prove(secret, headers.get("x-shopify-hmac-sha256", ""), body)
    topic = headers.get("x-shopify-topic", ACTS_ON)
    payload = _parsed(body)
    event_id = headers.get("x-shopify-event-id") or headers.get("x-shopify-webhook-id")
    delivery = Delivery(event_id or hashlib.sha256(topic.encode() + body).hexdigest(), topic)
    if topic != ACTS_ON:
        notice = PRIVACY.get(topic, f"nothing is made on {topic}")
        return Reading(delivery, notice=notice, forget=_to_forget(topic, payload))
    return Reading(delivery, _order(settings, payload, catalog))


def _prove(secret: bytes, signature: str, body: bytes) -> None:
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature("the signature is no base64") from None
    if not hmac.compare_digest(hmac.new(secret, body, hashlib.sha256).digest(), given):
        raise BadSignature("the signature does not fit the body and our secret")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadPayload(f"the body is no JSON: {error}") from None
    try:
        json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadPayload("the body has half of a surrogate pair, which is no character") from None
    # The Admin API wraps what a webhook sends bare.
    if isinstance(payload, dict) and isinstance(payload.get("order"), dict):
        payload = payload["order"]
    if not isinstance(payload, dict):
        raise BadPayload("the body is no JSON object")
    return payload


def _to_forget(topic: str, payload: Mapping[str, Any]) -> tuple[str, ...]:
    numbers = payload.get("orders_to_redact") if topic == "customers/redact" else None
    return tuple(str(number) for number in numbers[:1000]) if isinstance(numbers, list) else ()


def _order(settings: Shopify, payload: Mapping[str, Any], catalog: Catalog) -> NewOrder:
    number = payload.get("id")
    if not isinstance(number, (int, str)) or isinstance(number, bool) or not 0 < len(str(number)) <= MAX_ID:
        raise BadPayload(f"id: an order's number of at most {MAX_ID} characters is expected")
    items = payload.get("line_items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise BadPayload("line_items: a list of objects is expected")
    ship_to = payload.get("shipping_address") or payload.get("billing_address") or {}
    person = ship_to if isinstance(ship_to, dict) else {}
    kept: dict[str, Any] = {
        key: str(person[key])[:100] for key in ("name", "first_name", "city", "country") if person.get(key)
    }
    kept["order"] = str(payload.get("name") or number)[:40]
    kept |= _for_papers(payload, items)
    return NewOrder(
        source=settings.name,
        external_id=str(number),
        lines=tuple(_line(settings, item, i, catalog) for i, item in enumerate(items)),
        ship_to=kept,
        customer=_customer(payload),
    )


def _for_papers(payload: Mapping[str, Any], items: list[Any]) -> dict[str, Any]:
    """Language and prices for the packing slip; what does not look like them is left out."""
    locale, currency = str(payload.get("customer_locale") or ""), str(payload.get("currency") or "")
    prices = [_amount(item.get("price")) for item in items]
    told = {
        "locale": locale if LOCALE.fullmatch(locale) else "",
        "currency": currency if CURRENCY.fullmatch(currency) else "",
        "total": _amount(payload.get("total_price")),
        "prices": prices if any(prices) else [],
    }
    return {name: value for name, value in told.items() if value}


def _amount(value: Any) -> str:
    return str(value) if AMOUNT.fullmatch(str(value)) else ""


def _customer(payload: Mapping[str, Any]) -> str:
    """The shop's number for whose order it is; empty for a guest's."""
    customer = payload.get("customer")
    number = customer.get("id") if isinstance(customer, dict) else None
    return str(number)[:MAX_ID] if isinstance(number, int | str) and not isinstance(number, bool) else ""


def _line(settings: Shopify, item: Mapping[str, Any], index: int, catalog: Catalog) -> NewLine:
    sku, quantity = str(item.get("sku") or item.get("title") or f"line {index + 1}")[:100], item.get("quantity", 1)
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= MAX_QUANTITY:
        raise BadPayload(f"line_items[{index}].quantity: a whole number from 1 to {MAX_QUANTITY} is expected")
    mapped = next((entry for entry in settings.skus if entry.sku == sku), None)
    if mapped is None:
        return NewLine(sku, quantity)
    product = catalog[mapped.product]
    properties = item.get("properties") or []
    if not isinstance(properties, list) or not all(isinstance(prop, dict) for prop in properties):
        raise BadPayload(f"line_items[{index}].properties: a list of objects with name and value is expected")
    return NewLine(sku, quantity, product.name, _personalization(mapped, properties, product), route_of(product))


def _personalization(mapped: Sku, properties: list[dict[str, Any]], product: Product) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    options = dict(mapped.options)
    for prop in properties:
        name, value = str(prop.get("name", "")), prop.get("value")
        target = mapped.properties.get(name)
        if target is None or value in (None, ""):
            continue  # the shop's own properties (gift wrap, tracking) are not ours to read
        if target in product.options or target in product.parameters:
            options[target] = str(value)[:200]
        elif isinstance(product.fields.get(target), PhotoField | DrawingField | ModelField | PdfField):
            fields[target] = {"url": str(value)[:2000]}
        else:
            fields[target] = str(value)[:2000]
    return {"fields": fields, "options": options}
