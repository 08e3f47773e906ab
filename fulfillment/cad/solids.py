"""What templates build with, on cadquery: prisms of areas, plates, and the triangles of a shape. Worker only.

Every curve of an area is chords already, so that letters are prisms of plane faces; curves of a body stay curves until
:func:`triangles`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import cadquery as cq
import numpy as np
from manifold3d import CrossSection, FillRule, JoinType
from shapely import LinearRing, LineString, MultiPolygon, Polygon, simplify, union_all

from fulfillment.cad.errors import refused
from gcode.design import Drawing
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
DETAIL: Final = 0.01
"""mm: points of content that change its edge by less are left out."""
SMOOTH: Final = 0.02
"""mm by which chords of round corners that are drawn around content are off."""
TOUCH: Final = 0.001
"""mm by which the edges of content draw back from each other."""
SPECK: Final = 0.001
"""mm2: what is smaller is no part of a letter."""


def area_of(drawing: Drawing, width: float) -> Area:
    """Outlines by the non-zero rule together with strokes of this width in mm, as one area. Raises CadRefused."""
    outlines = [np.ascontiguousarray(line, dtype=np.float64) for line in drawing.outlines if len(line) > 2]
    found = CrossSection(outlines, FillRule.NonZero) if outlines else CrossSection()
    strokes = [LineString(line).buffer(width / 2, quad_segs=4) for line in drawing.strokes if len(line) > 1]
    if strokes:
        found = found + _section(union_all(strokes))
    # Two letters that touch in one point would be a body whose surface does so, which is not closed for a slicer.
    apart = thinned(found, DETAIL).offset(-2 * TOUCH, JoinType.Miter, 3.0).offset(TOUCH, JoinType.Miter, 3.0)
    if apart.area() < SPECK:
        raise refused("", "The content has no surface that could be built.", "Please send one with lines or areas.")
    # Offsets leave edges that are shorter than OCCT can tell two points apart by.
    return thinned(apart, TOUCH)


def _section(shape: Any) -> Area:
    pieces: list[Polygon] = list(shape.geoms) if isinstance(shape, MultiPolygon) else [shape]
    rings = [np.asarray(ring.coords)[:-1] for piece in pieces for ring in (piece.exterior, *piece.interiors)]
    return CrossSection(rings, FillRule.EvenOdd)


def grown(area: Area, distance: float) -> Area:
    """The area with a band of this width in mm around it, round at its corners."""
    segments = math.ceil(math.pi / math.acos(1 - min(1.0, SMOOTH / abs(distance))) / 4) * 4
    return thinned(area.offset(distance, JoinType.Round, circular_segments=segments), DETAIL)


def filled(area: Area) -> Area:
    """The area without its holes."""
    rings = [max(piece.to_polygons(), key=_signed) for piece in pieces(area)]
    return CrossSection(rings, FillRule.Positive)


def closed(area: Area, gap: float) -> Area:
    """The area with gaps narrower than this, in mm, bridged."""
    return thinned(area + grown(grown(area, gap / 2), -gap / 2), DETAIL)


def thinned(area: Area, off: float) -> Area:
    """The area without points that lie no further than this, in mm, off the line between those that stay.

    Clipper's own way to simplify moves whole straight edges: it took 2 % off a wall of 1 mm.
    """
    rings = [np.asarray(simplify(LinearRing(ring), off).coords)[:-1] for ring in area.to_polygons()]
    return CrossSection([ring for ring in rings if len(ring) > 2], FillRule.Positive)


def mirrored(area: Area, x: float) -> Area:
    """The area turned over at the upright line at ``x``."""
    return area.mirror((1.0, 0.0)).translate((2 * x, 0.0))


def disc(x: float, y: float, radius: float) -> Area:
    return CrossSection.circle(radius, 96).translate((x, y))


def pieces(area: Area) -> list[Area]:
    """Its connected parts, from left to right: in an order that does not depend on how they were found."""
    found = [piece for piece in area.decompose() if piece.area() > SPECK]
    return sorted(found, key=lambda piece: tuple(piece.bounds()))


def prism(area: Area, low: float, high: float) -> list[cq.Shape]:
    """The area from height ``low`` to ``high``: one solid for each connected part."""
    up = cq.Vector(0.0, 0.0, high - low)
    return [cq.Solid.extrudeLinear(_face(piece, low), up) for piece in pieces(area)]


def _face(piece: Area, z: float) -> cq.Face:
    rings = sorted(piece.to_polygons(), key=lambda ring: -abs(_signed(ring)))
    wires = [cq.Wire.makePolygon([cq.Vector(float(x), float(y), z) for x, y in ring], close=True) for ring in rings]
    return cq.Face.makeFromWires(wires[0], wires[1:])


def _signed(ring: FloatArray) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def plate(width: float, depth: float, thickness: float, radius: float, chamfer: float = 0.0) -> cq.Shape:
    """A plate with round corners from the origin on, its upper edge chamfered."""
    body = cq.Workplane().rect(width, depth, centered=False).extrude(thickness)
    if radius > 0:
        body = body.edges("|Z").fillet(radius)
    return _only(body.faces(">Z").edges().chamfer(chamfer) if chamfer > 0 else body)


def cylinder(x: float, y: float, radius: float, height: float) -> cq.Shape:
    return _only(cq.Workplane().center(x, y).circle(radius).extrude(height))


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
