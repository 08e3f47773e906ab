"""Where a host connects: a pseudo-terminal or a TCP port. Both say when a host comes and goes.

A host comes when the first one opens the port, as that is what pulls the reset line on a board. Output to nobody is
dropped, as on a wire.
"""

from __future__ import annotations

import os
import socket
import tty
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from simulators.openings import Openings

CHUNK = 65536
BACKLOG = 65536
"""Bytes kept for a host that does not read; more is lost, as on a wire."""


class Front(Protocol):
    name: str
    """What ``ready`` prints: the device, or the port."""

    def waitable(self) -> list[int]:
        """File descriptors that become readable when there is something to do."""
        ...

    @property
    def open(self) -> bool:
        """A host is there, as last seen."""
        ...

    def look(self) -> bool:
        """True once for each host that comes."""
        ...

    def read(self) -> bytes:
        """What came; empty when nothing did."""
        ...

    def write(self, data: bytes) -> None: ...

    def unplug(self) -> None: ...

    def plug(self) -> None: ...

    def close(self) -> None: ...


class NoFront:
    """Nobody opens a port of the machine: a server, or a folder, is all that talks to it."""

    name = ""
    open = False

    def waitable(self) -> list[int]:
        return []

    def look(self) -> bool:
        return False

    def read(self) -> bytes:
        return b""

    def write(self, data: bytes) -> None: ...

    def unplug(self) -> None: ...

    def plug(self) -> None: ...

    def close(self) -> None: ...


class Outbox:
    """Bytes that the other side has not taken yet."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def send(self, fd: int, data: bytes) -> None:
        self.waiting += data
        if len(self.waiting) > BACKLOG:
            del self.waiting[: len(self.waiting) - BACKLOG]
        with suppress(BlockingIOError):
            while self.waiting:
                del self.waiting[: os.write(fd, self.waiting)]


class Pty:
    """A pseudo-terminal with a link to its slave, made in one step and removed at the end."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self._master = -1
        self._hosts = 0
        self._out = Outbox()
        self.name = ""
        self.plug()

    @property
    def open(self) -> bool:
        return self._hosts > 0

    def waitable(self) -> list[int]:
        if self._master < 0:
            return []
        return [self._openings.fd, self._master] if self.open else [self._openings.fd]

    def plug(self) -> None:
        if self._master >= 0:
            return
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.name = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._openings = Openings(self.name)
        fresh = self.link.with_name(f".{self.link.name}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(self.name)
        fresh.rename(self.link)

    def look(self) -> bool:
        if self._master < 0:
            return False
        came = False
        for opened in self._openings.read():
            if opened and not self._hosts:
                came = True
                self._out = Outbox()
            self._hosts = max(0, self._hosts + (1 if opened else -1))
        return came

    def read(self) -> bytes:
        if self._master < 0:
            return b""
        try:
            return os.read(self._master, CHUNK)
        except OSError:  # nothing there, or nobody: then the closing is among the openings
            return b""

    def write(self, data: bytes) -> None:
        if self.open:
            with suppress(OSError):  # nobody is there any more
                self._out.send(self._master, data)

    def unplug(self) -> None:
        if self._master < 0:
            return
        with suppress(OSError):
            if self.link.readlink() == Path(self.name):
                self.link.unlink()
        self._openings.close()
        os.close(self._master)
        self._master, self._hosts = -1, 0

    def close(self) -> None:
        self.unplug()


class Tcp:
    """One host at a time on 127.0.0.1; a second one is turned away."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener: socket.socket | None = None
        self._host: socket.socket | None = None
        self._out = Outbox()
        self.name = ""
        self.plug()

    @property
    def open(self) -> bool:
        return self._host is not None

    def waitable(self) -> list[int]:
        return [end.fileno() for end in (self._listener, self._host) if end is not None]

    def plug(self) -> None:
        if self._listener is not None:
            return
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._listener.setblocking(False)
        self._port = int(self._listener.getsockname()[1])
        self.name = f"127.0.0.1:{self._port}"

    def look(self) -> bool:
        if self._listener is None:
            return False
        try:
            host, _ = self._listener.accept()
        except BlockingIOError:
            return False
        if self._host is not None:
            host.close()
            return False
        host.setblocking(False)
        host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host, self._out = host, Outbox()
        return True

    def read(self) -> bytes:
        if self._host is None:
            return b""
        try:
            data = self._host.recv(CHUNK)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._drop()
        return data

    def write(self, data: bytes) -> None:
        if self._host is not None:
            try:
                self._out.send(self._host.fileno(), data)
            except OSError:
                self._drop()

    def _drop(self) -> None:
        if self._host is not None:
            self._host.close()
            self._host = None

    def unplug(self) -> None:
        self._drop()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def close(self) -> None:
        self.unplug()
