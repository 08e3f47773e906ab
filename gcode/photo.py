"""A photo made ready for a zone: cropped to its shape, stretched, sharpened, and its quality told in sentences.

The grey array comes in as values 0 to 255 or 0 to 1 (decoded elsewhere: files and their dangers are not this module's).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from gcode.blur import blurred
from gcode.design import Tone, Zone

PER_BEAD: Final = 4
"""Values of a tone in one row distance."""

SEEN: Final = 1.3
"""Rows that an eye sees as one, as :mod:`gcode.verify_tone` has it: finer contrast is not told apart."""
LEAST_COARSE: Final = 0.3
"""Of a photo's contrast that must be coarser than that. What is left of one with less is a grey patch."""

Grey = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Quality:
    """What a person should know before this photo is made. ``code``: too-small, flat, too-dark, or fine."""

    code: str
    reason: str
    mend: str

    @property
    def text(self) -> str:
        return f"{self.reason}: {self.mend}"


@dataclass(frozen=True, slots=True)
class Look:
    """How a photo is brought to a material's few greys."""

    clip: float = 0.01
    """The share of the darkest and of the lightest pixels that may fall together."""
    local: float = 0.8
    """Strength of local contrast: how far a place is set apart from its surroundings of some ten beads."""
    sharpen: float = 1.2
    """Strength of the unsharp mask; its radius is one bead."""
    gamma: float = 0.85
    """Below 1 lightens the middle, above 1 darkens it."""


def grey_of(picture: npt.NDArray[np.generic]) -> Grey:
    """Lightness 0 to 1 of a grey, RGB or RGBA array (Rec. 601 weights, as JPEG's own)."""
    values = np.asarray(picture, dtype=np.float32)
    if values.ndim == 3 and values.shape[2] >= 3:
        values = values[:, :, :3] @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    if values.ndim != 2 or min(values.shape) < 2:
        raise ValueError(f"a photo of {values.shape} values has no picture in it: at least 2 x 2 pixels are needed")
    if not np.isfinite(values).all():
        raise ValueError("the photo has values that are no numbers: decode it again")
    return values / np.float32(255.0) if np.issubdtype(picture.dtype, np.integer) else np.clip(values, 0, 1)


def crop(grey: Grey, aspect: float, focus: tuple[float, float] = (0.5, 0.5)) -> Grey:
    """The largest part of this width/height around the focus (0..1 from the left and from the top)."""
    rows, columns = grey.shape
    width, height = min(columns, max(2, round(rows * aspect))), min(rows, max(2, round(columns / aspect)))
    left = round(min(max(focus[0] * columns - width / 2, 0), columns - width))
    top = round(min(max(focus[1] * rows - height / 2, 0), rows - height))
    return grey[top : top + height, left : left + width]


def quality(grey: Grey, zone: Zone, pitch: float) -> tuple[Quality, ...]:
    """What speaks against this (cropped) photo in this zone at this distance of rows."""
    findings = []
    columns, needed = grey.shape[1], round(zone.width / pitch * 2)
    if columns < needed:
        findings.append(
            Quality(
                "too-small", f"the photo is {columns} pixels wide where the zone shows {needed}", "ask for a larger one"
            )
        )
    low, middle, high = np.percentile(grey, [2, 50, 98])
    if high - low < 0.25:
        findings.append(
            Quality(
                "flat",
                f"the photo has {100 * (high - low):.0f} % contrast, 25 % are needed",
                "choose one with light and shade",
            )
        )
    if middle < 0.15:
        findings.append(
            Quality(
                "too-dark",
                f"half of the photo is darker than {100 * middle:.0f} %, 15 % are needed",
                "choose a brighter one",
            )
        )
    if (share := coarse(grey, zone, pitch)) < LEAST_COARSE:
        reason = f"{share:.0%} of the photo's contrast is coarse enough to be seen here, {LEAST_COARSE:.0%} are needed"
        findings.append(Quality("fine", reason, "choose a larger part of it, or another picture"))
    return tuple(findings)


def coarse(grey: Grey, zone: Zone, pitch: float) -> float:
    """The share of a (cropped) photo's contrast that is left when it is seen through rows of this pitch: 1 of a soft
    one, about 0.5 of a photo as nature has it (its contrast the same at every size), 0 of leaves, print or noise."""
    contrast = float(grey.std())
    columns, rows = (max(2, round(side / pitch * PER_BEAD)) for side in (zone.width, zone.height))
    small = np.asarray(Image.fromarray(grey).resize((columns, rows), Image.Resampling.LANCZOS), dtype=np.float64)
    return float(blurred(small, SEEN * PER_BEAD).std()) / contrast if contrast > 0 else 1.0


def tone(
    picture: npt.NDArray[np.generic],
    zone: Zone,
    pitch: float,
    look: Look | None = None,
    focus: tuple[float, float] = (0.5, 0.5),
) -> Tone:
    """The photo laid out in the zone, four values a row distance: finer cannot be laid."""
    look = look or Look()
    cut = crop(grey_of(picture), zone.width / zone.height, focus)
    columns, rows = (max(2, round(side / pitch * PER_BEAD)) for side in (zone.width, zone.height))
    small = np.asarray(Image.fromarray(cut).resize((columns, rows), Image.Resampling.LANCZOS), dtype=np.float32)
    small = small + look.local * (small - _surroundings(small))
    low, high = np.quantile(small, [look.clip, 1 - look.clip])
    stretched = np.clip((small - low) / max(float(high - low), 1e-3), 0, 1)
    soft = _gaussian(stretched, float(PER_BEAD))
    sharp = np.clip(stretched + look.sharpen * (stretched - soft), 0, 1) ** look.gamma
    return Tone(sharp.astype(np.float32), zone.x, zone.y, zone.width, zone.height)


def _surroundings(grey: Grey) -> Grey:
    """The mean lightness around each place, over some ten beads: blurred small, where it is cheap."""
    rows, columns = grey.shape
    coarse = 2 * PER_BEAD
    size = (max(2, columns // coarse), max(2, rows // coarse))
    small = _gaussian(np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX), dtype=np.float32), 3.5)
    return np.asarray(Image.fromarray(small).resize((columns, rows), Image.Resampling.BICUBIC), dtype=np.float32)


def _gaussian(grey: Grey, sigma: float) -> Grey:
    """A Gaussian blur, edges repeated."""
    reach = int(3 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padded = np.pad(grey, [(reach, reach) if axis == a else (0, 0) for a in (0, 1)], mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=axis)
        grey = (windows @ kernel).astype(np.float32)
    return grey
