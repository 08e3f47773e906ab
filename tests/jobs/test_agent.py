"""One machine's worker and dispatcher step by step, and the agent that wakes them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from drivers import contract as c
from jobs import attempts, floor, route
from jobs import models as m
from jobs.agent import RETRY_MOST, Agent, Worker
from jobs.dispatch import Dispatcher, Surroundings
from jobs.wake import Wake

from .bench import OFFER, WANTED, Bench
from .shop import Shop, condition, frosting, row, rows, state
from .world import Fate, Piece, ServerWorld


def test_the_steps_of_a_start_are_passed_in_their_order(bench: Bench) -> None:
    bench.shop.ready()
    bench.round()
    assert bench.steps == ["claimed", "intended", "transferred", "started", "confirmed"]
    assert (bench.job(), state(bench.store, m.beds, OFFER.name)) == ("running", "dirty")
    assert row(bench.store, m.machines, OFFER.name)["activity"] == "busy"


def test_a_refused_start_is_queued_again_and_the_machine_rests(bench: Bench) -> None:
    """An open door must not use up the starts of job after job."""
    bench.shop.ready(quantity=3)
    bench.driver.answer_next = c.StartAnswer(c.Start.REFUSED, "the door is open")
    for _ in range(50):
        bench.round()
    assert len(rows(bench.store, m.attempts)) == 1
    bench.shop.clock.sleep(RETRY_MOST)
    bench.driver.answer_next = None
    bench.round()
    assert sorted(job["state"] for job in rows(bench.store, m.jobs)) == ["ready", "ready", "running"]
    assert {unit["state"] for unit in rows(bench.store, m.units)} == {"making"}


@pytest.mark.parametrize(
    ("seen", "job", "bed"),
    [
        (c.Seen.RUNNING, "running", "dirty"),
        (c.Seen.PAUSED, "paused", "dirty"),
        (c.Seen.MADE, "made", "dirty"),
        (c.Seen.FAILED, "failed", "dirty"),
        (c.Seen.ABSENT, "ready", "clear"),
        (c.Seen.UNKNOWN, "unknown", "dirty"),
    ],
)
def test_doubt_is_settled_by_evidence(seen: c.Seen, job: str, bed: str, bench: Bench) -> None:
    bench.shop.ready()
    bench.driver.answer_next = c.StartAnswer(c.Start.UNCERTAIN, "no reply")
    bench.driver.evidence_next = c.Evidence(seen, "it says so")
    bench.round()
    assert (bench.job(), state(bench.store, m.beds, OFFER.name)) == (job, bed)
    in_hand = seen in (c.Seen.RUNNING, c.Seen.PAUSED)
    assert (bench.worker.dispatcher.attempt is not None) == in_hand


@pytest.mark.parametrize(
    ("seen", "job"), [(c.Seen.ABSENT, "failed"), (c.Seen.RUNNING, "running"), (c.Seen.MADE, "made")]
)
def test_what_ran_when_the_agent_died_is_judged_by_evidence(seen: c.Seen, job: str, bench: Bench) -> None:
    bench.shop.ready()
    bench.round()
    bench.driver.evidence_next = c.Evidence(seen, "it says so")
    bench.worker.start()
    assert bench.job() == job


def test_an_unknown_job_is_left_by_evidence_but_not_by_absence(bench: Bench) -> None:
    bench.shop.ready()
    bench.driver.answer_next = c.StartAnswer(c.Start.UNCERTAIN, "no reply")
    bench.driver.evidence_next = c.Evidence(c.Seen.UNKNOWN, "no answer")
    bench.round()
    for seen, job in ((c.Seen.UNKNOWN, "unknown"), (c.Seen.ABSENT, "unknown"), (c.Seen.RUNNING, "running")):
        bench.driver.evidence_next = c.Evidence(seen, "it says so")
        bench.worker.dispatcher.recover()
        assert bench.job() == job


def test_what_runs_stays_in_hand_when_an_older_doubt_is_settled_after_it(bench: Bench) -> None:
    """The job that arrived first runs; another of this machine, which arrived later, is unknown."""
    first, second = bench.shop.ready(quantity=2)
    bench.round()
    attempt = bench.worker.dispatcher.attempt
    with bench.store.write("test") as tx:
        tx.connection.execute(
            m.jobs.update().where(m.jobs.c.id == second).values(state="unknown", machine=OFFER.name, attempts=1)
        )
    bench.driver.evidence_next = None
    bench.worker.dispatcher.recover()
    assert bench.worker.dispatcher.attempt == attempt == f"{first}-a1"
    for _ in range(6):
        bench.world.tick()
        bench.worker.step(0.0)
    assert state(bench.store, m.jobs, first) == "made"


def test_a_claim_that_an_earlier_agent_left_is_given_back(bench: Bench) -> None:
    (job,) = bench.shop.ready()
    bench.shop.claimed(OFFER)
    bench.worker.dispatcher.recover()
    assert state(bench.store, m.jobs, job) == "ready"
    assert bench.world.files == set()


def test_preflight_has_the_last_word_before_anything_leaves(bench: Bench) -> None:
    bench.shop.ready()
    bench.wrong = ["X 300 is beyond 200"]
    bench.round()
    (unit,) = rows(bench.store, m.units)
    assert (bench.job(), unit["state"]) == ("ready", "held")
    assert "X 300 is beyond 200" in unit["problems"][0]["reason"]
    assert rows(bench.store, m.attempts) == []
    assert state(bench.store, m.beds, OFFER.name) == "clear"


def test_missing_bytes_hold_the_unit(bench: Bench) -> None:
    bench.shop.ready()
    bench.shop.artifacts.path(rows(bench.store, m.artifacts)[0]["sha256"]).unlink()
    bench.round()
    (unit,) = rows(bench.store, m.units)
    assert unit["state"] == "held"
    assert "no artifact" in unit["problems"][0]["reason"]
    assert "rendered anew" in unit["problems"][0]["mend"]


def test_damaged_bytes_hold_the_unit_before_anything_is_intended(bench: Bench) -> None:
    bench.shop.ready()
    bench.shop.artifacts.path(rows(bench.store, m.artifacts)[0]["sha256"]).write_bytes(b"; bytes for nothing\nG1 Z-5\n")
    bench.round()
    (unit,) = rows(bench.store, m.units)
    assert unit["state"] == "held"
    assert "damaged" in unit["problems"][0]["reason"]
    assert rows(bench.store, m.attempts) == []


def test_bytes_that_a_driver_cannot_run_are_no_scrap(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing left for the machine: a serial one could only say that it does not know the attempt, and fail it."""

    def transfer(_attempt: str, _payload: c.Payload) -> None:
        raise c.ArtifactFault("line 3 holds a command that only the link's owner may send; remove it")

    bench.shop.ready()
    bench.driver.evidence_next = c.Evidence(c.Seen.FAILED, "this process never fed it")
    monkeypatch.setattr(bench.driver, "transfer", transfer)
    bench.round()
    (unit,) = rows(bench.store, m.units)
    assert (bench.job(), state(bench.store, m.beds, OFFER.name), unit["state"]) == ("ready", "clear", "held")
    assert "line 3" in unit["problems"][0]["reason"]


def test_a_machine_that_is_not_idle_or_in_fault_is_not_free(bench: Bench) -> None:
    bench.shop.ready()
    bench.driver.fault = "THERMAL RUNAWAY; reset it"
    bench.round()
    assert bench.job() == "ready"
    claim = bench.shop.claimed(OFFER)
    bench.worker.dispatcher.begin(claim)
    assert (bench.job(), bench.world.files) == ("ready", set()), "asked again after the intent: nothing left"
    assert state(bench.store, m.beds, OFFER.name) == "clear"


def test_pause_and_resume_reach_the_record(bench: Bench) -> None:
    bench.shop.ready()
    bench.round()
    dispatcher = bench.worker.dispatcher
    for paused, job in ((True, "paused"), (True, "paused"), (False, "running")):
        bench.world.paused = paused
        dispatcher.handle(c.Changed(bench.driver.status()))
        assert bench.job() == job
    names = [event["event"] for event in rows(bench.store, m.events) if event["entity"] == "job"]
    assert names.count("paused") == names.count("resumed") == 1


@pytest.mark.parametrize(("event", "job"), [(c.Made, "made"), (c.Failed, "failed"), (c.Cancelled, "cancelled")])
def test_an_end_is_written_once_and_for_the_attempt_in_hand_only(
    event: type[c.Made | c.Failed | c.Cancelled], job: str, bench: Bench
) -> None:
    bench.shop.ready()
    bench.round()
    dispatcher = bench.worker.dispatcher
    attempt = str(dispatcher.attempt)
    dispatcher.handle(event("J-other-a1", "late news"))
    assert bench.job() == "running"
    dispatcher.handle(event(attempt, "it says so"))
    dispatcher.handle(event(attempt, "it says so twice"))
    assert bench.job() == job
    assert row(bench.store, m.attempts, attempt)["why"] == "it says so"


@pytest.mark.parametrize("event", [c.Made, c.Failed])
def test_the_end_of_what_is_not_in_hand_soils_the_bed(event: type[c.Made | c.Failed], bench: Bench) -> None:
    """A person said "not started" and cleared the bed; the machine had begun all the same."""
    bench.shop.ready()
    bench.driver.answer_next = c.StartAnswer(c.Start.UNCERTAIN, "no reply")
    bench.driver.evidence_next = c.Evidence(c.Seen.UNKNOWN, "no answer")
    bench.round()
    (job,) = rows(bench.store, m.jobs)
    attempts.decide(bench.store, job["id"], "not-started", "operator:ann")
    floor.clear_bed(bench.store, OFFER.name, "looked", "operator:ann")
    bench.worker.dispatcher.handle(event(f"{job['id']}-a1", "it says so"))
    assert state(bench.store, m.beds, OFFER.name) == "dirty"
    bench.driver.answer_next = None
    bench.shop.clock.sleep(RETRY_MOST)
    bench.round()
    assert bench.world.pieces == {}, "nothing begins before somebody has looked"


def test_a_fault_that_could_not_be_written_down_is_written_the_next_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its call for a person would never be seen: a fault that stays is told once."""

    def full(*_: object) -> None:
        raise OSError("the disk is full")

    bench.driver.fault = "THERMAL RUNAWAY; reset it"
    with monkeypatch.context() as patch, pytest.raises(OSError, match="full"):
        patch.setattr(floor, "seen", full)
        bench.worker.dispatcher.note_status(bench.driver.status())
    bench.worker.dispatcher.note_status(bench.driver.status())
    assert row(bench.store, m.machines, OFFER.name)["fault"] == "THERMAL RUNAWAY; reset it"


def test_a_machine_whose_bed_left_the_configuration_is_used(bench: Bench) -> None:
    """Its bed is on record from earlier, dirty; now it is a printer of papers, say."""
    bench.shop.ready()
    floor.mark_dirty(bench.store, OFFER.name, "a piece lies there", "operator:ann")
    bench.worker.dispatcher.offer = replace(OFFER, bed=False)
    bench.round()
    assert bench.job() == "running"


def test_a_foreign_start_soils_the_bed(bench: Bench) -> None:
    bench.worker.dispatcher.handle(c.Foreign("benchy.gcode"))
    assert state(bench.store, m.beds, OFFER.name) == "dirty"


def test_a_bed_that_was_cleared_while_something_foreign_ran_is_dirty_when_that_has_ended(bench: Bench) -> None:
    bench.shop.ready()
    dispatcher = bench.worker.dispatcher
    bench.world.current = Piece("benchy")
    dispatcher.handle(c.Foreign("benchy.gcode"))
    dispatcher.handle(c.Changed(bench.driver.status()))
    floor.clear_bed(bench.store, OFFER.name, "looked, too early", "operator:ann")
    bench.world.current = None
    bench.round()
    assert bench.job() == "ready", "it is idle as far as the driver knows, and has not said yet that it has ended"
    dispatcher.handle(c.Changed(bench.driver.status()))
    bench.round()
    assert (bench.job(), state(bench.store, m.beds, OFFER.name)) == ("ready", "dirty")
    floor.clear_bed(bench.store, OFFER.name, "looked", "operator:ann")
    bench.round()
    assert bench.job() == "running"


def test_a_machine_that_does_not_answer_is_tried_less_and_less_often(bench: Bench) -> None:
    bench.world.online = False
    bench.renew()
    for _ in range(200):
        bench.shop.clock.sleep(1.0)
        bench.worker.step(0.0)
    tries = bench.driver.tries
    assert 6 <= len(tries) <= 12
    assert tries[-1] - tries[-2] == RETRY_MOST
    bench.world.online = True
    bench.shop.clock.sleep(RETRY_MOST)
    bench.worker.step(0.0)
    assert row(bench.store, m.machines, OFFER.name)["link"] == "online"


def test_a_command_for_another_attempt_is_answered_and_does_nothing(bench: Bench) -> None:
    bench.shop.ready()
    bench.round()
    floor.ask(bench.store, OFFER.name, "cancel", "J-other-a1", "operator:ann")
    bench.worker.orders.put(floor.asked(bench.store)[0])
    bench.worker.step(0.0)
    (command,) = rows(bench.store, m.commands)
    assert "is not on frost-1" in command["answer"]
    assert bench.job() == "running"


def test_a_cancelled_piece_is_cancelled_by_the_machines_word(bench: Bench) -> None:
    bench.shop.ready()
    bench.round()
    floor.ask(bench.store, OFFER.name, "cancel", bench.worker.dispatcher.attempt, "operator:ann")
    bench.worker.orders.put(floor.asked(bench.store)[0])
    bench.worker.step(0.0)
    assert bench.job() == "cancelled"
    assert rows(bench.store, m.commands)[0]["answer"] == "cancel: done"


def test_a_cancelled_piece_is_not_made_again_where_its_machine_calls_it_failed(bench: Bench) -> None:
    """The agent was killed between the cancel and its end, and a serial machine knows of no cancel."""
    bench.shop.ready()
    bench.round()
    floor.ask(bench.store, OFFER.name, "cancel", bench.worker.dispatcher.attempt, "operator:ann")
    bench.driver.evidence_next = c.Evidence(c.Seen.FAILED, "its sender is gone")
    bench.worker.start()
    floor.clear_bed(bench.store, OFFER.name, "looked", "operator:ann")
    assert [job["state"] for job in rows(bench.store, m.jobs)] == ["failed"]
    (unit,) = rows(bench.store, m.units)
    assert unit["state"] == "held"
    assert "operator:ann cancelled" in unit["problems"][0]["reason"]


# --- the agent ----------------------------------------------------------------------------------------------------


@pytest.fixture
def running(shop: Shop) -> Iterator[tuple[Agent, ServerWorld]]:
    """An agent in its own thread, over one machine of the world."""
    world = ServerWorld(OFFER.name, Fate(Random(0), calm=True))
    dispatcher = Dispatcher(shop.store, shop.artifacts, OFFER, world.driver(), Surroundings(lambda *_: []))
    agent = Agent(shop.store, [Worker(dispatcher, shop.clock)], Wake(shop.store))
    thread = threading.Thread(target=agent.run)
    thread.start()
    yield agent, world
    agent.stop()
    thread.join(timeout=30)
    agent.wake.close()
    assert not thread.is_alive()


def eventually(shop: Shop, states: set[str]) -> None:
    """Wait for the jobs' states, by the record's own wake."""
    wake = Wake(shop.store)
    for _ in range(400):
        if {job["state"] for job in rows(shop.store, m.jobs)} == states:
            break
        wake.wait(0.1)
    wake.close()
    assert {job["state"] for job in rows(shop.store, m.jobs)} == states


def cleared(shop: Shop) -> None:
    floor.register(shop.store, OFFER, "test")
    floor.clear_bed(shop.store, OFFER.name, "looked", "operator:ann")


def test_an_agent_wakes_when_the_record_changed(shop: Shop, running: tuple[Agent, ServerWorld]) -> None:
    agent, world = running
    cleared(shop)
    shop.ready()
    eventually(shop, {"running"})
    assert agent.running == [OFFER.name]
    for _ in range(5):
        world.tick()
    eventually(shop, {"made"})
    assert agent.troubles == 0


def test_an_agent_drains_when_what_is_in_hand_has_ended(shop: Shop, running: tuple[Agent, ServerWorld]) -> None:
    agent, world = running
    cleared(shop)
    shop.ready(quantity=2)
    eventually(shop, {"running", "ready"})
    agent.drain()
    assert agent.running == [OFFER.name]
    for _ in range(5):
        world.tick()
    eventually(shop, {"made", "ready"})
    floor.clear_bed(shop.store, OFFER.name, "looked", "operator:ann")
    for _ in range(100):
        if agent.drained:
            break
        threading.Event().wait(0.05)
    else:
        raise AssertionError("it never drained")
    assert {job["state"] for job in rows(shop.store, m.jobs)} == {"made", "ready"}


def test_the_agent_tells_no_machine_of_a_command_twice(bench: Bench) -> None:
    wake = Wake(bench.store)
    agent = Agent(bench.store, [bench.worker], wake)
    floor.ask(bench.store, OFFER.name, "connect", None, "operator:ann")
    floor.ask(bench.store, "frost-1", "stop", None, "operator:ann")
    agent.look()
    agent.look()
    assert bench.worker.orders.qsize() == 2
    wake.close()


def test_a_watcher_sees_every_commit_of_others_and_nothing_else(shop: Shop) -> None:
    wake = Wake(shop.store)
    assert wake.changed()
    assert not wake.changed()
    rows(shop.store, m.jobs)
    assert not wake.changed()
    shop.order()
    assert wake.changed()
    wake.stop()
    assert not wake.wait(10.0), "let go at once"
    wake.close()


def test_evidence_is_kept_with_the_attempt(shop: Shop) -> None:
    world = ServerWorld(OFFER.name, Fate(Random(0), calm=True))
    around = Surroundings(lambda *_: [], picture=lambda _offer: b"a picture")
    dispatcher = Dispatcher(shop.store, shop.artifacts, OFFER, world.driver(), around)
    cleared(shop)
    shop.ready()
    dispatcher.machine.connect()
    assert dispatcher.take(WANTED, condition(shop.store, OFFER))
    dispatcher.handle(c.Made(str(dispatcher.attempt), "it says so"))
    (kept,) = rows(shop.store, m.attempts)
    assert shop.artifacts.get(kept["evidence"]) == b"a picture"
    assert kept["bed_epoch"] == row(shop.store, m.beds, OFFER.name)["epoch"] == 1


def test_a_thread_in_trouble_begins_anew_and_what_runs_goes_on(shop: Shop, running: tuple[Agent, ServerWorld]) -> None:
    """A full disk or a locked database must not end a print."""
    agent, world = running
    cleared(shop)
    shop.ready()
    eventually(shop, {"running"})
    dispatcher = agent.workers[0].dispatcher
    handle, lost = dispatcher.handle, list[c.Event]()

    def trip(event: c.Event) -> None:
        dispatcher.handle = handle  # type: ignore[method-assign]
        lost.append(event)
        raise OSError("the disk is full")

    dispatcher.handle = trip  # type: ignore[method-assign]
    for _ in range(5):
        world.tick()
    eventually(shop, {"made"})
    assert agent.troubles == 1
    assert isinstance(lost[0], c.Made), "its end was told once, to the thread that tripped"
    assert len(rows(shop.store, m.attempts)) == 1


def test_a_record_that_cannot_be_read_for_a_moment_does_not_end_the_agent(
    shop: Shop, running: tuple[Agent, ServerWorld]
) -> None:
    """A server that restarts must not end every print; and what was ready meanwhile is seen afterwards."""
    agent, _world = running
    look = agent.look

    def trip() -> None:
        agent.look = look  # type: ignore[method-assign]
        raise OSError("the connection was closed")

    agent.look = trip  # type: ignore[method-assign]
    cleared(shop)
    shop.ready()
    eventually(shop, {"running"})
    assert agent.troubles == 1


def test_what_a_machine_that_left_the_configuration_had_in_hand_is_asked_for(shop: Shop) -> None:
    """It has no thread any more: without this its pieces would be running, and its claims taken, for ever."""
    for name in ("gone-1", "gone-2"):
        floor.register(shop.store, frosting(name), "test")
        floor.clear_bed(shop.store, name, "looked", "operator:ann")
    first, second = shop.ready(quantity=2)
    shop.running(frosting("gone-1"))
    shop.claimed(frosting("gone-2"))
    agent = Agent(shop.store, [], Wake(shop.store))
    agent.run()
    agent.wake.close()
    assert [state(shop.store, m.jobs, job) for job in (first, second)] == ["unknown", "ready"]
    assert "no longer in config.yaml" in row(shop.store, m.jobs, first)["why"]
    attempts.decide(shop.store, first, "failed", "operator:ann")
    assert floor.clear_bed(shop.store, "gone-1", "looked", "operator:ann") != []


def test_what_was_asked_while_no_agent_ran_is_declined(shop: Shop) -> None:
    cleared(shop)
    floor.ask(shop.store, OFFER.name, "stop", None, "operator:ann")
    world = ServerWorld(OFFER.name, Fate(Random(0), calm=True))
    dispatcher = Dispatcher(shop.store, shop.artifacts, OFFER, world.driver(), Surroundings(lambda *_: []))
    agent = Agent(shop.store, [Worker(dispatcher, shop.clock)], Wake(shop.store))
    agent.drain()
    agent.run()
    (command,) = rows(shop.store, m.commands)
    assert command["done_at"] is not None
    assert "did not run when it was asked" in command["answer"]
    agent.wake.close()


def test_a_unit_that_is_held_after_the_claim_is_not_started(bench: Bench) -> None:
    bench.shop.ready()
    claim = bench.shop.claimed(OFFER)
    with bench.store.write("operator:ann") as tx:
        (unit,) = (job["unit_id"] for job in rows(bench.store, m.jobs) if job["id"] == claim.job_id)
        route.hold(tx, unit, "", "the customer called", "wait for her")
    bench.worker.dispatcher.begin(claim)
    assert bench.job() == "ready"
    assert rows(bench.store, m.attempts) == []
    assert state(bench.store, m.beds, OFFER.name) == "clear"
