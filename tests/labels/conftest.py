"""A shop that ships parcels, with a label printer, or with an office printer alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fulfillment.daemon import open_shop
from fulfillment.shop import Shop
from tests.labels import parcel


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """Open a shop with these machines."""
    shops: list[Shop] = []

    def open_it(*machines: str) -> Shop:
        shops.append(open_shop(parcel.write(tmp_path, *machines)))
        return shops[-1]

    yield open_it
    for shop in shops:
        shop.close()
