"""A web server in a thread of its own that can die and come back, and what it pushes to whoever listens."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

import uvicorn
from starlette.types import ASGIApp

from simulators.hosted.faults import Faults

M = TypeVar("M")
BACKLOG = 1000
"""Messages that are kept for a listener who does not listen."""


class Push(Generic[M]):
    """Messages to everybody who listens, from any thread; the faults of the push channel are here."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._listeners: dict[asyncio.Queue[M], asyncio.AbstractEventLoop] = {}
        self._lock = threading.Lock()
        self._late: list[M] = []

    def publish(self, message: M) -> None:
        with self._lock:
            for each in self._spoilt(message):
                for listener, loop in self._listeners.items():
                    loop.call_soon_threadsafe(_put, listener, each)

    def _spoilt(self, message: M) -> list[M]:
        if self._faults.pushed("dropped"):
            return []
        if self._faults.pushed("reordered"):
            late, self._late = self._late, [] if self._late else [message]
            return [message, *late] if late else []
        return [message, message] if self._faults.pushed("repeated") else [message]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Queue[M]]:
        """What is published from now on."""
        queue: asyncio.Queue[M] = asyncio.Queue(BACKLOG)
        with self._lock:
            self._listeners[queue] = asyncio.get_running_loop()
        try:
            yield queue
        finally:
            with self._lock:
                del self._listeners[queue]


def _put(queue: asyncio.Queue[M], message: M) -> None:
    if not queue.full():
        queue.put_nowait(message)


class Web:
    """Serves on 127.0.0.1. ``die`` ends it as a crash does: without a word to anybody who is connected."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._later: threading.Timer | None = None
        self.port = port
        self.start()

    def start(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()  # Whoever is told that it is ready may come before its thread has begun.
        self.port = int(listener.getsockname()[1])
        config = uvicorn.Config(
            self._app, log_level="critical", lifespan="off", access_log=False, ws="websockets-sansio", ws_max_size=2**20
        )
        self._server = server = uvicorn.Server(config)
        self._thread = threading.Thread(target=server.run, args=([listener],), name="web", daemon=True)
        self._thread.start()

    def die(self) -> None:
        server, thread, self._server, self._thread = self._server, self._thread, None, None
        if server is not None and thread is not None:
            server.should_exit = server.force_exit = True
            thread.join(10)

    def restart(self, seconds: float, meanwhile: Callable[[], None]) -> None:
        """Die now, and come back after so many seconds. Not to be called from a request's own thread."""
        meanwhile()  # First: to die takes a moment, in which a machine at full speed would run on.
        self.die()
        self._later = threading.Timer(seconds, self.start)
        self._later.daemon = True
        self._later.start()

    def close(self) -> None:
        if self._later is not None:
            self._later.cancel()
        self.die()
