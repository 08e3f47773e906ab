"""Klippy's API on its unix socket: JSON objects, each ended by 0x03."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from simulators.klipper.klippy import Klippy
from simulators.serve import Over, Service

END = b"\x03"
BACKLOG = 4.0
"""Seconds that a client may leave its answers unread before it is cut off."""
PERIOD = 0.1
"""Real seconds between two pushes of what has changed."""


class Connected:
    """One client: a thread that reads; answers are written from the machine's thread."""

    def __init__(self, end: socket.socket, service: Service, klippy: Klippy) -> None:
        self._end, self._service, self._klippy = end, service, klippy
        end.settimeout(BACKLOG)
        self._thread = threading.Thread(target=self._read, name="klippy client", daemon=True)
        self._thread.start()

    def send(self, message: dict[str, Any]) -> None:
        try:
            self._end.sendall(json.dumps(message).encode() + END)
        except OSError:
            self.close()

    def close(self) -> None:
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                data = self._end.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            if not data:
                break
            *whole, rest = (rest + data).split(END)
            for each in whole:
                with suppress(ValueError):  # what is no JSON is not answered
                    self._hear(json.loads(each))
        with suppress(Over):
            self._service.call(lambda: self._klippy.leave(self))
        self._end.close()

    def _hear(self, message: Any) -> None:
        if isinstance(message, dict):
            with suppress(Over):
                self._service.call(lambda: self._klippy.request(self, message))


class Front:
    """Listens while Klippy runs, and pushes."""

    def __init__(self, path: Path, service: Service, klippy: Klippy) -> None:
        self._path, self._service, self._klippy = path, service, klippy
        self._clients: list[Connected] = []
        self._listener: socket.socket | None = None
        self._closing = threading.Event()
        klippy.disconnected.append(self._cut)
        self._up()  # before anybody is told that it listens
        self._thread = threading.Thread(target=self._run, name="klippy socket", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Once the machine's thread serves nobody any more."""
        self._closing.set()
        self._cut()

    def _cut(self) -> None:
        """In the machine's thread."""
        clients, self._clients = self._clients, []
        for client in clients:
            client.close()
        self._down()

    def _down(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            self._path.unlink(missing_ok=True)
            listener.close()

    def _up(self) -> None:
        if self._listener is None and self._klippy.present:
            self._path.unlink(missing_ok=True)
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(self._path))
            self._listener.listen()
            self._listener.settimeout(PERIOD)

    def _run(self) -> None:
        with suppress(Over):
            while not self._closing.is_set():
                self._listen()

    def _listen(self) -> None:
        """Take one client, or push if none comes."""
        self._service.call(self._up)
        listener = self._listener
        if listener is None:
            self._closing.wait(PERIOD)
            return
        try:
            end, _ = listener.accept()
        except TimeoutError:
            self._service.call(self._klippy.push)
        except OSError:
            return  # it was closed meanwhile
        else:
            self._service.call(lambda: self._clients.append(Connected(end, self._service, self._klippy)))
