"""The agent: owns this site's machines, one thread each, and wakes them when the record changed.

Machines never wait for each other, and an idle one costs no statement: one look at the record serves them all, and
there is none while nothing was committed.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drivers.contract import Clock, Link, MachineFault, WireFault
from jobs import attempts, floor
from jobs.condition import Condition
from jobs.dispatch import Dispatcher
from jobs.queue import Needs, conditions, release, wanted
from jobs.states import BedState
from jobs.store import Store
from jobs.wake import Wake

log = logging.getLogger(__name__)

LISTEN = 0.1
"""Seconds that a machine's thread listens to its machine before it looks at its own inbox again."""
RETRY_FIRST, RETRY_MOST = 1.0, 30.0
"""Seconds between tries to connect, and between starts that did not take hold: doubling from the first to the most."""

BACKLOG = 100
"""Events that are heard out before a job is taken; a machine that has told more than these gets none yet."""

GRACE = 15.0
"""Seconds that a machine has to answer after the agent's start, before its jobs in hand are called unknown."""


@dataclass(frozen=True)
class Work:
    """What the record offers: distinct needs of ready jobs, and the machine's condition where it may take one."""

    wanted: Mapping[str, Needs] = field(default_factory=dict)
    condition: Condition | None = None


class Worker:
    """One machine's thread. Everything that touches the machine happens in it."""

    def __init__(self, dispatcher: Dispatcher, clock: Clock) -> None:
        self.dispatcher, self.clock = dispatcher, clock
        self.name = dispatcher.offer.name
        self.orders: queue.SimpleQueue[floor.Order] = queue.SimpleQueue()
        self.work = Work()
        self._tried: Work | None = None
        self._retry_at, self._retry_after = 0.0, RETRY_FIRST
        self._recover_at: float | None = None
        self._rest_until, self._rest_for = 0.0, RETRY_FIRST
        self.draining = False
        self.drained = False
        """Said by this thread itself, between two jobs: no start is under way."""
        self._stopped = threading.Event()

    def start(self) -> None:
        """Register, connect, and settle what an earlier agent left.

        A machine that is not connected cannot tell, so it is given GRACE to come up before a person is asked.
        """
        floor.register(self.dispatcher.store, self.dispatcher.offer, self.dispatcher.who)
        self.dispatcher.attempt = None  # nothing is in hand until the machine's evidence says so
        if self._connect():
            return
        self.dispatcher.note_status(self.dispatcher.machine.status())
        if self.dispatcher.machine.status().link is Link.ONLINE:
            self.dispatcher.recover()
        else:
            self._recover_at = self.clock.monotonic() + GRACE

    def step(self, listen: float = LISTEN) -> None:
        """One round: obey, connect, take a job, listen."""
        while not self.orders.empty():
            self.dispatcher.obey(self.orders.get())
        if self._connect():
            self._recover_at = None
        elif self._recover_at is not None and self.clock.monotonic() >= self._recover_at:
            self._recover_at = None
            self.dispatcher.recover()
        self.drained = self.draining and self.dispatcher.attempt is None
        if not self.draining:
            self._take()
        if not self._hear(listen) and self._stopped.is_set():  # by another thread, with nothing to tell of it
            self._stopped.clear()
            self.dispatcher.note_status(self.dispatcher.machine.status())

    def _hear(self, listen: float) -> bool:
        """Deal with the next event. False: none came within ``listen`` seconds."""
        event = self.dispatcher.machine.next_event(listen)
        if event is not None:
            self.dispatcher.handle(event)
        return event is not None

    def _heard_out(self) -> bool:
        """All that the machine has told is dealt with: it may have told that its bed is no longer clear."""
        return any(not self._hear(0.0) for _ in range(BACKLOG))

    def stop_now(self) -> str:
        """Emergency stop, from any thread, past everything that waits here. Returns what the driver said of it."""
        machine = self.dispatcher.machine
        machine.stop()
        self._stopped.set()
        return machine.status().fault or "stopped"

    def _take(self) -> None:
        work, now = self.work, self.clock.monotonic()
        if work.condition is None or work is self._tried or now < self._rest_until or not self.dispatcher.free:
            return
        if not self._heard_out() or not self.dispatcher.free:
            return
        if not self.dispatcher.take(work.wanted, work.condition):
            self._tried = work  # nothing here fits: no second look until the record changed
        elif self.dispatcher.attempt is None:
            # The start did not take hold. Without a rest, one open door would use up the starts of job after job.
            self._rest_until = now + self._rest_for
            self._rest_for = min(RETRY_MOST, self._rest_for * 2)
        else:
            self._rest_for = RETRY_FIRST

    def _connect(self) -> bool:
        """Connect if that is due. True if it was done: then the machine was asked of all that is not settled."""
        status = self.dispatcher.machine.status()
        if status.link is not Link.OFFLINE or status.fault or self.dispatcher.attempt:
            return False
        if self.clock.monotonic() < self._retry_at:
            return False
        try:
            self.dispatcher.connect()
        except (WireFault, MachineFault) as fault:
            log.info("%s: %s; next try in %g s", self.name, fault, self._retry_after)
            self._retry_at = self.clock.monotonic() + self._retry_after
            self._retry_after = min(RETRY_MOST, self._retry_after * 2)
            self.dispatcher.note_status(self.dispatcher.machine.status())
            return False
        self._retry_after = RETRY_FIRST
        return True


class Agent:
    """Runs the workers until it is told to stop."""

    def __init__(self, store: Store, workers: Sequence[Worker], wake: Wake) -> None:
        self.store, self.workers, self.wake = store, workers, wake
        self._stopping = threading.Event()
        self._taken = 0
        self.troubles = 0

    def run(self) -> None:
        """Blocks until :meth:`stop`, or until it drained."""
        self._decline_old_orders()
        self._ask_of_what_was_left_behind()
        threads = [threading.Thread(target=self._serve, args=(w,), name=w.name, daemon=True) for w in self.workers]
        for thread in threads:
            thread.start()
        try:
            due = False
            while not self._stopping.is_set() and not self.drained:
                due = self._look_until_trouble(due)
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join(timeout=10)

    def _look_until_trouble(self, due: bool) -> bool:
        """Look where something was committed, or where a look is ``due``. Whether one is due still.

        A database that is away for a moment must not end what the machines' threads have in hand.
        """
        try:
            due |= self.wake.wait(1.0)
            if due:
                self.look()
        except Exception:  # the task's outermost edge: the next look comes in a second
            log.exception("the record cannot be read; the next look comes in %g s", RETRY_FIRST)
            self.troubles += 1
            self._stopping.wait(RETRY_FIRST)
            return True
        return False

    def look(self) -> None:
        """One look at the record for all machines: what is ready, which beds are clear, what people asked."""
        with self.store.read() as connection:
            ready, known = wanted(connection), conditions(connection)
        for worker in self.workers:
            condition = known.get(worker.name)
            free = condition and (condition.bed is BedState.CLEAR or not worker.dispatcher.offer.bed)
            worker.work = Work(ready, condition if ready and free else None)
        for order in floor.asked(self.store):
            if order.id <= self._taken:
                continue
            self._taken = order.id
            for worker in self.workers:
                if worker.name == order.machine:
                    worker.orders.put(order)

    def _decline_old_orders(self) -> None:
        """What was asked while no agent ran is not carried out now: whoever asked has gone on, and so has the floor."""
        mine = {worker.name: worker for worker in self.workers}
        for order in floor.asked(self.store):
            if order.machine in mine:
                answer = f"{order.verb}: not done, the agent did not run when it was asked; ask again"
                floor.answered(self.store, order, answer, mine[order.machine].dispatcher.who)

    def _ask_of_what_was_left_behind(self) -> None:
        """A machine that left config.yaml has no thread here: nobody would ever speak of what it had in hand.

        On a server's record it may be another site's machine; in a file there is one agent, and so no other.
        """
        if not self.store.sqlite:
            return
        for job in floor.left_behind(self.store, [worker.name for worker in self.workers]):
            why = f"{job.machine} is no longer in config.yaml: no machine can tell what became of it"
            if job.state == "claimed":
                release(self.store, job.id, why, "agent")
            elif job.state != "unknown":
                attempts.ended(self.store, f"{job.id}-a{job.attempts}", "doubted", why, "agent")

    def drain(self) -> None:
        """Take no new jobs; end when the machines in hand have finished."""
        for worker in self.workers:
            worker.draining = True

    @property
    def drained(self) -> bool:
        return all(w.drained for w in self.workers)

    @property
    def running(self) -> list[str]:
        return [w.name for w in self.workers if w.dispatcher.attempt]

    def stop(self) -> None:
        """End now. A serial machine's attempt fails by this; it says so when the agent is started again."""
        self._stopping.set()
        self.wake.stop()

    def _serve(self, worker: Worker) -> None:
        machine = worker.dispatcher.machine
        try:
            while not self._stopping.is_set():
                self._serve_until_trouble(worker)
        finally:
            worker.drained = True
            machine.close()

    def _serve_until_trouble(self, worker: Worker) -> None:
        """A full disk or a locked database must not end a print: what runs goes on, and is settled by evidence."""
        try:
            worker.start()
            while not self._stopping.is_set():
                worker.step()
        except Exception:  # the task's outermost edge: the other machines go on, and this one begins anew
            log.exception("%s: its thread had to stop; it begins anew in %g s", worker.name, RETRY_FIRST)
            self.troubles += 1
            self._stopping.wait(RETRY_FIRST)
