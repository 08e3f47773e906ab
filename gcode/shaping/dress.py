"""Content on the level face of a body: part of it, let into it, or a part with a colour of its own. mm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from manifold3d import Manifold

from gcode.design import Tone
from gcode.shaping.areas import prism, rectangle
from gcode.shaping.sheet import grid, level
from gcode.shaping.wrong import ShapeError
from gcode.slicing.areas import Area

HAIR: Final = 0.01
"""mm by which content reaches beyond the face that it is joined to: two bodies that only touch do not become one."""
BESIDE: Final = 0.05
"""mm2 of content that may lie beside the face: what rounding leaves of an edge that runs along it."""

BODY: Final = "body"
CONTENT: Final = "content"
Bodies = Mapping[str, Manifold]
"""Bodies by the names of their parts."""


def dressed(bare: Manifold, area: Area, style: str, top: float, relief: float) -> Bodies:
    """The body with content on the level face at height ``top``, in one of ``STYLES``. Raises ShapeError where some of
    the content has no face under it."""
    _carried(bare, area, top)
    return STYLES[style](bare, area, top, relief)


def _carried(bare: Manifold, area: Area, top: float) -> None:
    lacking = (area - bare.slice(top - HAIR)).area()
    if lacking > BESIDE:
        reason = f"{lacking:.1f} mm2 of the content lie beside the face that carries it."
        raise ShapeError(reason, "Please make it smaller, or move it away from edges and holes.")


def _raised(bare: Manifold, area: Area, top: float, relief: float) -> Bodies:
    return {BODY: bare + prism(area, top - HAIR, top + relief)}


def _sunk(bare: Manifold, area: Area, top: float, relief: float) -> Bodies:
    return {BODY: bare - prism(area, top - relief, top + HAIR)}


def _layer(bare: Manifold, area: Area, top: float, relief: float) -> Bodies:
    return {BODY: bare, CONTENT: prism(area, top, top + relief)}


def _inlaid(bare: Manifold, area: Area, top: float, relief: float) -> Bodies:
    return {**_sunk(bare, area, top, relief), CONTENT: prism(area, top - relief, top)}


def embossed(bare: Manifold, tone: Tone, bead: float, style: str, top: float, relief: float) -> Bodies:
    """The body with a photo on its level face at height ``top``: black as high, or as deep, as ``relief``. Raises
    ShapeError where the face does not carry all of it, or the style is one of two parts."""
    if style not in PHOTO_STYLES:
        reason = f"A photo cannot be {style}: its greys are heights, and have no edge."
        raise ShapeError(reason, f"Please choose {' or '.join(PHOTO_STYLES)}.")
    box = tone.bounds
    _carried(bare, rectangle(box.x0, box.y0, box.x1, box.y1), top)
    dark = grid(tone, bead)
    # Never level with the face, where two bodies would only touch.
    high = np.maximum(np.where(dark.held, dark.values, 0.0) * relief, HAIR)
    if style == "raised":
        return {BODY: bare + level(dark, top + high, top - HAIR)}
    return {BODY: bare - level(dark, top - high, top + HAIR)}


STYLES: Final[Mapping[str, Callable[[Manifold, Area, float, float], Bodies]]] = MappingProxyType(
    {"raised": _raised, "sunk": _sunk, "layer": _layer, "inlaid": _inlaid}
)
"""How content meets a body, by the words that catalogs use."""
PHOTO_STYLES: Final = ("raised", "sunk")
