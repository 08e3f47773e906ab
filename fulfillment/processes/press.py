"""Printing: pieces that are paper themselves, as files that a press takes. One piece on its sheet, or several of
several orders, each in its place. What a customer wrote comes to the page as outlines; no text is ever set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from fulfillment.catalog import PressRecipe
from fulfillment.designs import FACTORY, material_of, problem, recipe_of
from fulfillment.fidelity import DEFECT
from fulfillment.pdfs import PdfRefused, Rules, preflight
from fulfillment.pdfs.rules import CMYK, GRAY, RGB
from fulfillment.press import BadIcc, NoProfile, faithful, finish, look
from fulfillment.press.colour import Colours
from fulfillment.press.draw import Sides, drawn, whites
from fulfillment.press.guests import Placed
from fulfillment.press.layout import Place, Sheet, back, front
from fulfillment.press.piece import Piece, Side, laid_out, sides_of
from fulfillment.press.placed import placed
from fulfillment.processes import Made, Problems, Spec
from fulfillment.together import told
from gcode.geometry import Bounds, Transform
from jobs.queue import Needs

PROCESS: Final = "press"
MEDIA_TYPE: Final = "application/pdf"
SECONDS: Final = 12.0
"""That a page takes on its printer, until its own runs say better."""
PROOF: Final = 6.0
"""Pixels a mm of a proof, as far as it stays within what a screen shows."""
NEARLY: Final = 0.99
"""Of the least resolution, at which the finished file is refused: photos are cut and rounded after they are asked."""


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The file of one piece, its needs, manifest and proof. Raises Problems."""
    return together([spec], [files])


def together(specs: Sequence[Spec], files: Sequence[Mapping[str, bytes]]) -> Made:
    """The file of like pieces on one sheet, each in its pocket. Raises Problems."""
    made = page(specs, files)
    checked(made)
    spec = specs[0]
    proof, seen = _seen(made, spec.product.colour(spec.options))
    likes = _faithful(made, seen)
    return Made(made.data, _needs(spec, made), _manifest(specs, made, likes), proof)


@dataclass(frozen=True, slots=True, eq=False)
class Printed:
    """A finished file, and what is on it."""

    data: bytes
    sides: Sides
    pieces: Sequence[Piece]
    boxes: Sequence[finish.Boxes]


def page(specs: Sequence[Spec], files: Sequence[Mapping[str, bytes]]) -> Printed:
    """The finished file, not looked at yet. Raises Problems."""
    spec = specs[0]
    recipe = recipe_of(spec.product, material_of(spec), PressRecipe)
    colours = _colours(spec, recipe)
    pieces = _pieces(specs, files, recipe, colours)
    sides = _sides(specs, recipe, colours)
    data, boxes = drawn(sides, pieces)
    guests = [
        part.content.guest(place, step)
        for piece, place in zip(pieces, sides.places["front"], strict=True)
        for step in recipe.repeat.steps
        for part in piece.on("front")
        if isinstance(part.content, Placed)
    ]
    stamp = b"".join(hashlib.sha256(guest.data).digest() for guest in guests)
    identity = hashlib.sha256(data + stamp + colours.profile.model_dump_json().encode()).hexdigest()[:32]
    finished = finish.finished(data, boxes, colours, spec.product.title, identity)
    return Printed(placed(finished, guests) if guests else finished, sides, pieces, boxes)


def _needs(spec: Spec, made: Printed) -> Needs:
    sheet, count = made.sides.sheet, len(made.boxes)
    ticket: dict[str, float | str] = {
        "media": sheet.media,
        "width": sheet.width,
        "height": sheet.height,
        "pages": count,
        "sides": "two-sided-long-edge" if count > 1 else "one-sided",
        "colour": "color",
    }
    food = spec.product.food
    allergens = {name: frozenset(entry.allergens) for name, entry in spec.materials.items()}
    return Needs(
        process=PROCESS,
        media_type=MEDIA_TYPE,
        material=material_of(spec).name,
        contains=tuple(sorted(spec.product.contains(spec.options, allergens))) if food else None,
        leaves=tuple(sorted(spec.product.leaves(spec.options, allergens))) if food else (),
        ticket=ticket,
    )


def _colours(spec: Spec, recipe: PressRecipe) -> Colours:
    try:
        profile = spec.press[recipe.profile]
        return Colours(profile, spec.press.file(profile))
    except NoProfile as missing:
        raise problem(f"No print profile is called {recipe.profile!r}.", str(missing)) from None
    except BadIcc as bad:
        raise problem(f"The press of {recipe.profile!r} is not described: {bad}", FACTORY) from None


def _pieces(
    specs: Sequence[Spec], files: Sequence[Mapping[str, bytes]], recipe: PressRecipe, colours: Colours
) -> list[Piece]:
    """Raises Problems of all of them; of several, each says whose it is."""
    found: list[Piece] = []
    problems: list[Mapping[str, str]] = []
    for spec, own in zip(specs, files, strict=True):
        try:
            found.append(laid_out(spec, own, recipe, colours))
        except Problems as refused:
            whose = f"In pocket {spec.pocket}: " if len(specs) > 1 else ""
            problems += [{**one, "reason": whose + one["reason"]} for one in refused.problems]
    if problems:
        raise Problems(problems)
    return found


def _sides(specs: Sequence[Spec], recipe: PressRecipe, colours: Colours) -> Sides:
    """Where everything lies. Raises Problems where the sheet is too small."""
    product = specs[0].product
    sheet = Sheet(recipe.sheet.media, recipe.sheet.width, recipe.sheet.height)
    size, bleed, pockets = (product.piece.width, product.piece.height), colours.profile.bleed, product.jig.pockets
    # Between two places each may bleed as far as the middle.
    across = min(bleed, (pockets.x_step - size[0]) / 2) if pockets and pockets.columns > 1 else bleed
    up = min(bleed, (pockets.y_step - size[1]) / 2) if pockets and pockets.rows > 1 else bleed

    def at(number: int) -> Place:
        return front(*product.jig.at(number), size, (across, up))

    alone = len(specs) == 1
    every = [at(number) for number in range(1, pockets.count + 1)] if pockets and not alone else [at(specs[0].pocket)]
    own = [at(spec.pocket) for spec in specs]
    for place in every:
        if not sheet.bounds.holds(place.bleed):
            reason = (
                f"{product.title} with its bleed of {bleed:g} mm reaches beyond its sheet of {sheet.width:g} x"
                f" {sheet.height:g} mm ({sheet.media})."
            )
            raise problem(reason, "Move the jig, take a larger sheet, or less bleed; the customer did nothing wrong.")
    wanted = sides_of(product, specs[0].operation, recipe)

    def of(side: Side, places: Sequence[Place]) -> Sequence[Place]:
        return places if side == "front" else [back(place, sheet) for place in places]

    return Sides(
        sheet,
        colours,
        recipe,
        size,
        {side: of(side, own) for side in wanted},
        {side: of(side, every) for side in wanted},
    )


def checked(made: Printed) -> None:
    """The finished file against what its profile asks. Raises Problems: a defect of ours, or of the profile."""
    sides, boxes = made.sides, made.boxes
    profile, trim = sides.colours.profile, boxes[0].trim
    rules = Rules(
        trim=(trim.width, trim.height),
        # Between pieces it may be less; around all of them it is what the outermost have.
        bleed=min(trim.x0 - boxes[0].bleed.x0, trim.y0 - boxes[0].bleed.y0),
        spaces=GRAY | (CMYK if sides.colours.icc else RGB),
        spots=frozenset(_spots(sides)),
        total_ink=profile.ink_limit if sides.colours.icc else None,
        ppi_good=profile.resolution.least,
        ppi_least=profile.resolution.least * NEARLY,
        output_intent=profile.standard == "pdf-x-4",
        transparency=profile.transparency,
        pages=(len(boxes), len(boxes)),
    )
    try:
        wrong = [str(one) for one in preflight(made.data, rules).errors]
    except PdfRefused as refused:
        wrong = [str(refused.finding)]
    if wrong:
        raise problem(f"Preflight refused the finished file: {' '.join(wrong[:5])}", DEFECT)


def _seen(made: Printed, paper: str) -> tuple[bytes, dict[Side, list[Image.Image]]]:
    """The proof: each side of a piece once it is cut, of several pieces their sheets; and each piece's sides."""
    sides = made.sides
    each: dict[Side, list[Image.Image]] = {}
    sheets, scale = [], min(PROOF, look.MOST / max(sides.size))
    with look.opened(made.data) as document:
        for number, (side, places) in enumerate(sides.places.items()):
            pieces = look.boxes(document, number, [place.trim for place in places], scale)
            if side == "back" and not sides.sheet.portrait:
                pieces = [one.rotate(180) for one in pieces]
            each[side] = pieces
            shown, box, fine = pieces[0], places[0].trim, scale
            if len(places) > 1:
                box = sides.sheet.bounds
                fine = min(PROOF, look.MOST / max(box.width, box.height))
                (shown,) = look.boxes(document, number, [box], fine)
            # Over pixels that are counted from above.
            onto = Transform.move(-box.x0, -box.y1).then(Transform.scale(fine, -fine))
            white = whites(sides, made.pieces) if side == "front" else []
            sheets.append(look.on(paper, shown, [onto(edge) for edge in white]))
    return look.png(look.beside(sheets)), each


def _faithful(made: Printed, seen: Mapping[Side, Sequence[Image.Image]]) -> list[dict[str, Any]]:
    """What the bytes show against the design, piece by piece. Raises Problems: a defect of ours."""
    sides = made.sides
    found = []
    cut = sides.recipe.cut
    shown = None if cut is None else (sides.colours.shown(cut.spot) if cut.spot else cut.colour, cut.weight)
    how = faithful.Look(sides.size, sides.recipe.repeat.steps, sides.recipe.line_width, shown)
    for number, piece in enumerate(made.pieces):
        likes = [faithful.compare(piece, side, pictures[number], how) for side, pictures in seen.items()]
        if wrong := [one for like in likes for one in like.wrong()]:
            raise problem(f"What would be printed is not what was designed: {'; '.join(wrong)}.", DEFECT)
        worst = min(likes, key=lambda like: like.ssim)
        covered = [like.coverage for like in likes if like.coverage is not None]
        off = max(like.off for like in likes)
        found.append(faithful.Like(worst.ssim, off, min(covered, default=None)).body())
    return found


def _manifest(specs: Sequence[Spec], made: Printed, likes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sides, pieces, boxes = made.sides, made.pieces, made.boxes
    profile = sides.colours.profile
    inks = [picture.ink for piece in pieces for picture in piece.pictures if picture.ink is not None]
    manifest: dict[str, Any] = {
        "pages": len(boxes),
        "seconds": SECONDS * len(boxes),
        "sheet": {"media": sides.sheet.media, "size": [sides.sheet.width, sides.sheet.height]},
        "boxes": [{"trim": _listed(one.trim), "bleed": _listed(one.bleed)} for one in boxes],
        "profile": sides.recipe.profile,
        "standard": profile.standard,
        "colour": profile.colour.model_dump(),
        "spots": sorted(_spots(sides)),
        "ink": {"limit": profile.ink_limit, "most": max(inks)} if inks else {"limit": profile.ink_limit},
    }
    each = [
        {"notes": list(piece.notes), "fidelity": like, "unit": piece.code, **piece.told()}
        for piece, like in zip(pieces, likes, strict=True)
    ]
    return manifest | told(specs, each)


def _spots(sides: Sides) -> set[str]:
    recipe = sides.recipe
    cut = recipe.cut.spot if recipe.cut else None
    return {name for name in (cut, recipe.white) if name}


def _listed(box: Bounds) -> list[float]:
    return [round(value, 3) for value in (box.x0, box.y0, box.x1, box.y1)]
