"""Colours of a page: what a customer sees on a screen, as inks of a press. LittleCMS computes; nothing is guessed.

A profile in rgb keeps sRGB, and black lines are grey values, which printers make of black ink alone. A profile in cmyk
goes by the ICC file of its press.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageColor

from fulfillment.press.icc import HEADER, BadIcc, header
from fulfillment.press.profiles import PrintProfile

INTENTS: Final = {
    "perceptual": ImageCms.Intent.PERCEPTUAL,
    "relative": ImageCms.Intent.RELATIVE_COLORIMETRIC,
    "saturation": ImageCms.Intent.SATURATION,
    "absolute": ImageCms.Intent.ABSOLUTE_COLORIMETRIC,
}
BLACK_POINT: Final = ImageCms.Flags.BLACKPOINTCOMPENSATION
DATE: Final = slice(24, 36)
"""Of an ICC header: when it was made."""
BLOCK: Final = 4
"""Pixels of a side of the places whose ink is measured: single pixels are noise of the JPEG, and no ink lies in one."""

Space = Literal["gray", "rgb", "cmyk"]


@dataclass(frozen=True, slots=True)
class Ink:
    """A colour to paint with: each value 0 to 1, ink for cmyk, light for the others."""

    space: Space
    values: tuple[float, ...]
    over: bool = False
    """Whether what lies under it stays where it has none of an ink (overprint)."""


BLACK: Final = Ink("cmyk", (0.0, 0.0, 0.0, 1.0), over=True)
GREY_BLACK: Final = Ink("gray", (0.0,))


@cache
def srgb() -> bytes:
    """The file of sRGB, the same every day."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data[DATE] = bytes(12)
    return bytes(data)


def _transform(source: bytes, target: bytes, to: str, intent: str) -> Any:
    """Raises BadIcc where LittleCMS does not take one of the files."""
    try:
        opened = [ImageCms.getOpenProfile(io.BytesIO(data)) for data in (source, target)]
        return ImageCms.buildTransform(opened[0], opened[1], "RGB", to, INTENTS[intent], BLACK_POINT)
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise BadIcc(f"LittleCMS does not take it ({error}).") from None


_kept = cache(_transform)
"""Of sRGB to a press: made once in a worker."""


def is_srgb(icc: bytes) -> bool:
    """Whether a photo's own profile is sRGB by its name. Raises BadIcc for one that cannot be opened."""
    try:
        name = ImageCms.getProfileDescription(ImageCms.getOpenProfile(io.BytesIO(icc)))
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise BadIcc(f"LittleCMS does not take it ({error}).") from None
    return name.strip().lower().startswith(("srgb", "c2"))


@dataclass(frozen=True, slots=True)
class Colours:
    """A profile at work."""

    profile: PrintProfile
    icc: bytes | None
    """The file of the press; None for rgb."""

    @property
    def intent(self) -> bytes:
        """The file that the finished page carries."""
        return self.icc or srgb()

    @property
    def black(self) -> Ink:
        return BLACK if self.icc else GREY_BLACK

    def mixes_black(self, colour: str) -> bool:
        """Whether a colour is one that is mixed otherwise where it is large."""
        return self.icc is not None and ImageColor.getrgb(colour)[:3] == (0, 0, 0)

    def ink(self, colour: str, *, large: bool = False) -> Ink:
        """``colour``: as #rrggbb; ``large``: of areas, not of letters and lines."""
        red, green, blue = ImageColor.getrgb(colour)[:3]
        black = self.profile.black
        if (red, green, blue) == (0, 0, 0) and black.pure and not large:
            return self.black
        if self.icc is None:
            return GREY_BLACK if red == green == blue == 0 else Ink("rgb", (red / 255, green / 255, blue / 255))
        if (red, green, blue) == (0, 0, 0):
            return Ink("cmyk", tuple(value / 100 for value in black.rich))
        pixel = self._converted(Image.new("RGB", (1, 1), (red, green, blue)), None)
        return Ink("cmyk", tuple(round(float(value) / 255, 4) for value in _values(_within(pixel, self.limit))[0, 0]))

    def shown(self, spot: str) -> str:
        """A spot colour as readers without its plate show it, as #rrggbb."""
        *light, black = (1 - value / 100 for value in self.profile.spots[spot].cmyk)
        return "#" + "".join(f"{round(255 * value * black):02x}" for value in light)

    @property
    def limit(self) -> float:
        return self.profile.ink_limit

    def picture(self, image: Image.Image, icc: bytes | None) -> Image.Image:
        """A photo in the inks of the press, within its limit; for rgb in sRGB. ``icc``: the photo's own profile, which
        is not asked where it is damaged or for another kind of picture."""
        own = icc if icc is not None and _usable(icc) else None
        if self.icc is None:
            return image if own is None else _applied(image, _transform(own, srgb(), "RGB", self._intent))
        return _within(self._converted(image, own), self.limit)

    @property
    def _intent(self) -> str:
        return self.profile.colour.intent

    def _converted(self, image: Image.Image, own: bytes | None) -> Image.Image:
        assert self.icc is not None  # noqa: S101  (asked of a press alone)
        make = _kept if own is None else _transform
        return _applied(image, make(own or srgb(), self.icc, "CMYK", self._intent))


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # noqa: S101  (it is not done in place)
    return converted


def _usable(icc: bytes) -> bool:
    """Whether a photo's profile says something that sRGB does not."""
    try:
        return len(icc) > HEADER and header(icc).space == "rgb" and not is_srgb(icc)
    except BadIcc:
        return False


def _values(image: Image.Image) -> npt.NDArray[np.uint8]:
    values: npt.NDArray[np.uint8] = np.asarray(image)
    return values


def _total(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint16]:
    total: npt.NDArray[np.uint16] = values[..., 0].astype(np.uint16)
    for channel in range(1, 4):
        total += values[..., channel]
    return total


def _within(image: Image.Image, limit: float) -> Image.Image:
    """No pixel has more ink: cyan, magenta and yellow give way to black, which carries the drawing."""
    most = int(limit * 2.55)
    values = _values(image)
    total = _total(values)
    over = total > most
    if not over.any():
        return image
    mended = values.copy()
    heavy = values[over].astype(np.float32)
    black = heavy[:, 3]
    share = np.clip((most - black) / np.maximum(heavy[:, :3].sum(axis=1), 1), 0, 1)
    heavy[:, :3] = np.floor(heavy[:, :3] * share[:, None])
    mended[over] = heavy.astype(np.uint8)
    return Image.fromarray(mended, "CMYK")


def heaviest(image: Image.Image) -> float:
    """Percent of ink in the place of a photo that has the most, over BLOCK x BLOCK pixels."""
    small = image.reduce(BLOCK) if min(image.size) >= BLOCK else image
    return round(float(_total(_values(small)).max()) / 2.55, 1)
