"""What is written is read again, in every format; and what is decided or mended on the way is said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifold3d import Manifold

from fulfillment import meshes
from fulfillment.meshes import limits
from fulfillment.meshes.finish import finish
from fulfillment.meshes.mesh import Mesh
from fulfillment.meshes.obj import read as read_obj
from fulfillment.meshes.stl import read as read_stl
from fulfillment.meshes.threemf import read as read_3mf
from gcode.slicing import solid
from gcode.slicing.solid import Solid

from .writers import (
    Shape,
    binary,
    both,
    box,
    components,
    hill,
    letters,
    mesh,
    model,
    obj,
    package,
    thing,
    threemf,
    turned,
)  # fmt: skip

READERS = {"model/stl": read_stl, "model/obj": read_obj, "model/3mf": read_3mf}
WRITERS: dict[str, Callable[[Shape], bytes]] = {
    "binary STL": binary,
    "STL in letters": letters,
    "OBJ": obj,
    "OBJ, counted from the end": lambda shape: obj(shape, negative=True),
    "3MF": threemf,
}


def here(data: bytes) -> Mesh:
    """Read without the process that bounds it, which costs a fork for each example."""
    return finish(READERS[meshes.media_type(data)](data), None)


def volume(shape: Shape) -> float:
    points, faces = shape
    a, b, c = (points[faces[:, corner]] for corner in range(3))
    return float((a * np.cross(b, c)).sum()) / 6


@st.composite
def hulls(draw: st.DrawFn) -> Shape:
    """Bodies around random points, somewhere, with triangles that begin anywhere, in any order."""
    seed = draw(st.integers(0, 2**32 - 1))
    points = np.random.default_rng(seed).uniform(-1, 1, (draw(st.integers(6, 60)), 3))
    points *= draw(st.floats(3, 400))
    made = Manifold.hull_points(points).to_mesh64()
    faces = np.array(made.tri_verts, dtype=np.int64)
    order = np.random.default_rng(seed).permutation(len(faces))
    corners = np.array(made.vert_properties)[:, :3] + draw(st.floats(-900, 900))
    return corners, np.roll(faces, draw(st.integers(0, 2)), axis=1)[order]


@pytest.mark.parametrize("kind", WRITERS)
@settings(max_examples=40)
@given(shape=hulls())
def test_what_is_written_is_read_again(kind: str, shape: Shape) -> None:
    found = here(WRITERS[kind](shape))
    assert len(found.faces) == len(shape[1])
    assert found.volume == pytest.approx(volume(shape), rel=1e-3)
    assert found.size == pytest.approx(tuple(np.ptp(shape[0], axis=0)), rel=1e-4)
    assert found.vertices.min() == 0.0
    assert Solid.of(found.vertices, found.faces).volume == pytest.approx(found.volume)


@pytest.mark.parametrize("kind", WRITERS)
def test_all_formats_say_the_same_of_a_body(kind: str) -> None:
    found = meshes.read(WRITERS[kind](hill(20)))
    assert found.volume == pytest.approx(volume(hill(20)), rel=1e-5)
    assert (len(found.vertices), len(found.faces)) == (800, 1596)
    assert found.said == (kind == "3MF")
    assert ("The file says no unit: it was taken to be drawn in mm." in found.notes) == (kind != "3MF")


def test_limits_are_those_of_what_is_made_of_it() -> None:
    assert limits.MAX_TRIANGLES == solid.MAX_TRIANGLES
    assert limits.MAX_SIZE == solid.MAX_SIZE
    assert limits.LEAST_THICKNESS >= solid.LEAST_SIZE


# --- units ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "mm"), [("inch", 25.4), ("centimeter", 10.0), ("meter", 1000.0), ("micron", 0.001)])
def test_a_3mf_says_its_unit(unit: meshes.Unit, mm: float) -> None:
    points, faces = box(30 / mm, 20 / mm, 10 / mm)
    found = meshes.read(threemf((points, faces), unit))
    assert found.size == pytest.approx((30.0, 20.0, 10.0))
    assert (found.unit, found.said, found.notes) == (unit, True, ())


def test_the_customer_says_the_unit_of_a_file_that_says_none() -> None:
    found = meshes.read(binary(box(2.0, 1.0, 1.0)), "inch")
    assert found.size == pytest.approx((50.8, 25.4, 25.4))
    assert (found.unit, found.said, found.notes) == ("inch", True, ())


def test_a_size_that_nobody_orders_is_told_with_who_said_the_unit() -> None:
    with pytest.raises(
        meshes.MeshError, match=r"30 m long, taken in m as you said.* would be 762 mm in inch, 300 mm in cm"
    ):
        meshes.read(binary(box()), "meter")


def test_a_file_that_says_its_unit_is_believed() -> None:
    found = meshes.read(threemf(box()), "inch")
    assert found.size == pytest.approx((30.0, 20.0, 10.0))
    assert found.notes == ("The file says mm, and that counts, not inch.",)


# --- what is mended ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WRITERS)
def test_what_is_only_inside_out_is_turned(kind: str) -> None:
    found = meshes.read(WRITERS[kind](turned(box())))
    assert found.volume == pytest.approx(6000.0)
    assert "The model was inside out, and was turned." in found.notes


def test_a_hollow_is_not_turned() -> None:
    hollow = meshes.read(binary(both(box(), turned(box(5, 5, 5, (2, 2, 2))))))
    assert hollow.volume == pytest.approx(6000 - 125)
    assert len(hollow.notes) == 1


def test_triangles_that_are_none_or_there_twice_are_dropped() -> None:
    points, faces = box()
    spoiled = np.concatenate([faces, [[0, 0, 1], [2, 2, 2]], np.roll(faces[:3], 1, axis=1)])
    found = meshes.read(binary((points, spoiled)))
    assert len(found.faces) == 12
    assert "2 triangles had no area, and were dropped." in found.notes
    assert "3 triangles were there twice, and were dropped." in found.notes


def test_corners_that_rounding_has_parted_are_joined_and_wider_gaps_are_not() -> None:
    points, faces = hill(10)
    soup, apart = points[faces].reshape(-1, 3), np.arange(3 * len(faces)).reshape(-1, 3)
    noise = np.random.default_rng(1).uniform(-1, 1, soup.shape)
    found = meshes.read(threemf((soup + noise * 2e-4, apart)))
    assert found.volume == pytest.approx(volume((points, faces)), rel=1e-5)
    assert any("lay next to each other" in note for note in found.notes)
    with pytest.raises(meshes.MeshError, match="not watertight"):
        meshes.read(threemf((soup + noise * 0.1, apart)))


@pytest.mark.parametrize("at", [(25.0, 5.0, 5.0), (30.0, 2.0, 1.0)])
def test_bodies_that_overlap_or_touch_are_united(at: tuple[float, float, float]) -> None:
    """The second one lies in the first, or stands against a part of its side, in the same plane."""
    second = box(10, 10, 4, at)
    found = meshes.read(package(model(thing(1, mesh(both(box(), second))))))
    inside = 5 * 10 * 4 if at[0] < 30 else 0
    assert found.volume == pytest.approx(6000 + 400 - inside)
    assert "Its 2 bodies touch or overlap, and were united." in found.notes
    assert Solid.of(found.vertices, found.faces).volume == pytest.approx(found.volume)


# --- 3MF --------------------------------------------------------------------------------------------------------------


def test_components_are_placed_in_each_other() -> None:
    objects = (
        thing(1, mesh(box()))
        + thing(2, components(1, attributes='transform="0 1 0 -1 0 0 0 0 1 0 0 0"'))
        + thing(3, components(1, 2) + "")
    )
    found = meshes.read(package(model(objects, '<item objectid="3" transform="2 0 0 0 2 0 0 0 2 7 7 7"/>')))
    assert found.size == pytest.approx((100.0, 60.0, 20.0))
    assert found.volume == pytest.approx(2 * 6000 * 8)


def test_a_mirror_does_not_turn_a_body_inside_out() -> None:
    item = '<item objectid="1" transform="-1 0 0 0 1 0 0 0 1 0 0 0"/>'
    found = meshes.read(package(model(thing(1, mesh(hill(12))), item)))
    assert found.volume == pytest.approx(volume(hill(12)))
    assert found.notes == ()


def test_objects_lie_in_other_parts_of_the_archive() -> None:
    inner = model(thing(4, mesh(box())), "")
    outer = thing(1, components(4, attributes='p:path="/3D/Objects/part_4.model"'))
    data = package(
        model(outer, attributes='unit="millimeter" requiredextensions="p"'), {"3D/Objects/part_4.model": inner}
    )
    assert meshes.read(data).volume == pytest.approx(6000.0)


def test_supports_are_no_part_of_it() -> None:
    objects = thing(1, mesh(box())) + thing(2, mesh(box(9, 9, 90, (80, 0, 0))), 'type="support"')
    found = meshes.read(package(model(objects, '<item objectid="1"/><item objectid="2"/>')))
    assert found.volume == pytest.approx(6000.0)
    assert found.notes == ("1 of its objects are supports or no parts of it, and are not made.",)


# --- OBJ and STL ------------------------------------------------------------------------------------------------------


def star(points: int, height: float = 8.0) -> bytes:
    """A prism over a star, whose top and bottom are one face each, and whose sides have four corners."""
    turn = np.arange(2 * points) * np.pi / points
    radius = np.where(np.arange(2 * points) % 2, 10.0, 25.0)
    ring = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)
    lines = [f"v {x!r} {y!r} {z!r}" for z in (0.0, height) for x, y in ring.tolist()]
    count = 2 * points
    lines.append("f " + " ".join(str(n) for n in range(count, 0, -1)))
    lines.append("f " + " ".join(str(n) for n in range(count + 1, 2 * count + 1)))
    lines += [f"f {n + 1} {(n + 1) % count + 1} {(n + 1) % count + 1 + count} {n + 1 + count}" for n in range(count)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize("points", [2, 3, 5, 40])
def test_faces_of_any_number_of_corners_are_cut_into_triangles(points: int) -> None:
    found = meshes.read(star(points))
    area = points * 10.0 * 25.0 * np.sin(np.pi / points)
    assert found.volume == pytest.approx(area * 8.0)
    assert len(found.faces) == 2 * (2 * points - 2) + 4 * points


def test_what_else_an_obj_has_is_passed_over() -> None:
    text = obj(box()).decode().replace("f 1//1", "s off\nusemtl red\nf \\\n1//1", 1) + "l 1 2\nvt 0 0\n"
    found = meshes.read(text.replace("\n", "\r\n").encode())
    assert found.volume == pytest.approx(6000.0)
    assert "1 lines or points have no volume and are not made." in found.notes


def test_letters_of_an_stl_are_large_or_small_and_names_are_free() -> None:
    data = letters(box(), name="solid facet 3 of endsolid").replace(b"vertex", b"VERTEX").replace(b"\n", b"\r\n")
    assert meshes.read(data).volume == pytest.approx(6000.0)
    assert meshes.read(letters(box()) + letters(box(4, 4, 4, (30, 0, 0)))).volume == pytest.approx(6064.0)
