"""Fixtures of the shop's tests: a bakery on a database of its own, its web program on a port."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from fulfillment.api.app import create
from fulfillment.daemon import Shop, open_shop

from .bakery import SECRET, SECRET_NAME, serve_app, write_config
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


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that nothing was ever ordered from: its database is copied, as making one takes longer than most tests."""
    shop = open_shop(write_config(tmp_path_factory.mktemp("empty")))
    yield shop
    shop.close()


@pytest.fixture
def shop(config: Path, empty: Shop) -> Iterator[Shop]:
    (config.parent / ".factory").mkdir()
    assert empty.store.path is not None
    shutil.copy(empty.store.path, config.parent / ".factory" / empty.store.path.name)
    shop = open_shop(config)
    yield shop
    shop.close()


@pytest.fixture(scope="session")
def served(empty: Shop) -> Iterator[tuple[FastAPI, str]]:
    """One application on one port; each test puts its own shop behind it."""
    app = create(empty)
    with serve_app(app) as address:
        yield app, address


@pytest.fixture
def client(shop: Shop, served: tuple[FastAPI, str]) -> Iterator[httpx.Client]:
    """Speaks to the shop over a socket."""
    app, address = served
    app.state.shop = shop
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client
