"""What outlives a reset: the EEPROM (settings.c). While it is written the processor hears nothing (eeprom.c)."""

from __future__ import annotations

from dataclasses import dataclass, field

Point = tuple[float, float, float]
ORIGIN: Point = (0.0, 0.0, 0.0)

SYSTEMS = ("G54", "G55", "G56", "G57", "G58", "G59")
PLACES = ("G28", "G30")

BYTE = 0.0034
"""Seconds to write one byte of an AVR's EEPROM, interrupts off."""
SETTING_BYTES = 5
"""A changed float of the settings, and their checksum; bytes that stay the same are not written."""
COORDINATE_BYTES = 13
LINE_BYTES = 81


@dataclass(slots=True)
class Store:
    values: dict[int, float]
    coordinates: dict[str, Point] = field(default_factory=lambda: dict.fromkeys((*SYSTEMS, *PLACES), ORIGIN))
    startup: list[str] = field(default_factory=lambda: ["", ""])
    info: str = ""

    def on(self, number: int) -> bool:
        """Whether a switch is set."""
        return bool(self.values[number])

    def three(self, first: int) -> Point:
        """A setting of the three axes."""
        return self.values[first], self.values[first + 1], self.values[first + 2]
