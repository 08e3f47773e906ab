"""A record of before keeps its jobs, and they pass the gates of now: what they take and contain is taken over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, select
from sqlalchemy import text as sql

from jobs import migrations, queue
from jobs import models as m
from jobs.fits import Needs
from jobs.store import Store

OLD_NEEDS = {
    "process": "extrude-food",
    "media_type": "text/x-gcode",
    "dialect": "marlin-food",
    "material": "white",
    "reach": [150.0, 220.0, 35.0],
    "traits": {"nozzle": 1.2},
}
MANIFEST = {"seconds": 375.1, "materials": {"white": {"volume": 3330.3}}, "allergens": ["wheat", "milk"]}


ORDER = (
    "INSERT INTO orders (id, source, external_id, digest, state, received_at, ship_to, note)"
    " VALUES ('O', 's', '1', '', 'open', 1.0, '{}', '')"
)
LINE = (
    "INSERT INTO line_items (id, order_id, position, sku, quantity, personalization) VALUES ('L', 'O', 0, 'x', 1, '{}')"
)
JOB = (
    "INSERT INTO jobs (id, seq, operation_id, unit_id, state, artifact, needs_id, attempts, due, why, created_at)"
    " VALUES (:id, :seq, 'U.f', 'U', :state, 'a', 'n', 0, 1.0, '', 1.0)"
)


def alembic(store: Store, what: str, revision: str) -> None:
    with store.rebuild() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        getattr(command, what)(config, revision)


@pytest.fixture
def old(tmp_path: Path) -> Store:
    """A record of the foundation with a machine, and two jobs: one waits, one runs."""
    store = Store(f"sqlite:///{tmp_path}/old.db", lambda: 1000.0)
    alembic(store, "upgrade", "0001")
    with store.write("test") as tx:
        run = tx.connection.execute
        run(sql("INSERT INTO machines VALUES ('printer', 'online', 'idle', NULL, NULL, NULL, 1.0)"))
        run(insert(m.needs).values(id="n", body=OLD_NEEDS))
        run(sql(ORDER))
        run(sql(LINE))
        line = {"order_id": "O", "line_item_id": "L", "number": 1, "product": "p", "created_at": 1.0}
        run(insert(m.units).values(id="U", personalization={}, resolved={}, problems=[], state="making", **line))
        run(
            insert(m.operations).values(id="U.f", unit_id="U", name="f", process="extrude-food", after=[], state="open")
        )
        made = {"media_type": "text/x-gcode", "size": 1, "process": "extrude-food", "needs_id": "n", "created_at": 1.0}
        run(insert(m.artifacts).values(sha256="a", manifest=MANIFEST, **made))
        for seq, (job, state) in enumerate((("J-1", "ready"), ("J-2", "running"), ("J-3", "made"))):
            run(sql(JOB), {"id": job, "seq": seq, "state": state})
        run(sql("INSERT INTO attempts VALUES ('J-2-a1', 'J-2', 'printer', 1, 'running', 1, '', NULL, 1.0, 2.0, NULL)"))
    return store


def rows(store: Store, table: Any) -> dict[str, dict[str, Any]]:
    with store.read() as connection:
        return {
            str(row["id" if "id" in row else "name"]): dict(row) for row in connection.execute(select(table)).mappings()
        }


def test_what_was_there_stays_and_passes_the_gates_of_now(old: Store) -> None:
    migrations.upgrade(old)
    machine = rows(old, m.machines)["printer"]
    assert (machine["state"], machine["epoch"], machine["loaded"], machine["volume_left"]) == (
        "in-service",
        0,
        {},
        None,
    )
    jobs = rows(old, m.jobs)
    assert [(jobs[job]["volume"], jobs[job]["seconds"]) for job in ("J-1", "J-2", "J-3")] == [
        (3330.3, 375.1),
        (3330.3, 375.1),
        (None, None),
    ]
    needs = Needs.of(rows(old, m.needs)[jobs["J-1"]["needs_id"]]["body"])
    assert needs.contains == ("milk", "wheat") == needs.leaves
    assert (needs.material, needs.traits) == ("white", {"nozzle": 1.2})
    assert jobs["J-2"]["needs_id"] == "n", "what runs is left as it was taken"
    assert rows(old, m.attempts)["J-2-a1"]["loaded"] == {}
    with old.read() as connection:
        assert queue.conditions(connection)["printer"].loaded is None
    old.close()


def test_it_can_be_taken_back(old: Store) -> None:
    with old.read() as connection:
        before = connection.execute(sql("SELECT sql FROM sqlite_master WHERE name = 'machines'")).scalar_one()
    migrations.upgrade(old)
    alembic(old, "downgrade", "0001")
    with old.read() as connection:
        after = connection.execute(sql("SELECT sql FROM sqlite_master WHERE name = 'machines'")).scalar_one()
    assert {word.strip(',"') for word in after.split()} == {word.strip(',"') for word in before.split()}
    migrations.upgrade(old)
    assert rows(old, m.machines)["printer"]["state"] == "in-service"
    old.close()
