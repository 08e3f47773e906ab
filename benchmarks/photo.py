"""From a photo to checked frosting G-code, and how fast its lines are written and read back.

CPU time of this process, the best of several warm runs. The baselines (a loop of f-strings, a regular expression) run
on the same lines in the same process.
"""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from fulfillment.catalog import FOLDER, load
from gcode.design import Zone
from gcode.dialects import MARLIN_FOOD, Setup
from gcode.frosting import plan
from gcode.limits import Limits
from gcode.parse import parse
from gcode.photo import tone
from gcode.preflight import check
from gcode.proof import Piece, bead_proof, beads
from gcode.recipe import Motion, Place, Prime
from gcode.toolpath import Kind, Toolpath
from gcode.write import lines, program

PHOTO = Path(__file__).parents[1] / "fulfillment" / "demo" / "files" / "cat.jpg"
BEAD = load(FOLDER)[0]["pop-tart"].recipes["frosting"].bead(e_area=314.0)
"""The recipe as shipped."""
PLACE = Place(60.0, 60.0, 10.0)
LIMITS = Limits(
    envelope=(0, 0, 0, 235, 235, 100),
    e_area=BEAD.e_area,
    max_flow=40.0,
    motion=Motion(500.0, 8.0, (200.0, 200.0, 80.0, 5.0)),
    cold_extrusion=True,
)
SETUP = Setup(cold_extrusion=True, relief=0.01, lift=40.0, park=(0.0, 180.0))
LINES = 300_000
WORD = re.compile(r"([A-Z])([-+]?[\d.]+)")


def best(work: Callable[[], object], runs: int = 7) -> float:
    """Seconds of CPU of the fastest run, after one that warms up."""
    work()
    seconds = []
    for _ in range(runs):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return min(seconds)


def checked() -> bytes:
    """The whole way: decode, lay out, plan, write, check."""
    picture = tone(np.asarray(Image.open(PHOTO)), Zone("photo", 0, 0, 100, 70), BEAD.pitch)
    toolpath = plan(picture, [], BEAD, motion=LIMITS.motion, place=PLACE, prime=Prime(-10, 0, -10, 60))
    data = program(toolpath, MARLIN_FOOD, SETUP)
    report = check(data, MARLIN_FOOD, LIMITS)
    assert report.ok, report.errors
    return data


def by_fstrings(columns: tuple[list[float], ...]) -> bytes:
    return "".join(
        f"\nG1 X{x:.3f} Y{y:.3f} E{e:.5f} F{f * 60:.1f}" for x, y, e, f in zip(*columns, strict=True)
    ).encode()


def by_regex(data: bytes) -> list[dict[str, float]]:
    """The loop that a reader of G-code usually is: the words of each line, as a dictionary."""
    return [{letter: float(number) for letter, number in WORD.findall(line)} for line in data.decode().split("\n")]


def throughput() -> None:
    random = np.random.default_rng(1)
    x, y = random.uniform(0, 200, (2, LINES)).round(3)
    e, f = random.uniform(0, 0.1, LINES).round(5), random.uniform(10, 100, LINES).round(2)
    moves = Toolpath.rows(Kind.LINE, LINES, x=x, y=y, e=e, f=f)
    columns = (x.tolist(), y.tolist(), e.tolist(), f.tolist())
    ours, loop = (
        LINES / best(work, 3) / 1e6 for work in (lambda: lines(moves, MARLIN_FOOD), lambda: by_fstrings(columns))
    )
    print(f"G-code written: {ours:.2f} M lines/s, f-strings {loop:.2f} M lines/s: {ours / loop:.1f} times as fast")
    data = lines(moves, MARLIN_FOOD)
    assert (parse(data).word("X") == x).all()
    ours, loop = (LINES / best(work, 3) / 1e6 for work in (lambda: parse(data), lambda: by_regex(data)))
    print(f"G-code read back: {ours:.2f} M lines/s, regex {loop:.2f} M lines/s: {ours / loop:.1f} times as fast")


def main() -> None:
    data = checked()
    seconds = best(checked)
    tracemalloc.start()
    checked()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    rows = data.count(b"\n")
    print(f"photo to checked frosting G-code: {seconds * 1000:.0f} ms CPU warm, {rows} lines, peak {peak / 1e6:.1f} MB")
    one = best(lambda: check(data, MARLIN_FOOD, LIMITS))
    seen = best(lambda: bead_proof(beads(data, BEAD, PLACE), Piece(120, 90)), 3)
    print(f"  of it preflight {one * 1000:.0f} ms; its proof as PNG {seen * 1000:.0f} ms")
    throughput()


if __name__ == "__main__":
    main()
