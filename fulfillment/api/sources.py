"""Webhooks of order systems: prove the raw bytes, write the delivery down in one transaction, answer, work later."""

from __future__ import annotations

import logging
import os
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool

from fulfillment.api.guard import TheShop
from fulfillment.api.problems import Problem
from fulfillment.config import SecretMissing
from fulfillment.notes import with_card
from fulfillment.shop import Shop
from fulfillment.sources import BadPayload, BadSignature, Reading, source
from jobs import intake, retention
from jobs.store import NotFound, Refused

router = APIRouter(prefix="/v1/sources", tags=["sources"])
log = logging.getLogger(__name__)
MAX_WEBHOOK = 5 * 1024 * 1024


@router.post("/{name}/webhook")
async def webhook(name: str, request: Request, shop: TheShop) -> dict[str, Any]:
    """A delivery of the order source of that name (or kind). 401 for a wrong signature, 200 for a repeated delivery."""
    body = await request.body()
    if len(body) > MAX_WEBHOOK:
        raise Problem(413, "Too large", f"A webhook may have {MAX_WEBHOOK // 1024 // 1024} MB.")
    headers = {key.lower(): value for key, value in request.headers.items()}
    return await run_in_threadpool(deliver, shop, name, headers, body)


def deliver(shop: Shop, name: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Prove, understand and write down one delivery."""
    settings = _settings(shop, name)
    try:
        secret = settings.secret.read(os.environ).encode()
        reading = source(settings.kind).read(settings, secret, headers, body, shop.factory.catalog)
    except SecretMissing as missing:
        log.error("%s: a delivery could not be checked: %s", name, missing)
        raise Problem(503, "Not ready", "This source is not set up: its secret is missing.") from None
    except BadSignature as bad:
        log.warning("%s: a delivery was refused: %s", name, bad)
        raise Problem(401, "Wrong signature", "The signature does not prove this body.") from None
    except BadPayload as bad:
        raise _not_taken(shop, settings.name, "Not understood", str(bad)) from None
    return _write(shop, settings.name, reading)


def _not_taken(shop: Shop, name: str, title: str, why: str) -> Problem:
    """The sender is proved, so it is a real order that is not made: on record, where a person finds it.

    Its number is not kept as delivered: when the mistake is mended, the shop's next try is taken.
    """
    intake.not_taken(shop.store, name, why, f"source:{name}")
    return Problem(422, title, why)


def _settings(shop: Shop, name: str) -> Any:
    for settings in shop.factory.config.order_sources:
        if name in (settings.name, settings.kind):
            return settings
    raise NotFound(f"no order source is called {name!r}")


def _write(shop: Shop, name: str, reading: Reading) -> dict[str, Any]:
    if reading.order is None:
        new = intake.noticed(shop.store, name, reading.delivery, reading.notice, f"source:{name}")
        gone = retention.forget_orders(shop.store, name, reading.forget, f"source:{name}")
        return {"new": new, "notice": reading.notice, "forgotten": gone}
    try:
        order = with_card(shop.store, shop.factory, reading.order)
        received = intake.receive(shop.store, order, f"source:{name}", reading.delivery)
    except Refused as refused:
        raise _not_taken(shop, name, "Not taken", str(refused)) from None
    return {"id": received.order_id, "new": received.new, "same": received.same}
