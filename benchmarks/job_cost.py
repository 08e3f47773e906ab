"""What one job costs the record: commits, SQL statements and bytes of write-ahead log, from plan to cleared bed.

Counts, not times: a commit's time swings with the machine's load, its number does not. The baseline is the least that
any durable queue pays: one insert and one update, a commit each.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import event

from drivers.contract import Activity, Link, Made, Seen, Start, StartAnswer, Status
from drivers.contract import Evidence as Seeing
from jobs import floor, intake
from jobs.agent import Worker
from jobs.artifacts import ArtifactStore
from jobs.dispatch import Dispatcher, Surroundings
from jobs.intake import NewLine, NewOrder, Rendered, Step
from jobs.migrations import upgrade
from jobs.queue import Needs, Offer, conditions
from jobs.store import Store

OFFER = Offer("printer", frozenset({"extrude-food"}), frozenset({"text/x-gcode"}))
NEEDS = Needs("extrude-food", "text/x-gcode")
JOBS = 50


class Instant:
    """A machine that has made everything at once."""

    def __init__(self) -> None:
        self._events: list[Made] = []

    def connect(self) -> Status:
        return self.status()

    def status(self) -> Status:
        return Status(Link.ONLINE, Activity.IDLE)

    def transfer(self, _attempt: str, _payload: object) -> None:
        """Nothing is kept."""

    def start(self, attempt: str) -> StartAnswer:
        self._events.append(Made(attempt, "at once"))
        return StartAnswer(Start.STARTED, "at once")

    def reconcile(self, _attempt: str) -> Seeing:
        return Seeing(Seen.ABSENT, "nothing is kept")

    def next_event(self, _timeout: float) -> Made | None:
        return self._events.pop(0) if self._events else None


class Clock:
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ful-cost-") as folder:
        store = Store(f"sqlite:///{folder}/cost.db", time.time)
        upgrade(store)
        artifacts = ArtifactStore(Path(folder) / "artifacts")
        machine: Any = Instant()
        around = Surroundings(preflight=lambda _offer, _data, _needs: [])
        worker = Worker(Dispatcher(store, artifacts, OFFER, machine, around), Clock())
        worker.start()
        floor.clear_bed(store, "printer", "empty", "bench")
        counts = _count(store)
        for number in range(JOBS):
            _one(store, artifacts, worker, number)
        wal = Path(f"{folder}/cost.db-wal").stat().st_size
        idle = Counter(counts)
        for _ in range(1000):
            worker.step(0)
        print(f"commits a job        {idle['commits'] / JOBS:6.1f}   (12 allowed, 2 are the least)")
        print(
            f"statements a job     {idle['statements'] / JOBS:6.1f}   (its looks for work among them; 2 are the least)"
        )
        print(f"write-ahead log      {wal / JOBS / 1024:6.1f} kB a job, at most (it is reused)")
        print(f"an idle machine      {counts['statements'] - idle['statements']:6d} statements in 1,000 rounds")
        store.close()


def _one(store: Store, artifacts: ArtifactStore, worker: Worker, number: int) -> None:
    line = NewLine("x", 1, "x", {}, (Step("make", "extrude-food"),))
    intake.receive(store, NewOrder("bench", str(number), (line,)), "bench")
    unit = intake.units_to_plan(store)[0]
    (job,) = intake.plan(store, unit.id, "bench")
    digest = artifacts.put(b"G28\n")
    intake.rendered(store, job, Rendered(digest, NEEDS.media_type, 4, NEEDS, None, {}), "bench")
    with store.read() as connection:
        condition = conditions(connection)[OFFER.name]
    worker.dispatcher.take({NEEDS.id: NEEDS}, condition)
    worker.step(0)
    floor.clear_bed(store, "printer", "taken off", "bench")


def _count(store: Store) -> Counter[str]:
    counts: Counter[str] = Counter()

    @event.listens_for(store.engine, "before_cursor_execute")
    def _statement(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counts["statements"] += not statement.startswith(("BEGIN", "PRAGMA"))

    @event.listens_for(store.engine, "commit")
    def _commit(connection: Any) -> None:
        counts["commits"] += bool(connection.get_execution_options().get("writes"))

    return counts


if __name__ == "__main__":
    main()
