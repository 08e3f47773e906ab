"""SVG files as drawing programs write them: what they cover, how long their lines are, and how large they are in mm."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box
from shapely.affinity import affine_transform

from fulfillment import drawings
from fulfillment.drawings.shapes import FileDrawing

from .hostile import svg
from .shapes import lines, surface, winding

MM = '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100">'
"""A page on which a unit is a mm."""
STAR = "M50 5 L76.5 86.4 L7.2 36.1 H92.8 L23.5 86.4 Z"


def read(body: str, head: str = MM) -> FileDrawing:
    return drawings.read(svg(body, head))


def strokes(drawing: FileDrawing) -> float:
    return lines(stroke.line for stroke in drawing.strokes).length


@pytest.mark.parametrize(
    ("body", "area"),
    [
        ('<rect x="10" y="20" width="30" height="40"/>', 1200),
        ('<rect width="30" height="40" rx="5"/>', 1200 - (4 - math.pi) * 25),
        ('<rect width="30" height="40" rx="50" ry="4"/>', 1200 - (4 - math.pi) * 15 * 4),
        ('<circle cx="50" cy="50" r="20"/>', math.pi * 400),
        ('<ellipse cx="50" cy="50" rx="20" ry="10"/>', math.pi * 200),
        ('<polygon points="0,0 30,0 30,40"/>', 600),
        ('<polyline points="0,0 30,0 30,40"/>', 600),
        ('<path d="M10 10h20v20h-20z"/>', 400),
        ('<path d="M50,30a20,20,0,1,1,0,40a20 20 0 010-40z"/>', math.pi * 400),
        ('<path d="M0 0C0 40 40 40 40 0"/>', 0.6 * 40 * 40),
        ('<path d="M0 0Q20 40 40 0"/>', 2 / 3 * 40 * 20),
        ('<path d="M0 20q10 20 20 0t20 0M0 50h9v9"/>', 2 * (2 / 3 * 20 * 10) + 40.5),
        ('<path d="M10 10h20v20h-20zM15 15v10h10v-10z"/>', 300),
        ('<path fill-rule="evenodd" d="M10 10h20v20h-20zM15 15h10v10h-10z"/>', 300),
        ('<path fill-rule="nonzero" d="M10 10h20v20h-20zM15 15h10v10h-10z"/>', 400),
        ('<g style="fill-rule:evenodd"><path d="M10 10h20v20h-20zM20 10h20v20h-20z"/></g>', 400),
        ('<path d="M10 10h20v20h-20z"/><path d="M20 10v20h20v-20z"/>', 600),
        ('<rect width="50%" height="10%"/>', 500),
        ('<g transform="translate(50 50) rotate(30) scale(2 .5) skewX(20)"><rect width="9" height="10"/></g>', 90),
        ('<rect width="9" height="10" transform="matrix(2 1 0 3 1 1)"/>', 540),
        ('<symbol id="s"><rect width="9" height="9"/></symbol><use href="#s" x="5"/><use href="#s" y="50"/>', 162),
        ('<rect width="50" height="50"/><circle cx="25" cy="25" r="10" fill="white"/>', 2500 - math.pi * 100),
        ('<rect width="50" height="50"/><path fill="none" stroke="#fff" stroke-width="2" d="M-5 25H60"/>', 2400),
        ('<rect width="50" height="50" fill="navy"/><rect width="70" height="60" fill="#b00"/>', 4200),
        ('<path stroke="black" stroke-width="8" stroke-linecap="round" fill="none" d="M50 50h0"/>', math.pi * 16),
    ],
)  # fmt: skip
def test_what_is_filled_has_its_area(body: str, area: float) -> None:
    drawing = read(body)
    assert surface(drawing.outlines).area == pytest.approx(area, rel=5e-4)
    assert not drawing.strokes


@pytest.mark.parametrize(
    ("d", "length"),
    [
        ("M0 0h30v40z", 120),
        ("M0 0L30 40m10 0l3 4", 55),
        ("M50 30a20 20 0 0 1 20 20", 10 * math.pi),
        ("M0 0c10 0 20 0 30 0s10 0 20 0", 50),
        ("M10,10,20,10,20,20", 20),
        ("m10-10-10-10", 10 * math.sqrt(2)),
    ],
)
def test_what_is_stroked_has_its_length(d: str, length: float) -> None:
    drawing = read(f'<path transform="translate(20 30)" fill="none" stroke="red" d="{d}"/>')
    assert strokes(drawing) == pytest.approx(length, rel=2e-4)
    assert not drawing.outlines


def test_a_closed_line_repeats_its_first_point() -> None:
    (stroke,) = read('<circle cx="50" cy="50" r="20" fill="none" stroke="red" stroke-width=".3"/>').strokes
    assert stroke.line[0].tolist() == stroke.line[-1].tolist()
    assert stroke.pencil.width == pytest.approx(0.3)


def test_y_points_up_and_the_page_lies_where_it_is_drawn() -> None:
    box_ = read('<rect x="10" y="20" width="30" height="5"/>').bounds
    assert (box_.x0, box_.y0, box_.x1, box_.y1) == pytest.approx((10, 75, 40, 80))


def test_overlapping_shapes_that_run_opposite_ways_do_not_cancel() -> None:
    """Both together by the non-zero rule: what one contour takes back, the drawing must not lose."""
    drawing = read(f'<path d="{STAR}"/><path transform="matrix(-1 0 0 1 100 10)" d="{STAR}"/>')
    assert winding(drawing.outlines, 50, 50) == 1
    assert all(winding(drawing.outlines, x, 100 - y) in (0, 1) for x in range(5, 95, 9) for y in range(5, 99, 7))


@pytest.mark.parametrize(("rule", "middle"), [("nonzero", 1), ("evenodd", 0)])
def test_a_star_is_filled_by_its_rule(rule: str, middle: int) -> None:
    drawing = read(f'<path fill-rule="{rule}" d="{STAR}"/>')
    assert winding(drawing.outlines, 50, 50) == middle
    assert winding(drawing.outlines, 50, 80) == 1


def test_white_leaves_bare_what_lies_below_and_only_that() -> None:
    drawing = read(
        '<path stroke="black" fill="none" d="M0 50H100"/><circle cx="50" cy="50" r="10" fill="#fefefe" stroke="black"/>'
        '<path stroke="black" fill="none" d="M50 0V100"/>'
    )
    made = sorted(LineString(stroke.line).length for stroke in drawing.strokes)
    assert made == pytest.approx([40, 40, 20 * math.pi, 100], rel=1e-3)


def test_lines_that_nothing_covers_are_kept_as_they_are() -> None:
    """A geometry library would take a line apart wherever it crosses itself."""
    drawing = read(
        '<path fill="none" stroke="red" d="M10 10L30 30M30 10L10 30L30 10z"/>'
        '<circle cx="80" cy="80" r="9" fill="white"/>'
    )
    assert [len(stroke.line) for stroke in drawing.strokes] == [2, 3]


SIZES = [
    ('width="50mm" height="30mm" viewBox="0 0 100 60"', 5.0, "page is 50 x 30 mm, as it says itself"),
    ('width="5cm" viewBox="0 0 100 60"', 5.0, "as it says itself"),
    ('width="2in" height="1in" viewBox="0 0 200 100"', 2.54, "50.8 x 25.4 mm, as it says itself"),
    ('width="72pt" height="72pt" viewBox="0 0 72 72"', 25.4 / 7.2, "as it says itself"),
    ('width="96" height="96"', 25.4 / 9.6, "given in px: 1 px was taken as 1/96 inch, which makes it 25.4 x 25.4 mm"),
    ('width="96px" height="48px" viewBox="0 0 10 5"', 25.4, "1 px was taken as 1/96 inch"),
    ('viewBox="0 0 96 96"', 25.4 / 9.6, "says no size of its page: 1 px was taken as 1/96 inch"),
    ('width="100%" height="100%" viewBox="0 0 96 96"', 25.4 / 9.6, "says no size of its page"),
    ("", 25.4 / 9.6, "The drawing says no size: 1 px was taken as 1/96 inch."),
    ('width="50mm" height="50mm" viewBox="0 0 100 50"', 5.0, "page is 50 x 25 mm"),
    ('width="50mm" height="50mm" viewBox="0 0 100 50" preserveAspectRatio="xMidYMid slice"', 10.0, "100 x 50 mm"),
]


@pytest.mark.parametrize(("said", "size", "note"), SIZES, ids=[one[0] for one in SIZES])
def test_the_unit_is_decided_and_said(said: str, size: float, note: str) -> None:
    drawing = read('<path d="M0 0h10v5h-10z"/>', f'<svg xmlns="http://www.w3.org/2000/svg" {said}>')
    assert drawing.bounds.width == pytest.approx(size)
    assert note in drawing.notes[0]


def test_a_page_may_be_stretched_if_it_says_so() -> None:
    head = '<svg width="50mm" height="50mm" viewBox="0 0 100 50" preserveAspectRatio="none">'
    found = read('<rect width="10" height="10"/>', head).bounds
    assert (found.width, found.height) == pytest.approx((5, 10))


def test_lengths_have_their_own_units() -> None:
    found = read('<rect x="1in" width="25.4mm" height="3pc"/>', '<svg width="960" height="960">').bounds
    assert (found.x0, found.width, found.height) == pytest.approx((25.4, 25.4, 12.7))


def test_the_size_may_stand_in_the_roots_style() -> None:
    head = '<svg style="width:24mm; height:24mm;color:red" viewBox="0 0 24 24">'
    assert read('<path d="M0 0h12v12z"/>', head).bounds.width == pytest.approx(12)


FIGMA = (
    '<svg width="24" height="24" viewBox="0 0 24 24" fill="none" xmlns="http://www.w3.org/2000/svg">'
    '<g clip-path="url(#clip0_1_2)">{}</g>'
    '<defs><clipPath id="clip0_1_2"><rect width="24" height="24" fill="white"/></clipPath></defs></svg>'
)
"""As Figma exports a frame: everything lies in a clip of its size."""


def test_a_clip_that_cuts_nothing_changes_nothing() -> None:
    whole = drawings.read(FIGMA.format('<path d="M2 2h20v20h-20z" fill="#111"/>').encode())
    assert surface(whole.outlines).area == pytest.approx(400 * (25.4 / 96) ** 2)
    with pytest.raises(drawings.DrawingError, match=r'<g> \(line 1\) has a clip-path, <clipPath id="clip0_1_2">'):
        drawings.read(FIGMA.format('<path d="M2 2h23v20h-23z" fill="#111"/>').encode())
    turned = '<g transform="translate(30 20) rotate(45)">{}</g>'
    for side, cut in ((14, True), (30, False)):
        body = f'<clipPath id="c"><rect x="2" y="-9" width="{side}" height="18"/></clipPath>'
        body += turned.format('<path clip-path="url(#c)" d="M3 -7h16v14z"/>')
        if cut:
            with pytest.raises(drawings.DrawingError, match="has a clip-path"):
                read(body)
        else:
            assert read(body).outlines


def test_what_is_decided_is_said() -> None:
    notes = " ".join(
        read(
            '<path id="seen" fill="#333" d="M0 0h10v5h-10z"/><g id="guides" display="none"><path d="M0 0h9"/></g>'
            '<path id="box" fill="none" d="M0 0h24v24H0z"/>'
        ).notes
    )
    assert 'Left out, as no viewer shows it: <g id="guides"> (line 1), <path id="box"> (line 1).' in notes
    assert "Colours are not kept: all but white is made in one tone." in notes


INKSCAPE = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with Inkscape (http://www.inkscape.org/) -->
<svg width="80mm" height="60mm" viewBox="0 0 80 60" version="1.1" id="svg1" inkscape:version="1.3.2"
   xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:xlink="http://www.w3.org/1999/xlink"
   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" xmlns="http://www.w3.org/2000/svg">
  <sodipodi:namedview id="namedview1" pagecolor="#ffffff" inkscape:document-units="mm">
    <inkscape:grid id="g"/></sodipodi:namedview>
  <defs id="defs1"><linearGradient id="unused"><stop offset="0" style="stop-color:#000"/></linearGradient>
    <clipPath id="old"><rect width="3" height="3"/></clipPath></defs>
  <metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></metadata>
  <g inkscape:label="Layer 1" inkscape:groupmode="layer" id="layer1" transform="translate(-10,-20)">
    <rect style="fill:#000000;fill-opacity:1;stroke:none;stroke-width:0.26;-inkscape-stroke:none;paint-order:normal"
       id="rect1" width="20" height="10" x="20" y="30" />
    <path style="font-variation-settings:normal;opacity:1;fill:none;stroke:#000000;stroke-width:0.5;
       stroke-linecap:round;stroke-dasharray:none;marker:none" d="m 50,40 c 0,5.5228475 -4.477,10 -10,10" id="path1"
       sodipodi:nodetypes="cc" />
    <use x="0" y="0" xlink:href="#rect1" id="clone1" transform="translate(30)" inkscape:transform-center-x="1" />
  </g>
  <g inkscape:label="Guides" inkscape:groupmode="layer" id="layer2" style="display:none">
    <path d="M 0,0 H 9" id="path9"/></g>
</svg>
"""

ILLUSTRATOR = """<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 27.0.0, SVG Export Plug-In . SVG Version: 6.00 Build 0)  -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg version="1.1" id="Layer_1" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" x="0px"
     y="0px" viewBox="0 0 96 96" style="enable-background:new 0 0 96 96;" xml:space="preserve">
<style type="text/css">
	.st0{fill:none;stroke:#231F20;stroke-width:2;stroke-miterlimit:10;}
	.st1{fill:#231F20;}
	.st2,.st3{fill:#FFFFFF;}
</style>
<g id="Artwork"><rect class="st2" width="96" height="96"/>
	<polyline class="st0" points="10.5,10.5 20.5,10.5 20.5,20.5 	"/>
	<path class="st1" d="M40.00,40.00c0-5.52,4.48-10,10-10s10,4.48,10,10s-4.48,10-10,10S40,45.52,40,40z"/>
	<circle class="st3" cx="50" cy="40" r="5"/></g>
</svg>
"""


def test_a_file_as_inkscape_writes_it() -> None:
    drawing = drawings.read(INKSCAPE.encode())
    assert surface(drawing.outlines).area == pytest.approx(400)
    assert strokes(drawing) == pytest.approx(5 * math.pi, rel=1e-3)
    assert drawing.bounds.x0 == pytest.approx(10)
    assert drawing.bounds.y1 == pytest.approx(50)
    assert "80 x 60 mm, as it says itself" in drawing.notes[0]
    assert '<g id="layer2">' in drawing.notes[1]


def test_a_file_as_illustrator_writes_it() -> None:
    drawing = drawings.read(ILLUSTRATOR.encode())
    mm = 25.4 / 96
    assert surface(drawing.outlines).area == pytest.approx((100 - 25) * math.pi * mm**2, rel=1e-3)
    assert strokes(drawing) == pytest.approx(20 * mm)
    assert drawing.strokes[0].pencil.width == pytest.approx(2 * mm)


def test_a_file_in_another_encoding_is_the_same() -> None:
    text = INKSCAPE.replace("UTF-8", "UTF-16")
    assert drawings.read(text.encode("utf-16")).bounds == drawings.read(INKSCAPE.encode()).bounds


def test_the_same_file_is_read_the_same_way() -> None:
    one, two = drawings.read(ILLUSTRATOR.encode()), drawings.read(ILLUSTRATOR.encode())
    assert [ring.tobytes() for ring in one.outlines] == [ring.tobytes() for ring in two.outlines]


def test_a_later_rule_and_a_closer_style_win() -> None:
    drawing = read(
        "<style>path{fill:none} .b{fill:none} .b{fill:black} #c{fill:none} *{stroke:none}</style>"
        '<path fill="black" d="M0 0h10v10z"/><path class="a b" d="M20 0h10v10z"/>'
        '<path id="c" class="b" d="M40 0h10v10z"/><path id="d" style="fill:black" d="M60 0h10v10z"/>'
    )
    assert surface(drawing.outlines).area == pytest.approx(100)
    assert sorted(round(float(ring[:, 0].min())) for ring in drawing.outlines) == [20, 60]


small = st.floats(-40, 40).map(lambda value: round(value, 3))


@given(
    st.lists(st.tuples(small, small), min_size=3, max_size=3, unique=True),
    st.tuples(*(st.floats(0.2, 3) for _ in range(2)), st.floats(-1, 1), st.floats(-1, 1)),
)
def test_any_triangle_under_any_transform_is_where_shapely_has_it(
    corners: list[tuple[float, float]], parts: tuple[float, float, float, float]
) -> None:
    a, d, b, c = (round(part, 3) for part in parts)
    triangle = Polygon(corners)
    if triangle.area < 1 or abs(a * d - b * c) < 0.05:
        return
    points = " ".join(f"{x},{y}" for x, y in corners)
    head = '<svg width="1000mm" height="1000mm" viewBox="-500 -500 1000 1000">'
    drawing = read(f'<polygon transform="matrix({a} {b} {c} {d} 3 4)" points="{points}"/>', head)
    # y runs downwards in the file, from the page's middle.
    wanted = affine_transform(triangle, [a, c, -b, -d, 3 + 500, -4 + 500])
    assert surface(drawing.outlines).symmetric_difference(wanted).area < 2e-3 * wanted.area + 1e-2


@given(st.floats(1, 45), st.floats(0.1, 3))
def test_curves_are_as_round_as_they_should_be_at_any_size(radius: float, scale: float) -> None:
    head = f'<svg width="{100 * scale}mm" height="{100 * scale}mm" viewBox="0 0 100 100">'
    (ring,) = read(f'<circle cx="50" cy="50" r="{radius}"/>', head).outlines
    off = abs(((ring - 50 * scale) ** 2).sum(axis=1) ** 0.5 - radius * scale)
    assert off.max() < 1e-4 * radius * scale
    circle = Point(50 * scale, 50 * scale).buffer(radius * scale, quad_segs=200)
    assert surface([ring]).symmetric_difference(circle).area < 1e-3 * circle.area


def test_a_page_that_bleeds_white_is_no_mistake() -> None:
    drawing = read('<rect x="-50" y="-50" width="300" height="300" fill="white"/><rect width="50" height="50"/>')
    assert surface(drawing.outlines).symmetric_difference(box(0, 50, 50, 100)).area < 1e-3


def test_a_white_ground_of_any_size_does_not_make_the_drawing_coarse() -> None:
    (ring,) = read(
        '<rect x="-9e4" y="-9e4" width="2e5" height="2e5" fill="white"/><circle cx="50" cy="50" r="9"/>'
    ).outlines
    off = abs(((ring - 50) ** 2).sum(axis=1) ** 0.5 - 9)
    assert off.max() < 1e-3
