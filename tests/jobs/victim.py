"""A process to race and to kill: it runs one machine without a wire, as fast as the record lets it.

``victim.py URL FOLDER MACHINE``: claims, starts and finishes jobs, and prints each job that it made.
``victim.py URL FOLDER MACHINE nursery``: for each line on its input, forks a child that does the same, and also takes
orders in, plans, renders and packs, until it is killed; says ``up`` and the child's pid, and how it ended.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from sqlalchemy import select

from jobs import attempts, floor, intake, queue
from jobs import models as m
from jobs.artifacts import ArtifactStore
from jobs.intake import NewLine, NewOrder, Rendered, Step
from jobs.queue import Needs, Offer
from jobs.route import done_by_person
from jobs.store import Store

ROUTE = (Step("frost", "extrude-food"), Step("pack", None, ("frost",)))
NEEDS = Needs("extrude-food", "text/x.gcode")


def offer(name: str) -> Offer:
    return Offer(name, frozenset({"extrude-food"}), frozenset({"text/x.gcode"}))


def make_one(store: Store, machine: Offer) -> str | None:
    """One job, from claim to cleared. None: there was none."""
    claim = queue.claim(store, machine, queue.look(store, machine), machine.name)
    if claim is None:
        return None
    intent = attempts.intend(store, claim, machine, machine.name)
    attempts.confirm(store, intent.attempt, "it says so", machine.name)
    attempts.ended(store, intent.attempt, "finished", "it says so", machine.name)
    floor.clear_bed(store, machine.name, "an ejector", machine.name)
    return claim.job_id


def recover(store: Store, machine: Offer) -> None:
    """What an earlier life left: whatever was begun is called failed, and its piece is taken off."""
    floor.register(store, machine, machine.name)
    for job in floor.open_attempts(store, machine.name):
        if job.state == "claimed":
            queue.release(store, job.id, "started anew", machine.name)
        else:
            attempts.ended(store, f"{job.id}-a{job.attempts}", "seen_failed", "started anew", machine.name)
    floor.clear_bed(store, machine.name, "an ejector", machine.name)


def office(store: Store, artifacts: ArtifactStore, number: str) -> None:
    """One more order, planned and rendered with whatever an earlier life left; and what is ready is packed."""
    intake.receive(store, NewOrder("load", number, (NewLine("POP", 2, "pop-tart", {}, ROUTE),)), "office")
    for unit in intake.units_to_plan(store):
        intake.plan(store, unit.id, "office")
    for job in intake.to_render(store):
        data = f"; {job.id}\n".encode()
        rendered = Rendered(artifacts.put(data), NEEDS.media_type, len(data), NEEDS, None, {})
        intake.rendered(store, job.id, rendered, "office")
    o = m.operations.c
    with store.read() as connection:
        ready = connection.execute(select(o.unit_id).where(o.name == "pack", o.state == "open")).scalars().all()
    for unit_id in ready:
        with store.write("office") as tx:
            done_by_person(tx, unit_id, "pack")


def work(url: str, folder: str, name: str, *, forever: bool) -> None:
    store, artifacts, machine = Store(url, time.time), ArtifactStore(Path(folder)), offer(name)
    recover(store, machine)
    print("up", os.getpid(), flush=True)
    while True:
        if forever:
            office(store, artifacts, f"{time.time_ns()}")
        job = make_one(store, machine)
        if job is None and not forever:
            break
        print(job, flush=True)


def nursery(url: str, folder: str, name: str) -> None:
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            work(url, folder, name, forever=True)
        _, status = os.waitpid(child, 0)
        print("ended", -os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 4:
        nursery(*sys.argv[1:4])
    else:
        work(*sys.argv[1:4], forever=False)
