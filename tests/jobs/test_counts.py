"""What a job costs the database, in counts: commits and statements. Never in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from drivers import contract as c
from jobs import floor, intake
from jobs import models as m
from jobs.agent import Agent, Work, Worker
from jobs.dispatch import Dispatcher, Surroundings
from jobs.queue import Offer
from jobs.route import done_by_person
from jobs.store import Store
from jobs.wake import Wake

from .shop import ENGRAVE, FROST, Counter, Shop, condition, frosting, rows, state
from .world import Fate, ServerWorld

MOST_COMMITS, MOST_STATEMENTS = 12, 40
"""Of one job from its plan to packed."""


def worker(shop: Shop, world: ServerWorld, offer: Offer, *, picture: bytes | None = None) -> Worker:
    around = Surroundings(lambda *_: [], picture=lambda _offer: picture)
    worker = Worker(Dispatcher(shop.store, shop.artifacts, offer, world.driver(), around), shop.clock)
    worker.start()
    worker.step(0.0)
    return worker


@pytest.fixture
def wake(store: Store) -> Iterator[Wake]:
    wake = Wake(store)
    yield wake
    wake.close()


def test_a_job_from_plan_to_packed(shop: Shop) -> None:
    """Planning, rendering, claim, fenced start, finish, evidence, clearing and packing. Looks are counted apart."""
    store, world, offer = shop.store, ServerWorld("frost-1", Fate(Random(0), calm=True)), frosting()
    machine = worker(shop, world, offer, picture=b"a picture of the bed")
    floor.clear_bed(store, offer.name, "looked", "operator:ann")
    unit = shop.order()[0]
    looked = condition(store, offer)
    with Counter(store) as counter:
        intake.plan(store, unit, "planner")
        (job,) = shop.render()
        machine.work = Work({FROST.id: FROST}, looked)
        machine.step(0.0)
        machine.work = Work()
        for _ in range(8):
            world.tick()
            machine.step(0.0)
        floor.clear_bed(store, offer.name, "looked", "operator:ann")
        with store.write("station:pack") as tx:
            done_by_person(tx, unit, "pack")
    assert state(store, m.jobs, job) == "made"
    assert state(store, m.units, unit) == "packed"
    assert state(store, m.beds, offer.name) == "clear"
    assert rows(store, m.attempts)[0]["evidence"]
    print(f"a job from plan to packed: {counter.commits} commits, {counter.statements} statements")
    for text in counter.texts:
        print("   ", " ".join(text.split())[:110])
    assert counter.commits <= MOST_COMMITS
    assert counter.statements <= MOST_STATEMENTS


LOOK = 3
"""Statements of one look at the record, for all machines: what is ready, which beds are clear, what people asked."""


@pytest.mark.parametrize("count", [1, 50])
def test_idle_machines_cost_nothing(count: int, shop: Shop, wake: Wake) -> None:
    store = shop.store
    shop.ready(needs=ENGRAVE)  # something is queued, and none of these machines can make it
    machines = []
    for n in range(count):
        name = f"frost-{n}"
        machines.append(worker(shop, ServerWorld(name, Fate(Random(0), calm=True)), frosting(name)))
        floor.clear_bed(store, name, "looked", "operator:ann")
    agent = Agent(store, machines, wake)

    def rounds(times: int) -> Counter:
        with Counter(store) as counter:
            for _ in range(times):
                if wake.changed():
                    agent.look()
                for machine in machines:
                    machine.step(0.0)
        return counter

    rounds(2)
    idle = rounds(20)
    with store.write("somebody") as tx:
        tx.log("machine", "elsewhere", "seen")
    woken = rounds(20)
    print(f"{count} idle machines: {idle.statements} statements, {idle.commits} commits in 20 rounds;")
    print(f"   after an unrelated commit {woken.statements} statements, {woken.commits} read transactions")
    watching = 0 if store.sqlite else 20  # a server is asked for its newest event at each look
    assert (idle.statements, idle.commits) == (watching, watching)
    assert (woken.statements, woken.commits) == (LOOK + watching, 2 + watching)


def test_a_machine_that_goes_on_saying_the_same_writes_nothing(shop: Shop) -> None:
    world = ServerWorld("frost-1", Fate(Random(0), calm=True))
    machine = worker(shop, world, frosting())
    dispatcher = machine.dispatcher
    with Counter(shop.store) as counter:
        for _ in range(20):
            dispatcher.handle(c.Changed(dispatcher.machine.status()))
            dispatcher.handle(c.Progressed("J-1-a1", 0.5))
    assert (counter.statements, counter.commits) == (0, 0)
    with Counter(shop.store) as counter:
        dispatcher.handle(c.Changed(replace(dispatcher.machine.status(), prompt="change the nozzle")))
    assert counter.commits == 1
