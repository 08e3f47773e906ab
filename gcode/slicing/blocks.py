"""A layer as rows of moves, and as bytes that can be written again: they depend on its place in the plane, not on its
height, as Z stands in front of a layer and extrusion is relative, or begins at 0 again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from gcode.dialects import Command, Dialect
from gcode.slicing.beads import Layer, Step
from gcode.slicing.profile import Profile, Role
from gcode.toolpath import NAN, Kind, Toolpath, repeats_removed, settled
from gcode.units import BoolArray, FloatArray
from gcode.write import command_line, lines


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
    bridge: BoolArray
    """Rows of bridges, with their own fan."""
    start: FloatArray
    end: FloatArray
    laying: float
    """Seconds in which material is laid, at full speed."""
    moving: float
    """Seconds of all else."""


_COLUMNS: Final = ("kind", "x", "y", "z", "e", "f", "lays", "bridge")
_Rows = tuple[npt.NDArray[np.uint8], FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, BoolArray, BoolArray]


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
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    rows = dict(zip(_COLUMNS, columns, strict=True))
    laid = np.array([step.bead.lengths.sum() / step.bead.speed for step in layer.steps])
    moving = sum(_seconds(one, other, profile) for one, other in pairwise(layer.steps))
    first, last = layer.steps[0].bead.points[0], layer.steps[-1].bead.points[-1]
    return Block(**rows, start=first, end=last, laying=float(laid.sum()), moving=moving)


def _seconds(one: Step, other: Step, profile: Profile) -> float:
    """Of the way from one bead to the other."""
    points = np.vstack([one.bead.points[-1:], other.way, other.bead.points[:1]])
    seconds = float(np.hypot(*np.diff(points, axis=0).T).sum()) / profile.speeds.travel
    if other.retract:
        seconds += 2 * profile.retraction.length / profile.retraction.speed
    return seconds


def _rows(
    kind: Kind, count: int, *, x: object, y: object, z: object, e: object, f: object, lays: bool, bridge: bool
) -> _Rows:
    x, y, z, e, f = (np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)) for value in (x, y, z, e, f))
    return np.full(count, int(kind), np.uint8), x, y, z, e, f, np.full(count, lays), np.full(count, bridge)


def _laid(step: Step, profile: Profile) -> _Rows:
    bead = step.bead
    amounts = bead.lengths * bead.widths * bead.height / profile.filament_area
    points, bridge = bead.points[1:], bead.role is Role.BRIDGE
    return _rows(
        Kind.LINE, len(points), x=points[:, 0], y=points[:, 1], z=NAN, e=amounts, f=bead.speed, lays=True, bridge=bridge
    )


def _ways(here: FloatArray, step: Step, profile: Profile) -> Iterator[_Rows]:
    """To a bead's first point, drawn back and raised where its way leaves the part."""
    points, travel, bridge = (
        np.vstack([step.way, step.bead.points[:1]]),
        profile.speeds.travel,
        step.bead.role is Role.BRIDGE,
    )
    if (points[-1] == here).all() and len(points) == 1:
        return
    retraction = profile.retraction
    if step.retract:
        yield from drawn(-1.0, profile)
        if retraction.hop:
            yield _rows(
                Kind.TRAVEL, 1, x=NAN, y=NAN, z=retraction.hop, e=NAN, f=profile.speeds.z, lays=False, bridge=False
            )
    yield _rows(
        Kind.TRAVEL, len(points), x=points[:, 0], y=points[:, 1], z=NAN, e=NAN, f=travel, lays=False, bridge=bridge
    )
    if step.retract:
        if retraction.hop:
            yield _rows(Kind.TRAVEL, 1, x=NAN, y=NAN, z=0.0, e=NAN, f=profile.speeds.z, lays=False, bridge=False)
        yield from drawn(1.0, profile)


def drawn(sign: float, profile: Profile) -> Iterator[_Rows]:
    """Filament drawn back (-1) or given again (1)."""
    amount, speed = sign * profile.retraction.length, profile.retraction.speed
    if amount:
        yield _rows(Kind.LINE, 1, x=NAN, y=NAN, z=NAN, e=amount, f=speed, lays=False, bridge=False)


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
    changes = np.flatnonzero(np.diff(rows.bridge.astype(np.int8), prepend=0)) if own != over else np.zeros(0, np.int64)
    cuts = [0, *changes.tolist(), len(f)]
    out = []
    for begin, end in pairwise(cuts):
        if begin in changes:
            out.append(b"\n" + fan_line(over if rows.bridge[begin] else own, dialect))
        if end > begin:
            out.append(moves(_cut(whole, begin, end), dialect))
    if len(changes) and rows.bridge[-1]:
        out.append(b"\n" + fan_line(own, dialect))
    return b"".join(out)


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
