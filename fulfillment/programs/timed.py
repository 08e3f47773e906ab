"""How long a program takes on a machine or a described printer, and on usual ones beside it, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from fulfillment.config import Material
from fulfillment.expected import taking
from fulfillment.programs.facts import Facts
from fulfillment.programs.standing import DEFAULTS, Standing
from gcode.estimate import Clock, Estimate, Firmware
from gcode.recipe import Motion
from gcode.stream import pieces
from jobs.pace import Pace

USUAL: Final = (Firmware.MARLIN, Firmware.KLIPPER, Firmware.REPRAP)


def lasting(seconds: float) -> str:
    """A length of time to the second: "2 h 05 min 10 s"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min {rest:02} s"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


_LIMIT: Final = re.compile(rb"^SET_VELOCITY_LIMIT\b[^\n]*?\bACCEL=(\d{1,6}(?:\.\d{1,8})?)[^\n]*", re.M)
"""Klipper's own word for an acceleration; the others of it are passed over."""


def _spoken(part: bytes) -> bytes:
    """The same lines, with Klipper's word for an acceleration as its M204."""
    return _LIMIT.sub(rb"M204 S\1", part) if b"SET_VELOCITY_LIMIT" in part else part


def estimates(
    parts: Iterable[bytes], standing: Standing, others: Iterable[Firmware]
) -> tuple[Estimate, dict[str, float]]:
    """What it takes on what it is held against, and the seconds on usual printers of other firmwares. One reading."""
    own = Clock(standing.limits.motion, standing.firmware)
    beside = {firmware: Clock(DEFAULTS[firmware], firmware) for firmware in others}
    for piece in pieces(map(_spoken, parts), standing.dialect.trace):
        for clock in (own, *beside.values()):
            clock.add(piece)
    return own.finish(), {str(firmware): clock.finish().seconds for firmware, clock in beside.items()}


def stuff(material: Material | None, density: float | None, price: float | None) -> Material | None:
    """The machine's material with what was said of it; None where nothing is known."""
    if density is None and price is None:
        return material
    base = material or Material(name="filament", kind="filament", colour="#808080")
    said = {"density": density, "price": price}
    return base.model_copy(update={key: value for key, value in said.items() if value is not None})


def told(
    found: Estimate, standing: Standing, learned: Pace, facts: Facts, beside: Mapping[str, float]
) -> Iterator[str]:
    """Sentences about the time."""
    yield f"{lasting(found.seconds)} on {standing.name}: {_motion(standing.limits.motion)}"
    if standing.strict:
        yield f"by its own runs: {taking(found.seconds, learned)}"
    if facts.seconds:
        yield f"its slicer says {lasting(facts.seconds)} ({found.seconds / facts.seconds:.2f} of that here)"
    for firmware, seconds in beside.items():
        yield f"on a usual {firmware} printer: about {lasting(seconds)} ({_motion(DEFAULTS[Firmware(firmware)])})"
    for what, count in found.not_counted.items():
        yield f"not counted: {what}{f', {count} times' if count > 1 else ''}"
    if found.layers:
        slowest = max(range(len(found.layers)), key=found.layers.__getitem__)
        yield f"{len(found.layers)} layers, the longest is layer {slowest} with {lasting(found.layers[slowest])}"


def _motion(motion: Motion) -> str:
    corner = f"jerk {(motion.jerks or (motion.jerk,))[0]:g} mm/s"
    if motion.square_corner is not None:
        corner = f"square corner {motion.square_corner:g} mm/s"
    elif motion.junction_deviation is not None:
        corner = f"junction deviation {motion.junction_deviation:g} mm"
    return f"{motion.acceleration:g} mm/s2, {corner}"


def amounts(used: Mapping[str, float]) -> str:
    """Such as "1187.0 mm of filament, 2855 mm3, 3.54 g, costs 0.09"."""
    parts = [f"{used['filament']:.1f} mm of filament"]
    parts += [f"{used['volume']:.0f} mm3"] if "volume" in used else []
    parts += [f"{used['mass']:.2f} g"] if "mass" in used else ["g and cost not known: say --density and --price"]
    parts += [f"costs {used['cost']:.2f}"] if "cost" in used else []
    return ", ".join(parts)
