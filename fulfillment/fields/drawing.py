"""A customer's drawing in its zone: mirrored and turned as the product says, then fitted, cut, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from fulfillment import drawings
from fulfillment.catalog import DrawingField
from fulfillment.drawings import DrawingError
from fulfillment.drawings.paint import surfaces, within
from fulfillment.drawings.shapes import FileDrawing, Stroke
from fulfillment.fields.craft import Craft, Refused
from gcode.design import Drawing, Zone
from gcode.fine import LEAST, fineness
from gcode.geometry import Bounds, Line, Transform

SLACK: Final = 1e-6
"""mm."""
WIDER: Final = 1.5
"""Widths of the tool's line beyond which a line of the drawing is wider than it."""

MOST_FINE: Final = 0.25
"""Of a drawing's lines that may be too fine for the tool; corners and joins of any drawing are, a little."""
WORTH_A_NOTE: Final = 0.02
"""The same, from which it is told."""

SHIFT: Final[Mapping[str, float]] = {"left": 0.0, "bottom": 0.0, "centre": 0.5, "right": 1.0, "top": 1.0}
"""Share of the free space that lies to the left, or below."""


def lay(value: bytes, field: DrawingField, zone: Zone, craft: Craft) -> Drawing:
    """The drawing in mm of the piece. Raises Refused."""
    try:
        found = drawings.read(value)
    except DrawingError as error:
        raise Refused(error.reason, error.mend) from None
    found = _moved(found, _turn(field))
    try:
        inner = zone.inset(craft.line_width / 2)
    except ValueError:
        reason = f"{field.title} has a zone that is narrower than a line of {craft.line_width:g} mm."
        raise Refused(reason, "Make the zone larger; the customer did nothing wrong.") from None
    bounds = _bounds(found, field)
    scale = SIZES[field.size](bounds, inner, field)
    placed = _moved(found, _place(bounds, inner, scale, field))
    placed = _with_widths(placed, field, craft)
    strokes, outlines = [stroke.line for stroke in placed.strokes], list(placed.outlines)
    if field.size == "cover":
        strokes, outlines = _cut(strokes, outlines, inner)
    return _checked(Drawing(tuple(strokes), tuple(outlines), placed.notes), field, craft)


def _checked(drawing: Drawing, field: DrawingField, craft: Craft) -> Drawing:
    """The drawing, with a note where little of it is too fine. Raises Refused where much of it is."""
    found = fineness(drawing, craft.line_width, fills=craft.fills)
    thin, near = craft.line_width * LEAST, craft.line_width * (1 + LEAST)
    room = f"closer together than {near:.2g} mm" if not craft.fills else f"{thin:.2g} mm apart or less"
    said = (
        (found.crowded, f"of its lines lie {room}, and run together", "with more room between its lines"),
        (found.slender, f"of its shapes are thinner than {thin:.2g} mm, and become thicker", "with bolder shapes"),
    )
    notes = list(drawing.notes)
    for fine, what, mend in said:
        if fine.share > MOST_FINE:
            place = f"(such as at x {fine.at[0]:.0f}, y {fine.at[1]:.0f} mm; at most {MOST_FINE:.0%} may)"
            reason = (
                f"{field.title} is too fine for a line of {craft.line_width:.2g} mm: {fine.share:.0%} {what} {place}."
            )
            raise Refused(reason, f"Please send a simpler drawing, or one {mend}.")
        if fine.share > WORTH_A_NOTE:
            notes.append(f"{fine.share:.0%} {what}.")
    return replace(drawing, notes=tuple(notes))


def _turn(field: DrawingField) -> Transform:
    mirror = Transform(a=-1.0) if field.mirror else Transform()
    return mirror.then(Transform.rotate(field.rotation)) if field.rotation else mirror


def _moved(drawing: FileDrawing, by: Transform) -> FileDrawing:
    """The drawing elsewhere; all of the transforms here scale both directions alike."""
    scale = abs(by.a * by.d - by.b * by.c) ** 0.5
    strokes = tuple(
        Stroke(by(stroke.line), replace(stroke.pencil, width=stroke.pencil.width * scale)) for stroke in drawing.strokes
    )
    # A mirror turns contours round; the non-zero rule does not mind, as it turns all of them.
    return FileDrawing(strokes, tuple(map(by, drawing.outlines)), drawing.notes)


def _bounds(drawing: FileDrawing, field: DrawingField) -> Bounds:
    """What is to be fitted: with room for the lines' widths, where they are kept."""
    box = drawing.bounds
    widths = [stroke.pencil.width for stroke in drawing.strokes] if field.lines == "width" else []
    half = max(widths, default=0.0) / 2
    return Bounds(box.x0 - half, box.y0 - half, box.x1 + half, box.y1 + half)


def _fit(bounds: Bounds, zone: Zone, _field: DrawingField) -> float:
    return min(_ratios(bounds, zone))


def _cover(bounds: Bounds, zone: Zone, _field: DrawingField) -> float:
    return max(_ratios(bounds, zone))


def _true(bounds: Bounds, zone: Zone, field: DrawingField) -> float:
    if bounds.width > zone.width + SLACK or bounds.height > zone.height + SLACK:
        size, room = f"{bounds.width:.4g} x {bounds.height:.4g} mm", f"{zone.width:.4g} x {zone.height:.4g} mm"
        reason = f"{field.title} is {size} as it is drawn; there is room for {room}."
        raise Refused(reason, "Please draw it smaller, and look whether its unit is right.")
    return 1.0


SIZES: Final[Mapping[str, Callable[[Bounds, Zone, DrawingField], float]]] = {
    "fit": _fit,
    "true": _true,
    "cover": _cover,
}
"""How much a drawing is scaled by, by what the field says of its size."""


def _ratios(bounds: Bounds, zone: Zone) -> list[float]:
    """Of the sides that the drawing has: a single straight line may have one only."""
    sides = ((zone.width, bounds.width), (zone.height, bounds.height))
    return [room / side for room, side in sides if side > SLACK]


def _place(bounds: Bounds, zone: Zone, scale: float, field: DrawingField) -> Transform:
    free_x, free_y = zone.width - bounds.width * scale, zone.height - bounds.height * scale
    x, y = zone.x + free_x * SHIFT[field.align], zone.y + free_y * SHIFT[field.vertical]
    return Transform.move(-bounds.x0, -bounds.y0).then(Transform.scale(scale)).then(Transform.move(x, y))


def _with_widths(drawing: FileDrawing, field: DrawingField, craft: Craft) -> FileDrawing:
    """What becomes of lines that are wider than the tool's."""
    wide = [stroke for stroke in drawing.strokes if stroke.pencil.width > craft.line_width * WIDER]
    if not wide:
        return drawing
    if field.lines == "centre":
        widest = max(stroke.pencil.width for stroke in wide)
        note = f"Lines are made {craft.line_width:g} mm wide; the drawing has them up to {widest:.3g} mm."
        return replace(drawing, notes=(*drawing.notes, note))
    thin = tuple(stroke for stroke in drawing.strokes if stroke.pencil.width <= craft.line_width * WIDER)
    return FileDrawing(thin, surfaces(drawing.outlines, wide), drawing.notes)


def _cut(strokes: Sequence[Line], outlines: Sequence[Line], zone: Zone) -> tuple[list[Line], list[Line]]:
    """What of the drawing lies in the zone."""
    box = zone.bounds
    return within(strokes, outlines, np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]]))
