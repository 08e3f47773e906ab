"""Drawings, codes and serials in their zones: where they lie, what they keep, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from shapely import box

from fulfillment.catalog import CodeField, DrawingField, SerialField
from fulfillment.fields import Craft, Refused, laid
from fulfillment.fields.written import SAMPLE, value_of
from gcode.design import Drawing, Zone

from .hostile import svg
from .shapes import lines, surface, winding

ZONE = Zone("z", 10, 20, 60, 40)
CRAFT = Craft(line_width=0.2)
FLAG = svg('<path d="M0 0h20v5h-20z"/>', '<svg width="100mm" height="100mm" viewBox="0 0 100 100">')
"""20 x 5 mm."""
HOOK = svg('<path fill="none" stroke="#000" stroke-width="2" d="M10 10v20h10"/>',
           '<svg width="100mm" height="100mm" viewBox="0 0 100 100">')  # fmt: skip
"""A line of 2 mm: 20 mm down, then 10 mm to the right."""


def field(**said: object) -> DrawingField:
    return DrawingField.model_validate({"type": "drawing", "title": "Logo", "zone": "z", **said})


def lay(data: bytes, **said: object) -> Drawing:
    found = laid(data, field(**said), ZONE, CRAFT)
    assert isinstance(found, Drawing)
    return found


def bounds(drawing: Drawing) -> tuple[float, ...]:
    assert drawing.bounds
    return drawing.bounds.x0, drawing.bounds.y0, drawing.bounds.x1, drawing.bounds.y1


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, (10.1, 32.525, 69.9, 47.475)),
        ({"vertical": "top"}, (10.1, 44.95, 69.9, 59.9)),
        ({"size": "true"}, (30, 37.5, 50, 42.5)),
        ({"size": "true", "align": "left", "vertical": "bottom"}, (10.1, 20.1, 30.1, 25.1)),
        ({"size": "true", "align": "right", "rotation": 90}, (64.9, 30, 69.9, 50)),
        ({"size": "cover"}, (10.1, 20.1, 69.9, 59.9)),
    ],
)
def test_where_a_drawing_lies(said: dict[str, object], wanted: tuple[float, ...]) -> None:
    assert bounds(lay(FLAG, **said)) == pytest.approx(wanted, abs=1e-4)


def test_what_hangs_over_is_cut_off_where_the_product_says_so() -> None:
    drawing = lay(HOOK, size="cover")
    zone = box(10.1, 20.1, 69.9, 59.9)
    assert zone.buffer(1e-6).covers(lines(drawing.strokes))
    # The hook is 10 x 20 mm: covering 59.8 mm across makes it 119.6 mm high, of which the middle third is seen.
    assert lines(drawing.strokes).length == pytest.approx(39.8)


def test_a_drawing_that_is_larger_than_its_zone_is_refused_where_its_size_is_kept() -> None:
    large = FLAG.replace(b"h20", b"h90").replace(b"h-20", b"h-90")
    with pytest.raises(Refused, match=r"Logo is 90 x 5 mm as it is drawn; there is room for 59\.8 x 39\.8 mm\."):
        lay(large, size="true")


def test_a_mirror_comes_before_the_turn() -> None:
    (straight,), (mirrored,) = lay(HOOK, size="true").strokes, lay(HOOK, size="true", mirror=True).strokes
    assert straight[-1, 0] > straight[0, 0] and mirrored[-1, 0] < mirrored[0, 0]
    assert np.allclose(mirrored, straight * (-1, 1) + (80, 0))
    (turned,) = lay(HOOK, size="true", mirror=True, rotation=90).strokes
    assert turned[0, 0] < turned[1, 0] and turned[2, 1] < turned[1, 1]


def test_a_mirrored_surface_is_still_filled() -> None:
    drawing = lay(svg('<path fill-rule="evenodd" d="M0 0h30v30h-30zM10 10h10v10h-10z"/>'), mirror=True)
    x, y = 40, 40
    assert winding(drawing.outlines, x, y) == 0
    assert abs(winding(drawing.outlines, x, y + 15)) == 1


def test_a_wide_line_is_made_thin_and_that_is_said_or_it_keeps_its_width() -> None:
    thin = lay(HOOK, size="true")
    assert lines(thin.strokes).length == pytest.approx(30)
    assert "Lines are made 0.2 mm wide; the drawing has them up to 2 mm." in thin.notes
    wide = lay(HOOK, size="true", lines="width")
    assert not wide.strokes
    assert surface(wide.outlines).area == pytest.approx(60, rel=1e-3)
    full = lay(HOOK, lines="width")
    assert box(10, 20, 70, 60).covers(surface(full.outlines))
    assert not any("Lines are made" in note for note in full.notes)


def test_how_the_unit_was_taken_goes_along() -> None:
    assert "100 x 100 mm, as it says itself" in lay(FLAG).notes[0]


def test_what_cannot_be_read_is_refused_with_the_element_and_the_mend() -> None:
    with pytest.raises(Refused, match=r"<text> \(line 1\).*Please convert text to paths"):
        lay(svg("<text>Ada</text>"))


# --- codes ------------------------------------------------------------------------------------------------------------


def code(**said: object) -> CodeField:
    return CodeField.model_validate({"type": "code", "title": "Link", "zone": "z", **said})


def squares(text: str, **said: object) -> Drawing:
    found = laid(text, code(**said), ZONE, CRAFT)
    assert isinstance(found, Drawing)
    return found


def picture(drawing: Drawing, scale: int = 10) -> Image.Image:
    """What the outlines fill, by Pillow's own filling: holes are drawn light over what was dark."""
    image = Image.new("L", (80 * scale, 80 * scale), 255)
    pen = ImageDraw.Draw(image)
    for ring in sorted(drawing.outlines, key=lambda ring: -np.ptp(ring[:, 0]) * np.ptp(ring[:, 1])):
        corners = [(float(x) * scale, (80 - float(y)) * scale) for x, y in ring]
        x, y = ring[:, 0], ring[:, 1]
        pen.polygon(corners, fill=0 if np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)) < 0 else 255)
    return image


@settings(max_examples=25)
@given(
    st.text(
        st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_categories=["Cc", "Cf"]), min_size=1, max_size=60
    )
)
def test_every_square_is_where_the_code_has_it(text: str) -> None:
    """Area, and each middle: contours that cross or run the wrong way would show."""
    drawing = squares(text, min_module=0.4)
    matrix = segno.make(text, error="M", micro=False).matrix
    count = len(matrix) + 8
    module = 40 / count
    assert surface(drawing.outlines).area == pytest.approx(sum(map(sum, matrix)) * module**2)
    left, top = 40 - len(matrix) * module / 2, 40 + len(matrix) * module / 2
    for row in range(0, len(matrix), 5):
        for column, dark in enumerate(matrix[row]):
            x, y = left + (column + 0.5) * module, top - (row + 0.5) * module
            assert abs(winding(drawing.outlines, x, y)) == dark


def test_a_code_keeps_its_quiet_edge_and_reads() -> None:
    drawing = squares("https://example.com/u/U-7F3K2QXM")
    (found,) = zxingcpp.read_barcodes(picture(drawing))
    assert found.text == "https://example.com/u/U-7F3K2QXM"
    side = len(segno.make("https://example.com/u/U-7F3K2QXM", error="M", micro=False).matrix)
    half = side / 2 * 40 / (side + 8)
    assert bounds(drawing) == pytest.approx((40 - half, 40 - half, 40 + half, 40 + half))


def test_squares_that_the_tool_cannot_show_are_refused() -> None:
    with pytest.raises(Refused, match=r"Link would have squares of 0\.62 mm; they can be read from 1\.20 mm on"):
        laid("x" * 200, code(max_characters=500), ZONE, Craft(line_width=0.6))
    with pytest.raises(Refused, match=r"from 0\.70 mm on"):
        squares("x" * 200, min_module=0.7)
    with pytest.raises(Refused, match="no code holds them"):
        squares("x" * 5000)


# --- what the factory writes ----------------------------------------------------------------------------------------


def test_templates_are_filled_with_the_identity_and_the_words() -> None:
    facts = {"unit": "U-1", "order": "#9", "number": "2"}
    assert value_of(code(content="{text}"), "{unit} {0}", facts) == "{unit} {0}"
    assert value_of(code(content="{text}"), None, facts) is None
    assert value_of(code(content="https://a.example/{unit}"), None, facts) == "https://a.example/U-1"
    serial = SerialField.model_validate(
        {"type": "serial", "title": "Serial", "zone": "z", "content": "{order}-{number} {{}}", "min_height": 2}
    )
    assert value_of(serial, None, facts) == "#9-2 {}"
    assert value_of(serial, None, SAMPLE) == "SAMPLE-1 {}"
    assert value_of(field(), b"bytes", {}) == b"bytes"


@pytest.mark.parametrize(
    "template", ["{name}", "{unit!r}", "{unit:>9}", "{unit.x}", "{unit[0]}", "{", "{}", "{text} {shop}"]
)
def test_a_template_says_only_what_there_is(template: str) -> None:
    with pytest.raises(ValueError, match=r"not known here|left open"):
        code(content=template)


def test_a_serial_is_laid_out_in_one_line() -> None:
    serial = SerialField.model_validate(
        {"type": "serial", "title": "Serial", "zone": "z", "min_height": 2, "align": "left"}
    )
    drawing = laid("U-7F3K2QXM", serial, ZONE, CRAFT)
    assert isinstance(drawing, Drawing) and drawing.bounds
    assert drawing.bounds.x0 == pytest.approx(10.1, abs=0.5)
    assert box(10, 20, 70, 60).covers(box(*bounds(drawing)))
    with pytest.raises(Refused):
        laid("U-7F3K2QXM" * 8, serial, Zone("z", 0, 0, 20, 20), CRAFT)
