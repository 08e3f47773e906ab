"""A process pool that outlives its workers.

A killed worker breaks a ProcessPoolExecutor for good, and every call that it holds is lost with it. Here each worker
has an executor of its own: a death has one possible cause, costs nobody else, and only that executor is made anew. The
call runs again; one during which workers died twice is set aside as :class:`Deadly`. Rendering is pure and
content-addressed, so a second run is harmless.
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


@dataclass
class _Task:
    call: Callable[[], Any]
    future: Future[Any] = field(default_factory=Future)
    deaths: int = 0

    def resolve(self, error: BaseException | None, result: Any = None) -> None:
        """Give the caller what came of it, unless the caller has cancelled it meanwhile."""
        if not self.future.set_running_or_notify_cancel():
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)

    def cancel(self) -> None:
        self.future.cancel()
        self.future.set_running_or_notify_cancel()


class _Worker:
    """One process, started with its first call, that surely ends with this object.

    It holds a pipe that nobody writes to: the kernel ends that when this end is closed, or with the process that held
    it. The executor has one worker because one of several may break while it starts another, and then waits forever.
    """

    def __init__(self, memory: int) -> None:
        self._theirs, self._ours = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["fulfillment.render.work"])
        given = (memory, self._theirs)
        self._executor = ProcessPoolExecutor(1, mp_context=context, initializer=_start_worker, initargs=given)
        self.task: _Task | None = None
        self.running: Future[Any] | None = None

    def give(self, task: _Task) -> bool:
        """Let it run a call. False if it has died idle: that call had no part in it."""
        try:
            self.running = self._executor.submit(task.call)
        except BrokenProcessPool:
            return False
        self.task = task
        return True

    def end(self, wait: bool) -> None:
        self._ours.close()
        self._executor.shutdown(wait=wait, cancel_futures=True)
        self._theirs.close()


class RenderPool:
    """``submit`` gives a future; a thread of its own keeps the workers busy and alive.

    ``memory`` in MB is each worker's limit of address space, ``seconds`` the wall time of one call.
    """

    def __init__(self, workers: int, memory: int, seconds: float) -> None:
        self._make = partial(_Worker, memory)
        self._workers = [self._make() for _ in range(workers)]
        self._seconds = seconds
        self._waiting: deque[_Task] = deque()
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
        try:
            while not self._closed:
                self._feed()
                running = [worker.running for worker in self._workers if worker.running]
                wait([*running, self._wake], return_when=FIRST_COMPLETED)
                with self._lock:
                    if self._wake.done():
                        self._wake = Future()
                for place, worker in enumerate(self._workers):
                    if worker.running and worker.running.done() and not self._collected(worker):
                        self._replace(place)
        finally:
            for worker in self._workers:
                worker.end(wait=False)
            with self._lock:
                self._closed = True
                for task in [*self._waiting, *(worker.task for worker in self._workers if worker.task)]:
                    task.cancel()

    def _feed(self) -> None:
        """Give waiting calls to idle workers."""
        for place in range(len(self._workers)):
            while self._workers[place].task is None and (task := self._next()):
                while not self._workers[place].give(task):
                    self._replace(place)

    def _next(self) -> _Task | None:
        with self._lock:
            while self._waiting:
                task = self._waiting.popleft()
                if not task.future.cancelled():
                    return task
                task.cancel()
        return None

    def _replace(self, place: int) -> None:
        self._workers[place].end(wait=True)
        self._workers[place] = self._make()

    def _collected(self, worker: _Worker) -> bool:
        """Hand out the result. False if the worker died instead: its call runs again, or is set aside."""
        task, running = worker.task, worker.running
        assert task and running  # noqa: S101  (the caller has seen that it runs)
        worker.task = worker.running = None
        error = running.exception()
        if not isinstance(error, BrokenProcessPool):
            task.resolve(error, None if error else running.result())
            return True
        task.deaths += 1
        log.warning("a render worker died (for the %d. time with this call)", task.deaths)
        if task.deaths >= DEATHS:
            task.resolve(Deadly(f"it ended {task.deaths} workers (memory or {self._seconds:g} s)"))
        else:
            with self._lock:
                self._waiting.appendleft(task)
        return False


def _start_worker(memory: int, lifeline: Connection) -> None:
    """In the worker: bound its memory, leave Ctrl-C to the parent, and end when its pool or the parent does.

    It decodes strangers' files, so the environment, where secrets are kept, is not left to it.
    """
    os.environ.clear()
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
