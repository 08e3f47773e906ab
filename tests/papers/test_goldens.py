"""Both papers in six languages as they were looked at and found right. GOLDENS=draw draws them anew: look at them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from fulfillment.papers import Facts, languages, shipped
from fulfillment.papers.drawing import draw

FOLDER = Path(__file__).parent / "goldens"
CASES = [(name, code) for name in ("slip", "traveler") for code in languages()]


def drawn(name: str, facts: Facts, proof: bytes, code: str) -> Image.Image:
    data = draw(shipped()[name], facts, {"proof": proof}, language=code, paper="a6")
    return pypdfium2.PdfDocument(data)[0].render(scale=1.2).to_pil().convert("L")


def off(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of grey, of 255."""
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


@pytest.mark.parametrize(("name", "code"), CASES)
def test_a_paper_looks_as_it_was_found_right(facts: Callable[..., Facts], proof: bytes, name: str, code: str) -> None:
    note = str(facts(code)["note"]).replace("\U0001f408", "")  # a machine may have emoji in colour
    seen = drawn(name, facts(code, note=note), proof, code)
    if os.environ.get("GOLDENS") == "draw":
        seen.save(FOLDER / f"{name}-{code}.png", optimize=True)
    golden = Image.open(FOLDER / f"{name}-{code}.png")
    assert seen.size == golden.size
    assert off(seen, golden) < 0.7
    other = drawn(
        name, facts(code, ship_to="Somebody", message="else", product="A piece", due="", order="9"), proof, code
    )
    assert off(other, golden) > 1.0, "another text would pass this test"
