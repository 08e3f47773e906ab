"""Messages between a workshop and its worker: a length, a header in JSON, arrays of numbers. Nothing is executed.

A message is 8 bytes of length (of all that follows), 4 bytes of the header's length, the header, and then the arrays'
bytes, little-endian, one after the other, as the header's ``arrays`` lists their types and shapes.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

MAX_BYTES: Final = 256_000_000
"""Of a message: a million triangles have 36 MB, and a STEP file of them several times as much."""
MAX_HEADER: Final = 1_000_000
MAX_ARRAYS: Final = 20_002
MAX_DIMENSIONS: Final = 3
LENGTH: Final = 8
TYPES: Final = frozenset({"<f8", "<i8", "|u1"})
"""Numbers, whole numbers, bytes."""

Array = npt.NDArray[Any]


class WireError(ValueError):
    """Bytes that are no message."""


def packed(header: dict[str, Any], arrays: Sequence[Array] = ()) -> bytes:
    """A message with its length. Raises WireError beyond MAX_BYTES."""
    listed = [[array.dtype.str, list(array.shape)] for array in arrays]
    said = json.dumps({**header, "arrays": listed}).encode()
    body = b"".join([struct.pack("<I", len(said)), said, *(np.ascontiguousarray(array).tobytes() for array in arrays)])
    if len(body) > MAX_BYTES:
        raise WireError(f"a message of {len(body):,} bytes, {MAX_BYTES:,} are allowed")
    return struct.pack("<Q", len(body)) + body


def length(prefix: bytes) -> int:
    """How many bytes follow the first LENGTH ones. Raises WireError."""
    count = int(struct.unpack("<Q", prefix)[0])
    if not 4 <= count <= MAX_BYTES:
        raise WireError(f"a message of {count:,} bytes, 4 to {MAX_BYTES:,} are allowed")
    return count


def unpacked(body: bytes) -> tuple[dict[str, Any], list[Array]]:
    """Header and arrays of what follows the length. Raises WireError."""
    if len(body) < 4:
        raise WireError("a message without a header")
    size = int(struct.unpack_from("<I", body)[0])
    if size > min(MAX_HEADER, len(body) - 4):
        raise WireError(f"a header of {size:,} bytes")
    try:
        header = json.loads(body[4 : 4 + size])
    except (ValueError, RecursionError) as error:
        raise WireError("a header that is no JSON") from error
    listed = header.pop("arrays", None) if isinstance(header, dict) else None
    if not isinstance(listed, list) or len(listed) > MAX_ARRAYS:
        raise WireError("a header without a list of its arrays")
    arrays, at = [], 4 + size
    for entry in listed:
        array = _array(entry, body, at)
        arrays.append(array)
        at += array.nbytes
    if at != len(body):
        raise WireError(f"{len(body) - at} bytes behind the last array")
    return header, arrays


def _array(entry: object, body: bytes, at: int) -> Array:
    match entry:
        case [str() as kind, [*listed]] if kind in TYPES and len(listed) <= MAX_DIMENSIONS:
            shape = [n for n in listed if type(n) is int and 0 <= n <= MAX_BYTES]
            if len(shape) == len(listed):
                dtype, count = np.dtype(kind), math.prod(shape)
                if at + count * dtype.itemsize > len(body):
                    raise WireError("an array that ends beyond its message")
                return np.frombuffer(body, dtype, count, at).reshape(shape).copy()
    raise WireError(f"an array described as {str(entry)[:60]}")
