"""The loop that joins a firmware, a front and the side channel, in one thread; pictures are drawn in others."""

from __future__ import annotations

import logging
import os
import queue
import select
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from simulators.clock import Pace
from simulators.fronts import Front
from simulators.picture import Look, Region
from simulators.record import Piece, Recorder, write

BOOT_DELAY = 0.1
"""Real seconds from the opening of the port to the banner: a host flushes its input when it opens."""
QUIET = 0.3
"""Real seconds of rest after which the open piece is written."""
LOOK = 0.01
"""Real seconds between looks while the port is about to come up."""
PIECE_GAP = 0.003
"""Real seconds between the pieces of a split reply."""

T = TypeVar("T")


class Over(Exception):
    """The loop has ended: nothing is done in the machine's thread any more."""


log = logging.getLogger(__name__)


class Machine(Protocol):
    """A firmware, as the loop sees it. Times are simulated seconds."""

    @property
    def pressing(self) -> bool: ...
    @property
    def moving(self) -> bool: ...
    @property
    def moves(self) -> int: ...
    @property
    def idle(self) -> bool: ...
    def next_event(self) -> float | None: ...
    def advance(self, now: float) -> None: ...
    def receive(self, data: bytes) -> None: ...
    def opened(self) -> None: ...
    def output(self) -> list[tuple[bytes, bool]]: ...
    def wishes(self) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class Studio:
    """How and where pieces are drawn. ``folder`` None: nothing is written."""

    look: Look
    region: Region
    density: float
    folder: Path | None = None


class Scribe:
    """Writes pieces in a thread of its own, the newest state of each last."""

    def __init__(self, recorder: Recorder, studio: Studio) -> None:
        self._recorder = recorder
        self._studio = studio
        self.newest: tuple[int, ...] = ()
        """What was written last, or is about to be."""
        self._work: queue.SimpleQueue[tuple[Piece, float] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="scribe", daemon=True)
        self._thread.start()

    def add(self, piece: Piece, now: float) -> None:
        self.newest = marks(piece)
        if self._studio.folder is not None:
            self._work.put((piece, now))

    def close(self) -> None:
        self._work.put(None)
        self._thread.join()

    def _write(self) -> None:
        studio = self._studio
        while (work := self._work.get()) is not None:
            piece, now = work
            if studio.folder is None:
                continue
            try:
                write(studio.folder, piece, self._recorder.tool, now, studio.look, studio.region, studio.density)
            except OSError:
                log.exception("piece %d could not be written to %s; is there space?", piece.number, studio.folder)


def marks(piece: Piece) -> tuple[int, ...]:
    """Changes whenever there is something new to write."""
    return piece.number, len(piece.rows), len(piece.executed), len(piece.events)


class Service:
    """``boot_delay``: real seconds from the opening of the port until the machine listens; 0: it goes on listening."""

    def __init__(
        self,
        machine: Machine,
        recorder: Recorder,
        pace: Pace,
        front: Front,
        studio: Studio,
        boot_delay: float = BOOT_DELAY,
    ) -> None:
        self.machine = machine
        self.recorder = recorder
        self.pace = pace
        self.front = front
        self.studio = studio
        self.scribe = Scribe(recorder, studio)
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._door = threading.Lock()
        self._over = False
        self._wake_out, self._wake_in = os.pipe()
        self._stopping = False
        self._boot_delay = boot_delay
        self.left: Callable[[], None] = lambda: None
        """Called when the host has closed the port, in the machine's thread."""
        self._here = False
        self._boot_at: float | None = None
        self._plug_at: float | None = None
        self._busy_until = 0.0
        self._moves, self._grown = 0, 0.0

    def stop(self) -> None:
        """End the loop soon; from a signal handler or another thread."""
        self._stopping = True
        os.write(self._wake_in, b"\0")

    def call(self, function: Callable[[], T]) -> T:
        """Run a function in the machine's thread, from another one. Raises Over once there is none."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except Exception as error:  # noqa: BLE001  the caller's thread raises it
                future.set_exception(error)

        with self._door:
            if self._over:
                raise Over("the machine has been switched off")
            self._calls.put(run)
        os.write(self._wake_in, b"\0")
        return future.result(timeout=30)

    def run(self, alive: Callable[[], bool]) -> None:
        """Serve until :meth:`stop`, or until ``alive`` says no."""
        checked = 0.0
        try:
            while not self._stopping:
                now = time.monotonic()
                if now - checked > 0.5:
                    checked = now
                    if not alive():
                        break
                self._turn(now)
        finally:
            self._end()

    def _turn(self, now: float) -> None:
        machine, pace, front = self.machine, self.pace, self.front
        if machine.moves != self._moves:
            self._moves, self._grown = machine.moves, now
        event, pressing, moving = machine.next_event(), machine.pressing, machine.moving
        timeout = pace.wait(event, pressing, moving)
        if self._boot_at is not None or self._plug_at is not None:
            timeout = min(timeout, LOOK)
        readable, _, _ = select.select([self._wake_out, *front.waitable()], [], [], timeout)
        if self._wake_out in readable:
            self._serve_calls()
        data = self._listen() if readable or self._boot_at is not None else b""
        if data:
            machine.advance(pace.now)
            machine.receive(data)
        else:
            pace.waited(time.monotonic() - now, now - self._grown, event, pressing, moving)
            machine.advance(pace.now)
        self._send()
        self._wish()
        self._keep()

    def _listen(self) -> bytes:
        """What the host sent, and whether it came: a boot loader does not listen, and what it is sent is lost."""
        if self.front.look():
            self.machine.advance(self.pace.now)
            self._boot_at = time.monotonic() + self._boot_delay
        data = self.front.read()
        here, self._here = self._here, self.front.open
        if here and not self._here:
            self.machine.advance(self.pace.now)
            self.left()
        if self._boot_at is None:
            return data
        if time.monotonic() >= self._boot_at:
            self._boot_at = None
            self.machine.opened()
        return b"" if self._boot_delay else data

    def _send(self) -> None:
        chunk = b""
        for data, gap in self.machine.output():
            chunk += data
            if gap:
                self.front.write(chunk)
                chunk = b""
                time.sleep(PIECE_GAP)
        if chunk:
            self.front.write(chunk)

    def _wish(self) -> None:
        for seconds in self.machine.wishes():
            self.front.unplug()
            self._plug_at = time.monotonic() + seconds if seconds > 0 else None
        if self._plug_at is not None and time.monotonic() >= self._plug_at:
            self._plug_at = None
            self.front.plug()

    def _keep(self) -> None:
        """Write the open piece once the machine has come to rest."""
        if not self.recorder.dirty:
            return
        now = time.monotonic()
        if not self.machine.idle:
            self._busy_until = now
        elif now - self._busy_until > QUIET:
            self.recorder.dirty = False
            self.scribe.add(self.recorder.piece.copy(), self.pace.now)

    def _serve_calls(self) -> None:
        os.read(self._wake_out, 4096)
        self.machine.advance(self.pace.now)
        while not self._calls.empty():
            self._calls.get()()

    def _end(self) -> None:
        self.front.close()
        with self._door:
            self._over = True
        while not self._calls.empty():
            self._calls.get()()
        piece = self.recorder.piece
        if piece.rows and self.scribe.newest != marks(piece):
            self.scribe.add(piece.copy(), self.pace.now)
        self.scribe.close()
