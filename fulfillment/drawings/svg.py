"""SVG: from its bytes to shapes in mm. What cannot be made as it is seen is refused by the element's name.

Source: Scalable Vector Graphics 2, chapters 5 (structure, ``use``), 6 (styling), 8 (coordinates), 9 and 10 (paths and
basic shapes), 13 (painting).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import svgelements

from fulfillment.drawings import clips, style
from fulfillment.drawings.curves import Curves, check_path, curves_of, joined
from fulfillment.drawings.limits import MAX_DEPTH, MAX_ELEMENTS, MAX_SEGMENTS, DrawingError, too_much
from fulfillment.drawings.shapes import Cap, Join, Pencil, Read, Shape
from fulfillment.drawings.style import Properties
from fulfillment.drawings.units import Page, length, numbers, page, transform
from fulfillment.drawings.xml import PLAIN, Element, tree
from gcode.geometry import Transform

TO_PATHS: Final = "Please convert text to paths (Inkscape: Path > Object to Path; Illustrator: Type > Create Outlines)."
STILL: Final = "Please send a drawing that stands still."
REFUSED: Final[Mapping[str, tuple[str, str]]] = {
    "text": ("text, whose font is not in the file", TO_PATHS),
    "tref": ("text, whose font is not in the file", TO_PATHS),
    "flowRoot": ("text, whose font is not in the file", TO_PATHS),
    "image": (
        "a picture in pixels",
        "Please trace it (Inkscape: Path > Trace Bitmap; Illustrator: Image Trace), or take it away.",
    ),
    "foreignObject": ("something that is no SVG", PLAIN),
    "switch": ("one of several drawings, by the reader's choice", PLAIN),
    "svg": ("a drawing inside of the drawing", "Please ungroup it, or place its shapes in a group."),
    "script": ("a program", PLAIN),
    "animate": ("a movement", STILL),
    "animateMotion": ("a movement", STILL),
    "animateTransform": ("a movement", STILL),
    "animateColor": ("a movement", STILL),
    "set": ("a movement", STILL),
    "video": ("a film", STILL),
    "mesh": ("a mesh of colours", "Please paint it in one plain colour."),
}
"""Elements that cannot be made: what each is, and what its customer can do."""

UNDRAWN: Final = frozenset((
    "defs", "symbol", "clipPath", "mask", "filter", "linearGradient", "radialGradient", "meshgradient", "hatch",
    "solidcolor", "pattern", "marker", "metadata", "title", "desc", "style", "font", "font-face", "color-profile",
    "cursor", "view", "",
))  # fmt: skip
"""Elements that no viewer draws where they stand; those that refer to them are judged there."""

NAMED: Final = 3
"""Elements that a note names before it counts the rest."""

CAPS: Final[Mapping[str, Cap]] = {"butt": "flat", "round": "round", "square": "square"}
JOINS: Final[Mapping[str, Join]] = {"round": "round", "bevel": "bevel"}


@dataclass(slots=True)
class _Reader:
    page: Page
    named: Mapping[str, Element]
    sheet: style.Sheet
    shapes: list[Shape] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    elements: int = 0
    segments: int = 0
    depth: int = 0
    using: list[Element] = field(default_factory=list)
    known: dict[int, Curves] = field(default_factory=dict)
    """Curves of elements that were met before, through another ``use``."""

    def element(self, element: Element, style_above: Properties, place: Transform) -> None:
        """Read one element and all that it holds."""
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise too_much(f"more than {MAX_ELEMENTS:,} elements, each counted as often as it is used")
        if element.tag in UNDRAWN and not (element.tag == "symbol" and element in self.using):
            return
        if element.tag not in HANDLERS:
            raise _refused(element)
        own = style.own_properties(element, self.sheet)
        if own.get("display") == "none" or not style.seen(own.get("opacity", "1"), element):
            self.hidden.append(str(element))
            return
        clip, before = clips.rectangle(own.get("clip-path", ""), self.named), len(self.shapes)
        style.refuse(style.CUT, own if clip is None else {**own, "clip-path": "none"}, element, self.named)
        if "transform" in element.attributes:
            place = transform(element.attributes["transform"], str(element)).then(place)
        with self._deeper():
            HANDLERS[element.tag](self, element, style.inherited(own, style_above), place)
        if clip is not None and not clips.cuts_nothing(clip, self.shapes[before:], place):
            style.refuse(style.CUT, own, element, self.named)

    def without_parts(self, element: Element) -> None:
        """Raise DrawingError where something stands in an element that holds nothing but its own description."""
        for child in element.children:
            if child.tag not in UNDRAWN:
                raise _refused(child)

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise too_much(f"more than {MAX_DEPTH} elements inside of each other")
        yield
        self.depth -= 1

    def shape(self, element: Element, curves: Curves, properties: Properties, place: Transform) -> None:
        """One shape with its paint, unless nobody sees it."""
        if not curves.count:
            return
        self.segments += curves.count
        if self.segments > MAX_SEGMENTS:
            raise too_much(f"more than {MAX_SEGMENTS:,} segments, each counted as often as it is used")
        fill = pencil = None
        if properties["visibility"] == "visible":
            fill = None if element.tag == "line" else style.paint("fill", properties, element, self.named)
            pencil = self._pencil(element, properties, place)
        if fill is None and pencil is None:
            self.hidden.append(str(element))
            return
        even_odd = properties["fill-rule"] == "evenodd"
        self.shapes.append(Shape(str(element), curves.moved(place), fill, even_odd, pencil))

    def _pencil(self, element: Element, properties: Properties, place: Transform) -> Pencil | None:
        colour = style.paint("stroke", properties, element, self.named)
        if colour is None:
            return None
        width = self.length(properties["stroke-width"], element, "diagonal")
        if width <= 0:
            return None
        style.refuse(style.LINES, properties, element, self.named)
        scale = abs(place.a * place.d - place.b * place.c) ** 0.5
        cap = CAPS.get(properties["stroke-linecap"], "flat")
        join = JOINS.get(properties["stroke-linejoin"], "mitre")
        mitre = self.length(properties["stroke-miterlimit"], element, "diagonal")
        return Pencil(colour, width * scale, cap, join, mitre)

    def length(self, text: str, element: Element, along: str) -> float:
        """A length of an element in its own units. ``along``: what 100 % are of."""
        width, height = self.page.view or (None, None)
        whole = {"x": width, "y": height}.get(along)
        if along == "diagonal" and width is not None and height is not None:
            whole = ((width**2 + height**2) / 2) ** 0.5
        return length(text, str(element), whole)

    def attribute(self, element: Element, name: str, along: str, missing: str = "0") -> float:
        return self.length(element.attributes.get(name, missing), element, along)


def _refused(element: Element) -> DrawingError:
    if element.tag not in REFUSED:
        return DrawingError(f"The drawing has {element}, which is not known here.", PLAIN)
    what, mend = REFUSED[element.tag]
    return DrawingError(f"The drawing has {element}: {what}.", mend)


def _group(reader: _Reader, element: Element, properties: Properties, place: Transform) -> None:
    for child in element.children:
        reader.element(child, properties, place)


def _use(reader: _Reader, element: Element, properties: Properties, place: Transform) -> None:
    reader.without_parts(element)
    reference = element.attributes.get("href", "").strip()
    target = reader.named.get(reference[1:]) if reference[:1] == "#" else None
    if target is None:
        where = repr(reference[:60]) if reference else "nothing"
        raise DrawingError(f"{element} uses {where}, which is not in the file.", PLAIN)
    if target in reader.using:
        raise DrawingError(f"{element} uses {target}, which it is a part of.", "Please draw it anew.")
    if target.tag == "symbol" and "viewBox" in target.attributes:
        raise DrawingError(f"{element} uses {target}, which has a viewBox of its own.", "Please unlink its copies.")
    reader.using.append(target)
    x, y = reader.attribute(element, "x", "x"), reader.attribute(element, "y", "y")
    reader.element(target, properties, Transform.move(x, y).then(place))
    reader.using.pop()


def _path(_reader: _Reader, element: Element) -> Curves:
    data = element.attributes.get("d", "").strip()
    if data in ("", "none") or not check_path(data, str(element)):
        return joined((), closed=False)
    return curves_of(svgelements.Path(data))


def _rect(reader: _Reader, element: Element) -> Curves:
    x, y = reader.attribute(element, "x", "x"), reader.attribute(element, "y", "y")
    width, height = reader.attribute(element, "width", "x"), reader.attribute(element, "height", "y")
    if width <= 0 or height <= 0:
        return joined((), closed=False)
    given = element.attributes
    across, along = given.get("rx", "auto"), given.get("ry", "auto")
    rx = reader.length(across if across != "auto" else along if along != "auto" else "0", element, "x")
    ry = reader.length(along if along != "auto" else across if across != "auto" else "0", element, "y")
    if rx <= 0 or ry <= 0:
        return joined(((x, y), (x + width, y), (x + width, y + height), (x, y + height)), closed=True)
    rx, ry = min(rx, width / 2), min(ry, height / 2)
    return curves_of(svgelements.Path(svgelements.Rect(x=x, y=y, width=width, height=height, rx=rx, ry=ry)))


def _round(reader: _Reader, element: Element) -> Curves:
    x, y = reader.attribute(element, "cx", "x"), reader.attribute(element, "cy", "y")
    if element.tag == "circle":
        rx = ry = reader.attribute(element, "r", "diagonal")
    else:
        rx, ry = reader.attribute(element, "rx", "x"), reader.attribute(element, "ry", "y")
    if rx <= 0 or ry <= 0:
        return joined((), closed=False)
    return curves_of(svgelements.Path(svgelements.Ellipse(cx=x, cy=y, rx=rx, ry=ry)))


def _line(reader: _Reader, element: Element) -> Curves:
    ends = [(reader.attribute(element, f"x{n}", "x"), reader.attribute(element, f"y{n}", "y")) for n in (1, 2)]
    return joined(ends, closed=False)


def _corners(_reader: _Reader, element: Element) -> Curves:
    values = numbers(element.attributes.get("points", ""), str(element))
    if len(values) % 2:
        raise DrawingError(f"{element} has a point with one number only.", PLAIN)
    return joined(list(zip(values[::2], values[1::2], strict=True)), closed=element.tag == "polygon")


Drawn = Callable[[_Reader, Element], Curves]


def _drawn(curves: Drawn, reader: _Reader, element: Element, properties: Properties, place: Transform) -> None:
    reader.without_parts(element)
    found = reader.known.get(id(element))
    if found is None:
        found = reader.known[id(element)] = curves(reader, element)
    reader.shape(element, found, properties, place)


Handler = Callable[[_Reader, Element, Properties, Transform], None]
SHAPES: Final[Mapping[str, Drawn]] = {
    "path": _path,
    "rect": _rect,
    "circle": _round,
    "ellipse": _round,
    "line": _line,
    "polyline": _corners,
    "polygon": _corners,
}
HANDLERS: Final[Mapping[str, Handler]] = {
    "g": _group,
    "a": _group,
    "symbol": _group,
    "use": _use,
    **{tag: partial(_drawn, curves) for tag, curves in SHAPES.items()},
}
"""What is done with each element that is drawn."""


def _all(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from _all(child)


def _size_of_style(root: Element) -> None:
    """Take the page's size out of the root's style, where collections of icons have it, to where it is looked for."""
    kept = []
    for part in root.attributes.get("style", "").split(";"):
        name, _, value = part.partition(":")
        if name.strip().lower() in ("width", "height"):
            root.attributes[name.strip().lower()] = value.strip()
        else:
            kept.append(part)
    root.attributes["style"] = ";".join(kept)


def read(data: bytes) -> Read:
    """Every shape of the file that is seen, in the order of painting. Raises DrawingError."""
    root = tree(data)
    _size_of_style(root)
    named: dict[str, Element] = {}
    sheet = style.Sheet()
    for element in _all(root):
        named.setdefault(element.attributes.get("id", ""), element)
        if element.tag == "script" or any(name.startswith("on") for name in element.attributes):
            raise DrawingError(f"The drawing has {element}: a program.", PLAIN)
        if element.tag == "style":
            sheet.add(element.text, str(element))
    reader = _Reader(page(root), named, sheet)
    own = style.own_properties(root, sheet)
    style.refuse(style.CUT, own, root, named)
    if own.get("display") != "none" and style.seen(own.get("opacity", "1"), root):
        _group(reader, root, style.inherited(own, style.INHERITED), reader.page.place)
    return Read(tuple(reader.shapes), _notes(reader), reader.page.edge)


def _notes(reader: _Reader) -> tuple[str, ...]:
    if not reader.hidden:
        return (reader.page.note,)
    more = f" and {len(reader.hidden) - NAMED} more" if len(reader.hidden) > NAMED else ""
    return (reader.page.note, f"Left out, as no viewer shows it: {', '.join(reader.hidden[:NAMED])}{more}.")
