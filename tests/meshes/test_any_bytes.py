"""Whatever is sent is a body or a refusal in two sentences; never another error."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment import meshes
from fulfillment.meshes.finish import finish
from fulfillment.meshes.obj import read as read_obj
from fulfillment.meshes.stl import read as read_stl
from fulfillment.meshes.threemf import read as read_3mf

from .writers import archive, binary, both, box, letters, mesh, model, obj, package, thing, turned

READERS = {"model/stl": read_stl, "model/obj": read_obj, "model/3mf": read_3mf}
TEXT = model(thing(1, mesh(box())), '<item objectid="1" transform="1 0 0 0 1 0 0 0 1 0 0 0"/>').encode()
SEEDS = [binary(box()), letters(box()), obj(box()), obj(box(), negative=True), package(TEXT),
         binary(both(box(), turned(box(3, 3, 3, (1, 1, 1)))))]  # fmt: skip
SCRAPS = [b"nan", b"1e999", b"-", b"\n", b" ", b"0", b'"', b"f ", b"v ", b"&x;", b"\xff", b"<a>", b"</mesh>", b"9" * 30]


def judged(data: bytes) -> None:
    """Read it here, without the process that would hide what goes wrong."""
    try:
        found = finish(READERS[meshes.media_type(data)](data), None)
    except meshes.MeshError as error:
        assert error.reason.endswith(".") and error.mend.endswith(".")
        return
    assert found.volume > 0
    assert np.isfinite(found.vertices).all()


def damaged(seed: bytes, data: st.DataObject) -> bytes:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(seed)))
        cut = data.draw(st.integers(0, 12))
        put = data.draw(st.one_of(st.sampled_from(SCRAPS), st.binary(max_size=3)))
        seed = seed[:at] + put + seed[at + cut :]
    return seed


@settings(max_examples=200)
@given(st.sampled_from([b"", b"solid x\nfacet ", b"v 1 2 3\n", b"PK\x03\x04", b"x" * 80]), st.binary(max_size=300))
def test_any_bytes(head: bytes, data: bytes) -> None:
    judged(head + data)


@settings(max_examples=400)
@given(st.sampled_from(SEEDS), st.data())
def test_good_files_with_damage(seed: bytes, data: st.DataObject) -> None:
    judged(damaged(seed, data))


@settings(max_examples=300)
@given(st.data())
def test_a_good_archive_with_a_damaged_model(data: st.DataObject) -> None:
    judged(archive({"3D/3dmodel.model": damaged(TEXT, data)}))


@settings(max_examples=300)
@given(st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=7), max_size=20))
def test_any_faces(faces: list[list[int]]) -> None:
    more = "".join(f"f {' '.join(map(str, face))}\n" for face in faces)
    judged(b"\n".join(line for line in obj(box()).split(b"\n") if line[:1] == b"v") + b"\n" + more.encode())


numbers = st.sampled_from([0.0, -0.0, 1.0, 10.0, 10.0000001, 1e-30, 1e30, 3e38, -5.0])


@settings(max_examples=200)
@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=8, max_size=8))
def test_any_places(points: list[tuple[float, float, float]]) -> None:
    judged(binary((np.array(points), box()[1])))
