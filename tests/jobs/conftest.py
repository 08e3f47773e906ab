"""Fixtures of the jobs' tests.

They run on SQLite, and also on the PostgreSQL that FULFILLMENT_TEST_POSTGRES names (an URL of SQLAlchemy, such as
``postgresql+psycopg://user@host/scratch``): its tables are dropped and made anew for each test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from jobs.artifacts import ArtifactStore
from jobs.store import Store

from .bench import Bench
from .shop import Clock, Shop, create, sqlite_url

POSTGRES = os.environ.get("FULFILLMENT_TEST_POSTGRES")
DATABASES = ["sqlite", *(["postgresql"] if POSTGRES else [])]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address of an empty database."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path)
    assert POSTGRES
    scratch = Store(POSTGRES, lambda: 0.0)
    with scratch.write("test") as tx:
        SQLModel.metadata.drop_all(tx.connection)
        tx.connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    scratch.close()
    return POSTGRES


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(url: str, clock: Clock) -> Iterator[Store]:
    store = create(Store(url, clock.now))
    yield store
    store.close()


@pytest.fixture
def shop(store: Store, clock: Clock, tmp_path: Path) -> Shop:
    return Shop(store, ArtifactStore(tmp_path / "artifacts"), clock)


@pytest.fixture
def bench(shop: Shop) -> Bench:
    return Bench(shop)
