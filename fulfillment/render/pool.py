"""A process pool that outlives its workers.

A killed worker breaks a ProcessPoolExecutor for good, and every call in flight is lost with it. Here the pool is made
anew and the lost calls run again, one at a time while it is not known which of them did it: a call during which a
worker died alone twice is set aside as :class:`Deadly`. Rendering is pure and content-addressed, so a second run is
harmless.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import resource
import signal
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

log = logging.getLogger(__name__)

DEATHS = 2
"""Workers that one call may kill before it is set aside."""


class Deadly(Exception):
    """The call killed its workers, or took longer than its time: running it again would do the same."""


class _DiedIdle(BrokenProcessPool):
    """A worker died before it was given the call, which therefore had no part in it."""


@dataclass
class _Task:
    call: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)
    deaths: int = 0
    suspect: bool = False


class RenderPool:
    """``submit`` gives a future; a thread of its own keeps the workers busy and alive.

    ``memory`` in MB is each worker's limit of address space, ``seconds`` the wall time of one call.
    """

    def __init__(self, workers: int, memory: int, seconds: float) -> None:
        self._make = partial(_Crew, workers, memory)
        self._workers, self._seconds = workers, seconds
        self._waiting: deque[_Task] = deque()
        self._running: dict[Future[Any], _Task] = {}
        self._wake: Future[None] = Future()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="render-pool", daemon=True)
        self._thread.start()

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Run a picklable call in a worker. Its future raises what the call raised, or Deadly."""
        task = _Task(partial(_bounded, self._seconds, function, *arguments))
        with self._lock:
            if self._closed:
                raise RuntimeError("the render pool is closed")
            self._waiting.append(task)
            self._nudge()
        return task.future

    def close(self) -> None:
        """Cancel what has no result yet, end the workers even in the middle of a call. Idempotent."""
        with self._lock:
            self._closed = True
            self._nudge()
        self._thread.join(timeout=30)

    def _nudge(self) -> None:
        if not self._wake.done():
            self._wake.set_result(None)

    def _serve(self) -> None:
        crew = self._make()
        try:
            while not self._closed:
                self._feed(crew.executor)
                wait([*self._running, self._wake], return_when=FIRST_COMPLETED)
                with self._lock:
                    if self._wake.done():
                        self._wake = Future()
                if self._collect():
                    crew.end(wait=True)
                    crew = self._make()
        finally:
            crew.end(wait=False)
            with self._lock:
                self._closed = True
                for task in [*self._running.values(), *self._waiting]:
                    task.future.cancel()
                    task.future.set_running_or_notify_cancel()

    def _feed(self, executor: ProcessPoolExecutor) -> None:
        with self._lock:
            while self._waiting and len(self._running) < self._room():
                task = self._waiting.popleft()
                if task.future.cancelled():
                    task.future.set_running_or_notify_cancel()
                    continue
                try:
                    inner = executor.submit(task.call)
                except BrokenProcessPool:
                    inner = Future()
                    inner.set_exception(_DiedIdle())
                self._running[inner] = task

    def _room(self) -> int:
        """Suspects run alone, so that a death has one possible cause."""
        alone = self._waiting[0].suspect or any(task.suspect for task in self._running.values())
        return 1 if alone else self._workers

    def _collect(self) -> bool:
        """Hand out results. True if the pool is broken: every call of it that has no result runs again."""
        lost: list[_Task] = []
        alone, idle = len(self._running) == 1, False
        for inner in [inner for inner in self._running if inner.done()]:
            error, task = inner.exception(), self._running.pop(inner)
            if isinstance(error, BrokenProcessPool):
                lost.append(task)
                idle = idle or isinstance(error, _DiedIdle)
            else:
                _resolve(task, error, None if error else inner.result())
        if not lost:
            return False
        wait(self._running)
        lost += self._running.values()
        self._running.clear()
        log.warning("a render worker died; %d calls run again", len(lost))
        for task in reversed(lost):
            task.suspect = task.suspect or not (alone and idle)
            task.deaths += alone and not idle
            if task.deaths >= DEATHS:
                _resolve(task, Deadly(f"it ended {task.deaths} workers (memory or {self._seconds:g} s)"), None)
            else:
                with self._lock:
                    self._waiting.appendleft(task)
        return True


def _resolve(task: _Task, error: BaseException | None, result: Any) -> None:
    """Give the caller what came of it, unless the caller has cancelled it meanwhile."""
    if not task.future.set_running_or_notify_cancel():
        return
    if error is not None:
        task.future.set_exception(error)
    else:
        task.future.set_result(result)


class _Crew:
    """An executor whose workers surely end with it.

    Each holds a pipe that nobody writes to: the kernel ends it when this end is closed, or with the process that held
    it. An executor that breaks while it starts a worker would otherwise wait for that worker forever.
    """

    def __init__(self, workers: int, memory: int) -> None:
        self._theirs, self._ours = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["fulfillment.render.work"])
        given = (memory, self._theirs)
        self.executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=given)

    def end(self, wait: bool) -> None:
        self._ours.close()
        self.executor.shutdown(wait=wait, cancel_futures=True)
        self._theirs.close()


def _start_worker(memory: int, lifeline: Connection) -> None:
    """In the worker: bound its memory, leave Ctrl-C to the parent, and end when the crew or the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit = memory * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(0)


def _bounded(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a call under the kernel's alarm, which ends the worker even inside C code."""
    with contextlib.ExitStack() as stack:
        stack.callback(signal.setitimer, signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        return function(*arguments)
