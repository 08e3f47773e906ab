"""What a Marlin machine tells of its limits: M115, M503 (M201, M203, M204) and M211, as values.

Firmwares from 1.1 to 2.1 word the same reports differently; what is not understood is left out, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drivers.service import Facts

SLACK = 0.05
"""mm by which a reach may fall short: reports are rounded to hundredths."""

Point = tuple[float, float, float]

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_TRIPLE = rf"\s*X\s*{_NUMBER}\s+Y\s*{_NUMBER}\s+Z\s*{_NUMBER}"
_SOFT = re.compile(rf".*Min:{_TRIPLE}\s+Max:{_TRIPLE}")
"""M211, in one line or in the second of two: ``Min:  X0.00 Y0.00 Z0.00   Max:  X220.00 Y220.00 Z250.00``."""
_AREA = re.compile(r'area:.*"?work"?:\{(.*)')
_CORNER = re.compile(rf'"?[xyz]"?:{_NUMBER}')
_SETTING = re.compile(r"(?:echo:)?\s*(G2[01]|M20[1345]|M92)\b([^;]*)")
_WORD = re.compile(rf"\b([XYZEPRTJ]){_NUMBER}(?=\s|$)")
_MACHINE = re.compile(r"MACHINE_TYPE:\s*(.*?)\s*(?:[A-Z_]+:|$)")
_FIRMWARE = re.compile(r".*FIRMWARE_NAME:\s*(.*?)(?:\s+[A-Z_]+:.*)?$")
_CAPABILITY = re.compile(r"Cap:\s*(\w+):\s*(\S+)")


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the firmware lets its axes go, in mm."""

    low: Point
    high: Point

    def __str__(self) -> str:
        return ", ".join(f"{a} {low:g}..{high:g}" for a, low, high in zip("XYZ", self.low, self.high, strict=True))

    def holds(self, envelope: Point) -> bool:
        """Whether a job may use the whole envelope, which begins at the origin."""
        fits = zip(self.low, self.high, envelope, strict=True)
        return all(low <= SLACK and high >= most - SLACK for low, high, most in fits)

    @property
    def envelope(self) -> Point:
        return self.high


def reach(text: str) -> Reach | None:
    """The limits of M211, or the work area that M115 may carry; None for a line that is neither."""
    if soft := _SOFT.match(text):
        x, y, z, *high = map(float, soft.groups())
        return Reach((x, y, z), (high[0], high[1], high[2]))
    if (area := _AREA.match(text)) and len(found := [float(value) for value in _CORNER.findall(area[1])]) == 6:
        return Reach((found[0], found[1], found[2]), (found[3], found[4], found[5]))
    return None


def facts(lines: Iterable[str]) -> Facts:
    """The answers to M115, M503 and M211, in that order, as facts in mm, mm/s and mm/s2."""
    told = list(lines)
    settings = _settings(told)
    unit = 25.4 if "G20" in settings else 1.0
    reaches = [limits for text in told if (limits := reach(text))]
    firmware = next((hit[1] for text in told if (hit := _FIRMWARE.match(text))), None)
    capabilities = {hit[1]: hit[2] for text in told if (hit := _CAPABILITY.match(text))}
    kind = next((hit[1] for text in told if (hit := _MACHINE.search(text))), None)
    if kind:
        capabilities = {"MACHINE_TYPE": kind, **capabilities}
    if reaches:
        capabilities["M211"] = str(reaches[-1])
    if "M204" in settings:
        capabilities["M204"] = " ".join(f"{letter}{value}" for letter, value in settings["M204"].items())
    return Facts(
        firmware=firmware,
        envelope=_rounded(reaches[-1].envelope, unit) if reaches else None,
        speeds=_axes(settings.get("M203", {}), unit),
        accelerations=_axes(settings.get("M201", {}), unit),
        capabilities=capabilities,
    )


def _settings(told: Iterable[str]) -> dict[str, dict[str, str]]:
    """Words by command. Where each tool has its own E, the first tool's is taken."""
    found: dict[str, dict[str, str]] = {}
    for text in told:
        if hit := _SETTING.match(text):
            words = found.setdefault(hit[1], {})
            for letter, value in _WORD.findall(hit[2]):
                words.setdefault(letter, value)
    return found


def _rounded(point: Point, unit: float) -> Point:
    x, y, z = (round(value * unit, 3) for value in point)
    return x, y, z


def _axes(words: Mapping[str, str], unit: float) -> tuple[float, ...] | None:
    """X, Y, Z, and E where it is told; None where an axis is missing."""
    if not all(axis in words for axis in "XYZ"):
        return None
    return tuple(round(float(words[axis]) * unit, 3) for axis in "XYZE" if axis in words)
