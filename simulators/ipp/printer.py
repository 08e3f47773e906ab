"""Jobs, the way of the paper, and what stands in it. Time is passed in; whoever calls holds :attr:`Printer.door`.

:meth:`Printer.turn` moves everything on that is due, and says what takes time outside of the door: the opening of a
document, or the drawing of an impression. :meth:`Printer.wait` says when to look again.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from simulators.ipp.faults import KINDS, Fault, Faults, Place
from simulators.ipp.job import INCOMING, STOPPING, Clock, Job, State, View
from simulators.ipp.media import Tray, same
from simulators.ipp.settings import Settings
from simulators.ipp.sheets import Output, foreign
from simulators.ipp.ticket import Ticket
from simulators.ipp.wire import Attribute

BLOCKING = ("media-jam", "cover-open", "door-open", "toner-empty", "output-area-full", "media-empty", "media-needed")
"""Conditions that stop the printer."""
WARNING = ("toner-low", "media-low")
LOW = 10
"""Sheets in a tray from which on it is low."""


@dataclass(frozen=True, slots=True)
class Build:
    """What does not change while it runs."""

    name: str
    trays: tuple[str, ...]
    colour: bool = True
    two_sided: bool = True
    dpi: int = 100

    @property
    def uuid(self) -> str:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"ipp-simulator:{self.name}").urn


@dataclass(frozen=True, slots=True)
class Impression:
    """One side of one sheet, about to be printed."""

    job: Job
    page: int
    """Of the document, from 0."""
    copy: int
    side: int
    sheet: int
    tray: Tray
    boot: int


@dataclass(frozen=True, slots=True)
class Opening:
    """A document that is to be opened."""

    job: Job
    boot: int


@dataclass(slots=True)
class Path:
    """What is on its way through the printer."""

    impression: Impression
    until: float


@dataclass(slots=True)
class Printer:
    build: Build
    settings: Settings
    trays: list[Tray]
    speed: float | None
    """How many times as fast as a real one pages are printed; None: they take no time."""
    uri: str = ""
    web: str = ""
    output: Output = field(default_factory=Output)
    faults: Faults = field(default_factory=Faults)
    door: threading.Condition = field(default_factory=lambda: threading.Condition(threading.RLock()))
    jobs: dict[int, Job] = field(default_factory=dict)
    standing: list[str] = field(default_factory=list)
    """Conditions that last until somebody mends them."""
    noted: list[str] = field(default_factory=list)
    """Reasons without an effect."""
    paused: bool = False
    accepting: bool = True
    identified: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    away: Callable[[float], None] = lambda _: None
    """Called when the power is cut: for how long nothing answers."""
    booted: float = field(default_factory=time.monotonic)
    boot: int = 0
    miscount: int = 0
    spoilt: int = 0
    """Sheets that jammed, or were in the printer when the power went."""
    current: Job | None = None
    _next: int = 1
    _path: Path | None = None
    _steps: Iterator[tuple[int, int, int]] = field(default_factory=lambda: iter(()))
    _step: tuple[int, int, int] | None = None
    _struck: bool = False
    """The faults of this step had their turn."""
    _sheet: int = 0
    _wanting: str | None = None
    """Why the next sheet cannot be fed: media-empty, media-needed."""
    _stacked: int = 0
    changed: Clock = field(default_factory=lambda: Clock(1, time.time()))
    _seen: tuple[int, tuple[str, ...]] = (3, ())

    # --- time -----------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Real seconds since it was switched on; printer-up-time counts from 1."""
        return time.monotonic() - self.booted + 1

    def clock(self) -> Clock:
        return Clock(self.now, time.time())

    def wait(self) -> float:
        """Real seconds until something happens by itself."""
        now, due = self.now, [0.5]
        if self._path is not None:
            due.append(self._path.until - now)
        elif self.current is not None and self.current.stopping is not None:
            due.append(self._ends(self.current.stopping) - now)
        return max(0.0, min(due))

    def turn(self) -> Opening | Impression | None:
        """What takes time, if anything does."""
        self._expire()
        work, before = self._work(), None
        while work is None and before != (before := (self.current, self._path)):
            work = self._work()
        self._remember()
        return work

    def _expire(self) -> None:
        now, forget, limit = self.now, self.settings.number("forget"), self.settings.number("time-out")
        for job in list(self.jobs.values()):
            if job.ended is not None:
                if now - job.ended.up > forget:
                    del self.jobs[job.number]
            elif job.waits and not job.receiving and INCOMING in job.reasons and now - job.touched > limit:
                self._timed_out(job)

    def _timed_out(self, job: Job) -> None:
        """RFC 8011, 5.4.31: abort-job, hold-job or process-job."""
        action = self.settings.text("time-out-action")
        if action == "hold-job":
            job.state, job.reasons = State.HELD, ["job-held-by-system"]
        elif action == "process-job" and job.data:
            job.ready()
        else:
            job.end(State.ABORTED, self.clock(), "aborted-by-system", "job-data-insufficient")

    # --- the paper's way ------------------------------------------------------------------------------------------

    def _work(self) -> Opening | Impression | None:
        if self._path is not None:
            return self._arrived()
        job = self.current
        if job is not None and job.stopping is not None:
            if self.now >= self._ends(job.stopping):
                self._end(job, State.CANCELED, *(r for r in job.reasons if r.startswith("job-canceled")))
            return None
        if job is None:
            job = self._begin()
        if job is None:
            return None
        if not job.opened:
            return Opening(job, self.boot)
        self._feed(job)
        return None

    def _ends(self, asked: float) -> float:
        """When a job that was canceled while it was printed is over."""
        return asked + self.settings.number("cancel")

    def _begin(self) -> Job | None:
        """The next job: one that waits for its document holds up those behind it, one that is held does not."""
        following = next((job for job in self.unfinished if job.state != State.HELD or INCOMING in job.reasons), None)
        if following is None or following.waits or self.stopped:
            return None
        self.current, following.began = following, self.clock()
        following.state, following.reasons = State.PROCESSING, ["job-interpreting"]
        return following

    def opened(self, opening: Opening, pages: int) -> None:
        """The document can be read; ``pages`` it has."""
        job = opening.job
        if opening.boot != self.boot or job.finished:
            return
        job.opened, job.pages = True, pages
        if STOPPING not in job.reasons:
            job.reasons = ["job-printing"]
        chosen, sides = job.ticket.chosen(pages), 2 if job.ticket.two_sided else 1
        copies = range(job.ticket.copies)
        self._steps = ((page, copy, at % sides) for copy in copies for at, page in enumerate(chosen))
        self._step, self._struck = next(self._steps, None), False

    def unreadable(self, opening: Opening, reason: str) -> None:
        if opening.boot == self.boot and not opening.job.finished:
            self._end(opening.job, State.ABORTED, "aborted-by-system", reason)

    def _feed(self, job: Job) -> None:
        """The next side begins, if nothing stands in the way."""
        if self._step is None:
            self._end(job, State.COMPLETED, "job-completed-successfully")
            return
        page, copy, side = self._step
        if not self.stopped and not self._struck:
            self._struck = True
            for fault in self.faults.page():
                self.happen(fault)
        if self.current is not job or job.stopping is not None:
            return  # it was given up, canceled, or lost just now
        tray = self._tray(job.ticket)
        if self.stopped or tray is None:
            job.state = State.STOPPED
            return
        job.state = State.PROCESSING
        if side == 0:
            tray.sheets -= 1
            self._sheet += 1
        impression = Impression(job, page, copy, side, self._sheet, tray, self.boot)
        seconds = self.settings.number("page") / self.speed if self.speed is not None else 0.0
        self._path = Path(impression, self.now + seconds)

    def _arrived(self) -> Impression | None:
        path = self._path
        return path.impression if path is not None and self.now >= path.until else None

    def printed(self, impression: Impression) -> bool:
        """It lies in the output. Whether it does: the power may have gone."""
        if impression.boot != self.boot:
            return False
        job = impression.job
        job.impressions += 1
        self._path, self._step, self._struck = None, next(self._steps, None), False
        if impression.side == 0:
            job.sheets += 1
            self._stacked += 1
        if self._stacked >= self.settings.number("output") and "output-area-full" not in self.standing:
            self.standing.append("output-area-full")
        return True

    def broken(self, work: Opening | Impression) -> None:
        """Its own fault."""
        if isinstance(work, Impression):
            self.unprintable(work, "document-unprintable-error")
        else:
            self.unreadable(work, "document-unprintable-error")

    def unprintable(self, impression: Impression, reason: str) -> None:
        """A page cannot be drawn: the sheet comes out empty, and the job is given up."""
        if impression.boot == self.boot:
            self._path = None
            self.spoilt += 1
            self._end(impression.job, State.ABORTED, "aborted-by-system", reason)

    def _end(self, job: Job, state: State, *reasons: str) -> None:
        job.end(state, self.clock(), *reasons)
        job.stopping = None
        if self.current is job:
            self.current, self._step, self._steps, self._wanting = None, None, iter(()), None

    def _tray(self, ticket: Ticket) -> Tray | None:
        """Where the next sheet comes from; None, and :attr:`_wanting`, where there is none."""
        self._wanting = None
        allowed = [tray for tray in self.trays if ticket.source in ("auto", tray.name)]
        fitting = [tray for tray in allowed if same(tray.size, ticket.size)]
        if not fitting and self.settings.text("mismatch") == "scale":
            fitting = allowed or self.trays
        full = next((tray for tray in fitting if tray.sheets > 0), None)
        if full is None:
            self._wanting = "media-empty" if fitting else "media-needed"
        return full

    # --- what it says ---------------------------------------------------------------------------------------------

    @property
    def conditions(self) -> list[str]:
        """Without suffixes, errors first."""
        found = [*self.standing, *([self._wanting] if self._wanting else [])]
        if any(0 < tray.sheets <= LOW for tray in self.trays):
            found.append("media-low")
        if self.paused:
            found.append("moving-to-paused" if self._path is not None else "paused")
        return [*dict.fromkeys(found), *self.noted]

    @property
    def stopped(self) -> bool:
        """It begins with no page."""
        return self.paused or any(condition in BLOCKING for condition in self.standing)

    @property
    def state(self) -> int:
        """3 idle, 4 processing, 5 stopped (RFC 8011, 5.4.11)."""
        if self._path is not None:
            return 4
        if self.stopped or self._wanting is not None:
            return 5
        return 4 if self.current is not None else 3

    @property
    def reasons(self) -> list[str]:
        suffix = self.settings.text("suffix")
        said = []
        for condition in self.conditions:
            severity = "error" if condition in BLOCKING else "warning" if condition in WARNING else ""
            plain = not severity or suffix == "none"
            said.append(condition if plain else f"{condition}-{severity if suffix == 'usual' else suffix}")
        return said or ["none"]

    def _remember(self) -> None:
        """printer-state-change-time."""
        seen = self.state, tuple(self.conditions)
        if seen != self._seen:
            self._seen, self.changed = seen, self.clock()

    def view(self, job: Job) -> View:
        ahead = sum(not other.finished for other in self.jobs.values() if other.number < job.number)
        return View(self.uri, self.web, self.now, self.settings.text("count"), self.miscount, ahead, self.state == 5)

    @property
    def unfinished(self) -> list[Job]:
        return [job for job in self.jobs.values() if not job.finished]

    # --- jobs -----------------------------------------------------------------------------------------------------

    def accept(self, name: str, user: str, ticket: Ticket, template: Mapping[str, Attribute]) -> Job:
        """A job without a document."""
        job = Job(self._next, name, user, ticket, template, self.clock())
        self._next += 1
        self.jobs[job.number] = job
        self.incoming(job)
        return job

    def incoming(self, job: Job) -> None:
        job.incoming(self.now, self.settings.text("incoming") == "pending-held")

    def complete(self, job: Job) -> None:
        """No more documents come."""
        if job.finished:
            return
        if (job.cut and self.settings.text("cut") == "abort") or not job.data:
            job.end(State.ABORTED, self.clock(), "aborted-by-system", "job-data-insufficient")
        else:
            job.ready()
        self.door.notify_all()

    def cancel(self, job: Job, reason: str) -> bool:
        """Whether there is something to cancel. A job that is being printed takes its time."""
        if job.finished or job.stopping is not None:
            return False
        if self.current is job:
            job.stopping = self.now
            job.reasons = [STOPPING, reason]
        else:
            self._end(job, State.CANCELED, reason)
        self.door.notify_all()
        return True

    # --- what happens to it ---------------------------------------------------------------------------------------

    def arm(self, fault: Fault) -> None:
        """Now, or when it is its turn."""
        place = KINDS[fault.kind].place
        if place is Place.REQUEST or place is Place.NEXT or fault.page:
            self.faults.arm(fault)
        else:
            self.happen(fault)
        self.door.notify_all()

    def happen(self, fault: Fault) -> None:
        _HAPPENINGS[fault.kind](self, fault)
        self.door.notify_all()

    def stand(self, condition: str) -> None:
        if condition not in self.standing:
            self.standing.append(condition)

    def mend(self) -> list[str]:
        """Somebody clears the jam, closes what is open, puts toner in, empties the output, and lets it go on."""
        mended, self.standing, self.noted = [*self.standing, *self.noted], [], []
        self.paused, self.accepting, self._stacked = False, True, 0
        self.door.notify_all()
        return mended

    def unload(self) -> None:
        """Somebody empties the output."""
        self._stacked = 0
        if "output-area-full" in self.standing:
            self.standing.remove("output-area-full")
        self.door.notify_all()

    def load(self, name: str, sheets: int, media: str | None) -> Tray:
        """Somebody puts paper into a tray. Raises ValueError."""
        for tray in self.trays:
            if tray.name == name:
                tray.sheets, tray.media = sheets, media or tray.media
                self._wanting = None
                self.door.notify_all()
                return tray
        raise ValueError(f"tray {name!r} is not there: {', '.join(tray.name for tray in self.trays)}")

    def power_cut(self, seconds: float) -> None:
        """Jobs are gone, and so is what was on its way."""
        self.boot += 1
        for job in self.unfinished:
            if job.uuid in self.output.documents:
                self.output.documents[job.uuid]["state"] = "lost"
        self.spoilt += self._path is not None
        self.jobs.clear()
        self.current, self._path, self._step, self._steps, self._wanting = None, None, None, iter(()), None
        self.paused, self.accepting = False, True
        if self.settings.text("ids") == "restart":
            self._next = 1
        self.booted = time.monotonic()
        self.away(seconds)
        self.door.notify_all()

    def jam(self) -> None:
        """The sheet is lost, its side is printed again."""
        job = self.current
        if job is None:
            return
        tray = self._tray(job.ticket)
        if tray is not None and tray.sheets > 0:
            tray.sheets -= 1
            self.spoilt += 1
        self.stand("media-jam")

    def stranger(self, pages: int) -> None:
        """Somebody else prints."""
        ticket = Ticket(self.trays[0].size, self.trays[0].media, copies=max(1, pages))
        job = self.accept("Quarterly figures", "somebody", ticket, {})
        job.foreign, job.kind, job.documents = True, "image/jpeg", 1
        job.data += foreign()
        self.complete(job)

    def cancel_current(self) -> None:
        job = self.current or next(iter(self.unfinished), None)
        if job is not None:
            self.cancel(job, "job-canceled-at-device")

    def abort(self) -> None:
        if self.current is not None:
            self._end(self.current, State.ABORTED, "aborted-by-system")

    def forget(self) -> None:
        self.jobs = {number: job for number, job in self.jobs.items() if not job.finished}

    def empty(self, left: int) -> None:
        for tray in self.trays:
            tray.sheets = min(tray.sheets, left)


def _pause(printer: Printer, paused: bool) -> None:
    printer.paused = paused
    printer.accepting = printer.accepting or not paused


def _miscount(printer: Printer, by: int) -> None:
    printer.miscount = by


def _reject(printer: Printer) -> None:
    printer.accepting = False


_HAPPENINGS: Mapping[str, Callable[[Printer, Fault], None]] = {
    "jam": lambda printer, _: printer.jam(),
    "abort": lambda printer, _: printer.abort(),
    "media-empty": lambda printer, fault: printer.empty(int(fault.amount)),
    "cover-open": lambda printer, _: printer.stand("cover-open"),
    "door-open": lambda printer, _: printer.stand("door-open"),
    "toner-low": lambda printer, _: printer.stand("toner-low"),
    "toner-empty": lambda printer, _: printer.stand("toner-empty"),
    "output-full": lambda printer, _: printer.stand("output-area-full"),
    "reason": lambda printer, fault: printer.noted.append(fault.argument),
    "pause": lambda printer, _: _pause(printer, True),
    "resume": lambda printer, _: _pause(printer, False),
    "cancel-at-printer": lambda printer, _: printer.cancel_current(),
    "foreign-job": lambda printer, fault: printer.stranger(int(fault.amount)),
    "power-cut": lambda printer, fault: printer.power_cut(fault.amount),
    "forget": lambda printer, _: printer.forget(),
    "miscount": lambda printer, fault: _miscount(printer, int(fault.amount)),
    "reject": lambda printer, _: _reject(printer),
}
