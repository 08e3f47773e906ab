"""PrusaSlicer's own estimate of its own files, with the same limits."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest
from manifold3d import Manifold

from fulfillment.slicers import Printer, slicer
from fulfillment.slicers.prusa import PROGRAM
from gcode.estimate import estimate
from gcode.recipe import Motion
from gcode.slicing.profile import Infill, Pattern, Profile, Retraction, Seam
from gcode.slicing.solid import Solid

pytestmark = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="prusa-slicer is not installed")

BED = Printer(200.0, 180.0, 150.0)
MODES = {
    "normal": Motion(
        1500, max_feed=(500, 500, 12, 120), jerks=(10, 10, 0.2, 2.5), max_acceleration=(9000, 9000, 500, 10_000)
    ),
    "silent": Motion(
        1250, max_feed=(200, 200, 12, 120), jerks=(10, 10, 0.4, 2.5), max_acceleration=(1000, 1000, 200, 5000)
    ),
}
"""Its own defaults of a Marlin printer, in both of its modes."""


def holed() -> Solid:
    hole = Manifold.cylinder(20.0, 4.0, 4.0, 48).translate((15.0, 10.0, -1.0))
    return Solid.from_manifold(Manifold.cube((30.0, 20.0, 8.0)) - hole)


def comb() -> Solid:
    """Thin teeth: many short ways and travels."""
    teeth = [Manifold.cube((1.6, 18.0, 3.0)).translate((4.0 * n, 2.0, 0.0)) for n in range(8)]
    whole = Manifold.cube((30.0, 3.0, 3.0))
    for tooth in teeth:
        whole += tooth
    return Solid.from_manifold(whole)


@pytest.mark.parametrize(
    ("body", "profile"),
    [
        (holed, Profile(infill=Infill(density=0.2))),
        (comb, Profile(seam=Seam.REAR, retraction=Retraction(hop=0.4))),
        (holed, Profile(infill=Infill(Pattern.GYROID, 0.15), height=0.28)),
    ],
)
def test_it_agrees_with_prusaslicer(body: Callable[[], Solid], profile: Profile) -> None:
    data = slicer("prusaslicer", BED).slice(body(), profile)
    for mode, motion in MODES.items():
        said = re.search(rb"estimated printing time \(%s mode\) = (?:(\d+)h )?(?:(\d+)m )?(\d+)s" % mode.encode(), data)
        assert said is not None
        theirs = sum(int(part or 0) * size for part, size in zip(said.groups(), (3600, 60, 1), strict=True))
        ours = estimate(data, motion)
        assert ours.seconds == pytest.approx(theirs, rel=0.007, abs=1.0)
    used = re.search(rb"filament used \[mm\] = ([\d.]+)", data)
    assert used is not None
    assert sum(ours.filament.values()) == pytest.approx(float(used[1]), rel=1e-3)
