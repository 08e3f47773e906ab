"""GRBL 1.1 and grblHAL over a byte stream: an engine without I/O.

``replies`` and ``report`` read lines, ``program`` makes them, ``window`` counts what stands in the receive buffer,
``states`` is the table, ``known`` gathers what the firmware tells, ``meanings`` are its numbers in words, ``talk`` is a
technician's console, ``task`` is the attempt in hand, ``watch`` asks for reports, and ``engine`` puts them together.
"""

from drivers.protocols.grbl.engine import Engine
from drivers.protocols.grbl.events import Answered, Began, Confirmed, Prepared, Rehearsed, Withdrawn
from drivers.protocols.grbl.options import Options
from drivers.protocols.grbl.program import Program, program
from drivers.protocols.grbl.states import State

__all__ = [
    "Answered",
    "Began",
    "Confirmed",
    "Engine",
    "Options",
    "Prepared",
    "Program",
    "Rehearsed",
    "State",
    "Withdrawn",
    "program",
]
