"""From a unit as ordered to jobs with artifacts: fetch, check, plan, render. One thread decides; slow work runs apart.

Every step is in the record before the next begins, and each may be done again: a planner that was killed goes on where
the record stands.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from fulfillment import files, labels, personalization
from fulfillment.catalog import Product
from fulfillment.config import Downloads, Factory
from fulfillment.earlier import with_earlier
from fulfillment.gathering import begin, companies, waits_for
from fulfillment.identity import with_identity
from fulfillment.labels.printing import facts_of as label_facts
from fulfillment.printing.bodies import BodyStep
from fulfillment.processes import Problems, Spec
from fulfillment.render.pool import Deadly, RenderPool
from fulfillment.render.work import look, render, render_all
from fulfillment.slips import facts_of
from jobs import batches, intake, retention
from jobs import models as m
from jobs.artifacts import ArtifactStore
from jobs.store import Refused, Store
from jobs.wake import Wake

log = logging.getLogger(__name__)
WHO = "planner"
FETCHERS = 4
"""Customers' files that are fetched at the same time."""
AGAIN_AFTER, AGAIN_MOST, GIVE_UP_AFTER = 5.0, 300.0, 12
"""Seconds until a failed download is tried again (doubling up to the most), and tries until the unit is held."""

FORGET_EVERY, DAY = 3600.0, 86_400.0
"""Seconds between two looks for what is to be forgotten, and in a day."""
UNNAMED = DAY
"""Seconds that a file is kept which no order names."""

ANEW = "then correct the unit, its fields as they are, to have it checked anew"
FETCH_MEND = f"See that the shop's server answers; {ANEW}."
DEADLY_MEND = f"Ask for something simpler, or give the renderer more memory or time in config.yaml; {ANEW}."
DEFECT_MEND = f"The customer did nothing wrong: report this with the log of `ful web`; {ANEW}."


@dataclass
class _Retry:
    tries: int = 0
    at: float = 0.0


@dataclass(frozen=True)
class _Render:
    future: Future[Any]
    company: str = ""
    """For what the piece waits next, where it is made with others."""
    batch: bool = False


class Planner:
    """Keeps the record moving from ``new`` units to ``ready`` jobs."""

    def __init__(self, store: Store, factory: Factory, artifacts: ArtifactStore, pool: RenderPool) -> None:
        self._store, self._factory, self._artifacts, self._pool = store, factory, artifacts, pool
        self._fetchers = ThreadPoolExecutor(FETCHERS, thread_name_prefix="fetch")
        self._checking: dict[str, Future[Any]] = {}
        self._rendering: dict[str, _Render] = {}
        self._retries: dict[str, _Retry] = {}
        self._wake = Wake(store)
        self._finished = threading.Event()
        self._bodies = BodyStep(factory, artifacts, self._finished.set)
        self._stopping = False
        self._forget_at = 0.0
        self._gather_at = math.inf

    def run(self) -> None:
        """Blocks until :meth:`stop`."""
        while not self._stopping:
            changed = self._wake.wait(0.1)
            if changed or self._finished.is_set() or self._due():
                self._finished.clear()
                self._guarded(self.round)
            if time.monotonic() >= self._forget_at:
                self._forget_at = time.monotonic() + FORGET_EVERY
                self._guarded(self.forget)

    def stop(self) -> None:
        """Let :meth:`run` go. What is in hand is not lost: the record still says that it is to be done."""
        self._stopping = True
        self._wake.stop()
        self._fetchers.shutdown(wait=False, cancel_futures=True)
        self._bodies.close()

    def _due(self) -> bool:
        now = time.monotonic()
        return any(retry.at <= now for retry in self._retries.values()) or self._store.now() >= self._gather_at

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # the thread's outermost edge: planning must outlive a full disk or a locked database
            log.exception("a round of planning failed; the next one begins in a second")
            time.sleep(1)
            self._finished.set()

    def forget(self) -> None:
        """Erase what customers sent, once its time is over."""
        now = self._store.now()
        before = now - self._factory.config.retention * DAY
        while retention.forget_old(self._store, before, WHO) == retention.AT_ONCE:
            log.info("%d orders were forgotten; there are more", retention.AT_ONCE)
        retention.sweep(self._store, self._artifacts, now - UNNAMED)

    def round(self) -> None:
        """Everything that can be done now."""
        self._collect_checks()
        self._collect_renders()
        self._begin_checks()
        for job in intake.to_render(self._store):
            if job.id not in self._rendering:
                self._begin_render(job)
        self._gather()
        for batch, pieces in batches.to_render(self._store).items():
            if batch not in self._rendering:
                self._begin_batch(batch, pieces)

    def _then_wake(self, future: Future[Any]) -> Future[Any]:
        future.add_done_callback(lambda _: self._finished.set())
        return future

    # --- checks -------------------------------------------------------------------------------------------------

    def _downloads(self, order_id: str) -> Downloads:
        with self._store.read() as connection:
            name = connection.execute(select(m.orders.c.source).where(m.orders.c.id == order_id)).scalar_one()
        found = [source.downloads for source in self._factory.config.order_sources if source.name == name]
        return found[0] if found else Downloads()

    def _begin_checks(self) -> None:
        now = time.monotonic()
        for unit_id in [unit_id for unit_id, retry in self._retries.items() if retry.at <= now]:
            self._retries[
                unit_id
            ].at = math.inf  # until its check says when again; it may have been cancelled meanwhile
        # Those that wait for another try are left out of the query, or they would keep newer units from being seen.
        waiting = [unit_id for unit_id, retry in self._retries.items() if retry.at < math.inf]
        for unit in intake.units_to_plan(self._store, without=[*waiting, *self._checking]):
            self._checking[unit.id] = self._then_wake(self._fetchers.submit(self._check, unit))

    def _check(self, unit: Any) -> personalization.Resolved | list[personalization.Problem]:
        """In a thread of its own: fetching is slow."""
        product = self._factory.catalog[unit.product]
        asked = unit.personalization
        texts, data = files.gather(asked.get("fields", {}), self._downloads(unit.order_id), self._artifacts)
        found = personalization.check(product, texts, asked.get("options", {}), data)
        return found if isinstance(found, list) or not found.looked_at else self._looked_at(product, found) or found

    def _looked_at(self, product: Product, found: personalization.Resolved) -> list[personalization.Problem]:
        """Models and PDFs are read in a worker: what a stranger's file does there costs nobody else anything."""
        sent = {name: file.sha256 for name, file in found.looked_at.items()}
        try:
            wrong = self._pool.submit(look, product, found.options, sent, self._artifacts.folder).result()
        except (Deadly, MemoryError) as deadly:
            return [personalization.Problem("", f"Reading what was sent was given up: {deadly}.", DEADLY_MEND)]
        return [personalization.Problem(**one) for one in wrong]

    def _collect_checks(self) -> None:
        for unit_id in [unit_id for unit_id, future in self._checking.items() if future.done()]:
            try:
                found = self._checking.pop(unit_id).result()
            except files.FetchRefused as refused:
                found = [refused.problem]
            except files.FetchLater as later:
                if self._try_again(unit_id, later):
                    continue
                found = [personalization.Problem(later.field, f"The file could not be fetched: {later}.", FETCH_MEND)]
            except CancelledError:
                continue
            except Exception as error:  # a defect, or a product that left the catalog: its unit is held, others go on
                log.exception("%s: its check failed", unit_id)
                found = [personalization.Problem("", f"Checking it failed: {error!r}.", DEFECT_MEND)]
            self._retries.pop(unit_id, None)
            self._write_check(unit_id, found)

    def _write_check(self, unit_id: str, found: personalization.Resolved | list[personalization.Problem]) -> None:
        if isinstance(found, list):
            intake.hold(self._store, unit_id, [problem.body() for problem in found], WHO)
            return
        try:
            intake.plan(self._store, unit_id, WHO, found.body())
        except Refused as refused:  # it was cancelled while it was being checked
            log.info("%s is not planned: %s", unit_id, refused)

    def _try_again(self, unit_id: str, why: files.FetchLater) -> bool:
        retry = self._retries.setdefault(unit_id, _Retry())
        retry.tries += 1
        retry.at = time.monotonic() + min(AGAIN_MOST, AGAIN_AFTER * 2 ** (retry.tries - 1))
        log.warning("%s: %s (try %d of %d)", unit_id, why, retry.tries, GIVE_UP_AFTER)
        return retry.tries < GIVE_UP_AFTER

    # --- renders ------------------------------------------------------------------------------------------------

    def _begin_render(self, job: Any) -> None:
        try:
            spec = self.spec(job)
        except Problems as found:
            self._hold(job.id, found.problems, batch=False)
            return
        except Exception as error:  # a product that left the catalog, say: its unit is held, the others go on
            log.exception("%s: no specification", job.id)
            self._set_aside(job.id, f"It cannot be specified: {error!r}.", DEFECT_MEND)
            return
        if spec is not None:
            room = spec.product.room(spec.operation)
            future = self._then_wake(self._pool.submit(render, spec, self._artifacts.folder))
            self._rendering[job.id] = _Render(future, waits_for(room) if room else "")

    def _gather(self) -> None:
        """Put what waits for company into jigs, and give up those of which a unit went."""
        for batch in batches.broken(self._store):
            batches.give_up(self._store, batch, "a unit of it is held or was cancelled", WHO)
        now, catalog = self._store.now(), self._factory.catalog
        waiting = companies(self._store, catalog)
        while due := [company for company in waiting if company.due(now)]:
            try:
                begin(self._store, due[0], WHO)
            except Refused as refused:  # a unit went since it was looked at, and the record has changed by that
                log.info("no jig of %s is begun: %s", due[0].product, refused)
                break
            waiting = companies(self._store, catalog)
        self._gather_at = min((company.begins_at for company in waiting), default=math.inf)

    def _begin_batch(self, batch: str, pieces: Sequence[Any]) -> None:
        try:
            specs = [(self.spec(piece), piece) for piece in pieces]
        except Problems as found:
            self._hold(batch, found.problems, batch=True)
            return
        except Exception as error:  # as of a single job: its units are held, the others go on
            log.exception("%s: no specification", batch)
            self._set_aside(batch, f"It cannot be specified: {error!r}.", DEFECT_MEND, batch=True)
            return
        placed = [
            replace(spec, pocket=piece.place["pocket"], label=piece.unit_id)
            for spec, piece in specs
            if spec is not None
        ]
        if len(placed) == len(specs):
            future = self._then_wake(self._pool.submit(render_all, placed, self._artifacts.folder))
            self._rendering[batch] = _Render(future, batch=True)

    def spec(self, job: Any) -> Spec | None:
        """Everything that the job's artifact depends on; None while some of that is not there yet. Raises Problems."""
        resolved = job.resolved
        product = self._factory.catalog[job.product]
        base = specification(self._factory, job.product, job.operation, resolved)
        if product.route[job.operation].paper == labels.PAPER:
            return label_facts(self._store, self._factory, job, base)
        if product.route[job.operation].process != "document":
            return self._bodies.under(with_earlier(self._store, job, with_identity(self._store, job, base)))
        return facts_of(self._store, self._factory, job, base)

    def _collect_renders(self) -> None:
        for job_id in [job_id for job_id, begun in self._rendering.items() if begun.future.done()]:
            done = self._rendering.pop(job_id)
            try:
                intake.rendered(self._store, job_id, done.future.result(), WHO, done.company)
            except Problems as found:
                self._hold(job_id, found.problems, batch=done.batch)
            except (Deadly, MemoryError) as deadly:
                self._set_aside(job_id, f"Drawing it was given up: {deadly}.", DEADLY_MEND, batch=done.batch)
            except CancelledError:
                continue  # the pool was closed: the record still says that it is to be rendered
            except Exception as error:  # a defect in a process: its unit is held with it, the others go on
                log.exception("%s: its render failed", job_id)
                self._set_aside(job_id, f"Rendering failed: {error!r}.", DEFECT_MEND, batch=done.batch)

    def _set_aside(self, job_id: str, reason: str, mend: str, *, batch: bool = False) -> None:
        self._hold(job_id, [{"field": "", "reason": reason, "mend": mend}], batch=batch)

    def _hold(self, job_id: str, problems: Sequence[Mapping[str, str]], *, batch: bool) -> None:
        """Hold the unit of a job, or of a batch every unit: nobody knows yet whose piece it is."""
        if batch:
            batches.give_up(self._store, job_id, "its program was refused", WHO, problems)
        else:
            intake.set_aside(self._store, job_id, problems, WHO)


def specification(factory: Factory, product: str, operation: str, resolved: Mapping[str, Any]) -> Spec:
    """The specification of one operation for a checked personalization, without what papers say of an order."""
    entry, config = factory.catalog[product], factory.config
    process = entry.route[operation].process or ""
    return Spec(
        process=process,
        product=entry,
        operation=operation,
        fields=dict(resolved["texts"]),
        options=dict(resolved["options"]),
        parameters=dict(resolved.get("parameters", {})),
        files=dict(resolved["photos"]),
        machines=tuple(machine for machine in config.machines if process in machine.processes),
        materials={material.name: material for material in config.materials},
        profiles=factory.profiles,
        press=factory.press,
        shelf=factory.shelf,
        slicers={str(name): one for name, one in config.slicers.items()},
    )


def problems_text(problems: Sequence[personalization.Problem]) -> str:
    """Problems as lines for a terminal."""
    return "\n".join(f"  {problem.field or 'order'}: {problem}" for problem in problems)
