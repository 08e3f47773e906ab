"""Driver names to import paths. A new machine kind is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from drivers.contract import Clock, Machine, OurFault, Settings

DRIVERS: dict[str, str] = {
    "marlin": "drivers.machines.marlin:Marlin",
    "hot-folder": "drivers.machines.hot_folder:HotFolder",
    "grbl": "drivers.machines.grbl:Grbl",
    "ebb": "drivers.machines.ebb:Ebb",
    "octoprint": "drivers.machines.octoprint:OctoPrint",
    "moonraker": "drivers.machines.moonraker:Moonraker",
    "prusalink": "drivers.machines.prusalink:PrusaLink",
    "ipp": "drivers.machines.ipp:Ipp",
    "zpl": "drivers.machines.zpl:Zpl",
}


def build(driver: str, settings: Settings, clock: Clock) -> Machine:
    """The machine object for a configured driver. Imports only the one that is asked for.

    Raises OurFault for a name that is not registered, and whatever the constructor says of the options.
    """
    if driver not in DRIVERS:
        raise OurFault(f"no driver is called {driver!r}; there are: {', '.join(sorted(DRIVERS))}")
    module, _, name = DRIVERS[driver].partition(":")
    make = cast(Callable[[Settings, Clock], Machine], getattr(import_module(module), name))
    return make(settings, clock)
