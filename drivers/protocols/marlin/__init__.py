"""Marlin over a byte stream: an engine without I/O.

``replies`` reads lines, ``program`` makes them, ``link`` has each taken exactly once, ``states`` is the table,
``known`` gathers what the firmware tells, and ``engine`` puts them together.
"""

from drivers.protocols.marlin.engine import Began, Engine, Warned, Withdrawn
from drivers.protocols.marlin.options import Options
from drivers.protocols.marlin.program import Program, program
from drivers.protocols.marlin.states import State

__all__ = ["Began", "Engine", "Options", "Program", "State", "Warned", "Withdrawn", "program"]
