"""A layer as rows of moves, and as bytes that can be written again: they depend on its place in the plane, not on its
height, as Z stands in front of a layer and extrusion is relative, or begins at 0 again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from gcode.dialects import Command, Dialect
from gcode.slicing.areas import Fence, contours
from gcode.slicing.beads import Layer, Step
from gcode.slicing.profile import Profile, Role
from gcode.toolpath import NAN, Kind, Toolpath, repeats_removed, settled
from gcode.units import BoolArray, FloatArray, IntArray
from gcode.write import command_line, lines

OVER_NOTHING: Final = (Role.BRIDGE, Role.OVERHANG)
"""Roles that are cooled by the bridges' fan."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A layer's rows, from its first bead's first point. Columns of equal length, in the body's coordinates."""

    kind: npt.NDArray[np.uint8]
    x: FloatArray
    y: FloatArray
    z: FloatArray
    """mm over the layer; NaN where it stays."""
    e: FloatArray
    """mm of filament; NaN on travels."""
    f: FloatArray
    lays: BoolArray
    role: npt.NDArray[np.uint8]
    """The number of each row's role, _WAY where nothing is laid."""
    bridge: BoolArray
    """Rows of bridges, with their own fan."""
    start: FloatArray
    end: FloatArray
    fence: Fence
    """Of what the body covers."""
    laying: float
    """Seconds in which material is laid, at full speed."""
    moving: float
    """Seconds of all else."""


SAID: Final[Mapping[Role, str]] = MappingProxyType(
    {
        Role.OUTER: "External perimeter",
        Role.INNER: "Perimeter",
        Role.OVERHANG: "Overhang perimeter",
        Role.GAP: "Gap fill",
        Role.TOP: "Top solid infill",
        Role.SOLID: "Solid infill",
        Role.SPARSE: "Internal infill",
        Role.BRIDGE: "Bridge infill",
        Role.BRIM: "Skirt/Brim",
        Role.SKIRT: "Skirt/Brim",
    }
)
"""Comments that say what beads are for, in the words that viewers of programs know."""
_COMMENTS: Final = {number: f"\n;TYPE:{SAID[role]}".encode("ascii") for number, role in enumerate(Role)}
_NUMBER: Final = {role: number for number, role in enumerate(Role)}
_WAY: Final = len(Role)
"""The role of rows that lay nothing."""

_Rows = tuple[Kind, int, bool, FloatArray]
"""Kind, the number of the role that they lay, whether they bridge, and x, y, z, e and f of each."""


def block(layer: Layer, profile: Profile) -> Block | None:
    """The rows of a layer; None for one without beads."""
    if not layer.steps:
        return None
    parts: list[_Rows] = []
    here: FloatArray | None = None
    for step in layer.steps:
        if here is not None:
            parts += _ways(here, step, profile)
        parts.append(_laid(step, profile))
        here = step.bead.points[-1]
    kinds, roles, bridges, rows = zip(*parts, strict=True)
    counts = [len(one) for one in rows]
    x, y, z, e, f = np.vstack(rows).T
    moving = sum(_seconds(one, other, profile) for one, other in pairwise(layer.steps))
    return Block(
        kind=np.repeat(np.array(kinds, dtype=np.uint8), counts),
        x=x,
        y=y,
        z=z,
        e=e,
        f=f,
        lays=np.repeat(np.array(roles) != _WAY, counts),
        role=np.repeat(np.array(roles, dtype=np.uint8), counts),
        bridge=np.repeat(np.array(bridges), counts),
        start=layer.steps[0].bead.points[0],
        end=layer.steps[-1].bead.points[-1],
        fence=Fence(contours(layer.within)),
        laying=sum(float(step.bead.lengths.sum()) / step.bead.speed for step in layer.steps),
        moving=moving,
    )


def _seconds(one: Step, other: Step, profile: Profile) -> float:
    """Of the way from one bead to the other."""
    points = [one.bead.points[-1].tolist(), *other.way.tolist(), other.bead.points[0].tolist()]
    seconds = sum(math.dist(a, b) for a, b in pairwise(points)) / profile.speeds.travel
    if other.retract:
        seconds += 2 * profile.retraction.length / profile.retraction.speed
    return seconds


def _laid(step: Step, profile: Profile) -> _Rows:
    bead = step.bead
    rows = np.full((len(bead.points) - 1, 5), NAN)
    rows[:, :2] = bead.points[1:]
    rows[:, 3] = bead.lengths * bead.widths * (bead.height / profile.filament_area)
    rows[:, 4] = bead.speed
    return Kind.LINE, _NUMBER[bead.role], bead.role in OVER_NOTHING, rows


def _ways(here: FloatArray, step: Step, profile: Profile) -> Iterator[_Rows]:
    """To a bead's first point, drawn back and raised where its way leaves the part."""
    if not len(step.way) and (step.bead.points[0] == here).all():
        return
    hop, bridge = profile.retraction.hop if step.retract else 0.0, step.bead.role in OVER_NOTHING
    if step.retract:
        yield from _drawn(-1.0, profile)
    if hop:
        yield _raised(hop, profile)
    rows = np.full((len(step.way) + 1, 5), NAN)
    rows[:-1, :2], rows[-1, :2] = step.way, step.bead.points[0]
    rows[:, 4] = profile.speeds.travel
    yield Kind.TRAVEL, _WAY, bridge, rows
    if hop:
        yield _raised(0.0, profile)
    if step.retract:
        yield from _drawn(1.0, profile)


def _raised(z: float, profile: Profile) -> _Rows:
    return Kind.TRAVEL, _WAY, False, np.array([[NAN, NAN, z, NAN, profile.speeds.z]])


def _drawn(sign: float, profile: Profile) -> Iterator[_Rows]:
    """Filament drawn back (-1) or given again (1)."""
    amount = sign * profile.retraction.length
    if amount:
        yield Kind.LINE, _WAY, False, np.array([[NAN, NAN, NAN, amount, profile.retraction.speed]])


def written(
    rows: Block, dialect: Dialect, *, x: float, y: float, z: float, slow: float, fans: tuple[float, float], least: float
) -> bytes:
    """The lines of a block at a place, each beginning with a newline.

    ``slow``: share of their speed at which beads are laid, at ``least`` mm/s though. ``fans``: the layer's fan, on as
    it begins, and that of its bridges, as shares.
    """
    f = np.where(rows.lays, np.maximum(rows.f * slow, np.minimum(rows.f, least)), rows.f)
    e = rows.e.copy()
    given = ~np.isnan(e)
    e[given] = settled(e[given], dialect.decimals["E"])
    whole = Toolpath(rows.kind, rows.x + x, rows.y + y, rows.z + z, e, f, *(np.full(len(f), NAN),) * 2)
    own, over = fans
    said = _said(rows.role)
    changes = np.flatnonzero(np.diff(rows.bridge.astype(np.int8), prepend=0)) if own != over else np.zeros(0, np.int64)
    cuts = [0, *changes.tolist(), len(f)]
    out = []
    for begin, end in pairwise(cuts):
        if begin in changes:
            out.append(b"\n" + fan_line(over if rows.bridge[begin] else own, dialect))
        if end > begin:
            written = moves(_cut(whole, begin, end), dialect)
            out.append(_commented(written, rows.role, said[(said >= begin) & (said < end)], begin, end))
    if len(changes) and rows.bridge[-1]:
        out.append(b"\n" + fan_line(own, dialect))
    return b"".join(out)


def _said(role: npt.NDArray[np.uint8]) -> IntArray:
    """Rows before which it is said what they lay: where that is another than before."""
    lays = np.flatnonzero(role != _WAY)
    changed: IntArray = lays[np.diff(role[lays], prepend=_WAY) != 0]
    return changed


def _commented(written: bytes, role: npt.NDArray[np.uint8], said: IntArray, begin: int, end: int) -> bytes:
    """The lines of rows from ``begin`` to ``end`` with a comment before each row that is said."""
    if not len(said):
        return written
    lines = np.flatnonzero(np.frombuffer(written, dtype=np.uint8) == ord("\n"))
    # Before the rows' own lines there may be one that sets E.
    at = [0, *lines[said - begin + len(lines) - (end - begin)].tolist(), len(written)]
    parts = [written[: at[1]]]
    for number, row in enumerate(said.tolist(), start=1):
        parts += [_COMMENTS[int(role[row])], written[at[number] : at[number + 1]]]
    return b"".join(parts)


def _cut(whole: Toolpath, begin: int, end: int) -> Toolpath:
    return Toolpath(*(getattr(whole, name)[begin:end] for name in ("kind", "x", "y", "z", "e", "f", "p", "s")))


def moves(toolpath: Toolpath, dialect: Dialect) -> bytes:
    """Rows as lines: a speed is said where it changes, and extrusion counts from 0 where it is absolute."""
    e, prefix = toolpath.e, b""
    if dialect.absolute_extrusion and not np.isnan(e).all():
        given = ~np.isnan(e)
        e = e.copy()
        e[given] = np.cumsum(e[given])
        prefix = b"\nG92 E0"
    said = Toolpath(
        toolpath.kind, toolpath.x, toolpath.y, toolpath.z, e, repeats_removed(toolpath.f), toolpath.p, toolpath.s
    )
    return prefix + lines(said, dialect)


def fan_line(share: float, dialect: Dialect) -> bytes:
    command = Command("M106", (("S", float(round(share * 255))),)) if share > 0 else Command("M107")
    return command_line(command, dialect)
