"""Slicers of others, behind one interface: a checked body and a profile go in, bytes that were looked at come out.

A slicer is one module with a function ``slicer(printer, settings, bounds) -> Slicer``, and one line in SLICERS. None of
them is believed: see :mod:`fulfillment.slicers.evidence`. It starts programs and belongs into a worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from fulfillment.slicers.backend import Bounds, Printer, Slicer, SlicerError

__all__ = ["SLICERS", "Bounds", "Printer", "Slicer", "SlicerError", "slicer"]

SLICERS: Final[Mapping[str, str]] = {
    "prusaslicer": "fulfillment.slicers.prusa",
    "curaengine": "fulfillment.slicers.cura",
}
"""Modules by name."""


def slicer(
    name: str, printer: Printer, settings: Mapping[str, str] | None = None, bounds: Bounds | None = None
) -> Slicer:
    """The slicer of this name for this printer. ``settings``: its own keys, beyond what a profile says."""
    if name not in SLICERS:
        raise SlicerError(f"No slicer is called {name!r}.", f"Write one of: {', '.join(SLICERS)}.")
    module: Any = import_module(SLICERS[name])
    made: Slicer = module.slicer(printer, settings or {}, bounds or Bounds())
    return made
