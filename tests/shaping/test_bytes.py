"""The same content gives the same bytes, in any process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SHAPES = """
import hashlib, sys
import numpy as np
from gcode.design import Drawing, Tone
from gcode.shaping.areas import area_of, disc, prism, rectangle
from gcode.shaping.cutter import cutter
from gcode.shaping.dress import STYLES, dressed, embossed
from gcode.shaping.lithophane import lithophane
from gcode.shaping.topper import Sticks, topper
from gcode.slicing.solid import Solid

rng = np.random.default_rng(5)
blots = Drawing(outlines=tuple(rng.uniform(5, 35, (9, 2)) for _ in range(4)))
ring = area_of([Drawing(outlines=(np.array([(10.0, 10), (40, 12), (44, 40), (20, 36)]),))], 0.45)
plate = prism(rectangle(0, 0, 60, 40), 0.0, 2.0)
tone = Tone(rng.random((40, 60)).astype(np.float32), 3.0, 3.0, 30.0, 20.0)
found = {style: dressed(plate, area_of([blots], 0.45), style, 2.0, 1.0) for style in STYLES}
found["photo"] = embossed(plate, tone, 0.45, "raised", 2.0, 1.0)
found["cutter"] = cutter(ring, 30.0, 0.9, 4.0, 2.0, 14.0)
found["flat"] = lithophane(tone, 0.45, 0.8, 2.8, 3.0, 0.0)
found["curved"] = lithophane(tone, 0.45, 0.8, 2.8, 3.0, 90.0)
found["topper"] = topper(ring + disc(30, 46, 3.0), 2.4, 4.0, Sticks(2, 60.0, 4.0))
for name, bodies in found.items():
    for part, body in bodies.items():
        solid = Solid.from_manifold(body)
        print(name, part, hashlib.sha256(solid.vertices.tobytes() + solid.faces.tobytes()).hexdigest())
"""


@pytest.mark.parametrize("seeds", [("1", "2")])
def test_two_processes_give_the_same_bytes(seeds: tuple[str, ...]) -> None:
    said = [
        subprocess.run(
            [sys.executable, "-c", SHAPES],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in seeds
    ]
    assert said[0] == said[1]
    assert len(set(said[0].split())) > 20, "and each is another body"
