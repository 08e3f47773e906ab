"""Programs that measure the surface of a piece first (G29, M420): what was found, and what goes wrong, in sentences.

Sources: marlinfw.org/docs/gcode/G029-abl-bilinear and M420; gcode/bedlevel/abl/G29.cpp, M420.cpp, module/probe.cpp and
gcode/gcode.cpp (G29_with_retry) of Marlin 2.1. A firmware with G29_RETRY_AND_RECOVER says nothing but
``//action:probe_failed``, where it does not halt. A probe that finds no piece goes on down to the bed, and takes that
for the surface: nobody but the reader of its grid can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

ACTION: Final = "probe_failed"
_NOT_FOUND: Final = (
    "the probe did not find the surface where it is: see that the piece lies in its jig and is as high as its product "
    "says, and that the probe is clean and moves freely"
)
TROUBLES: Final[Mapping[str, str]] = {
    "probing failed": _NOT_FOUND,
    ACTION: _NOT_FOUND,
    "failed to enable bed leveling": (
        "the firmware has no heights of this surface (it could not measure them): look at its console for why, and at "
        "the machine's probe in the configuration"
    ),
}
"""By what the firmware says behind ``Error:`` or ``//action:``, in small letters."""
FORGET: Final = (b"M420 S0", b"G29 J1")
"""Sent when an attempt that measures ends before its time: no other piece may be made on the heights of this one."""
DEEP: Final = 0.5
"""Of the surface's height over the bed: what lies deeper below the surface is no piece any more."""

_MEASURE: Final = re.compile(rb"G29 (?!J).*Z-(\d+(?:\.\d+)?)")
_HEAD: Final = b"Bilinear Leveling Grid:"
_ROW: Final = re.compile(rb"\s*\d+((?:\s+[+-]?\d+\.\d+)+)\s*")


def sentence(trouble: str) -> str:
    """The firmware's own words for what is wrong, and what they mean where that is known."""
    known = TROUBLES.get(trouble.strip().rstrip(".").lower())
    return f"the machine says: {trouble}" if known is None else f"{known} (the machine says: {trouble})"


def skipped(text: str) -> str | None:
    """Why an attempt has failed whose firmware does not know this command; None for one that it can do without."""
    if not text.startswith(("G29", "M420 S1", "M420 Z")):
        return None
    return (
        f"the firmware cannot measure a surface (it does not know {text.split()[0]}): build it with a probe and "
        "AUTO_BED_LEVELING_BILINEAR, or take probe: out of the machine's configuration"
    )


def measured(lines: Iterable[bytes]) -> float | None:
    """How high over the bed the surface is that a program has measured, in mm; None for one that measures none."""
    found = next((hit for line in lines if line.startswith(b"G29") and (hit := _MEASURE.match(line))), None)
    return float(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Heights:
    """mm over the surface as it should be."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"the surface was measured: {self.low:+.2f} to {self.high:+.2f} mm"

    def missing(self, surface: float) -> str | None:
        """Why there is no whole piece under the probe, if it went down to the bed."""
        if self.low > -DEEP * surface:
            return None
        return (
            f"the probe went {-self.low:.1f} mm below the surface, whose height is {surface:g} mm: a piece is missing "
            "there, or broken; lay a whole one into the jig"
        )


class Grid:
    """Gathers the heights from the lines in which the firmware prints them."""

    def __init__(self) -> None:
        self._values: list[float] | None = None

    def hear(self, line: bytes) -> Heights | None:
        """The heights, at the line behind the last of them."""
        text = line.strip()
        if text == _HEAD:
            self._values = []
        elif self._values is not None and (row := _ROW.fullmatch(text)):
            self._values += map(float, row[1].split())
        elif self._values:
            values, self._values = self._values, None
            return Heights(min(values), max(values))
        return None
