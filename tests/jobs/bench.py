"""One worker over one machine's world, step by step."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from drivers import contract as c
from jobs import floor
from jobs import models as m
from jobs.agent import Work, Worker
from jobs.dispatch import Dispatcher, Surroundings
from jobs.queue import Needs, Offer

from .shop import FROST, Clock, Shop, condition, frosting, rows
from .world import Fate, MachineWorld, ServerDriver, ServerWorld

OFFER = frosting()
WANTED = {FROST.id: FROST}


class Scripted(ServerDriver):
    """A driver whose next answers are laid down by the test, over a world without trouble."""

    answer_next: c.StartAnswer | None = None
    evidence_next: c.Evidence | None = None
    fault: str | None = None
    prompt: str | None = None

    def __init__(self, world: MachineWorld, clock: Clock) -> None:
        super().__init__(world)
        self.clock, self.tries = clock, list[float]()
        """When it was asked to connect."""

    def connect(self) -> c.Status:
        self.tries.append(self.clock.now())
        return super().connect()

    def start(self, attempt: str) -> c.StartAnswer:
        return self.answer_next or super().start(attempt)

    def evidence(self, attempt: str) -> c.Evidence:
        return self.evidence_next or super().evidence(attempt)

    def status(self) -> c.Status:
        return replace(super().status(), fault=self.fault, prompt=self.prompt)


class Bench:
    """One worker over one world, its bed cleared; ``wrong``: what preflight says."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.store = shop, shop.store
        self.world = ServerWorld(OFFER.name, Fate(Random(0), calm=True))
        self.wrong: list[str] = []
        self.steps: list[str] = []
        self.renew()
        floor.clear_bed(self.store, OFFER.name, "looked", "operator:ann")

    def renew(self) -> None:
        """The agent was started anew."""
        self.driver = Scripted(self.world, self.shop.clock)
        around = Surroundings(self._preflight, step=lambda step, _attempt: self.steps.append(step))
        dispatcher = Dispatcher(self.store, self.shop.artifacts, OFFER, self.driver, around)
        self.worker = Worker(dispatcher, self.shop.clock)
        self.worker.start()
        self.worker.step(0.0)

    def _preflight(self, _offer: Offer, data: bytes, _needs: Needs) -> list[str]:
        assert data.startswith(b"; bytes for")
        return self.wrong

    def round(self) -> None:
        self.worker.work = Work(WANTED, condition(self.store, OFFER))
        self.worker.step(0.0)

    def job(self) -> str:
        return str(rows(self.store, m.jobs)[0]["state"])
