"""The order's page: where its label is sent from, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from fulfillment.api.app import create
from fulfillment.shop import Shop
from tests.labels import carrier, parcel
from tests.labels.test_flow import order
from tests.shop.bakery import AtOnce, serve_app


def test_the_page_asks_for_a_label_and_says_that_it_is_there(opened: Callable[..., Shop]) -> None:
    shop = opened(parcel.printer())
    number = order(shop, 2)
    with serve_app(create(shop, AtOnce())) as address, httpx.Client(base_url=address, timeout=60) as client:  # type: ignore[arg-type]
        page = client.get(f"/orders/{number}").text
        assert "There is none yet: 2 pieces wait for it." in page
        assert f'data-act="/orders/{number}/label" data-file' in page
        assert client.post(f"/v1/orders/{number}/label", content=carrier.pdf(2)).status_code == 201
        page = client.get(f"/orders/{number}").text
        assert "2 labels, one for each piece (PDF)" in page and "Send another" in page
