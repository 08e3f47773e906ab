"""From stitches to thread on cloth: from hole to hole, and over what nobody cut. Units: mm, s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from simulators.beads import Array, Beads, Json, Row, paths
from simulators.motion import Block
from simulators.picture import Look, Region, bed

SEWN, LOOSE, CUT = 1.0, 2.0, -1.0
"""What a row is, in its column 7: a stitch, a thread that lies over the cloth, a trim."""
FINE = 2
"""Samples a pixel, along each side."""


def stitch(begun: float, start: tuple[float, float], end: tuple[float, float], seconds: float, kind: float) -> Row:
    """A stitch, a loose thread, or a trim as a row; see :mod:`simulators.beads`."""
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    return (begun, *start, 0.0, *end, 0.0, kind, length, 1.0, 0.0, 0.0, 0.0, 0.0, seconds, 0.0)


@dataclass(frozen=True, slots=True)
class Needle:
    measure: ClassVar[str] = "thread"
    settling: ClassVar[float] = 0.0
    width: float = 0.4

    def row(self, block: Block) -> Row:
        raise NotImplementedError("an embroidery machine makes stitches, not moves")

    def leaves(self, made: Row) -> float:
        """mm of thread on the cloth."""
        return made[8] if made[7] > 0 else 0.0

    def mark(self, made: Row) -> Row:
        return made[1:8]

    def facts(self, rows: Sequence[Row], now: float) -> Json:  # noqa: ARG002
        kinds = [made[7] for made in rows]
        return {
            "thread": round(sum(self.leaves(made) for made in rows), 2),
            "stitches": kinds.count(SEWN),
            "trims": kinds.count(CUT),
            "loose": round(sum(made[8] for made in rows if made[7] == LOOSE), 2),
        }

    def detail(self, rows: Sequence[Row], now: float) -> Json:
        laid = np.array([made for made in rows if made[7] > 0], dtype=np.float64).reshape(-1, 16)
        ended = laid[:, 0] + laid[:, 14]
        width = np.full(len(laid), self.width)
        return {
            **self.facts(rows, now),
            "paths": paths(Beads(laid[:, 1:4], laid[:, 4:7], laid[:, 8], laid[:, 0], ended, width)),
        }

    def portrait(self, rows: Sequence[Row], now: float, look: Look, region: Region, density: float) -> Image.Image:  # noqa: ARG002
        ground = bed(look, region, density)
        image = ground.resize((ground.width * FINE, ground.height * FINE), Image.Resampling.NEAREST)
        laid = np.array([made for made in rows if made[7] > 0], dtype=np.float64).reshape(-1, 16)
        if len(laid):
            scale = density * FINE
            at = np.array([region[0], region[3]])
            start, end = ((laid[:, cut] - at) * [scale, -scale] for cut in (slice(1, 3), slice(4, 6)))
            _thread(ImageDraw.Draw(image), start, end, self.width * scale, look)
        return image.resize(ground.size, Image.Resampling.BOX)


def _thread(paint: ImageDraw.ImageDraw, start: Array, end: Array, width: float, look: Look) -> None:
    """Each stitch a band, one over the other; light from the upper left shines on those across it."""
    way = end - start
    long = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
    way = way / long[:, None]
    side = np.stack([-way[:, 1], way[:, 0]], axis=1)
    colour = np.array(ImageColor.getrgb(look.bead)[:3], dtype=np.float64)
    shine = np.abs(way @ np.array([1.0, -1.0])) / np.sqrt(2.0)
    for share, dark, bright in ((1.0, 0.7, 0.1), (0.5, 0.9, 0.25)):
        if look.flat and share < 1:
            break
        half = width / 2 * share
        tip = np.minimum(half, long / 2)[:, None] * way
        corners = np.stack([start - tip + side * half * 0.6, start - tip - side * half * 0.6, start - side * half,
                            end - side * half, end + tip - side * half * 0.6, end + tip + side * half * 0.6,
                            end + side * half, start + side * half], axis=1)  # fmt: skip
        light = np.ones_like(shine) if look.flat else dark + bright * shine
        fills = np.clip(colour * light[:, None] + (0 if look.flat else 40 * bright) * shine[:, None], 0, 255)
        for polygon, fill in zip(corners.tolist(), fills.astype(int).tolist(), strict=True):
            paint.polygon([tuple(point) for point in polygon], fill=tuple(fill))
