"""The migrations make exactly what jobs.models describes, and running them again harms nothing."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert
from sqlmodel import SQLModel

from jobs import migrations
from jobs import models as m
from jobs.store import Store

from .shop import Clock, everything


@pytest.fixture
def bare(url: str, clock: Clock) -> Store:
    return Store(url, clock.now)


def differences(store: Store) -> list[object]:
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, SQLModel.metadata))


def test_an_upgrade_makes_what_the_models_describe(bare: Store) -> None:
    migrations.upgrade(bare)
    assert differences(bare) == []
    with bare.write("test") as tx:
        tx.connection.exec_driver_sql("ALTER TABLE units ADD COLUMN colour VARCHAR")
    assert len(differences(bare)) == 1, "the comparison would see a difference"
    bare.close()


def test_an_upgrade_again_changes_nothing(bare: Store) -> None:
    migrations.upgrade(bare)
    with bare.write("test") as tx:
        tx.connection.execute(insert(m.beds).values(machine="x", state="clear", epoch=1, said_by="", how="", at=0.0))
    before = everything(bare)
    migrations.upgrade(bare)
    migrations.upgrade(bare)
    assert everything(bare) == before
    bare.close()


def test_the_newest_revision_is_the_head() -> None:
    (folder,) = migrations.__path__
    assert ScriptDirectory(folder).get_heads() == [migrations.NEWEST]
