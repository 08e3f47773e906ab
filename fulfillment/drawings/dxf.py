"""DXF: from its bytes to lines in mm. Everything in it is a line; what cannot be one is refused by its name.

The file is counted as bare pairs of code and value before ezdxf reads it, with every block as often as it is inserted:
an INSERT of 30,000 columns and rows, or blocks that insert each other, cost ten lines.
Source: Autodesk, "DXF Reference": group codes, $INSUNITS, INSERT (70 and 71: columns and rows), LAYER (70: frozen).
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np
from ezdxf.document import Drawing as Document
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.entities.insert import Insert
from ezdxf.filemanagement import read as read_dxf
from ezdxf.lldxf.const import DXFError
from ezdxf.math import Matrix44, Vec3
from ezdxf.path import Curve3To, Curve4To, Path, make_path

from fulfillment.drawings.curves import Curves, straight
from fulfillment.drawings.limits import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_SEGMENTS,
    DrawingError,
    number,
    too_much,
)
from fulfillment.drawings.shapes import Pencil, Read, Shape
from gcode.geometry import Transform

MEND: Final = "Please save it anew as DXF (R2000 or newer, text form)."
UNITS: Final[Mapping[int, tuple[float, str]]] = {
    1: (25.4, "inch"),
    2: (304.8, "foot"),
    4: (1.0, "mm"),
    5: (10.0, "cm"),
    6: (1000.0, "m"),
    8: (25.4e-6, "microinch"),
    9: (0.0254, "mil"),
    10: (914.4, "yard"),
    12: (1e-6, "nm"),
    13: (1e-3, "um"),
    14: (100.0, "dm"),
}
"""$INSUNITS: mm of one unit, and its name. 0 is no unit."""
LINES: Final = frozenset(("LINE", "LWPOLYLINE", "POLYLINE", "ARC", "CIRCLE", "ELLIPSE", "SPLINE"))
"""Entities that are lines."""
PARTS: Final = frozenset(("VERTEX", "SEQEND", "ATTRIB", "ATTDEF", "ENDBLK", "BLOCK", "SECTION", "ENDSEC", "EOF"))
MENDS: Final[Mapping[str, str]] = {
    "TEXT": "Please convert text to lines (AutoCAD: TXTEXP).",
    "MTEXT": "Please convert text to lines (AutoCAD: TXTEXP).",
    "HATCH": "Please send its outline as a polyline, or the drawing as SVG with a surface.",
    "SOLID": "Please send its outline as a polyline, or the drawing as SVG with a surface.",
    "DIMENSION": "Please take the dimensions away.",
    "LEADER": "Please take the notes away.",
    "MULTILEADER": "Please take the notes away.",
    "IMAGE": "Please trace the picture, or take it away.",
    "POINT": "Please draw a small circle instead of a point.",
}
FLAT: Final = 1e-6
"""Share of its size by which a line may rise out of the plane."""
BROKEN: Final = (
    DXFError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)
"""What ezdxf raises on damaged files, besides its own errors."""
INK: Final = Pencil((0, 0, 0))


def read(data: bytes) -> Read:
    """Every line of the model space, in mm. Raises DrawingError."""
    text = _text(data)
    pairs = _pairs(text)
    _count(pairs)
    scale, note = _unit(pairs)
    try:
        document = read_dxf(io.StringIO(text))
        curves, notes = _curves(document)
    except BROKEN as error:
        raise DrawingError(f"The drawing is damaged: {str(error)[:100] or type(error).__name__}.", MEND) from None
    place = Transform.scale(scale)
    return Read(tuple(Shape(name, found.moved(place), pencil=INK) for name, found in curves), (note, *notes))


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding).replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1").replace("\r\n", "\n")


Pairs = list[tuple[int, str]]


def _pairs(text: str) -> Pairs:
    """Code and value, line by line."""
    lines = text.rstrip().split("\n")
    if len(lines) % 2:
        raise DrawingError("The drawing is incomplete: its last value is missing.", MEND)
    try:
        codes = [int(line) for line in lines[::2]]
    except ValueError:
        raise DrawingError("The drawing is damaged: a line has no code where one must be.", MEND) from None
    if lines[-1].strip() != "EOF":
        raise DrawingError("The drawing is incomplete: its end is missing.", MEND)
    return list(zip(codes, lines[1::2], strict=True))


def _is_number(code: int) -> bool:
    return 10 <= code <= 59 or 140 <= code <= 149 or 210 <= code <= 239 or 1010 <= code <= 1059


# --- counting before reading ---------------------------------------------------------------------------------------


def _entities(pairs: Pairs) -> Iterator[tuple[str, str, dict[int, str], int]]:
    """(section, entity, its last value of each code, its points) of the sections that are drawn."""
    section = kind = ""
    values: dict[int, str] = {}
    points = 0
    for code, raw in pairs:
        value = raw.strip()
        if code == 0:
            if kind and section in ("BLOCKS", "ENTITIES"):
                yield section, kind, values, points
            kind, values, points = value, {}, 0
            continue
        if code == 2 and kind == "SECTION":
            section = value
        if section in ("BLOCKS", "ENTITIES"):
            if _is_number(code):
                number(value, f"The drawing's {kind}")
            points += code in (10, 42)
            values[code] = value


def _count(pairs: Pairs) -> None:
    """Raise DrawingError where the file has more of anything than is taken, blocks as often as they are inserted."""
    own: Counter[str] = Counter()
    inserts: dict[str, Counter[str]] = {}
    block, total = "", 0
    for section, kind, values, points in _entities(pairs):
        if kind == "BLOCK":
            block = values.get(2, "").lower()
        elif section == "ENTITIES":
            block = ""
        total += points
        own[block] += kind not in PARTS
        if kind == "INSERT":
            copies = _whole(values.get(70, "1"), kind) * _whole(values.get(71, "1"), kind)
            inserts.setdefault(block, Counter())[values.get(2, "").lower()] += copies
        if kind == "SPLINE" and not 1 <= _whole(values.get(71, "3"), kind) <= 10:
            raise DrawingError("The drawing has a SPLINE of a degree beyond 10.", MEND)
    if total > MAX_SEGMENTS:
        raise too_much(f"more than {MAX_SEGMENTS:,} segments")
    if sum(own.values()) > MAX_ELEMENTS or _unfolded("", own, inserts, {}, ()) > MAX_ELEMENTS:
        raise too_much(f"more than {MAX_ELEMENTS:,} entities, each counted as often as it is inserted")


def _whole(text: str, kind: str) -> int:
    """A count, at least 1."""
    value = number(text, f"The drawing's {kind}")
    return max(1, int(value))


def _unfolded(
    block: str, own: Counter[str], inserts: Mapping[str, Counter[str]], known: dict[str, int], inside: tuple[str, ...]
) -> int:
    """Entities of a block with all that it inserts."""
    if block in known:
        return known[block]
    if block in inside:
        raise DrawingError(f"The drawing's block {block[:40]!r} inserts itself.", "Please draw it anew.")
    if len(inside) >= MAX_DEPTH:
        raise too_much(f"more than {MAX_DEPTH} blocks inside of each other")
    within = (*inside, block)
    total = own[block] + sum(
        copies * _unfolded(name, own, inserts, known, within) for name, copies in inserts.get(block, {}).items()
    )
    known[block] = total
    return total


# --- reading ---------------------------------------------------------------------------------------------------------


def _unit(pairs: Pairs) -> tuple[float, str]:
    """mm of the file's unit, from its own words: ezdxf takes metres where the header says nothing."""
    said = (value for (code, name), (_, value) in pairwise(pairs) if code == 9 and name.strip() == "$INSUNITS")
    code = int(number(next(said, "0").strip(), "The drawing's $INSUNITS"))
    if code == 0:
        return 1.0, "The drawing says no unit: 1 unit was taken as 1 mm."
    if code not in UNITS:
        raise DrawingError(f"The drawing's unit ($INSUNITS {code}) is not known here.", "Please use mm or inch.")
    scale, name = UNITS[code]
    return scale, f"The drawing's unit is {name}, as it says itself ({scale:g} mm)."


def _curves(document: Document) -> tuple[list[tuple[str, Curves]], list[str]]:
    """Each entity of the model space that is shown, and what was decided."""
    hidden: Counter[str] = Counter()
    dashed: Counter[str] = Counter()
    found: list[tuple[str, Curves]] = []
    for entity, place in _unblocked(document.modelspace(), document, hidden, Matrix44()):
        kind = entity.dxftype()
        if kind not in LINES:
            reason = f"The drawing has an entity {kind}, which is no line."
            raise DrawingError(reason, MENDS.get(kind, "Please convert it to lines, arcs or polylines."))
        if _linetype(entity, document) not in ("CONTINUOUS", "BYBLOCK"):
            dashed[_linetype(entity, document)] += 1
        path = make_path(entity).transform(place)
        parts = path.sub_paths() if path.has_sub_paths else (path,)
        found += [(f"A {kind}", _curve(part, kind)) for part in parts]
    if sum(curves.count for _, curves in found) > MAX_SEGMENTS:
        raise too_much(f"more than {MAX_SEGMENTS:,} segments, each counted as often as it is inserted")
    notes = [f"Left out, as layer {layer!r} is off: {count} entities." for layer, count in hidden.items()]
    notes += [f"Drawn without gaps: {count} lines of type {name!r}." for name, count in dashed.items()]
    return found, notes


def _unblocked(
    entities: Any, document: Document, hidden: Counter[str], place: Matrix44
) -> Iterator[tuple[DXFGraphic, Matrix44]]:
    """All entities that are shown, those of inserted blocks too, with the way from their own place to the drawing's."""
    for entity in entities:
        if _off(entity, document):
            hidden[entity.dxf.layer] += 1
        elif isinstance(entity, Insert):
            yield from _inserted(entity, document, hidden, place)
        elif entity.dxftype() not in ("ATTDEF", "VIEWPORT"):
            yield entity, place


def _inserted(
    insert: Insert, document: Document, hidden: Counter[str], place: Matrix44
) -> Iterator[tuple[DXFGraphic, Matrix44]]:
    if insert.attribs:
        raise DrawingError("The drawing has a block with text (ATTRIB).", MENDS["TEXT"])
    block = document.blocks.get(insert.dxf.name)
    if block is None:
        raise DrawingError(f"The drawing inserts a block {insert.dxf.name[:40]!r}, which is not in the file.", MEND)
    for copy in insert.multi_insert() if insert.mcount > 1 else (insert,):
        yield from _unblocked(block, document, hidden, copy.matrix44() @ place)


def _off(entity: DXFGraphic, document: Document) -> bool:
    if entity.dxf.get("invisible", 0):
        return True
    name = entity.dxf.layer
    layer = document.layers.get(name) if document.layers.has_entry(name) else None
    return layer is not None and (layer.is_off() or layer.is_frozen())


def _linetype(entity: DXFGraphic, document: Document) -> str:
    name = str(entity.dxf.get("linetype", "BYLAYER")).upper()
    if name != "BYLAYER":
        return name
    layer = entity.dxf.layer
    if not document.layers.has_entry(layer):
        return "CONTINUOUS"
    return str(document.layers.get(layer).dxf.get("linetype", "CONTINUOUS")).upper()


def _curve(path: Path, kind: str) -> Curves:
    """One path of ezdxf as cubic curves in the plane."""
    rows: list[tuple[float, ...]] = []
    heights = [path.start.z]
    at = path.start
    for command in path.commands():
        end = command.end
        if isinstance(command, Curve4To):
            b, c = command.ctrl1, command.ctrl2
            rows.append((at.x, at.y, b.x, b.y, c.x, c.y, end.x, end.y))
            heights += [b.z, c.z]
        elif isinstance(command, Curve3To):
            rows.append(_raised(at, command.ctrl, end))
            heights.append(command.ctrl.z)
        else:
            rows.append(straight(at.x, at.y, end.x, end.y))
        heights.append(end.z)
        at = end
    cubics = np.array(rows, dtype=np.float64).reshape(-1, 4, 2)
    if np.ptp(heights) > FLAT * max(1.0, float(np.abs(cubics).max(initial=0.0))):
        raise DrawingError(f"The drawing has a {kind} that rises out of the plane.", "Please send a flat drawing.")
    if not rows:
        return Curves(cubics)
    return Curves(cubics, (0,), (path.is_closed,))


def _raised(a: Vec3, q: Vec3, d: Vec3) -> tuple[float, ...]:
    """A quadratic curve as a cubic one."""
    b, c = a.lerp(q, 2 / 3), d.lerp(q, 2 / 3)
    return a.x, a.y, b.x, b.y, c.x, c.y, d.x, d.y
