"""Byte streams to machines: a serial port, or TCP to a device server or a simulator. Nothing here knows a protocol."""

from __future__ import annotations

import errno
import os
import select
import socket
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import serial

from drivers.contract import OurFault, WireFault
from drivers.holders import holders

CHUNK = 4096
"""Bytes asked for at once: a pty holds at most four times as many."""

WRITE_LIMIT = 5.0
"""Seconds that a peer may refuse to take bytes before the wire counts as lost."""

LAST_WORD_LIMIT = 0.5
"""Seconds that a last word may take on a wire whose queue cannot be dropped (TCP)."""

_LOOK = 0.05
"""Seconds between two looks of a blocked writing at whether the last word was spoken."""

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

    def last_word(self, data: bytes) -> bool:
        """Write ``data`` now, ahead of all that waits to be sent, and let nothing be written after it.

        The one thing that another thread than the owner may ask, also while the owner's writing blocks. What was
        still to be sent is dropped: here, and in the system where it can. Best effort, never raises, at most
        :data:`LAST_WORD_LIMIT`; False when the other end took none of it.
        """
        ...

    def close(self) -> None:
        """Idempotent, never raises."""
        ...


class DescriptorWire:
    """A wire over a non-blocking file descriptor; ``release`` gives it back."""

    def __init__(self, descriptor: int, name: str, release: Callable[[], None], gone: Callable[[], bool]) -> None:
        self._fd, self._name, self._release, self._gone = descriptor, name, release, gone
        self._open = True
        self._writing = threading.Lock()
        """Held for one system call that does not block, so a last word waits for nobody."""
        self._sealed = False

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
                with self._writing:
                    if self._sealed:
                        return
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
        waited = 0.0
        while not poll.poll(_LOOK * 1000):
            waited += _LOOK
            if self._sealed:
                return
            if waited >= WRITE_LIMIT:
                raise WireFault(f"{self._name} has taken nothing for {WRITE_LIMIT:g} s")

    def last_word(self, data: bytes) -> bool:
        with self._writing:
            self._sealed = True
            with suppress(termios.error):  # A socket has no queue of a terminal's that could be dropped.
                termios.tcflush(self._fd, termios.TCOFLUSH)
            poll = select.poll()
            poll.register(self._fd, select.POLLOUT)
            if not poll.poll(LAST_WORD_LIMIT * 1000):
                return False
            try:
                return os.write(self._fd, data) == len(data)
            except OSError:
                return False

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
        raise WireFault(f"cannot open {path}: {_reason(error, path)}") from error
    descriptor = port.fileno()
    os.set_blocking(descriptor, False)
    return DescriptorWire(descriptor, path, port.close, lambda: _hung_up(descriptor))


def _reason(error: BaseException, path: str) -> str:
    number = getattr(error, "errno", None)
    if number in (errno.EAGAIN, errno.EBUSY) or "exclusively lock" in str(error):
        who = " and ".join(str(holder) for holder in holders(path)) or "another program"
        return f"{who} holds it; close that first"
    if number == errno.ENOENT:
        return "there is no such port; is the machine plugged in and on?"
    if number == errno.EACCES:
        return "no permission; add the user to the group that owns the port (often dialout)"
    if number == errno.EISDIR or errno.ENOTTY in getattr(error.__context__, "args", ()):
        return "it is no serial port; look at the address"
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
