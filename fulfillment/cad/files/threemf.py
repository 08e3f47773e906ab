"""3MF (core specification 1.3): a ZIP with one model in mm, a named object for each part, a material for each colour.

One object that is made of all parts stands on the plate, so that slicers keep them together.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import quoteattr

from fulfillment.cad.body import Shape, Shapes

CORE: Final = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say."""
HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
MATERIALS: Final = 1
"""The id of the materials; those of the objects follow it."""


def written(built: Shapes) -> bytes:
    files = {
        "[Content_Types].xml": (
            f'{HEAD}<Types xmlns="{TYPES}">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'{HEAD}<Relationships xmlns="{RELATIONS}"><Relationship Target="/3D/3dmodel.model" Id="rel0" '
            'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
        ),
        "3D/3dmodel.model": "".join(_model(built)),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, NO_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return out.getvalue()


def _model(built: Shapes) -> Iterator[str]:
    yield f'{HEAD}<model unit="millimeter" xml:lang="en" xmlns="{CORE}">\n<resources>\n'
    yield f'<basematerials id="{MATERIALS}">'
    for part in built.parts:
        yield f'<base name={quoteattr(part.name)} displaycolor="{part.colour.upper()}"/>'
    yield "</basematerials>\n"
    ids = range(MATERIALS + 1, MATERIALS + 1 + len(built.parts))
    for number, part in zip(ids, built.parts, strict=True):
        yield from _object(number, number - MATERIALS - 1, part)
    whole = MATERIALS + 1 + len(built.parts)
    parts = "".join(f'<component objectid="{number}"/>' for number in ids)
    yield f'<object id="{whole}" type="model" name={quoteattr(built.name)}><components>{parts}</components></object>\n'
    yield f'</resources>\n<build><item objectid="{whole}"/></build>\n</model>\n'


def _object(number: int, material: int, part: Shape) -> Iterator[str]:
    yield f'<object id="{number}" type="model" name={quoteattr(part.name)} pid="{MATERIALS}" pindex="{material}">\n'
    yield "<mesh><vertices>\n"
    for x, y, z in part.vertices.tolist():
        yield f'<vertex x="{x:.6f}" y="{y:.6f}" z="{z:.6f}"/>\n'
    yield "</vertices><triangles>\n"
    for a, b, c in part.faces.tolist():
        yield f'<triangle v1="{a}" v2="{b}" v3="{c}"/>\n'
    yield "</triangles></mesh></object>\n"
