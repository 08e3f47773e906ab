"""Why it waits and what would free it, what needs a person, and the record as pages read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from drivers.contract import Link, Status
from jobs import attempts, attention, floor, intake, queue, route, views
from jobs import models as m
from jobs.condition import Condition, Loaded
from jobs.fits import Floor, Needs, Offer
from jobs.states import BedState, JobState
from jobs.store import NotFound
from jobs.why import Standing, waits, why_not_now

from .shop import ENGRAVE, FROST, TWO_SIDED, Shop, frosting, laser, row, rows

NOW = 1_700_000_000.0
WHITE = Loaded("frosting-white")
FLOOR = Floor((frosting(), laser()), NOW)


def standing(link: str = "offline", bed: str | None = None, **more: Any) -> Standing:
    """A machine that is loaded with what is needed."""
    values = {"machine": "frost-1", "loaded": WHITE, **more.pop("condition", {})}
    return Standing(Condition(bed=BedState(bed) if bed else None, **values), link, **more)


FREE = standing("online", "clear")


def why(
    state: str = "ready",
    *,
    needs: Needs | None = FROST,
    missing: Sequence[str] = (),
    unit: str = "making",
    offers: Sequence[Offer] = (frosting(),),
    standings: Mapping[str, Standing] | None = None,
) -> list[tuple[str, str]]:
    known = {"frost-1": FREE} if standings is None else standings
    found = waits(state, needs, missing, unit, Floor(offers, NOW), known)
    return [(reason.text, reason.frees) for reason in found]


SITUATIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "rendering": ({"state": "rendering", "needs": None}, ["being rendered"]),
    "unknown": ({"state": "unknown"}, ["nobody can say"]),
    "a free machine": ({}, ["a machine is free"]),
    "held": ({"unit": "held"}, ["its unit is held"]),
    "an operation before it": ({"missing": ["frost", "bake"]}, ["frost and bake comes first"]),
    "held and missing": ({"unit": "held", "missing": ["frost"]}, ["its unit is held", "frost comes first"]),
    "no machine of that kind": ({"offers": (laser(),)}, ["no machine of this factory does extrude-food"]),
    "no machine at all": ({"offers": ()}, ["no machine of this factory does extrude-food"]),
    "a machine of that kind that misfits": (
        {"offers": (frosting(dialects=frozenset({"grbl"})), laser())},
        ["frost-1 speaks grbl, not marlin"],
    ),
    "never seen": ({"standings": {}}, ["frost-1 is offline"]),
    "connecting": ({"standings": {"frost-1": standing("connecting", "clear")}}, ["frost-1 is connecting"]),
    "in fault": ({"standings": {"frost-1": standing("online", "clear", fault="jam")}}, ["frost-1 is in fault: jam"]),
    "busy": ({"standings": {"frost-1": standing("online", "dirty", job="J-7")}}, ["frost-1 makes J-7"]),
    "a dirty bed": ({"standings": {"frost-1": standing("online", "dirty")}}, ["a piece lies on the bed of frost-1"]),
    "a bed nobody saw": (
        {"standings": {"frost-1": standing("online", "unknown")}},
        ["nobody has said whether the bed"],
    ),
    "two that are busy": (
        {
            "offers": (frosting(), frosting("frost-2")),
            "standings": {"frost-1": standing("online", "dirty"), "frost-2": standing("offline", "clear")},
        },
        ["a piece lies on the bed of frost-1", "frost-2 is offline"],
    ),
    "one busy, one free": (
        {
            "offers": (frosting(), frosting("frost-2")),
            "standings": {"frost-1": standing("online", "dirty"), "frost-2": FREE},
        },
        ["a machine is free"],
    ),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_says_why_and_what_would_free_it(name: str) -> None:
    asked, expected = SITUATIONS[name]
    found = why(**asked)
    assert len(found) == len(expected)
    for (text, frees), start in zip(found, expected, strict=True):
        assert start in text
        assert frees


WAITING = {JobState.READY, JobState.RENDERING, JobState.GATHERING, JobState.BATCHED, JobState.UNKNOWN}


@pytest.mark.parametrize("state", sorted(set(JobState) - WAITING))
def test_what_is_in_hand_or_at_an_end_does_not_wait(state: str) -> None:
    assert why(state) == []


def test_a_machine_without_a_bed_waits_for_no_clearing() -> None:
    assert why_not_now(frosting(bed=False), standing("online", None), NOW, FROST) is None


def test_a_job_that_says_a_machine_is_free_can_be_claimed_and_others_cannot(shop: Shop) -> None:
    """What is told is what the queue does."""
    offer = frosting()
    shop.ready()
    floor.register(shop.store, offer, "test")

    def told() -> str:
        with shop.store.read() as connection:
            return str(views.jobs(connection, m.jobs.c.id.is_not(None), FLOOR)[0]["waits"][0]["text"])

    def can() -> bool:
        claim = shop.claim(offer, FROST)
        if claim:
            queue.release(shop.store, claim.job_id, "only asked", "test")
        return claim is not None

    assert "is offline" in told()
    floor.seen(shop.store, offer.name, Status(Link.ONLINE), "test")
    assert ("nobody has said" in told(), can()) == (True, False)
    floor.clear_bed(shop.store, offer.name, "looked", "test")
    assert ("machine is free" in told(), can()) == (True, True)
    floor.mark_dirty(shop.store, offer.name, "a crumb", "test")
    assert ("a piece lies" in told(), can()) == (True, False)


# --- what needs a person ------------------------------------------------------------------------------------------


def calls(shop: Shop) -> list[tuple[str, str]]:
    with shop.store.read() as connection:
        found = attention.calls(connection, FLOOR)
    assert all(call.what and call.do for call in found)
    return [(call.kind, call.subject) for call in found]


def test_nothing_calls_while_all_goes_well_and_each_trouble_calls_once(shop: Shop) -> None:
    offer = frosting()
    floor.register(shop.store, offer, "test")
    assert calls(shop) == [("bed", "frost-1")]
    floor.clear_bed(shop.store, offer.name, "looked", "test")
    shop.ready()
    assert calls(shop) == []
    attempt = shop.running(offer)
    assert calls(shop) == [], "a running piece is no piece to take off"
    (unit,) = (unit["id"] for unit in rows(shop.store, m.units))
    attempts.ended(shop.store, attempt, "doubted", "no reply", "test")
    assert calls(shop)[0] == ("unknown", attempt.removesuffix("-a1"))
    attempts.decide(shop.store, attempt.removesuffix("-a1"), "made", "operator:ann")
    assert calls(shop) == [("bed", "frost-1"), ("by-hand", unit)]
    with shop.store.write("test") as tx:
        route.hold(tx, unit, "words", "too long", "shorten")
    assert calls(shop) == [("bed", "frost-1"), ("held", unit)]
    floor.seen(shop.store, offer.name, Status(Link.ONLINE, prompt="change the nozzle"), "test")
    assert calls(shop)[0] == ("prompt", "frost-1")
    floor.seen(shop.store, offer.name, Status(Link.ONLINE, fault="jam"), "test")
    assert calls(shop)[0] == ("fault", "frost-1")


def test_a_bed_with_an_unknown_piece_is_not_asked_to_be_cleared_first(shop: Shop) -> None:
    offer = frosting()
    floor.register(shop.store, offer, "test")
    floor.clear_bed(shop.store, offer.name, "looked", "test")
    shop.ready()
    attempts.ended(shop.store, shop.running(offer), "doubted", "no reply", "test")
    assert [kind for kind, _ in calls(shop)] == ["unknown"]


def test_only_a_program_that_was_paused_is_resumed_once_its_machine_has_what_it_asks_for(shop: Shop) -> None:
    offer = frosting()
    floor.register(shop.store, offer, "test")
    floor.clear_bed(shop.store, offer.name, "looked", "test")
    shop.ready()
    attempt = shop.running(offer)
    floor.seen(shop.store, offer.name, Status(Link.ONLINE, prompt="load a6 paper"), "test")
    with shop.store.read() as connection:
        (call,) = attention.calls(connection, FLOOR)
    assert "resume" not in call.do
    assert "goes on by itself" in call.do
    attempts.set_paused(shop.store, attempt, True, "load the other colour", "test")
    with shop.store.read() as connection:
        (call,) = attention.calls(connection, FLOOR)
    assert call.do.endswith("then resume")


# --- the record as read -------------------------------------------------------------------------------------------


def test_an_order_is_read_whole(shop: Shop) -> None:
    frost, engrave = shop.ready(route=TWO_SIDED)
    with shop.store.read() as connection:
        (listed,) = views.orders(connection)
        whole = views.order(connection, listed["id"], FLOOR)
        (unit,) = whole["units"]
        job = views.job(connection, engrave, FLOOR)
        assert [u["state"] for u in listed["units"]] == ["making"]
        assert views.orders(connection, state="done") == []
        assert views.unit(connection, unit["id"], FLOOR)["id"] == unit["id"]
    assert [line["sku"] for line in whole["lines"]] == ["POP"]
    assert {o["name"]: [j["id"] for j in o["jobs"]] for o in unit["operations"]} == {
        "frost": [frost],
        "engrave": [engrave],
        "pack": [],
    }
    assert job["waits"][0]["text"] == "frost comes first"
    assert [event["event"] for event in job["events"]] == ["rendered"]
    assert Needs.of(job["needs"]) == ENGRAVE


def test_what_is_not_there_is_named(shop: Shop) -> None:
    with shop.store.read() as connection:
        for view in (views.order, views.unit, views.job):
            with pytest.raises(NotFound, match="X-9"):
                view(connection, "X-9", FLOOR)


def test_machines_show_their_bed_and_what_they_hold(shop: Shop) -> None:
    floor.register(shop.store, frosting(), "test")
    floor.clear_bed(shop.store, "frost-1", "looked", "test")
    shop.ready()
    attempt = shop.running(frosting())
    with shop.store.read() as connection:
        (machine,) = views.machines(connection, FLOOR)
        assert views.standings(connection)["frost-1"].job == attempt.removesuffix("-a1")
    assert machine["bed"]["state"] == "dirty"
    assert [(job["attempt"], job["state"]) for job in machine["jobs"]] == [(attempt, "running")]


def test_events_are_read_from_where_one_stopped(shop: Shop) -> None:
    shop.ready()
    with shop.store.read() as connection:
        everything = views.events(connection, 0)
        assert [event["event"] for event in everything] == ["received", "planned", "rendered"]
        assert views.events(connection, everything[0]["id"], most=1) == everything[1:2]
        assert views.last_event(connection) == everything[-1]["id"]


def test_a_corrected_unit_says_what_it_was_held_for_no_more(shop: Shop) -> None:
    unit = shop.order()[0]
    intake.hold(shop.store, unit, [{"field": "words", "reason": "too long", "mend": "shorten"}], "planner")
    assert calls(shop) == [("held", unit)]
    intake.correct(shop.store, unit, {}, "operator:ann")
    assert calls(shop) == []
    assert row(shop.store, m.units, unit)["problems"] == []
