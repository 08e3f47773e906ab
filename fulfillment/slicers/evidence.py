"""What a slicer made, told from its bytes: an exit code of 0 says nothing.

Every layer is there and none is empty, what is laid is the body's size and where it was to be, and as much material is
laid as the body needs. This stands before preflight and the comparison with the model, and finds what they need not
look for: a body that is not there, is elsewhere, or is another one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from fulfillment.slicers.backend import Printer, SlicerError
from gcode.slicing.profile import Profile
from gcode.slicing.solid import Solid
from gcode.stream import cut, pieces
from gcode.units import FloatArray

TINY: Final = 0.005
"""mm: what a slicer rounds away."""
MOST: Final = 1.15
"""Of a body's volume: beads overlap, and thin walls are laid as wide as a bead."""
SKIRT: Final = 5.0
"""mm that lines of a skirt take beyond its distance, at most."""
LEAST: Final = 0.9
"""Of a body's volume at the infill's density: skins are denser than that."""
AGAIN: Final = "Look at the body in the slicer's own window; nothing was sent to a machine."


def check(data: bytes, body: Solid, profile: Profile, printer: Printer, *, supports: bool = False) -> None:
    """Raises SlicerError where the bytes are not that body, standing where the printer says.

    ``supports``: more may be laid than the body has, and beside it.
    """
    laid = _laid(data)
    if not len(laid.heights):
        raise SlicerError("The slicer's file lays nothing.", AGAIN)
    _check_layers(laid.heights, body, profile)
    _check_place(laid, body, profile, printer, supports)
    _check_volume(laid.fed * profile.filament_area, body, profile, supports)


@dataclass(frozen=True, slots=True, eq=False)
class _Laid:
    heights: FloatArray
    """Each once, the lowest first."""
    low: FloatArray
    """x and y."""
    high: FloatArray
    fed: float
    """mm of E."""


def _laid(data: bytes) -> _Laid:
    """Of a file of any length, piece by piece. Raises SlicerError."""
    heights, fed = np.empty(0), 0.0
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for piece in pieces(cut(data)):
        if piece.program.faults:
            fault = piece.program.faults[0]
            raise SlicerError(f"The slicer's file is no G-code that is taken: line {fault.line}: {fault.text}.", AGAIN)
        moves, lays = piece.moves, piece.moves.lays
        if not lays.any():
            continue
        heights = np.unique(np.concatenate([heights, moves.end[lays, 2].round(3)]))
        for ends in (moves.start[lays, :2], moves.end[lays, :2]):
            low, high = np.minimum(low, ends.min(axis=0)), np.maximum(high, ends.max(axis=0))
        fed += float(moves.e[lays].sum())
    return _Laid(heights, low, high, fed)


def _check_layers(heights: FloatArray, body: Solid, profile: Profile) -> None:
    tall = body.high[2] - body.low[2]
    if heights[0] > profile.first_height + TINY:
        raise SlicerError(f"The slicer's first layer is at {heights[0]:g} mm: the part would hang in the air.", AGAIN)
    gaps = np.diff(heights)
    if len(gaps) and gaps.max() > profile.height + TINY:
        below = heights[gaps.argmax()]
        raise SlicerError(
            f"The slicer laid nothing between {below:g} and {below + gaps.max():g} mm: a layer is missing.", AGAIN
        )
    if abs(heights[-1] - tall) > profile.height + TINY:
        raise SlicerError(f"The slicer's last layer is at {heights[-1]:g} mm, and the body is {tall:g} mm tall.", AGAIN)


def _around(profile: Profile) -> float:
    """mm beside the body that brim and skirt take."""
    skirt = profile.adhesion.skirt_distance + SKIRT if profile.adhesion.skirt else 0.0
    return profile.adhesion.brim + skirt


def _check_place(laid: _Laid, body: Solid, profile: Profile, printer: Printer, supports: bool) -> None:
    around = math.inf if supports else _around(profile)
    for axis, room in enumerate((printer.x, printer.y)):
        low, high = float(laid.low[axis]), float(laid.high[axis])
        if low < 0 or high > room:
            raise SlicerError(f"The slicer laid from {low:.2f} to {high:.2f} mm in {'XY'[axis]}, off the bed.", AGAIN)
        size = body.high[axis] - body.low[axis]
        middle = printer.centre[axis]
        wanted = middle - size / 2, middle + size / 2
        slack = profile.nozzle * 1.5
        beyond = low < wanted[0] - slack - around or high > wanted[1] + slack + around
        if beyond or low > wanted[0] + slack or high < wanted[1] - slack:
            raise SlicerError(
                f"The slicer laid from {low:.2f} to {high:.2f} mm in {'XY'[axis]}, where the body is from "
                f"{wanted[0]:.2f} to {wanted[1]:.2f}.",
                AGAIN,
            )


def _check_volume(laid: float, body: Solid, profile: Profile, supports: bool) -> None:
    width, depth = (body.high[axis] - body.low[axis] + 2 * _around(profile) for axis in (0, 1))
    least = LEAST * profile.infill.density * body.volume
    beside = profile.first_height if _around(profile) else 0.0
    if supports:
        beside = body.high[2] - body.low[2]
    most = MOST * body.volume + width * depth * beside
    if not least <= laid <= most:
        raise SlicerError(
            f"The slicer lays {laid:.0f} mm3, and the body's {body.volume:.0f} mm3 need {least:.0f} to {most:.0f}.",
            AGAIN,
        )
