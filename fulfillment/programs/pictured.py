"""A picture of what a program lays: the whole from its front corner, or one layer from above."""

from __future__ import annotations

import math
import mmap
from dataclasses import dataclass, fields
from typing import Final, cast

import numpy as np
from PIL import ImageColor

from fulfillment.programs.opened import Opened
from fulfillment.refusal import Refusal
from gcode.pictures import Tubes, print_view, tubes
from gcode.pictures.scene import from_above
from gcode.proof import png
from gcode.units import BoolArray

PIXELS: Final = 1200
"""Of the longer side of a layer."""
MARGIN: Final = 2.0
SAME_Z: Final = 0.005
MOST: Final = 400_000
"""Pieces of bead that are kept of a long program: a picture has about as many pixels."""


@dataclass(frozen=True, slots=True)
class Drawn:
    png: bytes
    said: str
    """What is on it."""


def draw(program: Opened, filament: float, layer: int | None, colour: str) -> Drawn:
    """Raises Refusal where there is nothing to draw, or ProofError."""
    for _ in program.parts():
        pass  # what is no text is refused before it is drawn
    try:
        rgb = ImageColor.getrgb(colour)[:3]
    except ValueError:
        raise Refusal(f"{colour!r} is no colour.", "Write it as '#2f6f73'.") from None
    with program.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        # A map has all that is asked of bytes here, and only the part that is read is in memory.
        laid = tubes(cast(bytes, data), math.pi * filament**2 / 4, most=MOST)
    if not len(laid):
        raise Refusal("It lays no material: there is nothing to draw.", "`ful gcode explain` says what it does.")
    colours = [rgb] * (int(laid.colour.max()) + 1)
    levels = _levels(laid)
    if layer is None:
        return Drawn(print_view(laid, colours), f"{len(levels)} layers, {levels[-1]:g} mm high")
    if layer >= len(levels):
        raise Refusal(f"There is no layer {layer}.", f"Layers are 0 to {len(levels) - 1}.")
    one = _only(laid, np.abs(laid.top - levels[layer]) <= SAME_Z)
    low, high = laid.box()
    box = (low[0] - MARGIN, low[1] - MARGIN, high[0] + MARGIN, high[1] + MARGIN)
    scale = PIXELS / max(box[2] - box[0], box[3] - box[1])
    return Drawn(png(from_above(one, box, scale, colours)), f"layer {layer} of {len(levels)}, at {levels[layer]:g} mm")


def _levels(laid: Tubes) -> list[float]:
    """Heights at which something is laid, the lowest first."""
    heights = np.unique(laid.top)
    begins = np.concatenate([[True], np.diff(heights) > SAME_Z])
    return [float(height) for height in heights[begins]]


def _only(laid: Tubes, chosen: BoolArray) -> Tubes:
    return Tubes(*(getattr(laid, one.name)[chosen] for one in fields(Tubes)))
