"""Pieces onto pages: white, photos, letters, cuts, and what stands beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from fulfillment.catalog import PressRecipe
from fulfillment.press import marks, shapes
from fulfillment.press.canvas import Page
from fulfillment.press.colour import Colours, Ink
from fulfillment.press.finish import Boxes
from fulfillment.press.guests import Placed
from fulfillment.press.layout import Place, Sheet, around
from fulfillment.press.pictures import Picture
from fulfillment.press.piece import Painted, Part, Piece, Side
from gcode.geometry import Line, Transform, rectangle

PATCHES: Final[Mapping[str, tuple[Ink, ...]]] = {
    "cmyk": tuple(
        Ink("cmyk", tuple(share if channel == number else 0.0 for channel in range(4)))
        for share in (1.0, 0.5)
        for number in range(4)
    ),
    "rgb": (
        *(Ink("rgb", tuple(1.0 if channel == number else 0.0 for channel in range(3))) for number in range(3)),
        *(Ink("gray", (value,)) for value in (0.0, 0.25, 0.5, 0.75)),
    ),
}
"""Colour bars: each ink full and half; of light, its three colours and greys."""


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """What one run of the press prints: the sheet, where each piece lies on each of its sides, and how."""

    sheet: Sheet
    colours: Colours
    recipe: PressRecipe
    size: tuple[float, float]
    """Of a piece."""
    places: Mapping[Side, Sequence[Place]]
    """The places of the pieces, in their order."""
    all_places: Mapping[Side, Sequence[Place]]
    """The same of all pockets, those that stay empty too: the page's trim goes around them."""


def drawn(sides: Sides, pieces: Sequence[Piece]) -> tuple[bytes, list[Boxes]]:
    """The file as reportlab writes it, and the boxes of its pages."""
    page, boxes = Page(sides.sheet), []
    for side, places in sides.places.items():
        page.whole()
        for piece, place in zip(pieces, places, strict=True):
            _piece(page, sides, piece, place, side)
        _beside(page, sides, pieces, side)
        page.end()
        every = sides.all_places[side]
        boxes.append(Boxes(around([one.trim for one in every]), around([one.bleed for one in every])))
    return page.saved(), boxes


def _piece(page: Page, sides: Sides, piece: Piece, place: Place, side: Side) -> None:
    page.on(place.onto, place.bleed)
    if (ground := piece.grounds.get(side)) is not None:
        bleed = sides.colours.profile.bleed
        page.ink(ground)
        page.fill([rectangle(-bleed, -bleed, sides.size[0] + bleed, sides.size[1] + bleed)])
    for x, y in sides.recipe.repeat.steps:
        page.on_copy(Transform.move(x, y))
        _copy(page, sides, piece, side)
        page.off()
    page.off()


def _copy(page: Page, sides: Sides, piece: Piece, side: Side) -> None:
    """White first, and what is printed over it leaves its plate alone; the knife's line last."""
    recipe, spots = sides.recipe, sides.colours.profile.spots
    cut = piece.edge if side == "front" else None
    white = recipe.white if cut is not None else None
    if white is not None and cut is not None:
        page.spot(white, spots[white])
        page.fill(shapes.rings(cut.buffer(-recipe.choke)))
    for part in piece.on(side):
        _part(page, part, recipe, under=white is not None)
    if cut is None or recipe.cut is None:
        return
    if recipe.cut.spot is not None:
        page.spot(recipe.cut.spot, spots[recipe.cut.spot])
    else:
        page.ink(sides.colours.ink(recipe.cut.colour))
    page.stroke(shapes.rings(cut), recipe.cut.weight, closed=True)


def _part(page: Page, part: Part, recipe: PressRecipe, *, under: bool) -> None:
    content = part.content
    if isinstance(content, Placed):
        return  # it is laid under the finished page
    if isinstance(content, Picture):
        page.picture(content, under=under)
        return
    assert isinstance(content, Painted)  # noqa: S101  (there is no fourth kind)
    page.ink(content.ink, under=under)
    page.fill(content.drawing.outlines)
    page.stroke(content.drawing.strokes, recipe.line_width)


def _beside(page: Page, sides: Sides, pieces: Sequence[Piece], side: Side) -> None:
    """Everything outside of the pieces."""
    profile, places = sides.colours.profile, sides.all_places[side]
    trims, bleeds = [one.trim for one in places], [one.bleed for one in places]
    whole = around(bleeds)
    page.whole()
    if profile.marks.crop:
        _registered(page, sides)
        page.stroke(marks.crops(trims, bleeds, sides.sheet, profile.marks), profile.marks.weight, round_ends=False)
    if profile.marks.registration:
        _registered(page, sides)
        page.stroke(marks.targets(whole, sides.sheet), profile.marks.weight, round_ends=False)
    if profile.marks.bar:
        inks = PATCHES[profile.colour.space]
        for ink, patch in zip(inks, marks.patches(whole, sides.sheet, len(inks)), strict=False):
            page.ink(ink)
            page.fill([patch])
    if profile.marks.code:
        page.ink(replace(sides.colours.black, over=False))
        for piece, place in zip(pieces, sides.places[side], strict=True):
            others = [bleed for bleed in bleeds if bleed != place.bleed]
            page.fill(marks.slug(piece.code, place.bleed, others, sides.sheet))


def _registered(page: Page, sides: Sides) -> None:
    """On all plates, where there are any."""
    if sides.colours.icc is None:
        page.ink(sides.colours.black)
    else:
        page.everywhere()


def whites(sides: Sides, pieces: Sequence[Piece]) -> list[Line]:
    """Where white lies under pieces, on the front of their sheet."""
    if sides.recipe.white is None:
        return []
    return [
        place.onto(ring + np.array(step))
        for piece, place in zip(pieces, sides.places["front"], strict=True)
        if piece.edge is not None
        for step in sides.recipe.repeat.steps
        for ring in shapes.rings(piece.edge.buffer(-sides.recipe.choke))
    ]
