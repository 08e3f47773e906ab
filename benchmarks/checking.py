"""Programs checked: lines a second that the parser and preflight take, and what a file of 200 MB takes to be checked,
each time as a process of its own: by preflight in parts, and held against its body.

The baseline of the parser is a regular expression that reads the same words of the same lines; that of memory is a
process that imports the same and reads nothing.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final, cast

from manifold3d import Manifold

from fulfillment.slicers import Printer, evidence
from gcode.dialects import MARLIN_FDM, Setup
from gcode.limits import Limits
from gcode.parse import parse
from gcode.preflight import check
from gcode.recipe import Motion
from gcode.slicing.check.verdict import printed
from gcode.slicing.check.wanted import Piece
from gcode.slicing.plate import Placed, program
from gcode.slicing.profile import Infill, Pattern, Profile, Speeds
from gcode.slicing.slicer import Memory, slice_solid
from gcode.slicing.solid import Solid

SIZE: Final = 200_000_000
PROFILE: Final = Profile(infill=Infill(Pattern.GYROID, 0.45), speeds=Speeds(z=10.0))
SIDE, X, Y = 150.0, 20.0, 20.0
LIMITS: Final = Limits(
    envelope=(0, 0, 0, 200, 200, 400),
    e_area=PROFILE.filament_area,
    max_flow=15.0,
    motion=Motion(1000, 8, (200, 200, 12, 60)),
    tool_temperature=(180, 240),
    bed_temperature=(40, 90),
    max_bytes=SIZE * 2,
    max_lines=20_000_000,
    max_time=1e9,
)
BED: Final = Printer(2 * X + SIDE, 2 * Y + SIDE, 400.0)
PART: Final = 1_000_000
SAMPLE: Final = 20_000_000
"""Bytes of it on which lines a second are measured."""
_LINE: Final = re.compile(rb"^([GMT])(\d+)((?: [A-Z]-?[\d.]+)*)", re.M)
_WORD: Final = re.compile(rb" ([A-Z])(-?[\d.]+)")


def block(tall: float) -> Solid:
    return Solid.from_manifold(Manifold.cube((SIDE, SIDE, tall)))


def file_of(layers: int) -> bytes:
    """A block filled by waves, as our own slicer makes it: many short lines."""
    memory = Memory()
    sliced = slice_solid(block(layers * PROFILE.height), PROFILE, memory)
    setup = Setup(tool_temperature=210.0, bed_temperature=60.0, lift=390.0, park=(0.0, 190.0), rise=10.0)
    return program([Placed(sliced, X, Y)], MARLIN_FDM, setup, memory=memory)


def parts(path: Path) -> Iterator[bytes]:
    """Of whole lines."""
    with path.open("rb") as file:
        while part := file.read(PART):
            yield part + file.readline()


def by_expression(data: bytes) -> object:
    return [_WORD.findall(line[3]) for line in _LINE.finditer(data)]


def alone(name: str, path: Path, layers: int) -> None:
    """One check of a file, as a process: what it found and what it took."""
    begun = time.process_time()
    found = "nothing was read"
    if name == "preflight":
        report = check(parts(path), MARLIN_FDM, LIMITS)
        found = f"{report.lines} lines, {report.volume:.0f} mm3, {[str(one) for one in report.findings] or 'good'}"
    elif name == "printed":
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            verdict = printed(cast(bytes, data), [Piece(block(layers * PROFILE.height), X, Y)], PROFILE)
        found = f"{verdict.layers} layers, {verdict.volume:.0f} mm3, {list(verdict.wrong) or 'good'}"
    elif name == "evidence":
        evidence.check(path.read_bytes(), block(layers * PROFILE.height), PROFILE, BED)
        found = "good (with the file itself in memory)"
    # Not getrusage's: that begins with what the process had that started this one.
    status = Path("/proc/self/status").read_text().splitlines()
    peak = int(next(line.split()[1] for line in status if line.startswith("VmHWM"))) / 1000
    print(f"{name:10} {time.process_time() - begun:6.1f} s CPU, {peak:5.0f} MB at most: {found}")


def rate(name: str, data: bytes, work: Callable[[bytes], object]) -> None:
    begun = time.process_time()
    work(data)
    seconds = time.process_time() - begun
    print(f"{name:32} {data.count(10) / seconds / 1e6:6.2f} million lines a second of CPU")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alone", nargs=3, metavar=("CHECK", "FILE", "LAYERS"), help="one check, and end")
    given = parser.parse_args(arguments)
    if given.alone:
        name, path, layers = given.alone
        alone(name, Path(path), int(layers))
        return
    few, more = (len(file_of(count)) for count in (20, 40))
    layers = 20 + round((SIZE - few) / (more - few) * 20)
    with tempfile.TemporaryDirectory(prefix="checking-") as folder:
        path = Path(folder) / "long.gcode"
        data = file_of(layers)
        path.write_bytes(data)
        print(f"a file of {len(data) / 1e6:.0f} MB, {data.count(10) / 1e6:.1f} million lines, {layers} layers")
        sample = data[: data.index(b"\n;LAYER", SAMPLE)]
        del data
        rate("a regular expression", sample[: SAMPLE // 10], by_expression)
        rate("parse", sample, parse)
        rate("preflight, at once", sample, lambda one: check(one, MARLIN_FDM, LIMITS, long=len(one)))
        rate("preflight, in pieces", sample, lambda one: check(one, MARLIN_FDM, LIMITS))
        for name in ("baseline", "preflight", "printed", "evidence"):
            argv = [sys.executable, "-m", "benchmarks.checking", "--alone", name, str(path), str(layers)]
            subprocess.run(argv, check=True)


if __name__ == "__main__":
    main()
