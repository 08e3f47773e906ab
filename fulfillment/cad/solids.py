"""What templates build with, on cadquery: prisms of areas, plates, and the triangles of a shape. Worker only.

Every curve of an area is chords already, so that letters are prisms of plane faces; curves of a body stay curves until
:func:`triangles`. What is done with areas before is ``gcode.shaping``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import cadquery as cq
import numpy as np

from gcode.geometry import signed
from gcode.shaping.areas import pieces
from gcode.units import FloatArray, IntArray

if TYPE_CHECKING:
    from fulfillment.cad.template import Given
    from gcode.slicing.areas import Area

TOLERANCE: Final = 0.01
"""mm by which a chord may be off its curve."""
BEND: Final = 0.15
"""Radians between one chord and the next."""
GRID: Final = 6
"""Digits behind the point that corners are rounded to: faces that meet then share their corners."""


def prism(area: Area, low: float, high: float) -> list[cq.Shape]:
    """The area from height ``low`` to ``high``: one solid for each connected part."""
    up = cq.Vector(0.0, 0.0, high - low)
    return [cq.Solid.extrudeLinear(_face(piece, low), up) for piece in pieces(area)]


def _face(piece: Area, z: float) -> cq.Face:
    rings = sorted(piece.to_polygons(), key=lambda ring: -abs(signed(ring)))
    wires = [cq.Wire.makePolygon([cq.Vector(float(x), float(y), z) for x, y in ring], close=True) for ring in rings]
    return cq.Face.makeFromWires(wires[0], wires[1:])


def plate(width: float, depth: float, thickness: float, radius: float, chamfer: float = 0.0) -> cq.Shape:
    """A plate with round corners from the origin on, its upper edge chamfered."""
    if 2 * radius >= min(width, depth) == max(width, depth):
        # A fillet that leaves nothing of the sides fails.
        return cylinder(width / 2, width / 2, width / 2, thickness)
    body = cq.Workplane().rect(width, depth, centered=False).extrude(thickness)
    if radius > 0:
        body = body.edges("|Z").fillet(radius)
    return _only(body.faces(">Z").edges().chamfer(chamfer) if chamfer > 0 else body)


def cylinder(x: float, y: float, radius: float, height: float) -> cq.Shape:
    return _only(cq.Workplane().center(x, y).circle(radius).extrude(height))


def polygon(corners: Sequence[tuple[float, float]], thickness: float) -> cq.Shape:
    """A plate with these corners."""
    return _only(cq.Workplane().polyline(list(corners)).close().extrude(thickness))


def across(corners: Sequence[tuple[float, float]], depth: float) -> cq.Shape:
    """A profile of x and z from the front (y = 0) to the back."""
    return _only(cq.Workplane("XZ").polyline(list(corners)).close().extrude(-depth))


def moved(shape: cq.Shape, x: float, y: float, z: float = 0.0) -> cq.Shape:
    return shape.translate(cq.Vector(x, y, z))


def _only(found: cq.Workplane) -> cq.Shape:
    shape: cq.Shape = found.val()
    return shape


def together(shapes: Sequence[cq.Shape]) -> cq.Shape:
    """Several solids as one part."""
    return shapes[0] if len(shapes) == 1 else cq.Compound.makeCompound(shapes)


def joined(body: cq.Shape, others: Iterable[cq.Shape]) -> cq.Shape:
    more = list(others)
    return body.fuse(*more) if more else body


def without(body: cq.Shape, others: Iterable[cq.Shape]) -> cq.Shape:
    more = list(others)
    return body.cut(*more) if more else body


def dressed(body: cq.Shape, given: Given, top: float, relief: float) -> dict[str, cq.Shape]:
    """The body with its content on the level face at height ``top``, in the style that was chosen (template.STYLES)."""
    if given.area is None:
        return {"body": body}
    return _DRESS[given.style](body, given.area, top, relief)


def _raised(body: cq.Shape, area: Area, top: float, relief: float) -> dict[str, cq.Shape]:
    return {"body": joined(body, prism(area, top, top + relief))}


def _sunk(body: cq.Shape, area: Area, top: float, relief: float) -> dict[str, cq.Shape]:
    return {"body": without(body, prism(area, top - relief, top))}


def _layer(body: cq.Shape, area: Area, top: float, relief: float) -> dict[str, cq.Shape]:
    return {"body": body, "content": together(prism(area, top, top + relief))}


def _inlaid(body: cq.Shape, area: Area, top: float, relief: float) -> dict[str, cq.Shape]:
    return {**_sunk(body, area, top, relief), "content": together(prism(area, top - relief, top))}


_DRESS: Final = {"raised": _raised, "sunk": _sunk, "layer": _layer, "inlaid": _inlaid}


def triangles(shape: cq.Shape) -> tuple[FloatArray, IntArray]:
    """Vertices and faces of a shape, in an order that follows from the shape alone."""
    points, corners = shape.tessellate(TOLERANCE, BEND)
    rounded = np.round(np.array([point.toTuple() for point in points], dtype=np.float64), GRID) + 0.0
    vertices, which = np.unique(rounded, axis=0, return_inverse=True)
    faces = which.reshape(-1)[np.array(corners, dtype=np.int64)]
    flat = (faces == np.roll(faces, -1, axis=1)).any(axis=1)
    return vertices, faces[~flat].astype(np.int64)
