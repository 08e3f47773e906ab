"""One thread a port. It owns the wire and the protocol engine; everybody else hands it work.

The engine decides, this file moves bytes: no verb touches the wire from another thread, and no line crosses a thread.
"""

from __future__ import annotations

import logging
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from drivers.contract import Clock, DriverError, WireFault
from drivers.wires import Wire

_log = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_SLEEP = 10.0
"""Seconds after which an engine that waits for nothing is looked at all the same."""


class Engine(Protocol):
    """A protocol without I/O.

    ``wake``: the time at which :meth:`tick` is due, infinity for never. ``events``: what it has to tell.
    """

    wake: float
    events: list[Any]

    def opened(self, now: float) -> bytes: ...

    def receive(self, data: bytes, now: float) -> bytes: ...

    def tick(self, now: float) -> bytes: ...

    def lost(self, why: str) -> None: ...


class Port:
    """A wire with its engine on a thread of its own, from construction to :meth:`close` or the wire's end.

    ``tell`` gets the engine's events, one by one, on that thread; it must not block.
    """

    def __init__(self, wire: Wire, engine: Engine, clock: Clock, tell: Callable[[Any], None], name: str) -> None:
        self._wire, self._engine, self._clock, self._tell = wire, engine, clock, tell
        self._calls: deque[tuple[Future[Any], Callable[[], None]]] = deque()
        self._guard = threading.Lock()
        self._taking = True
        self._goodbye: str | None = None
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._thread = threading.Thread(target=self._run, name=f"port {name}", daemon=True)
        self._thread.start()

    @property
    def open(self) -> bool:
        return self._taking

    def call(self, verb: Callable[[float], T], send: Callable[[T], bytes] | None = None, timeout: float = 10.0) -> T:
        """Run ``verb(now)`` on the port's thread and return what it returns, or raise what it raises.

        ``send`` picks the bytes to write out of the result. Raises WireFault when the port is closed or stuck.
        A verb that is not begun within ``timeout`` seconds is taken back: it will never run. One that is begun is
        waited for; its writing ends within the wire's own limits.
        """
        answer: Future[T] = Future()

        def work() -> None:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                result = verb(self._clock.monotonic())
                if send is not None:
                    self._wire.write(send(result))
            except DriverError as error:
                answer.set_exception(error)
                if isinstance(error, WireFault):
                    raise
            except Exception:  # a defect: the thread ends by it, and nobody may wait for an answer that never comes
                answer.set_exception(WireFault("the driver itself failed; see the log"))
                raise
            else:
                answer.set_result(result)

        with self._guard:
            if not self._taking:
                raise WireFault("the port is closed; connect first")
            self._calls.append((answer, work))
        self._nudge()
        try:
            return answer.result(timeout)
        except TimeoutError:
            # A start that was called refused must not come late, when the wire is free again.
            if answer.cancel():
                raise WireFault(f"the port did not get to it within {timeout:g} s; its wire is stuck") from None
            return answer.result()

    def last_word(self, data: bytes) -> bool:
        """Write ``data`` now, from any thread, past the verbs and bytes that wait; nothing is written after it.

        What the machine says still arrives. False when the port is closed or the machine did not take it.
        """
        with self._guard:  # Kept until it is written: the wire must not be closed, and its number reused, meanwhile.
            return self._taking and self._wire.last_word(data)

    def close(self, why: str = "the port was closed") -> None:
        """Stop the thread and give the wire back. Idempotent."""
        with self._guard:
            self._taking = False
            if self._goodbye is None:
                self._goodbye = why
        self._nudge()
        self._thread.join()
        with self._guard:
            if self._wake_write >= 0:
                os.close(self._wake_write)
                os.close(self._wake_read)
                self._wake_write = self._wake_read = -1

    def _nudge(self) -> None:
        with self._guard:
            if self._wake_write >= 0:
                try:
                    os.write(self._wake_write, b"!")
                except BlockingIOError:
                    return  # So many nudges wait that the thread cannot miss them.

    def _run(self) -> None:
        why = "the driver itself failed; see the log"
        try:
            self._wire.write(self._engine.opened(self._clock.monotonic()))
            self._loop()
            why = self._goodbye or why
        except WireFault as fault:
            why = str(fault)
        except Exception:  # noqa: BLE001  The thread's outermost edge: whatever it was, the attempt must be seen to have failed.
            _log.exception("port thread %s", self._thread.name)
        finally:
            with self._guard:
                self._taking = False
            self._wire.close()
            self._engine.lost(why)
            self._deliver()
            for answer, _ in self._calls:
                if answer.set_running_or_notify_cancel():
                    answer.set_exception(WireFault(why))
            self._calls.clear()

    def _loop(self) -> None:
        wire, engine, monotonic = self._wire, self._engine, self._clock.monotonic
        poll = select.poll()
        poll.register(wire.fileno(), select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        ready, read, receive, write = poll.poll, wire.read, engine.receive, wire.write
        wake_read = self._wake_read
        now = monotonic()
        while self._goodbye is None:
            wait = engine.wake - now
            awake = ready(LONGEST_SLEEP * 1000 if wait > LONGEST_SLEEP else max(wait, 0.0) * 1000)
            now = monotonic()
            for descriptor, _ in awake:
                if descriptor == wake_read:
                    os.read(wake_read, 4096)
                    self._work()
                elif (data := read()) and (out := receive(data, now)):
                    write(out)
            if now >= engine.wake and (out := engine.tick(now)):
                write(out)
            if engine.events:
                self._deliver()

    def _deliver(self) -> None:
        events = self._engine.events
        while events:
            self._tell(events.pop(0))

    def _work(self) -> None:
        while self._calls:
            self._calls.popleft()[1]()
