"""Lines drawn by a page, and by an independent layout of the same letters, as pictures to be compared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from fulfillment.typefaces import FONTS
from fulfillment.typeset import Face, Sheet, draw, fitted, written

SIZE = 96


def cropped(picture: Image.Image) -> np.ndarray:
    """The ink of a picture, its own box."""
    ink = np.asarray(picture.convert("L")) < 128
    ys, xs = np.nonzero(ink)
    return ink[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1] if len(ys) else np.zeros((1, 1), bool)


@pytest.fixture
def printed() -> Callable[..., np.ndarray]:
    """One line as the printed page shows it."""

    def show(text: str, face: str = "sans") -> np.ndarray:
        sheet = Sheet(1400, 240)
        kind = Face(face)
        block = fitted(written(text, kind, "It"), kind, (SIZE,), 1380, 400, what="It")
        assert len(block.lines) == 1
        draw(sheet, block, 10, 200, 1380)
        document = pypdfium2.PdfDocument(sheet.finished())
        return cropped(document[0].render(scale=1).to_pil())

    return show


@pytest.fixture
def independent() -> Callable[..., np.ndarray]:
    """One line by Pillow: with raqm (FriBidi and HarfBuzz of its own), or letter by letter without shaping."""

    def show(text: str, file: str, *, shaped: bool = True) -> np.ndarray:
        engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
        font = ImageFont.truetype(str(FONTS / f"{file}.ttf"), SIZE, layout_engine=engine)
        picture = Image.new("L", (1400, 260), 255)
        ImageDraw.Draw(picture).text((10, 40), text, font=font, fill=0)
        return cropped(picture)

    return show


@pytest.fixture
def alike() -> Callable[[np.ndarray, np.ndarray], float]:
    """How much of the ink of two pictures is the same, from 0 to 1."""

    def share(one: np.ndarray, other: np.ndarray) -> float:
        height, width = max(one.shape[0], other.shape[0]), max(one.shape[1], other.shape[1])
        both = [np.pad(a, ((0, height - a.shape[0]), (0, width - a.shape[1]))) for a in (one, other)]
        return float((both[0] & both[1]).sum() / (both[0] | both[1]).sum())

    return share
