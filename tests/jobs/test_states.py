"""Every pair of state and event that the tables do not list is refused, and changes nothing: in value and on record."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import select, update

from jobs import models as m
from jobs.states import BED, JOB, ORDER, TABLES, IllegalEvent, JobState, StateTable, markdown
from jobs.store import ENTITIES, NotFound, Refused, Store

from .shop import Shop, everything, replay, row, rows

TABLE_IDS = [table.entity for table in TABLES]


def pairs(table: StateTable) -> list[tuple[StrEnum, str]]:
    return [(state, event) for state in table.moves for event in table.meaning]


def one_of_each(shop: Shop) -> dict[str, str]:
    """An entity of each kind on record, by entity name."""
    unit = shop.order()[0]
    store = shop.store
    with store.write("test") as tx:
        job = {"seq": 1, "operation_id": f"{unit}.frost", "unit_id": unit, "state": "rendering"}
        tx.add(m.jobs, id="J-1", attempts=0, due=0.0, why="", created_at=0.0, **job)
        tx.add(m.beds, machine="frost-1", state="unknown", epoch=0, said_by="test", how="", at=0.0)
        tx.add(m.machines, name="frost-1", link="online", activity="idle", seen_at=0.0)
    order = rows(store, m.orders)[0]["id"]
    return {
        "machine": "frost-1",
        "order": order,
        "unit": unit,
        "operation": f"{unit}.frost",
        "job": "J-1",
        "bed": "frost-1",
    }


def force(store: Store, entity: str, key: str, state: str) -> None:
    table, column, _ = ENTITIES[entity]
    with store.write("test") as tx:
        tx.connection.execute(update(table).where(column == key).values(state=state))


@pytest.mark.parametrize("table", TABLES, ids=TABLE_IDS)
def test_every_pair_is_carried_out_or_refused_on_record(table: StateTable, shop: Shop) -> None:
    key = one_of_each(shop)[table.entity]
    refused = allowed = 0
    for state, event in pairs(table):
        force(shop.store, table.entity, key, state)
        before = everything(shop.store)
        if event in table.moves[state]:
            with shop.store.write("test") as tx:
                tx.move(table.entity, key, event)
            assert row(shop.store, ENTITIES[table.entity][0], key)["state"] == table.moves[state][event]
            allowed += 1
            continue
        with shop.store.write("test") as tx:
            assert not tx.moved(table.entity, key, event, put=some_column(table.entity))
        with pytest.raises(Refused, match=state), shop.store.write("test") as tx:
            tx.move(table.entity, key, event, put=some_column(table.entity))
        assert everything(shop.store) == before, f"{table.entity} {state} {event} changed the record"
        refused += 1
    assert refused + allowed == len(pairs(table))
    assert refused > 0
    assert allowed > 0


def some_column(entity: str) -> dict[str, Any]:
    """A column that a refused move must leave alone too."""
    columns: dict[str, dict[str, Any]] = {
        "order": {"note": "touched"},
        "unit": {"problems": [{"field": "", "reason": "touched", "mend": ""}]},
        "operation": {"done_by": "touched"},
        "job": {"why": "touched"},
        "bed": {"how": "touched"},
        "machine": {"state_why": "touched"},
    }
    return columns[entity]


@pytest.mark.parametrize("table", TABLES, ids=TABLE_IDS)
def test_the_tables_refuse_in_value_too(table: StateTable) -> None:
    for state, event in pairs(table):
        if event in table.moves[state]:
            assert table.after(state, event) == table.moves[state][event]
        else:
            with pytest.raises(IllegalEvent, match=table.entity):
                table.after(state, event)


@pytest.mark.parametrize("table", TABLES, ids=TABLE_IDS)
def test_a_table_is_whole(table: StateTable) -> None:
    """Every state is listed and can be reached, and every event with a meaning is used."""
    reached, edge = {table.initial}, [table.initial]
    while edge:
        for target in table.moves[edge.pop()].values():
            if target not in reached:
                reached.add(target)
                edge.append(target)
    assert reached == set(table.moves) == set(type(table.initial))
    assert {event for moves in table.moves.values() for event in moves} == set(table.meaning)


def test_unknown_is_left_only_by_evidence_or_a_person() -> None:
    assert {event.split("_")[0] for event in JOB.moves[JobState.UNKNOWN]} == {"seen", "decided"}


def test_a_bed_is_never_assigned_unless_it_was_clear() -> None:
    assert [str(state) for state in BED.sources("assigned")] == ["clear"]
    assert {state for state in BED.moves if "cleared" in BED.moves[state]} == {"unknown", "dirty"}


def test_an_event_of_no_table_is_a_defect_of_ours(shop: Shop) -> None:
    with pytest.raises(IllegalEvent, match="knows no event"), shop.store.write("test") as tx:
        tx.move("job", "J-1", "teleported")


def test_an_entity_that_is_not_there_is_named(shop: Shop) -> None:
    with pytest.raises(NotFound, match="no job J-9"), shop.store.write("test") as tx:
        tx.move("job", "J-9", "rendered")


def test_an_event_with_two_targets_is_no_table() -> None:
    moves: dict[StrEnum, dict[str, StrEnum]] = {
        JobState.READY: {"go": JobState.RUNNING},
        JobState.PAUSED: {"go": JobState.MADE},
    }
    with pytest.raises(ValueError, match="two targets"):
        StateTable("job", JobState.READY, moves, {"go": "goes"})
    with pytest.raises(ValueError, match="no meaning"):
        StateTable("job", JobState.READY, {JobState.READY: {"go": JobState.RUNNING}}, {})


def test_a_replay_notices_a_history_that_cannot_be() -> None:
    assert replay(JOB, "ready", [("claimed", "claimed"), ("pictured", None), ("released", "ready")]) == "ready"
    with pytest.raises(IllegalEvent):
        replay(JOB, "ready", [("finished", "made")])
    with pytest.raises(AssertionError):
        replay(JOB, "ready", [("claimed", "running")])


def test_a_transaction_is_whole_or_nothing(shop: Shop) -> None:
    keys = one_of_each(shop)
    before = everything(shop.store)
    with pytest.raises(ZeroDivisionError), shop.store.write("test") as tx:
        tx.move("unit", keys["unit"], "planned")
        tx.move("bed", keys["bed"], "cleared")
        raise ZeroDivisionError
    assert everything(shop.store) == before


def test_a_guard_can_be_narrowed(shop: Shop) -> None:
    keys = one_of_each(shop)
    with shop.store.write("test") as tx:
        assert not tx.moved("unit", keys["unit"], "planned", only=m.units.c.number == 2)
        assert tx.moved("unit", keys["unit"], "planned", only=m.units.c.number == 1)
    with shop.store.read() as connection:
        planned = connection.execute(select(m.events.c.event).where(m.events.c.entity == "unit")).scalars().all()
    assert planned == ["planned"]


def test_the_docs_are_printed_from_the_tables() -> None:
    text = markdown()
    for table in TABLES:
        for event, meaning in table.meaning.items():
            assert f"| {event} |" in text
            assert meaning in text
    assert "| `done` | | | an end |" in text
    assert [str(end) for end in ORDER.ends()] == ["done", "cancelled"]
    assert [str(end) for end in JOB.ends()] == ["cancelled"]
