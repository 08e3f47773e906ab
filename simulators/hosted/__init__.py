"""What simulated print servers have in common: files, one printer that runs them, and a network that fails.

A vendor's simulator is routes over :class:`Core` and a few words of its own (:class:`Vendor`). Nothing here imports a
client or a driver: the servers answer as their vendors document, misleading answers included.
"""

from simulators.hosted.core import Core, Vendor
from simulators.hosted.faults import KINDS, Fault, Faults, Kind, parse
from simulators.hosted.gate import Gate
from simulators.hosted.printer import File, Job, Printer, Result, State
from simulators.hosted.program import serve
from simulators.hosted.web import Push, Web

__all__ = [
    "KINDS",
    "Core",
    "Fault",
    "Faults",
    "File",
    "Gate",
    "Job",
    "Kind",
    "Printer",
    "Push",
    "Result",
    "State",
    "Vendor",
    "Web",
    "parse",
    "serve",
]
