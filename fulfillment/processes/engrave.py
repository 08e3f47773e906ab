"""Engraving: photos, fills and lines of an order burnt by a laser, as the recipe of their material says; then cuts.

The recipe is the laser's own preset for the kind of material, or the product's where the laser has none. The artifact
is made for all machines of one dialect, one kind of laser and one table of offsets.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fulfillment import carving
from fulfillment.catalog import LaserRecipe, MillRecipe
from fulfillment.catalog.laser import Cut, Fill, PhotoBurn
from fulfillment.config import Machine
from fulfillment.config.lasers import Laser
from fulfillment.designs import marks_light, material_of, piece_of, problem, recipe_of
from fulfillment.fidelity import DEFECT
from fulfillment.fields import Craft
from fulfillment.fields.craft import sentence
from fulfillment.line_work import Bench, bench, finished
from fulfillment.machines import dialect_of
from fulfillment.processes import Made, Spec
from fulfillment.together import designs, place_of, sheet, stamp, told
from gcode import raster
from gcode.burn_check import Burning, check_burn
from gcode.burns import Burns, burn_proof, burns
from gcode.design import Design, Drawing
from gcode.dialects import Setup
from gcode.geometry import Bounds, Line
from gcode.hatch import HatchError, cuts, grown, hatched, slender
from gcode.recipe import Burn, Place, RecipeError
from gcode.rotary import Roll, RotaryError, rolled, unrolled
from gcode.scan import Row, Scan, moves, reach, row_speed
from gcode.strokes import burnt, cut
from gcode.toolpath import Toolpath
from gcode.write import program

PROCESS: Final = "engrave"
CELL: Final = 4
"""Rows that a tone needs to be seen as one: dots are all or nothing. A photo is asked for that much detail, no more."""
UNKNOWN: Final = Laser(kind="laser")
"""A laser of which nothing is said."""


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The laser's or the spindle's program, its needs, manifest and proof. Raises Problems."""
    if isinstance(spec.product.recipes.get(material_of(spec).kind), MillRecipe):
        return carving.render(spec, files)
    return together([spec], [files])


def together(specs: Sequence[Spec], files: Sequence[Mapping[str, bytes]]) -> Made:
    """The laser's program for like pieces, each in its pocket. Raises Problems."""
    at, roll = _laid(specs[0])
    recipe = _recipe(specs[0], at)
    row = recipe.photo.interval * CELL if recipe.photo else None
    craft = Craft(recipe.line_width, row, fills=recipe.fill is not None)
    contents = designs(specs, files, craft)
    works = [_Work(spec, at if roll else replace(at, place=place_of(spec)), recipe) for spec in specs]
    try:
        toolpath = Toolpath.join([work.toolpath(content) for work, content in zip(works, contents, strict=True)])
        toolpath = toolpath if roll is None else rolled(toolpath, roll)
    except (RecipeError, RotaryError, HatchError) as error:
        raise problem(sentence(str(error)), "Mend the recipe; the customer did nothing wrong.") from None
    air = recipe.air and all(machine.laser is not None and machine.laser.air for machine in at.machines)
    data = program(toolpath, at.dialect, Setup(air=air, stamp=stamp(specs, at.material, files)))
    if roll is not None:
        works[0].unroll(roll)
    burnt_in = burns(data, works[0].at.dialect)
    each, pictures = [], []
    for work, content, own in zip(works, contents, files, strict=True):
        found = burnt_in.on(work.at.place)
        each.append({"notes": content.notes, "fidelity": work.faithful(content, found), **work.told})
        pictures.append(burn_proof(found, piece_of(work.spec, at.material, own), recipe.line_width, recipe.dose))
    laser = at.machines[0].laser
    frame = reach(toolpath)
    box = [round(value, 3) for value in (frame.x0, frame.y0, frame.x1, frame.y1)] if frame else None
    traits = laser.traits if laser else {}
    return finished(at, data, sheet(specs, pictures), traits, frame=box, air=air, **told(specs, each))


def _laid(spec: Spec) -> tuple[Bench, Roll | None]:
    """Where the piece lies: on a bed, or in a rotary. What is planned is planned on its own surface."""
    diameter = spec.product.piece.diameter

    def kind(machine: Machine) -> Hashable | None:
        turns = machine.laser is not None and machine.laser.rotary is not None
        burns_here = dialect_of(machine, PROCESS) != carving.DIALECT
        return _kind(machine) if burns_here and turns == (diameter is not None) else None

    at = bench(spec, PROCESS, "engraves" if diameter is None else "has a rotary and engraves", kind)
    laser = at.machines[0].laser
    if diameter is None or laser is None or laser.rotary is None:
        return at, None
    roll = laser.rotary.roll(diameter, spec.product.piece.height, at.place.x, at.place.y)
    return replace(at, place=Place(), motion=roll.motion(at.motion)), roll


def _kind(machine: Machine) -> Hashable | None:
    """What machines must share to run one program."""
    dialect = dialect_of(machine, PROCESS)
    if dialect is None or machine.laser is None:
        return dialect
    presets = {kind: recipe.model_dump_json() for kind, recipe in machine.laser.presets.items()}
    return dialect, *machine.laser.traits.values(), *sorted(presets.items())


def _recipe(spec: Spec, at: Bench) -> LaserRecipe:
    laser = at.machines[0].laser or UNKNOWN
    return laser.presets.get(at.material.kind) or recipe_of(spec.product, at.material, LaserRecipe)


@dataclass
class _Work:
    """One piece on its way to moves, and what a person wants to know of it."""

    spec: Spec
    at: Bench
    recipe: LaserRecipe
    told: dict[str, Any] = field(default_factory=dict)
    cuts: tuple[Line, ...] = ()
    """Lines that take the piece out of its sheet, on the piece."""

    @property
    def _light(self) -> bool:
        return marks_light(self.spec, self.at.material)

    @property
    def full(self) -> float:
        return self.at.dialect.full or 1.0

    def unroll(self, roll: Roll) -> None:
        """From here on the bytes are looked at on the unrolled surface."""
        self.at = replace(self.at, dialect=unrolled(self.at.dialect, roll))
        turn, per_mm = round(roll.turn, 3), round(roll.per_mm, 6)
        self.told["rotary"] = {"diameter": roll.diameter, "turn": turn, "per_mm": per_mm}

    def toolpath(self, content: Design) -> Toolpath:
        """Photos first, then fills, then lines over them, and at the end what takes the piece out of its sheet."""
        recipe, parts = self.recipe, []
        if recipe.photo is not None and content.tones:
            parts.append(self._photos(content, recipe.photo))
        drawings = content.drawings
        if recipe.fill is not None and any(drawing.outlines for drawing in drawings):
            parts.append(self._fills(drawings, recipe.fill))
            drawings = tuple(self._around(one, recipe.fill) for one in drawings)
        if drawings:
            burn = recipe.burn()
            parts.append(burnt(drawings, burn, self.full, self.at.place, self.at.motion))
            self.told["line"] = {
                "width": burn.line_width,
                "power": burn.power,
                "speed": burn.speed,
                "passes": burn.passes,
            }
        if self.spec.product.route[self.spec.operation].cuts_out:
            parts.append(self._cut())
        return Toolpath.join(parts)

    def _photos(self, content: Design, photo: PhotoBurn) -> Toolpath:
        how = self.recipe.raster(photo, light=self._light)
        pictures = [raster.bitmap(tone, how) for tone in content.tones]
        rows = [row for picture in pictures for row in raster.rows(picture)]
        scan = self._scan(photo.speed, bidirectional=photo.bidirectional)
        self.told["photo"] = {
            "interval": photo.interval,
            "dither": photo.dither,
            "power": how.power,
            "rows": len(rows),
            "pixels": sum(picture.power.size for picture in pictures),
            **_speeds(rows, scan),
        }
        return moves(rows, scan, self.at.place)

    def _fills(self, drawings: Sequence[Drawing], fill: Fill) -> Toolpath:
        inset = self._inset(fill)
        angles = (fill.angle, fill.angle + 90) if fill.cross else (fill.angle,)
        power = fill.power or self.recipe.power
        rows = [
            replace(row, power=row.power * power)
            for angle in angles
            for drawing in drawings
            for row in hatched(drawing.outlines, fill.interval, angle=angle, inset=inset)
        ]
        scan = self._scan(fill.speed)
        told = {"interval": fill.interval, "angle": fill.angle, "cross": fill.cross, "power": power, "rows": len(rows)}
        self.told["fill"] = told | _speeds(rows, scan)
        return moves(rows, scan, self.at.place)

    def _inset(self, fill: Fill) -> float:
        return self.recipe.line_width / 2 if fill.inset is None else fill.inset

    def _around(self, drawing: Drawing, fill: Fill) -> Drawing:
        """What is burnt as lines where outlines are filled: their edge from within, and what is too slender to fill."""
        edge = grown(drawing.outlines, -self._inset(fill)) if fill.outline else ()
        return Drawing(drawing.strokes, (*edge, *slender(drawing.outlines, 2 * self._inset(fill))))

    def _cut(self) -> Toolpath:
        how = self.recipe.cut
        if how is None:
            reason = f"{self.spec.product.title} is to be cut out of {self.at.material.name}, and no recipe says how."
            raise problem(reason, "Add `cut` to the recipe, or take `cuts_out` from the operation.")
        contours = cuts(piece_of(self.spec, self.at.material).edges, how.kerf, tabs=how.tabs, tab=how.tab)
        self.cuts = tuple(line for lines in contours for line in lines)
        self.told["cut"] = self._told_cut(how, len(contours))
        burn = Burn(how.power, how.speed, max(how.kerf, self.recipe.line_width), how.passes)
        return cut(contours, burn, self.full, self.at.place, self.at.motion)

    def faithful(self, content: Design, found: Burns) -> dict[str, Any]:
        """What the bytes burn against the design, for the manifest. Raises Problems: a defect of ours."""
        recipe, piece = self.recipe, self.spec.product.piece
        doses = [recipe.passes * recipe.power / recipe.speed]
        if recipe.fill is not None:
            doses.append((recipe.fill.power or recipe.power) / (recipe.fill.speed or recipe.speed))
        how = Burning(
            line_width=recipe.line_width,
            line_dose=min(doses),
            fill=recipe.fill.interval if recipe.fill else None,
            raster=recipe.raster(recipe.photo, light=self._light) if recipe.photo else None,
            dot_dose=(recipe.photo.power or recipe.power) / (recipe.photo.speed or recipe.speed) if recipe.photo else 0,
        )
        box = Bounds(0.0, 0.0, piece.width, piece.height)
        checked = check_burn(content, found, how, box, self.cuts)
        if checked.wrong:
            raise problem(f"What would be burnt is not what was designed: {'; '.join(checked.wrong)}.", DEFECT)
        return checked.numbers

    def _told_cut(self, how: Cut, contours: int) -> dict[str, Any]:
        return {"contours": contours, **how.model_dump(include={"power", "speed", "passes", "kerf", "tabs"})}

    def _scan(self, speed: float | None, *, bidirectional: bool = True) -> Scan:
        lasers = [machine.laser or UNKNOWN for machine in self.at.machines]
        slowest = min((laser.controller() for laser in lasers), key=lambda controller: controller.rate)
        ahead = min(laser.blocks_ahead for laser in lasers)
        return Scan(
            speed=speed or self.recipe.speed,
            full=self.full,
            motion=self.at.motion,
            controller=replace(slowest, ahead=ahead),
            offsets=lasers[0].table(),
            bidirectional=bidirectional,
        )


def _speeds(rows: Sequence[Row], scan: Scan) -> dict[str, float]:
    """The recipe's speed, and that of the slowest row: less where the controller's pace asked for it."""
    return {"speed": scan.speed, "slowest": min((row_speed(row, scan) for row in rows), default=scan.speed)}
