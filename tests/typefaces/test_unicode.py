"""Any text at all: it appears wholly, or it is held with its characters named.

What "wholly" means is judged by another route: FreeType, with libraqm's own shaping and directions, draws the same
text with the same font file, and the two pictures must agree to the width of a hair, accents and dots included.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache

import numpy as np
import pytest
from fontTools import unicodedata as scripts
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, features
from skimage.draw import polygon

from fulfillment.typefaces import FONTS, TYPEFACES, typeface
from gcode.characters import invisible
from gcode.design import Drawing, Zone
from gcode.fontchain import FontChain
from gcode.fonts import Face, GlyphsMissing, Run
from gcode.graphemes import graphemes
from gcode.outlinefont import OutlineFont
from gcode.text import Fit, TextRefused, fit, united

NAMES = sorted(TYPEFACES)
SCRIPTS = {
    "Latin": (0x20, 0x250), "accents": (0x300, 0x370), "Greek": (0x370, 0x400), "Cyrillic": (0x400, 0x530),
    "Armenian": (0x530, 0x590), "Hebrew": (0x590, 0x600), "Arabic": (0x600, 0x700), "Devanagari": (0x900, 0x980),
    "Bengali": (0x980, 0xA00), "Thai": (0xE00, 0xE60), "Georgian": (0x10A0, 0x1100),
    "Latin additional": (0x1E00, 0x1F00), "Greek extended": (0x1F00, 0x2000), "punctuation": (0x2000, 0x2070),
    "signs": (0x20A0, 0x2300), "shapes": (0x2500, 0x2800), "CJK": (0x3000, 0x3100), "ideographs": (0x4E00, 0x4F00),
    "Hangul": (0xAC00, 0xAD00), "Arabic forms": (0xFB50, 0xFE00), "half marks": (0xFE00, 0xFE70),
    "full width": (0xFF00, 0xFFF0), "mathematical": (0x1D400, 0x1D480), "pictures": (0x1F300, 0x1F6FF),
    "supplemental": (0x1F900, 0x1FAFF), "tags": (0xE0020, 0xE0080),
}  # fmt: skip
SEQUENCES = ["👨‍👩‍👧", "👍🏽", "🇩🇪", "🇽🇽", "1️⃣", "❤️", "🏳️‍🌈", "क्ष", "क्‍ष", "र्क", "שָׁ", "لا", "مّ",
             "می‌خ", "น้ำ", "ผู้", "q̃", "e\u0323\u0302",
             "ﬁ", "Ǆ", " ", "  ", "(", ")", "«", "»", "\u200d", "\u200c", "\ufe0f", "\u0301", "\u202e"]  # fmt: skip


def characters() -> st.SearchStrategy[str]:
    by_script = st.sampled_from(list(SCRIPTS.values())).flatmap(lambda r: st.integers(*r).map(chr))
    return st.one_of(by_script, by_script, st.characters(), st.sampled_from(SEQUENCES))


PROMISED = ("Latin", "Greek", "Cyrillic", "Hebrew", "Arabic", "Devanagari", "Thai", "pictures")
TEXTS = st.one_of(
    st.lists(characters(), min_size=1, max_size=8).map("".join),
    st.lists(
        st.sampled_from(PROMISED).flatmap(lambda name: st.integers(*SCRIPTS[name]).map(chr))
        | st.sampled_from(SEQUENCES),
        min_size=1,
        max_size=4,
    ).map("".join),
)
"""From all planes, where most are held; and from the scripts that are promised, where most appear."""


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(text=TEXTS)
def test_any_text_appears_wholly_or_is_held_with_its_characters_named(name: str, text: str) -> None:
    font = typeface(name)
    normal = unicodedata.normalize("NFC", text)
    if lost := font.missing(text):
        assert set(lost) <= set(normal)
        with pytest.raises(GlyphsMissing) as held:
            font.shape(text)
        assert held.value.missing == lost
        return
    shaped = font.shape(text)
    assert Counter("".join(cluster.text for cluster in shaped.clusters)) == Counter(normal)
    for cluster in shaped.clusters:
        seen = [character for character in cluster.text if not (character.isspace() or invisible(character))]
        assert bool(seen) == (cluster.drawing.bounds is not None), cluster.text


@settings(max_examples=60)
@given(text=TEXTS, other=TEXTS, tracking=st.sampled_from([0.0, 0.3]))
def test_what_is_laid_out_is_all_of_the_text(text: str, other: str, tracking: float) -> None:
    for name in ("sans", "stroke"):
        font = typeface(name)
        both = f"{text} {other}"
        try:
            laid = fit(both, font, Zone("name", 0, 0, 80, 40), Fit(0.01, tracking=tracking))
        except TextRefused as refused:
            assert refused.code in ("missing-glyphs", "empty", "too-small")
            assert refused.code != "missing-glyphs" or refused.missing
            continue
        assert font.missing(both) == () or "\n" in both
        assert Counter("".join("".join(laid.lines).split())) == Counter("".join(both.split()))


SIZE = 400
HAIR = 7
"""Pixels: a difference this wide both ways is more than the two rasterizers' edges."""


@cache
def freetype(face: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"{face}.ttf", SIZE, layout_engine=ImageFont.Layout.RAQM)


def as_others_draw(face: Face, text: str, *, rtl: bool) -> Image.Image:
    font, pad = freetype(face.name), 2 * SIZE
    picture = Image.new("L", (pad * 2 + SIZE * 2 * len(text), 6 * SIZE))
    ImageDraw.Draw(picture).text((pad, 3 * SIZE), text, 255, font, anchor="ls", direction="rtl" if rtl else "ltr")
    return cropped(picture)


def as_drawn(drawing: Drawing, scale: float) -> Image.Image:
    """As a process fills it: outer contours run to the left, holes to the right."""
    bounds = drawing.bounds
    assert bounds is not None
    size = int(bounds.height * scale) + 20, int(bounds.width * scale) + 20
    count = np.zeros(size, dtype=int)
    for outline in united(drawing).outlines:
        x, y = (outline[:, 0] - bounds.x0) * scale + 10, (bounds.y1 - outline[:, 1]) * scale + 10
        area = np.sum(outline[:, 0] * np.roll(outline[:, 1], -1) - outline[:, 1] * np.roll(outline[:, 0], -1))
        count[polygon(y - 0.5, x - 0.5, size)] += 1 if area > 0 else -1
    return cropped(Image.fromarray(np.where(count != 0, 255, 0).astype(np.uint8)))


def cropped(picture: Image.Image) -> Image.Image:
    return picture.point(lambda value: 255 if value > 127 else 0).crop(
        picture.point(lambda v: 255 * (v > 127)).getbbox()
    )


def same(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures differ at edges only."""
    if abs(one.width - other.width) > HAIR or abs(one.height - other.height) > HAIR:
        return False
    size = max(one.width, other.width) + HAIR, max(one.height, other.height) + HAIR
    canvas = [Image.new("L", size) for _ in range(2)]
    for picture, to in zip((one, other), canvas, strict=True):
        to.paste(picture, ((size[0] - picture.width) // 2, (size[1] - picture.height) // 2))
    return ImageChops.difference(*canvas).filter(ImageFilter.MinFilter(HAIR)).getbbox() is None


@cache
def scale_of(face: OutlineFont) -> float:
    """Pixels of a cap height in the other picture."""
    with TTFont(FONTS / f"{face.name}.ttf") as font:
        known, per_em = font.getBestCmap(), font["head"].unitsPerEm
        return float(SIZE * font["glyf"][known[ord("H")]].yMax / per_em) if ord("H") in known else 0.7 * SIZE


def outlined(font: FontChain, text: str) -> list[tuple[OutlineFont, Run]]:
    runs = list(font.runs(unicodedata.normalize("NFC", text)))
    return [(face, run) for face, run in runs if isinstance(face, OutlineFont) and run.text.strip()]


def natural(part: str) -> bool:
    """Whether marks stand on letters of their script: elsewhere two shapers may put them at different heights."""
    base = {scripts.script(part[0])}
    marks = [scripts.script_extension(mark) for mark in part[1:] if unicodedata.category(mark)[0] == "M"]
    letter = unicodedata.category(part[0])[0] == "L" or unicodedata.category(part[0]) == "So"
    return bool(part.strip()) and (not marks or (letter and all(mark & (base | {"Zinh"}) for mark in marks)))


needs_raqm = pytest.mark.skipif(not features.check("raqm"), reason="Pillow was built without libraqm")


@needs_raqm
@pytest.mark.parametrize("name", ["sans", "serif", "script", "handwriting", "stroke"])
@settings(max_examples=25, deadline=None)
@given(text=TEXTS)
def test_what_appears_is_what_freetype_draws(name: str, text: str) -> None:
    font = typeface(name)
    assert isinstance(font, FontChain)
    if font.missing(text):
        return
    for face, run in outlined(font, text):
        for part in graphemes(run.text):
            if natural(part) and not face.lost(Run(part, run.script, run.rtl, emoji=run.emoji)):
                drawn = face.draw(Run(part, run.script, run.rtl, emoji=run.emoji)).drawing
                if drawn.bounds:
                    assert same(as_drawn(drawn, scale_of(face)), as_others_draw(face, part, rtl=run.rtl)), part


@needs_raqm
def test_whole_words_are_what_freetype_draws(whole: str) -> None:
    font = typeface("sans")
    assert isinstance(font, FontChain)
    for face, run in outlined(font, whole):
        for word in run.text.split():
            drawing = face.draw(Run(word, run.script, run.rtl, emoji=run.emoji)).drawing
            if drawing.bounds:
                ours, theirs = as_drawn(drawing, scale_of(face)), as_others_draw(face, word, rtl=run.rtl)
                assert ours.width == pytest.approx(theirs.width, rel=0.02, abs=HAIR), word
                ink = [np.asarray(picture).astype(bool).sum() for picture in (ours, theirs)]
                assert ink[0] == pytest.approx(ink[1], rel=0.02, abs=HAIR * SIZE / 4), word


@needs_raqm
@pytest.mark.parametrize(("one", "other"), [("e", "é"), ("i", "ı"), ("ش", "س"), ("กิ", "กี"), ("कि", "की"), ("o", "ö")])
def test_the_comparison_sees_a_lost_dot_or_accent(one: str, other: str) -> None:
    font = typeface("sans")
    assert isinstance(font, FontChain)
    (face, run), (_, second) = outlined(font, one)[0], outlined(font, other)[0]
    ours = as_drawn(face.draw(run).drawing, scale_of(face))
    assert same(ours, as_others_draw(face, one, rtl=run.rtl))
    assert not same(ours, as_others_draw(face, other, rtl=second.rtl))
