"""A configured machine, as the queue and as preflight see it."""

from __future__ import annotations

from collections.abc import Mapping

from fulfillment.config import Machine
from gcode.dialects import DIALECTS, Dialect
from gcode.limits import Limits
from gcode.preflight import check
from gcode.recipe import Motion
from jobs.queue import Needs, Offer

GCODE = "text/x-gcode"
PDF = "application/pdf"

TAKES: Mapping[str, frozenset[str]] = {
    "marlin": frozenset({GCODE}),
    "grbl": frozenset({GCODE}),
    "ebb": frozenset({GCODE}),
    "octoprint": frozenset({GCODE}),
    "moonraker": frozenset({GCODE}),
    "prusalink": frozenset({GCODE}),
    "hot-folder": frozenset({PDF, GCODE, "image/png", "image/jpeg"}),
}
"""What kinds of bytes each driver can hand to its machine."""

SPEAKS: Mapping[tuple[str, str], str] = {
    ("marlin", "extrude-food"): "marlin-food",
    ("marlin", "fdm"): "marlin-fdm",
}
"""The dialect of a driver's machine for a process; a machine of documents speaks none."""


def dialect_of(machine: Machine, process: str) -> str | None:
    return SPEAKS.get((machine.driver, process))


def offer_of(machine: Machine) -> Offer:
    """What the machine offers to the queue. It has a bed where pieces lie in its envelope."""
    names = [dialect_of(machine, process) for process in sorted(machine.processes)]
    traits = {"nozzle": machine.nozzle, "e_area": machine.e_area}
    return Offer(
        name=machine.name,
        processes=frozenset(machine.processes),
        media_types=TAKES[machine.driver],
        dialect=next((name for name in names if name), None),
        materials=frozenset({machine.material} if machine.material else ()),
        envelope=(machine.envelope.x, machine.envelope.y, machine.envelope.z) if machine.envelope else None,
        traits={key: value for key, value in traits.items() if value is not None},
        bed=machine.envelope is not None,
    )


def motion_of(machine: Machine) -> Motion:
    """How the machine accelerates. Only for machines that move."""
    assert machine.limits is not None  # noqa: S101  (the configuration requires limits of every machine that moves)
    speed = machine.limits.speed
    return Motion(machine.limits.acceleration, machine.limits.jerk, (speed.x, speed.y, speed.z, speed.e))


def limits_of(machine: Machine) -> Limits:
    """What preflight holds bytes against. Only for machines that move."""
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
    )


def preflight(machine: Machine, data: bytes, needs: Needs) -> list[str]:
    """What is wrong with these bytes for this machine. The last look before they may leave."""
    if needs.media_type == PDF:
        return [] if data.startswith(b"%PDF-") else ["it is no PDF"]
    if needs.media_type != GCODE:
        return []
    dialect = dialect_of(machine, needs.process)
    if dialect is None:
        return [f"{machine.name} ({machine.driver}) speaks no dialect for {needs.process}"]
    report = check(data, spoken(dialect), limits_of(machine))
    return [f"line {finding.line}: {finding.text}" for finding in report.errors]


def spoken(name: str) -> Dialect:
    return DIALECTS[name]
