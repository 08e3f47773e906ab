"""3MF: objects of triangles, or of other objects, and where they are placed, with a unit.

Source: 3MF Consortium, 3D Manufacturing Format, Core Specification 1.3, and Production Extension 1.1 (objects in other
parts of the archive). Colours and materials are passed over; what changes the body and is not known is refused.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

import numpy as np

from fulfillment.meshes.archive import Archive
from fulfillment.meshes.limits import MAX_DEPTH, MAX_PLACED, MAX_TRIANGLES, MeshError, damaged, too_much
from fulfillment.meshes.mesh import Body, Read
from fulfillment.meshes.model import Model, Object, Placed, parse
from fulfillment.meshes.units import Unit
from fulfillment.meshes.xml import walk
from gcode.units import FloatArray

MODEL: Final = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"
"""The relation by which the archive's root names its model."""
RELATIONS: Final = "_rels/.rels"
USUAL: Final = "3D/3dmodel.model"
UNMADE: Final = frozenset(("support", "solidsupport", "other"))
"""Kinds of objects that belong to no part."""

_CHANGES: Final = re.compile(rb"(?i)negative_?(?:part|volume)|modifier_part|ParameterModifier|ModelVolumeType::")
"""What a slicer's project says of a body that is to be cut away, or that only marks where settings differ."""
_SETTINGS: Final = ("metadata/model_settings.config", "metadata/slic3r_pe_model.config")


@dataclass(slots=True)
class _Reader:
    archive: Archive
    unit: Unit = "millimeter"
    models: dict[str, Model] = field(default_factory=dict)
    bodies: list[Body] = field(default_factory=list)
    placed: int = 0
    triangles: int = 0
    unmade: int = 0

    def model(self, part: str) -> Model:
        """A part of the archive, read once."""
        key = posixpath.normpath("/" + part.lstrip("/")).lower()
        if key not in self.models:
            self.models[key] = parse(self.archive.pieces(key), part)
        return self.models[key]

    def place(self, one: Placed, part: str, matrix: FloatArray, above: tuple[tuple[str, int], ...]) -> None:
        """An object and all that it is made of."""
        self.placed += 1
        if self.placed > MAX_PLACED:
            raise too_much(f"more than {MAX_PLACED:,} objects, each counted as often as it is placed")
        part = one.part or part
        model = self.model(part)
        if model.unit != self.unit:
            raise damaged(f"its part {part[:60]!r} is in another unit than the rest")
        found = model.objects.get(one.number)
        if found is None:
            raise damaged(f"it places an object {one.number}, which is not there")
        key = (part.lower(), one.number)
        if key in above:
            raise damaged(f"object {one.number} is a part of itself")
        if len(above) >= MAX_DEPTH:
            raise too_much(f"more than {MAX_DEPTH} objects inside of each other")
        if found.kind in UNMADE:
            self.unmade += 1
            return
        if found.kind == "surface":
            raise MeshError(f"The model's {found} is a surface without a volume.", "Please export a solid body.")
        matrix = one.matrix @ matrix
        for inner in found.components:
            self.place(inner, part, matrix, (*above, key))
        if found.faces:
            self.body(found, matrix)

    def body(self, found: Object, matrix: FloatArray) -> None:
        """The triangles of an object where they are placed."""
        self.triangles += len(found.faces) // 3
        if self.triangles > MAX_TRIANGLES:
            raise too_much(f"more than {MAX_TRIANGLES:,} triangles, each counted as often as it is placed")
        vertices, faces = found.arrays()
        with np.errstate(all="ignore"):
            vertices = vertices @ matrix[:3, :3] + matrix[3, :3]
            turn = float(np.linalg.det(matrix[:3, :3]))
        self.bodies.append(Body.of(vertices, faces[:, ::-1] if turn < 0 else faces, str(found)))


def _root(archive: Archive) -> str:
    """The name of the model's own part."""
    targets: list[str] = []

    def start(name: str, attributes: list[str]) -> None:
        known = dict(zip(attributes[::2], attributes[1::2], strict=True))
        if name.rpartition("}")[2] == "Relationship" and known.get("Type") == MODEL:
            targets.append(unquote(known.get("Target", "")))

    if RELATIONS in archive:
        walk(archive.pieces(RELATIONS), start, part=RELATIONS)
    return targets[0] if targets else USUAL


def read(data: bytes) -> Read:
    """The objects that are placed. Raises MeshError."""
    archive = Archive(data)
    for name in _SETTINGS:
        if name in archive and _CHANGES.search(b"".join(archive.pieces(name))):
            raise MeshError(
                "The model is a slicer's project with parts that are to be cut away, or that only mark where settings "
                "differ.",
                "Please export the finished body alone, as STL or 3MF.",
            )
    root = _root(archive)
    if root not in archive:
        raise MeshError(
            "The model is a ZIP archive without a 3MF's model in it.",
            "Please unpack it, and send one STL, 3MF or OBJ file.",
        )
    reader = _Reader(archive)
    model = reader.model(root)
    reader.unit = model.unit
    for item in model.items:
        reader.place(item, root, np.eye(4), ())
    notes = (
        [f"{reader.unmade:,} of its objects are supports or no parts of it, and are not made."] if reader.unmade else []
    )
    return Read(tuple(reader.bodies), model.unit, tuple(notes))
