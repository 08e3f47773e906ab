"""Who opens and closes a device file: Linux' inotify, which Python's library does not carry.

A pty's master sees a hang-up while nobody has the slave open, but a host that closes and opens again at once is over
before anyone looks. inotify keeps the order of events, so that no opening is missed.
"""

from __future__ import annotations

import ctypes
import os
import struct

OPEN, CLOSE = 0x20, 0x18
"""IN_OPEN; IN_CLOSE_WRITE | IN_CLOSE_NOWRITE."""
HEADER = struct.Struct("iIII")


class Openings:
    """Watches one file. ``fd`` becomes readable when there is something to :meth:`read`."""

    def __init__(self, path: str) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.fd < 0 or libc.inotify_add_watch(self.fd, path.encode(), OPEN | CLOSE) < 0:
            error = ctypes.get_errno()
            raise OSError(error, f"inotify cannot watch {path} ({os.strerror(error)}); the simulator's pty needs it")

    def read(self) -> list[bool]:
        """True for each opening, False for each closing, in order."""
        try:
            data = os.read(self.fd, 65536)
        except BlockingIOError:
            return []
        seen: list[bool] = []
        position = 0
        while position < len(data):
            _, mask, _, length = HEADER.unpack_from(data, position)
            position += HEADER.size + length
            if mask & (OPEN | CLOSE):
                seen.append(bool(mask & OPEN))
        return seen

    def close(self) -> None:
        os.close(self.fd)
