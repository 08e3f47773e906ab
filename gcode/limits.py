"""What one machine can do and may be asked to: the values against which preflight holds an artifact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gcode.probe import Probe
from gcode.recipe import Motion


@dataclass(frozen=True, slots=True)
class KeepOut:
    """A rectangle where the tool must not be below ``z`` (a clip, a probe, another piece). mm."""

    x0: float
    y0: float
    x1: float
    y1: float
    z: float = float("inf")
    name: str = "keep-out"


@dataclass(frozen=True, slots=True)
class Limits:
    """One machine's limits. mm, mm/s, mm3/s, mm2, degrees C, s.

    The largest accepted artifact is ``max_bytes``. A check takes a second or two for 10 MB, and up to 25 times its size
    in memory; for programs that lay material some 200 MB at most, as long ones are looked at in pieces.
    """

    envelope: tuple[float, float, float, float, float, float]
    """x0, y0, z0, x1, y1, z1: where the tool may be."""
    e_area: float
    """Cross-section of filament or plunger: E times this is a volume."""
    max_flow: float
    motion: Motion = field(default_factory=Motion)
    """Acceleration, jerk and the largest feeds by axis."""
    tool_temperature: tuple[float, float] | None = None
    """The range of targets above 0; None: there is no heater, a target above 0 is an error."""
    bed_temperature: tuple[float, float] | None = None
    cold_extrusion: bool = False
    """The feeder may run without heat (a syringe)."""
    min_extrusion_temperature: float = 170.0
    """Where cold_extrusion is False: the target that must have been waited for before E moves."""
    held: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """The window that a heater ("tool", "bed") is held in while material is laid: waited for before it, kept in it."""
    window: tuple[float, float] | None = None
    """Between which the material may be laid; None: whatever the tool takes."""
    loaded: float | None = None
    """mm3 of material in the machine; None: it is not counted."""
    max_e_step: float = 50.0
    """mm of E in one move: more is taken for a mistake between absolute and relative extrusion."""
    keep_outs: tuple[KeepOut, ...] = ()
    probe: Probe | None = None
    """What measures the heights of a surface; None: it can measure none."""
    pace: tuple[float, int] | None = None
    """Lines a second that the controller takes, and moves that it plans ahead; None: it is fast enough for anything."""
    max_bytes: int = 64 * 1024 * 1024
    max_lines: int = 2_000_000
    max_time: float = 24 * 3600.0
