"""What the tests of the render pool let its workers do. Picklable, as every call is."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def whose() -> int:
    return os.getpid()


def slowly(number: int, seconds: float) -> int:
    time.sleep(seconds)
    return 2 * number


def fail(words: str) -> None:
    raise ValueError(words)


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(mark: str) -> str:
    """Dies with the first worker that tries it."""
    path = Path(mark)
    if not path.exists():
        path.touch()
        die()
    return "second"


def begin(folder: str, name: str, hold: str) -> str:
    """Leaves a mark with its worker's id, and ends when ``hold`` is gone."""
    (Path(folder) / name).write_text(str(os.getpid()))
    while Path(hold).exists():
        time.sleep(0.01)
    return name


def swallow(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024 * 1024))


def ponder() -> bool:
    """A regular expression that needs ages, all of them inside C code that never looks at signals from Python."""
    return re.match(r"(a+)+$", "a" * 40 + "b") is None


class Odd(Exception):
    """Cannot be brought back from its pickle: its making needs more than its arguments."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


def odd() -> None:
    raise Odd("one", "two")


def unspeakable() -> object:
    """A result that cannot be pickled."""
    return lambda: None
