"""What a laser and a pen make of the bytes: the simulator, which knows nothing of ours, plays and draws them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fulfillment.catalog import Catalog
from fulfillment.processes import Made
from gcode.dialects import GRBL_LASER, GRBL_PEN, Dialect
from gcode.proof import Piece, line_picture, lines
from gcode.recipe import Place

pytestmark = pytest.mark.journey
ROOT = Path(__file__).parents[2]
SCALE = 8
BLACK_ON_WHITE = ("--mark-colour", "#000000", "--surface-colour", "#ffffff", "--background-colour", "#ffffff")
WORK: dict[str, tuple[Dialect, str, str, tuple[str, ...]]] = {
    "engrave": (GRBL_LASER, "bamboo-coaster", "bamboo", ("--tool", "laser", "--spot", "0.25")),
    "draw": (GRBL_PEN, "note-card", "gel-pen", ("--tool", "pen", "--pen-width", "0.5")),
}


def played(data: bytes, folder: Path, *arguments: str) -> tuple[np.ndarray, dict[str, Any]]:
    """0 to 1 by pixel of the piece, row 0 at the top; and the record."""
    source, image, record = folder / "piece.gcode", folder / "piece.png", folder / "piece.json"
    source.write_bytes(data)
    command = [
        sys.executable, "-m", "simulators", "grbl", "--play", str(source), "--picture", str(image), "--json",
        str(record), "--no-homing", "--envelope", "300x210x40", "--px-per-mm", str(SCALE), *BLACK_ON_WHITE, *arguments,
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=120, cwd=ROOT, stdout=subprocess.DEVNULL)
    grey = np.asarray(Image.open(image).convert("L"), dtype=float) / 255
    return 1 - grey, json.loads(record.read_text())


@pytest.mark.parametrize("operation", WORK)
def test_the_proof_is_what_the_machine_makes(
    operation: str, render: Callable[..., Made], catalog: Catalog, tmp_path: Path
) -> None:
    dialect, name, kind, tool = WORK[operation]
    product = catalog[name]
    blank, jig, width = product.piece, product.jig, product.recipes[kind].line_width
    (field,) = product.fields
    machines = ("laser", "grbl")
    made, other = (render(operation, {field: words}, machines) for words in ("Zoë & Al", "Al & Zoë"))
    region = ("--piece", f"{jig.x},{jig.y},{blank.width},{blank.height}")
    marked, record = played(made.data, tmp_path, *tool, *region)
    assert record["outcome"] == {"good": True, "troubles": [], "last_line": None, "deposited": True}
    piece = Piece(blank.width, blank.height, colour=(255, 255, 255), mark=(0, 0, 0), margin=0)
    shown, not_this = (
        1 - line_picture(lines(one.data, dialect, width, Place(jig.x, jig.y)), piece, SCALE).mean(axis=2) / 255
        for one in (made, other)
    )
    ink = (shown > 0.5).sum()
    assert ((shown > 0.5) ^ (marked > 0.4)).sum() < 0.35 * ink, "only the edges of lines differ"
    assert ((not_this > 0.5) ^ (marked > 0.4)).sum() > 1.2 * ink


def test_the_estimate_is_the_time_it_takes(render: Callable[..., Made], tmp_path: Path) -> None:
    made = render("engrave", {"words": "Zoë & Al"}, ("laser",))
    limits = ("--setting", "110=12000", "--setting", "111=9000", "--setting", "120=1000", "--setting", "121=1000")
    _, record = played(made.data, tmp_path, "--tool", "laser", *limits)
    assert made.manifest["seconds"] == pytest.approx(record["motion_time"], rel=0.12)
