"""The factory as shipped, and a cookie in two colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fulfillment.catalog import Product
from fulfillment.config import Factory, load_factory
from fulfillment.demo.factory import prepare
from fulfillment.shop import Shop, open_shop


@pytest.fixture(scope="session")
def factory() -> Factory:
    return load_factory(Path(__file__).parents[2] / "config.yaml")


@pytest.fixture(scope="session")
def cookie(factory: Factory) -> Product:
    return factory.catalog["celebration-cookie"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The factory as shipped with a record of its own; none of its machines runs."""
    made = open_shop(prepare(tmp_path / "factory", "max").config)
    yield made
    made.close()
