"""The languages of firmwares, a file a family: what may be said, how a program begins and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gcode.dialects.ebb import EBB
from gcode.dialects.grbl import GRBL_LASER, GRBL_MILL, GRBL_PEN, GRBL_ROTARY
from gcode.dialects.klipper import KLIPPER_FDM, KLIPPER_FOOD
from gcode.dialects.marlin import MARLIN_FDM, MARLIN_FOOD
from gcode.dialects.model import CODES, Command, Dialect, DialectError, Range, Setup
from gcode.dialects.reprap import REPRAP_FDM

__all__ = [
    "CODES",
    "DIALECTS",
    "EBB",
    "GRBL_LASER",
    "GRBL_MILL",
    "GRBL_PEN",
    "GRBL_ROTARY",
    "KLIPPER_FDM",
    "KLIPPER_FOOD",
    "MARLIN_FDM",
    "MARLIN_FOOD",
    "REPRAP_FDM",
    "Command",
    "Dialect",
    "DialectError",
    "Range",
    "Setup",
]

DIALECTS: Final[Mapping[str, Dialect]] = MappingProxyType(
    {
        "marlin-food": MARLIN_FOOD,
        "marlin-fdm": MARLIN_FDM,
        "klipper-food": KLIPPER_FOOD,
        "klipper-fdm": KLIPPER_FDM,
        "reprap-fdm": REPRAP_FDM,
        "grbl-laser": GRBL_LASER,
        "grbl-mill": GRBL_MILL,
        "grbl-pen": GRBL_PEN,
        "grbl-rotary": GRBL_ROTARY,
        "ebb": EBB,
    }
)
"""Every dialect by the name that configuration uses."""
