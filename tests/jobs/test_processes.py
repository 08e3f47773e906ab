"""Real processes on one database: racing for jobs, and killed in the middle of transactions."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from random import Random

import pytest

from jobs import floor, intake, queue
from jobs import models as m
from jobs.artifacts import ArtifactStore
from jobs.store import Store

from . import victim
from .factory import judge_history
from .shop import Clock, Shop, create, frosting, rows, sqlite_url

SCRIPT = Path(victim.__file__)
KILLS = 30


def start(url: str, folder: Path, name: str, *more: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SCRIPT.parents[2]), *filter(None, sys.path)])}
    command = [sys.executable, str(SCRIPT), url, str(folder), name, *more]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def test_processes_never_make_one_job_twice(shop: Shop, tmp_path: Path) -> None:
    shop.ready(quantity=60, needs=victim.NEEDS)
    racers = [start(shop.store.url, tmp_path, f"m{n}") for n in range(3)]
    made = [racer.communicate(timeout=120)[0].splitlines()[1:] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    everything = [job for some in made for job in some]
    assert len(everything) == len(set(everything)) == 60
    assert sorted(everything) == sorted(job["id"] for job in rows(shop.store, m.jobs))
    assert {row["state"] for row in rows(shop.store, m.attempts)} == {"made"}
    assert len(rows(shop.store, m.attempts)) == 60
    judge_history(shop.store)


def test_threads_with_stores_of_their_own_never_claim_one_job_twice(shop: Shop) -> None:
    shop.ready(quantity=40)
    taken: list[str] = []
    names = [f"frost-{n}" for n in range(4)]
    for name in names:
        floor.register(shop.store, frosting(name), "test")
        floor.clear_bed(shop.store, name, "looked", "test")
    stores = [Store(shop.store.url, shop.clock.now) for _ in names]
    gate = threading.Barrier(len(names))

    def race(store: Store, name: str) -> None:
        gate.wait()
        while claim := queue.claim(store, frosting(name), queue.look(store, frosting(name)), name):
            taken.append(claim.job_id)

    threads = [threading.Thread(target=race, args=pair) for pair in zip(stores, names, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert len(taken) == len(set(taken)) == 40


def test_a_store_shared_by_threads_takes_turns(shop: Shop) -> None:
    def write() -> None:
        for _ in range(25):
            with shop.store.write("test") as tx:
                tx.log("machine", "x", "seen")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(shop.store, m.events)) == 100


def test_killed_at_any_moment_nothing_is_lost_or_torn(tmp_path: Path) -> None:
    """Every order that was taken in is made to its end by later lives, and every state has its event row."""
    url, random = sqlite_url(tmp_path), Random(7)
    store = create(Store(url, Clock().now))
    mother = start(url, tmp_path, "m1", "nursery")
    assert mother.stdin
    assert mother.stdout
    for _ in range(KILLS):
        print("one more", file=mother.stdin, flush=True)
        up, child = mother.stdout.readline().split()
        assert up == "up"
        for _ in range(random.randrange(3)):
            mother.stdout.readline()
        threading.Event().wait(random.random() * 0.02)
        os.kill(int(child), signal.SIGKILL)
        while not (said := mother.stdout.readline()).startswith("ended"):
            assert said, "the nursery ended"
        assert int(said.split()[1]) == signal.SIGKILL
        judge_history(store)
        with store.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    mother.communicate(timeout=30)
    victim.recover(store, victim.offer("m1"))
    artifacts = ArtifactStore(tmp_path)
    received = len(rows(store, m.orders))
    victim.office(store, artifacts, "the last")
    while victim.make_one(store, victim.offer("m1")):
        victim.office(store, artifacts, "the last")
    assert received > KILLS / 2, "killed too early: hardly anything was taken in"
    assert {unit["state"] for unit in rows(store, m.units)} <= {"packed", "held"}, "lost"
    for unit in rows(store, m.units):
        assert unit["state"] == "packed" or unit["problems"], "held without a reason"
    assert len(rows(store, m.units)) == 2 * len(rows(store, m.orders)), "torn: an order without its units"
    for artifact in rows(store, m.artifacts):
        assert len(artifacts.get(artifact["sha256"])) == artifact["size"]
    assert intake.to_render(store) == []
    judge_history(store)
    store.close()


def test_a_torn_record_would_be_seen(shop: Shop) -> None:
    shop.ready()
    judge_history(shop.store)
    with shop.store.write("test") as tx:
        tx.connection.execute(m.jobs.update().values(state="made"))
    with pytest.raises(AssertionError, match="its events end in ready"):
        judge_history(shop.store)
