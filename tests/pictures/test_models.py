"""A body that is kept as GLB becomes any file of a body again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifold3d import Manifold

from fulfillment.cad.body import Built, Part
from fulfillment.cad.files import WRITERS, glb
from gcode.slicing.solid import Solid


def built(*colours: str) -> Built:
    solids = [Solid.from_manifold(Manifold.cube((10 + number, 5.0, 2.0))) for number in range(len(colours))]
    parts = zip(solids, colours, strict=True)
    return Built("tag", tuple(Part(f"part {n}", solid, colour) for n, (solid, colour) in enumerate(parts)))


def test_names_colours_and_places_are_read_back() -> None:
    body = built("#2f6f73", "#000000", "#ffffff", "#010203")
    found = glb.read(glb.written(body))
    assert found.name == "tag"
    for one, other in zip(body.parts, found.parts, strict=True):
        assert (one.name, one.colour) == (other.name, other.colour)
        assert np.allclose(one.vertices, other.vertices, atol=1e-4)
        assert (one.faces == other.faces).all()


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_each_file_is_the_same_as_if_it_were_written_at_once(kind: str) -> None:
    body = built("#2f6f73", "#aa0000")
    assert WRITERS[kind](glb.read(glb.written(body))) == WRITERS[kind](body)
    assert WRITERS[kind](body) != WRITERS[kind](built("#2f6f73"))


@given(st.binary(max_size=200))
def test_any_other_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no body"):
        glb.read(data)
