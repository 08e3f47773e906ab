"""What a slicer made, told from its bytes: an exit code of 0 says nothing.

Every layer is there and none is empty, what is laid is the body's size and where it was to be, and as much material is
laid as the body needs. This stands before preflight and the comparison with the model, and finds what they need not
look for: a body that is not there, is elsewhere, or is another one.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from fulfillment.slicers.backend import Printer, SlicerError
from gcode.parse import parse
from gcode.slicing.profile import Profile
from gcode.slicing.solid import Solid
from gcode.trace import Trace, trace
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
    """Raises SlicerError where the bytes are not that body in the middle of the bed.

    ``supports``: more may be laid than the body has, and beside it.
    """
    program = parse(data)
    if program.faults:
        fault = program.faults[0]
        raise SlicerError(f"The slicer's file is no G-code that is taken: line {fault.line}: {fault.text}.", AGAIN)
    moves = trace(program)
    lays = moves.lays
    if not lays.any():
        raise SlicerError("The slicer's file lays nothing.", AGAIN)
    _check_layers(moves.end[lays, 2], body, profile)
    _check_place(moves, body, profile, printer, supports)
    _check_volume(float(moves.e[lays].sum()) * profile.filament_area, body, profile, supports)


def _check_layers(z: FloatArray, body: Solid, profile: Profile) -> None:
    tall = body.high[2] - body.low[2]
    heights = np.unique(z.round(3))
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


def _check_place(moves: Trace, body: Solid, profile: Profile, printer: Printer, supports: bool) -> None:
    lays = moves.lays
    ends = np.concatenate([moves.start[lays, :2], moves.end[lays, :2]])
    around = math.inf if supports else _around(profile)
    for axis, room in enumerate((printer.x, printer.y)):
        low, high = float(ends[:, axis].min()), float(ends[:, axis].max())
        if low < 0 or high > room:
            raise SlicerError(f"The slicer laid from {low:.2f} to {high:.2f} mm in {'XY'[axis]}, off the bed.", AGAIN)
        size = body.high[axis] - body.low[axis]
        wanted = (room - size) / 2, (room + size) / 2
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
