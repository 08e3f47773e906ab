"""The bed as a camera sees it from above.

Flat: bead, surface and background in their plain colours, antialiased: for measurements. Otherwise the same shapes
with light from the upper left, so that a bead looks like a bead. The picture's first row is the largest Y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFilter

from simulators.beads import Array, Beads

MASK_LIMIT = 60_000_000
"""Pixels of the finest mask; a larger region is drawn with fewer samples a pixel."""
PIXEL_LIMIT = 40_000_000
"""Pixels of a picture; more is refused."""
MARGIN = 1.5
"""mm around a bead that its shadow may reach."""
LAYERS = 8
"""Layers that are drawn one by one."""
BROWNS, BROWNEST = 6, 0.55
"""Shades of what lay on a hot bed, and how much darker the darkest is."""
LEVELS = 24
"""Steps of depth in a picture of grooves."""
ALIKE = 0.25
"""Samples of the mask by which the widths of one drawn piece may differ."""
ARC = 13
"""Corners of half a circle."""

Region = tuple[float, float, float, float]
"""x0, y0, x1, y1 in mm on the bed."""


@dataclass(frozen=True, slots=True)
class Plate:
    """The drawn surface of a piece: a rectangle with rounded corners, mm."""

    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies on the piece when it comes to this machine, as a camera saw it on the one before."""

    picture: Image.Image
    region: Region

    def seen(self, region: Region, density: float, size: tuple[int, int], around: str) -> Image.Image:
        """As this camera sees it: on the same place of its bed, as both machines have the same jig."""
        scale = self.picture.width / (self.region[2] - self.region[0])
        left, top = (region[0] - self.region[0]) * scale, (self.region[3] - region[3]) * scale
        step = scale / density
        corners = (step, 0.0, left, 0.0, step, top)
        affine, smooth = Image.Transform.AFFINE, Image.Resampling.BILINEAR
        return self.picture.transform(size, affine, corners, resample=smooth, fillcolor=around)


@dataclass(frozen=True, slots=True)
class Look:
    """Colours are names or #rrggbb, as Pillow knows them."""

    bead: str = "#3b2314"
    surface: str = "#d9a864"
    background: str = "#e8e6e1"
    plates: tuple[Plate, ...] = ()
    flat: bool = False
    under: bool = False
    """The side that lay on the bed, turned over left for right: what lay longest on a hot one is browned most."""
    lying: Lying | None = None


def bed(look: Look, region: Region, density: float) -> Image.Image:
    """A region of the bed, with the surface of the piece and nothing on it, at ``density`` pixels per mm. Raises
    ValueError where it has no or too many pixels."""
    x0, y0, x1, y1 = region
    if not all(map(math.isfinite, (*region, density))) or x1 <= x0 or y1 <= y0 or density <= 0:
        raise ValueError("a region is x0,y0,x1,y1 in mm with x0 < x1 and y0 < y1, and px-per-mm is above 0")
    width, height = round((x1 - x0) * density), round((y1 - y0) * density)
    if not 0 < width * height <= PIXEL_LIMIT:
        raise ValueError(f"a picture has 1 to {PIXEL_LIMIT} pixels, not {width} x {height}: choose a smaller px-per-mm")
    if look.lying is not None:
        return look.lying.seen(region, density, (width, height), look.background)
    image = Image.new("RGB", (width, height), look.background)
    for plate in look.plates:
        mask = _plate_mask(plate, region, density, image.size)
        image.paste(Image.new("RGB", image.size, look.surface), mask=mask)
    return image


def draw(
    beads: Beads, look: Look, region: Region, density: float, scars: tuple[Beads, str] | None = None
) -> Image.Image:
    """Beads on the bed, layer on layer. ``scars``: what was scraped out of them, and its colour. Raises ValueError as
    :func:`bed` does."""
    image = bed(look, region, density)
    if look.under:
        for part, colour in _browned(beads, look.bead):
            _lay(image, part, replace(look, bead=colour), region, density)
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    for part in [beads] if look.flat else _layers(beads):
        _lay(image, part, look, region, density)
    if scars is not None:
        _lay(image, scars[0], replace(look, bead=scars[1], flat=True), region, density)
    return image


def _lay(image: Image.Image, beads: Beads, look: Look, region: Region, density: float) -> None:
    """These beads over what is in the picture."""
    x0, _, _, y1 = region
    box = _touched(beads, region, density, image.size)
    if box is None:
        return
    mask = _bead_mask(
        beads, (x0 + box[0] / density, y1 - box[1] / density), density, (box[2] - box[0], box[3] - box[1])
    )
    if look.flat:
        image.paste(Image.new("RGB", mask.size, look.bead), box, mask)
    else:
        image.paste(_shaded(image.crop(box), mask, look.bead, density), box)


def _layers(beads: Beads) -> list[Beads]:
    """From the lowest to the highest; of many, the lower ones are drawn as one."""
    heights = np.round(beads.end[:, 2], 2)
    levels = np.unique(heights)[-LAYERS + 1 :]
    found = [_some(beads, heights < levels[0])] if len(levels) else []
    return [*found, *(_some(beads, heights == level) for level in levels)]


def _browned(beads: Beads, colour: str) -> list[tuple[Beads, str]]:
    """From what came last to what came first, which lies below it all and is darkest: it was heated longest."""
    if not len(beads):
        return []
    lain = beads.ended.max() - beads.begun
    share = np.floor(lain / max(float(lain.max()), 1e-9) * (BROWNS - 1)).astype(int)
    plain = np.array(ImageColor.getrgb(colour)[:3], dtype=np.float64)
    shades = plain * (1 - BROWNEST * (np.arange(BROWNS) / (BROWNS - 1))[:, None])
    named = ["#{:02x}{:02x}{:02x}".format(*np.rint(shade).astype(int).tolist()) for shade in shades]
    return [(_some(beads, share == step), named[step]) for step in range(BROWNS)]


def lines(beads: Beads, look: Look, region: Region, density: float) -> Image.Image:
    """Ink on paper: the same shapes without height. Raises ValueError as :func:`bed` does."""
    return draw(beads, replace(look, flat=True), region, density)


def burn(
    places: Array, energy: Array, spot: float, dose: float, look: Look, region: Region, density: float
) -> Image.Image:
    """Energy in J at places, over a spot of so many mm. Half as dark as can be at ``dose`` J/mm2. Raises ValueError as
    :func:`bed` does."""
    x0, _, _, y1 = region
    image = bed(look, region, density)
    dark = 1 - np.exp2(-_blurred(_heap(places, energy, (x0, y1), density, image.size), spot / 3 * density) / dose)
    ground = np.asarray(image, dtype=np.float32)
    char = np.array(ImageColor.getrgb(look.bead)[:3], dtype=np.float32)
    mixed = ground + dark[..., None].astype(np.float32) * (char - ground)
    return Image.fromarray(np.clip(np.rint(mixed), 0, 255).astype(np.uint8), "RGB")


def _heap(places: Array, energy: Array, corner: tuple[float, float], density: float, size: tuple[int, int]) -> Array:
    """What lies in each pixel, per mm2: each place shared out among the four pixels around it."""
    width, height = size
    heap = np.zeros((height + 1, width + 1))
    if len(energy):
        at = (places - corner) * [density, -density] - 0.5
        whole = np.floor(at).astype(np.int64)
        part = at - whole
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            x, y = whole[:, 0] + dx, whole[:, 1] + dy
            share = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            np.add.at(heap, (y[seen], x[seen]), (energy * share)[seen])
    piled: Array = heap[:height, :width] * density * density
    return piled


def _blurred(field: Array, sigma: float) -> Array:
    """A Gaussian in pixels, one direction after the other."""
    reach = math.ceil(3 * sigma)
    if reach < 1:
        return field
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        padding = [(reach, reach) if axis == index else (0, 0) for index in (0, 1)]
        wide = np.pad(field, padding)
        field = sum(
            (
                weight * np.take(wide, range(index, index + field.shape[axis]), axis)
                for index, weight in enumerate(weights)
            ),
            np.zeros_like(field),
        )
    return field


def groove(cuts: Beads, deepest: float, look: Look, region: Region, density: float) -> Image.Image:
    """Cuts whose ``volume`` is their depth: the deeper the darker. Raises ValueError as :func:`bed` does."""
    x0, _, _, y1 = region
    image = bed(look, region, density)
    box = _touched(cuts, region, density, image.size)
    if box is None:
        return image
    corner, size = (x0 + box[0] / density, y1 - box[1] / density), (box[2] - box[0], box[3] - box[1])
    depth: NDArray[np.float32] = np.zeros((size[1], size[0]), dtype=np.float32)
    level = np.minimum((cuts.volume / deepest * LEVELS).astype(np.int64), LEVELS - 1)
    for index in np.unique(level).tolist():
        chosen = level == index
        mask = np.asarray(_bead_mask(_some(cuts, chosen), corner, density, size), dtype=np.float32) / 255
        depth = np.maximum(depth, mask * float(cuts.volume[chosen].mean()))
    share = np.clip(depth / deepest, 0, 1)[..., None]
    ground = np.asarray(image.crop(box), dtype=np.float32)
    tint = np.array(ImageColor.getrgb(look.bead)[:3], dtype=np.float32)
    mixed = ground + np.where(share > 0, 0.3 + 0.7 * share, 0) * np.minimum(1, share * 20) * (tint - ground)
    if not look.flat:
        slope: NDArray[np.float32] = -np.add(*np.gradient(depth)) * density
        mixed *= (1 + 0.25 * np.clip(slope, -1, 1))[..., None]
    image.paste(Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8), "RGB"), box)
    return image


def _some(beads: Beads, chosen: NDArray[np.bool_]) -> Beads:
    return Beads(
        *(values[chosen] for values in (beads.start, beads.end, beads.volume, beads.begun, beads.ended, beads.width))
    )


def _fine(size: tuple[int, int]) -> int:
    """Samples a pixel, along each side."""
    return max(1, min(4, math.isqrt(MASK_LIMIT // (size[0] * size[1]))))


def _touched(beads: Beads, region: Region, density: float, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The pixels that beads and their shadows can reach: only these are drawn."""
    if not len(beads):
        return None
    reach = beads.width[:, None] / 2 + MARGIN
    low = np.minimum(beads.start, beads.end)[:, :2] - reach
    high = np.maximum(beads.start, beads.end)[:, :2] + reach
    left, bottom = ((low.min(axis=0) - region[:2]) * density).tolist()
    right, top = ((high.max(axis=0) - region[:2]) * density).tolist()
    box = (
        max(0, math.floor(left)),
        max(0, size[1] - math.ceil(top)),
        min(size[0], math.ceil(right)),
        min(size[1], size[1] - math.floor(bottom)),
    )
    return box if box[0] < box[2] and box[1] < box[3] else None


def _plate_mask(plate: Plate, region: Region, density: float, size: tuple[int, int]) -> Image.Image:
    fine = _fine(size)
    scale = density * fine
    mask = Image.new("L", (size[0] * fine, size[1] * fine), 0)
    left, top = (plate.x - region[0]) * scale, (region[3] - plate.y - plate.height) * scale
    box = (left, top, left + plate.width * scale - 1, top + plate.height * scale - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=plate.radius * scale, fill=255)
    return mask.resize(size, Image.Resampling.BOX)


def _bead_mask(beads: Beads, corner: tuple[float, float], density: float, size: tuple[int, int]) -> Image.Image:
    """Each bead as a capsule; where the nozzle rested, a disc. Pixel centres are at halves.

    ``corner``: the upper left one, mm.
    """
    fine = _fine(size)
    mask = Image.new("L", (size[0] * fine, size[1] * fine), 0)
    paint = ImageDraw.Draw(mask)
    scale = density * fine
    a = (beads.start[:, :2] - corner) * [scale, -scale] - 0.5
    b = (beads.end[:, :2] - corner) * [scale, -scale] - 0.5
    radius = np.maximum(beads.width / 2 * scale, 0.5)
    low, high = np.minimum(a, b) - radius[:, None], np.maximum(a, b) + radius[:, None]
    seen = np.all(high >= 0, axis=1) & np.all(low <= mask.size, axis=1)
    still = np.linalg.norm(b - a, axis=1) < 1e-6 * scale
    for polygon in _capsules(*_straight(a[seen & ~still], b[seen & ~still], radius[seen & ~still])).tolist():
        paint.polygon([tuple(point) for point in polygon], fill=255)
    for box in np.concatenate([low, high], axis=1)[seen & still].tolist():
        paint.ellipse(box, fill=255)
    return mask.resize(size, Image.Resampling.BOX)


def _straight(a: Array, b: Array, radius: Array) -> tuple[Array, Array, Array]:
    """Pieces that go on in one line with one width, as one piece: a long bead comes as hundreds of samples."""
    if len(a) < 2:
        return a, b, radius
    way = (b - a) / np.linalg.norm(b - a, axis=1)[:, None]
    on = np.abs(b[:-1] - a[1:]).max(axis=1) < 1e-2
    ahead = np.abs(way[:-1] - way[1:]).max(axis=1) < 1e-4
    alike = np.floor(radius[:-1] / ALIKE) == np.floor(radius[1:] / ALIKE)
    first = np.flatnonzero(np.concatenate([[True], ~(on & ahead & alike)]))
    last = np.append(first[1:], len(a)) - 1
    return a[first], b[last], np.maximum.reduceat(radius, first)


def _capsules(a: Array, b: Array, radius: Array) -> Array:
    """Outlines: half a circle around each end. Shape (beads, 2 * ARC, 2)."""
    heading = np.arctan2(b[:, 1] - a[:, 1], b[:, 0] - a[:, 0])
    angles = heading[:, None] + np.linspace(math.pi / 2, 3 * math.pi / 2, ARC)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=2) * radius[:, None, None]
    return np.concatenate([a[:, None, :] + circle, b[:, None, :] - circle], axis=1)


def _shaded(image: Image.Image, mask: Image.Image, bead: str, density: float) -> Image.Image:
    """Light from the upper left on a rounded bead, and a soft shadow below it."""
    soft = mask.filter(ImageFilter.GaussianBlur(max(0.6, 0.22 * density)))
    shape = np.asarray(soft, dtype=np.float32) / 255
    light: NDArray[np.float32] = np.add(*np.gradient(shape)) * 0.7 * density
    plain = np.array(ImageColor.getrgb(bead)[:3], dtype=np.float32)
    gleam = np.clip(light, 0, 1) ** 1.5
    shade = (1 + 0.5 * np.clip(light, -0.8, 0))[..., None]
    colour = plain * shade
    colour = colour + (255 - colour) * (0.6 * gleam)[..., None] + 10 * shape[..., None]
    offset = max(1, round(0.2 * density))
    shadow = np.roll(np.roll(shape, offset, axis=0), offset, axis=1)[..., None]
    ground = np.asarray(image, dtype=np.float32) * (1 - 0.35 * shadow)
    cover = (np.asarray(mask, dtype=np.float32) / 255)[..., None]
    mixed = ground * (1 - cover) + colour * cover
    return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8), "RGB")
