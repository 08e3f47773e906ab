"""Estimates against PrusaSlicer's own for its own files, and how fast moves are planned by each firmware's rules."""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import replace

import numpy as np
from manifold3d import Manifold

from fulfillment.slicers import Printer, slicer
from fulfillment.slicers.prusa import PROGRAM
from gcode.estimate import estimate, move_times
from gcode.parse import parse
from gcode.recipe import Motion
from gcode.slicing.profile import Infill, Pattern, Profile, Retraction
from gcode.slicing.solid import Solid
from gcode.trace import trace

MODES = {
    "normal": Motion(
        1500, max_feed=(500, 500, 12, 120), jerks=(10, 10, 0.2, 2.5), max_acceleration=(9000, 9000, 500, 10_000)
    ),
    "silent": Motion(
        1250, max_feed=(200, 200, 12, 120), jerks=(10, 10, 0.4, 2.5), max_acceleration=(1000, 1000, 200, 5000)
    ),
}
"""The defaults of PrusaSlicer's Marlin printer, in both of its modes."""
MOVES = 1_000_000


def _tower() -> Manifold:
    hole = Manifold.cylinder(60.0, 4.0, 4.0, 64).translate((15.0, 10.0, -1.0))
    return Manifold.cube((30.0, 20.0, 20.0)) - hole


def _comb() -> Manifold:
    teeth = Manifold.cube((60.0, 3.0, 4.0))
    for n in range(15):
        teeth += Manifold.cube((1.6, 30.0, 4.0)).translate((4.0 * n, 0.0, 0.0))
    return teeth


BODIES = {
    "tower": (_tower, Profile(infill=Infill(density=0.2))),
    "comb": (_comb, Profile(retraction=Retraction(hop=0.4))),
    "gyroid": (_tower, Profile(infill=Infill(Pattern.GYROID, 0.15), height=0.28)),
}


def _seconds(data: bytes, mode: str) -> int:
    """What PrusaSlicer wrote at its file's end."""
    said = re.search(rb"estimated printing time \(%s mode\) = (?:(\d+)h )?(?:(\d+)m )?(\d+)s" % mode.encode(), data)
    assert said is not None
    return sum(int(part or 0) * size for part, size in zip(said.groups(), (3600, 60, 1), strict=True))


def against_prusaslicer() -> None:
    if shutil.which(PROGRAM) is None:
        print(f"{PROGRAM} is not installed: nothing to compare with")
        return
    for name, (body, profile) in BODIES.items():
        data = slicer("prusaslicer", Printer(200.0, 180.0, 150.0)).slice(Solid.from_manifold(body()), profile)
        for mode, motion in MODES.items():
            theirs, ours = _seconds(data, mode), estimate(data, motion).seconds
            print(f"{name:>8}, {mode}: PrusaSlicer {theirs} s, here {ours:.1f} s ({ours / theirs - 1:+.2%})")


def speed() -> None:
    rng = np.random.default_rng(1)
    turn = np.cumsum(rng.normal(0, 0.4, MOVES))
    x, y = 100 + 0.6 * np.cos(turn).cumsum(), 100 + 0.6 * np.sin(turn).cumsum()
    feeds = rng.choice([1800, 3000, 6000], MOVES)
    text = "\n".join(f"G1 X{a:.3f} Y{b:.3f} E0.03 F{f}" for a, b, f in zip(x, y, feeds, strict=True))
    data = f"G90\nM83\n{text}\n".encode()
    program = parse(data)
    moves = trace(program)
    base = Motion(1250, 8.0)
    for name, motion in {
        "classic jerk": base,
        "junction deviation": replace(base, junction_deviation=0.02),
        "square corner": replace(base, square_corner=5.0),
    }.items():
        begin = time.process_time()
        move_times(moves, motion, program)
        planned = time.process_time() - begin
        begin = time.process_time()
        estimate(data, motion)
        read = time.process_time() - begin
        print(
            f"{name:>18}: {MOVES / planned / 1e6:.1f} M moves/s planned, {MOVES / read / 1e6:.2f} M lines/s from bytes"
        )


def main() -> None:
    against_prusaslicer()
    speed()


if __name__ == "__main__":
    main()
