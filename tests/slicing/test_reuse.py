"""Layers are computed once, and what is known gives the same bytes as what is computed afresh."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifold3d import Manifold

from gcode.dialects import MARLIN_FDM, Setup
from gcode.slicing.plate import Placed, program
from gcode.slicing.profile import Infill, Pattern, Profile, Retraction
from gcode.slicing.slicer import Memory, slice_solid
from gcode.slicing.solid import Solid

SETUP = Setup(tool_temperature=210.0, bed_temperature=60.0, lift=30.0, park=(0.0, 200.0))
PROFILES = {
    "usual": Profile(),
    "gyroid": Profile(infill=Infill(Pattern.GYROID, 0.25), top_layers=2, bottom_layers=1),
    "hops": Profile(retraction=Retraction(hop=0.4), perimeters=3, infill=Infill(Pattern.GRID, 0.3)),
}


def printed(body: Solid, profile: Profile, memory: Memory | None = None) -> bytes:
    sliced = slice_solid(body, profile, memory)
    return program([Placed(sliced, 40.0, 40.0)], MARLIN_FDM, SETUP, memory=memory)


@pytest.mark.parametrize("name", list(PROFILES))
def test_what_is_known_gives_the_same_bytes(name: str, name_tag: Callable[[str], Solid]) -> None:
    profile, memory = PROFILES[name], Memory()
    fresh = {text: printed(name_tag(text), profile) for text in ("Ada", "Grace")}
    for text in ("Ada", "Grace", "Ada", "Grace"):
        assert printed(name_tag(text), profile, memory) == fresh[text]
    assert fresh["Ada"] != fresh["Grace"]


def test_the_body_of_a_tag_is_computed_once_for_all_names(name_tag: Callable[[str], Solid]) -> None:
    memory, profile = Memory(), Profile()
    slice_solid(name_tag("Ada"), profile, memory)
    first = memory.computed
    layers = slice_solid(name_tag("Grace"), profile, memory).layers
    other = memory.computed - first
    assert first <= 7 < len(layers) and other < first
    slice_solid(name_tag("Grace"), profile, memory)
    assert memory.computed == first + other


def test_layers_of_a_prism_are_computed_once() -> None:
    memory = Memory()
    layers = slice_solid(Solid.from_manifold(Manifold.cube((20.0, 20.0, 40.0))), Profile(), memory).layers
    assert len(layers) == 200 and memory.computed <= 8
    assert layers[100] is layers[102] and layers[100] is not layers[101]


def test_another_profile_has_layers_of_its_own(name_tag: Callable[[str], Solid]) -> None:
    memory, body = Memory(), name_tag("Ada")
    for profile in (Profile(), replace(Profile(), perimeters=3), replace(Profile(), seam=Profile().seam)):
        assert printed(body, profile, memory) == printed(body, profile)


def test_what_was_not_asked_for_longest_is_forgotten(name_tag: Callable[[str], Solid]) -> None:
    small = Memory(3)
    assert printed(name_tag("Ada"), Profile(), small) == printed(name_tag("Ada"), Profile())
    assert small.computed >= 5


@settings(max_examples=12, deadline=None)
@given(
    heights=st.lists(st.integers(1, 12), min_size=1, max_size=3),
    sizes=st.lists(st.floats(4.0, 20.0), min_size=3, max_size=3),
    pattern=st.sampled_from(list(Pattern)),
)
def test_any_stack_of_blocks_is_the_same_from_memory(heights: list[int], sizes: list[float], pattern: Pattern) -> None:
    body, floor = Manifold(), 0.0
    for tall, size in zip(heights, sizes, strict=False):
        body += Manifold.cube((size, size + 2.0, 0.2 * tall + 0.05)).translate((0.0, 0.0, floor))
        floor += 0.2 * tall
    solid, profile, memory = Solid.from_manifold(body), Profile(infill=Infill(pattern, 0.3)), Memory()
    known = [printed(solid, profile, memory) for _ in range(2)]
    assert known[0] == known[1] == printed(solid, profile)


PROGRAM = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from manifold3d import CrossSection, Manifold
from gcode.dialects import MARLIN_FDM, Setup
from gcode.slicing.plate import Placed, program
from gcode.slicing.profile import Infill, Pattern, Profile
from gcode.slicing.slicer import slice_solid
from gcode.slicing.solid import Solid
body = Manifold.sphere(8.0, 40).trim_by_plane((0.0, 0.0, 1.0), -5.0) - Manifold.cylinder(30.0, 2.0, 3.0, 20, True)
sliced = slice_solid(Solid.from_manifold(body), Profile(infill=Infill(Pattern.GYROID, 0.2)))
print(hashlib.sha256(program([Placed(sliced, 50.0, 50.0)], MARLIN_FDM, Setup())).hexdigest())
"""


def test_two_processes_give_the_same_bytes(tmp_path: Path) -> None:
    root = str(Path(__file__).resolve().parents[2])
    found = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM, root],
            env={"PYTHONHASHSEED": seed},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout.strip()
        for seed in ("1", "77")
    ]
    assert found[0] == found[1] and len(found[0]) == len(hashlib.sha256().hexdigest())


def test_position_is_no_matter_of_layers(lettering: Callable[..., Any]) -> None:
    """The same layers, written somewhere else, are the same lines with other places."""
    sliced = slice_solid(Solid.from_manifold(Manifold.extrude(lettering("A", 10.0), 1.0)), Profile())
    memory = Memory()
    here, there = (program([Placed(sliced, x, 30.0)], MARLIN_FDM, SETUP, memory=memory) for x in (20.0, 50.0))
    assert here != there
    assert len(here.splitlines()) == len(there.splitlines())
    assert memory.computed == 0
