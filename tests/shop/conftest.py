"""Fixtures of the shop's tests: a bakery on a database of its own, its web program on a port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fulfillment.daemon import Shop, open_shop

from .bakery import SECRET, SECRET_NAME, serve, write_config
from .uploads import Uploads


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET_NAME, SECRET)


@pytest.fixture
def uploads() -> Iterator[Uploads]:
    """The server where the shop's customers upload; what it answers is set by path."""
    with Uploads() as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, uploads: Uploads) -> Path:
    return write_config(tmp_path, uploads.url("/"))


@pytest.fixture
def shop(config: Path) -> Iterator[Shop]:
    shop = open_shop(config)
    yield shop
    shop.close()


@pytest.fixture
def client(shop: Shop) -> Iterator[httpx.Client]:
    """Speaks to the application over a socket."""
    with serve(shop) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client
