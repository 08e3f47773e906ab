"""A small shop for these tests: a clock that is moved by hand, orders, artifacts, and two kinds of machine."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event, select
from sqlmodel import SQLModel

from jobs import attempts, floor, intake, queue
from jobs import models as m
from jobs.artifacts import ArtifactStore
from jobs.condition import Condition
from jobs.fits import Load, Needs, Offer
from jobs.intake import NewLine, NewOrder, Rendered, Step
from jobs.states import StateTable
from jobs.store import Store

GCODE = "text/x.gcode"
FROST = Needs("extrude-food", GCODE, dialect="marlin", material="frosting-white", reach=(90.0, 60.0, 5.0))
ENGRAVE = Needs("engrave", GCODE, dialect="grbl", reach=(300.0, 200.0, 0.0), traits={"laser": "diode-10w"})

SECONDS, VOLUME = 20.0, 500.0
"""What every artifact here takes: s, and mm3 of what is loaded where it needs a material."""

FROSTED = (Step("frost", "extrude-food"), Step("pack", None, ("frost",)))
"""One machine, then a person: the shortest route of a pop-tart."""
TWO_SIDED = (Step("frost", "extrude-food"), Step("engrave", "engrave", ("frost",)), Step("pack", None, ("engrave",)))
BY_MACHINE = (Step("frost", "extrude-food"),)
"""A route that no person ends."""


class Clock:
    """Seconds since the epoch, moved by hand. Sleeping moves it."""

    def __init__(self, at: float = 1_700_000_000.0) -> None:
        self.at = at

    def monotonic(self) -> float:
        return self.at

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def frosting(name: str = "frost-1", **changes: Any) -> Offer:
    values: dict[str, Any] = {
        "processes": frozenset({"extrude-food"}),
        "media_types": frozenset({GCODE}),
        "dialects": frozenset({"marlin"}),
        "load": Load("frosting-white", "frosting"),
        "envelope": (200.0, 200.0, 150.0),
    }
    return Offer(name, **{**values, **changes})


def laser(name: str = "laser-1", **changes: Any) -> Offer:
    values: dict[str, Any] = {
        "processes": frozenset({"engrave"}),
        "media_types": frozenset({GCODE}),
        "dialects": frozenset({"grbl"}),
        "envelope": (400.0, 400.0, 50.0),
        "traits": {"laser": "diode-10w"},
    }
    return Offer(name, **{**values, **changes})


def create(store: Store) -> Store:
    """The schema, from the models: what the migrations make is proved equal elsewhere, and this is faster."""
    with store.write("test") as tx:
        SQLModel.metadata.create_all(tx.connection)
    return store


def numbered() -> Callable[[str], str]:
    """Ids in order, so that a seed always gives the same run."""
    count = itertools.count(1)
    return lambda prefix: f"{prefix}-{next(count):06d}"


@dataclass
class Shop:
    """Orders in, jobs ready: the short way through intake, planning and rendering."""

    store: Store
    artifacts: ArtifactStore
    clock: Clock
    count: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def order(
        self, *, quantity: int = 1, route: Sequence[Step] = FROSTED, due: float | None = None, source: str = "api"
    ) -> list[str]:
        """Receive an order. Its units, none of them planned."""
        line = NewLine("POP", quantity, "pop-tart", {"words": "hi"}, tuple(route))
        received = intake.receive(self.store, NewOrder(source, f"ext-{next(self.count)}", (line,), due=due), "test")
        return [row["id"] for row in rows(self.store, m.units) if row["order_id"] == received.order_id]

    def artifact(self, needs: Needs) -> Rendered:
        data = f"; bytes for {needs.process}\nG28\n".encode()
        used = {"materials": {needs.material: {"volume": VOLUME}}} if needs.material else {}
        return Rendered(
            self.artifacts.put(data), needs.media_type, len(data), needs, None, {"seconds": SECONDS, **used}
        )

    def render(self, needs: Needs | None = None) -> list[str]:
        """Render everything that waits to be rendered. The jobs."""
        of = {"extrude-food": FROST, "engrave": ENGRAVE}
        waiting = intake.to_render(self.store)
        for row in waiting:
            intake.rendered(self.store, row.id, self.artifact(needs or of[row.process]), "test")
        return [row.id for row in waiting]

    def ready(
        self,
        *,
        quantity: int = 1,
        route: Sequence[Step] = FROSTED,
        due: float | None = None,
        needs: Needs | None = None,
    ) -> list[str]:
        """An order whose jobs are all rendered. Its jobs."""
        for unit in self.order(quantity=quantity, route=route, due=due):
            intake.plan(self.store, unit, "test")
        return self.render(needs)

    def claimed(self, offer: Offer, needs: Needs = FROST) -> queue.Claim:
        claim = self.claim(offer, needs)
        assert claim is not None, "nothing could be claimed"
        return claim

    def claim(self, offer: Offer, *needs: Needs) -> queue.Claim | None:
        """Claim the next job with one of these needs, whatever the machine is loaded with; its gates hold."""
        chance = queue.Chance(tuple(one.id for one in needs), condition(self.store, offer))
        return queue.claim(self.store, offer, chance, f"machine:{offer.name}")

    def running(self, offer: Offer, needs: Needs = FROST) -> str:
        """Claim, intend and confirm the next job on record. Its attempt."""
        intent = attempts.intend(self.store, self.claimed(offer, needs), offer, f"machine:{offer.name}")
        attempts.confirm(self.store, intent.attempt, "its display says so", f"machine:{offer.name}")
        return intent.attempt


def condition(store: Store, offer: Offer) -> Condition:
    """The machine's condition on record, where it is registered first if nobody did."""
    with store.read() as connection:
        known = queue.conditions(connection)
    if offer.name not in known:
        floor.register(store, offer, f"machine:{offer.name}")
        return condition(store, offer)
    return known[offer.name]


def rows(store: Store, table: Table) -> list[dict[str, Any]]:
    with store.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def row(store: Store, table: Table, key: str) -> dict[str, Any]:
    column = next(iter(table.primary_key.columns))
    with store.read() as connection:
        return dict(connection.execute(select(table).where(column == key)).mappings().one())


def state(store: Store, table: Table, key: str) -> str:
    return str(row(store, table, key)["state"])


def everything(store: Store) -> str:
    """The whole record as one digest: equal before and after means that nothing changed."""
    digest = hashlib.sha256()
    for table in SQLModel.metadata.sorted_tables:
        found = sorted(repr(sorted(row.items())) for row in rows(store, table))
        digest.update(f"{table.name}{found}".encode())
    return digest.hexdigest()


def replay(table: StateTable, initial: str, events: Sequence[tuple[str, str | None]]) -> str:
    """Walk the events of one entity through its table. The state in which they end; AssertionError where they lie."""
    kind = type(table.initial)
    current = kind(initial)
    known = {name for moves in table.moves.values() for name in moves}
    for name, said in events:
        if name not in known:
            continue  # a remark: it moves nothing
        current = table.after(current, name)
        assert said == current, f"{table.entity}: the row of {name} says {said}, the table {current}"
    return str(current)


class Counter:
    """Counts what reaches a database: statements between begin and commit, and transactions that ended in a commit."""

    def __init__(self, store: Store) -> None:
        self.store, self.statements, self.commits = store, 0, 0
        self.texts: list[str] = []

    def __enter__(self) -> Counter:
        event.listen(self.store.engine, "before_cursor_execute", self._statement)
        event.listen(self.store.engine, "commit", self._commit)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.store.engine, "before_cursor_execute", self._statement)
        event.remove(self.store.engine, "commit", self._commit)

    def _statement(self, _c: Any, _cursor: Any, text: str, _p: Any, _context: Any, _many: bool) -> None:
        if text.startswith(("BEGIN", "SELECT pg_advisory_xact_lock")):
            return
        self.statements += 1
        self.texts.append(text)

    def _commit(self, _connection: Any) -> None:
        self.commits += 1


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'shop.db'}"
