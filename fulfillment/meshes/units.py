"""In what a model was drawn: a 3MF says it, an STL and an OBJ do not."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

Unit: TypeAlias = Literal["micron", "millimeter", "centimeter", "inch", "foot", "meter"]
"""By the names that 3MF gives them."""

UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
NAMED: Final[Mapping[str, Unit]] = MappingProxyType({unit: unit for unit in UNITS})
MM: Final[Mapping[Unit, float]] = MappingProxyType(
    {"micron": 0.001, "millimeter": 1.0, "centimeter": 10.0, "inch": 25.4, "foot": 304.8, "meter": 1000.0}
)
"""mm of one of each."""
SHORT: Final[Mapping[Unit, str]] = MappingProxyType(
    {"micron": "µm", "millimeter": "mm", "centimeter": "cm", "inch": "inch", "foot": "ft", "meter": "m"}
)
"""For a customer."""
