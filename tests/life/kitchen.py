"""A kitchen of one food printer on a real record: what people say of it, and jobs that go through it step by step."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from jobs import attempts, floor, intake, queue, upkeep
from jobs import models as m
from jobs.condition import Condition
from jobs.fits import Floor, Load, Measure, Needs, Offer, Task
from jobs.intake import NewLine, NewOrder, Rendered, Step
from jobs.store import Store

GCODE = "text/x-gcode"
ANN = "Ann"
WHITE = Load("white", "frosting", frozenset({"milk"}), 2000.0)
NUTTY = Load("nutty", "frosting", frozenset({"milk", "nuts"}), 2000.0)
DARK = Load("dark", "chocolate", frozenset({"milk"}), 2000.0)
SECONDS, VOLUME = 60.0, 500.0
NOZZLE = Task("clean nozzle", 3, Measure.JOBS, "3 jobs", blocks=True)


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.at = 1_700_000_000.0

    def now(self) -> float:
        return self.at


def offer(**changes: Any) -> Offer:
    values: dict[str, Any] = {"load": Load("white", "frosting", frozenset({"milk"})), "tasks": (), **changes}
    return Offer("printer", frozenset({"extrude-food"}), frozenset({GCODE}), **values)


def needs(material: str = "white", contains: tuple[str, ...] = ("milk",), **more: Any) -> Needs:
    return Needs("extrude-food", GCODE, material=material, contains=contains, leaves=contains, **more)


@dataclass
class Kitchen:
    offer: Offer = field(default_factory=offer)
    clock: Clock = field(default_factory=Clock)
    store: Store = field(init=False)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        ids = itertools.count(1)
        self.store = Store("sqlite://", self.clock.now, lambda prefix: f"{prefix}-{next(ids):05d}")
        with self.store.write("test") as tx:
            SQLModel.metadata.create_all(tx.connection)
        floor.register(self.store, self.offer, "agent")
        floor.clear_bed(self.store, self.offer.name, "looked", ANN)

    # --- what is on record --------------------------------------------------------------------------------------

    def condition(self) -> Condition:
        with self.store.read() as connection:
            return queue.conditions(connection)[self.offer.name]

    def floor(self) -> Floor:
        return Floor([self.offer], self.clock.now())

    def row(self) -> dict[str, Any]:
        return self.rows(m.machines)[0]

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.store.read() as connection:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

    def events(self, event: str) -> list[dict[str, Any]]:
        return [row["detail"] for row in self.rows(m.events) if row["event"] == event]

    # --- jobs ---------------------------------------------------------------------------------------------------

    def job(self, wanted: Needs | None = None, volume: float = VOLUME) -> str:
        """A job that waits for the printer."""
        wanted = wanted or needs()
        route = (Step("frost", "extrude-food"), Step("pack", None, ("frost",)))
        order = NewOrder("test", str(next(self.numbers)), (NewLine("x", 1, "x", {}, route),))
        intake.receive(self.store, order, "test")
        (unit,) = intake.units_to_plan(self.store)
        (job,) = intake.plan(self.store, unit.id, "test")
        manifest = {"seconds": SECONDS, "materials": {wanted.material: {"volume": volume}}}
        intake.rendered(self.store, job, Rendered("0" * 64, GCODE, 1, wanted, None, manifest), "test")
        return job

    def claim(self) -> queue.Claim | None:
        return queue.claim(self.store, self.offer, queue.look(self.store, self.offer), "agent")

    def intend(self, claim: queue.Claim | None = None) -> str:
        claim = claim or self.claim()
        assert claim is not None, "nothing was taken"
        return attempts.intend(self.store, claim, self.offer, "agent").attempt

    def run(self) -> str:
        """Take the next job and run it. Its attempt."""
        attempt = self.intend()
        attempts.confirm(self.store, attempt, "it says so", "agent")
        return attempt

    def end(self, attempt: str, event: str = "finished", done: float | None = None) -> None:
        attempts.ended(self.store, attempt, event, "it says so", "agent", done)

    def clear(self) -> None:
        floor.clear_bed(self.store, self.offer.name, "took it off", ANN)

    def make(self, times: int = 1) -> None:
        """Take so many jobs, from claim to a cleared bed."""
        for _ in range(times):
            self.end(self.run())
            self.clear()

    # --- people -------------------------------------------------------------------------------------------------

    def load(self, load: Load, **more: Any) -> list[str]:
        return upkeep.load(self.store, self.offer.name, load, ANN, **more)

    def clean(self) -> None:
        upkeep.cleaned(self.store, self.offer.name, "hot water", ANN)

    def undo(self) -> list[str]:
        return upkeep.undo(self.store, self.offer.name, "a slip", ANN)

    def say(self, verb: Callable[[Store, str, str, str], Any]) -> Any:
        """drain, take_out or put_back."""
        return verb(self.store, self.offer.name, "new nozzle", ANN)
