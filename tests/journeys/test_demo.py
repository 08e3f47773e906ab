"""`ful demo` from nothing to packed pieces, and what it leaves to look at."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter
from skimage.metrics import structural_similarity

pytestmark = pytest.mark.journey

DENSITY = 8
"""Pixels a mm, of proofs and of the camera."""
PIECE = (120, 104)
"""mm; each picture shows it with a margin of its own around it."""
MESSAGE = (10, 7, 110, 23)
"""mm from the piece's lower left corner: where the words stand."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, tools: Any) -> Iterator[tuple[Path, str]]:
    """The folder that a demo left, and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    argv = (sys.executable, "-m", "fulfillment.cli", "demo", "--speed", "max", "--folder", str(folder))
    try:
        done = subprocess.run(
            argv,
            cwd=folder.parent,
            env=os.environ | {tools.mark: str(folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
        yield folder, done.stdout
    finally:
        tools.end_all(folder)


def looked_at(path: Path, box: tuple[int, int, int, int]) -> np.ndarray[Any, Any]:
    """A part of the piece (mm from its lower left corner) as seen from some way off, in grey."""
    picture = Image.open(path).convert("L")
    left, top = (picture.width - PIECE[0] * DENSITY) // 2, (picture.height - PIECE[1] * DENSITY) // 2
    x0, y0, x1, y1 = box
    pixels = (x0 * DENSITY, (PIECE[1] - y1) * DENSITY, x1 * DENSITY, (PIECE[1] - y0) * DENSITY)
    part = picture.crop((left + pixels[0], top + pixels[1], left + pixels[2], top + pixels[3]))
    small = part.filter(ImageFilter.GaussianBlur(DENSITY)).resize(((x1 - x0) * 2, (y1 - y0) * 2))
    return np.asarray(small, dtype=float)


def words_of(said: str) -> dict[str, str]:
    """Message of each unit, as the demo's plain lines say it."""
    return dict(re.findall(r"^(U-\w+) '(.*?)': ", said, re.MULTILINE))


def test_it_says_plain_lines_and_leaves_no_program(demo: tuple[Path, str], tools: Any) -> None:
    folder, said = demo
    assert "\x1b" not in said, "colours and cursors are for terminals"
    packed = re.search(r"^(\d+) units packed, 2 held for a person", said, re.MULTILINE)
    assert packed is not None
    # One of them is a cookie that two machines frost, one after the other; those of a jig come out as one.
    jig = re.search(r"a jig of (\d+) is begun", said)
    assert jig is not None and int(jig[1]) == 7, "cookies of two orders"
    # A card is printed, and lies on no bed.
    assert f"record: {int(packed[1]) - 1 + 1 - 6} whole pieces, 0 begun on an occupied bed; " in said
    assert f"; {int(packed[1]) + 1} documents printed, each once." in said
    assert "frost running on frosting-" in said or "frost claimed" in said or "frost ready" in said
    tools.until(lambda: not tools.marked(folder), "the end of every program", 15)


def test_every_packed_piece_has_its_files(demo: tuple[Path, str]) -> None:
    folder, said = demo
    packed = set(re.findall(r"^(U-\w+) .*: packed$", said, re.MULTILINE))
    assert len(packed) >= 5
    done, notes = set(), 0
    for unit in packed:
        proofs = list((folder / "out").glob(f"{unit}-*-proof.png"))
        assert proofs
        for proof in proofs:
            operation = proof.name.removeprefix(f"{unit}-").removesuffix("-proof.png")
            done.add(operation)
            for name in (proof.name, f"{unit}-{operation}-as-made.png"):
                with Image.open(folder / "out" / name) as picture:
                    picture.load()
        if any(path.name == f"{unit}-write-proof.png" for path in proofs):
            notes += 1
            continue  # it goes with the last piece of its order, whose slip says so
        assert (folder / "out" / f"{unit}-slip.pdf").read_bytes().startswith(b"%PDF-")
        with Image.open(folder / "out" / f"{unit}-slip-as-made.png") as printed:
            assert 0.69 < printed.width / printed.height < 0.73, "a page of A6"
    assert notes == 1
    assert len(list((folder / "out").glob("*-traveler.pdf"))) == 1
    made = {"write", "frost", "photo", "words", "draw", "bake", "print", "engrave", "carve", "embroider", "ice"}
    assert done == made, "every kind of machine has made something"


def test_as_made_looks_as_approved_and_not_as_another(demo: tuple[Path, str]) -> None:
    folder, said = demo
    words = words_of(said)
    proofs = {path.name.split("-frost-")[0]: path for path in (folder / "out").glob("*-frost-proof.png")}
    made = {path.name.split("-frost-")[0]: path for path in (folder / "out").glob("*-frost-as-made.png")}
    assert set(proofs) == set(made) and len({words[unit] for unit in made}) >= 4
    for unit, path in made.items():
        assert likeness(path, proofs[unit], (0, 0, *PIECE)) > 0.9, words[unit]
        own = likeness(path, proofs[unit], MESSAGE)
        others = [likeness(path, proofs[other], MESSAGE) for other in proofs if words[other] != words[unit]]
        assert own > 0.9, (words[unit], own)
        assert max(others) < 0.7, (words[unit], own, others)


def likeness(one: Path, other: Path, box: tuple[int, int, int, int]) -> float:
    return float(structural_similarity(looked_at(one, box), looked_at(other, box), data_range=255))
