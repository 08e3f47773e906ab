"""Bodies of orders sliced by us and by PrusaSlicer, in one run, with the same numbers: height, widths, speeds, infill.

PrusaSlicer runs as a whole process, with seams at the rear, and as it does by default (aligned). We run as a whole
process that reads the same triangles (cold); in a process that is warm, from triangles to bytes, with nothing known
(warm), with the layers of three other customers' bodies known (reused), and with its own (again). Each round is another
customer's body. CPU is user and system time of all threads; figures are medians, ratios are taken body by body.

Then, for the first body: material laid without sparse places against the model's volume, peak memory, and how long
PrusaSlicer's own file takes by its word and by our estimate.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from benchmarks.bodies import CASES, Case
from benchmarks.slice_one import DEEP, WIDE, printed, written
from fulfillment.slicers import Printer
from fulfillment.slicers.asking import stl
from fulfillment.slicers.prusa import PROGRAM, keys_of
from gcode.estimate import estimate
from gcode.parse import parse
from gcode.recipe import Motion
from gcode.slicing.profile import Profile, Seam
from gcode.slicing.slicer import Memory
from gcode.slicing.solid import Solid
from gcode.trace import trace

ROOT: Final = Path(__file__).parents[1]
BED: Final = Printer(WIDE, DEEP, 150.0)
ROUNDS: Final = 5
KNOWN: Final = 3
"""Customers before these."""
PRUSAS: Final = {"rear": Seam.REAR, "default": Seam.CORNER}
THEIRS: Final = Motion(
    1500, max_feed=(500, 500, 12, 120), jerks=(8, 10, 0.2, 2.5), max_acceleration=(9000, 9000, 500, 10_000)
)
"""The machine that PrusaSlicer assumes."""
AIMS: Final = {"warm": 0.1, "reused": 0.02, "cold": 0.5}
"""Of PrusaSlicer's default, in CPU."""


@dataclass(frozen=True, slots=True)
class Cost:
    """s, s, MB."""

    cpu: float
    wall: float
    peak: float = 0.0


HELPER: Final = """
import os, sys, time
begun = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
figures = usage.ru_utime + usage.ru_stime, time.perf_counter() - begun, usage.ru_maxrss / 1000
print("\\n", os.waitstatus_to_exitcode(status), *figures)
"""
"""A small process that starts the one that is measured: a peak of memory begins with that of who started it."""


def alone(argv: Sequence[str], folder: Path) -> Cost:
    """A whole process with all its threads."""
    ended = subprocess.run(
        [sys.executable, "-S", "-E", "-c", HELPER, *argv],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    status, *figures = ended.stdout.splitlines()[-1].split()
    if status != "0":
        raise SystemExit(f"{argv[0]} ended with {status}: {ended.stdout[-500:]}")
    return Cost(*map(float, figures))


def warm(work: Callable[[], object]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def prusas(body: Solid, profile: Profile, folder: Path) -> tuple[Cost, bytes]:
    (folder / "body.stl").write_bytes(stl(body))
    written(folder, body, profile)
    (folder / "keys.ini").write_text("".join(f"{key} = {value}\n" for key, value in keys_of(profile, BED).items()))
    middle = f"{BED.x / 2:g},{BED.y / 2:g}"
    argv = [PROGRAM, "--load", "keys.ini", "--export-gcode", "--output", "out.gcode", "--center", middle, "body.stl"]
    cost = alone(argv, folder)
    return cost, (folder / "out.gcode").read_bytes()


@dataclass(slots=True)
class Found:
    costs: dict[str, list[Cost]] = field(default_factory=dict)

    def add(self, name: str, cost: Cost) -> None:
        self.costs.setdefault(name, []).append(cost)

    def cpu(self, name: str) -> float:
        return statistics.median(cost.cpu for cost in self.costs[name])

    def wall(self, name: str) -> float:
        return statistics.median(cost.wall for cost in self.costs[name])

    def peak(self, name: str) -> float:
        return max(cost.peak for cost in self.costs[name])

    def ratio(self, name: str, base: str) -> float:
        """The median of ratios, body by body."""
        pairs = zip(self.costs[name], self.costs[base], strict=True)
        return statistics.median(one.cpu / other.cpu for one, other in pairs)


def measured(name: str, rounds: int, folder: Path) -> Found:
    case, found, memory = CASES[name], Found(), Memory()
    for number in range(rounds, rounds + KNOWN):
        printed(case.solid(number), case.profile, memory)
    for number in range(rounds):
        solid = case.solid(number)
        for which, seam in PRUSAS.items():
            found.add(which, prusas(solid, replace(case.profile, seam=seam), folder)[0])
        found.add("cold", alone([sys.executable, "-m", "benchmarks.slice_one", "."], folder))
        mesh = solid.vertices, solid.faces
        found.add("warm", warm(lambda mesh=mesh: printed(Solid.of(*mesh), case.profile)))  # type: ignore[misc]
        found.add("reused", warm(lambda mesh=mesh: printed(Solid.of(*mesh), case.profile, memory)))  # type: ignore[misc]
        found.add("again", warm(lambda mesh=mesh: printed(Solid.of(*mesh), case.profile, memory)))  # type: ignore[misc]
    return found


def laid(data: bytes, profile: Profile) -> float:
    """mm3 of beads."""
    moves = trace(parse(data))
    return float(moves.e[moves.lays].sum()) * profile.filament_area


def said(data: bytes) -> float:
    """Seconds that PrusaSlicer says its file takes."""
    words = re.search(rb"(?m)^; estimated printing time \(normal mode\) = (.*)$", data)
    if words is None:
        raise SystemExit("PrusaSlicer's file does not say how long it takes")
    units = {b"d": 86400.0, b"h": 3600.0, b"m": 60.0, b"s": 1.0}
    return sum(float(number) * units[unit] for number, unit in re.findall(rb"(\d+)([dhms])", words[1]))


def shown(name: str, case: Case, found: Found, folder: Path) -> None:
    print(f"{name}: CPU, of it to PrusaSlicer's rear and default, wall")
    for which in ("rear", "default", "cold", "warm", "reused", "again"):
        ratios = " ".join(f"{found.ratio(which, base):6.3f}" for base in PRUSAS)
        aim = f"  aim {AIMS[which]:g} of default" if which in AIMS else ""
        peak = f"  {found.peak(which):4.0f} MB" if found.peak(which) else ""
        print(f"  {which:8} {found.cpu(which) * 1000:8.1f} ms  {ratios}  {found.wall(which) * 1000:8.1f} ms{peak}{aim}")
    solid = case.solid(0)
    other = prusas(solid, case.filled, folder)[1]
    ours, theirs = (laid(data, case.filled) / solid.volume - 1 for data in (printed(solid, case.filled), other))
    print(f"  solid, laid against the model's {solid.volume:.0f} mm3: ours {ours:+.2%}, PrusaSlicer's {theirs:+.2%}")
    data = prusas(solid, case.profile, folder)[1]
    theirs, ours = said(data), estimate(data, THEIRS).seconds
    print(f"  PrusaSlicer's file: {theirs:.0f} s by its word, ours {ours / theirs - 1:+.2%}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(CASES), help="bodies; none: all")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="bodies of each kind")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="slicing-") as name:
        folder = Path(name)
        for one in given.names:
            shown(one, CASES[one], measured(one, given.rounds, folder), folder)


if __name__ == "__main__":
    main()
