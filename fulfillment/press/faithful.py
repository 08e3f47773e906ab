"""Is what the finished bytes show what was designed? A page as another reader draws it, held against the design.

The design's picture is made of its own outlines and photos, without a PDF: what got lost, doubled, moved, mirrored or
painted in another tone on the way through the file is seen here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageDraw, ImageFilter

from fulfillment.press.guests import Placed
from fulfillment.press.pictures import Picture
from fulfillment.press.piece import Painted, Piece, Side
from fulfillment.press.shapes import rings
from gcode.geometry import Line, signed
from gcode.hatch import region
from gcode.verify_tone import similarity

FINE: Final = 3
"""Samples to a side of a pixel, so that fine letters have their greys."""
LEAST_SSIM: Final = 0.88
"""Readers show the colours of a press each a little otherwise; another photo, or a mirrored one, is below 0.6."""
COARSE: Final = 4
"""Pixels to a side of a place whose likeness is asked: readers put edges up to one to the side."""
LEAST_OFF: Final = 0.03
"""Of all tones, that must also be off: where a photo has hardly any contrast, its noise alone makes it unlike."""
INKED: Final = 0.75
"""Share of a pixel from which a letter covers it."""
TONE: Final = 0.22
"""By which the tone of a letter may be off; readers' own ways from ink to light differ by as much."""
LEAST_COVERAGE: Final = 0.97


@dataclass(frozen=True, slots=True)
class Like:
    """How a side of a piece is like its design."""

    ssim: float
    off: float
    """What of the design the page does not show, as a share of all tones."""
    coverage: float | None
    """Share of the letters' surface that has their tone; None where there are none."""

    def wrong(self) -> list[str]:
        """Sentences; nothing where it is as designed."""
        found = []
        if not self.ssim >= LEAST_SSIM and not self.off <= LEAST_OFF:
            found.append(f"the page is like its design by {self.ssim:.2f} (SSIM, limit {LEAST_SSIM:.2f})")
        if self.coverage is not None and not self.coverage >= LEAST_COVERAGE:
            found.append(f"{self.coverage:.1%} of the letters and lines are there (limit {LEAST_COVERAGE:.0%})")
        return found

    def body(self) -> dict[str, Any]:
        said: dict[str, Any] = {"photo": {"ssim": round(self.ssim, 4), "off": round(self.off, 4)}}
        return said | ({} if self.coverage is None else {"lines": {"coverage": round(self.coverage, 4)}})


@dataclass(frozen=True, slots=True)
class Look:
    """How a piece is drawn: its size in mm, where copies of its content lie, and its thin lines."""

    size: tuple[float, float]
    steps: Sequence[tuple[float, float]]
    line_width: float
    cut: tuple[str, float] | None = None
    """Colour and width of the line that a cutter follows, as readers show it."""


def compare(piece: Piece, side: Side, seen: Image.Image, look: Look) -> Like:
    """``seen``: the trimmed side as the finished file shows it, upright."""
    wanted, letters = expected(piece, side, seen.size, look)
    page, coverage = seen.convert("L"), None
    if letters.any():
        # Readers put edges up to a pixel to one side or the other: the tone may be that of a neighbour.
        low, high = (_light(page.filter(near)) for near in (ImageFilter.MinFilter(3), ImageFilter.MaxFilter(3)))
        tone = _light(wanted)
        coverage = float(((tone >= low - TONE) & (tone <= high + TONE))[letters].mean())
    made, like = _light(page.reduce(COARSE)), _light(wanted.reduce(COARSE))
    return Like(similarity(made, like, 1.0), _off(made, like), coverage)


def _off(made: npt.NDArray[np.float64], wanted: npt.NDArray[np.float64]) -> float:
    """What of the design a page does not show: the root of the mean square of what is left of the design's tones after
    the straight line by which the page's explain them best. Inks that are shown as light are all lighter or darker in
    the same way; of a page that is lighter or darker than any reader makes it, what is beyond that."""
    contrast = float(made.var())
    slope = float(((made - made.mean()) * (wanted - wanted.mean())).mean()) / contrast if contrast > 0 else 0.0
    unlike = float((wanted - wanted.mean() - max(slope, 0.0) * (made - made.mean())).std())
    return max(unlike, abs(float(made.mean() - wanted.mean())) - TONE)


def _light(picture: Image.Image) -> npt.NDArray[np.float64]:
    return np.asarray(picture, dtype=np.float64) / 255


def expected(
    piece: Piece, side: Side, pixels: tuple[int, int], look: Look
) -> tuple[Image.Image, npt.NDArray[np.bool_]]:
    """The side in greys as designed, and which pixels are well within letters or lines."""
    on = _On(pixels, look.size, pixels[0] / look.size[0])
    whole = Image.new("L", pixels, _lightness(piece, side))
    letters = np.zeros(pixels[::-1], dtype=bool)
    for at in look.steps:
        for part in piece.on(side):
            content = part.content
            if isinstance(content, Painted):
                mask = on.mask(content.drawing.outlines, content.drawing.strokes, look.line_width, at)
                whole.paste(_grey(content.colour), (0, 0), mask)
                letters = letters | (np.asarray(mask) >= 255 * INKED)
            else:
                mask = on.mask([content.edge], (), 0.0, at)
                whole.paste(on.photo(content, at), (0, 0), mask)
                letters &= np.asarray(mask) == 0
        if look.cut is not None and piece.edge is not None and side == "front":
            lines = [np.vstack([ring, ring[:1]]) for ring in rings(piece.edge)]
            whole.paste(_grey(look.cut[0]), (0, 0), on.mask((), lines, look.cut[1], at))
    return whole, letters


def _lightness(piece: Piece, side: Side) -> int:
    return _grey(piece.colours[side]) if side in piece.colours else 255


def _grey(colour: str) -> int:
    return Image.new("RGB", (1, 1), ImageColor.getrgb(colour)).convert("L").getpixel((0, 0))  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class _On:
    """A picture of a side."""

    pixels: tuple[int, int]
    size: tuple[float, float]
    scale: float

    def _points(self, line: Line, at: tuple[float, float]) -> list[tuple[float, float]]:
        moved = (np.asarray(line) + at) * [1, -1] + [0, self.size[1]]
        # Pillow's points are the middles of its pixels.
        return [(x, y) for x, y in (moved * self.scale * FINE - 0.5).tolist()]

    def mask(
        self, outlines: Sequence[Line], strokes: Sequence[Line], width: float, at: tuple[float, float]
    ) -> Image.Image:
        """Where outlines are filled, by the non-zero rule, and strokes drawn."""
        mask = Image.new("L", (self.pixels[0] * FINE, self.pixels[1] * FINE), 0)
        draw = ImageDraw.Draw(mask)
        filled = [np.asarray(ring) for ring in region(outlines).to_polygons()] if len(outlines) else []
        # Holes lie in what is larger, and letters in some holes.
        for ring in sorted(filled, key=lambda ring: -abs(signed(ring))):
            draw.polygon(self._points(ring, at), fill=255 if signed(ring) > 0 else 0)
        for line in strokes:
            draw.line(self._points(line, at), fill=255, width=max(1, round(width * self.scale * FINE)), joint="curve")
        return mask.reduce(FINE)

    def photo(self, picture: Picture | Placed, at: tuple[float, float]) -> Image.Image:
        """The photo in its place, in greys."""
        assert picture.image is not None  # noqa: S101  (it is kept until it was compared)
        size = max(1, round(picture.width * self.scale)), max(1, round(picture.height * self.scale))
        small = picture.image.resize(size, Image.Resampling.BOX)
        whole = Image.new("L", self.pixels, 255)
        top = self.size[1] - picture.y - at[1] - picture.height
        whole.paste(small, (round((picture.x + at[0]) * self.scale), round(top * self.scale)))
        return whole
