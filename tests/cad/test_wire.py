"""Messages: what goes in comes out, and no bytes do more than be refused."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fulfillment.cad import wire

ANY_ARRAY = st.one_of(
    arrays.arrays(np.float64, arrays.array_shapes(max_dims=2, min_side=0), elements=st.floats(allow_nan=False)),
    arrays.arrays(np.int64, arrays.array_shapes(max_dims=2, min_side=0)),
    arrays.arrays(np.uint8, arrays.array_shapes(max_dims=1, min_side=0)),
)


def whole(message: bytes) -> bytes:
    body = message[wire.LENGTH :]
    assert wire.length(message[: wire.LENGTH]) == len(body)
    return body


@given(st.dictionaries(st.text(max_size=9).filter(lambda key: key != "arrays"), st.integers()), st.lists(ANY_ARRAY))
def test_what_goes_in_comes_out(header: dict[str, int], sent: list[wire.Array]) -> None:
    said, got = wire.unpacked(whole(wire.packed(header, sent)))
    assert said == header
    assert len(got) == len(sent)
    for one, other in zip(got, sent, strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert (one == other).all()


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.unpacked(data)


@given(st.lists(st.one_of(st.none(), st.text(max_size=4), st.tuples(st.text(max_size=4), st.lists(st.integers())))))
def test_arrays_that_cannot_be_are_refused(listed: list[object]) -> None:
    said = json.dumps({"arrays": [["<f8", [1]], *listed]}).encode()
    with pytest.raises(wire.WireError):
        wire.unpacked(struct.pack("<I", len(said)) + said)


@pytest.mark.parametrize("kind", ["|O", "<U4", ">f8", "<f4"])
def test_an_array_of_objects_or_of_another_kind_is_refused(kind: str) -> None:
    said = json.dumps({"arrays": [[kind, [1]]]}).encode()
    with pytest.raises(wire.WireError, match="described"):
        wire.unpacked(struct.pack("<I", len(said)) + said + b"\0" * 8)


@pytest.mark.parametrize("count", [0, 3, wire.MAX_BYTES + 1, 2**64 - 1])
def test_a_length_that_cannot_be_is_refused(count: int) -> None:
    with pytest.raises(wire.WireError, match="allowed"):
        wire.length(struct.pack("<Q", count))
