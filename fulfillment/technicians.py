"""A technician's way to one machine: through the agent where it runs, and else directly, holding the agent's lock.

Either way the verbs are commands on record, and the same dispatcher guards them and writes down what was answered.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from drivers.contract import Changed, Status
from drivers.registry import build
from fulfillment.config import Machine
from fulfillment.daemon import AlreadyRunning, RealClock, only_one, settings_of
from fulfillment.shop import Shop
from jobs import floor
from jobs.dispatch import Dispatcher, Surroundings
from jobs.emergency import SOCKET, Stops, wrote_down
from jobs.store import NotFound, Refused

PATIENCE = 150.0
"""Seconds that the agent may take for an answer: longer than any driver's verb."""

LOOK = 0.05
"""Seconds between two looks for it."""


class Bench(Protocol):
    """One machine that a technician works at. ``how`` says which way it is reached."""

    how: str

    def ask(self, verb: str, argument: str | None = None) -> floor.Answer:
        """Ask for a verb of :mod:`jobs.service`, and wait for the answer. Raises Refused, NotFound."""
        ...


@contextmanager
def bench(shop: Shop, name: str, who: str) -> Iterator[Bench]:
    """Raises NotFound for a name that is not configured, Refused while a job is on the machine, DriverError."""
    machine = _configured(shop, name)
    with ExitStack() as lock:
        try:
            lock.enter_context(only_one(shop.factory.config.state, "agent"))
        except AlreadyRunning:
            yield ThroughAgent(shop, name, who)
            return
        with _connected(shop, machine, who) as direct:
            yield direct


def _configured(shop: Shop, name: str) -> Machine:
    try:
        return shop.factory.config.machine(name)
    except KeyError:
        names = ", ".join(machine.name for machine in shop.factory.config.machines)
        raise NotFound(f"config.yaml names no machine {name!r}: there are {names}") from None


class ThroughAgent:
    """The agent owns the machine: it is asked through the record."""

    how = "through the agent"

    def __init__(self, shop: Shop, name: str, who: str) -> None:
        self._store, self._name, self._who = shop.store, name, who

    def ask(self, verb: str, argument: str | None = None) -> floor.Answer:
        number = floor.ask(self._store, self._name, verb, None, self._who, argument)
        end = time.monotonic() + PATIENCE
        while (answer := floor.answer_to(self._store, number)) is None:
            if time.monotonic() > end:
                raise Refused(
                    f"the agent has not answered command {number} within {PATIENCE:g} s: it may come yet. "
                    f"If {self._name} is new in config.yaml, start the agent anew"
                )
            time.sleep(LOOK)
        return answer


class Direct:
    """No agent runs: this program owns the machine for the moment."""

    how = "directly, as no agent runs"

    def __init__(self, dispatcher: Dispatcher, who: str) -> None:
        self._dispatcher, self._who = dispatcher, who

    def ask(self, verb: str, argument: str | None = None) -> floor.Answer:
        dispatcher = self._dispatcher
        name = dispatcher.offer.name
        number = floor.ask(dispatcher.store, name, verb, None, self._who, argument)
        order = floor.Order(number, name, verb, None, self._who, argument)
        dispatcher.obey(order)
        _catch_up(dispatcher)
        answer = floor.answer_to(dispatcher.store, number)
        assert answer is not None  # noqa: S101  (obey has written it down)
        return answer


def _catch_up(dispatcher: Dispatcher) -> None:
    """Write down what the machine told meanwhile. Of its states only the present one counts."""
    while (event := dispatcher.machine.next_event(0.0)) is not None:
        if not isinstance(event, Changed):
            dispatcher.handle(event)
    dispatcher.note_status(dispatcher.machine.status())


@contextmanager
def _connected(shop: Shop, machine: Machine, who: str) -> Iterator[Direct]:
    """The machine, connected by this program. What is open there is the agent's to settle, so that is refused."""
    offer = next(offer for offer in shop.offers if offer.name == machine.name)
    floor.register(shop.store, offer, f"machine:{machine.name}")
    with shop.store.read() as connection:
        floor.check_free(connection, machine.name)
    state = shop.factory.config.state
    settings = settings_of(machine, state / "wire" / f"{machine.name}.jsonl")
    around = Surroundings(preflight=lambda *_: ["a technician is at it"], telemetry=shop.telemetry.put)
    with build(machine.driver, settings, RealClock()) as driver:
        dispatcher = Dispatcher(shop.store, shop.artifacts, offer, driver, around)

        def stop() -> str:
            driver.stop()
            return driver.status().fault or "stopped"

        # `ful stop` reaches a machine that a technician has at hand as it reaches one of the agent's.
        with Stops(state / SOCKET, {machine.name: stop}, lambda answer, by: wrote_down(shop.store, answer, by)):
            try:
                dispatcher.connect()
                _catch_up(dispatcher)
                yield Direct(dispatcher, who)
            finally:
                driver.close()
                dispatcher.note_status(Status())
