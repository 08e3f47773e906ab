"""The ``$`` settings: what they are called, how they are printed, what they may be (settings.c, settings.md).

Rates are mm/min and accelerations mm/s2, as the firmware has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """``decimals`` None: a whole number, kept in a byte."""

    default: float
    decimals: int | None = None
    switch: bool = False


AXIS_SETTINGS = {100: (250.0, 3), 110: (500.0, 3), 120: (10.0, 3), 130: (200.0, 3)}
"""First number of three: steps/mm, maximum rate, acceleration, maximum travel."""

SETTINGS: Mapping[int, Setting] = {
    0: Setting(10),
    1: Setting(25),
    2: Setting(0),
    3: Setting(0),
    4: Setting(0, switch=True),
    5: Setting(0, switch=True),
    6: Setting(0, switch=True),
    10: Setting(1),
    11: Setting(0.01, 3),
    12: Setting(0.002, 3),
    13: Setting(0, switch=True),
    20: Setting(0, switch=True),
    21: Setting(0, switch=True),
    22: Setting(0, switch=True),
    23: Setting(0),
    24: Setting(25, 3),
    25: Setting(500, 3),
    26: Setting(250),
    27: Setting(1, 3),
    30: Setting(1000, 0),
    31: Setting(0, 0),
    32: Setting(0, switch=True),
    **{
        first + axis: Setting(default, decimals)
        for first, (default, decimals) in AXIS_SETTINGS.items()
        for axis in range(3)
    },
}

PULSE_LEAST = 3
"""$0 in microseconds; less is error 6."""

MACHINES: Mapping[str, Mapping[int, float]] = {
    "laser": {11: 0.01, 25: 3000, 24: 300, 23: 3, 27: 2, 32: 1}
    | dict.fromkeys((100, 101), 80.0)
    | dict.fromkeys((110, 111), 10000.0)
    | dict.fromkeys((120, 121), 500.0),
    "spindle": {25: 1000, 24: 100, 27: 1, 30: 10000}
    | dict.fromkeys((100, 101, 102), 800.0)
    | dict.fromkeys((110, 111), 2000.0)
    | {112: 800.0}
    | dict.fromkeys((120, 121, 122), 50.0),
    "pen": {11: 0.01, 25: 3000, 24: 300, 23: 3, 27: 2}
    | dict.fromkeys((100, 101), 80.0)
    | dict.fromkeys((110, 111), 8000.0)
    | {112: 2000.0}
    | dict.fromkeys((120, 121, 122), 400.0),
}
"""What a machine's maker sets, by its tool; the rest is the firmware's default."""


def text(number: int, value: float) -> str:
    """A setting as ``$$`` prints it."""
    decimals = SETTINGS[number].decimals
    return f"${number}={value:.{decimals}f}" if decimals is not None else f"${number}={int(value)}"


def initial(tool: str, envelope: tuple[float, float, float], homing: bool) -> dict[int, float]:
    """The settings of a machine as its maker leaves it."""
    values = {number: setting.default for number, setting in SETTINGS.items()}
    values |= MACHINES[tool]
    values |= {130 + axis: travel for axis, travel in enumerate(envelope)}
    if homing:
        values |= {20: 1, 22: 1}
    return values


def stored(values: Mapping[int, float], number: float, value: float) -> dict[int, float] | int:
    """What a write changes, or the number of the error that refuses it."""
    key = int(number)
    setting = SETTINGS.get(key)
    if value < 0:
        return 4
    if setting is None:
        return 3
    if key == 0 and value < PULSE_LEAST:
        return 6
    if key == 20 and int(value) and not values[22]:
        return 10
    if setting.switch:
        value = float(bool(int(value) & 0xFF))
    elif setting.decimals is None:
        value = float(int(value) & 0xFF)
    changes = {key: value}
    if key == 22 and not value:
        changes[20] = 0.0
    return changes
