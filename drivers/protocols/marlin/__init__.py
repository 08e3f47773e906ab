"""Marlin over a byte stream: an engine without I/O.

``replies`` reads lines, ``program`` makes them, ``link`` has each taken exactly once, ``states`` is the table,
``known`` gathers what the firmware tells, ``talk`` is a technician's console, ``facts`` reads limits out of reports,
and ``engine`` puts them together.
"""

from drivers.protocols.marlin.engine import Engine
from drivers.protocols.marlin.events import Answered, Began, Warned, Withdrawn
from drivers.protocols.marlin.options import Options
from drivers.protocols.marlin.program import Program, program
from drivers.protocols.marlin.states import State

__all__ = ["Answered", "Began", "Engine", "Options", "Program", "State", "Warned", "Withdrawn", "program"]
