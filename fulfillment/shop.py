"""What every program of a factory shares: its configuration, its record, its files, its live values."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from fulfillment.config import Factory, load_factory
from fulfillment.machines import offer_of
from fulfillment.telemetry import Telemetry
from jobs.artifacts import ArtifactStore
from jobs.fits import Floor, Offer
from jobs.migrations import upgrade
from jobs.store import Policy, Store


@dataclass(frozen=True)
class Shop:
    """What every program of a factory shares."""

    factory: Factory
    store: Store
    artifacts: ArtifactStore
    telemetry: Telemetry

    @property
    def offers(self) -> list[Offer]:
        return [offer_of(machine, self.factory.config.materials) for machine in self.factory.config.machines]

    @property
    def floor(self) -> Floor:
        """Against what waiting is judged at this moment."""
        return Floor(self.offers, self.store.now())

    def close(self) -> None:
        self.store.close()


def open_shop(path: Path) -> Shop:
    """The factory at a config.yaml, its database brought up to date. Raises ConfigError."""
    factory = load_factory(path)
    config = factory.config
    url = config.database.url_from.read(os.environ) if config.database.url_from else config.database.url
    store = Store(url, time.time, policy=Policy(config.making.attempts, config.making.remakes))
    upgrade(store)
    return Shop(factory, store, ArtifactStore(config.artifacts), Telemetry(config.state / "live"))
