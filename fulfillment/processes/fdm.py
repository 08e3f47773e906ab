"""Printing with filament: a design on its body, sliced, checked and proved from the bytes that the machine gets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any, Final, TypeVar

from fulfillment.cad import CadError, shaped
from fulfillment.cad.bodies import solid_of
from fulfillment.cad.body import Built, Part
from fulfillment.config import Machine, Material
from fulfillment.costs import used
from fulfillment.designs import (
    ChosenBody,
    body_of,
    bounds_of,
    design,
    largest_group,
    material_of,
    passed,
    piece_of,
    problem,
    reach_of,
    refused_body,
    stamp_of,
)
from fulfillment.fidelity import DEFECT
from fulfillment.fields import Craft, Refused
from fulfillment.fields.model import Model, model_of
from fulfillment.machines import GCODE, dialect_of, motion_of, spoken
from fulfillment.printing import plates, slicing
from fulfillment.printing.prints import besides, for_screens, proof
from fulfillment.printing.slicing import roomy
from fulfillment.processes import BODY, Made, Problems, Spec
from fulfillment.profiles import NoProfile, Resolved, resolved
from gcode.dialects import Setup
from gcode.pictures import tubes
from gcode.preflight import Report
from gcode.proof import Piece as Blank
from gcode.recipe import Place
from gcode.slicing.check.verdict import Printed, printed
from gcode.slicing.check.wanted import Piece
from gcode.slicing.plate import Placed, program
from gcode.slicing.profile import Profile
from gcode.slicing.slicer import Memory, Sliced, slice_solid
from gcode.slicing.solid import Solid, SolidError
from jobs.queue import Needs

R = TypeVar("R")

PROCESS: Final = "fdm"
LIFT: Final = 20.0
"""mm above the piece where the nozzle parks."""
WIDER: Final = 1.1
"""Times its own flow that a bead may take: it is widened to fill what it fills, and short ones are rounded."""
TOLD: Final = 3
"""Overhangs, or faults, that are told one by one."""

TURNS: Final = (0.0, 30.0, 60.0)
"""Degrees by which lines are turned where those of the profile leave a place bare."""
BARE: Final = frozenset({"gap", "skins"})
"""Faults that other lines may not have."""

MEMORY: Final = Memory()
"""Layers that this worker has computed: an order recomputes what its content touches."""


def render(spec: Spec, files: Mapping[str, bytes]) -> Made:
    """The program that prints the piece, its needs, manifest and proof. Raises Problems."""
    material = material_of(spec)
    machines, how = chosen(spec, material)
    profile = fitted(how.profile, machines)
    body, solid = shape(spec, files, profile)
    x, y = spec.product.jig.at(spec.pocket)
    machines = roomy(solid, x, y, machines)
    setup = replace(setup_of(how, profile, solid.high[2], machines), stamp=stamp_of(spec, material, files))
    bare, by, found = proved(spec, body, solid, profile, setup, machines)
    piece, place = shown(body, solid, piece_of(spec, material, files), x, y)
    laid = tubes(bare, profile.filament_area)
    data = for_screens(bare, laid, [piece.mark], machines)
    report = passed(data, machines, PROCESS, how.windows)
    manifest = {
        "bounds": bounds_of(report),
        "seconds": round(report.time, 1),
        "lines": report.lines,
        "materials": {material.name: used(data, material, machines[0])},
        "body": {**body.said, "volume": round(solid.volume, 1)},
        "slicer": dict(by),
        "notes": list(body.notes),
        "profile": profile_said(spec, profile, how),
        "fidelity": found.body(),
        "warnings": [finding.text for finding in report.findings if finding not in report.errors],
        **plates.told(spec, profile, how),
    }
    picture = proof(laid, piece, place, body.lit if isinstance(body, ChosenBody) else None)
    whole = Built(spec.product.name, (Part(body.name, solid, material.colour),))
    needs = needs_of(spec, report, machines, material, how)
    return Made(data, needs, manifest, picture, besides(laid, [piece.mark], whole))


def chosen(spec: Spec, material: Material) -> tuple[list[Machine], Resolved]:
    """The printers that one program serves, and how they print this material. Raises Problems."""
    body = spec.product.body
    if body is None:
        raise problem(f"{spec.product.title} says no body to be printed.", "Add body: to the product.")
    hows: dict[float, Resolved] = {}
    why = problem(f"No machine of this factory prints {material.name}.", "Add one to config.yaml that does fdm.")
    for nozzle in sorted({machine.nozzle for machine in spec.machines if machine.nozzle}):
        try:
            hows[nozzle] = resolved(spec.profiles, material.kind, body.profile, nozzle)
        except NoProfile as error:
            why = problem(error.reason, error.mend)

    def alike(machine: Machine) -> tuple[str, float, float | None] | None:
        dialect, how = dialect_of(machine, PROCESS), hows.get(machine.nozzle or 0.0)
        if dialect is None or how is None or not _hot(machine, how):
            return None
        return dialect, how.profile.nozzle, machine.e_area

    group = largest_group(spec.machines, material, alike)
    if not group and hows:
        hottest = max(how.temperature for how in hows.values())
        reason = f"No machine of this factory heats {material.name} to {hottest:g} degC as its profile asks."
        raise problem(reason, "See to limits in config.yaml, or to the material's profile.")
    if not group:
        raise why
    return group, heated(hows[group[0].nozzle or 0.0], group)


def _hot(machine: Machine, how: Resolved) -> bool:
    limits = machine.limits
    if limits is None or limits.nozzle_temperature < how.temperature:
        return False
    return limits.bed_temperature == 0 or limits.bed_temperature >= (how.bed_temperature or 0.0)


def heated(how: Resolved, machines: Sequence[Machine]) -> Resolved:
    """The same without the bed's heat where a machine has none."""
    if all(machine.limits and machine.limits.bed_temperature for machine in machines):
        return how
    windows = {heater: window for heater, window in how.windows.items() if heater != "bed"}
    return replace(how, bed_temperature=None, windows=windows)


def fitted(profile: Profile, machines: Sequence[Machine]) -> Profile:
    """The profile within the limits of these machines, for the filament that they take."""
    limits = [machine.limits for machine in machines if machine.limits]
    plane = min(min(one.speed.x, one.speed.y) for one in limits)
    feeder = min(one.speed.e or math.inf for one in limits)
    speeds = profile.speeds
    slow = {name: min(getattr(speeds, name), plane) for name in speeds.__slots__ if name != "z"}
    return replace(
        profile,
        filament=2 * math.sqrt((machines[0].e_area or profile.filament_area) / math.pi),
        max_flow=min(profile.max_flow, *((one.flow or math.inf) / WIDER for one in limits)),
        speeds=replace(speeds, **slow, z=min(speeds.z, *(one.speed.z for one in limits))),
        retraction=replace(profile.retraction, speed=min(profile.retraction.speed, feeder)),
    )


def shape(spec: Spec, files: Mapping[str, bytes], profile: Profile) -> tuple[ChosenBody | Model, Solid]:
    """The body with the order's content on it, or grown out of it, or the customer's own. Raises Problems."""
    if spec.product.body is not None and (name := spec.product.body.model) is not None:
        model = own(spec, name, files)
        return model, model.solid
    body = body_of(spec)
    if body is None or spec.product.body is None:
        raise problem(f"{spec.product.title} says no body to be printed.", "Add body: to the product.")
    width = profile.widths.outer
    sent = {name: data for name, data in files.items() if name != BODY}
    content = design(spec, sent, Craft(line_width=width, row=width, fills=True))
    try:
        bare = solid_of(files[BODY]) if BODY in files else None
        parts = shaped(body.template, body.values, bare, content, spec.product.body.style or "", width)
        # One filament: parts that have colours of their own elsewhere are one body here.
        whole = parts[0].solid
        if len(parts) > 1:
            whole = Solid.from_manifold(reduce(add, (part.solid.manifold for part in parts)))
    except CadError as error:
        raise refused_body(spec.product, error) from None
    except SolidError as error:
        raise problem(f"What was sent makes no body: {error}.", "Please send something simpler.") from None
    return body, whole


def own(spec: Spec, name: str, files: Mapping[str, bytes]) -> Model:
    """The customer's own solid. Raises Problems."""
    if name not in files:
        raise problem(f"Nothing was sent that could be made: {spec.product.fields[name].title}.", "Please send it.")
    try:
        return model_of(spec.product, spec.options, name, files[name])
    except Refused as refused:
        raise Problems([{"field": name, "reason": refused.reason, "mend": refused.mend}]) from None


def programmed(
    spec: Spec, body: ChosenBody | Model, solid: Solid, profile: Profile, setup: Setup, machines: Sequence[Machine]
) -> tuple[bytes, Mapping[str, Any]]:
    """The program in its pocket, and what sliced it. Raises Problems."""
    (x, y), dialect, said = spec.product.jig.at(spec.pocket), dialect_of(machines[0], PROCESS) or "", spec.product.body
    if isinstance(body, Model) and said is not None and said.model is not None:
        job = slicing.Job(said.model, body, profile, setup, dialect, x, y)
        return slicing.programmed(job, spoken(dialect), said.slicer, spec.slicers, machines)
    return program([Placed(layers(solid, profile), x, y)], spoken(dialect), setup, memory=MEMORY), slicing.OWN


def proved(
    spec: Spec, body: ChosenBody | Model, solid: Solid, profile: Profile, setup: Setup, machines: Sequence[Machine]
) -> tuple[bytes, Mapping[str, Any], Printed]:
    """The program, what sliced it, and its beads held against the body; what lines of one direction leave bare beside
    a wall that runs almost as they do is tried with others. Raises Problems. Pictures for screens are comments."""
    at = [Piece(solid, *spec.product.jig.at(spec.pocket))]

    def made(lines: Profile) -> tuple[tuple[bytes, Mapping[str, Any]], list[Printed]]:
        data, by = programmed(spec, body, solid, lines, setup, machines)
        found = printed(data, at, profile)
        if found.wrong and by is not slicing.OWN:
            raise strange(found)  # only our own lines are known to turn
        return (data, by), [found]

    (data, by), (found,) = turned(profile, made)
    return data, by, found


def turned(profile: Profile, made: Callable[[Profile], tuple[R, Sequence[Printed]]]) -> tuple[R, Sequence[Printed]]:
    """What is made with the profile's lines, or with others where those leave a place bare; ``made`` gives with it what
    its beads are against the bodies. Raises Problems."""
    for angle in TURNS:
        result, found = made(replace(profile, infill=replace(profile.infill, angle=profile.infill.angle + angle)))
        wrong = [one for one in found if one.wrong]
        if not wrong:
            return result, found
        if not all(one.faults.keys() <= BARE for one in wrong):
            break
    raise strange(wrong[0])


def shown(body: ChosenBody | Model, solid: Solid, piece: Blank, x: float, y: float) -> tuple[Blank, Place]:
    """What a proof shows, and where that lies on the bed: of a customer's model, and of what grew out of content,
    no more than the body."""
    if isinstance(body, ChosenBody) and (body.template.grow is None or body.lit):
        return around(solid, piece), Place(x, y)
    (left, front, _), far = solid.low, solid.high
    return replace(piece, width=far[0] - left, height=far[1] - front), Place(x + left, y + front)


def around(solid: Solid, piece: Blank) -> Blank:
    """The piece as large as its body, whose size may be a choice: for what is shown of it."""
    return replace(piece, width=max(piece.width, solid.high[0]), height=max(piece.height, solid.high[1]))


def layers(solid: Solid, profile: Profile) -> Sliced:
    """The layers of a body that needs no supports. Raises Problems."""
    try:
        sliced = slice_solid(solid, profile, MEMORY)
    except SolidError as error:
        raise problem(f"What was sent cannot be sliced: {error}.", "Please send something simpler.") from None
    if sliced.overhangs:
        worst = sorted(sliced.overhangs, key=lambda lean: -lean.place.area)[:TOLD]
        said = "; ".join(
            f"{lean.place.area:g} mm2 at {lean.place.x:.1f}, {lean.place.y:.1f} mm, {lean.z:.1f} mm up, stand out "
            f"{lean.place.reach:.1f} mm over nothing"
            for lean in worst
        )
        mend = "Please choose another content, style or size, or have it sliced with supports."
        raise problem(f"It cannot be printed without supports: {said}.", mend)
    return sliced


def strange(found: Printed) -> Problems:
    """A program whose beads are not the body: a defect of ours, with its numbers."""
    numbers = ", ".join(f"{name} {value}" for name, value in found.body().items())
    said = "; ".join(found.wrong[:TOLD])
    return problem(f"What would be printed is not what was designed: {said} ({numbers}).", DEFECT)


def setup_of(how: Resolved, profile: Profile, top: float, machines: Sequence[Machine]) -> Setup:
    box = min((machine.envelope for machine in machines if machine.envelope), key=lambda box: box.z)
    return Setup(
        tool_temperature=how.temperature,
        bed_temperature=how.bed_temperature,
        exact=True,
        acceleration=min(motion_of(machine).acceleration for machine in machines),
        lift=min(box.z, top + LIFT),
        park=(0.0, min(machine.envelope.y for machine in machines if machine.envelope)),
        travel=profile.speeds.z,
        relief=profile.retraction.length,
        relief_speed=profile.retraction.speed,
    )


def needs_of(spec: Spec, report: Report, machines: Sequence[Machine], material: Material, how: Resolved) -> Needs:
    machine = machines[0]
    return Needs(
        process=PROCESS,
        media_type=GCODE,
        dialect=dialect_of(machine, PROCESS),
        material=material.name,
        reach=plates.reach(machines) if plates.plate_of(spec) else reach_of(report, spec.product),
        traits={"nozzle": machine.nozzle or 0.0, "e_area": machine.e_area or 0.0},
        heat=how.windows,
    )


def profile_said(spec: Spec, profile: Profile, how: Resolved) -> dict[str, Any]:
    """For the manifest: what it was printed by."""
    return {
        "quality": spec.product.body.profile if spec.product.body else "",
        "nozzle": profile.nozzle,
        "height": profile.height,
        "line_width": profile.widths.outer,
        "temperature": how.temperature,
        "bed_temperature": how.bed_temperature,
    }
