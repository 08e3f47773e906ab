"""Models as files: written here as their formats' documents say, apart from what reads them."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
    'Target="/3D/3dmodel.model" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)
Points = npt.NDArray[np.float64]
Faces = npt.NDArray[np.int64]
Shape = tuple[Points, Faces]


def box(x: float = 30.0, y: float = 20.0, z: float = 10.0, at: Sequence[float] = (0.0, 0.0, 0.0)) -> Shape:
    """Twelve triangles, counter-clockwise seen from outside."""
    corners = np.array([[i, j, k] for k in (0, 1) for j in (0, 1) for i in (0, 1)], dtype=float)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]
    return corners * (x, y, z) + np.asarray(at), np.array(faces)


def both(*shapes: Shape) -> Shape:
    """Several as one list of triangles."""
    before = np.cumsum([0, *(len(points) for points, _ in shapes)])
    return (
        np.concatenate([points for points, _ in shapes]),
        np.concatenate([faces + start for (_, faces), start in zip(shapes, before[:-1], strict=True)]),
    )


def turned(shape: Shape) -> Shape:
    return shape[0], shape[1][:, ::-1]


def hill(side: int, height: float = 5.0) -> Shape:
    """A closed body of about 4 * side * side triangles, whose top is uneven."""
    ticks = np.linspace(0.0, 100.0, side)
    x, y = np.meshgrid(ticks, ticks, indexing="ij")
    top = np.stack([x, y, height + np.sin(x) * np.cos(y)], axis=-1).reshape(-1, 3)
    start = np.arange((side - 1) * side).reshape(side - 1, side)[:, :-1].ravel()
    up = np.concatenate(
        [np.stack([start, start + side, start + side + 1], 1), np.stack([start, start + side + 1, start + 1], 1)]
    )
    count, run = side * side, np.arange(side - 1)
    rim = np.concatenate([run, side - 1 + side * run, count - 1 - run, side * (side - 1) - side * run])
    after = np.roll(rim, -1)
    wall = np.concatenate([np.stack([rim, after, rim + count], 1), np.stack([after, after + count, rim + count], 1)])
    return np.concatenate([top, top * (1, 1, 0)]), np.concatenate([up, up[:, ::-1] + count, wall])


def binary(shape: Shape, header: bytes = b"solid like many", count: int | None = None) -> bytes:
    points, faces = shape
    rows = np.zeros(len(faces), dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
    with np.errstate(over="ignore"):
        rows["corners"] = points[faces]
    return header.ljust(80, b" ") + struct.pack("<I", len(faces) if count is None else count) + rows.tobytes()


def letters(shape: Shape, name: str = "part") -> bytes:
    points, faces = shape
    lines = [f"solid {name}"]
    for corners in points[faces]:
        lines += ["  facet normal 0 0 0", "    outer loop"]
        lines += [f"      vertex {' '.join(repr(float(number)) for number in corner)}" for corner in corners]
        lines += ["    endloop", "  endfacet"]
    return "\n".join([*lines, f"endsolid {name}", ""]).encode()


def obj(shape: Shape, negative: bool = False) -> bytes:
    points, faces = shape
    lines = ["# a part", "o part", *(f"v {' '.join(repr(float(number)) for number in point)}" for point in points)]
    shift = -len(points) if negative else 1
    for face in faces:
        corners = [f"{corner + shift}//{corner + shift}" for corner in face]
        lines.append(f"f {' '.join(corners)}")
    return "\n".join([*lines, ""]).encode()


def mesh(shape: Shape) -> str:
    points, faces = shape
    vertices = "".join(f'<vertex x="{float(x)!r}" y="{float(y)!r}" z="{float(z)!r}"/>' for x, y, z in points)
    triangles = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in faces)
    return f"<mesh><vertices>{vertices}</vertices><triangles>{triangles}</triangles></mesh>"


def thing(number: int, inside: str, attributes: str = "") -> str:
    return f'<object id="{number}" {attributes}>{inside}</object>'


def components(*numbers: int, attributes: str = "") -> str:
    inside = "".join(f'<component objectid="{number}" {attributes}/>' for number in numbers)
    return f"<components>{inside}</components>"


def model(objects: str, items: str = '<item objectid="1"/>', attributes: str = 'unit="millimeter"') -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><model {attributes} xmlns="{CORE}" xmlns:p="{PRODUCTION}">'
        f"<resources>{objects}</resources><build>{items}</build></model>"
    )


def package(
    text: str | bytes, others: Mapping[str, str | bytes] | None = None, root: str = "3D/3dmodel.model"
) -> bytes:
    """A 3MF with this model."""
    return archive({"_rels/.rels": RELATIONS, root: text, **(others or {})})


def archive(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def threemf(shape: Shape, unit: str = "millimeter") -> bytes:
    return package(model(thing(1, mesh(shape)), attributes=f'unit="{unit}"'))
