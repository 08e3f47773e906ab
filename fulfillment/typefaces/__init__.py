"""Typefaces by name, as a product's fields choose them: each a chain of the fonts shipped, read when first asked for.

The first fonts of a chain are the typeface's own; those behind them know the scripts that it does not, then signs and
emoji. What none of them has holds the order, with the characters named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from gcode.centrelines import Centrelines
from gcode.fontchain import FontChain
from gcode.fonts import Face, Font
from gcode.handwriting import Form
from gcode.outlinefont import OutlineFont
from gcode.strokefont import StrokeFont

__all__ = ["FONTS", "TYPEFACES", "Typeface", "cjk", "forms", "typeface"]

FONTS: Final = Path(__file__).parents[1] / "fonts"
EMOJI: Final = "NotoEmoji-Regular"
SANS: Final = ("NotoSans-Regular", "NotoSansDevanagari-Regular", "NotoSansArabic-Regular", "NotoSansHebrew-Regular",
               "NotoSansThai-Regular")  # fmt: skip
SERIF: Final = ("NotoSerif-Regular", "NotoSerifDevanagari-Regular", "NotoNaskhArabic-Regular",
                "NotoSerifHebrew-Regular", "NotoSansThai-Regular")  # fmt: skip
SIGNS: Final = ("NotoSansMath-Regular", "NotoSansSymbols2-Regular")
TOUCHING: Final = frozenset({"DancingScript-Regular", "GreatVibes-Regular"})
"""Fonts whose letters are written in one stroke, as by hand."""
CJK: Final = ("NotoSansCJK-Regular.ttc", "NotoSansSC-Regular.ttf", "NotoSansJP-Regular.ttf")
"""Files of the optional extra; the first that is found is taken."""
CJK_PLACES: Final = (FONTS, Path("/usr/share/fonts/opentype/noto"), Path("/usr/local/share/fonts"))


@dataclass(frozen=True, slots=True)
class Typeface:
    """The files of a chain, and the Hershey face before them where letters are single strokes."""

    outlines: tuple[str, ...]
    strokes: str | None = None
    written: str | None = None
    """The font whose letters are written along the middle of their stems, before all of them; it has FORMS."""


TYPEFACES: Mapping[str, Typeface] = {
    "sans": Typeface((*SANS, *SIGNS)),
    "sans-bold": Typeface(("NotoSans-Bold", *SANS, *SIGNS)),
    "serif": Typeface((*SERIF, *SANS, *SIGNS)),
    "script": Typeface(("DancingScript-Regular", "Caveat-Regular", *SERIF, *SANS, *SIGNS)),
    "calligraphy": Typeface(("GreatVibes-Regular", *SERIF, *SANS, *SIGNS)),
    "handwriting": Typeface(("Caveat-Regular", *SANS, *SIGNS)),
    "stroke": Typeface((*SANS, *SIGNS), strokes="futural"),
    "stroke-serif": Typeface((*SERIF, *SANS, *SIGNS), strokes="timesr"),
    "stroke-script": Typeface(("Caveat-Regular", *SANS, *SIGNS), strokes="scripts"),
    "hand": Typeface((*SANS, *SIGNS), strokes="scripts", written="Caveat-Regular"),
}
FORMS: Final[Mapping[str, str]] = {"": "", "ss01": "", "ss02": "t"}
"""Of a font that is written: the feature that has each form of its letters, and which of them it is not asked for:
the middle line of its t is broken where the bar crosses it."""


@cache
def typeface(name: str) -> Font:
    """The typeface of this name as a font. KeyError where there is none."""
    return _chain(name, "")


@cache
def forms(name: str) -> tuple[Form, ...]:
    """The ways in which a typeface that is written writes its letters; the first one is the plain typeface."""
    return tuple(Form(_chain(name, feature), frozenset(without)) for feature, without in FORMS.items())


@cache
def _chain(name: str, feature: str) -> Font:
    parts = TYPEFACES[name]
    faces: list[Face] = [_pen(parts.written, feature)] if parts.written else []
    faces += [StrokeFont(parts.strokes)] if parts.strokes else []
    faces += [_outline(file) for file in dict.fromkeys(parts.outlines)]
    if found := cjk():
        faces.append(_collected(found))
    return FontChain(name, faces, _outline(EMOJI))


def cjk() -> Path | None:
    """The file of the optional extra for Chinese, Japanese and Korean; None where it is not installed."""
    return next((place / file for file in CJK for place in CJK_PLACES if (place / file).is_file()), None)


@cache
def _pen(file: str, feature: str) -> Centrelines:
    # Alternates by context would choose forms by themselves, and not by the seed.
    features = {"calt": False} | ({feature: True} if feature else {})
    return Centrelines(OutlineFont(file, (FONTS / f"{file}.ttf").read_bytes(), features=features))


@cache
def _outline(file: str) -> OutlineFont:
    return OutlineFont(file, (FONTS / f"{file}.ttf").read_bytes(), joins=file in TOUCHING)


@cache
def _collected(path: Path) -> OutlineFont:
    return OutlineFont(path.stem, path.read_bytes())
