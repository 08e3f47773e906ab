"""Byte streams to machines: a serial port, or TCP to a device server or a simulator. Nothing here knows a protocol."""

from __future__ import annotations

import errno
import os
import select
import socket
import termios
from collections.abc import Callable
from typing import Protocol

import serial

from drivers.contract import OurFault, WireFault

CHUNK = 4096
"""Bytes asked for at once: a pty holds at most four times as many."""

WRITE_LIMIT = 5.0
"""Seconds that a peer may refuse to take bytes before the wire counts as lost."""

CONNECT_LIMIT = 5.0
"""Seconds for a TCP connection."""


class Wire(Protocol):
    """An open byte stream, owned by one thread. Its descriptor becomes readable when :meth:`read` has bytes."""

    def fileno(self) -> int: ...

    def read(self) -> bytes:
        """What is there, at most a chunk; empty when nothing is. Raises WireFault when the other end is gone."""
        ...

    def write(self, data: bytes) -> None:
        """All of ``data``. Raises WireFault when the other end takes none of it for :data:`WRITE_LIMIT`."""
        ...

    def close(self) -> None:
        """Idempotent, never raises."""
        ...


class DescriptorWire:
    """A wire over a non-blocking file descriptor; ``release`` gives it back."""

    def __init__(self, descriptor: int, name: str, release: Callable[[], None], gone: Callable[[], bool]) -> None:
        self._fd, self._name, self._release, self._gone = descriptor, name, release, gone
        self._open = True

    def fileno(self) -> int:
        return self._fd

    def read(self) -> bytes:
        try:
            data = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise WireFault(f"{self._name} is gone ({os.strerror(error.errno or errno.EIO)})") from error
        if not data and self._gone():
            raise WireFault(f"{self._name} was closed by the other end")
        return data

    def write(self, data: bytes) -> None:
        while data:
            try:
                taken = os.write(self._fd, data)
                if taken == len(data):
                    return
                data = data[taken:]
            except BlockingIOError:
                self._await_room()
            except OSError as error:
                raise WireFault(f"{self._name} is gone ({os.strerror(error.errno or errno.EIO)})") from error

    def _await_room(self) -> None:
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        if not poll.poll(WRITE_LIMIT * 1000):
            raise WireFault(f"{self._name} has taken nothing for {WRITE_LIMIT:g} s")

    def close(self) -> None:
        if self._open:
            self._open = False
            self._release()


def open_serial(path: str, baud: int) -> Wire:
    """One sender: the port is locked, so that a second program, or a second object of this one, is refused.

    Give the stable name (``/dev/serial/by-id/...``): a bare ``/dev/ttyUSB0`` is another machine after a reboot.
    """
    try:
        # A port whose other end takes nothing must not hold its thread for ever: writing does not block.
        port = serial.Serial(path, baud, timeout=0, write_timeout=0, exclusive=True)
    except (OSError, ValueError, termios.error) as error:  # SerialException is an OSError.
        raise WireFault(f"cannot open {path}: {_reason(error)}") from error
    descriptor = port.fileno()
    os.set_blocking(descriptor, False)
    return DescriptorWire(descriptor, path, port.close, lambda: _hung_up(descriptor))


def _reason(error: BaseException) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.EAGAIN, errno.EBUSY) or "exclusively lock" in str(error):
        return "another program holds it; close that first"
    if number == errno.ENOENT:
        return "there is no such port; is the machine plugged in and on?"
    if number == errno.EACCES:
        return "no permission; add the user to the group that owns the port (often dialout)"
    return str(error)


def _hung_up(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, 0)
    return bool(poll.poll(0))


def open_tcp(rest: str) -> Wire:
    """``HOST:PORT``. Raises WireFault, OurFault for a malformed address."""
    host, _, port = rest.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise OurFault(f"tcp:{rest} is no address; tcp:HOST:PORT is expected")
    try:
        link = socket.create_connection((host.strip("[]"), int(port)), CONNECT_LIMIT)
    except OSError as error:
        raise WireFault(f"cannot connect to {rest}: {error.strerror or error}") from error
    # One line, one segment, at once: Nagle's algorithm would hold each for the answer to the last.
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setblocking(False)
    return DescriptorWire(link.fileno(), rest, link.close, lambda: True)
