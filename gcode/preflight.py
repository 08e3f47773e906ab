"""The last look at an artifact's bytes before they may reach a machine: whatever made them, and whatever they are.

Nothing is trusted: the bytes are parsed anew, each command is held against the dialect's allow-list, and where the tool
goes is held against the machine's limits. :func:`check` never raises for what the bytes say; a report without errors is
the permission to run.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from gcode import material_rules, probe, probe_rules, rules
from gcode.dialects import Dialect
from gcode.estimate import duration
from gcode.findings import Finding, Severity
from gcode.limits import Limits
from gcode.parse import name_of
from gcode.views import LONG, Corners, TooLarge, View, views

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
    material_rules.window,
    rules.tool,
    rules.plunges,
    rules.heat,
    rules.held,
    probe_rules.measured,
    rules.ending,
)


_NUMBER: Final = re.compile(r"-?[\d.]+")
_Key = tuple[Severity, str, str]


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


def check(data: bytes | Iterable[bytes], dialect: Dialect, limits: Limits, *, long: int = LONG) -> Report:
    """All findings of a program, by line. ``data``: its bytes, or parts of whole lines (:func:`gcode.stream.cut`).

    What has more than ``long`` bytes is looked at in pieces. Hostile bytes cost time in proportion to
    ``limits.max_bytes``, and memory in proportion to ``long`` (to ``limits.max_bytes`` where the tool is switched).
    """
    tally = _Tally(dialect, limits)
    try:
        for view in views(data, dialect, limits, long):
            tally.add(view)
    except TooLarge as large:
        return Report((Finding(Severity.ERROR, large.fault.code, large.fault.line, large.fault.text),))
    return tally.report()


class _Tally:
    """What the views of a program have come to."""

    def __init__(self, dialect: Dialect, limits: Limits) -> None:
        self._dialect, self._limits = dialect, limits
        self._findings: list[Finding] = []
        self._known: dict[_Key, int] = {}
        self._commands: Counter[int] = Counter()
        self._lines = self._size = 0
        self._motion: list[Box] = []
        self._marks: list[Box] = []
        self._length = self._fed = self._pressed = self._seconds = self._flow = 0.0
        self._hottest = [0.0, 0.0]
        self._feeds = np.zeros(4)

    def add(self, view: View) -> None:
        self._tell([finding for rule in RULES for finding in rule(view)])
        program, moves, marks = view.program, view.moves, view.marks
        self._lines, self._size = program.lines, self._size + len(view.data)
        codes, counts = np.unique(program.code[(program.code > 0) & (program.line > 0)], return_counts=True)
        self._commands.update(dict(zip(codes.tolist(), counts.tolist(), strict=True)))
        for chosen, boxes in ((np.ones(len(moves), dtype=bool), self._motion), (marks, self._marks)):
            if chosen.any():
                boxes.append(_box(view.corners[:, chosen]))
        self._length += float(moves.distance[marks].sum())
        self._pressed = max(self._pressed, self._fed + float(np.cumsum(moves.e).max(initial=0.0)))
        self._fed += float(moves.e.sum())
        self._flow = max(self._flow, float(view.flow.max(initial=0.0)))
        self._feeds = np.maximum(self._feeds, view.axis_speeds.max(axis=0, initial=0.0))
        heats = (rules.TOOL_HEAT, rules.BED_HEAT)
        self._hottest = [max(most, view.hottest(which)) for most, which in zip(self._hottest, heats, strict=True)]
        self._seconds += duration(moves, self._limits.motion, program) + _switching(view)
        if view.whole:
            self._seconds += probe.seconds(program, self._limits.probe)

    def _tell(self, found: Sequence[Finding]) -> None:
        """The same of a later piece counts with the first, whatever the worst number in each is."""
        known, told = dict(self._known), set[_Key]()
        for finding in found:
            key = (finding.severity, finding.code, _NUMBER.sub("", finding.text))
            at = known.get(key)
            if at is None:
                self._known.setdefault(key, len(self._findings))
                self._findings.append(finding)
            elif key not in told:
                told.add(key)
                self._findings[at] = replace(self._findings[at], count=self._findings[at].count + finding.count)

    def report(self) -> Report:
        limits, findings = self._limits, list(self._findings)
        findings += material_rules.enough(self._pressed * limits.e_area, limits)
        if self._seconds > limits.max_time:
            findings.append(rules.too_long(self._seconds, limits.max_time))
        findings.sort(key=lambda finding: (finding.severity is not Severity.ERROR, finding.line, finding.code))
        return Report(
            findings=tuple(findings),
            lines=self._lines,
            size=self._size,
            motion=_around(self._motion),
            marks=_around(self._marks),
            length=self._length,
            commands={name_of(code): count for code, count in sorted(self._commands.items())},
            volume=self._fed * limits.e_area,
            pressed=self._pressed * limits.e_area,
            time=self._seconds,
            max_tool_temperature=self._hottest[0],
            max_bed_temperature=self._hottest[1],
            max_feed=dict(zip("XYZE", self._feeds.tolist(), strict=True)),
            max_flow=self._flow,
        )


def _switching(view: View) -> float:
    """Seconds that the machine waits by itself while its tool is put down and taken up."""
    if view.works is None or view.dialect.switch == 0.0:
        return 0.0
    return float(np.count_nonzero(np.diff(view.works))) * view.dialect.switch


def _box(corners: Corners) -> Box:
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    return Box(*(float(value) for value in (*low, *high)))


def _around(boxes: Sequence[Box]) -> Box | None:
    return _box(np.array([[(b.x0, b.y0, b.z0), (b.x1, b.y1, b.z1)] for b in boxes]).swapaxes(0, 1)) if boxes else None
