"""Fixtures of the floor's papers: a bakery of its own for each test, with a database that is copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fulfillment.daemon import Shop, open_shop

from .desk import write_config


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a shop that nothing was ever ordered from."""
    folder = tmp_path_factory.mktemp("empty")
    open_shop(write_config(folder)).close()
    return folder


@pytest.fixture
def shop(empty: Path, tmp_path: Path) -> Iterator[Shop]:
    shutil.copytree(empty, tmp_path / "shop")
    shop = open_shop(tmp_path / "shop" / "config.yaml")
    yield shop
    shop.close()
