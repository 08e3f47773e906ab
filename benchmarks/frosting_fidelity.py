"""How well a photo comes out in frosting: what the simulated machine laid, held against the design's tone.

The simulator (a separate program) plays the program's bytes and draws what was deposited, with no pump lag and with 0.3
s. Its picture and the aimed coverage are both blurred by one bead (sigma = one row distance: the eye at an arm's
length), sampled at 2 px/mm, so that SSIM's window of Gaussian weights spans some millimetres, and compared. The
baseline is the usual way, the same path at a constant speed whose *flow* follows the photo: equal without lag, and
smeared with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.filters import gaussian
from skimage.metrics import structural_similarity

from benchmarks.photo import BEAD, PHOTO
from gcode.design import Tone, Zone
from gcode.dialects import MARLIN_FOOD, Setup
from gcode.frosting import E_DECIMALS, Polarity, coverage, photo_paths, plan
from gcode.photo import tone
from gcode.recipe import Motion, Place
from gcode.toolpath import Kind, Toolpath, settled
from gcode.write import program

MOTION = Motion(acceleration=500.0, jerk=8.0)
PLACE = Place(60.0, 60.0, 10.0)
PX_PER_MM = 10
LAG = 0.3
Picture = NDArray[np.float64]


@dataclass(frozen=True)
class Played:
    coverage: Picture
    """0 to 1 by pixel, row 0 at the top, of the zone alone."""
    seconds: float
    """Of motion."""


def design() -> Tone:
    return tone(np.asarray(Image.open(PHOTO)), Zone("photo", 0, 0, 100, 70), BEAD.pitch)


def by_flow(picture: Tone) -> Toolpath:
    """The baseline: the same rows at their mean speed, the amount of each piece as the photo wants it."""
    ((points, speed),) = photo_paths(picture, BEAD, MOTION, Polarity.DARK_ON_LIGHT)
    steps = np.hypot(*np.diff(points, axis=0).T)
    amounts = settled(steps * BEAD.flow / (speed * BEAD.e_area), E_DECIMALS)
    mean = steps.sum() / (steps / speed).sum()
    at = points + np.array([PLACE.x, PLACE.y])
    z = PLACE.surface + BEAD.height
    first = Toolpath.rows(Kind.TRAVEL, 1, x=at[0, 0], y=at[0, 1], z=z, f=BEAD.travel)
    rows = Toolpath.rows(Kind.LINE, len(steps), x=at[1:, 0], y=at[1:, 1], e=amounts, f=float(mean))
    return Toolpath.join([first, rows])


def play(toolpath: Toolpath, lag: float, folder: Path) -> Played:
    """What the simulated machine lays."""
    setup = Setup(cold_extrusion=True, lift=30.0, park=(0.0, 180.0))
    source, picture, record = folder / "piece.gcode", folder / "piece.png", folder / "piece.json"
    source.write_bytes(program(toolpath, MARLIN_FOOD, setup))
    jerk = f"{MOTION.jerk},{MOTION.jerk},0.4,5"
    command = [
        sys.executable, "-m", "simulators", "marlin", "--play", str(source), "--picture", str(picture),
        "--json", str(record), "--flat", "--lag", str(lag), "--e-area", str(BEAD.e_area), "--surface-z",
        str(PLACE.surface), "--min-temp", "0", "--accel", str(MOTION.acceleration), "--jerk", jerk,
        "--piece", f"{PLACE.x},{PLACE.y},100,70", "--px-per-mm", str(PX_PER_MM), "--speed", "max",
        "--bead-colour", "#000000", "--surface-colour", "#ffffff", "--background-colour", "#ffffff",
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=120, stdout=subprocess.DEVNULL)
    grey = np.asarray(Image.open(picture).convert("L"), dtype=np.float64) / 255
    assert grey.shape == (70 * PX_PER_MM, 100 * PX_PER_MM), f"the picture is {grey.shape}, not the zone alone"
    return Played(1 - grey, float(json.loads(record.read_text())["motion_time"]))


def aimed(picture: Tone) -> Picture:
    """The coverage that the design asks for, by pixel of the simulator's picture."""
    x, y = np.meshgrid(
        (np.arange(100 * PX_PER_MM) + 0.5) / PX_PER_MM, 70 - (np.arange(70 * PX_PER_MM) + 0.5) / PX_PER_MM
    )
    return coverage(picture, BEAD, Polarity.DARK_ON_LIGHT).at(x, y)


def similarity(made: Picture, wanted: Picture, sigma: float = BEAD.pitch) -> float:
    """SSIM after the same blur of both, without the edge where the rows turn."""
    edge = round(BEAD.pitch * 1.5 * PX_PER_MM)
    step = PX_PER_MM // 2
    a, b = (gaussian(picture, sigma * PX_PER_MM)[edge:-edge:step, edge:-edge:step] for picture in (made, wanted))
    span = float(b.max() - b.min())
    return float(
        structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=span)
    )


def main() -> None:
    picture = design()
    ((points, speed),) = photo_paths(picture, BEAD, MOTION, Polarity.DARK_ON_LIGHT)
    steps = np.hypot(*np.diff(points, axis=0).T)
    wanted = aimed(picture)
    ours, baseline = plan(picture, [], BEAD, motion=MOTION, place=PLACE), by_flow(picture)
    mean = steps.sum() / (steps / speed).sum()
    way = f"{steps.sum() / 1000:.2f} m at {mean:.1f} mm/s mean"
    print(f"photo in frosting, 100 x 70 mm, pitch and sigma {BEAD.pitch} mm: {way}")
    missing = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, toolpath in (("speed", ours), ("flow", baseline)):
            for lag in (0.0, LAG):
                played = play(toolpath, lag, Path(folder))
                score = similarity(played.coverage, wanted)
                missing[name, lag] = 1 - score
                print(f"  {name:5} follows the photo, lag {lag} s: SSIM {score:.3f}, {played.seconds:.0f} s")
    ratio = missing["flow", LAG] / missing["speed", LAG]
    print(f"  at {LAG} s lag the way by flow misses {ratio:.1f} times as much of the picture as the way by speed")


if __name__ == "__main__":
    main()
