"""What a customer's drawing may cost, and how it is refused.

Every limit is a count, so that the same file is refused everywhere and always; they are chosen so that what they let
through is read within the bounds of :func:`bounded`, which stop what nobody has thought of.
"""

from __future__ import annotations

import math
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

MAX_BYTES: Final = 2_000_000
MAX_DEPTH: Final = 64
"""Groups, blocks and uses inside of each other."""
MAX_ELEMENTS: Final = 5_000
"""Elements or entities, each counted as often as it is used."""
MAX_SEGMENTS: Final = 30_000
"""Straight or curved pieces of lines, each counted as often as it is used."""
MAX_POINTS: Final = 300_000
"""Points of all lines once their curves are broken into straight pieces."""
MAX_NUMBER: Final = 1_000_000.0
"""Of a coordinate, in the file's unit, to either side of 0."""
MAX_RULES: Final = 1_000
"""Rules of an SVG's style sheets."""

MEMORY: Final = 300_000_000
"""Bytes of address space that reading one drawing may take on top of what the process has."""
SECONDS: Final = 2.0
"""Of processor time that reading one drawing may take."""


class DrawingError(Exception):
    """A drawing that cannot be used: ``reason`` and ``mend`` are sentences for the customer."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(f"{reason} {mend}")
        self.reason = reason
        self.mend = mend


class _TooLong(Exception):
    """The processor time is used up."""


SIMPLER: Final = "Please send a simpler one: take out what is not seen, and simplify its paths."


def too_much(what: str) -> DrawingError:
    """The refusal of a drawing beyond a limit. ``what``: such as "more than 10,000 elements"."""
    return DrawingError(f"The drawing has {what}.", SIMPLER)


def number(text: str, where: str) -> float:
    """A finite number of a size that a drawing may have. Raises DrawingError."""
    try:
        value = float(text)
    except ValueError:
        raise DrawingError(
            f"{where} has {text[:40]!r} where a number is expected.", "Please save it anew as plain SVG or DXF."
        ) from None
    return checked(value, text, where)


def checked(value: float, text: str, where: str) -> float:
    """The value, where it is finite and not beyond MAX_NUMBER. Raises DrawingError."""
    if not math.isfinite(value):
        raise DrawingError(f"{where} has the number {text[:40]!r}, which is not finite.", "Please draw it anew.")
    if abs(value) > MAX_NUMBER:
        raise DrawingError(
            f"{where} has the number {text[:40]!r}; at most {MAX_NUMBER:,.0f} is taken.",
            "Please draw it nearer to the origin, or in a larger unit.",
        )
    return value


@contextmanager
def bounded(memory: int = MEMORY, seconds: float = SECONDS) -> Iterator[None]:
    """Processor time and memory of the code inside are bounded; beyond them it is refused with a DrawingError.

    The memory's bound is the whole process's while it lasts, so this belongs into a worker, or into a program that does
    nothing else meanwhile. The time is bounded in a main thread only: elsewhere no signal can be handled.
    """
    with ExitStack() as stack:
        _bound_memory(stack, memory)
        if threading.current_thread() is threading.main_thread():
            _bound_time(stack, seconds)
        try:
            yield
        except _TooLong:
            raise too_much(f"so much in it that it takes more than {seconds:g} s to read") from None
        except MemoryError:
            raise too_much(f"so much in it that it takes more than {memory // 1_000_000} MB to read") from None


def _bound_memory(stack: ExitStack, memory: int) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    wanted = pages * resource.getpagesize() + memory
    limits = [limit for limit in (*before, wanted) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits), before[1]))
    stack.callback(resource.setrlimit, resource.RLIMIT_AS, before)


def _bound_time(stack: ExitStack, seconds: float) -> None:
    handler = signal.signal(signal.SIGPROF, _stop)
    stack.callback(signal.signal, signal.SIGPROF, handler)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    stack.callback(signal.setitimer, signal.ITIMER_PROF, 0)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _TooLong
