"""Printed pieces of several orders side by side on one bed: a place for each, one program that says whose turn it is,
and each piece checked and drawn from the bytes as if it were alone.

A piece is rendered by itself first (:mod:`fulfillment.processes.fdm`): what comes here can be made.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fulfillment.catalog import Plate as Rules
from fulfillment.config import Machine, Material
from fulfillment.costs import used
from fulfillment.designs import body_of, bounds_of, material_of, passed, piece_of, problem
from fulfillment.machines import dialect_of, spoken
from fulfillment.printing.plates import plate_of, told
from fulfillment.printing.prints import VIEW, for_screens, proof
from fulfillment.processes import Made, Problems, Spec, fdm
from fulfillment.together import Files, stamp
from gcode.dialects import Dialect, Setup
from gcode.nesting.outline import Outline, OutlineError, rotated
from gcode.nesting.pack import Bed, BedError, Nest, Place, nest
from gcode.pictures import Tubes, print_view, tubes
from gcode.pictures.scene import from_above
from gcode.proof import Colour, png
from gcode.recipe import Place as At
from gcode.slicing.alone import alone
from gcode.slicing.check.verdict import Printed, printed
from gcode.slicing.check.wanted import Piece
from gcode.slicing.plate import Placed, Plate, program
from gcode.slicing.profile import Profile
from gcode.slicing.solid import Solid

AROUND: Final = 8.0
"""mm of bed around the pieces in a picture of them."""
MOST_PIXELS: Final = 1800
"""Of the longer side of such a picture."""
FINEST: Final = 7.0
"""Pixels a mm of it at most."""
NUMBER: Final = 2.8
"""mm: how high numbers and codes are written into it."""
EDGE: Final = 1.0
"""mm: what is so little higher than the lowest point still belongs to the lowest edge."""
SHADOW: Final = 5
"""Pixels below a piece that its shadow takes."""
INK: Final = "#4a4640"


@dataclass(frozen=True, eq=False)
class _Lying:
    """One piece in its place."""

    spec: Spec
    files: Files
    number: int
    """From 1; its object in the program is one less."""
    place: Place
    solid: Solid
    """Turned as it lies."""

    @property
    def wanted(self) -> Piece:
        return Piece(self.solid, self.place.x, self.place.y)

    def said(self) -> dict[str, Any]:
        """For the record."""
        place = self.place
        return {
            "pocket": self.number,
            "object": self.number - 1,
            "x": place.x,
            "y": place.y,
            "turn": place.turn,
            "box": [round(value, 2) for value in self.box],
        }

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 of the body on the bed."""
        (x0, y0, _), (x1, y1, _) = self.solid.low, self.solid.high
        return x0 + self.place.x, y0 + self.place.y, x1 + self.place.x, y1 + self.place.y

    @property
    def foot(self) -> tuple[float, float]:
        """The left end of its lowest edge: what is written below it lies on no other piece."""
        line = Outline.under(self.solid.manifold).line + np.array([self.place.x, self.place.y])
        low = float(line[:, 1].min())
        return float(line[line[:, 1] < low + EDGE, 0].min()), low


def together(specs: Sequence[Spec], files: Sequence[Files]) -> Made:
    """One program of as many of the pieces as find room, the first of them surely. Raises Problems.

    The manifest says under ``places`` where each lies, by the number that it came with; what is not named there found
    no room.
    """
    spec, material = specs[0], material_of(specs[0])
    machines, how = fdm.chosen(spec, material)
    profile = fdm.fitted(how.profile, machines)
    lying = _laid_out(specs, files, machines, profile)
    top = max(one.solid.high[2] for one in lying)
    looks = stamp([one.spec for one in lying], material, [one.files for one in lying])
    setup = replace(fdm.setup_of(how, profile, top, machines), stamp=looks)
    bare, parts, verdicts = _proved(lying, profile, setup, spoken(dialect_of(machines[0], fdm.PROCESS) or ""))
    laid, mark = tubes(bare, profile.filament_area), piece_of(spec, material, files[0]).mark
    data = for_screens(bare, laid, [mark], machines)
    report = passed(data, machines, fdm.PROCESS, how.windows)
    manifest = {
        "bounds": bounds_of(report),
        "seconds": round(report.time, 1),
        "lines": report.lines,
        "materials": {material.name: used(data, material, machines[0])},
        "profile": fdm.profile_said(spec, profile, how),
        "warnings": [finding.text for finding in report.findings if finding not in report.errors],
        **told(spec, profile, how),
        **_pieces(lying, verdicts),
    }
    extras = {VIEW: print_view(laid, [mark])}
    for part, one in zip(parts, lying, strict=True):
        extras[f"piece-{one.number}.png"] = _proof(part, one, material, profile)
    needs = fdm.needs_of(spec, report, machines, material, how)
    return Made(data, needs, manifest, _sheet(laid, lying, mark), extras)


def _laid_out(
    specs: Sequence[Spec], files: Sequence[Files], machines: Sequence[Machine], profile: Profile
) -> list[_Lying]:
    """Bodies, each in the place that was found for it. Raises Problems."""
    solids = _each(specs, files, profile)
    found = _nested(solids, specs, machines, profile)
    lying: list[_Lying] = []
    for spec, own, solid, place in zip(specs, files, solids, found.places, strict=True):
        if place is not None:
            turned = solid
            if place.turn:
                turned = Solid.from_manifold(solid.manifold.rotate((0.0, 0.0, place.turn)))
            lying.append(_Lying(spec, own, len(lying) + 1, place, turned))
    if not lying:
        raise problem("No piece fits the bed.", "Make margin or spacing of the product's jig smaller.")
    return lying


def _proved(
    lying: Sequence[_Lying], profile: Profile, setup: Setup, dialect: Dialect
) -> tuple[bytes, list[bytes], list[Printed]]:
    """The program, that of each piece alone, and what their beads are held against the bodies. As with one piece
    (``fdm.proved``), other lines are tried where those of the profile leave a place bare. Raises Problems."""

    def made(lines: Profile) -> tuple[tuple[bytes, list[bytes]], list[Printed]]:
        bodies = [Placed(fdm.layers(one.solid, lines), one.place.x, one.place.y, one.spec.label) for one in lying]
        bare = program(bodies, dialect, setup, Plate(labels=True), fdm.MEMORY)
        parts = [alone(bare, one.number - 1) for one in lying]
        whole = printed(bare, [one.wanted for one in lying], profile)
        found = [printed(part, [one.wanted], profile) for part, one in zip(parts, lying, strict=True)]
        return (bare, parts), [whole, *found]

    (bare, parts), (_, *found) = fdm.turned(profile, made)
    return bare, parts, found


def _each(specs: Sequence[Spec], files: Sequence[Files], profile: Profile) -> list[Solid]:
    """The body of each piece. Raises Problems of all of them; each says whose it is."""
    solids: list[Solid] = []
    problems: list[Mapping[str, str]] = []
    for spec, own in zip(specs, files, strict=True):
        try:
            if (material := material_of(spec)).name != material_of(specs[0]).name:
                raise problem(f"It is of {material.name}, unlike the first.", "Print it on another plate.")
            machines, how = fdm.chosen(spec, material)
            if fdm.fitted(how.profile, machines) != profile:
                raise problem("It is printed by another profile than the first.", "Print it on another plate.")
            solids.append(fdm.shape(spec, own, profile)[1])
        except Problems as refused:
            whose = f"Piece {spec.label or spec.pocket}: "
            problems += [{**one, "reason": whose + one["reason"]} for one in refused.problems]
    if problems:
        raise Problems(problems)
    return solids


def _nested(solids: Sequence[Solid], specs: Sequence[Spec], machines: Sequence[Machine], profile: Profile) -> Nest:
    rules = [plate_of(spec) or Rules() for spec in specs]
    boxes = [machine.envelope for machine in machines if machine.envelope]
    beside = profile.adhesion
    skirt = beside.skirt_distance + beside.skirt * profile.widths.first if beside.skirt else 0.0
    bed = Bed(
        0.0,
        0.0,
        min(box.x for box in boxes),
        min(box.y for box in boxes),
        spacing=max(one.spacing for one in rules) + 2 * beside.brim,
        margin=max(one.margin for one in rules) + beside.brim + skirt,
        turns=tuple(sorted(set.intersection(*(set(one.degrees) for one in rules)))),
    )
    try:
        return nest([Outline.under(solid.manifold) for solid in solids], bed)
    except (BedError, OutlineError) as error:
        raise problem(f"The pieces cannot lie side by side: {error}.", "Print them one by one.") from None


def _pieces(lying: Sequence[_Lying], verdicts: Sequence[Printed]) -> dict[str, Any]:
    """What is told of each piece, and of all of them what is worst."""
    each = [
        {"pocket": one.number, "label": one.spec.label, "fidelity": found.body()}
        for one, found in zip(lying, verdicts, strict=True)
    ]
    worst = min(verdicts, key=lambda found: (found.wall, found.skin))
    places = {str(one.spec.pocket): one.said() for one in lying}
    return {"places": places, "pieces": each, "fidelity": worst.body()}


def _proof(data: bytes, one: _Lying, material: Material, profile: Profile) -> bytes:
    """The piece as the plate's own bytes lay it, turned back to how it was approved."""
    laid = tubes(data, profile.filament_area)
    origin = np.array([one.place.x, one.place.y])
    back = {name: rotated(getattr(laid, name) - origin, -one.place.turn) for name in ("start", "end")}
    upright = Tubes(**{column.name: back.get(column.name, getattr(laid, column.name)) for column in fields(laid)})
    body, far = body_of(one.spec), upright.box()[1] if len(laid) else np.zeros(3)
    piece = piece_of(one.spec, material, one.files)
    # Its size may be a choice.
    piece = replace(piece, width=max(piece.width, float(far[0])), height=max(piece.height, float(far[1])))
    return proof(upright, piece, At(0.0, 0.0), body.lit if body else None)


def _sheet(laid: Tubes, lying: Sequence[_Lying], mark: Colour) -> bytes:
    """All pieces as they lie, under the lowest edge of each its number and its unit's code. PNG."""
    boxes = np.array([one.box for one in lying])
    x0, y0 = (boxes[:, :2].min(axis=0) - AROUND).tolist()
    x1, y1 = (boxes[:, 2:].max(axis=0) + AROUND).tolist()
    scale = min(FINEST, MOST_PIXELS / max(x1 - x0, y1 - y0))
    seen = Image.open(io.BytesIO(png(from_above(laid, (x0, y0, x1, y1), scale, [mark])))).convert("RGB")
    drawn, font = ImageDraw.Draw(seen), ImageFont.load_default(max(10.0, NUMBER * scale))
    for one in lying:
        left, low = one.foot
        said = f"{one.number}  {one.spec.label}".rstrip()
        drawn.text(((left - x0) * scale, (y1 - low) * scale + SHADOW), said, fill=INK, font=font, anchor="lt")
    out = io.BytesIO()
    seen.save(out, "PNG", optimize=True)
    return out.getvalue()
