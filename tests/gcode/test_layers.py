"""Lettering of several layers: each the same, a bead's height above the one below, with time to set between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gcode.design import Zone
from gcode.dialects import MARLIN_FOOD, Setup
from gcode.frosting import plan
from gcode.parse import parse
from gcode.proof import beads, heights
from gcode.recipe import Bead, Place
from gcode.strokefont import StrokeFont
from gcode.text import Fit, fit
from gcode.trace import trace
from gcode.write import program

SHEET = Place(20, 20, 0.3)


@pytest.mark.parametrize("layers", [1, 2, 5])
def test_each_layer_is_the_same_and_higher(layers: int, bead: Bead, strokes: StrokeFont) -> None:
    word = fit("Ada", strokes, Zone("word", 0, 0, 80, 30), Fit(10, margin=0.6)).drawing
    tall = replace(bead, layers=layers, layer_rest=12.0)
    data = program(plan(None, [word], tall, place=SHEET), MARLIN_FOOD, Setup(cold_extrusion=True))
    made, z = beads(data, tall, SHEET), heights(data)
    levels = [round(0.3 + bead.height * number, 3) for number in range(1, layers + 1)]
    assert sorted(set(np.round(z, 3).tolist())) == levels
    first = made.only(np.isclose(z, levels[0]))
    for level in levels:
        same = made.only(np.isclose(z, level))
        assert np.array_equal(same.start, first.start) and np.array_equal(same.end, first.end)
    rests = trace(parse(data))
    assert data.count(b"G4 P12000") == layers - 1
    travel = ~rests.lays & (np.abs(rests.end[:, :2] - rests.start[:, :2]).sum(axis=1) > 0)
    below = rests.start[travel][:, 2]
    done = np.maximum.accumulate(np.where(rests.lays, rests.end[:, 2], 0.0))[travel]
    assert (below >= done - 1e-9).all(), "no travel through what was laid"
