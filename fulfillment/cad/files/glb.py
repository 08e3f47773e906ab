"""GLB (glTF 2.0, binary) for browsers: a named node, mesh and material for each part.

glTF counts in metres and has Y up: the outermost node scales and turns the body, whose numbers stay mm. Triangles have
no normals, so that viewers shade them flat, as the format asks.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fulfillment.cad.body import Shape, Shapes, rgb
from gcode.units import FloatArray, IntArray

TURN: Final = [-math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)]
"""A quarter turn about X: Z becomes Y."""
METRES: Final = 0.001
FLOAT, UNSIGNED, TRIANGLES = 5126, 5125, 4
VERTICES, INDICES = 34962, 34963


@dataclass(frozen=True, eq=False)
class Kept:
    """A part as its file has it: rounded to single precision, and not checked anew."""

    name: str
    colour: str
    vertices: FloatArray
    faces: IntArray


@dataclass(frozen=True, eq=False)
class Body:
    name: str
    parts: tuple[Kept, ...]


def read(data: bytes) -> Body:
    """What :func:`written` wrote. Raises ValueError for any other file."""
    try:
        size = struct.unpack_from("<4sIIII", data)[3]
        said, blob = json.loads(data[20 : 20 + size]), data[28 + size :]
        nodes = said["nodes"]
        parts = tuple(_part(said, blob, number, node["name"]) for number, node in enumerate(nodes[:-1]))
        return Body(nodes[-1]["name"], parts)
    except (struct.error, KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"this is no body that was kept here: {error!r}") from None


def _part(said: dict[str, Any], blob: bytes, number: int, name: str) -> Kept:
    arrays = []
    for accessor, kind in ((2 * number, "<f4"), (2 * number + 1, "<u4")):
        view = said["bufferViews"][accessor]
        count = view["byteLength"] // 4
        arrays.append(np.frombuffer(blob, dtype=kind, count=count, offset=view["byteOffset"]).reshape(-1, 3))
    light = said["materials"][number]["pbrMetallicRoughness"]["baseColorFactor"][:3]
    colour = "#" + "".join(f"{_byte(value):02x}" for value in light)
    return Kept(name, colour, arrays[0].astype(np.float64), arrays[1].astype(np.int64))


def written(built: Shapes) -> bytes:
    views: list[dict[str, Any]] = []
    accessors: list[dict[str, Any]] = []
    blob = b""
    for part in built.parts:
        points, corners = part.vertices.astype("<f4"), part.faces.astype("<u4").ravel()
        box = {"min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist()}
        for array, target, said in (
            (points, VERTICES, {"componentType": FLOAT, "type": "VEC3", "count": len(points), **box}),
            (corners, INDICES, {"componentType": UNSIGNED, "type": "SCALAR", "count": len(corners)}),
        ):
            data = array.tobytes()
            accessors.append({"bufferView": len(views), **said})
            views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": len(data), "target": target})
            blob += data
    count = len(built.parts)
    whole = {"name": built.name, "scale": [METRES] * 3, "rotation": TURN, "children": list(range(count))}
    scene = {
        "asset": {"version": "2.0", "generator": "Fulfillment"},
        "scene": 0,
        "scenes": [{"nodes": [count]}],
        "nodes": [*({"name": part.name, "mesh": n} for n, part in enumerate(built.parts)), whole],
        "meshes": [_mesh(n, part) for n, part in enumerate(built.parts)],
        "materials": [_material(part) for part in built.parts],
        "accessors": accessors,
        "bufferViews": views,
        "buffers": [{"byteLength": len(blob)}],
    }
    return _binary(json.dumps(scene, separators=(",", ":")).encode(), blob)


def _mesh(number: int, part: Shape) -> dict[str, Any]:
    attributes = {"POSITION": 2 * number}
    shape = {"attributes": attributes, "indices": 2 * number + 1, "material": number, "mode": TRIANGLES}
    return {"name": part.name, "primitives": [shape]}


def _material(part: Shape) -> dict[str, Any]:
    colour = [*map(_linear, rgb(part.colour)), 1.0]
    surface = {"baseColorFactor": colour, "metallicFactor": 0.0, "roughnessFactor": 0.7}
    return {"name": part.name, "pbrMetallicRoughness": surface}


def _linear(value: int) -> float:
    """A byte of sRGB as light."""
    share = value / 255
    return round(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4, 6)


def _byte(light: float) -> int:
    """The reverse of :func:`_linear`."""
    share = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return min(max(round(share * 255), 0), 255)


def _binary(said: bytes, blob: bytes) -> bytes:
    said += b" " * (-len(said) % 4)
    blob += b"\0" * (-len(blob) % 4)
    chunks = struct.pack("<II", len(said), 0x4E4F534A) + said + struct.pack("<II", len(blob), 0x004E4942) + blob
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks
