"""Several pieces in one program, each in a pocket of its jig: what processes share of that.

Every process takes its pieces as specifications and their files, side by side; one piece is the common case.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from fulfillment.catalog.models import Piece
from fulfillment.config import Material
from fulfillment.designs import design, stamp_of
from fulfillment.fields import Craft
from fulfillment.processes import Problems, Spec
from gcode.design import Design
from gcode.proof import MARGIN as AROUND
from gcode.recipe import Place

Files = Mapping[str, bytes]

MOST_PIXELS: Final = 2400
"""Of the longer side of a picture of a whole jig."""
BACK, INK = "#f5f5f2", "#4a4640"
MARGIN: Final = 0.12
"""Of a picture of a jig around its pieces, as a share of a piece's longer side: the numbers stand there."""

GAP: Final = 3
"""Pixels between a pocket and its number."""


def place_of(spec: Spec, surface: float = 0.0) -> Place:
    """Where the piece lies: in its pocket of the jig."""
    x, y = spec.product.jig.at(spec.pocket)
    return Place(x, y, surface)


def designs(specs: Sequence[Spec], files: Sequence[Files], craft: Craft) -> list[Design]:
    """What each piece shall show. Raises Problems of all of them; of several, each says whose it is."""
    found: list[Design] = []
    problems: list[Mapping[str, str]] = []
    for spec, own in zip(specs, files, strict=True):
        try:
            found.append(design(spec, own, craft))
        except Problems as refused:
            whose = f"In pocket {spec.pocket}: " if len(specs) > 1 else ""
            problems += [{**problem, "reason": whose + problem["reason"]} for problem in refused.problems]
    if problems:
        raise Problems(problems)
    return found


def stamp(specs: Sequence[Spec], material: Material, files: Sequence[Files]) -> str:
    """What a program says of the looks of its pieces, as :func:`stamp_of` for one."""
    each = [stamp_of(spec, material, own) for spec, own in zip(specs, files, strict=True)]
    return each[0] if len(each) == 1 else hashlib.sha256(" ".join(each).encode()).hexdigest()[:16]


def told(specs: Sequence[Spec], each: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is told of pieces, for one manifest: ``notes`` and ``fidelity``; of several, each by its pocket too."""
    if len(each) == 1:
        return dict(each[0])
    worst = min(each, key=lambda one: float(one["fidelity"].get("lines", {}).get("coverage", 1.0)))
    pieces = [{"pocket": spec.pocket, **one} for spec, one in zip(specs, each, strict=True)]
    return {"notes": [note for one in each for note in one["notes"]], "fidelity": worst["fidelity"], "pieces": pieces}


def sheet(specs: Sequence[Spec], proofs: Sequence[bytes]) -> bytes:
    """The proofs of pieces as they lie in their jig, each with the number of its pocket; of one, its own. PNG."""
    pockets = specs[0].product.jig.pockets
    if len(proofs) == 1 or pockets is None:
        return proofs[0]
    piece = specs[0].product.piece
    pictures = {spec.pocket: _bare(proof, piece) for spec, proof in zip(specs, proofs, strict=True)}
    corners = [pockets.at(number) for number in range(1, pockets.count + 1)]
    width, height = (max(values) for values in zip(*corners, strict=True))
    edge = MARGIN * max(piece.width, piece.height)
    whole = width + piece.width + 2 * edge, height + piece.height + 2 * edge
    scale = min(next(iter(pictures.values())).width / piece.width, MOST_PIXELS / max(whole))
    jig = Image.new("RGB", (round(whole[0] * scale), round(whole[1] * scale)), BACK)
    drawn, font = ImageDraw.Draw(jig), ImageFont.load_default(max(12.0, edge * scale * 0.7))
    size = round(piece.width * scale), round(piece.height * scale)
    for number, (x, y) in enumerate(corners, 1):
        left, top = round((x + edge) * scale), round((height - y + edge) * scale)
        if number in pictures:
            jig.paste(pictures[number].resize(size, Image.Resampling.LANCZOS), (left, top))
        else:
            drawn.rectangle((left, top, left + size[0], top + size[1]), outline=INK)
        drawn.text((left, top - GAP), str(number), fill=INK, font=font, anchor="lb")
    out = io.BytesIO()
    jig.save(out, "PNG", optimize=True)
    return out.getvalue()


def _bare(proof: bytes, piece: Piece) -> Image.Image:
    """A proof without the background around its piece."""
    picture = Image.open(io.BytesIO(proof)).convert("RGB")
    around = round(picture.width / (piece.width + 2 * AROUND) * AROUND)
    return picture.crop((around, around, picture.width - around, picture.height - around))
