"""The last look at an artifact's bytes before they may reach a machine: whatever made them, and whatever they are.

Nothing is trusted: the bytes are parsed anew, each command is held against the dialect's allow-list, and where the tool
goes is held against the machine's limits. :func:`check` never raises for what the bytes say; a report without errors is
the permission to run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from gcode import probe, probe_rules, rules
from gcode.dialects import Dialect
from gcode.estimate import duration
from gcode.findings import Finding, Severity
from gcode.limits import Limits
from gcode.parse import name_of, parse
from gcode.rules import View

__all__ = ["Box", "Finding", "Limits", "Report", "Severity", "check"]

RULES: Final[tuple[Callable[[View], Iterator[Finding]], ...]] = (
    rules.writing,
    rules.allowed,
    rules.modes,
    rules.envelope,
    rules.arcs,
    rules.keep_outs,
    rules.feeds,
    rules.pace,
    rules.extrusion,
    rules.tool,
    rules.plunges,
    rules.heat,
    rules.held,
    probe_rules.measured,
    rules.ending,
)


@dataclass(frozen=True, slots=True)
class Box:
    """A box in machine coordinates, mm."""

    x0: float
    y0: float
    z0: float
    x1: float
    y1: float
    z1: float


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and what the program does. mm, mm3, s, mm/s, degrees C."""

    findings: tuple[Finding, ...]
    lines: int = 0
    size: int = 0
    motion: Box | None = None
    """Of all moves; None where there are none."""
    marks: Box | None = None
    """Of the moves that lay material, burn or draw."""
    length: float = 0.0
    """mm of all that is laid, burnt or drawn, pass by pass."""
    commands: Mapping[str, int] = field(default_factory=dict)
    volume: float = 0.0
    """mm3 pressed out, less what was drawn back."""
    pressed: float = 0.0
    """mm3 that the feeder has pushed at most: what a cartridge must hold."""
    time: float = 0.0
    max_tool_temperature: float = 0.0
    max_bed_temperature: float = 0.0
    max_feed: Mapping[str, float] = field(default_factory=dict)
    """By axis, as commanded."""
    max_flow: float = 0.0

    @property
    def ok(self) -> bool:
        return not any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def check(data: bytes, dialect: Dialect, limits: Limits) -> Report:
    """All findings of a program, by line. Hostile bytes cost time and memory in proportion to ``limits.max_bytes``."""
    program = parse(data, max_bytes=limits.max_bytes, max_lines=limits.max_lines)
    moves = dialect.trace(program)
    view = View(data, program, moves, dialect, limits)
    findings = [finding for rule in RULES for finding in rule(view)]
    seconds = duration(moves, limits.motion, program) + _switching(view) + probe.seconds(program, limits.probe)
    if seconds > limits.max_time:
        findings.append(rules.too_long(seconds, limits.max_time))
    findings.sort(key=lambda finding: (finding.severity is not Severity.ERROR, finding.line, finding.code))
    codes, counts = np.unique(program.code[program.code > 0], return_counts=True)
    speeds, marks = view.axis_speeds, view.marks
    return Report(
        findings=tuple(findings),
        lines=program.lines,
        size=len(data),
        motion=_box(view.corners) if len(moves) else None,
        marks=_box(view.corners[:, marks]) if marks.any() else None,
        length=float(moves.distance[marks].sum()),
        commands={name_of(int(code)): int(count) for code, count in zip(codes, counts, strict=True)},
        volume=float(moves.e.sum()) * limits.e_area,
        pressed=float(np.cumsum(moves.e).max(initial=0.0)) * limits.e_area,
        time=seconds,
        max_tool_temperature=view.hottest(rules.TOOL_HEAT),
        max_bed_temperature=view.hottest(rules.BED_HEAT),
        max_feed={letter: float(speeds[:, axis].max(initial=0.0)) for axis, letter in enumerate("XYZE")},
        max_flow=float(view.flow.max(initial=0.0)),
    )


def _switching(view: View) -> float:
    """Seconds that the machine waits by itself while its tool is put down and taken up."""
    if view.works is None or view.dialect.switch == 0.0:
        return 0.0
    return float(np.count_nonzero(np.diff(view.works))) * view.dialect.switch


def _box(corners: rules.Corners) -> Box:
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    return Box(*(float(value) for value in (*low, *high)))
