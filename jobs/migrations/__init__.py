"""The schema's history, carried out by alembic. :func:`upgrade` brings a database to the newest."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from jobs.store import Store

NEWEST = "0006"
"""The revision that jobs.models describes."""


def upgrade(store: Store) -> None:
    """Bring the schema to the newest revision; nothing happens where it is already."""
    with store.rebuild() as connection:
        if _revision(connection) == NEWEST:
            return
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
