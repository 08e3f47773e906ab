"""Models that mean no good, or are no good, and what is said of each. Every one is made here."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .writers import (
    Shape,
    archive,
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


@dataclass(frozen=True)
class Case:
    make: Callable[[], bytes]
    reason: str
    mend: str = ""


def without(shape: Shape, *triangles: int) -> Shape:
    return shape[0], np.delete(shape[1], triangles, axis=0)


def flipped(shape: Shape, triangle: int) -> Shape:
    faces = shape[1].copy()
    faces[triangle] = faces[triangle][::-1]
    return shape[0], faces


def moved(shape: Shape, vertex: int, to: tuple[float, float, float]) -> Shape:
    points = shape[0].copy()
    points[vertex] = to
    return points, shape[1]


def scaled(by: float) -> Shape:
    points, faces = box()
    return points * by, faces


def sheet() -> Shape:
    """A square of two sides with nothing between them, raised in the middle."""
    points = np.array([[0, 0, 0], [30, 0, 0], [30, 30, 0], [0, 30, 0], [15, 15, 9]], dtype=float)
    faces = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]])
    return points, np.concatenate([faces, faces[:, ::-1] + 0])


def twisted() -> Shape:
    """A box through whose top its own bottom is pulled."""
    points, faces = box()
    points[:4, 2] = (0.0, 0.0, 0.0, 25.0)
    return points, faces


def bomb(levels: int, each: int) -> bytes:
    """A 3MF of few lines that unfolds to ``each ** levels`` objects."""
    objects = thing(1, mesh(box()))
    for level in range(2, levels + 2):
        objects += thing(level, components(*[level - 1] * each))
    return package(model(objects, f'<item objectid="{levels + 1}"/>'))


def many_parts() -> bytes:
    """A 3MF of 170 parts, each just small enough to be as empty as it likes."""
    names = [f"3D/{number}.model" for number in range(170)]
    inside = "".join(f'<component objectid="1" p:path="/{name}"/>' for name in names)
    text = model(thing(1, ""), "").ljust(1_000_000)
    return package(model(thing(1, f"<components>{inside}</components>")), dict.fromkeys(names, text))


ENTITIES = '<?xml version="1.0"?><!DOCTYPE model [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "' + f"&{before};" * 10 + '">' for before, name in pairwise("abcdefghij")
)
EMPTY = model(thing(1, mesh((np.empty((0, 3)), np.empty((0, 3), np.int64)))))
BOX = model(thing(1, mesh(box())))


def placed(transform: str) -> bytes:
    return package(model(thing(1, mesh(box())), f'<item objectid="1" transform="{transform}"/>'))


STL: dict[str, Case] = {
    "4 billion triangles": Case(
        lambda: binary(box(), count=4_000_000_000), "says 4,000,000,000 triangles, and there is room for 12", "upload"
    ),
    "half a file": Case(lambda: binary(hill(50))[:-30_000], "and there is room for 9,", "upload it again"),
    "half a file in letters": Case(lambda: letters(box())[:-200], "The model is damaged: it ends in the middle of"),
    "no end": Case(lambda: letters(box()).replace(b"endsolid part", b""), "there is no 'endsolid'"),
    "a header and nothing": Case(lambda: binary(without(box(), *range(12))), "not one triangle in it"),
    "a solid and nothing": Case(lambda: b"solid nothing\nendsolid nothing\n", "not one triangle in it"),
    "NaN": Case(
        lambda: binary(moved(box(), 6, (np.nan, 0, 0))), "Triangle 4 of the model has a corner that is nowhere"
    ),
    "NaN in letters": Case(lambda: letters(moved(box(), 6, (np.nan, 0, 0))), "Triangle 4 of the model has a corner"),
    "1e999": Case(lambda: letters(box()).replace(b"30.0", b"1e999"), "beyond all numbers"),
    "no number": Case(lambda: letters(box()).replace(b"30.0", b"3O.0"), "triangle 1 has '3o.0' where a number"),
    "no corner": Case(lambda: letters(box()).replace(b"vertex", b"vortex", 1), "triangle 1 has 'vortex' where"),
    "two corners": Case(
        lambda: letters(box()).replace(b"      vertex 30.0 20.0 0.0\n", b"", 1),
        "triangle 1 has 'endloop' where 'vertex' is expected",
    ),
    "an open edge": Case(
        lambda: binary(without(box(), 5)), "3 edges have a triangle on one side only. One of them", "repairs models"
    ),
    "a flipped face": Case(
        lambda: binary(flipped(box(), 5)), "disagree on which side is outside: triangle 6, at x", "Recalculate Outside"
    ),
    "two bodies": Case(
        lambda: binary(both(box(), box(5, 6, 7, (90, 0, 0)))),
        "2 bodies that do not touch: the smallest has 5 x 6 x 7 mm, at x 90.00",
        "join them",
    ),
    "a part that is inside out": Case(
        lambda: binary(both(box(), turned(box(5, 5, 30, (2, 2, 0))))),
        "A part of the model is inside out, and is no hollow in the rest: it is 5 x 5 x 30 mm large, at x 2.00",
        "Recalculate Outside",
    ),
    "a part without volume": Case(
        lambda: binary(both(box(), box(5, 5, 0.00001, (2, 2, 3)))), "A part of the model has no volume: it is 5 x 5"
    ),
    "5,000 bodies": Case(
        lambda: binary(both(*(box(1, 1, 1, (n % 70 * 2, n // 70 * 2, 0)) for n in range(5000)))), "5,000 surfaces"
    ),
    "flat": Case(lambda: binary(box(z=0.0)), "flat: it has 0 mm in Z", "a thickness"),
    "zero thickness": Case(lambda: binary(sheet()), "walls have no thickness (0 mm on average", "Solidify"),
    "as thin as paper": Case(lambda: binary(box(z=0.05)), "flat: it has 0.05 mm in Z", "a thickness"),
    "0.03 mm": Case(
        lambda: binary(scaled(0.001)), "0.03 mm long, taken in mm as is assumed where a file says none", "which unit"
    ),
    "0.03 mm, by other units": Case(lambda: binary(scaled(0.001)), "longest side would be 30 mm in m."),
    "30 m": Case(lambda: binary(scaled(1000)), "30 m long, taken in mm", "which unit"),
    "30 m, by other units": Case(lambda: binary(scaled(1000)), "longest side would be 30 mm in µm."),
    "3e38 mm": Case(lambda: binary(scaled(1e37)), "more than 1,000 km long"),
    "it crosses itself": Case(lambda: binary(twisted()), "surface crosses itself, at z", "repairs models"),
    "more than a million triangles": Case(lambda: binary(hill(502)), "1,008,012 triangles; at most 1,000,000"),
    "more than 60 MB": Case(lambda: bytes(60_000_001), "60.0 MB; at most 60 MB", "coarser"),
}  # fmt: skip

OBJ: dict[str, Case] = {
    "a vertex that is not there": Case(lambda: obj(box()) + b"f 1 2 9\n", "names vertex 9, and 8 are there by then"),
    "too far back": Case(lambda: obj(box()) + b"f -1 -2 -9\n", "names vertex -9, and 8 are there"),
    "vertex 0": Case(lambda: obj(box()) + b"f 0 1 2\n", "line 23 names vertex 0"),
    "a face of two": Case(lambda: obj(box()) + b"f 1 2\n", "line 23 has a face of 2 corners"),
    "a face of words": Case(lambda: obj(box()) + b"f a b c\n", "line 23 has a face whose corners are no numbers"),
    "a vertex of two": Case(lambda: obj(box()) + b"v 1 2\n", "line 23 has no vertex of three numbers"),
    "1e999": Case(
        lambda: obj(box()).replace(b"30.0", b"1e999"), "Triangle 1 of the model has a corner that is nowhere"
    ),
    "a free form": Case(lambda: obj(box()) + b"cstype bspline\n", "a free form ('cstype' in line 23)", "as triangles"),
    "something else": Case(lambda: obj(box()) + b"import os\n", "line 23 begins with 'import'"),
    "no faces": Case(lambda: b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "not one triangle in it"),
    "a face of a million corners": Case(
        lambda: b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf" + b" 1 2 3" * 400_000, "more than 1,000,000 triangles"
    ),
    "an open edge": Case(lambda: obj(without(box(), 0)), "3 edges have a triangle on one side only"),
}

THREEMF: dict[str, Case] = {
    "a zip bomb": Case(
        lambda: package(" " * 150_000_000), "grows from 145,", "coarser"
    ),
    "a zip bomb in another part": Case(
        lambda: package(
            model(thing(1, components(1, attributes='p:path="/3D/b.model"'))), {"3D/b.model": " " * 150_000_000}
        ),
        "a part '3D/b.model' that grows from",
    ),
    "a zip bomb of many parts": Case(many_parts, "more than 160 MB in it when it is unpacked", "coarser"),
    "a thousand files": Case(lambda: archive({f"{n}": "" for n in range(1001)}), "1,001 files in its archive"),
    "a nested zip": Case(lambda: archive({"part.3mf": package(BOX)}), "a ZIP archive without a 3MF's", "unpack it"),
    "a nested zip for a model": Case(lambda: package(package(BOX)), "is no XML that can be read"),
    "a name that leads out": Case(lambda: package(BOX, {"../../etc/passwd": "x"}), "a name that leads out of it"),
    "a name from the root": Case(lambda: package(BOX, {"/etc/passwd": "x"}), "a name that leads out of it"),
    "two models": Case(lambda: package(BOX, {"3d/3DMODEL.model": BOX}), "two files '3d/3DMODEL.model'"),
    "half an archive": Case(lambda: package(BOX)[:-40], "the archive that a 3MF is cannot be opened"),
    "a damaged part": Case(
        lambda: package(BOX).replace(b"3D/3dmodel.model", b"3D/4dmodel.model", 1), "cannot be unpacked"
    ),
    "entities": Case(
        lambda: package(f"{ENTITIES}]><model xmlns='x'>&j;</model>"), "a document type or entities", "as 3MF or STL"
    ),
    "an entity from elsewhere": Case(
        lambda: package('<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]><m>&x;</m>'), "entities"
    ),
    "deep XML": Case(lambda: package("<a>" * 100_000), "more than 64 elements inside of each other"),
    "other XML": Case(lambda: package("<a/>"), "is no 3MF model"),
    "half of its XML": Case(lambda: package(BOX[:-90]), "is no XML that can be read"),
    "an object that is a part of itself": Case(
        lambda: package(model(thing(1, components(1)))), "object 1 is a part of itself"
    ),
    "two that are parts of each other": Case(
        lambda: package(model(thing(1, components(2)) + thing(2, components(1)))), "object 1 is a part of itself"
    ),
    "objects in objects in objects": Case(lambda: bomb(17, 1), "more than 16 objects inside of each other"),
    "objects that multiply": Case(lambda: bomb(9, 10), "more than 1,000 objects, each counted as often"),
    "triangles that multiply": Case(
        lambda: package(
            model(
                thing(1, mesh(hill(60))) + thing(2, components(*[1] * 30)) + thing(3, components(*[2] * 30)),
                '<item objectid="3"/>',
            )
        ),
        "more than 1,000,000 triangles, each counted as often as it is placed",
    ),
    "an object that is not there": Case(lambda: package(model("")), "places an object 1, which is not there"),
    "a part that is not there": Case(
        lambda: package(model("", '<item objectid="1" p:path="/../../etc/passwd"/>')), "that is not in its archive"
    ),
    "nothing placed": Case(lambda: package(model(thing(1, mesh(box())), "")), "not one triangle in it"),
    "nothing in it": Case(lambda: package(EMPTY), "not one triangle in it"),
    "a vertex that is not there": Case(
        lambda: package(BOX.replace('v3="1"', 'v3="8"', 1)), "triangle 2 of object 1 names vertex 8, and there are 8"
    ),
    "a negative vertex": Case(lambda: package(BOX.replace('v3="1"', 'v3="-1"', 1)), "triangle 2 of object 1 names"),
    "a vertex of 10^30": Case(lambda: package(BOX.replace('v3="1"', f'v3="{10**30}"', 1)), "triangle 2 of object 1"),
    "NaN": Case(lambda: package(BOX.replace('"30.0"', '"nan"', 1)), "Triangle 2 of object 1 of the model has a corner"),
    "1e999": Case(lambda: package(BOX.replace('"30.0"', '"1e999"', 1)), "beyond all numbers"),
    "no number": Case(lambda: package(BOX.replace('"30.0"', '"far"', 1)), "vertex 1 of object 1 is not three numbers"),
    "half a transform": Case(lambda: placed("1 0 0 0 1 0"), "which is not twelve finite numbers"),
    "a transform of NaN": Case(lambda: placed("nan 0 0 0 1 0 0 0 1 0 0 0"), "which is not twelve finite numbers"),
    "a transform that flattens": Case(lambda: placed("1 0 0 0 1 0 0 0 0 0 0 0"), "which makes it flat"),
    "a unit of its own": Case(lambda: package(model("", attributes='unit="parsec"')), "in 'parsec', a unit", "in mm"),
    "an extension": Case(
        lambda: package(model("", attributes='requiredextensions="b" xmlns:b="http://example.com/beams"')),
        "needs an extension of 3MF that is not known here (http://example.com/beams)",
        "plain triangles",
    ),
    "a surface": Case(lambda: package(model(thing(1, mesh(box()), 'type="surface"'))), "is a surface without a volume"),
    "a project with a part to cut away": Case(
        lambda: package(BOX, {"Metadata/model_settings.config": '<part subtype="negative_part"/>'}),
        "parts that are to be cut away",
        "the finished body alone",
    ),
    "two bodies": Case(
        lambda: package(
            model(
                thing(1, mesh(box())), '<item objectid="1"/><item objectid="1" transform="1 0 0 0 1 0 0 0 1 50 0 0"/>'
            )
        ),
        "2 bodies that do not touch",
    ),
    "an open edge": Case(
        lambda: package(model(thing(7, mesh(without(box(), 5)), 'name="Cap"'), '<item objectid="7"/>')),
        "of object 7 ('Cap'), at x",
    ),
    "30 m": Case(lambda: threemf(box(), "meter"), "30 m long, taken in m as its file says", "set its unit"),
}  # fmt: skip

NO_MODELS: dict[str, Case] = {
    "empty": Case(lambda: b"", "an empty file", "upload it again"),
    "a GLB": Case(lambda: b"glTF" + struct.pack("<II", 2, 12), "a glTF model", "as STL or 3MF"),
    "a STEP": Case(lambda: b"ISO-10303-21;\nHEADER;\n", "a STEP model", "as STL or 3MF"),
    "a page": Case(lambda: b"<!DOCTYPE html><html><body>404</body></html>", "a web page", "STL, 3MF or OBJ"),
    "a PLY": Case(lambda: b"ply\nformat ascii 1.0\n", "a PLY model"),
    "a photo": Case(lambda: b"\xff\xd8\xff\xe0" + bytes(200), "a photo", "where a product takes photos"),
    "a PDF": Case(lambda: b"%PDF-1.7 /Type /Catalog", "a PDF document"),
    "a text": Case(lambda: b"Happy Birthday Ada", "a text file"),
    "an AMF": Case(lambda: b'<?xml version="1.0"?><amf unit="inch"></amf>', "an AMF model"),
    "noise": Case(lambda: bytes(range(255, -1, -1)) * 9, "not a model that we know"),
    "a page in a 3MF's clothes": Case(lambda: b"PK\x03\x04<html></html>", "cannot be opened"),
}

TABLE: dict[str, Case] = {
    f"{kind}: {name}": case
    for kind, cases in {"stl": STL, "obj": OBJ, "3mf": THREEMF, "no model": NO_MODELS}.items()
    for name, case in cases.items()
}
