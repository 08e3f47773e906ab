"""The shipped product, and pictures made to order."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image

from fulfillment.catalog import FOLDER, Product, load

Picture = Callable[..., bytes]


@pytest.fixture(scope="session")
def pop_tart() -> Product:
    catalog, problems = load(FOLDER)
    assert problems == []
    return catalog["pop-tart"]


@pytest.fixture(scope="session")
def picture() -> Picture:
    """Bytes of a picture: its left half dark, its right half light."""

    def make(width: int = 300, height: int = 240, kind: str = "JPEG", mode: str = "RGB", **save: object) -> bytes:
        image = Image.new("RGB", (width, height), (40, 40, 40))
        image.paste((220, 220, 220), (width // 2, 0, width, height))
        out = io.BytesIO()
        image.convert(mode).save(out, kind, **save)
        return out.getvalue()

    return make
