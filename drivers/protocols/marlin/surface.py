"""Programs that measure the surface of a piece first (G29, M420): what can go wrong with that, in sentences.

Sources: marlinfw.org/docs/gcode/G029-abl-bilinear and M420; gcode/bedlevel/abl/G29.cpp, M420.cpp, module/probe.cpp and
gcode/gcode.cpp (G29_with_retry) of Marlin 2.1. A firmware with G29_RETRY_AND_RECOVER says nothing but
``//action:probe_failed``, where it does not halt.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def sentence(trouble: str) -> str:
    """The firmware's own words for what is wrong, and what they mean where that is known."""
    known = TROUBLES.get(trouble.strip().rstrip(".").lower())
    return f"the machine says: {trouble}" if known is None else f"{known} (the machine says: {trouble})"


def measures(line: bytes) -> bool:
    """Whether a program's line has the surface measured, or its heights followed."""
    return line.startswith((b"G29", b"M420 S1", b"M420 Z"))


def skipped(text: str) -> str | None:
    """Why an attempt has failed whose firmware does not know this command; None for one that it can do without."""
    if not measures(text.encode("ascii", "replace")):
        return None
    return (
        f"the firmware cannot measure a surface (it does not know {text.split()[0]}): build it with a probe and "
        "AUTO_BED_LEVELING_BILINEAR, or take probe: out of the machine's configuration"
    )
