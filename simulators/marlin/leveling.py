"""Commands of bilinear bed leveling: G29 and M420.

Sources: marlinfw.org/docs/gcode/G029-abl-bilinear and M420, and of the firmware 2.1.x gcode/bedlevel/abl/G29.cpp,
gcode/bedlevel/M420.cpp, feature/bedlevel/abl/bbl.cpp, module/probe.cpp, gcode/gcode.cpp (G29_with_retry), read for
behaviour. Worth knowing, and modelled:

- G29 leaves the tool where the last point was; leveling is on behind it.
- A rectangle out of reach, or a machine that is not homed, is told without ``Error:``, and the old mesh stays.
- A probe that is triggered too high over the bed has failed, as one that is not triggered at all.
- The raise fades out at 10 mm over the bed, unless M420 Z0 was said.
- A probe touches what is there: the piece, or the bed beside it.
"""

from __future__ import annotations

import math
from collections.abc import Generator

import numpy as np

from simulators.beads import Array
from simulators.marlin.board import Board, Point
from simulators.marlin.mesh import Mesh, Probe, zigzag
from simulators.marlin.moves import with_axis
from simulators.marlin.steps import Parameters, Wait, drained, until

REPEATS = 0.01
"""mm by which a probe's readings of one place differ (standard deviation)."""
LOOK = 2.0
"""mm between the places of a travel at which it is seen whether anything is in the way."""


def probe_bed(board: Board, parameters: Parameters) -> Generator[Wait]:
    """G29 with L, R, F, B, Z and J."""
    probe = board.options.probe
    if probe is None:
        return
    if len(board.homed) < 3:
        board.say("echo:Home XYZ First\n")
        return
    if "J" in parameters.values:
        yield drained(board)
        board.position = board.leveling.switch(False, board.position)
        board.leveling.forget()
        return
    (x0, x1), (y0, y1) = sides = _sides(board, parameters, probe)
    for axis, (low, high) in enumerate(sides):
        least, most = _reach(board, probe, axis)
        if low < least - 1e-6 or high > most + 1e-6 or high - low < 1e-3:
            board.say("? (L,R,F,B) out of bounds.\n")
            return
    yield drained(board)
    board.position = board.leveling.switch(False, board.position)
    begun = board.now
    columns, rows = probe.points
    spacing = ((x1 - x0) / (columns - 1), (y1 - y0) / (rows - 1))
    values = np.full((columns, rows), np.nan)
    board.leveling.write(Mesh((x0, y0), spacing, values.copy()))
    yield from _measured(board, probe, Mesh((x0, y0), spacing, values))
    if np.isnan(values).any():
        board.leveling.write(Mesh((x0, y0), spacing, values))
        _failed(board, probe)
    else:
        board.leveling.write(Mesh((x0, y0), spacing, values + parameters.get("Z", 0.0)))
        board.say(_grid(values + parameters.get("Z", 0.0)))
        board.position = board.leveling.switch(True, board.position)
        told = f"{values.size} points in {board.now - begun:.1f} s"
        told = f"{told}, {values.min():.3f} to {values.max():.3f} mm over the bed"
        board.recorder.event(board.now, "probed", told)
    if not board.dead:
        board.say(board.position_text())


def _sides(board: Board, parameters: Parameters, probe: Probe) -> tuple[tuple[float, float], tuple[float, float]]:
    (left, right), (front, back) = (_reach(board, probe, axis) for axis in (0, 1))
    return (
        (parameters.get("L", left), parameters.get("R", right)),
        (parameters.get("F", front), parameters.get("B", back)),
    )


def _reach(board: Board, probe: Probe, axis: int) -> tuple[float, float]:
    """Where the probe can be, and is meant to."""
    most, offset = board.options.envelope[axis], probe.offset[axis]
    return max(probe.margin, offset), min(most - probe.margin, most + offset)


def _measured(board: Board, probe: Probe, mesh: Mesh) -> Generator[Wait]:
    """Fill the mesh's values point by point, as far as the probe is triggered."""
    dx, dy, dz = probe.offset
    dice = np.random.Generator(np.random.PCG64(board.options.ground.seed))
    yield from _go(board, with_axis(board.physical, 2, max(board.physical[2], probe.clearance - dz)), probe.fast)
    for column, row in zigzag(*probe.points):
        x, y = (
            start + index * step for start, index, step in zip(mesh.start, (column, row), mesh.spacing, strict=True)
        )
        yield from _go(board, (x - dx, y - dy, board.physical[2]), probe.travel)
        trigger = board.options.ground.top(x, y) - dz
        deaf, board.mute = board.mute == 0, None if not board.mute else board.mute - 1
        lowest = probe.low - dz
        found = trigger >= lowest and not deaf
        yield from _go(board, with_axis(board.physical, 2, trigger if found else lowest), probe.fast / 2)
        if not found or trigger > probe.tolerance - dz:
            return
        mesh.values[column, row] = trigger + dz + dice.normal(0.0, REPEATS)
        yield from _go(board, with_axis(board.physical, 2, board.physical[2] + probe.clearance), probe.fast)


def _go(board: Board, to: Point, speed: float) -> Generator[Wait]:
    """A blocking move. It knows nothing of what is in its way; the record does."""
    begin = board.physical
    yield until(board, board.now + math.dist(begin, to) / speed)
    if to[:2] != begin[:2] and _meets(board, begin, to):
        board.recorder.count("knocks")
        board.recorder.event(
            board.now, "knock", f"at a height of {to[2]:.2f} mm, on the way to {to[0]:.1f}, {to[1]:.1f}"
        )
    board.physical = board.position = to


def _meets(board: Board, begin: Point, end: Point) -> bool:
    """Whether the nozzle or the probe runs into the piece on a way at one height."""
    probe = board.options.probe or Probe()
    ways: Array = np.linspace(begin[:2], end[:2], 2 + int(math.dist(begin, end) / LOOK))
    for dx, dy, dz in ((0.0, 0.0, 0.0), probe.offset):
        if any(end[2] + dz < board.options.ground.top(x + dx, y + dy) for x, y in ways.tolist()):
            return True
    return False


def _failed(board: Board, probe: Probe) -> None:
    board.recorder.count("failed_probes")
    board.recorder.event(board.now, "probe-failed", "the probe was triggered too early or not at all")
    if probe.halts:
        board.kill("//action:probe_failed", "//action:cancel")
        return
    board.say("Error:Probing Failed\n")


def _grid(values: Array) -> str:
    columns, rows = values.shape
    lines = ["".join(f"{column:>7}" for column in range(columns))]
    lines += [
        f"{row:>2} " + " ".join(f"{values[column, row]:+.3f}" for column in range(columns)) for row in range(rows)
    ]
    return "Bilinear Leveling Grid:\n" + "\n".join(lines) + "\n\n"


def state(board: Board, parameters: Parameters) -> Generator[Wait]:
    """M420: S switches leveling, Z sets the fade height."""
    yield drained(board)
    leveling, before = board.leveling, board.position
    enable = parameters.get("S", 1) > 0 if "S" in parameters.values else leveling.active
    board.position = leveling.switch(False, board.position)
    if enable and not leveling.valid:
        board.say("echo:Invalid mesh.\n")
    elif parameters.has("Z"):
        leveling.fade = max(0.0, parameters.get("Z", 0.0))
    if enable:
        board.position = leveling.switch(True, board.position)
        if not leveling.active:
            board.say("Error:Failed to enable Bed Leveling\n")
    board.say(f"echo:Bed Leveling {'ON' if leveling.active else 'OFF'}\n")
    board.say(f"echo:Fade Height {f'{leveling.fade:.2f}' if leveling.fade else 'OFF'}\n")
    if board.position != before:
        board.say(board.position_text())
