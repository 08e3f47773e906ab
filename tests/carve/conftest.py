"""A factory with the products and machines as shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfillment.config import Factory, load_factory


@pytest.fixture(scope="session")
def factory() -> Factory:
    return load_factory(Path(__file__).parents[2] / "config.yaml")
