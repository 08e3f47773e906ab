"""Quantities in a written file: a number in the house unit, or a text with exactly that unit ("16 mm/s").

A foreign unit is never converted silently: the refusal carries the value to write instead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from fulfillment.positions.problems import Mend

QUANTITY = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*([^\d\s].*)?")

Convert = Callable[[float], float]


def _times(factor: float) -> Convert:
    return lambda value: value * factor


LENGTHS: Mapping[str, float] = {"um": 0.001, "µm": 0.001, "cm": 10, "m": 1000, "in": 25.4, "inch": 25.4, '"': 25.4}

UNITS: Mapping[str, Mapping[str, Convert]] = {
    "mm": {name: _times(factor) for name, factor in LENGTHS.items()},
    "mm3": {"ml": _times(1000), "cm3": _times(1000), "ul": _times(1), "µl": _times(1)},
    "mm2": {"cm2": _times(100), "m2": _times(1e6)},
    "mm/s": {
        "mm/min": _times(1 / 60),
        "m/s": _times(1000),
        "m/min": _times(1000 / 60),
        "cm/s": _times(10),
        "in/s": _times(25.4),
        "in/min": _times(25.4 / 60),
    },
    "g/cm3": {"kg/m3": _times(0.001), "g/ml": _times(1), "kg/l": _times(1)},
    "mm/s2": {"m/s2": _times(1000), "g": _times(9806.65)},
    "mm3/s": {
        "mm3/min": _times(1 / 60),
        "ml/min": _times(1000 / 60),
        "cm3/min": _times(1000 / 60),
        "ml/s": _times(1000),
    },
    "degC": {
        "degF": lambda f: (f - 32) / 1.8,
        "°F": lambda f: (f - 32) / 1.8,
        "F": lambda f: (f - 32) / 1.8,
        "K": lambda k: k - 273.15,
    },
    "s": {"ms": _times(0.001), "min": _times(60), "h": _times(3600), "minutes": _times(60), "hours": _times(3600)},
    "h": {"s": _times(1 / 3600), "min": _times(1 / 60), "days": _times(24), "hours": _times(1), "weeks": _times(168)},
    "days": {
        "weeks": _times(7),
        "months": _times(30),
        "years": _times(365),
        "h": _times(1 / 24),
        "hours": _times(1 / 24),
    },
    "MB": {
        "KB": _times(1e-3),
        "kB": _times(1e-3),
        "GB": _times(1e3),
        "MiB": _times(1.048576),
        "GiB": _times(1073.741824),
    },
}
"""House unit -> foreign units of the same dimension, and how to turn a value into the house unit."""

SPELLINGS: Mapping[str, str] = {
    "°C": "degC",
    "C": "degC",
    "mm²": "mm2",
    "mm³": "mm3",
    "mm/s²": "mm/s2",
    "g/cm³": "g/cm3",
    "mm³/s": "mm3/s",
    "day": "days",
}
"""Other spellings of a house unit, read as that unit."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Marks a number as a quantity: ``Annotated[float, Unit("mm")]``."""

    name: str

    def read(self, value: object) -> object:
        """The number in the house unit; anything that is no text is left to the type's own check. Raises Mend."""
        if not isinstance(value, str):
            return value
        found = QUANTITY.fullmatch(value.strip()) if len(value) <= 60 else None
        if found is None or not math.isfinite(float(found[1])):
            raise Mend(
                f"{value[:60]!r} is not a quantity.", f"Write a number in {self.name}, such as 12 or '12 {self.name}'."
            )
        number, unit = float(found[1]), (found[2] or self.name).strip()
        if SPELLINGS.get(unit, unit) == self.name:
            return int(number) if number.is_integer() else number
        convert = UNITS[self.name].get(unit)
        if convert is None:
            raise Mend(
                f"{unit[:20]!r} is not a unit of this value.",
                f"Write it in {self.name}, such as '{number:g} {self.name}'.",
            )
        raise Mend(f"{unit!r} is a foreign unit here.", f"Write '{convert(number):.6g} {self.name}'.")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))
