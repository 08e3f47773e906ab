"""A profile says what can be printed, or which value cannot, its range and the mend."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest

from gcode.slicing.profile import (
    Adhesion,
    Cooling,
    Infill,
    Profile,
    ProfileError,
    Retraction,
    Role,
    Speeds,
    Widths,
)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"nozzle": 0.0}, r"nozzle of the profile is 0: write 0\.1 to 2"),
        ({"nozzle": math.nan}, "nozzle of the profile is nan"),
        ({"height": 0.35}, r"layers of 0\.35 mm with a nozzle of 0\.4 mm"),
        ({"first_height": 0.4}, r"layers of 0\.4 mm"),
        ({"widths": Widths(outer=0.2)}, r"widths\.outer is 0\.2 mm with a nozzle of 0\.4 mm: write 0\.24 to 1"),
        ({"widths": Widths(first=1.2)}, r"widths\.first is 1\.2 mm"),
        ({"perimeters": -1}, "perimeters of the profile is -1: write 0 to 50"),
        ({"infill": Infill(density=1.2)}, r"density of infill is 1\.2: write 0 to 1"),
        ({"speeds": Speeds(outer=0.0)}, "outer of speeds is 0"),
        ({"retraction": Retraction(length=-1.0)}, "length of retraction is -1"),
        ({"adhesion": Adhesion(brim=math.inf)}, "brim of adhesion is inf"),
        ({"cooling": Cooling(fan=0.2, fan_least=0.5)}, "fan_least is more than cooling.fan"),
        ({"cooling": Cooling(least_time=30.0, fan_full_below=10.0)}, "fan_full_below is less"),
        ({"overhang": 90.0}, "overhang of the profile is 90"),
    ],
)
def test_what_cannot_be_printed_is_told(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ProfileError, match=told):
        replace(Profile(), **change)


@pytest.mark.parametrize("part", ["widths", "speeds", "cooling", "retraction", "infill", "adhesion"])
def test_every_number_of_a_part_is_looked_at(part: str) -> None:
    """A number that is none is refused wherever it stands."""
    whole = Profile()
    values = getattr(whole, part)
    for one in fields(values):
        if isinstance(getattr(values, one.name), (int, float)):
            with pytest.raises(ProfileError, match=one.name):
                replace(whole, **{part: replace(values, **{one.name: math.nan})})


def test_every_role_has_a_speed_and_the_first_layer_is_never_faster() -> None:
    speeds = Speeds(first=15.0, bridge=12.0)
    for role in Role:
        assert speeds.of(role, first=False) > 0
        assert speeds.of(role, first=True) == min(speeds.of(role, first=False), 15.0)
    assert speeds.of(Role.OVERHANG, first=False) == 12.0


def test_a_larger_nozzle_lays_thicker_layers() -> None:
    wide = Widths(0.9, 0.9, 0.9, 0.9, 0.9)
    profile = Profile(nozzle=0.8, height=0.5, first_height=0.4, widths=wide)
    assert profile.least_bead == pytest.approx(0.2)
    assert profile.filament_area == pytest.approx(2.405, abs=0.001)
    assert profile.reach(0.5) == pytest.approx(0.5 * math.tan(math.radians(50.0)))
