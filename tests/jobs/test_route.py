"""Attempts, beds, verdicts, remakes, holds: each guard refuses what it must, and changes nothing by that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from jobs import attempts, floor, intake, route
from jobs import models as m
from jobs.attempts import Intent
from jobs.intake import Step
from jobs.queue import Offer
from jobs.store import NotFound, Policy, Refused

from .factory import judge_history
from .shop import BY_MACHINE, ENGRAVE, FROST, FROSTED, TWO_SIDED, Shop, everything, frosting, laser, row, rows, state

OFFER = frosting()
WHO = "machine:frost-1"


@pytest.fixture
def bench(shop: Shop) -> Shop:
    """A shop with one frosting machine whose bed is clear."""
    floor.register(shop.store, OFFER, WHO)
    floor.clear_bed(shop.store, OFFER.name, "looked", "operator:ann")
    return shop


def only(shop: Shop, table: str) -> str:
    (found,) = rows(shop.store, {"unit": m.units, "order": m.orders, "job": m.jobs}[table])
    return str(found["id"])


def begun(bench: Shop, steps: Sequence[Step] = FROSTED) -> str:
    bench.ready(route=steps)
    return bench.running(OFFER)


def clear(bench: Shop, offer: Offer = OFFER) -> list[str]:
    return floor.clear_bed(bench.store, offer.name, "took it off", "operator:ann")


def in_tx(shop: Shop, act: Callable[..., None], *args: str) -> None:
    with shop.store.write("operator:ben") as tx:
        act(tx, *args)


# --- attempts and beds --------------------------------------------------------------------------------------------


def test_the_life_of_a_piece(bench: Shop) -> None:
    attempt = begun(bench)
    assert attempt.endswith("-a1")
    assert state(bench.store, m.beds, OFFER.name) == "dirty", "dirty from the start, not from the end"
    attempts.ended(bench.store, attempt, "finished", "motion finished", WHO)
    assert state(bench.store, m.beds, OFFER.name) == "dirty"
    attempts.keep_evidence(bench.store, attempt, "0" * 64, WHO)
    unit = only(bench, "unit")
    in_tx(bench, route.done_by_person, unit, "pack")
    in_tx(bench, route.done_by_person, unit, "pack")  # said again
    assert (state(bench.store, m.units, unit), state(bench.store, m.orders, only(bench, "order"))) == ("packed", "done")
    assert clear(bench) == []
    assert clear(bench) == [], "clear already: nothing to do"
    assert row(bench.store, m.beds, OFFER.name)["epoch"] == 2
    judge_history(bench.store)


def test_an_intent_needs_a_clear_bed_and_leaves_no_trace_without(bench: Shop) -> None:
    bench.ready()
    claim = bench.claimed(OFFER)
    floor.mark_dirty(bench.store, OFFER.name, "a crumb", "operator:ann")
    before = everything(bench.store)
    with pytest.raises(Refused, match="bed frost-1 is dirty"):
        attempts.intend(bench.store, claim, OFFER, WHO)
    with pytest.raises(Refused, match="elsewhere changed since"):
        attempts.intend(bench.store, claim, frosting("elsewhere"), WHO)
    assert everything(bench.store) == before


def test_the_bed_is_ours_while_it_is_the_one_that_was_meant(bench: Shop) -> None:
    bench.ready()
    intent = attempts.intend(bench.store, bench.claimed(OFFER), OFFER, WHO)
    assert attempts.bed_is_ours(bench.store, intent)
    assert not attempts.bed_is_ours(bench.store, Intent(intent.attempt, intent.job_id, OFFER.name, intent.epoch + 1))
    assert attempts.bed_is_ours(bench.store, Intent(intent.attempt, intent.job_id, "bedless", 0))
    floor.mark_dirty(bench.store, OFFER.name, "a hand", "operator:ann")
    assert not attempts.bed_is_ours(bench.store, intent)


@pytest.mark.parametrize("phase", ["starting", "running", "paused", "unknown"])
def test_a_bed_is_not_cleared_while_an_attempt_is_on_it(phase: str, bench: Shop) -> None:
    bench.ready()
    if phase == "starting":
        attempt = attempts.intend(bench.store, bench.claimed(OFFER), OFFER, WHO).attempt
    else:
        attempt = bench.running(OFFER)
    if phase == "paused":
        attempts.set_paused(bench.store, attempt, True, "asked", WHO)
    if phase == "unknown":
        attempts.ended(bench.store, attempt, "doubted", "no reply", WHO)
    before = everything(bench.store)
    with pytest.raises(Refused, match=attempt):
        clear(bench)
    assert everything(bench.store) == before


def test_clearing_what_is_no_bed_is_told(bench: Shop) -> None:
    with pytest.raises(NotFound, match="no bed is on record for 'nowhere'"):
        floor.clear_bed(bench.store, "nowhere", "looked", "operator:ann")


def test_a_fenced_start_leaves_the_bed_as_it_was(bench: Shop) -> None:
    (job,) = bench.ready()
    intent = attempts.intend(bench.store, bench.claimed(OFFER), OFFER, WHO)
    attempts.fenced(bench.store, intent.attempt, "the door is open", WHO)
    assert state(bench.store, m.beds, OFFER.name) == "clear"
    assert (state(bench.store, m.jobs, job), state(bench.store, m.attempts, intent.attempt)) == ("ready", "absent")
    assert bench.running(OFFER) == f"{job}-a2", "a name is never used twice"


def test_starts_that_are_refused_again_and_again_hold_the_unit(bench: Shop) -> None:
    bench.store.policy = Policy(starts=3)
    (job,) = bench.ready()
    for _ in range(3):
        intent = attempts.intend(bench.store, bench.claimed(OFFER), OFFER, WHO)
        attempts.fenced(bench.store, intent.attempt, "the door is open", WHO)
    (unit,) = rows(bench.store, m.units)
    assert unit["state"] == "held"
    assert "3 starts were refused, the last: the door is open" in unit["problems"][0]["reason"]
    assert bench.claim(OFFER, FROST) is None, "a held unit is not made"
    in_tx(bench, route.release_unit, unit["id"])
    assert bench.claimed(OFFER).job_id == job


# --- what nobody knows --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "job_state", "attempt_state", "on_bed"),
    [("made", "made", "made", True), ("failed", "failed", "failed", True), ("not-started", "ready", "absent", False)],
)
def test_a_person_decides(verdict: str, job_state: str, attempt_state: str, on_bed: bool, bench: Shop) -> None:
    attempt = begun(bench)
    attempts.ended(bench.store, attempt, "doubted", "no reply", WHO)
    job = only(bench, "job")
    attempts.decide(bench.store, job, verdict, "operator:ann")
    found = row(bench.store, m.attempts, attempt)
    assert (state(bench.store, m.jobs, job), found["state"], found["on_bed"]) == (job_state, attempt_state, on_bed)
    assert state(bench.store, m.beds, OFFER.name) == "dirty", "a verdict clears no bed"
    with pytest.raises(Refused):
        attempts.decide(bench.store, job, "made", "operator:ann")


def test_a_verdict_is_one_of_three_words_about_a_job_that_is_unknown(bench: Shop) -> None:
    attempt = begun(bench)
    job = only(bench, "job")
    before = everything(bench.store)
    for verdict, complaint in (("fine", "no verdict"), ("", "no verdict"), ("made", "is running")):
        with pytest.raises(Refused, match=complaint):
            attempts.decide(bench.store, job, verdict, "operator:ann")
    with pytest.raises(Refused, match="never tried, or does not exist"):
        attempts.decide(bench.store, "J-9", "made", "operator:ann")
    assert everything(bench.store) == before
    with pytest.raises(NotFound, match="no attempt"):
        attempts.ended(bench.store, f"{attempt}x", "finished", "", WHO)


def test_the_last_attempt_is_decided_even_where_two_carry_the_same_time(bench: Shop) -> None:
    bench.ready()
    first = attempts.intend(bench.store, bench.claimed(OFFER), OFFER, WHO)
    attempts.fenced(bench.store, first.attempt, "the door is open", WHO)
    bench.clock.sleep(-60)  # a clock that was set back
    second = bench.running(OFFER)
    attempts.ended(bench.store, second, "doubted", "no reply", WHO)
    attempts.decide(bench.store, first.job_id, "made", "operator:ann")
    assert (state(bench.store, m.attempts, first.attempt), state(bench.store, m.attempts, second)) == ("absent", "made")


# --- scrap and remakes --------------------------------------------------------------------------------------------


def test_scrap_is_made_again_only_after_the_bed_was_cleared(bench: Shop) -> None:
    attempt = begun(bench)
    attempts.ended(bench.store, attempt, "failed", "it tore", WHO)
    assert len(rows(bench.store, m.jobs)) == 1, "the scrap lies there still"
    (again,) = clear(bench)
    found = row(bench.store, m.jobs, again)
    assert (found["state"], found["remake_of"]) == ("ready", attempt.removesuffix("-a1"))
    assert "it tore" in found["why"]
    attempts.ended(bench.store, bench.running(OFFER), "finished", "", WHO)
    assert {(o["name"], o["state"]) for o in rows(bench.store, m.operations)} == {("frost", "done"), ("pack", "open")}
    judge_history(bench.store)


def test_scrap_of_a_machine_without_a_bed_is_made_again_at_once(shop: Shop) -> None:
    offer = frosting(bed=False)
    shop.ready()
    attempts.ended(shop.store, shop.running(offer), "failed", "jammed", WHO)
    assert [job["state"] for job in rows(shop.store, m.jobs)] == ["failed", "ready"]


def test_too_much_scrap_holds_the_unit(bench: Shop) -> None:
    bench.ready()
    for _ in range(1 + bench.store.policy.remakes):
        attempts.ended(bench.store, bench.running(OFFER), "failed", "it tore", WHO)
        clear(bench)
    (unit,) = rows(bench.store, m.units)
    assert unit["state"] == "held"
    assert "3 tries" in unit["problems"][0]["reason"]
    in_tx(bench, route.release_unit, unit["id"])
    assert [job["state"] for job in rows(bench.store, m.jobs)].count("ready") == 1


def test_a_cancelled_piece_holds_its_unit_and_is_made_again_on_release_after_clearing(bench: Shop) -> None:
    attempt = begun(bench)
    attempts.ended(bench.store, attempt, "cancelled", "asked", WHO)
    unit = only(bench, "unit")
    assert state(bench.store, m.units, unit) == "held"
    with pytest.raises(Refused, match="clear that bed first"):
        in_tx(bench, route.release_unit, unit)
    assert clear(bench) == []
    in_tx(bench, route.release_unit, unit)
    assert bench.running(OFFER) != attempt


# --- units: hold, release, cancel, pack ----------------------------------------------------------------------------


def test_a_unit_that_was_never_rendered_is_not_released(shop: Shop) -> None:
    unit = shop.order()[0]
    in_tx(shop, route.hold, unit, "words", "too long", "shorten")
    with pytest.raises(Refused, match="correct its personalization"):
        in_tx(shop, route.release_unit, unit)


def test_a_unit_corrected_once_can_be_held_and_released_later(bench: Shop) -> None:
    """The jobs of its first plan, which nothing was rendered for, do not stand in the way."""
    unit = bench.order()[0]
    (first,) = intake.plan(bench.store, unit, "planner")
    intake.set_aside(bench.store, first, [], "render")
    intake.correct(bench.store, unit, {}, "operator:ann")
    intake.plan(bench.store, unit, "planner")
    bench.render()
    in_tx(bench, route.hold, unit, "", "look at it", "look")
    in_tx(bench, route.release_unit, unit)
    claimed = bench.claimed(OFFER).job_id
    assert [job["unit_id"] for job in rows(bench.store, m.jobs) if job["id"] == claimed] == [unit]


def test_a_unit_held_while_its_last_step_runs_is_packed_on_release(bench: Shop) -> None:
    attempt = begun(bench, BY_MACHINE)
    unit = only(bench, "unit")
    in_tx(bench, route.hold, unit, "", "the colour looks wrong", "look")
    attempts.ended(bench.store, attempt, "finished", "motion finished", WHO)
    assert state(bench.store, m.units, unit) == "held"
    in_tx(bench, route.release_unit, unit)
    assert state(bench.store, m.units, unit) == "packed"
    assert state(bench.store, m.orders, only(bench, "order")) == "done"


def test_a_person_packs_neither_early_nor_what_is_held(bench: Shop) -> None:
    attempt = begun(bench)
    unit = only(bench, "unit")
    for name, complaint in (("pack", "comes after frost"), ("frost", "by a machine"), ("wash", "no operation 'wash'")):
        with pytest.raises(Refused, match=complaint):
            in_tx(bench, route.done_by_person, unit, name)
    attempts.ended(bench.store, attempt, "finished", "", WHO)
    in_tx(bench, route.hold, unit, "", "the colour looks wrong", "look")
    before = everything(bench.store)
    with pytest.raises(Refused, match="is held"):
        in_tx(bench, route.done_by_person, unit, "pack")
    assert everything(bench.store) == before


def test_cancelling_a_unit_ends_what_was_not_begun(bench: Shop) -> None:
    bench.ready(quantity=2)
    one, two = (unit["id"] for unit in rows(bench.store, m.units))
    in_tx(bench, route.cancel_unit, one)
    assert {o["state"] for o in rows(bench.store, m.operations) if o["unit_id"] == one} == {"cancelled"}
    assert {j["state"] for j in rows(bench.store, m.jobs) if j["unit_id"] == one} == {"cancelled"}
    assert state(bench.store, m.orders, only(bench, "order")) == "open", "the other is to be made"
    in_tx(bench, route.cancel_unit, two)
    assert state(bench.store, m.orders, only(bench, "order")) == "cancelled"
    with pytest.raises(Refused):
        in_tx(bench, route.cancel_unit, two)
    judge_history(bench.store)


@pytest.mark.parametrize("phase", ["claimed", "running", "unknown"])
def test_what_is_on_a_machine_is_not_cancelled_from_afar(phase: str, bench: Shop) -> None:
    bench.ready()
    if phase == "claimed":
        bench.claimed(OFFER)
    else:
        attempt = bench.running(OFFER)
        if phase == "unknown":
            attempts.ended(bench.store, attempt, "doubted", "no reply", WHO)
    before = everything(bench.store)
    with pytest.raises(Refused, match="is on frost-1"):
        in_tx(bench, route.cancel_unit, only(bench, "unit"))
    assert everything(bench.store) == before


def test_an_operation_opens_when_all_before_it_are_done(bench: Shop) -> None:
    attempt = begun(bench, TWO_SIDED)
    floor.register(bench.store, laser(), "machine:laser-1")
    clear(bench, laser())
    attempts.ended(bench.store, attempt, "finished", "", WHO)
    attempts.ended(bench.store, bench.running(laser(), ENGRAVE), "finished", "", "machine:laser-1")
    in_tx(bench, route.done_by_person, only(bench, "unit"), "pack")
    assert {o["state"] for o in rows(bench.store, m.operations)} == {"done"}
    judge_history(bench.store)


def operations(bench: Shop) -> dict[str, str]:
    return {operation["name"]: operation["state"] for operation in rows(bench.store, m.operations)}


DRIED = (
    Step("frost", "extrude-food"),
    Step("dry", None, ("frost",)),
    Step("engrave", "engrave", ("dry",)),
    Step("pack", None, ("engrave",)),
)


def at_the_second_station(bench: Shop) -> str:
    """An attempt on a piece that was frosted and dried."""
    attempts.ended(bench.store, begun(bench, DRIED), "finished", "", WHO)
    clear(bench)
    in_tx(bench, route.done_by_person, only(bench, "unit"), "dry")
    floor.register(bench.store, laser(), "machine:laser-1")
    clear(bench, laser())
    return bench.running(laser(), ENGRAVE)


def test_what_is_spoilt_at_the_second_station_begins_anew_at_the_first(bench: Shop) -> None:
    attempt = at_the_second_station(bench)
    attempts.ended(bench.store, attempt, "failed", "it slipped", "machine:laser-1")
    assert operations(bench) == {"frost": "done", "dry": "done", "engrave": "open", "pack": "waiting"}
    clear(bench, laser())
    assert operations(bench) == {"frost": "open", "dry": "waiting", "engrave": "waiting", "pack": "waiting"}
    assert bench.claim(laser(), ENGRAVE) is None, "there is no piece for it yet"
    jobs = {job["id"]: job for job in rows(bench.store, m.jobs)}
    assert sorted(job["state"] for job in jobs.values()) == ["failed", "failed", "ready", "ready"]
    assert [job["why"] for job in jobs.values() if "spoilt at engrave" in job["why"] and job["state"] == "failed"]
    attempts.ended(bench.store, bench.running(OFFER), "finished", "", WHO)
    in_tx(bench, route.done_by_person, only(bench, "unit"), "dry")
    attempts.ended(bench.store, bench.running(laser(), ENGRAVE), "finished", "", "machine:laser-1")
    in_tx(bench, route.done_by_person, only(bench, "unit"), "pack")
    assert state(bench.store, m.units, only(bench, "unit")) == "packed"
    judge_history(bench.store)


def test_a_unit_released_after_a_cancelled_second_station_begins_anew_at_the_first(bench: Shop) -> None:
    attempt = at_the_second_station(bench)
    attempts.ended(bench.store, attempt, "cancelled", "asked", "machine:laser-1")
    clear(bench, laser())
    in_tx(bench, route.release_unit, only(bench, "unit"))
    assert operations(bench) == {"frost": "open", "dry": "waiting", "engrave": "waiting", "pack": "waiting"}


def test_a_start_that_never_was_spoils_nothing(bench: Shop) -> None:
    attempt = at_the_second_station(bench)
    attempts.set_paused(bench.store, attempt, True, "a person", "machine:laser-1")
    attempts.ended(bench.store, attempt, "doubted", "lost", "machine:laser-1")
    attempts.decide(bench.store, attempt.removesuffix("-a1"), "not-started", "operator:ben")
    unit = only(bench, "unit")
    in_tx(bench, lambda tx: route.hold(tx, unit, "", "a question", "answer it"))
    in_tx(bench, route.release_unit, unit)
    assert operations(bench) == {"frost": "done", "dry": "done", "engrave": "open", "pack": "waiting"}


# --- machines, foreign starts, commands ---------------------------------------------------------------------------


def test_registering_again_leaves_the_bed_as_it_was_said(bench: Shop) -> None:
    before = everything(bench.store)
    floor.register(bench.store, OFFER, WHO)
    assert everything(bench.store) == before


def test_a_start_that_nobody_ordered_soils_the_bed(bench: Shop) -> None:
    bench.ready()
    floor.foreign(bench.store, OFFER.name, "benchy.gcode", WHO)
    assert bench.claim(OFFER, FROST) is None
    assert row(bench.store, m.beds, OFFER.name)["how"] == "foreign: benchy.gcode"
    clear(bench)
    assert bench.claim(OFFER, FROST) is not None


def test_a_command_is_asked_carried_out_and_answered_once(bench: Shop) -> None:
    number = floor.ask(bench.store, OFFER.name, "cancel", "J-1-a1", "operator:ann")
    floor.ask(bench.store, OFFER.name, "stop", None, "operator:ann")
    first, second = floor.asked(bench.store)
    assert (first.id, first.verb, first.attempt, second.verb) == (number, "cancel", "J-1-a1", "stop")
    floor.answered(bench.store, first, "cancel: done", WHO)
    assert [order.verb for order in floor.asked(bench.store)] == ["stop"]


@pytest.mark.parametrize(
    ("machine", "verb", "attempt", "complaint"),
    [
        ("frost-1", "explode", None, "cannot be asked"),
        ("frost-1", "pause", None, "names the attempt"),
        ("frost-1", "cancel", "", "names the attempt"),
        ("nowhere", "stop", None, "no machine 'nowhere'"),
    ],
)
def test_what_cannot_be_asked_is_refused(machine: str, verb: str, attempt: str, complaint: str, bench: Shop) -> None:
    before = everything(bench.store)
    with pytest.raises(Refused, match=complaint):
        floor.ask(bench.store, machine, verb, attempt, "operator:ann")
    assert everything(bench.store) == before
