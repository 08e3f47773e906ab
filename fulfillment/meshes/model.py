"""One model part of a 3MF: its unit, its objects, and what it places."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from fulfillment.meshes.limits import MAX_TRIANGLES, MeshError, damaged, too_much
from fulfillment.meshes.units import NAMED, Unit
from fulfillment.meshes.xml import walk
from gcode.units import FloatArray, IntArray

CORE: Final = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
PRODUCTION: Final = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
KNOWN: Final = frozenset((CORE, PRODUCTION, "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"))
"""Extensions that a model may require: none of them, but for places in other parts, changes a body."""
PATH: Final = f"{PRODUCTION}}}path"

_WHOLE = re.compile(r"\s*[0-9]{1,10}\s*")


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """An object as another one, or the whole, has it. ``matrix`` is 4 x 4, for rows of x, y, z, 1."""

    number: int
    matrix: FloatArray
    part: str = ""
    """Of the archive; empty for the same one."""


@dataclass(slots=True, eq=False)
class Object:
    number: int
    name: str
    kind: str
    coordinates: array[float] = field(default_factory=lambda: array("d"))
    faces: array[int] = field(default_factory=lambda: array("q"))
    components: list[Placed] = field(default_factory=list)

    def __str__(self) -> str:
        return f"object {self.number} ({self.name!r})" if self.name else f"object {self.number}"

    def arrays(self) -> tuple[FloatArray, IntArray]:
        """Vertices and faces. Raises MeshError."""
        vertices, faces = np.array(self.coordinates).reshape(-1, 3), np.array(self.faces).reshape(-1, 3)
        if len(faces) and (faces.min() < 0 or faces.max() >= len(vertices)):
            worst = int(np.flatnonzero(((faces < 0) | (faces >= len(vertices))).any(axis=1))[0])
            raise damaged(
                f"triangle {worst + 1:,} of {self} names vertex {int(faces[worst].max())}, and there are "
                f"{len(vertices):,}, counted from 0"
            )
        return vertices, faces


@dataclass(slots=True, eq=False)
class Model:
    unit: Unit = "millimeter"
    objects: dict[int, Object] = field(default_factory=dict)
    items: list[Placed] = field(default_factory=list)


def parse(pieces: Iterable[bytes], part: str) -> Model:
    """Raises MeshError."""
    builder = _Builder(part)
    handlers = {f"{CORE}}}{name}": handle for name, handle in _ELEMENTS.items()}

    def start(name: str, attributes: list[str]) -> None:
        handle = handlers.get(name)
        if handle is not None:
            handle(builder, attributes)

    walk(pieces, start, builder.prefixes, part)
    if not builder.begun:
        raise damaged(f"its part {part[:60]!r} is no 3MF model")
    return builder.model


@dataclass(slots=True)
class _Builder:
    part: str
    model: Model = field(default_factory=Model)
    prefixes: dict[str, str] = field(default_factory=dict)
    begun: bool = False
    open: Object | None = None
    triangles: int = 0

    def root(self, attributes: list[str]) -> None:
        known = _named(attributes)
        self.begun = True
        unit = known.get("unit", "millimeter")
        if unit not in NAMED:
            raise MeshError(f"The model is in {unit[:20]!r}, a unit that 3MF does not have.", "Please export it in mm.")
        self.model.unit = NAMED[unit]
        for prefix in known.get("requiredextensions", "").split():
            uri = self.prefixes.get(prefix, prefix)
            if uri not in KNOWN:
                raise MeshError(
                    f"The model needs an extension of 3MF that is not known here ({uri[:100]}).",
                    "Please export it as plain triangles, or as STL.",
                )

    def object(self, attributes: list[str]) -> None:
        known = _named(attributes)
        number = _whole(known.get("id", ""), "an object's id")
        if number in self.model.objects:
            raise damaged(f"it has two objects {number}")
        self.open = Object(number, known.get("name", "")[:40], known.get("type", "model"))
        self.model.objects[number] = self.open

    def vertex(self, attributes: list[str]) -> None:
        if self.open is None:
            return
        if attributes[::2] != ["x", "y", "z"]:
            known = _named(attributes)
            attributes = ["", known.get("x", ""), "", known.get("y", ""), "", known.get("z", "")]
        try:
            self.open.coordinates.extend(map(float, attributes[1::2]))
        except ValueError:
            at = len(self.open.coordinates) // 3
            raise damaged(f"vertex {at:,} of {self.open} is not three numbers") from None

    def triangle(self, attributes: list[str]) -> None:
        if self.open is None:
            return
        self.triangles += 1
        if self.triangles > MAX_TRIANGLES:
            raise too_much(f"more than {MAX_TRIANGLES:,} triangles")
        if attributes[:6:2] != ["v1", "v2", "v3"]:
            known = _named(attributes)
            attributes = ["", known.get("v1", ""), "", known.get("v2", ""), "", known.get("v3", "")]
        try:
            self.open.faces.extend(map(int, attributes[1:6:2]))
        except (ValueError, OverflowError):
            at = len(self.open.faces) // 3 + 1
            raise damaged(f"triangle {at:,} of {self.open} does not name three vertices") from None

    def component(self, attributes: list[str]) -> None:
        if self.open is not None:
            self.open.components.append(_placed(attributes))

    def item(self, attributes: list[str]) -> None:
        self.open = None
        self.model.items.append(_placed(attributes))


_ELEMENTS: Final[Mapping[str, Callable[[_Builder, list[str]], None]]] = {
    "model": _Builder.root,
    "object": _Builder.object,
    "vertex": _Builder.vertex,
    "triangle": _Builder.triangle,
    "component": _Builder.component,
    "item": _Builder.item,
}


def _named(attributes: list[str]) -> dict[str, str]:
    return dict(zip(attributes[::2], attributes[1::2], strict=True))


def _whole(text: str, what: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise damaged(f"{what} is {text[:20]!r}, which is no number")
    return int(text)


def _placed(attributes: list[str]) -> Placed:
    known = _named(attributes)
    number = _whole(known.get("objectid", ""), "an objectid")
    return Placed(number, _matrix(known.get("transform"), number), known.get(PATH, ""))


def _matrix(text: str | None, number: int) -> FloatArray:
    """Of twelve numbers, row by row: the fourth column is 0, 0, 0, 1."""
    matrix = np.eye(4)
    if text is None:
        return matrix
    try:
        numbers = [float(word) for word in text.split(maxsplit=12)]
    except ValueError:
        numbers = []
    if len(numbers) != 12 or not np.isfinite(numbers).all():
        raise damaged(f"object {number} is placed by {text[:40]!r}, which is not twelve finite numbers")
    matrix[:, :3] = np.reshape(numbers, (4, 3))
    if abs(float(np.linalg.det(matrix[:3, :3]))) < 1e-12:
        raise damaged(f"object {number} is placed by {text[:40]!r}, which makes it flat")
    return matrix
