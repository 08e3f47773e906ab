"""A printer that runs files: a Marlin core, and what feeds it line after line from memory.

Everything here happens in the machine's thread; ``told`` is called there, too. Time is simulated seconds. Where the
server feeds a printer over a serial line (OctoPrint), this is the server's sender; where the printer holds the file
itself (Klipper, Buddy), it is the printer's own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from simulators.marlin.firmware import Firmware

TERMINAL = 200
"""Lines of the printer's own words that are kept."""
SWITCH_OFF = (b"M104 S0", b"M140 S0", b"M107", b"M84")
"""What a cancelled print leaves behind."""


class State(StrEnum):
    OFFLINE = "offline"
    IDLE = "idle"
    PRINTING = "printing"
    PAUSING = "pausing"
    """Fed no more; what is queued still moves."""
    PAUSED = "paused"
    CANCELLING = "cancelling"
    ERROR = "error"


class Result(StrEnum):
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = frozenset({State.PRINTING, State.PAUSING, State.PAUSED, State.CANCELLING})


@dataclass(slots=True)
class File:
    """A file of the server. ``added``: simulated seconds; ``notes``: whatever its vendor keeps beside it."""

    name: str
    data: bytes
    added: float = 0.0
    notes: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Job:
    """One run of a file. ``result`` None: it is not over."""

    number: int
    file: str
    data: bytes
    began: float
    fed: int = 0
    """Bytes of the file that were handed on."""
    ended: float | None = None
    result: Result | None = None

    @property
    def progress(self) -> float:
        return self.fed / len(self.data) if self.data else 1.0


Told = Callable[[str, Job], None]
"""What happened (started, pausing, paused, resumed, cancelling, and a result), and to which job."""


def _nobody(what: str, job: Job) -> None:
    """Tell nobody."""


class Printer:
    """Satisfies :class:`simulators.serve.Machine`. Its verbs are orders: whether they make sense its server decides."""

    def __init__(self, firmware: Firmware, online: bool = True) -> None:
        self.firmware, self.online = firmware, online
        self.own: dict[str, Callable[[str], None]] = {}
        """A vendor's own commands, by their first word: they never reach the firmware."""
        self.told: Told = _nobody
        self.jobs: list[Job] = []
        """All jobs ever, the newest last."""
        self.terminal: deque[str] = deque(maxlen=TERMINAL)
        self.overheard: Callable[[str], None] | None = None
        """Called with each line on the serial link, as a terminal shows it: ``Send: ...``, ``Recv: ...``."""
        self.held = False
        """A person is waited for, as at :meth:`hold`."""
        self._order = State.IDLE
        """PRINTING, PAUSING, PAUSED, CANCELLING while a job is in hand; IDLE otherwise."""
        self._ready: deque[bytes] = deque()

    # --- as a server sees it --------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        if not self.online:
            return State.OFFLINE
        return State.ERROR if self.firmware.dead else self._order

    @property
    def job(self) -> Job | None:
        """The job in hand, or the last one."""
        return self.jobs[-1] if self.jobs else None

    def start(self, file: File) -> Job:
        """Run a file, whatever else is in hand: a server that would ask first, asks first."""
        if self._order in ACTIVE:
            self.abandon()
        job = Job(len(self.jobs) + 1, file.name, file.data, self.firmware.now)
        self.jobs.append(job)
        self._order = State.PRINTING
        self.told("started", job)
        return job

    def pause(self) -> None:
        if self._order is State.PRINTING:
            self._to(State.PAUSING, "pausing")

    def resume(self) -> None:
        if self._order in (State.PAUSING, State.PAUSED):
            self._to(State.PRINTING, "resumed")

    def cancel(self) -> None:
        """End the job once what is queued has moved, and switch off."""
        if self._order in ACTIVE and self._order is not State.CANCELLING:
            self.held = False
            self._ready.clear()
            self._to(State.CANCELLING, "cancelling")

    def abandon(self, result: Result | None = None) -> None:
        """Stop feeding here and now; heaters stay as they are. ``result`` None: nobody notes how it ended."""
        self.held = False
        self._ready.clear()
        if self._order in ACTIVE:
            self._end(result)

    def emergency(self) -> None:
        """M112."""
        if self.online:
            self.firmware.receive(b"M112\n")
        self._settle()

    def command(self, line: str) -> None:
        """A line of somebody's own, between those of the file."""
        word = line.split(maxsplit=1)[0].upper() if line.strip() else ""
        if word in self.own:
            self.own[word](line)
        elif self.online and word:
            self._ready.append(line.encode("ascii", "replace"))

    def plug(self) -> None:
        """The serial line opens; on many boards that resets them."""
        if not self.online:
            self.online = True
            self.firmware.opened()

    def unplug(self, result: Result | None = Result.FAILED) -> None:
        """The serial line is gone, and with it a job that is fed over it."""
        self.online = False
        self.abandon(result)

    def power_cycle(self) -> None:
        self.abandon(Result.FAILED)
        self.firmware.boot("PowerUp")

    def hold(self) -> None:
        """Feed no more until :meth:`press`, as where a person is asked for something."""
        self.held = True

    def press(self) -> bool:
        """The button at the machine. False where nobody waits for it."""
        held, self.held = self.held, False
        return self.firmware.press() or held

    # --- as the loop sees it --------------------------------------------------------------------------------------

    @property
    def pressing(self) -> bool:
        """Time is all that it waits for: nobody outside adds lines while a file runs."""
        waits = self.firmware.user or self.firmware.stopped() or (self.held and self.firmware.idle)
        return not waits and not self.idle and self.firmware.next_event() is not None

    @property
    def moving(self) -> bool:
        return self.firmware.moving

    @property
    def moves(self) -> int:
        return self.firmware.moves

    @property
    def idle(self) -> bool:
        return self.firmware.idle and self._order in (State.IDLE, State.PAUSED) and not self._ready

    def next_event(self) -> float | None:
        return self.firmware.next_event()

    def advance(self, now: float) -> None:
        """Let everything happen up to ``now``, feeding whenever there is room."""
        self._feed()
        while (event := self.firmware.next_event()) is not None and event <= now:
            self.firmware.advance(event)
            self._feed()
        self.firmware.advance(now)
        self._feed()

    def receive(self, data: bytes) -> None:
        """Nobody else is on the line."""

    def opened(self) -> None:
        """Nobody else opens the port."""

    def output(self) -> list[tuple[bytes, bool]]:
        return []

    def wishes(self) -> list[float]:
        """``unplug`` of the firmware's own faults."""
        wishes = self.firmware.wishes()
        if wishes:
            self.unplug()
        return []

    # --- feeding --------------------------------------------------------------------------------------------------

    def _feed(self) -> None:
        firmware = self.firmware
        while not self.held and not firmware.stopped() and len(firmware.queue) < firmware.options.bufsize:
            line = self._next()
            if line is None:
                break
            if self.overheard is not None:
                self.overheard(f"Send: {line.decode('ascii', 'replace')}")
            firmware.receive(line + b"\n")
            self._hear()
        self._settle()

    def _next(self) -> bytes | None:
        """The next line: somebody's own before the file's."""
        if not self.online:
            return None
        if self._ready:
            return self._ready.popleft()
        job = self.job
        while job is not None and self._order is State.PRINTING and job.fed < len(job.data):
            end = job.data.find(b"\n", job.fed)
            end = len(job.data) if end < 0 else end
            line, job.fed = job.data[job.fed : end].split(b";", 1)[0].strip(), min(end + 1, len(job.data))
            word = line.split(maxsplit=1)[0].decode("ascii", "replace").upper() if line else ""
            if word in self.own:
                self.own[word](line.decode("ascii", "replace"))
                return self._next() if not self.held else None
            if line:
                return line
        return None

    def _settle(self) -> None:
        """What has come about by itself."""
        firmware, job = self.firmware, self.job
        self._hear()
        if job is None or self._order not in ACTIVE:
            return
        if firmware.stopped():
            self.abandon(Result.FAILED)
        elif not firmware.idle or self._ready:
            return
        elif self._order is State.PAUSING:
            self._to(State.PAUSED, "paused")
        elif self._order is State.CANCELLING:
            self._end(Result.CANCELLED)
            self._ready.extend(SWITCH_OFF)
        elif self._order is State.PRINTING and job.fed >= len(job.data) and not self.held:
            self._end(Result.DONE)

    def _hear(self) -> None:
        """What the firmware has said."""
        said = b"".join(data for data, _ in self.firmware.output()).decode("ascii", "replace").splitlines()
        self.terminal.extend(said)
        if self.overheard is not None:
            for line in said:
                self.overheard(f"Recv: {line}")

    def _to(self, order: State, what: str) -> None:
        self._order = order
        self.told(what, self.jobs[-1])

    def _end(self, result: Result | None) -> None:
        job = self.jobs[-1]
        job.ended, job.result = self.firmware.now, result
        self._order = State.IDLE
        if result is not None:
            self.told(result, job)
