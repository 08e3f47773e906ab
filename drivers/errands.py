"""Carrying out what the engine of a job says (:mod:`drivers.protocols.ipp.engine`), and telling it what came of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from drivers.contract import ArtifactFault, Clock, DriverError, MachineFault, WireFault
from drivers.posting import Unsent
from drivers.printers import Printer, Refused
from drivers.printjobs import Known
from drivers.protocols.ipp import seen
from drivers.protocols.ipp.engine import Do, Engine, Heard, Record, seen_as
from drivers.protocols.ipp.values import keyword

_log = logging.getLogger(__name__)

BRISK, SLOWEST = 0.25, 2.0
"""Seconds between two steps where the next one should wait, at first and in the end."""

HOLD = keyword("job-hold-until", "indefinite")

Came = tuple[Heard, seen.Job | None]


@dataclass(frozen=True, slots=True)
class Errand:
    """One engine, run as far as a verdict or until time is up. ``note`` is durable when it returns.

    ``wait``: seconds for what is to be printed, and as long again for what did not work to be taken back. ``stopped``:
    once set, nothing more is begun. ``closing``: once set, nothing more is done.
    """

    clock: Clock
    wait: float
    stopped: threading.Event
    closing: threading.Event
    printer: Printer
    name: str
    known: Known
    note: Callable[[Record], None]

    def run(self, engine: Engine) -> None:
        """Nothing is done before it is written down. Raises MachineFault where it cannot be."""
        until, pause = self.clock.monotonic() + self.wait, min(BRISK, engine.settle / 4)
        while not (engine.over or self.closing.is_set()):
            left = until - self.clock.monotonic()
            if left <= 0 and not engine.printing:
                break
            if left <= 0:
                until = self.clock.monotonic() + self.wait
            if left <= 0 or self.stopped.is_set():
                engine.give_up()
            if engine.later:
                self.clock.sleep(max(0.0, min(left, pause)))
                pause = min(pause * 1.5, SLOWEST)
            self.note(engine.record)
            heard, job, why = self._done(engine)
            engine.hear(heard, self.clock.monotonic(), job, why)
        self.note(engine.record)

    def _done(self, engine: Engine) -> tuple[Heard, seen.Job | None, str]:
        """What came of what is to be done."""
        ways = {
            Do.CREATE: self._create,
            Do.SEND: self._send,
            Do.RELEASE: self._release,
            Do.CANCEL: self._withdraw,
        }
        try:
            return (*ways.get(engine.do, self._look)(engine), "")
        except Unsent as error:
            return Heard.UNSENT, None, str(error)
        except Refused as refused:
            return Heard.BUSY if refused.busy else Heard.REFUSED, None, str(refused)
        except ArtifactFault as fault:  # Some of it may have left.
            engine.give_up()
            return Heard.LOST, None, str(fault)
        except MachineFault as fault:
            return Heard.REFUSED, None, str(fault)
        except WireFault as error:
            return Heard.LOST, None, str(error)

    def _look(self, engine: Engine) -> Came:
        job = self.printer.found(self.name, engine.record.job, engine.record.uuid)
        return seen_as(job), job

    def _create(self, engine: Engine) -> Came:
        held = (HOLD,) if engine.record.hold else ()
        job, ignored = self.printer.create(self.name, (*self.known.template, *held))
        if ignored:
            engine.give_up()
            engine.why = f"the printer would print it otherwise than asked for: {', '.join(ignored)}"
        try:
            job = self.printer.job(job.id) or job  # The answer need not hold the uuid.
        except DriverError as error:
            _log.debug("job %d: %s", job.id, error)
        return Heard.CREATED, job

    def _send(self, engine: Engine) -> Came:
        payload, job = self.known.payload, engine.record.job
        assert payload is not None and job is not None  # noqa: S101  (only what was transferred is printed)
        self.printer.send(job, self.name, payload.media_type, payload.path)
        return Heard.TAKEN, None

    def _release(self, engine: Engine) -> Came:
        if engine.record.job is not None:
            self.printer.release(engine.record.job)
        return Heard.TOLD, None

    def _withdraw(self, engine: Engine) -> Came:
        if engine.record.job is not None:
            self.printer.cancel(engine.record.job)
        return Heard.TOLD, None
