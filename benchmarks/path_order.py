"""Way between strokes, and the CPU it costs to find the order: ours, vpype's linesort, and LKH, on the same strokes.

Travel is mm between the strokes, from wherever the first one begins. vpype and LKH (elkai) run in an environment of
their own, which ``sh benchmarks/vpype/install.sh`` makes; their imports are not counted, nor is ours. LKH is near
the shortest there is, and takes long: it is asked up to LKH_MOST strokes. Closed strokes begin where they were drawn,
for all of them, unless ``--begins`` lets ours choose, as it does in use. CPU is the median of REPEATS runs; LKH has
one.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from HersheyFonts import HersheyFonts

from gcode.geometry import Line, Transform, arc, bezier
from gcode.order import EFFORT, ordered, travel

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".vendors/vpype/venv/bin/python"
SORT = ROOT / "benchmarks/vpype/order.py"
SEEDS = (9001, 9002, 9003)
"""Not those that anything was tuned on."""
LKH_MOST = 1_100
REPEATS = 3
WORDS = "the quick brown fox jumps over a lazy dog while five boxing wizards pack my liquor jugs"


def random_strokes(random: np.random.Generator, count: int = 1_000) -> list[Line]:
    """Short segments anywhere."""
    begin, angle = random.uniform(0, 100 * math.sqrt(count / 1_000), (count, 2)), random.uniform(0, 2 * np.pi, count)
    way = random.uniform(0, 5, count)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return list(np.stack([begin, begin + way], axis=1))


def text(random: np.random.Generator) -> list[Line]:
    """Lines of single-stroke writing, in the order in which they would be written."""
    font = HersheyFonts()
    font.load_default_font("futural")
    font.normalize_rendering(6.0)
    lines = []
    for row in range(14):
        words = " ".join(random.choice(WORDS.split(), 7))
        lines += [np.array(stroke, dtype=float) * [1, -1] - [0.0, row * 9.0] for stroke in font.strokes_for_text(words)]
    return lines


def hatch(random: np.random.Generator) -> list[Line]:
    """Discs filled by parallel lines at an angle of their own, the lines in no order."""
    lines: list[Line] = []
    for _ in range(6):
        radius, (x, y) = random.uniform(8, 25), random.uniform(0, 120, 2)
        turn = Transform.rotate(random.uniform(0, 180)).then(Transform.move(x, y))
        for height in np.arange(-radius + 0.2, radius, 0.4):
            half = math.sqrt(radius**2 - height**2)
            lines.append(turn(np.array([[-half, height], [half, height]])))
    return [lines[number] for number in random.permutation(len(lines))]


def drawing(random: np.random.Generator) -> list[Line]:
    """As of an SVG: stars, circles in circles, and curves, in the order of their layers."""
    lines: list[Line] = []
    for x, y in random.uniform(0, 180, (120, 2)):
        rays = int(random.integers(4, 9))
        angles = np.linspace(0, 2 * np.pi, 2 * rays + 1)
        radii = np.where(np.arange(2 * rays + 1) % 2, 1.5, random.uniform(2, 4))
        lines.append(np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1))
    for x, y in random.uniform(0, 180, (60, 2)):
        lines += [arc((x, y), radius, random.uniform(0, 6), 2 * np.pi) for radius in (1.0, 2.0, 3.0)]
    lines = [np.vstack([line[:-1], line[:1]]) for line in lines]
    for corner in random.uniform(0, 180, (300, 2)):
        points = corner + np.cumsum(random.normal(0, 5, (4, 2)), axis=0)
        lines.append(np.vstack([points[:1], bezier(points, 0.05)]))
    return lines


CASES: dict[str, Callable[[np.random.Generator], list[Line]]] = {
    "random": random_strokes,
    "text": text,
    "hatch": hatch,
    "drawing": drawing,
    "large": lambda random: random_strokes(random, 10_000),
}


def ours(strokes: Sequence[Line], effort: float) -> tuple[float, float]:
    """Travel and seconds of CPU."""
    begin = time.process_time()
    found = ordered(strokes, None, effort=effort)
    seconds = time.process_time() - begin
    assert len(found) == len(strokes)
    return travel(found, None), seconds


def theirs(strokes: Sequence[Line], by: str) -> tuple[float, float]:
    task = {"ends": [[line[0].tolist(), line[-1].tolist()] for line in strokes], "by": by}
    done = subprocess.run([str(PYTHON), str(SORT)], input=json.dumps(task), capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert sorted(number for number, _ in answer["order"]) == list(range(len(strokes)))
    found = [strokes[number][::-1] if back else strokes[number] for number, back in answer["order"]]
    return travel(found, None), answer["seconds"]


def repeated(run: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    """Travel, which is always the same, and the median of CPU."""
    found = [run() for _ in range(REPEATS)]
    return found[0][0], statistics.median(seconds for _, seconds in found)


def compared(name: str, seeds: Sequence[int], efforts: Sequence[float], *, choose: bool, vendors: bool) -> None:
    sets = [CASES[name](np.random.default_rng(seed)) for seed in seeds]
    asked: dict[str, Callable[[Sequence[Line]], tuple[float, float]]] = {}
    ends = [[line[[0, -1]] for line in strokes] for strokes in sets]
    if vendors:
        asked["linesort"] = lambda strokes: repeated(lambda: theirs(strokes, "linesort"))
        asked["linesort --two-opt"] = lambda strokes: repeated(lambda: theirs(strokes, "two-opt"))
    for effort in efforts:
        asked[f"ours, effort {effort:g}"] = lambda strokes, effort=effort: repeated(lambda: ours(strokes, effort))  # type: ignore[misc]
    if vendors and max(map(len, sets)) <= LKH_MOST:
        asked["LKH"] = lambda strokes: theirs(strokes, "lkh")
    found = {
        who: np.mean([ask(strokes) for strokes in (sets if choose and who.startswith("ours") else ends)], axis=0)
        for who, ask in asked.items()
    }
    print(f"{name}: {np.mean([len(strokes) for strokes in sets]):.0f} strokes, mean of {len(seeds)} seeds")
    base, best = found.get("linesort --two-opt"), found.get("LKH")
    for who, (way, seconds) in found.items():
        line = f"  {who:24s} {way:9.1f} mm  {seconds:8.3f} s"
        if base is not None:
            line += f"   of two-opt's: travel {way / base[0]:.3f}, CPU {seconds / base[1]:.2f}"
        print(line + (f"; of LKH's travel: {way / best[0]:.3f}" if best is not None else ""))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES)[:-1])
    parser.add_argument("--efforts", type=float, nargs="+", default=[0, 0.1, EFFORT], help="kicks for each stroke")
    parser.add_argument("--begins", action="store_true", help="ours may choose where closed strokes begin")
    options = parser.parse_args(arguments)
    if not PYTHON.exists():
        print("  vpype: not installed; `sh benchmarks/vpype/install.sh` installs it. Ours alone:")
    for name in options.cases:
        compared(name, options.seeds, options.efforts, choose=options.begins, vendors=PYTHON.exists())


if __name__ == "__main__":
    main()
