"""A photo of 100 x 100 mm at 10 lines/mm to checked G-code for a laser: CPU, memory, and how well each dither shows it.

CPU time of this process, the best of several warm runs. Peaks are of what is allocated, each in a run of its own. The
likeness is that of the dots which the *bytes* burn (read back from the G-code, whatever speed each row has) and the
photo's tones, both blurred: by three lines (sigma 0.3 mm: held close) and by five (at arm's length). The baselines:
Pillow's Floyd-Steinberg, which runs one way, and the same lines written by f-strings.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.filters import gaussian
from skimage.metrics import structural_similarity

from benchmarks.photo import best
from gcode.design import Tone, Zone
from gcode.dialects import GRBL_LASER, Setup
from gcode.dither import DITHERS, GREYSCALE, Raster
from gcode.limits import Limits
from gcode.parse import parse
from gcode.photo import tone
from gcode.preflight import check
from gcode.raster import bitmap, rows
from gcode.recipe import Motion, Place
from gcode.scan import Scan, moves
from gcode.toolpath import Toolpath
from gcode.trace import carried
from gcode.write import program

PHOTO = Path(__file__).parents[1] / "fulfillment" / "demo" / "files" / "cat.jpg"
SIDE, INTERVAL = 100.0, 0.1
SIGMAS = (3.0, 5.0)
"""Of the blur, in lines."""
PLACE = Place(20.0, 20.0)
MOTION = Motion(1000.0, 8.0, (200.0, 200.0, 10.0, float("nan")))
SCAN = Scan(speed=100.0, full=1000.0, motion=MOTION)
LIMITS = Limits(envelope=(0, 0, 0, 200, 200, 50), e_area=1.0, max_flow=float("inf"), motion=MOTION)
Picture = NDArray[np.float64]


def design() -> Tone:
    return tone(np.asarray(Image.open(PHOTO)), Zone("photo", 0, 0, SIDE, SIDE), 4 * INTERVAL)


def burnt_by(data: bytes) -> Picture:
    """Energy that the bytes lay on each dot, by the middle of the dots that each move passes; 1: full power's."""
    parsed = parse(data)
    trace = GRBL_LASER.trace(parsed)
    lit = GRBL_LASER.marks(parsed, trace)
    power = carried(parsed.word("S"))[trace.index[lit]] / trace.feed[lit] * SCAN.speed / SCAN.full
    count = round(SIDE / INTERVAL)
    picture = np.zeros((count, count))
    x = np.sort(np.stack([trace.start[lit][:, 0], trace.end[lit][:, 0]]), axis=0) - PLACE.x
    row = count - 1 - np.floor((trace.start[lit][:, 1] - PLACE.y) / INTERVAL).astype(int)
    first, last = (np.rint(x / INTERVAL)).astype(int)
    for line, begin, end, amount in zip(row.tolist(), first.tolist(), last.tolist(), power.tolist(), strict=True):
        picture[line, begin:end] = amount
    return picture


def likeness(made: Picture, wanted: Picture, sigma: float) -> float:
    """SSIM after the same blur of both, from 0 (white) to 1 (black)."""
    a, b = (gaussian(picture, sigma) for picture in (made, wanted))
    return float(
        structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1.0)
    )


def by_fstrings(toolpath: Toolpath) -> str:
    """The baseline: a loop over the moves, words without trailing zeros."""
    lines = []
    for kind, x, y, f, s in zip(*(c.tolist() for c in (toolpath.kind, toolpath.x, toolpath.y, toolpath.f, toolpath.s)),
                                strict=True):  # fmt: skip
        words = [f"G{kind}"]
        words += [f"X{x:.3f}".rstrip("0").rstrip(".")] if x == x else []
        words += [f"Y{y:.3f}".rstrip("0").rstrip(".")] if y == y else []
        words += [f"F{f * 60:.1f}".rstrip("0").rstrip(".")] if f == f else []
        words += [f"S{s:.1f}".rstrip("0").rstrip(".")] if s == s else []
        lines.append(" ".join(words))
    return "\n".join(lines)


def peak(work: Callable[[], object]) -> float:
    """MB allocated at most beyond what there was."""
    tracemalloc.start()
    work()
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found / 1e6


def stages(picture: Tone) -> None:
    raster = Raster(INTERVAL)
    grid = bitmap(picture, raster)
    made = rows(grid)
    path = moves(made, SCAN, PLACE)
    data = program(path, GRBL_LASER, Setup(air=True))
    report = check(data, GRBL_LASER, LIMITS)
    assert report.ok, report.errors

    def whole() -> bytes:
        return program(moves(rows(bitmap(picture, raster)), SCAN, PLACE), GRBL_LASER, Setup(air=True))

    assert whole() == data
    seconds = best(whole, 3)
    lines = data.count(b"\n")
    size = f"{grid.power.size / 1e6:.0f} M dots, {len(made)} rows, {lines:,} lines, {len(data) / 1e6:.1f} MB"
    print(f"photo to G-code: {seconds:.2f} s CPU, peak {peak(whole):.0f} MB ({size})")
    for name, work in (
        ("dots", lambda: bitmap(picture, raster)),
        ("rows and moves", lambda: moves(rows(grid), SCAN, PLACE)),
        ("text", lambda: program(path, GRBL_LASER, Setup())),
    ):
        print(f"  of it {name}: {best(work, 3) * 1000:.0f} ms")
    checked = best(lambda: check(data, GRBL_LASER, LIMITS), 3)
    print(f"  preflight of it: {checked:.2f} s, peak {peak(lambda: check(data, GRBL_LASER, LIMITS)):.0f} MB")
    loop = best(lambda: by_fstrings(path), 3)
    ratio = loop / best(lambda: program(path, GRBL_LASER, Setup()), 3)
    print(f"  text by f-strings: {loop:.2f} s, {ratio:.0f} times as long")
    pace = f"at up to {SCAN.speed:g} mm/s and {SCAN.controller.rate:g} lines/s"
    print(f"  on the machine: {report.time / 60:.0f} min {pace}")


def scores(made: Picture, wanted: Picture) -> str:
    return "  ".join(f"{likeness(made, wanted, sigma):.4f}" for sigma in SIGMAS)


def main() -> None:
    picture = design()
    stages(picture)
    wanted = 1 - picture.lightness.astype(np.float64)
    blurs = " and ".join(f"{sigma * INTERVAL:g}" for sigma in SIGMAS)
    print(f"likeness to the photo (SSIM, both blurred by sigma {blurs} mm), from the bytes:")
    for name in (*DITHERS, GREYSCALE):
        data = program(moves(rows(bitmap(picture, Raster(INTERVAL, name))), SCAN, PLACE), GRBL_LASER, Setup())
        report = check(data, GRBL_LASER, LIMITS)
        print(f"  {name:15} {scores(burnt_by(data), wanted)}  {report.lines:>7,} lines, {report.time / 60:.0f} min")
    grey = Image.fromarray(np.rint(picture.lightness * 255).astype(np.uint8))
    one_way = 1 - np.asarray(grey.convert("1"), dtype=np.float64)
    print(f"  Pillow's dots   {scores(one_way, wanted)}  (Floyd-Steinberg, one way)")


if __name__ == "__main__":
    main()
