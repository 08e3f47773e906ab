"""What is not known is said, settled by evidence that comes later, and never built upon: event by event."""

from __future__ import annotations

from typing import Any

import pytest

from drivers import contract as c
from jobs import attempts, floor
from jobs import models as m
from jobs.agent import RETRY_MOST

from .bench import OFFER, Bench
from .shop import row, rows, state
from .world import Piece


def full(*_: object) -> None:
    raise OSError("the disk is full")


def unknown(bench: Bench) -> str:
    """A job of which the machine could not tell whether it began. Its attempt."""
    bench.shop.ready()
    bench.driver.answer_next = c.StartAnswer(c.Start.UNCERTAIN, "no reply")
    bench.driver.evidence_next = c.Evidence(c.Seen.UNKNOWN, "no answer")
    bench.round()
    assert bench.job() == "unknown"
    bench.driver.answer_next = bench.driver.evidence_next = None
    return f"{rows(bench.store, m.jobs)[0]['id']}-a1"


def test_a_doubted_attempt_needs_a_person_and_its_bed_is_not_used(bench: Bench) -> None:
    bench.shop.ready(quantity=2)
    bench.round()
    attempt = str(bench.worker.dispatcher.attempt)
    bench.worker.dispatcher.handle(c.Doubted(attempt, "the server has forgotten it"))
    assert bench.worker.dispatcher.attempt is None
    assert sorted(job["state"] for job in rows(bench.store, m.jobs)) == ["ready", "unknown"]
    assert row(bench.store, m.attempts, attempt)["why"] == "the server has forgotten it"
    assert state(bench.store, m.beds, OFFER.name) == "dirty"
    with pytest.raises(floor.Refused, match="nobody knows"):
        floor.clear_bed(bench.store, OFFER.name, "looked", "operator:ann")
    attempts.decide(bench.store, attempt.removesuffix("-a1"), "made", "operator:ann")
    assert sorted(job["state"] for job in rows(bench.store, m.jobs)) == ["made", "ready"]


def test_doubt_in_what_is_not_in_hand_soils_the_bed_and_changes_no_job(bench: Bench) -> None:
    bench.shop.ready()
    bench.round()
    bench.worker.dispatcher.handle(c.Doubted("J-other-a1", "late news"))
    assert bench.job() == "running"


@pytest.mark.parametrize(("piece", "job"), [("good", "made"), ("scrap", "failed")])
def test_an_end_that_is_told_of_an_unknown_job_settles_it(piece: str, job: str, bench: Bench) -> None:
    """The link was away after its start, and came back by itself; nobody asked meanwhile."""
    attempt = unknown(bench)
    bench.world.pieces[attempt] = Piece(attempt, state=piece)
    kind = c.Made if piece == "good" else c.Failed
    bench.worker.dispatcher.handle(kind(attempt, "it says so"))
    assert bench.job() == job


def test_an_unknown_job_that_turns_up_on_its_machine_is_taken_in_hand(bench: Bench) -> None:
    attempt = unknown(bench)
    bench.world.current = bench.world.pieces[attempt] = Piece(attempt)
    bench.driver.attempt = attempt
    for _ in range(3):
        bench.worker.dispatcher.handle(c.Changed(bench.driver.status()))
    assert (bench.job(), bench.worker.dispatcher.attempt) == ("running", attempt)
    for _ in range(6):
        bench.world.tick()
        bench.worker.step(0.0)
    assert bench.job() == "made"


def test_a_verdict_stands_when_what_was_decided_turns_up(bench: Bench) -> None:
    attempt = unknown(bench)
    attempts.decide(bench.store, attempt.removesuffix("-a1"), "failed", "operator:ann")
    bench.world.current = bench.world.pieces[attempt] = Piece(attempt)
    bench.driver.attempt = attempt
    bench.worker.dispatcher.handle(c.Changed(bench.driver.status()))
    assert (bench.job(), bench.worker.dispatcher.attempt) == ("failed", None)


def test_what_a_machine_told_is_heard_before_it_gets_a_job(bench: Bench) -> None:
    """While this thread waited for the disk, somebody printed something of their own, and it has ended."""
    bench.shop.ready()
    idle = bench.driver.status()
    bench.driver.events.extend([c.Changed(idle), c.Foreign("benchy.gcode"), c.Changed(idle)])
    bench.round()
    assert (bench.job(), state(bench.store, m.beds, OFFER.name)) == ("ready", "dirty")
    assert bench.world.pieces == {}


@pytest.mark.parametrize("event", [c.Foreign("benchy.gcode"), c.Made("J-other-a1", "late news")])
def test_news_of_the_bed_that_could_not_be_written_down_are_not_forgotten(
    event: Any, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine tells it once; by the time that the disk has room again, nothing of it can be seen any more."""
    bench.shop.ready()
    bench.driver.events.append(event)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):
        patch.setattr(floor, "foreign", full)
        patch.setattr(floor, "soiled", full)
        bench.worker.step(0.0)
    bench.worker.start()
    bench.round()
    assert (bench.job(), state(bench.store, m.beds, OFFER.name)) == ("ready", "dirty")
    floor.clear_bed(bench.store, OFFER.name, "looked", "operator:ann")
    bench.shop.clock.sleep(RETRY_MOST)
    bench.round()
    assert bench.job() == "running"
