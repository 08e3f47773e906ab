"""A configured machine, as the queue and as preflight see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fulfillment.config import Machine, Material
from fulfillment.config.limits import AxisAccelerations
from fulfillment.embroidery import MEDIA_TYPES, format_of, unsafe
from gcode.dialects import DIALECTS, Dialect
from gcode.limits import Limits
from gcode.preflight import check
from gcode.recipe import Motion
from gcode.toolpath import NAN
from jobs.fits import Cleaning, Load, Needs, Offer

GCODE = "text/x-gcode"
PDF = "application/pdf"
ZPL = "application/zpl"
LABEL_DPI = 203
"""Of a label printer that says nothing else."""

TAKES: Mapping[str, frozenset[str]] = {
    "marlin": frozenset({GCODE}),
    "grbl": frozenset({GCODE}),
    "ebb": frozenset({GCODE}),
    "octoprint": frozenset({GCODE}),
    "moonraker": frozenset({GCODE}),
    "prusalink": frozenset({GCODE}),
    "zpl": frozenset({ZPL}),
    "ipp": frozenset({PDF, "image/jpeg", "image/pwg-raster"}),
    "hot-folder": frozenset({PDF, ZPL, GCODE, "image/png", "image/jpeg"}),
}
"""What kinds of bytes each driver can hand to its machine."""

SPEAKS: Mapping[tuple[str, str], str] = {
    ("marlin", "extrude-food"): "marlin-food",
    ("marlin", "fdm"): "marlin-fdm",
    ("octoprint", "extrude-food"): "marlin-food",
    ("octoprint", "fdm"): "marlin-fdm",
    ("moonraker", "extrude-food"): "klipper-food",
    ("moonraker", "fdm"): "klipper-fdm",
    ("prusalink", "extrude-food"): "marlin-food",
    ("prusalink", "fdm"): "marlin-fdm",
    ("grbl", "engrave"): "grbl-laser",
    ("grbl", "plot"): "grbl-pen",
    ("ebb", "plot"): "ebb",
}
"""The dialect of a driver's machine for a process; a machine of documents speaks none."""


TURNING: Mapping[str, str] = {"grbl-laser": "grbl-rotary"}
"""The dialect of a machine whose Y turns a cylinder, by the one that it speaks over its flat bed."""


def dialect_of(machine: Machine, process: str) -> str | None:
    spoken_here = SPEAKS.get((machine.driver, process))
    if spoken_here == "grbl-laser" and machine.options.get("tool") == "spindle":
        return "grbl-mill"
    turns = machine.laser is not None and machine.laser.rotary is not None
    return TURNING.get(spoken_here or "") if turns else spoken_here


def takes(machine: Machine) -> frozenset[str]:
    """What kinds of bytes it can be handed. A folder of embroidery files takes those of its own format alone."""
    kind = format_of(machine.options) if "embroider" in machine.processes else None
    return TAKES[machine.driver] if kind is None else frozenset({kind.media_type})


def _hoop(machine: Machine) -> str | None:
    """Whose middle is the origin of embroidery files: they fit hoops of one size."""
    box = machine.envelope
    return f"{box.x:g}x{box.y:g}" if box is not None and "embroider" in machine.processes else None


def offer_of(machine: Machine, materials: Iterable[Material]) -> Offer:
    """What the machine offers to the queue. It has a bed where pieces lie in its envelope.

    ``materials``: those of the factory, of which one may be in it.
    """
    dialects = (dialect_of(machine, process) for process in machine.processes)
    limits = machine.limits
    heat = {"nozzle": limits.nozzle_temperature, "bed": limits.bed_temperature} if limits else {}
    traits: dict[str, float | str | None] = {
        "nozzle": machine.nozzle,
        "e_area": machine.e_area,
        "feeder": machine.feeder,
        "probe": machine.probe.trait if machine.probe else None,
        "dpi": head(machine),
        "hoop": _hoop(machine),
        "bit": machine.bit.trait if machine.bit else None,
        **(machine.laser.traits if machine.laser else {}),
    }
    return Offer(
        name=machine.name,
        processes=frozenset(machine.processes),
        media_types=takes(machine),
        dialects=frozenset(name for name in dialects if name),
        load=next((load_of(material) for material in materials if material.name == machine.material), None),
        envelope=(machine.envelope.x, machine.envelope.y, machine.envelope.z) if machine.envelope else None,
        traits={key: value for key, value in traits.items() if value is not None},
        heat={name: most for name, most in heat.items() if most > 0},
        bed=machine.envelope is not None,
        media=machine.media,
        tasks=tuple(task.task(machine.e_area) for task in machine.maintenance),
        cleaning=machine.cleaning.rule() if machine.cleaning else NO_CLEANING,
    )


def head(machine: Machine) -> int | None:
    """Dots for each inch of a label printer's head; None: what it prints is not made of its dots."""
    dpi = machine.options.get("dpi", LABEL_DPI) if machine.driver == "zpl" else None
    return dpi if isinstance(dpi, int) else None


NO_CLEANING = Cleaning()


def load_of(material: Material) -> Load:
    """The material as a person puts it into a machine."""
    return Load(material.name, material.kind, frozenset(str(allergen) for allergen in material.allergens))


def motion_of(machine: Machine) -> Motion:
    """How the machine accelerates. Only for machines that move."""
    assert machine.limits is not None  # noqa: S101  (the configuration requires limits of every machine that moves)
    limits = machine.limits
    jerks, most = limits.jerks, limits.accelerations or AxisAccelerations()
    return Motion(
        acceleration=limits.acceleration,
        jerk=limits.jerk,
        max_feed=_axes(limits.speed.x, limits.speed.y, limits.speed.z, limits.speed.e),
        jerks=(jerks.x, jerks.y, jerks.z, jerks.e) if jerks else None,
        junction_deviation=limits.junction_deviation,
        square_corner=limits.square_corner,
        cruise=limits.cruise,
        max_acceleration=_axes(most.x, most.y, most.z, most.e),
        travel_acceleration=limits.travel_acceleration,
        retract_acceleration=limits.retract_acceleration,
    )


def _axes(x: float | None, y: float | None, z: float | None, e: float | None) -> tuple[float, float, float, float]:
    return tuple(NAN if value is None else value for value in (x, y, z, e))  # type: ignore[return-value]


Heat = Mapping[str, tuple[float, float]]
"""Windows in degrees C by the heater's name, as needs say them."""
NO_HEAT: Heat = {}
HEATERS: Mapping[str, str] = {"nozzle": "tool", "bed": "bed"}
"""What preflight calls each heater."""


def limits_of(
    machine: Machine, heat: Heat = NO_HEAT, material: Material | None = None, left: float | None = None
) -> Limits:
    """What preflight holds bytes against: the machine's limits, and the windows to be held. Only where things move.

    ``material``: what is laid, where its own window counts. ``left``: mm3 of it in the machine, where that is counted.
    """
    window = material.nozzle_temperature if material else None
    assert machine.limits is not None and machine.envelope is not None  # noqa: S101  (see motion_of)
    limits, box = machine.limits, machine.envelope
    return Limits(
        envelope=(0.0, 0.0, 0.0, box.x, box.y, box.z),
        e_area=machine.e_area or 1.0,
        max_flow=limits.flow or float("inf"),
        motion=motion_of(machine),
        tool_temperature=(0.0, limits.nozzle_temperature) if limits.nozzle_temperature else None,
        bed_temperature=(0.0, limits.bed_temperature) if limits.bed_temperature else None,
        cold_extrusion=limits.cold_extrusion,
        probe=machine.probe.measures() if machine.probe else None,
        window=(window.low, window.high) if window else None,
        loaded=left,
        held={HEATERS[heater]: window for heater, window in heat.items()},
        pace=(machine.laser.lines_per_second, machine.laser.blocks_ahead) if machine.laser else None,
    )


def preflight(machine: Machine, data: bytes, needs: Needs, materials: Iterable[Material] = ()) -> list[str]:
    """What is wrong with these bytes for this machine. The last look before they may leave.

    ``materials``: those of the factory, of which they may need one.
    """
    if needs.media_type == PDF:
        return [] if data.startswith(b"%PDF-") else ["it is no PDF"]
    if needs.media_type in MEDIA_TYPES and machine.envelope is not None:
        return unsafe(data, needs.media_type, machine.envelope.x, machine.envelope.y)
    if needs.media_type != GCODE:
        return []
    dialect = dialect_of(machine, needs.process)
    if dialect is None:
        return [f"{machine.name} ({machine.driver}) speaks no dialect for {needs.process}"]
    material = next((material for material in materials if material.name == needs.material), None)
    report = check(data, spoken(dialect), limits_of(machine, needs.heat, material))
    return [f"line {finding.line}: {finding.text}" for finding in report.errors]


def spoken(name: str) -> Dialect:
    return DIALECTS[name]
