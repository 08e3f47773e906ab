"""What technicians ask of a machine between its jobs, and how a machine's driver is asked for it.

The verbs are those of :mod:`drivers.service`. They go the way of every command: written down, carried out by whoever
owns the machine, answered on record.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from drivers.contract import Machine, NotSupported, OurFault
from drivers.service import Box, Facts, KnowsQuestions, Serviced, checked_line
from jobs.store import Refused

Json = dict[str, Any]

ANSWER = 4000
"""Letters of an answer that are kept for people to read; a program finds all of it in the result."""

FRAME_WORDS = 5


def frame_of(argument: str) -> tuple[Box, float]:
    """``X0 Y0 X1 Y1 SPEED`` in mm and mm/s. Raises Refused."""
    try:
        numbers = [float(word) for word in argument.split()]
    except ValueError:
        numbers = []
    if len(numbers) != FRAME_WORDS or not all(map(math.isfinite, numbers)):
        raise Refused(
            f"{argument[:60]!r} is no frame: five numbers are expected, X0 Y0 X1 Y1 in mm and a speed in mm/s"
        )
    x0, y0, x1, y1, speed = numbers
    return (x0, y0, x1, y1), speed


def _line_of(argument: str) -> str:
    try:
        return checked_line(argument)
    except OurFault as fault:
        raise Refused(str(fault)) from None


def body_of(facts: Facts) -> Json:
    """Facts as the record keeps them."""
    return {
        "firmware": facts.firmware,
        "envelope": facts.envelope and list(facts.envelope),
        "speeds": facts.speeds and list(facts.speeds),
        "accelerations": facts.accelerations and list(facts.accelerations),
        "capabilities": dict(facts.capabilities),
    }


def facts_of(body: Json) -> Facts:
    """The record's facts as values."""
    envelope = body.get("envelope")
    return Facts(
        firmware=body.get("firmware"),
        envelope=(envelope[0], envelope[1], envelope[2]) if envelope else None,
        speeds=tuple(body["speeds"]) if body.get("speeds") else None,
        accelerations=tuple(body["accelerations"]) if body.get("accelerations") else None,
        capabilities=body.get("capabilities") or {},
    )


_ARGUMENTS: Mapping[str, Callable[[str], object]] = {"console": _line_of, "frame": frame_of}
"""Verbs that need to know more, and what checks it."""

_ASK: Mapping[str, Callable[[Serviced, str], Json | None]] = {
    "facts": lambda machine, _: body_of(machine.facts()),
    "console": lambda machine, line: {"lines": machine.console(line)},
    "home": lambda machine, _: machine.home(),
    "nudge": lambda machine, _: machine.nudge(),
    "frame": lambda machine, argument: machine.frame(*frame_of(argument)),
}

VERBS: tuple[str, ...] = tuple(_ASK)


def checked(verb: str, argument: str | None) -> str | None:
    """The argument of a technician's verb, None where it takes none. Raises Refused."""
    check = _ARGUMENTS.get(verb)
    if check is None:
        return None
    check(argument or "")
    return (argument or "").strip()


def acts(machine: Machine, verb: str, argument: str) -> bool:
    """Whether something may lie on the bed afterwards: after every line that is not known to be a question."""
    if verb != "console":
        return False
    return not (isinstance(machine, KnowsQuestions) and machine.asks(argument))


def carry_out(machine: Machine, verb: str, argument: str) -> Json:
    """Have the driver do it. What the machine told. Raises DriverError, Refused."""
    if not isinstance(machine, Serviced):
        raise NotSupported("its driver offers technicians nothing: use the machine's own panel")
    return _ASK[verb](machine, argument) or {}


def words(verb: str, result: Json) -> str:
    """A result for people, in one text."""
    lines = result.get("lines")
    if lines is not None:
        text = "\n".join(lines) or "done, and it said nothing"
    else:
        text = str(result.get("firmware") or "done")
    return f"{verb}: {text}"[:ANSWER]
