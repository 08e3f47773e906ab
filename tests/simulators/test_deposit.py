"""Flow against the exponential, volume against what was displaced, widths against A / h."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.deposit import Beads, Pump, lay, leaves, row
from simulators.motion import Limits, Planner

FAST = Limits(
    feedrate=(500, 500, 500, 500),
    acceleration=(1e7, 1e7, 1e7, 1e7),
    printing=1e7,
    retracting=1e7,
    travel=1e7,
    deviation=1e3,
)
"""Accelerations so high that speed is constant along a line."""


def made(pump: Pump, moves: list[tuple[float, float, float, float, float]], until: float = 1e6) -> Beads:
    planner = Planner(FAST, 1000)
    place = (0.0, 0.0, moves[0][2])
    for x, y, z, e, feed in moves:
        assert planner.append(0.0, place, (x, y, z), e, feed)
        place = (x, y, z)
    planner.advance(1e9, flush=True)
    return lay([row(block) for block in planner.done], pump, until)


def test_without_lag_the_width_is_volume_over_length_and_height() -> None:
    beads = made(Pump(area=2.0), [(40, 0, 1.5, 30, 20)])
    assert beads.volume.sum() == pytest.approx(60)
    assert beads.width == pytest.approx(60 / 40 / 1.5, rel=1e-3)


def test_with_lag_the_flow_rises_as_an_exponential() -> None:
    lag, speed = 0.5, 20.0
    beads = made(Pump(area=1.0, lag=lag), [(60, 0, 1, 60, speed)], until=3.1)
    middle = (beads.begun + beads.ended) / 2 - beads.begun[0]
    flow = beads.volume / (beads.ended - beads.begun)
    expected = speed * (1 - np.exp(-middle / lag))
    assert np.max(np.abs(flow - expected)) < 0.005 * speed
    assert beads.volume.sum() == pytest.approx(60 - speed * lag * (1 - math.exp(-3.0 / lag)), rel=1e-3)


def test_what_the_pump_holds_runs_out_behind_the_line() -> None:
    pump = Pump(area=1.0, lag=0.5)
    beads = made(pump, [(60, 0, 1, 60, 20), (60, 20, 1, 0, 40)])
    travel = (beads.start[:, 1] > 1e-9) & np.any(beads.start != beads.end, axis=1)
    stored = 20 * 0.5 * (1 - math.exp(-3 / 0.5))
    assert beads.volume[travel].sum() == pytest.approx(stored * (1 - math.exp(-0.5 / 0.5)), rel=0.02)
    assert beads.volume.sum() == pytest.approx(60, rel=1e-6)  # in the end all of it leaves
    assert made(Pump(area=1.0), [(60, 0, 1, 60, 20), (60, 20, 1, 0, 40)]).start[:, 1].max() < 1e-9


def test_a_retraction_is_filled_before_anything_leaves() -> None:
    beads = made(
        Pump(area=1.0),
        [(10, 0, 1, 10, 20), (10, 0, 1, -2, 20), (10, 10, 1, 0, 20), (10, 10, 1, 2, 20), (20, 10, 1, 10, 20)],
    )
    assert beads.volume.sum() == pytest.approx(20)
    at_rest = np.all(beads.start == beads.end, axis=1)
    assert beads.volume[at_rest].sum() == pytest.approx(0, abs=1e-6)


def test_a_second_layer_lies_on_the_first() -> None:
    beads = made(Pump(area=1.0), [(40, 0, 0.2, 8, 20), (40, 0, 0.4, 0, 20), (0, 0, 0.4, 8, 20)])
    assert beads.width == pytest.approx(1.0, rel=1e-3)


def test_a_blob_grows_with_what_leaves_at_rest() -> None:
    beads = made(Pump(area=1.0), [(0, 0, 1.0, 3, 1)])
    assert beads.width.max() == pytest.approx(2 * math.sqrt(3 / math.pi), rel=1e-3)
    assert np.all(np.diff(beads.width) > 0)


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.001, 10), st.floats(0, 2))
def test_volume_is_neither_made_nor_lost(stored: float, volume: float, duration: float, lag: float) -> None:
    out, after = leaves(stored, volume, duration, lag)
    assert out >= -1e-9
    assert out + after == pytest.approx(stored + volume, abs=1e-9)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.01, 5), st.floats(0.05, 2), st.floats(0.05, 0.95))
def test_two_halves_leave_what_the_whole_leaves(
    stored: float, volume: float, duration: float, lag: float, share: float
) -> None:
    whole, end = leaves(stored, volume, duration, lag)
    first, middle = leaves(stored, volume * share, duration * share, lag)
    second, halved = leaves(middle, volume * (1 - share), duration * (1 - share), lag)
    assert first + second == pytest.approx(whole, abs=1e-9)
    assert halved == pytest.approx(end, abs=1e-9)
