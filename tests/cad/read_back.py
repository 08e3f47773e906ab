"""A program for tests: what OCCT's own readers find in a file, as JSON. It needs cadquery and runs by itself.

``python read_back.py step|stl|glb FILE``: parts with name, volume in mm3, colour and box; the file's unit where it has
one.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import cadquery as cq
from OCP.Message import Message_ProgressRange
from OCP.RWGltf import RWGltf_CafReader
from OCP.RWMesh import RWMesh_CoordinateSystem
from OCP.RWStl import RWStl
from OCP.TCollection import TCollection_AsciiString, TCollection_ExtendedString
from OCP.TDF import TDF_LabelSequence
from OCP.TDocStd import TDocStd_Document
from OCP.TopLoc import TopLoc_Location
from OCP.XCAFDoc import XCAFDoc_DocumentTool


def mesh_volume(mesh: Any, place: Any = None) -> float:
    """Of a closed Poly_Triangulation, each corner moved by the transformation."""
    total = 0.0
    for number in range(1, mesh.NbTriangles() + 1):
        a, b, c = (mesh.Node(corner) for corner in mesh.Triangle(number).Get())
        if place is not None:
            a, b, c = (point.Transformed(place) for point in (a, b, c))
        total += a.X() * (b.Y() * c.Z() - b.Z() * c.Y())
        total += a.Y() * (b.Z() * c.X() - b.X() * c.Z())
        total += a.Z() * (b.X() * c.Y() - b.Y() * c.X())
    return total / 6


def step(path: str) -> list[dict[str, Any]]:
    found = []
    for part in cq.Assembly.importStep(path).children:
        shape = part.toCompound()
        box = shape.BoundingBox()
        size = [box.xlen, box.ylen, box.zlen]
        colour = list(part.color.toTuple()) if part.color else None
        found.append({"name": part.name, "volume": shape.Volume(), "colour": colour, "size": size})
    return found


def stl(path: str) -> list[dict[str, Any]]:
    return [{"volume": mesh_volume(RWStl.ReadFile_s(path))}]


def glb(path: str) -> list[dict[str, Any]]:
    """Read into mm with Z up, as a program that knows glTF's metres does."""
    from OCP.BRep import BRep_Tool
    from OCP.TopAbs import TopAbs_FACE
    from OCP.TopExp import TopExp_Explorer
    from OCP.TopoDS import TopoDS

    document = TDocStd_Document(TCollection_ExtendedString("any"))
    reader = RWGltf_CafReader()
    reader.SetDocument(document)
    reader.SetSystemLengthUnit(0.001)
    reader.SetSystemCoordinateSystem(RWMesh_CoordinateSystem.RWMesh_CoordinateSystem_Zup)
    assert reader.Perform(TCollection_AsciiString(path), Message_ProgressRange())
    roots = TDF_LabelSequence()
    XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).GetFreeShapes(roots)
    found = []
    shape = XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).GetShape_s(roots.Value(1))
    faces = TopExp_Explorer(shape, TopAbs_FACE)
    while faces.More():
        place = TopLoc_Location()
        mesh = BRep_Tool.Triangulation_s(TopoDS.Face_s(faces.Current()), place)
        found.append({"volume": mesh_volume(mesh, place.Transformation())})
        faces.Next()
    box = cq.Shape.cast(shape).BoundingBox()
    found.append({"size": [box.xlen, box.ylen, box.zlen]})
    return found


if __name__ == "__main__":
    print(json.dumps({"step": step, "stl": stl, "glb": glb}[sys.argv[1]](sys.argv[2])))
