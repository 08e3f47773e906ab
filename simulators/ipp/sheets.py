"""A page on its paper, and what was printed: sides of sheets, with their pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from simulators.ipp.media import BORDERLESS, MARGIN, Size

KEPT = 300
"""Pictures that are kept; the facts of all pages are."""
WHITE = (255, 255, 255)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page comes to lie on its sheet: pixels, and what it was scaled by."""

    size: tuple[int, int]
    at: tuple[int, int]
    scale: float
    turned: bool


def pixels(size: Size, dpi: int) -> tuple[int, int]:
    return round(size[0] * dpi / 2540), round(size[1] * dpi / 2540)


def placed(page: tuple[float, float], sheet: tuple[int, int], scaling: str, margin: int, orientation: int) -> Place:
    """``page`` and ``sheet`` in pixels; ``scaling`` as PWG 5100.13 has it, in the middle of the sheet."""
    width, height = page
    turned = orientation in (4, 5) if orientation else (width > height) != (sheet[0] > sheet[1]) and width != height
    if turned:
        width, height = height, width
    inner = sheet[0] - 2 * margin, sheet[1] - 2 * margin
    fit = min(inner[0] / width, inner[1] / height)
    fits = width <= sheet[0] + 1 and height <= sheet[1] + 1
    scale = {
        "none": 1.0,
        "fit": fit,
        "fill": max(sheet[0] / width, sheet[1] / height),
        "auto": 1.0 if fits else fit,
        "auto-fit": 1.0 if fits else fit,
    }[scaling]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    at = (sheet[0] - size[0]) // 2, (sheet[1] - size[1]) // 2
    return Place(size, at, scale, turned)


def imprint(
    page: Image.Image, media: str, size: Size, scaling: str, orientation: int, dpi: int
) -> tuple[Image.Image, Place]:
    """A page, drawn at ``dpi``, on a sheet of this paper."""
    sheet = pixels(size, dpi)
    margin = 0 if media in BORDERLESS else round(MARGIN * dpi / 2540)
    place = placed(page.size, sheet, scaling, margin, orientation)
    picture = Image.new("RGB", sheet, WHITE)
    drawn = page.convert("RGB")
    if place.turned:
        drawn = drawn.transpose(Image.Transpose.ROTATE_270 if orientation == 5 else Image.Transpose.ROTATE_90)
    if drawn.size != place.size:
        drawn = drawn.resize(place.size, Image.Resampling.LANCZOS)
    picture.paste(drawn, place.at)
    return picture, place


@dataclass(slots=True)
class Output:
    """Everything that was printed. ``folder``: where pictures are written, too."""

    folder: Path | None = None
    pages: list[Json] = field(default_factory=list)
    documents: dict[str, Json] = field(default_factory=dict)
    """By the job's uuid: what came for it, and what became of it."""
    tray: list[int] = field(default_factory=list)
    """Numbers of the pages that lie in the output."""
    pictures: dict[int, bytes] = field(default_factory=dict)

    def add(self, picture: Image.Image, facts: Json) -> int:
        """The number of the page, from 1."""
        number = len(self.pages) + 1
        data = io.BytesIO()
        picture.save(data, format="PNG")
        self.pages.append({"number": number, **facts})
        self.tray.append(number)
        self.pictures[number] = data.getvalue()
        self.pictures.pop(number - KEPT, None)
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = self.folder / f".page-{number:04d}.png"
            part.write_bytes(data.getvalue())
            part.rename(self.folder / f"page-{number:04d}.png")
        return number

    def clear(self) -> list[int]:
        """Somebody takes the paper away."""
        taken, self.tray = self.tray, []
        return taken


def blank() -> bytes:
    """The output, empty."""
    data = io.BytesIO()
    Image.new("RGB", (413, 583), (201, 205, 210)).save(data, format="PNG")
    return data.getvalue()


def foreign() -> bytes:
    """Somebody else's document: a JPEG."""
    page = Image.new("RGB", (620, 877), WHITE)
    ImageDraw.Draw(page).text((60, 60), "Quarterly figures\nnot of this shop", fill=(40, 40, 40), font_size=40)
    data = io.BytesIO()
    page.save(data, format="JPEG", dpi=(75, 75))
    return data.getvalue()
