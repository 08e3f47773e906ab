"""Is what the bytes burn what was designed? The dose that falls on each place, held against the picture it should make.

Zone by zone: a picture of what the design asks for, and one of what the marks give, at the scale of a line or of a
photo's rows; their likeness, how much is burnt, and the place that is worst. What is burnt outside of all zones must be
a cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw

from gcode.blur import blurred
from gcode.burns import Burns
from gcode.design import Design, Drawing, Tone
from gcode.dither import DITHERS, GREYSCALE, Raster
from gcode.geometry import Bounds, Line
from gcode.hatch import grown
from gcode.proof import Marks
from gcode.units import FloatArray
from gcode.verify import lines_made
from gcode.verify_tone import Likeness, covered, similarity

FINE: Final = 4
"""Samples in a cell of what is asked for."""
AROUND: Final = 1.0
"""mm around a zone that are looked at with it."""
CELLS: Final = 4
"""Rows of dots in which a tone is seen."""
TONES, FIELD = 33, 48
"""Even tones that a dither is tried on, and places of a side of each."""
BLUR: Final = 1.25
"""Of lines, in cells, which are half a line wide: a gap of one cell is forgiven, a line that is missing is not."""
MAX_CELLS: Final = 4_000_000
"""Of a picture: larger zones are looked at less closely."""


@dataclass(frozen=True, slots=True)
class Burning:
    """How a design is burnt. mm, and doses in shares of full power by s/mm."""

    line_width: float
    line_dose: float
    """Of lines after all their passes, and of fills where that is less: more than it is no darker."""
    fill: float | None = None
    """Interval of the lines that fill outlines; None: outlines are followed."""
    raster: Raster | None = None
    dot_dose: float = 0.0
    """Of a dot, or of black in greyscale."""


@dataclass(frozen=True, slots=True)
class Limits:
    similarity: float
    amount: float
    """By which share of it more or less may be burnt."""
    local: float
    """Difference in darkness at one place."""


PHOTO: Final = Limits(similarity=0.93, amount=0.12, local=0.2)
"""Dots of a good program stay far within: 0.97 and more, 5 %, 0.1."""
LINES: Final = Limits(similarity=0.9, amount=0.25, local=0.5)
"""Edges of thin lines depend on the cells that they fall into."""


@dataclass(frozen=True, slots=True)
class Checked:
    wrong: tuple[str, ...]
    """What is not as designed, each a sentence with its number and its limit."""
    numbers: dict[str, Any]
    """By field, for the manifest."""


def check_burn(design: Design, burns: Burns, how: Burning, piece: Bounds, cuts: Sequence[Line] = ()) -> Checked:
    """``cuts``: lines that take the piece out of its sheet. ValueError for a photo where none are burnt."""
    wrong: list[str] = []
    numbers: dict[str, Any] = {}
    loose = np.ones(len(burns.start), dtype=bool)
    for layer in design.layers:
        box = _looked_at(layer.zone.bounds, layer.content)
        near = box.around((burns.start + burns.end) / 2)
        loose &= ~near
        like = _compared(design, burns.only(near), how, layer.content, box)
        numbers[layer.field] = like.body()
        wrong += [
            f"{layer.field}: {text}" for text in _wrong(like, PHOTO if isinstance(layer.content, Tone) else LINES)
        ]
    rest = Marks(burns.start[loose], burns.end[loose], np.full(int(loose.sum()), how.line_width))
    made = lines_made([Drawing(tuple(cuts))], rest, how.line_width, piece)
    # A piece that is no part of a sheet has no lines to be missed.
    wrong += made.wrong(how.line_width) if cuts else made.strange(how.line_width)
    return Checked(tuple(wrong), numbers)


def _wrong(like: Likeness, limits: Limits) -> list[str]:
    found = []
    if not like.similarity >= limits.similarity:
        found.append(f"it would be like its design by {like.similarity:.2f} (SSIM, limit {limits.similarity:.2f})")
    if not abs(like.amount - 1) <= limits.amount:
        found.append(f"{like.amount:.0%} of what it needs would be burnt (limit {limits.amount:.0%} off)")
    if not like.worst[0] <= limits.local:
        share, (x, y) = like.worst
        found.append(f"at x {x:.1f}, y {y:.1f} mm it would be off by {share:.0%} (limit {limits.local:.0%})")
    return found


def _looked_at(zone: Bounds, content: Tone | Drawing) -> Bounds:
    """A photo alone: its edge is where its dots begin. Lines with some room, where nothing should be."""
    if isinstance(content, Tone):
        return content.bounds
    own = content.bounds or zone
    return Bounds(
        min(zone.x0, own.x0) - AROUND,
        min(zone.y0, own.y0) - AROUND,
        max(zone.x1, own.x1) + AROUND,
        max(zone.y1, own.y1) + AROUND,
    )


def _compared(design: Design, burns: Burns, how: Burning, content: Tone | Drawing, box: Bounds) -> Likeness:
    """One zone: what all layers ask of it against what is burnt there."""
    photo = isinstance(content, Tone)
    if photo and how.raster is None:
        raise ValueError("a photo was laid out for a recipe that burns none")
    scale = how.raster.interval if photo and how.raster else how.line_width / 2
    cell = max(scale, float(np.sqrt(box.width * box.height / MAX_CELLS)))
    frame = Tone(np.ones((2, 2), dtype=np.float32), box.x0, box.y0, box.width, box.height)
    if photo and how.raster:
        width = how.raster.interval * burns.dose / how.dot_dose
    else:
        burns = burns.summed().longer(how.line_width / 2)
        width = how.line_width * np.minimum(burns.dose / how.line_dose, 1.0)
    made = np.minimum(covered(Marks(burns.start, burns.end, width), frame, cell), 1.0)
    shape = made.shape[0], made.shape[1]
    here = [one for one in _contents(design) if one is content or _reaches(one, box, how.line_width)]
    asked = np.max([_asked(one, frame, shape, how) for one in here], axis=0)
    sigma = CELLS if photo else BLUR
    seen = [blurred(picture, sigma, nothing_around=True) for picture in (made, asked)]
    step = CELLS if photo else 2
    like = similarity(seen[0][::step, ::step], seen[1][::step, ::step], 1.0)
    off = np.abs(seen[0] - seen[1])
    row, column = divmod(int(np.argmax(off)), off.shape[1])
    at = box.x0 + (column + 0.5) * box.width / off.shape[1], box.y1 - (row + 0.5) * box.height / off.shape[0]
    return Likeness(like, float(made.sum() / max(asked.sum(), 1e-9)), (float(off[row, column]), at))


def _contents(design: Design) -> list[Tone | Drawing]:
    return [layer.content for layer in design.layers]


def _reaches(content: Tone | Drawing, box: Bounds, line_width: float) -> bool:
    """Whether its lines may lie in the box."""
    own = content.bounds
    return own is not None and (
        own.x0 - line_width < box.x1
        and own.x1 + line_width > box.x0
        and own.y0 - line_width < box.y1
        and own.y1 + line_width > box.y0
    )


def _asked(content: Tone | Drawing, frame: Tone, shape: tuple[int, int], how: Burning) -> FloatArray:
    """How dark each cell of the frame should be by one layer, 0 to 1."""
    if isinstance(content, Tone):
        return _toned(content, frame, shape, how.raster)
    return _drawn(content, frame, shape, how)


def _toned(tone: Tone, frame: Tone, shape: tuple[int, int], raster: Raster | None) -> FloatArray:
    if raster is None:
        return np.zeros(shape)
    x, y = frame.cells(*shape)
    light = np.clip(tone.at(x, y), 0, 1)
    dark = np.asarray((light if raster.light else 1 - light) ** raster.gamma, dtype=np.float64)
    if raster.dither == GREYSCALE:
        least = raster.min_power / raster.power
        dark = np.where(dark > 0, least + (1 - least) * dark, 0.0)
    else:
        dark = np.interp(dark, *_shown(raster.dither))
    return np.where(tone.holds(x, y), dark, 0.0)


@cache
def _shown(dither: str) -> tuple[FloatArray, FloatArray]:
    """Even tones, and how dark they come out: some dithers drop the ends of the scale by design."""
    tones = np.linspace(0, 1, TONES)
    fields = (np.full((FIELD, FIELD), tone, dtype=np.float32) for tone in tones)
    return tones, np.array([DITHERS[dither](field).mean() for field in fields])


def _drawn(drawing: Drawing, frame: Tone, shape: tuple[int, int], how: Burning) -> FloatArray:
    """Strokes in the width of the line; outlines filled, or followed as strokes."""
    rows, columns = shape
    image = Image.new("L", (columns * FINE, rows * FINE), 0)
    draw = ImageDraw.Draw(image)
    scale = np.array([columns * FINE / frame.width, -rows * FINE / frame.height])

    def pixels(line: Line) -> list[tuple[float, float]]:
        return [tuple(point) for point in ((line - [frame.x, frame.y + frame.height]) * scale - 0.5).tolist()]

    if how.fill is not None:
        # Holes run the other way: what lies in them is drawn after them, as its area is less.
        tint = round(255 * min(1.0, how.line_width / how.fill))
        for contour in sorted(grown(drawing.outlines, 0.0), key=lambda one: -abs(_area(one))):
            draw.polygon(pixels(contour), fill=tint if _area(contour) > 0 else 0)
    followed = () if how.fill is not None else tuple(np.vstack([one, one[:1]]) for one in drawing.outlines)
    width = max(1, round(how.line_width * float(scale[0])))
    for stroke in (*drawing.strokes, *followed):
        draw.line(pixels(stroke), fill=255, width=width, joint="curve")
        for x, y in (pixels(stroke[:1])[0], pixels(stroke[-1:])[0]):
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.asarray(image.reduce(FINE), dtype=np.float64) / 255


def _area(contour: Line) -> float:
    x, y = contour.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
