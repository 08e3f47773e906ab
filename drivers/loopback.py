"""A wire without a machine, for tests: the other end is a function, and the way there may be a bad one."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers.contract import WireFault
from drivers.wires import CHUNK

Answer = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Noise:
    """What the way does to the bytes, from a seed. ``corrupt`` and ``lose`` are chances for each byte, both ways."""

    seed: int = 0
    split: bool = False
    """Reads return pieces, down to single bytes."""
    corrupt: float = 0.0
    lose: float = 0.0
    delay: float = 0.0
    """Seconds that each writing takes longer."""


class Loopback:
    """A wire whose other end is ``answer``: what is written goes to it, what it returns can be read.

    ``greeting`` can be read from the start, as a boot banner is.
    """

    def __init__(self, answer: Answer, greeting: bytes = b"", noise: Noise | None = None) -> None:
        self._answer, self._noise = answer, noise or Noise()
        self._dice = random.Random(self._noise.seed)
        self._near, self._far = socket.socketpair()
        self._sealed = False
        self._near.setblocking(False)
        self.say(greeting)

    def say(self, data: bytes) -> None:
        """Put bytes on the wire as if the machine had spoken by itself."""
        if data:
            self._far.sendall(self._spoil(data))

    def hang_up(self) -> None:
        """The other end goes away, as by a pulled plug."""
        self._far.close()

    def fileno(self) -> int:
        return self._near.fileno()

    def read(self) -> bytes:
        try:
            data = self._near.recv(self._dice.randint(1, 7) if self._noise.split else CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            raise WireFault("the loopback was closed by the other end")
        return data

    def write(self, data: bytes) -> None:
        if self._noise.delay:
            time.sleep(self._noise.delay)
        if data and not self._sealed:
            self.say(self._answer(self._spoil(data)))

    def last_word(self, data: bytes) -> bool:
        self.write(data)
        self._sealed = True
        return True

    def close(self) -> None:
        self._near.close()
        self._far.close()

    def _spoil(self, data: bytes) -> bytes:
        noise, dice = self._noise, self._dice
        if not (noise.corrupt or noise.lose):
            return data
        kept = (byte for byte in data if dice.random() >= noise.lose)
        return bytes(byte ^ (1 << dice.randrange(7)) if dice.random() < noise.corrupt else byte for byte in kept)
