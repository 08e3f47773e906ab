"""The rule of preflight about surfaces that are measured: see ``gcode.probe`` for what the commands do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gcode.findings import Finding, Severity
from gcode.parse import code_of
from gcode.probe import LEAST, SAFE, Measuring, Probe, measuring
from gcode.rules import SLACK
from gcode.units import IntArray
from gcode.views import LONG, View

HOME = code_of("G28")


@dataclass(frozen=True, slots=True)
class _Area:
    """A rectangle in machine coordinates."""

    x0: float
    y0: float
    x1: float
    y1: float

    def moved(self, x: float, y: float) -> _Area:
        return _Area(self.x0 + x, self.y0 + y, self.x1 + x, self.y1 + y)

    def within(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        return self.x0 >= x0 - SLACK and self.y0 >= y0 - SLACK and self.x1 <= x1 + SLACK and self.y1 <= y1 + SLACK

    def meets(self, x0: float, y0: float, x1: float, y1: float) -> bool:
        return self.x0 < x1 and x0 < self.x1 and self.y0 < y1 and y0 < self.y1


def _error(code: str, line: int, text: str, count: int = 1) -> Finding:
    return Finding(Severity.ERROR, code, line, text, count)


def measured(view: View) -> Iterator[Finding]:
    """A surface is measured once, from a safe height, within the machine, before anything is laid; what is laid on it
    follows the map, what is laid beside it does not, and the map is thrown away at the end."""
    found = measuring(view.program)
    if not found.any:
        return
    lines = view.program.line
    if not view.whole:
        if view.ends:
            text = f"a program of more than {LONG} bytes measures a surface: make less of it, so that all is looked at"
            yield _error("long-and-measured", int(np.abs(lines[found.measures[:1]]).max(initial=0)), text)
        return
    if len(found.measures) != 1:
        said = (
            f"the surface is measured {len(found.measures)} times and a map is followed or forgotten: measure it once"
        )
        yield _error("not-measured-once", int(lines[found.measures[1]]) if len(found.measures) else 0, said)
        return
    at = int(found.measures[0])
    probe = view.limits.probe
    if probe is None:
        yield _error(
            "no-probe", int(lines[at]), "this machine has no probe: make it on one that has, or say so in probe:"
        )
        return
    words = {letter: float(view.program.word(letter)[at]) for letter in "LRFBZ"}
    missing = [letter for letter, value in words.items() if np.isnan(value)]
    if missing:
        text = f"G29 without {', '.join(missing)} measures what its firmware was built for: say the rectangle and Z"
        yield _error("no-area", int(lines[at]), text)
        return
    area = _Area(words["L"], words["F"], words["R"], words["B"])
    yield from _reached(view, at, area, probe)
    yield from _from_above(view, at, -words["Z"], probe)
    yield from _in_turn(view, found, at)
    yield from _followed(view, found, area, probe)


def _reached(view: View, at: int, area: _Area, probe: Probe) -> Iterator[Finding]:
    """Probe and nozzle stay in the machine and out of what they must not touch."""
    line = int(view.program.line[at])
    if area.x1 - area.x0 < LEAST - SLACK or area.y1 - area.y0 < LEAST - SLACK:
        yield _error("area-too-small", line, f"a rectangle less than {LEAST:g} mm wide or deep is measured: enlarge it")
    x0, y0, _, x1, y1, _ = view.limits.envelope
    ways = (("the probe", area), ("the nozzle", area.moved(-probe.x, -probe.y)))
    for who, way in ways:
        if not way.within(x0, y0, x1, y1):
            text = (
                f"{who} goes to x {way.x0:g} to {way.x1:g}, y {way.y0:g} to {way.y1:g} mm while measuring, outside of "
                "the machine: move the piece"
            )
            yield _error("out-of-bounds", line, text)
    for keep in view.limits.keep_outs:
        if any(way.meets(keep.x0, keep.y0, keep.x1, keep.y1) for _, way in ways):
            yield _error("keep-out", line, f"measuring goes over {keep.name}: measure beside it")


def _from_above(view: View, at: int, surface: float, probe: Probe) -> Iterator[Finding]:
    """It begins at a safe height over a surface that the firmware accepts, and rises again before it goes anywhere."""
    moves, line = view.moves, int(view.program.line[at])
    if surface > probe.top:
        text = (
            f"a surface {surface:g} mm over the bed, and the firmware takes a touch above {probe.top:g} mm for a fault"
        )
        yield _error("surface-too-high", line, text)
    before, after = np.flatnonzero(moves.index < at), np.flatnonzero(moves.index > at)
    safe = surface + probe.drop + SAFE
    if not len(before) or moves.end[before[-1], 2] < safe - SLACK:
        yield _error("measured-too-low", line, f"measuring begins below {safe:g} mm: rise before (G0 Z)")
    if len(after):
        first = after[0]
        flat = np.abs(moves.end[first, :2] - moves.start[first, :2]).sum() > 0
        if flat or moves.end[first, 2] < safe - SLACK:
            text = f"after measuring the tool is low over the last point: rise above {safe:g} mm before anything else"
            yield _error("no-rise", int(view.program.line[moves.index[first]]), text)


def _in_turn(view: View, found: Measuring, at: int) -> Iterator[Finding]:
    """Home, forget, measure, lay, forget."""
    code, lines = view.program.code, view.program.line
    presses = view.moves.index[view.moves.e != 0]
    line = int(lines[at])
    if not (code[:at] == HOME).any():
        yield _error("not-homed", line, "G28 must stand before G29: where the tool is is not known")
    if not len(found.forgets) or found.forgets[0] > at:
        text = "an older map is not forgotten before (G29 J1): where measuring fails it would be followed"
        yield _error("old-map", line, text)
    if len(presses) and presses[0] < at:
        yield _error("measured-too-late", line, "material is pressed out before the surface is measured")
    works = np.flatnonzero(found.followed)
    last = max([at, *works[-1:].tolist(), *presses[-1:].tolist()])
    if not len(found.forgets) or found.forgets[-1] < last:
        text = "the map is not forgotten at the end (G29 J1): the next piece would be made on the heights of this one"
        yield _error("map-left", int(lines[last]), text)


def _followed(view: View, found: Measuring, area: _Area, probe: Probe) -> Iterator[Finding]:
    """On the rectangle the whole map is followed, beside it none, and there is room above and below for its heights."""
    moves, program = view.moves, view.program
    low, high = view.corners
    inside = (
        (low[:, 0] >= area.x0 - SLACK)
        & (low[:, 1] >= area.y0 - SLACK)
        & (high[:, 0] <= area.x1 + SLACK)
        & (high[:, 1] <= area.y1 + SLACK)
    )
    meets = (low[:, 0] < area.x1) & (low[:, 1] < area.y1) & (high[:, 0] > area.x0) & (high[:, 1] > area.y0)
    followed, whole = found.followed[moves.index], found.whole[moves.index]
    yield from _places(
        view, moves.lays & meets & ~whole, "not-followed", "a bead on the measured surface that does not follow its map"
    )
    yield from _places(
        view, moves.lays & followed & ~inside, "not-measured", "a bead that follows the map beyond what is measured"
    )
    swing = probe.clearance / 2
    z0, z1 = view.limits.envelope[2], view.limits.envelope[5]
    beyond = followed & ((high[:, 2] + swing > z1 + SLACK) | (low[:, 2] - swing < z0 - SLACK))
    text = f"the heights of the map may differ by {swing:g} mm, and Z would leave the machine: change the height"
    yield from _places(view, beyond, "out-of-bounds", text)
    arcs: IntArray = program.line[moves.index[moves.arc & followed]]
    if len(arcs):
        yield _error("arc-followed", int(arcs[0]), "an arc does not follow a map everywhere: use lines", len(arcs))


def _places(view: View, chosen: npt.NDArray[np.bool_], code: str, text: str) -> Iterator[Finding]:
    lines = view.lines_of(chosen)
    if len(lines):
        yield _error(code, int(lines[0]), text, len(lines))
