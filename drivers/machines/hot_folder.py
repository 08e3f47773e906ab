"""A folder that other software watches: what is put there gets made, and with luck somebody says so.

A hot folder has no fence: once a file can be seen, it may be taken at any moment. So a file appears there at most
once for each attempt, by one atomic rename, and a durable mark is set before it: a second start finds the mark, after
a crash too. Files that wait and marks stand in the hidden folder ``.fulfillment`` inside (one file system, so that a
rename is atomic).
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePath
from types import TracebackType
from typing import Self

from drivers.contract import (
    Activity,
    Cancelled,
    Changed,
    Clock,
    Doubted,
    Event,
    Evidence,
    Failed,
    Link,
    Made,
    NotSupported,
    OurFault,
    Payload,
    Seen,
    Settings,
    Start,
    StartAnswer,
    Status,
    WireFault,
    WrongAttempt,
    checked_attempt,
)
from drivers.options import checked
from drivers.payloads import read_payload

HIDDEN = ".fulfillment"


class DoneWhen(StrEnum):
    """What counts as made, by choice of who knows the consumer."""

    ACKNOWLEDGED = "acknowledged"
    TAKEN = "taken"
    WRITTEN = "written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    extension: str = ".gcode"
    done_when: DoneWhen = DoneWhen.ACKNOWLEDGED
    ack: str = "{attempt}.done"
    """A file whose appearance says "made"; relative to the folder, so ``printed/{attempt}.gcode`` serves for a consumer
    that moves what it has made."""
    error: str = "{attempt}.error"
    """A file whose appearance says "failed"."""
    moves: bool = True
    """The consumer moves or deletes a file before it begins with it. False: it may work on it in place, so that a file
    which is still there proves nothing."""
    poll: float = 0.5
    """Seconds between two looks at the folder."""


class HotFolder:
    """See :class:`drivers.contract.Machine`; every verb takes the time of a few file operations."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._name, self._clock = settings.name, clock
        self._options = checked(Options, settings.options, settings.name)
        self._folder = Path(settings.address)
        self._hidden = self._folder / HIDDEN
        for pattern in (self._options.ack, self._options.error, "{attempt}" + self._options.extension):
            _checked_pattern(pattern, settings.name)
        self._connected = False
        self._running: str | None = None
        self._fault: str | None = None
        self._events: deque[Event] = deque()

    # --- verbs ----------------------------------------------------------------------------------------------------

    def connect(self) -> Status:
        """The folder is there and can be written to."""
        try:
            self._hidden.mkdir(exist_ok=True)
            _sync_folder(self._folder)
        except OSError as error:
            self._connected = False
            raise WireFault(
                f"{self._name}: cannot use the folder {self._folder} ({error.strerror}); is it mounted and writable?"
            ) from error
        if not self._connected or self._fault is not None:
            self._connected, self._fault = True, None
            self._events.append(Changed(self.status()))
        return self.status()

    def transfer(self, attempt: str, payload: Payload) -> None:
        """The bytes stand in the hidden folder, whole and durable, and nobody watches that."""
        checked_attempt(attempt)
        if self._mark(attempt).exists():
            return  # It was started or given up; there is nothing to transfer for it any more.
        data = read_payload(payload)
        self._need_connection()
        part = self._hidden / f"{attempt}.part"
        try:
            _write_durably(part, data)
            part.replace(self._staged(attempt))
            _sync_folder(self._hidden)
        except OSError as error:
            raise WireFault(f"{self._name}: cannot write to {self._folder} ({error.strerror})") from error

    def start(self, attempt: str) -> StartAnswer:
        """Let the file appear. STARTED means that it can be taken from now on."""
        try:
            checked_attempt(attempt)
            self._need_connection()
        except (OurFault, WireFault) as fault:
            return StartAnswer(Start.REFUSED, str(fault))
        if self._mark(attempt).exists():
            return self._started_before(attempt)
        if self._fault is not None or self._running is not None:
            return StartAnswer(Start.REFUSED, self._fault or f"{self._running} is not over yet")
        if not self._staged(attempt).exists():
            return StartAnswer(Start.REFUSED, f"{attempt} was not transferred")
        try:
            self._set_mark(attempt)
        except OSError as error:
            return StartAnswer(Start.REFUSED, f"cannot write to {self._folder} ({error.strerror})")
        try:
            self._staged(attempt).rename(self._visible(attempt))
            self._running = attempt
            _sync_folder(self._folder)
        except OSError as error:
            return StartAnswer(Start.UNCERTAIN, f"the folder failed while the file appeared ({error.strerror})")
        self._events.append(Changed(self.status()))
        self._look()
        return StartAnswer(Start.STARTED, "the file can be taken")

    def _started_before(self, attempt: str) -> StartAnswer:
        if self._staged(attempt).exists():
            return StartAnswer(Start.UNCERTAIN, "it was about to appear when something failed; reconcile it")
        if self._was_given_up(attempt):
            return StartAnswer(Start.REFUSED, "it was given up")
        return StartAnswer(Start.STARTED, "the file has appeared already, once")

    def pause(self, attempt: str) -> None:
        """Never: what takes the file cannot be reached."""
        self._check(attempt)
        raise NotSupported(f"{self._name} is a folder: pause at the machine itself")

    def resume(self, attempt: str) -> None:
        """Never: what takes the file cannot be reached."""
        self._check(attempt)
        raise NotSupported(f"{self._name} is a folder: resume at the machine itself")

    def cancel(self, attempt: str) -> None:
        """Take the file back. Raises NotSupported when it was taken: then only the machine itself can be told."""
        if self._is_over(checked_attempt(attempt)):
            return
        self._check(attempt)
        if not self._take_back(attempt):
            raise NotSupported(f"{attempt} was already taken from {self._folder}; end it at the machine itself")
        self._end(Cancelled(attempt, "the file was taken back before anybody had taken it"))

    def stop(self) -> None:
        """Take the file back if that can be; a machine behind a folder cannot be stopped from here."""
        self._fault = (
            "stopped from here, which a folder cannot do to a machine: look at the machine, then connect again"
        )
        attempt = self._running
        if attempt is not None:
            back = self._take_back(attempt)
            gone = "it may have been taken, and be made all the same: stop it at the machine, and look at it there"
            self._end(Failed(attempt, "the file was taken back") if back else Doubted(attempt, gone))
        self._events.append(Changed(self.status()))

    def reconcile(self, attempt: str) -> Evidence:
        """What the folder shows. Without an acknowledgement, a file that is gone tells nothing: UNKNOWN."""
        try:
            checked_attempt(attempt)
            self._need_connection()
            return self._evidence(attempt)
        except OurFault as fault:
            return Evidence(Seen.ABSENT, f"it cannot exist: {fault}")
        except WireFault as fault:
            return Evidence(Seen.UNKNOWN, str(fault))
        except OSError as error:
            return Evidence(Seen.UNKNOWN, f"the folder {self._folder} cannot be read ({error.strerror})")

    def _evidence(self, attempt: str) -> Evidence:
        self._look()
        if end := self._told(attempt):
            return end
        if not self._mark(attempt).exists() or self._staged(attempt).exists():
            self._give_up(attempt)
            return Evidence(Seen.ABSENT, "the file never appeared, and will not")
        if self._was_given_up(attempt):
            return Evidence(Seen.ABSENT, "the file was taken back or never appeared")
        if attempt == self._running:
            return Evidence(Seen.RUNNING, "the file has appeared and no end of it is known")
        if self._visible(attempt).exists() and self._take_back(attempt):
            return Evidence(Seen.ABSENT, "the file was still there and was taken back")
        if self._options.done_when is not DoneWhen.ACKNOWLEDGED:
            return Evidence(Seen.MADE, f"the file was {self._options.done_when}, which counts as made here")
        return Evidence(
            Seen.UNKNOWN, "the file was put there once and nobody has said what became of it; look at the bed"
        )

    def status(self) -> Status:
        activity = Activity.BUSY if self._running is not None else Activity.IDLE
        return Status(
            link=Link.ONLINE if self._connected else Link.OFFLINE,
            activity=Activity.FAULT if self._fault is not None else activity,
            attempt=self._running,
            fault=self._fault,
        )

    def next_event(self, timeout: float) -> Event | None:
        """Looks at the folder itself, as often as ``poll`` says: there is no thread."""
        until = self._clock.monotonic() + timeout
        while True:
            self._look()
            if self._events:
                return self._events.popleft()
            left = until - self._clock.monotonic()
            if left <= 0:
                return None
            self._clock.sleep(min(left, self._options.poll))

    def close(self) -> None:
        """Nothing is held; a file that has appeared stays."""
        self._connected, self._running = False, None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- the folder -----------------------------------------------------------------------------------------------

    def _visible(self, attempt: str) -> Path:
        return self._folder / f"{attempt}{self._options.extension}"

    def _staged(self, attempt: str) -> Path:
        return self._hidden / f"{attempt}{self._options.extension}.waits"

    def _mark(self, attempt: str) -> Path:
        return self._hidden / f"{attempt}.mark"

    def _back(self, attempt: str) -> Path:
        return self._hidden / f"{attempt}.back"

    def _set_mark(self, attempt: str, text: bytes = b"started\n") -> None:
        """Whole or not at all: half a mark would be read as a start."""
        part = self._hidden / f"{attempt}.mark.part"
        _write_durably(part, text)
        part.replace(self._mark(attempt))
        _sync_folder(self._hidden)

    def _was_given_up(self, attempt: str) -> bool:
        return self._back(attempt).exists() or self._mark(attempt).read_bytes() == _GIVEN_UP

    def _give_up(self, attempt: str) -> None:
        self._set_mark(attempt, _GIVEN_UP)
        self._staged(attempt).unlink(missing_ok=True)

    def _take_back(self, attempt: str) -> bool:
        """Whether the file could be moved away before anybody took it. The rename decides the race."""
        if not self._options.moves:
            return False
        try:
            self._visible(attempt).rename(self._back(attempt))
        except OSError:
            return False
        with contextlib.suppress(OSError):  # until the mark says it, the file that came back does
            self._set_mark(attempt, _GIVEN_UP)
            self._back(attempt).unlink()
        return True

    def _told(self, attempt: str) -> Evidence | None:
        """What the consumer has said of it."""
        for pattern, seen, word in (
            (self._options.error, Seen.FAILED, "failed"),
            (self._options.ack, Seen.MADE, "made"),
        ):
            path = self._folder / pattern.format(attempt=attempt)
            if path.exists():
                return Evidence(seen, f"{path.name} says that it was {word}")
        return None

    def _is_over(self, attempt: str) -> bool:
        return attempt != self._running and self._connected and self._mark(attempt).exists()

    def _look(self) -> None:
        """See whether the running attempt has ended."""
        attempt = self._running
        if attempt is None:
            return
        told = self._told(attempt)
        if told is not None:
            self._end(Failed(attempt, told.why) if told.seen is Seen.FAILED else Made(attempt, told.why))
        elif self._options.done_when is DoneWhen.WRITTEN:
            self._end(Made(attempt, "the file was written, which counts as made here"))
        elif self._options.done_when is DoneWhen.TAKEN and not self._visible(attempt).exists():
            self._end(Made(attempt, "the file was taken, which counts as made here"))

    def _end(self, event: Made | Failed | Cancelled | Doubted) -> None:
        self._running = None
        self._events.append(event)
        self._events.append(Changed(self.status()))

    def _check(self, attempt: str) -> None:
        if checked_attempt(attempt) != self._running:
            raise WrongAttempt(f"{attempt} is not in {self._folder}: {self._running or 'nothing'} is; nothing was done")

    def _need_connection(self) -> None:
        if not self._connected:
            raise WireFault(f"{self._name} is not connected; connect first")


_GIVEN_UP = b"given up\n"


def _checked_pattern(pattern: str, machine: str) -> None:
    path = PurePath(pattern.replace("{attempt}", "a1"))
    if "{attempt}" not in pattern or path.is_absolute() or ".." in path.parts or "{" in str(path):
        raise OurFault(f"machine {machine}: {pattern!r} is no name in the folder; use one like {{attempt}}.done")


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """A rename is durable once the folder itself is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
