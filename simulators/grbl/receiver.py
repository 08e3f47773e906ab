"""The serial side of GRBL (serial.c, and the line filter of protocol.c).

Real-time bytes are picked off the wire and never wait; everything else goes into a ring of ``size`` bytes. What arrives
while the ring is full is lost, and so is what arrives while the processor writes its EEPROM with interrupts off: the
kernel's pty would hide both behind its 15,872 bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 79
"""LINE_BUFFER_SIZE 80 with its terminator: a longer line is error 11."""
REALTIME = re.compile(rb"[\x18?!~\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Line:
    """``text``: without blanks and comments, in capitals; ``raw``: as it came."""

    text: str
    raw: str
    overflow: bool = False


class Ring:
    """Bytes that were received and not read yet."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._data = bytearray()
        self._line = bytearray()
        """What the main loop has read of a line: it is out of the ring already."""

    @property
    def free(self) -> int:
        return self.size - len(self._data)

    def put(self, data: bytes) -> int:
        """How many bytes there was room for."""
        taken = data[: self.free]
        self._data += taken
        return len(taken)

    def drain(self) -> None:
        """The main loop reads on: an unfinished line leaves the ring."""
        if self._data and b"\n" not in self._data and b"\r" not in self._data:
            self._line += self._data
            self._data.clear()

    def take(self) -> bytes | None:
        """The next complete line, without its end."""
        found = re.search(rb"[\r\n]", self._data)
        if found is None:
            return None
        line = bytes(self._line + self._data[: found.start()])
        del self._data[: found.end()]
        self._line.clear()
        return line

    def __bool__(self) -> bool:
        return bool(self._data)

    def clear(self) -> None:
        self._data.clear()
        self._line.clear()


def filtered(raw: bytes) -> Line:
    """Blanks, control characters, slashes and comments taken out, letters in capitals."""
    kept = bytearray()
    comment = 0
    overflow = False
    for byte in raw:
        if comment:
            if byte == 0x29 and comment == 0x28:
                comment = 0
        elif byte in b"(;":
            comment = byte
        elif byte <= 0x20 or byte == 0x2F:
            continue
        elif len(kept) >= LONGEST:
            overflow = True
            break
        else:
            kept.append(byte)
    return Line(kept.decode("ascii", "replace").upper(), raw.decode("ascii", "replace").strip(), overflow)
