"""The EiBotBoard (EBB) of AxiDraw and its kind over a byte stream: an engine without I/O, and its motion planned.

``program`` reads an artifact, ``motion`` plans it, ``line`` and ``words`` are what is said and answered, ``scripts``
say in which order, ``states`` is the table, and ``engine`` puts them together.
"""

from drivers.protocols.ebb.engine import Engine
from drivers.protocols.ebb.events import Answered, Began, Withdrawn
from drivers.protocols.ebb.motion import Frame, Limits
from drivers.protocols.ebb.options import Options
from drivers.protocols.ebb.program import Path, Program, program
from drivers.protocols.ebb.states import State
from drivers.protocols.ebb.words import FAREWELL

__all__ = [
    "FAREWELL",
    "Answered",
    "Began",
    "Engine",
    "Frame",
    "Limits",
    "Options",
    "Path",
    "Program",
    "State",
    "Withdrawn",
    "program",
]
