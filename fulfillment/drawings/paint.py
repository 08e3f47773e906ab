"""What of a drawing is seen: its shapes laid on top of each other as a painter would, in one colour and white.

A machine leaves one tone. So white covers what lies below it and stays bare, and every other colour is the mark; where
two such colours meet, the edge between them would vanish, and the drawing is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Final

import numpy as np
from manifold3d import CrossSection, FillRule, OpType
from shapely import (
    LineString,
    MultiLineString,
    MultiPolygon,
    Point,
    Polygon,
    get_parts,
    line_merge,
    prepare,
    unary_union,
)
from shapely.geometry.base import BaseGeometry

from fulfillment.drawings.curves import Curves, flattened
from fulfillment.drawings.limits import MAX_NUMBER, DrawingError
from fulfillment.drawings.shapes import Cap, Colour, FileDrawing, Pencil, Read, Shape, Stroke
from gcode.geometry import Bounds, Line, Transform, bounds_of

SIZE: Final = 1000.0
"""Diagonal that every drawing is scaled to while it is painted, so that the tolerances are shares of it."""
TOLERANCE: Final = 0.05
"""That a curve's straight pieces are off at most: 5 um on a drawing of 100 mm."""
TOUCH: Final = 0.2
"""Between two colours, below which they are taken to touch."""
SLIVER: Final = 0.01
"""Area below which what is left of a surface is an error of rounding."""
OVER: Final = 0.01
"""Share of its longer side by which a page's edge may be crossed."""
ROUND: Final = 32
"""Straight pieces of a quarter of a line's round end."""
WHITE: Final = 240
"""Least value of each channel of a colour that is taken for white."""
ALIKE: Final = 48
"""Most that two colours differ in a channel and are still one."""

Drawn = list[tuple[Shape, list[tuple[Line, bool]]]]
"""Shapes with their flattened parts."""
Mark = tuple[str, Colour, CrossSection | Stroke]
"""Whose it is, its colour, and a surface or a line."""
Contours = list[np.ndarray[tuple[int, int], np.dtype[np.float64]]]


@dataclass(slots=True)
class _Canvas:
    """Surfaces and lines that are seen so far, by their colour."""

    surfaces: dict[Colour, CrossSection] = field(default_factory=dict)
    strokes: list[tuple[Stroke, str]] = field(default_factory=list)

    def cover(self, region: CrossSection) -> None:
        """Leave bare what the region covers."""
        for colour, surface in self.surfaces.items():
            self.surfaces[colour] = surface - region
        if not self.strokes:
            return
        lid = polygons(region)
        prepare(lid)
        self.strokes = [(part, name) for stroke, name in self.strokes for part in _uncovered(stroke, lid)]

    def fill(self, colour: Colour, region: CrossSection, name: str) -> None:
        """Paint a region over what is there. Raises DrawingError where it meets another colour."""
        others = {other: surface for other, surface in self.surfaces.items() if other != colour}
        lines = [(stroke, below) for stroke, below in self.strokes if stroke.pencil.colour != colour]
        if others or lines:
            grown = region.offset(TOUCH)
            for other, surface in others.items():
                if (surface - grown).area() < SLIVER:
                    self.surfaces[other] = CrossSection()  # it is covered wholly, and nobody sees it
                elif (surface ^ grown).area() > SLIVER:
                    raise _two_colours(name, colour, other)
            if lines:
                self._under(grown, colour, name)
        self.surfaces[colour] = self.surfaces.get(colour, CrossSection()) + region

    def _under(self, region: CrossSection, colour: Colour, name: str) -> None:
        """Take out the lines of other colours that a region covers wholly."""
        lid = polygons(region)
        prepare(lid)
        left = []
        for stroke, below in self.strokes:
            line = LineString(stroke.line)
            if stroke.pencil.colour != colour and lid.intersects(line):
                if not lid.covers(line):
                    raise _two_colours(f"{name} on {below}", colour, stroke.pencil.colour)
                continue
            left.append((stroke, below))
        self.strokes = left

    def draw(self, colour: Colour, strokes: Sequence[tuple[Stroke, str]]) -> None:
        """Paint lines over what is there. Raises DrawingError where one crosses a surface of another colour."""
        for other, surface in self.surfaces.items():
            if other == colour or surface.is_empty():
                continue
            lid = polygons(surface)
            prepare(lid)
            for stroke, name in strokes:
                line = LineString(stroke.line)
                if lid.intersects(line) and line.intersection(lid).length > TOUCH:
                    raise _two_colours(name, colour, other)
        self.strokes += strokes


def _uncovered(stroke: Stroke, lid: MultiPolygon) -> list[Stroke]:
    """What of a line is not under a lid."""
    line = LineString(stroke.line)
    if not lid.intersects(line):
        return [stroke]
    return [Stroke(part, stroke.pencil) for part in _lines(line.difference(lid))]


def _two_colours(name: str, one: Colour, other: Colour) -> DrawingError:
    reason = f"{name} is {_hex(one)} and meets {_hex(other)}: in one tone the edge between them would not be seen."
    return DrawingError(reason, "Please draw in black, and in white what is to stay bare.")


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def seen(read: Read) -> FileDrawing:
    """The drawing as it is seen. Raises DrawingError where there is nothing, or more than one tone can show."""
    shapes = read.shapes
    curves = Curves.together([shape.curves for shape in shapes])
    points = curves.cubics.reshape(-1, 2)
    if not np.isfinite(points).all() or (np.abs(points) > MAX_NUMBER).any():
        raise DrawingError(f"The drawing reaches beyond {MAX_NUMBER:,.0f} mm.", "Please draw it smaller.")
    box, diagonal = _extent(shapes)
    factor = SIZE / diagonal
    to_canvas = Transform.move(-box.x0, -box.y0).then(Transform.scale(factor))
    back = Transform.scale(1 / factor).then(Transform.move(box.x0, box.y0))
    parts = iter(flattened(curves.moved(to_canvas), TOLERANCE))
    drawn = [(shape, list(islice(parts, len(shape.curves.starts)))) for shape in shapes]
    _on_page(drawn, read.edge, to_canvas)
    canvas = _painted(drawn, factor)
    outlines = _outlines(canvas)
    strokes = tuple(Stroke(back(stroke.line), _scaled(stroke.pencil, 1 / factor)) for stroke, _ in canvas.strokes)
    if not outlines and not strokes:
        raise DrawingError("The drawing has nothing in it that is seen on white.", "Please draw it in black.")
    notes = (*read.notes, *_colour_note(shapes))
    return FileDrawing(strokes, tuple(back(outline) for outline in outlines), notes)


def _extent(shapes: Sequence[Shape]) -> tuple[Bounds, float]:
    """Where the marks lie, and how large they are; a white ground around them may be of any size."""
    if not shapes:
        raise DrawingError(
            "The drawing has nothing in it that could be made.", "Please look whether it is saved whole."
        )
    marks = [shape for shape in shapes if not _all_white(shape)]
    box = bounds_of([shape.curves.cubics.reshape(-1, 2) for shape in marks])
    if box is None:
        raise DrawingError("The drawing has nothing in it that is seen on white.", "Please draw it in black.")
    widest = max((shape.pencil.width for shape in marks if shape.pencil), default=0.0)
    diagonal = float(np.hypot(box.width, box.height)) or widest  # a dot has no extent but its line's width
    if diagonal < 1 / MAX_NUMBER:
        raise DrawingError("The drawing has nothing in it that is large enough to be seen.", "Please draw it larger.")
    return box, diagonal


def _outlines(canvas: _Canvas) -> Contours:
    whole = CrossSection.batch_boolean(list(canvas.surfaces.values()), OpType.Add) if canvas.surfaces else None
    if whole is None:
        return []
    return [np.asarray(ring, dtype=np.float64) for ring in whole.to_polygons() if abs(area(ring)) > SLIVER]


def area(ring: Line) -> float:
    """Of a closed contour; negative where it runs clockwise."""
    x, y = ring[:, 0], ring[:, 1]
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _colour_note(shapes: Sequence[Shape]) -> Iterable[str]:
    used = {colour for shape in shapes for colour in (shape.fill, shape.pencil and shape.pencil.colour) if colour}
    if any(not _white(colour) for colour in used - {(0, 0, 0)}):
        yield "Colours are not kept: all but white is made in one tone."


def _white(colour: Colour) -> bool:
    return min(colour) >= WHITE


def _all_white(shape: Shape) -> bool:
    return all(_white(colour) for colour in (shape.fill, shape.pencil and shape.pencil.colour) if colour)


def _scaled(pencil: Pencil, factor: float) -> Pencil:
    return Pencil(pencil.colour, pencil.width * factor, pencil.cap, pencil.join, pencil.mitre)


def _painted(drawn: Drawn, factor: float) -> _Canvas:
    """All shapes on a canvas, the lowest first."""
    canvas = _Canvas()
    palette: list[Colour] = []
    marks: list[Mark] = []
    for shape, parts in drawn:
        if shape.fill is not None:
            rule = FillRule.EvenOdd if shape.even_odd else FillRule.NonZero
            marks.append((shape.name, _known(shape.fill, palette), _region([line for line, _ in parts], rule)))
        if shape.pencil is not None:
            pencil = _scaled(shape.pencil, factor)
            colour = _known(pencil.colour, palette)
            pencil = Pencil(colour, pencil.width, pencil.cap, pencil.join, pencil.mitre)
            marks += [(shape.name, colour, mark) for line, _ in parts for mark in _stroke(line, pencil)]
    for white, group in groupby(marks, key=lambda mark: _white(mark[1])):
        (_cover if white else _mark)(canvas, list(group))
    return canvas


def _on_page(drawn: Drawn, edge: Bounds | None, place: Transform) -> None:
    """Raise DrawingError for a shape that is cut off by the page's edge. White ones only hide what is there."""
    page = edge and bounds_of([place(np.array([[edge.x0, edge.y0], [edge.x1, edge.y1]]))])
    if page is None:
        return
    slack = max(page.width, page.height) * OVER
    for shape, parts in drawn:
        found = bounds_of(line for line, _ in parts)
        if found is not None and not page.holds(found, slack) and not _all_white(shape):
            reason = f"{shape.name} reaches beyond the drawing's page, where nobody sees it."
            raise DrawingError(reason, "Please take away what lies beside the page, or make the page larger.")


def _cover(canvas: _Canvas, marks: Sequence[Mark]) -> None:
    """A run of white marks, together: a union of many costs little more than one of two."""
    strokes = [widened(mark) for _, _, mark in marks if isinstance(mark, Stroke)]
    regions = [mark for _, _, mark in marks if isinstance(mark, CrossSection)]
    canvas.cover(CrossSection.batch_boolean([*regions, section(unary_union(strokes))], OpType.Add))


def _mark(canvas: _Canvas, marks: Sequence[Mark]) -> None:
    """A run of marks between two white ones: as colours may not meet, only white makes their order matter."""
    for colour in dict.fromkeys(colour for _, colour, _ in marks):
        regions = [(mark, name) for name, of, mark in marks if of == colour and isinstance(mark, CrossSection)]
        if regions:
            whole = CrossSection.batch_boolean([region for region, _ in regions], OpType.Add)
            canvas.fill(colour, whole, regions[-1][1])
    for colour in dict.fromkeys(colour for _, colour, _ in marks):
        canvas.draw(colour, [(mark, name) for name, of, mark in marks if of == colour and isinstance(mark, Stroke)])


def _known(colour: Colour, palette: list[Colour]) -> Colour:
    """The colour, or one that was used before and differs by so little that nobody means it."""
    if _white(colour):
        return (255, 255, 255)
    for other in palette:
        if max(abs(a - b) for a, b in zip(colour, other, strict=True)) <= ALIKE:
            return other
    palette.append(colour)
    return colour


def _region(lines: Contours, rule: FillRule) -> CrossSection:
    return CrossSection([np.ascontiguousarray(line) for line in lines if len(line) > 2], rule)


def _stroke(line: Line, pencil: Pencil) -> Iterable[Stroke | CrossSection]:
    """A line; one without length is the dot that its cap makes, and without a cap it is not seen."""
    if float(np.hypot(*np.diff(line, axis=0).T).sum()) > TOLERANCE / 10:
        yield Stroke(line, pencil)
    elif pencil.cap != "flat" and pencil.width > 0:
        yield section(Point(line[0]).buffer(pencil.width / 2, ROUND, cap_style=pencil.cap))


def widened(stroke: Stroke) -> BaseGeometry:
    """The surface that a line covers by its width."""
    pencil = stroke.pencil
    line = LineString(stroke.line)
    cap: Cap = "flat" if line.is_ring else pencil.cap
    return line.buffer(
        pencil.width / 2, ROUND, cap_style=cap, join_style=pencil.join, mitre_limit=max(1.0, pencil.mitre)
    )


def _lines(found: BaseGeometry) -> list[Line]:
    """The lines in what shapely returns; those that only touched are points, and are none."""
    parts = get_parts(line_merge(found)) if isinstance(found, MultiLineString) else [found]
    return [np.asarray(part.coords) for part in parts if isinstance(part, LineString) and part.length > TOLERANCE]


def polygons(region: CrossSection) -> MultiPolygon:
    """A region as shapely has it."""
    parts = (sorted(part.to_polygons(), key=lambda ring: -abs(area(ring))) for part in region.decompose())
    return MultiPolygon([Polygon(rings[0], rings[1:]) for rings in parts if rings])


def section(shape: BaseGeometry) -> CrossSection:
    """Polygons of shapely as a region."""
    rings = [
        np.asarray(ring.coords)[:-1]
        for part in get_parts(shape)
        if isinstance(part, Polygon) and not part.is_empty
        for ring in (part.exterior, *part.interiors)
    ]
    return CrossSection(rings, FillRule.EvenOdd)


def surfaces(outlines: Sequence[Line], strokes: Sequence[Stroke]) -> tuple[Line, ...]:
    """Contours of surfaces together with those that lines cover by their widths."""
    covered = section(unary_union([widened(stroke) for stroke in strokes]))
    return _rings(_region(list(outlines), FillRule.NonZero) + covered)


def within(strokes: Sequence[Line], outlines: Sequence[Line], edge: Line) -> tuple[list[Line], list[Line]]:
    """What of lines and contours lies inside of a contour."""
    window = Polygon(edge)
    inside = [part for line in strokes for part in _lines(LineString(line).intersection(window))]
    return inside, list(_rings(_region(list(outlines), FillRule.NonZero) ^ section(window)))


def _rings(region: CrossSection) -> tuple[Line, ...]:
    return tuple(np.asarray(ring, dtype=np.float64) for ring in region.to_polygons())
