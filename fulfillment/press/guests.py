"""A customer's own page in its zone: asked whether a press can print it as it is, and where it is cut."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import Any, Final

from PIL import Image

from fulfillment.catalog.models import Box
from fulfillment.fields import Refused
from fulfillment.fields.pdf import read
from fulfillment.pdfs import CUSTOMERS, Page, PdfRefused, Report, Rules
from fulfillment.pdfs import pictures as drawn
from fulfillment.pdfs.rules import CMYK, GRAY, RGB
from fulfillment.press.colour import Colours
from fulfillment.press.layout import Place
from fulfillment.press.placed import Guest, Lies, lying
from gcode.design import Zone
from gcode.geometry import Bounds, Line, Transform, rectangle

COMPARED: Final = 152.4
"""Dots an inch in which the page is kept for comparing: six a mm, as photos are."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A page of a customer's file over a rectangle of the piece, in mm."""

    data: bytes
    page: Page
    lies: Lies
    zone: Zone
    """As far as it may reach, with the bleed."""
    x: float
    y: float
    width: float
    height: float
    image: Image.Image
    """Its trim in greys as a reader draws the customer's file, for comparing."""

    @property
    def edge(self) -> Line:
        return rectangle(self.x, self.y, self.x + self.width, self.y + self.height)

    def told(self) -> dict[str, Any]:
        """For the manifest."""
        trim = self.lies.trim
        corners = [round(value, 3) for value in (trim.x0, trim.y0, trim.x1, trim.y1)]
        return {"page": self.page.number, "trim": corners, "bytes": len(self.data)}

    def guest(self, place: Place, step: tuple[float, float]) -> Guest:
        """Where it lies on a sheet."""
        onto = Transform.move(*step).then(place.onto)
        zone, most = self.zone, place.bleed
        trim = _bounds(onto(self.edge))
        room = _bounds(onto(rectangle(zone.x, zone.y, zone.x + zone.width, zone.y + zone.height)))
        clip = Bounds(max(room.x0, most.x0), max(room.y0, most.y0), min(room.x1, most.x1), min(room.y1, most.y1))
        return Guest(self.data, self.page, self.lies, trim, clip)


def _bounds(line: Line) -> Bounds:
    (left, low), (right, high) = line.min(axis=0).tolist(), line.max(axis=0).tolist()
    return Bounds(left, low, right, high)


def rules(colours: Colours) -> Rules:
    """What a press asks of a page that it prints as it is. Its inks are mixed by whoever made the page."""
    profile = colours.profile
    return replace(
        CUSTOMERS,
        spaces=GRAY | (CMYK if colours.icc else RGB),
        spots=frozenset(),
        total_ink=profile.ink_limit if colours.icc else None,
        ppi_good=profile.resolution.good,
        ppi_least=profile.resolution.least,
        transparency=profile.transparency,
    )


def laid(
    title: str, data: bytes, box: Box, zone: Zone, colours: Colours
) -> tuple[Placed | None, list[str], list[Refused]]:
    """The page in its zone, what its customer should know, and what of it is refused: then there is no page.

    ``box``: where it is cut; ``zone``: the same with its bleed.
    """
    report, wrong = read(data, title, rules(colours))
    if report is None or wrong:
        return None, [], wrong
    bleed = max(box.x - zone.x, box.y - zone.y, zone.x + zone.width - box.x - box.width, 0.0)
    page = report.facts.pages[0]
    try:
        lies = lying(page, (box.width, box.height), bleed)
        image = _seen(data, page, lies)
    except PdfRefused as refused:
        return None, [], [Refused(f"{title}: {refused.reason}", refused.mend)]
    notes = [*lies.notes, *_warnings(report)]
    return Placed(data, page, lies, zone, box.x, box.y, box.width, box.height, image), notes, []


def _warnings(report: Report) -> list[str]:
    return [f"{one.object}: {one.reason}" for one in report.warnings]


def _seen(data: bytes, page: Page, lies: Lies) -> Image.Image:
    """The page's trim as somebody sees it who looks at the turned page."""
    (png,) = drawn(data, COMPARED, (page.number,))
    picture = Image.open(io.BytesIO(png)).convert("L")
    shown, trim = page.shown, lies.trim
    # Shares of the page that are cut off: at its left, top, right and bottom.
    across, up = shown.width, shown.height
    cut = (
        (trim.x0 - shown.x0) / across,
        (shown.y1 - trim.y1) / up,
        (shown.x1 - trim.x1) / across,
        (trim.y0 - shown.y0) / up,
    )
    for _ in range(page.rotate // 90):
        cut = (cut[3], cut[0], cut[1], cut[2])
    wide, high = picture.size
    return picture.crop(
        (round(cut[0] * wide), round(cut[1] * high), round((1 - cut[2]) * wide), round((1 - cut[3]) * high))
    )
