"""Glyphs that are no TrueType outlines: pictures in colour, and curves of other fonts drawn as paths."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import newTable
from fontTools.ttLib.tables.sbixGlyph import Glyph as Bitmap
from fontTools.ttLib.tables.sbixStrike import Strike
from PIL import Image

from fulfillment.typeset import Face, Sheet, faces, fitted, written
from fulfillment.typeset import draw as drawn
from fulfillment.typeset.glyphs import ColourFace, PaperFace
from fulfillment.typeset.lines import Chain
from gcode.fonts import Run

CAT, DOG = "\U0001f408", "\U0001f415"
RED = (200, 30, 30)


def square(pen: object, side: int) -> None:
    pen.moveTo((100, 0))  # type: ignore[attr-defined]
    for point in ((100, side), (100 + side, side), (100 + side, 0)):
        pen.lineTo(point)  # type: ignore[attr-defined]
    pen.closePath()  # type: ignore[attr-defined]


@pytest.fixture
def colour_font(tmp_path: Path) -> Path:
    """A font with one picture, of a cat; a dog it has by name only."""
    builder = FontBuilder(1000, isTTF=True)
    names = [".notdef", "cat", "dog"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(CAT): "cat", ord(DOG): "dog"})
    builder.setupGlyf({name: TTGlyphPen(None).glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupOS2()
    builder.setupPost()
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (*RED, 255)).save(out, "PNG")
    table = newTable("sbix")
    table.version, table.flags = 1, 1
    strike = Strike(ppem=64, resolution=72)
    strike.glyphs = {name: Bitmap(glyphName=name) for name in names}
    strike.glyphs["cat"] = Bitmap(glyphName="cat", graphicType="png ", imageData=out.getvalue())
    table.strikes = {64: strike}
    builder.font["sbix"] = table
    builder.save(tmp_path / "Colour.ttf")
    return tmp_path / "Colour.ttf"


@pytest.fixture
def curved_font(tmp_path: Path) -> Path:
    """A font whose letter is a square of PostScript's outlines."""
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({ord("A"): "A"})
    strings = {}
    for name, side in ((".notdef", 0), ("A", 700)):
        pen = T2CharStringPen(1000, None)
        square(pen, side)
        strings[name] = pen.getCharString()
    builder.setupCFF("Curved", {}, strings, {})
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", "A"], (1000, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "Curved.otf")
    return tmp_path / "Curved.otf"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Callable[[Chain, str], Image.Image]:
    def show(chain: Chain, text: str) -> Image.Image:
        monkeypatch.setattr(faces, "_chain", lambda _name: chain)
        sheet, face = Sheet(120, 60), Face("sans")
        drawn(sheet, fitted(written(text, face, "It"), face, (40,), 110, 60, what="It"), 5, 55)
        data = sheet.finished()
        assert sheet.out.getvalue() == data
        return pypdfium2.PdfDocument(data)[0].render(scale=2).to_pil().convert("RGB")

    return show


def share(picture: Image.Image, colour: tuple[int, int, int]) -> float:
    counts = {found: count for count, found in picture.getcolors(1 << 20) or []}
    return counts.get(colour, 0) / (picture.width * picture.height)


def test_an_emoji_is_in_colour_where_there_is_such_a_font(colour_font: Path, page: Callable) -> None:
    sans, plain = faces._face("NotoSans-Regular"), faces._face("NotoEmoji-Regular")
    coloured = Chain("sans", [sans], [ColourFace(colour_font), plain])
    assert share(page(coloured, f"a {CAT}"), RED) > 0.05
    dog = page(coloured, f"a {DOG}")
    assert share(dog, RED) == 0
    assert share(dog, (0, 0, 0)) > 0.01, "what it lacks is drawn in one colour"
    assert share(page(Chain("sans", [sans], [plain]), f"a {CAT}"), RED) == 0


def test_a_sequence_of_several_pictures_is_not_one(colour_font: Path) -> None:
    face = ColourFace(colour_font)
    assert face.lost(Run(CAT, emoji=True)) == ()
    assert face.lost(Run(f"{CAT}\u200d{CAT}", emoji=True))
    assert face.lost(Run("\U0001f1e9\U0001f1ea", emoji=True))


def test_outlines_of_postscript_are_drawn(curved_font: Path, page: Callable) -> None:
    face = PaperFace(curved_font)
    assert not face.embeddable
    picture = page(Chain("sans", [face], [faces._face("NotoEmoji-Regular")]), "A")
    box = picture.convert("L").point(lambda value: 255 - value).getbbox()
    assert box is not None
    left, top, right, bottom = (side / 2 for side in box)
    assert (right - left, bottom - top) == pytest.approx((28, 28), abs=1), "700 of 1000 units at 40 points"
    assert left == pytest.approx(5 + 4, abs=1)
