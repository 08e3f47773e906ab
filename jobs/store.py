"""The record of truth: transactions, guarded transitions, and the event row that goes with each.

SQLite in WAL mode with synchronous=FULL and one writer a process by default; PostgreSQL by URL. A transaction is
short, holds no slow I/O, and either leaves state and event together or leaves nothing.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Table, event, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlmodel import create_engine

from jobs import models as m
from jobs.states import BED, JOB, MACHINE, OPERATION, ORDER, UNIT, StateTable

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters of ids: none that a person mistakes for another."""


EVENTS_AT_ONCE = 500
"""Event rows in one statement: seven values each, and SQLite takes 32,766."""


WRITER = 0x46554C46
"""The number of the lock that a writing transaction holds on a server (the letters FULF)."""

INSERTS: Mapping[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""Inserts that may find their row there already: the one statement that has a twin for each database."""


class Refused(Exception):
    """The record does not allow what was asked; nothing was changed. The text says why and what would help."""


class NotFound(Refused):
    """Nothing of that name is in the record."""


def random_id(prefix: str, letters: int = 8) -> str:
    """Such as U-7F3K2QXM: about 39 bits at 8 letters; the primary key refuses the collision that may come."""
    return f"{prefix}-" + "".join(secrets.choice(ALPHABET) for _ in range(letters))


ENTITIES: Mapping[str, tuple[Table, ColumnElement[Any], StateTable]] = {
    "order": (m.orders, m.orders.c.id, ORDER),
    "unit": (m.units, m.units.c.id, UNIT),
    "operation": (m.operations, m.operations.c.id, OPERATION),
    "job": (m.jobs, m.jobs.c.id, JOB),
    "machine": (m.machines, m.machines.c.name, MACHINE),
    "bed": (m.beds, m.beds.c.machine, BED),
}


@dataclass(frozen=True)
class Policy:
    """When the record tries again by itself, and when it asks a person."""

    starts: int = 5
    """Starts of one job that may end as "surely not started"."""
    remakes: int = 2
    """Scrapped pieces of one operation that are made again."""


class Tx:
    """One transaction. ``now`` is its single time, ``who`` the person or program that asks."""

    def __init__(
        self, connection: Connection, now: float, who: str, new_id: Callable[[str], str], policy: Policy
    ) -> None:
        self.connection, self.now, self.who, self.new_id, self.policy = connection, now, who, new_id, policy
        self._events: list[dict[str, Any]] = []

    def log(self, entity: str, entity_id: str, event: str, state: str | None = None, **detail: Any) -> None:
        """An event row. All rows of a transaction are written together, in their order, before it commits."""
        self._events.append(
            {
                "at": self.now,
                "entity": entity,
                "entity_id": entity_id,
                "event": event,
                "state": state,
                "who": self.who,
                "detail": {k: v for k, v in detail.items() if v is not None},
            }
        )

    def flush(self) -> None:
        """Write the event rows. :meth:`Store.write` calls this."""
        for first in range(0, len(self._events), EVENTS_AT_ONCE):
            self.connection.execute(insert(m.events).values(self._events[first : first + EVENTS_AT_ONCE]))
        self._events.clear()

    def add(self, table: Table, **values: Any) -> None:
        self.connection.execute(insert(table).values(**values))

    def add_once(self, table: Table, **values: Any) -> bool:
        """Add a row unless one with its identity is there. True if it was added."""
        insert = INSERTS[self.connection.dialect.name]
        statement = insert(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key.columns)
        return self.connection.execute(statement).first() is not None

    def moved(
        self, entity: str, entity_id: str, event: str, *, only: Any = None, put: Any = None, **detail: Any
    ) -> Row[Any] | None:
        """Carry out an event where the state allows it, with its event row. The entity's row as it is then.

        None where the state does not allow it: nothing changed. ``only`` narrows the guard further, ``put`` sets
        columns beside the state. A detail of the event may be a function of the row.
        """
        rows, key, table = ENTITIES[entity]
        target = table.target(event)
        statement = update(rows).where(key == entity_id, rows.c.state.in_(table.sources(event)))
        if only is not None:
            statement = statement.where(only)
        row = self.connection.execute(statement.values(state=target, **(put or {})).returning(rows)).one_or_none()
        if row is not None:
            self.log(entity, entity_id, event, target, **{k: v(row) if callable(v) else v for k, v in detail.items()})
        return row

    def move(
        self, entity: str, entity_id: str, event: str, *, only: Any = None, put: Any = None, **detail: Any
    ) -> Row[Any]:
        """As :meth:`moved`, but a refusal is raised with the state that stands in its way."""
        row = self.moved(entity, entity_id, event, only=only, put=put, **detail)
        if row is not None:
            return row
        rows, key, table = ENTITIES[entity]
        state = self.connection.execute(select(rows.c.state).where(key == entity_id)).scalar()
        if state is None:
            raise NotFound(f"there is no {entity} {entity_id}")
        kind: type[StrEnum] = type(table.initial)
        allowed = ", ".join(table.moves[kind(state)]) or "nothing: it is an end"
        raise Refused(f"{entity} {entity_id} is {state}: '{event}' is not possible now (possible: {allowed})")


class Store:
    """Transactions on one database. Safe to use from several threads: they take turns to write."""

    def __init__(
        self, url: str, now: Callable[[], float], new_id: Callable[[str], str] = random_id, policy: Policy | None = None
    ) -> None:
        self.url, self.now, self.new_id, self.policy = url, now, new_id, policy or Policy()
        self.sqlite = make_url(url).get_backend_name() == "sqlite"
        self._writing = threading.Lock()
        self.engine = self._engine()

    @property
    def path(self) -> Path | None:
        """The database's file; None where it is a server."""
        name = make_url(self.url).database
        return Path(name) if self.sqlite and name else None

    def _engine(self) -> Engine:
        if not self.sqlite:
            return self._server()
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(self.url, connect_args={"timeout": 30})

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # BEGIN is ours: pysqlite's own comes too late for reads
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            immediate = connection.get_execution_options().get("writes", False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

        return engine

    def _server(self) -> Engine:
        """A server's engine, with the twin of BEGIN IMMEDIATE: writing transactions take turns, across all hosts."""
        engine = create_engine(self.url, pool_pre_ping=True)

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            if connection.get_execution_options().get("writes", False):
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER})")

        return engine

    @contextmanager
    def write(self, who: str) -> Iterator[Tx]:
        """A writing transaction: all of it or, on any exception, nothing."""
        with self._writing, self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            tx = Tx(connection, self.now(), who, self.new_id, self.policy)
            yield tx
            tx.flush()

    @contextmanager
    def rebuild(self) -> Iterator[Connection]:
        """A writing transaction that may make tables anew: references are looked at before it commits, all at once.

        SQLite drops a table that others refer to only where it does not watch over references, and that can be said
        between transactions alone (sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes).
        """
        with self._writing, self.engine.connect().execution_options(writes=True) as connection:
            self._watch_references(connection, False)
            try:
                with connection.begin():
                    yield connection
                    if self.sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                        raise Refused(f"rows would refer to what is not there: {broken[:5]}")
            finally:
                self._watch_references(connection, True)

    def _watch_references(self, connection: Connection, watch: bool) -> None:
        driver: Any = connection.connection.dbapi_connection
        if self.sqlite:
            driver.execute(f"PRAGMA foreign_keys={'ON' if watch else 'OFF'}")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent snapshot to read from."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()
