"""A customer's model as a program: sliced by ours, or with supports by a slicer of others, as its product says.

The choice depends on the product, the configuration and the model alone, and is told in the manifest.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from fulfillment.config import Machine
from fulfillment.config.printing import ExternalSlicer
from fulfillment.designs import FACTORY
from fulfillment.fields.model import Model, dimensions
from fulfillment.processes import Problems
from fulfillment.slicers import Bounds, Printer, SlicerError, slicer
from fulfillment.slicers.plain import author, plain
from gcode.dialects import Dialect, Setup
from gcode.slicing.plate import Placed, program
from gcode.slicing.profile import Profile
from gcode.slicing.slicer import Lean, Sliced, slice_solid
from gcode.slicing.solid import Solid, SolidError
from gcode.write import command_line

WAYS: Final[Mapping[str, tuple[bool, str]]] = MappingProxyType(
    {"own": (True, ""), "prusaslicer": (False, "prusaslicer"), "own-then-prusaslicer": (True, "prusaslicer")}
)
"""For each word of a product: whether ours slices what it can, and the slicer of others for the rest."""
OWN: Final[Mapping[str, Any]] = MappingProxyType({"name": "own", "supports": False})
"""Ours, for a manifest."""
FLAVOURS: Final[Mapping[str, str]] = MappingProxyType(
    {"marlin-fdm": "marlin", "klipper-fdm": "marlin", "reprap-fdm": "reprapfirmware"}
)
"""Dialects as PrusaSlicer calls them; 2.5 does not know Klipper, which takes what Marlin takes of it."""
TOLD: Final = 3
"""Overhangs that are told one by one."""
SPARE: Final = 5.0
"""Seconds that are left to a worker when its slicer is ended: to tell it."""
MEGABYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What is to be printed how, and where. ``field`` is the model's, for what its customer is told."""

    field: str
    model: Model
    profile: Profile
    setup: Setup
    dialect: str
    x: float
    y: float
    """Where the origin of the piece lies on the bed."""

    def problem(self, reason: str, mend: str) -> Problems:
        return Problems([{"field": self.field, "reason": reason, "mend": mend}])


def programmed(
    job: Job, spoken: Dialect, way: str, slicers: Mapping[str, ExternalSlicer], machines: Sequence[Machine]
) -> tuple[bytes, Mapping[str, Any]]:
    """The program, and what sliced it. Raises Problems."""
    ours, other = WAYS[way]
    config = slicers.get(other)
    if ours:
        sliced = _sliced(job)
        if not sliced.overhangs:
            return program([Placed(sliced, job.x, job.y)], spoken, job.setup), OWN
        if config is None:
            raise _needs_supports(job, sliced.overhangs, other)
    if config is None:
        raise job.problem(f"This factory has no {other}.", f"Add it to slicers in config.yaml. {FACTORY}")
    return _with_supports(job, spoken, other, config, machines)


def _sliced(job: Job) -> Sliced:
    try:
        return slice_solid(job.model.solid, job.profile)
    except SolidError as error:
        mend = "Please mend it where it was drawn, and export it anew."
        raise job.problem(f"The model cannot be sliced: {error}.", mend) from None


def _needs_supports(job: Job, overhangs: Sequence[Lean], other: str) -> Problems:
    """Where it hangs over nothing, from the corner of the box around it: as its customer finds it in the drawing."""
    left, front = job.model.corner
    worst = sorted(overhangs, key=lambda lean: -lean.place.area)[:TOLD]
    said = "; ".join(
        f"{lean.z:.1f} mm up, at x {lean.place.x - left:.1f}, y {lean.place.y - front:.1f} mm, {lean.place.area:.1f} "
        f"mm2 stand out {lean.place.reach:.1f} mm over nothing"
        for lean in worst
    )
    more = f" ({len(overhangs) - TOLD} more layers do.)" if len(overhangs) > TOLD else ""
    lean = math.floor(job.profile.overhang)
    here = f" The factory makes it with supports where config.yaml names {other} among its slicers." if other else ""
    return job.problem(
        f"The model cannot be printed without supports: {said}.{more} Places are counted from its lowest corner.",
        f"Please turn it, cut it in two, or let it lean out by {lean} degrees at most.{here}",
    )


def _with_supports(
    job: Job, spoken: Dialect, name: str, config: ExternalSlicer, machines: Sequence[Machine]
) -> tuple[bytes, Mapping[str, Any]]:
    solid = job.model.solid
    room = min((machine.envelope for machine in machines if machine.envelope), key=lambda box: (box.x * box.y, box.z))
    middle = tuple((low + high) / 2 for low, high in zip(solid.low[:2], solid.high[:2], strict=True))
    printer = Printer(
        room.x,
        room.y,
        room.z,
        FLAVOURS[job.dialect],
        start=_lines(spoken.start(job.setup), spoken),
        end=_lines(spoken.end(job.setup), spoken),
        middle=(job.x + middle[0], job.y + middle[1]),
    )
    bounds = Bounds(config.program or "", min(config.timeout, _left()), config.memory * MEGABYTE)
    try:
        data = slicer(name, printer, {**_settings(job), **config.settings}, bounds).slice(solid, job.profile)
    except SlicerError as error:
        raise job.problem(f"With supports it could not be sliced: {error.reason}", f"{error.mend} {FACTORY}") from None
    called, version = author(data)
    stamp = f"; {job.setup.stamp}\n".encode("ascii") if job.setup.stamp else b""
    return stamp + plain(data), {"name": called or name, "version": version, "supports": True}


def _lines(commands: Sequence[Any], spoken: Dialect) -> str:
    return "\n".join(command_line(command, spoken).decode("ascii") for command in commands)


def _settings(job: Job) -> dict[str, str]:
    """Supports wherever our slicer would ask for them; heat as the program's beginning says it."""
    heat = {"temperature": job.setup.tool_temperature, "bed_temperature": job.setup.bed_temperature}
    said = {f"{first}{name}": f"{value or 0.0:.0f}" for name, value in heat.items() for first in ("", "first_layer_")}
    slope = max(1, round(90 - job.profile.overhang))
    return {**said, "support_material": "1", "support_material_threshold": str(slope)}


def _left() -> float:
    """Seconds that this worker has left: it is ended by an alarm, and says nothing then."""
    left = signal.getitimer(signal.ITIMER_REAL)[0]
    return max(1.0, float(math.floor(left - SPARE))) if left else math.inf


def roomy(solid: Solid, x: float, y: float, machines: Sequence[Machine]) -> list[Machine]:
    """The machines that have room for a body there. Raises Problems where it is too large for every bed."""
    far = (solid.high[0] + x, solid.high[1] + y, solid.high[2])
    boxes = {machine.name: machine.envelope for machine in machines if machine.envelope}
    found = [one for one in machines if (box := boxes.get(one.name)) and _holds((box.x, box.y, box.z), far)]
    if found:
        return found
    size = dimensions((solid.high[0] - solid.low[0], solid.high[1] - solid.low[1], solid.high[2] - solid.low[2]))
    beds = ", ".join(f"{name} {dimensions((box.x, box.y, box.z))}" for name, box in boxes.items())
    reason = f"It is {size} mm, and would end at {dimensions(far)} mm on its bed: too large for every bed ({beds})."
    raise Problems([{"field": "", "reason": reason, "mend": "Please make it smaller."}])


def _holds(room: tuple[float, float, float], far: tuple[float, float, float]) -> bool:
    return all(end <= most for end, most in zip(far, room, strict=True))
