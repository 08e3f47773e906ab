"""The only place that builds things: from the configuration to a running web program or agent."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from drivers.contract import Clock, Machine, Settings
from drivers.registry import build
from fulfillment.cameras import fetch
from fulfillment.config import Machine as MachineConfig
from fulfillment.late import built
from fulfillment.machines import preflight
from fulfillment.shop import Shop, open_shop
from jobs.agent import Agent, Worker
from jobs.dispatch import Dispatcher, Surroundings
from jobs.emergency import SOCKET, Stops, wrote_down
from jobs.queue import Needs, Offer
from jobs.wake import Wake

if TYPE_CHECKING:
    from fulfillment.planning import Planner
    from fulfillment.render.pool import RenderPool

log = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another program of that role runs on this factory's state folder."""


class RealClock:
    """Time as it is."""

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@contextmanager
def only_one(state: Path, role: str) -> Iterator[None]:
    """Hold the role's lock for this factory. The kernel lets it go when the process ends, however it ends."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / f"{role}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(f"another {role} runs on {state}: stop it first, or use another config.yaml") from None
        yield


# --- the agent ------------------------------------------------------------------------------------------------------


def build_agent(shop: Shop, step: Callable[[str, str], None] | None = None) -> Agent:
    """The agent of all configured machines. ``step`` is told of each step of a start."""
    clock = RealClock()
    around = Surroundings(
        preflight=_preflights(shop),
        picture=_pictures(shop),
        telemetry=shop.telemetry.put,
        step=step or (lambda _step, _attempt: None),
    )
    workers = []
    for machine, offer in zip(shop.factory.config.machines, shop.offers, strict=True):
        make = partial(_driver, machine, shop.factory.config.state, clock)
        driver = built(machine.name, make, clock.sleep)
        workers.append(Worker(Dispatcher(shop.store, shop.artifacts, offer, driver, around), clock))
    return Agent(shop.store, workers, Wake(shop.store))


def _driver(machine: MachineConfig, state: Path, clock: Clock) -> Machine:
    """Raises what :data:`fulfillment.late.CANNOT` names."""
    _own_folder(machine, state)
    recording, notes = state / "wire" / f"{machine.name}.jsonl", state / "notes" / machine.name
    return build(machine.driver, settings_of(machine, recording, notes), clock)


def settings_of(machine: MachineConfig, recording: Path | None = None, notes: Path | None = None) -> Settings:
    """The machine as its driver is told of it. Raises SecretMissing."""
    box = machine.envelope
    return Settings(
        machine.name,
        machine.address,
        dict(machine.options),
        recording,
        machine.secret.read(os.environ) if machine.secret else None,
        frozenset(machine.processes),
        (box.x, box.y, box.z) if box else None,
        notes,
    )


def _own_folder(machine: MachineConfig, state: Path) -> None:
    """A hot folder below our own state folder is ours to make; any other may be a mount that is missing."""
    address = Path(machine.address)
    if machine.driver == "hot-folder" and address.is_relative_to(state):
        address.mkdir(parents=True, exist_ok=True)


def _preflights(shop: Shop) -> Callable[[Offer, bytes, Needs], list[str]]:
    machines = {machine.name: machine for machine in shop.factory.config.machines}
    materials = shop.factory.config.materials
    return lambda offer, data, needs: preflight(machines[offer.name], data, needs, materials)


def _pictures(shop: Shop) -> Callable[[Offer], bytes | None]:
    addresses = {machine.name: machine.camera for machine in shop.factory.config.machines if machine.camera}

    def picture(offer: Offer) -> bytes | None:
        """What came out is pictured once and never again, so a camera that is slow for a moment is asked twice."""
        address = addresses.get(offer.name)
        return (fetch(address, offer.name) or fetch(address, offer.name)) if address else None

    return picture


def run_agent(path: Path, step: Callable[[str, str], None] | None = None) -> int:
    """The agent's program. The first SIGTERM or Ctrl-C drains (running pieces end), the second stops at once."""
    shop = open_shop(path)
    # A port's thread must not wait while another machine's job is parsed: a nozzle that stands still leaves a blob.
    sys.setswitchinterval(0.0005)
    with only_one(shop.factory.config.state, "agent"):
        agent = build_agent(shop, step)
        asked = threading.Event()

        def stop(_signal: int, _frame: FrameType | None) -> None:
            if asked.is_set():
                log.warning("stopping now: %s will have failed", ", ".join(agent.running) or "nothing")
                agent.stop()
                return
            asked.set()
            if agent.running:
                log.warning("%s still run and will be finished; ask again to stop now", ", ".join(agent.running))
            agent.drain()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        stops = {worker.name: worker.stop_now for worker in agent.workers}
        with Stops(shop.factory.config.state / SOCKET, stops, lambda a, who: wrote_down(shop.store, a, who)):
            agent.run()
        shop.close()
    return 1 if agent.troubles else 0


# --- the web program ------------------------------------------------------------------------------------------------


def build_planner(shop: Shop) -> tuple[Planner, RenderPool]:
    from fulfillment.planning import Planner
    from fulfillment.render.pool import RenderPool

    renderer = shop.factory.config.renderer
    pool = RenderPool(renderer.workers, renderer.memory, renderer.timeout)
    return Planner(shop.store, shop.factory, shop.artifacts, pool), pool


def run_web(path: Path, port: int | None = None) -> int:
    """The web program: API, pages, intake, planning, rendering. May be killed and started at any time."""
    import uvicorn

    from fulfillment.api.app import create

    shop = open_shop(path)
    with only_one(shop.factory.config.state, "web"):
        web = shop.factory.config.web
        planner, pool = build_planner(shop)
        thread = threading.Thread(target=planner.run, name="planner", daemon=True)
        thread.start()
        config = uvicorn.Config(
            create(shop, pool),
            host=web.host,
            port=web.port if port is None else port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
            server_header=False,
        )
        # uvicorn raises the signal that ended it once more: by default that would end us before anything is closed.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _signal, _frame: None)
        try:
            uvicorn.Server(config).run()
        finally:
            planner.stop()
            thread.join(timeout=10)
            pool.close()
            shop.close()
    return 0
