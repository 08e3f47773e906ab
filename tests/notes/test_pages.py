"""The pages of a piece and of its note: what the packing table shows and takes, without any script."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from fulfillment.api.app import create
from fulfillment.daemon import Shop

from . import desk


def asked(shop: Shop, method: str, path: str, **form: str) -> httpx.Response:
    """One request to the application, as a browser sends it."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=create(shop))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, data=form or None)

    return asyncio.run(ask())


@pytest.fixture
def pieces(shop: Shop) -> tuple[str, str, str]:
    """An order whose piece is made and whose note waits for the pen: (order, piece, note)."""
    order = desk.order(shop, "1", "<b>Dear Grace</b>").order_id
    desk.plan(shop)
    desk.make(shop, "slip-printer")
    desk.make(shop, "plotter-1", most=1)
    (piece,) = desk.units(shop, order, note=False)
    (note,) = desk.units(shop, order, note=True)
    return order, piece.id, note.id


def test_the_packing_table_waits_for_the_note_then_asks_for_its_code(shop: Shop, pieces: tuple[str, str, str]) -> None:
    order, piece, note = pieces
    page = asked(shop, "GET", f"/units/{piece}").text
    assert f"Its note {note} is still being made (write): pack when it lies here." in page
    assert "Pack done" not in page
    desk.make(shop, "plotter-1")
    page = asked(shop, "GET", f"/units/{piece}").text
    assert f"Scan the note that goes with it, {note}" in page
    assert "&lt;b&gt;Dear Grace&lt;/b&gt;" in page and "<b>Dear Grace" not in page
    assert "Pack with the note" in asked(shop, "GET", "/").text
    assert "This is the personal note of its order." in asked(shop, "GET", f"/units/{note}").text
    path = f"/act/units/{piece}/operations/pack/done"
    assert asked(shop, "POST", path, note=piece).status_code == 409
    assert asked(shop, "POST", path, note=note).status_code == 303
    assert "Packed. Nothing is left to do." in asked(shop, "GET", f"/units/{note}").text
    assert f"laid to {piece}" in asked(shop, "GET", f"/orders/{order}").text


def test_the_orders_page_says_whose_words_the_note_has(shop: Shop, pieces: tuple[str, str, str]) -> None:
    order, _, note = pieces
    page = asked(shop, "GET", f"/orders/{order}").text
    assert "Thanks, Ada, hope your card finds a good place. Bakery {next} &lt;door&gt;, 1" in page
    assert "By rule 1 of config.yaml" in page
    assert asked(shop, "POST", f"/act/orders/{order}/note", text="<i>Dear Ada</i>").status_code == 303
    page = asked(shop, "GET", f"/orders/{order}").text
    assert "Written by hand" in page and "&lt;i&gt;Dear Ada&lt;/i&gt;" in page
    assert "its note was written by hand" in page
    refused = asked(shop, "POST", f"/act/orders/{order}/note/undo")
    assert refused.status_code == 409 and "is being checked at this moment" in refused.text
    desk.plan(shop)
    assert asked(shop, "POST", f"/act/orders/{order}/note/undo").status_code == 303
    assert "By rule 1 of config.yaml" in asked(shop, "GET", f"/orders/{order}").text
    assert note in asked(shop, "GET", f"/orders/{order}").text
