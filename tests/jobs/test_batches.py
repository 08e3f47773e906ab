"""Batches: formed, made, given up, spoilt: each piece ends once, is made again alone, and never with a stranger."""

from __future__ import annotations

import pytest

from jobs import attempts, attention, batches, floor, intake, retention, route, views
from jobs import models as m
from jobs.fits import Floor
from jobs.store import NotFound, Refused

from .factory import judge_history
from .shop import ENGRAVE, FROST, FROSTED, TWO_SIDED, Shop, everything, frosting, laser, row, rows, state

OFFER = frosting()
WHO = "machine:frost-1"
COMPANY = "it waits for the rest of its jig"


@pytest.fixture
def bench(shop: Shop) -> Shop:
    floor.register(shop.store, OFFER, WHO)
    floor.clear_bed(shop.store, OFFER.name, "looked", "operator:ann")
    return shop


def gathering(shop: Shop, orders: int = 3) -> list[str]:
    """One unit of each of so many orders, rendered by itself and waiting for company. Their jobs."""
    for _ in range(orders):
        for unit in shop.order(route=FROSTED):
            intake.plan(shop.store, unit, "planner")
    waiting = intake.to_render(shop.store)
    for job in waiting:
        intake.rendered(shop.store, job.id, shop.artifact(FROST), "planner", COMPANY)
    return [job.id for job in waiting]


def formed(shop: Shop, jobs: list[str]) -> str:
    """A batch of these jobs, rendered."""
    batch = batches.form(shop.store, {job: {"pocket": n} for n, job in enumerate(jobs, 1)}, "planner")
    assert list(batches.to_render(shop.store)) == [batch]
    intake.rendered(shop.store, batch, shop.artifact(FROST), "planner")
    return batch


def begun(shop: Shop) -> tuple[list[str], str]:
    """Three pieces on the machine: their jobs, and the attempt."""
    jobs = gathering(shop)
    formed(shop, jobs)
    return jobs, shop.running(OFFER)


def clear(shop: Shop) -> list[str]:
    return floor.clear_bed(shop.store, OFFER.name, "took them off", "operator:ann")


def states(shop: Shop, jobs: list[str]) -> list[str]:
    return [state(shop.store, m.jobs, job) for job in jobs]


def unit_of(shop: Shop, job: str) -> str:
    return str(row(shop.store, m.jobs, job)["unit_id"])


def test_pieces_wait_alone_and_are_made_together(bench: Shop) -> None:
    jobs = gathering(bench)
    assert states(bench, jobs) == ["gathering"] * 3
    assert bench.claim(OFFER, FROST) is None, "what waits for company is not made alone"
    assert [waiting.job_id for waiting in batches.waiting(bench.store)] == jobs
    batch = formed(bench, jobs)
    assert batches.waiting(bench.store) == [] and batches.to_render(bench.store) == {}
    assert states(bench, jobs) == ["batched"] * 3
    attempt = bench.running(OFFER)
    assert attempt == f"{batch}-a1"
    attempts.ended(bench.store, attempt, "finished", "motion finished", WHO)
    assert states(bench, [batch, *jobs]) == ["made"] * 4
    assert [row(bench.store, m.operations, f"{unit_of(bench, job)}.pack")["state"] for job in jobs] == ["open"] * 3
    assert clear(bench) == []
    machine = row(bench.store, m.machines, OFFER.name)
    assert machine["jobs_done"] == 1, "one program ran"
    judge_history(bench.store)


def test_a_batch_holds_one_product_one_operation_and_one_set_of_needs(bench: Shop) -> None:
    jobs = gathering(bench, 2)
    with bench.store.write("test") as tx:
        other = batches.waiting(bench.store)[0].unit_id
        tx.connection.execute(m.units.update().where(m.units.c.id == other).values(product="cookie"))
    before = everything(bench.store)
    with pytest.raises(Refused, match="different products"):
        batches.form(bench.store, {job: {} for job in jobs}, "planner")
    for wrong in ({}, {jobs[0]: {}, "J-nobody": {}}):
        with pytest.raises(Refused):
            batches.form(bench.store, wrong, "planner")
    assert everything(bench.store) == before


def test_one_job_is_in_one_batch(bench: Shop) -> None:
    jobs = gathering(bench)
    formed(bench, jobs[:2])
    before = everything(bench.store)
    with pytest.raises(Refused, match="batched"):
        batches.form(bench.store, {jobs[1]: {}, jobs[2]: {}}, "planner")
    assert everything(bench.store) == before


@pytest.mark.parametrize("trouble", ["hold", "cancel"])
def test_a_unit_that_goes_gives_up_its_batch_and_the_others_gather_anew(bench: Shop, trouble: str) -> None:
    jobs = gathering(bench)
    batch = formed(bench, jobs)
    with bench.store.write("operator:ben") as tx:
        if trouble == "cancel":
            route.cancel_unit(tx, unit_of(bench, jobs[1]))
        else:
            route.hold(tx, unit_of(bench, jobs[1]), "", "the customer called", "wait for her")
    assert bench.claim(OFFER, FROST) is None, "its program has the piece that nobody wants"
    if trouble == "hold":
        assert batches.broken(bench.store) == [batch]
        batches.give_up(bench.store, batch, "a unit was held", "planner")
        assert states(bench, jobs) == ["gathering"] * 3
    assert batches.broken(bench.store) == []
    assert state(bench.store, m.jobs, batch) == "cancelled"
    assert [waiting.job_id for waiting in batches.waiting(bench.store)] == [jobs[0], jobs[2]]
    judge_history(bench.store)


def test_a_unit_that_is_held_after_the_claim_is_not_started(bench: Shop) -> None:
    jobs = gathering(bench)
    formed(bench, jobs)
    claim = bench.claimed(OFFER)
    with bench.store.write("operator:ben") as tx:
        route.hold(tx, unit_of(bench, jobs[2]), "", "the customer called", "wait for her")
    with pytest.raises(Refused, match="held"):
        attempts.intend(bench.store, claim, OFFER, WHO)
    with pytest.raises(Refused, match=OFFER.name), bench.store.write("operator:ben") as tx:
        route.cancel_unit(tx, unit_of(bench, jobs[0]))


def test_what_is_on_a_machine_is_neither_cancelled_nor_corrected(bench: Shop) -> None:
    jobs, _ = begun(bench)
    before = everything(bench.store)
    with pytest.raises(Refused, match=OFFER.name), bench.store.write("operator:ben") as tx:
        route.cancel_unit(tx, unit_of(bench, jobs[0]))
    with pytest.raises(Refused):
        intake.correct(bench.store, unit_of(bench, jobs[0]), {}, "operator:ben")
    assert everything(bench.store) == before


def test_a_failed_batch_is_made_again_from_a_clear_bed_but_what_is_good_is_kept(bench: Shop) -> None:
    jobs, attempt = begun(bench)
    attempts.ended(bench.store, attempt, "failed", "the nozzle is blocked", WHO)
    assert states(bench, jobs) == ["failed"] * 3
    assert batches.waiting(bench.store) == [], "something of it lies on the bed"
    with bench.store.write("operator:ann") as tx:
        route.keep(tx, jobs[0])
    again = clear(bench)
    assert len(again) == 2 and states(bench, again) == ["gathering"] * 2
    assert state(bench.store, m.jobs, jobs[0]) == "made"
    with pytest.raises(Refused, match="made again as"), bench.store.write("operator:ann") as tx:
        route.keep(tx, jobs[1])
    formed(bench, again)
    judge_history(bench.store)


def test_one_piece_that_is_scrap_is_made_again_and_no_other(bench: Shop) -> None:
    jobs, attempt = begun(bench)
    attempts.ended(bench.store, attempt, "finished", "motion finished", WHO)
    with bench.store.write("operator:ann") as tx:
        assert route.scrap(tx, jobs[1]) is None, "it lies there still"
    unit = unit_of(bench, jobs[1])
    assert state(bench.store, m.operations, f"{unit}.pack") == "waiting"
    (again,) = clear(bench)
    assert unit_of(bench, again) == unit
    assert [waiting.job_id for waiting in batches.waiting(bench.store)] == [again]
    with bench.store.write("operator:ann") as tx:
        route.done_by_person(tx, unit_of(bench, jobs[0]), "pack")
    with pytest.raises(Refused, match="cannot be made again"), bench.store.write("operator:ann") as tx:
        route.scrap(tx, jobs[0])
    with pytest.raises(NotFound, match="piece by piece"), bench.store.write("operator:ann") as tx:
        route.scrap(tx, attempt.rsplit("-a", 1)[0])
    judge_history(bench.store)


def test_a_piece_made_alone_is_judged_in_the_same_way(bench: Shop) -> None:
    (job,) = bench.ready()
    attempts.ended(bench.store, bench.running(OFFER), "finished", "motion finished", WHO)
    assert clear(bench) == []
    with bench.store.write("operator:ann") as tx:
        again = route.scrap(tx, job)
    assert again is not None and state(bench.store, m.jobs, again) == "ready", "nothing of it lies anywhere"
    with pytest.raises(Refused, match="made again as"), bench.store.write("operator:ann") as tx:
        route.keep(tx, job)


def test_a_cancelled_batch_holds_every_unit(bench: Shop) -> None:
    jobs, attempt = begun(bench)
    attempts.ended(bench.store, attempt, "cancelled", "a person ended it", WHO)
    assert {state(bench.store, m.units, unit_of(bench, job)) for job in jobs} == {"held"}
    clear(bench)
    with bench.store.write("operator:ann") as tx:
        route.release_unit(tx, unit_of(bench, jobs[0]))
    assert len(batches.waiting(bench.store)) == 1


def test_a_batch_that_is_cancelled_at_its_second_station_is_begun_anew_at_the_first(bench: Shop) -> None:
    """Its pieces have something on them by then: what comes next is made on others."""
    engraver = laser()
    floor.register(bench.store, engraver, "machine:laser-1")
    floor.clear_bed(bench.store, engraver.name, "looked", "operator:ann")
    (unit,) = bench.order(route=TWO_SIDED)
    intake.plan(bench.store, unit, "planner")
    frosted, engraved = intake.to_render(bench.store)
    intake.rendered(bench.store, frosted.id, bench.artifact(FROST), "planner")
    intake.rendered(bench.store, engraved.id, bench.artifact(ENGRAVE), "planner", COMPANY)
    attempts.ended(bench.store, bench.running(OFFER), "finished", "motion finished", WHO)
    batch = batches.form(bench.store, {engraved.id: {"pocket": 1}}, "planner")
    intake.rendered(bench.store, batch, bench.artifact(ENGRAVE), "planner")
    attempts.ended(bench.store, bench.running(engraver, ENGRAVE), "cancelled", "a person ended it", "machine:laser-1")
    floor.clear_bed(bench.store, engraver.name, "took it off", "operator:ann")
    with bench.store.write("operator:ann") as tx:
        route.release_unit(tx, unit)
    again = {job["remake_of"] for job in rows(bench.store, m.jobs) if job["remake_of"]}
    assert again == {frosted.id, engraved.id}
    assert state(bench.store, m.jobs, frosted.id) == "failed"
    assert state(bench.store, m.operations, f"{unit}.engrave") == "waiting"
    judge_history(bench.store)


@pytest.mark.parametrize(("verdict", "then"), [("made", "made"), ("failed", "failed"), ("not-started", "batched")])
def test_what_nobody_knows_is_decided_for_all(bench: Shop, verdict: str, then: str) -> None:
    jobs, attempt = begun(bench)
    attempts.ended(bench.store, attempt, "doubted", "the plug was pulled", WHO)
    assert states(bench, jobs) == ["batched"] * 3
    with bench.store.read() as connection:
        (call,) = [c for c in attention.calls(connection, Floor((OFFER,), 0.0)) if c.kind == "unknown"]
    assert "the batch" in call.what
    attempts.decide(bench.store, attempt.rsplit("-a", 1)[0], verdict, "operator:ann")
    assert states(bench, jobs) == [then] * 3


def test_a_start_that_is_refused_leaves_the_batch_whole(bench: Shop) -> None:
    jobs = gathering(bench)
    batch = formed(bench, jobs)
    for number in range(1, bench.store.policy.starts + 1):
        intent = attempts.intend(bench.store, bench.claimed(OFFER), OFFER, WHO)
        assert intent.attempt == f"{batch}-a{number}"
        attempts.fenced(bench.store, intent.attempt, "the door is open", WHO)
    assert {state(bench.store, m.units, unit_of(bench, job)) for job in jobs} == {"held"}
    assert batches.broken(bench.store) == [batch]


def test_what_a_batch_looks_like(bench: Shop) -> None:
    jobs, attempt = begun(bench)
    with bench.store.read() as connection:
        (batch,) = views.jobs(connection, m.jobs.c.unit_id.is_(None), Floor((OFFER,), 0.0))
        (machine,) = views.machines(connection, Floor((OFFER,), 0.0))
        unit = views.unit(connection, unit_of(bench, jobs[1]), Floor((OFFER,), 0.0))
    assert [piece["id"] for piece in batch["pieces"]] == jobs and batch["product"] == "pop-tart"
    assert [piece["place"]["pocket"] for piece in batch["pieces"]] == [1, 2, 3]
    assert [piece["unit_id"] for piece in machine["jobs"][0]["pieces"]] == [unit_of(bench, job) for job in jobs]
    assert len(machine["on_bed"][0]["pieces"]) == 3
    (job,) = unit["operations"][0]["jobs"]
    assert [entry["id"] for entry in job["tries"]] == [attempt] and job["waits"], "a piece's tries are its batch's"


def test_pieces_are_told_and_made_by_their_places(bench: Shop) -> None:
    """The most urgent has the first pocket, whenever its job was planned."""
    jobs = gathering(bench)
    placed = [jobs[2], jobs[0], jobs[1]]
    batch = batches.form(bench.store, {job: {"pocket": n} for n, job in enumerate(placed, 9)}, "planner")
    assert [piece.id for piece in batches.to_render(bench.store)[batch]] == placed
    with bench.store.read() as connection:
        shown = views.job(connection, batch, Floor((OFFER,), 0.0))
    assert [(piece["id"], piece["place"]["pocket"]) for piece in shown["pieces"]] == list(
        zip(placed, (9, 10, 11), strict=True)
    )


def test_files_of_a_batch_are_kept_as_long_as_every_order_in_it_is_remembered(bench: Shop) -> None:
    jobs, attempt = begun(bench)
    attempts.ended(bench.store, attempt, "finished", "motion finished", WHO)
    attempts.keep_evidence(bench.store, attempt, "a" * 64, WHO)
    assert retention.remembers(bench.store, "a" * 64, retention.PICTURES)
    clear(bench)
    with bench.store.write("operator:ann") as tx:
        route.done_by_person(tx, unit_of(bench, jobs[0]), "pack")
    bench.clock.at += 1
    assert retention.forget_old(bench.store, bench.clock.at, "planner") == 1
    assert not retention.remembers(bench.store, "a" * 64, retention.PICTURES), "it shows a forgotten customer's piece"
    assert len(rows(bench.store, m.orders)) == 3
