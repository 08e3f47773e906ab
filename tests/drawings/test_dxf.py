"""DXF files: how long their lines are, where they lie, and in which unit."""

from __future__ import annotations

import math

import pytest
from ezdxf.document import Drawing as Document
from shapely import LineString, Polygon

from fulfillment import drawings
from fulfillment.drawings.shapes import FileDrawing

from .hostile import LINE, dxf, entities
from .shapes import lines


def length(drawing: FileDrawing) -> float:
    return lines(stroke.line for stroke in drawing.strokes).length


def _many(document: Document) -> None:
    block = document.blocks.new("tooth")
    block.add_line((0, 0), (0, 3))
    inner = document.blocks.new("row")
    inner.add_blockref("tooth", (0, 0), dxfattribs={"column_count": 4, "column_spacing": 2})
    document.modelspace().add_blockref(
        "row", (5, 5), dxfattribs={"row_count": 2, "row_spacing": 9, "xscale": 2, "yscale": 2}
    )


SHAPES = {
    "a line": (lambda d: d.modelspace().add_line((0, 0), (30, 40)), 50),
    "an arc": (lambda d: d.modelspace().add_arc((5, 5), 10, 0, 90), 5 * math.pi),
    "an arc across zero": (lambda d: d.modelspace().add_arc((5, 5), 10, 315, 45), 5 * math.pi),
    "a circle": (lambda d: d.modelspace().add_circle((5, 5), 10), 20 * math.pi),
    "an ellipse as a circle": (lambda d: d.modelspace().add_ellipse((0, 0), (10, 0), 1), 20 * math.pi),
    "a closed polyline": (lambda d: d.modelspace().add_lwpolyline([(0, 0), (30, 0), (30, 40)], close=True), 120),
    "bulges": (
        lambda d: d.modelspace().add_lwpolyline([(0, 0, 1), (20, 0, 0), (20, 10, 0)], format="xyb"),
        10 * math.pi + 10,
    ),
    "an old polyline": (lambda d: d.modelspace().add_polyline2d([(0, 0), (30, 0), (30, 40)]), 70),
    "a straight spline": (
        lambda d: d.modelspace().add_open_spline([(0, 0), (10, 0), (20, 0), (30, 0)], degree=3),
        30,
    ),
    "a spline that is a curve of Bezier": (
        lambda d: d.modelspace().add_open_spline([(0, 0), (0, 10), (20, 10), (20, 0)], degree=3),
        LineString([
            (60 * t**2 * (1 - t) + 20 * t**3, 30 * t * (1 - t) ** 2 + 30 * t**2 * (1 - t))
            for t in (n / 4000 for n in range(4001))
        ]).length,
    ),
    "blocks in rows and columns": (_many, 2 * 4 * 6),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_each_line_has_its_length(name: str) -> None:
    build, wanted = SHAPES[name]
    drawing = drawings.read(dxf(build))
    assert length(drawing) == pytest.approx(wanted, rel=3e-4)
    assert not drawing.outlines


def test_a_closed_outline_has_its_area() -> None:
    drawing = drawings.read(
        dxf(lambda d: d.modelspace().add_lwpolyline([(0, 0, 1), (20, 0, 1)], format="xyb", close=True))
    )
    (stroke,) = drawing.strokes
    assert stroke.line[0].tolist() == stroke.line[-1].tolist()
    assert Polygon(stroke.line).area == pytest.approx(100 * math.pi, rel=5e-4)


def test_blocks_lie_where_they_are_inserted() -> None:
    box = drawings.read(dxf(_many)).bounds
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((5, 5, 17, 20))


@pytest.mark.parametrize(
    ("code", "mm", "note"),
    [
        (0, 1.0, "says no unit: 1 unit was taken as 1 mm"),
        (1, 25.4, "unit is inch, as it says itself (25.4 mm)"),
        (4, 1.0, "unit is mm"),
        (5, 10.0, "unit is cm"),
        (6, 1000.0, "unit is m"),
    ],
)
def test_the_unit_is_taken_from_the_header_or_said_to_be_decided(code: int, mm: float, note: str) -> None:
    drawing = drawings.read(dxf(lambda d: d.modelspace().add_line((0, 0), (3, 4)), units=code))
    assert length(drawing) == pytest.approx(5 * mm)
    assert note in drawing.notes[0]


def test_a_bare_file_of_entities_is_enough() -> None:
    drawing = drawings.read(b"999\nwritten by hand\n" + entities(*LINE).replace(b"\n", b"\r\n"))
    assert length(drawing) == pytest.approx(5 * math.sqrt(2))


def _layers(document: Document) -> None:
    document.layers.add("notes").off()
    document.layers.add("guides", linetype="DASHED")
    document.linetypes.add("DASHED", [3.0, 2.0, -1.0])
    document.modelspace().add_line((0, 0), (9, 0))
    document.modelspace().add_line((0, 0), (0, 99), dxfattribs={"layer": "notes"})
    document.modelspace().add_line((0, 5), (9, 5), dxfattribs={"layer": "guides"})


def test_what_is_left_out_or_changed_is_said() -> None:
    drawing = drawings.read(dxf(_layers))
    assert length(drawing) == pytest.approx(18)
    assert drawing.notes[1:] == (
        "Left out, as layer 'notes' is off: 1 entities.",
        "Drawn without gaps: 1 lines of type 'DASHED'.",
    )
