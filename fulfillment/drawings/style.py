"""How an SVG's elements are painted: attributes, style attributes and simple style sheets, resolved per element.

What would change the picture and is not understood is refused; what cannot (fonts of paths, hints for rendering) is
left aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from PIL import ImageColor

from fulfillment.drawings.limits import MAX_RULES, DrawingError, too_much
from fulfillment.drawings.xml import PLAIN, Element

Colour = tuple[int, int, int]
Properties = Mapping[str, str]

INHERITED: Final[Properties] = {
    "fill": "black",
    "fill-rule": "nonzero",
    "fill-opacity": "1",
    "stroke": "none",
    "stroke-width": "1",
    "stroke-opacity": "1",
    "stroke-linecap": "butt",
    "stroke-linejoin": "miter",
    "stroke-miterlimit": "4",
    "stroke-dasharray": "none",
    "marker": "none",
    "marker-start": "none",
    "marker-mid": "none",
    "marker-end": "none",
    "vector-effect": "none",
    "paint-order": "normal",
    "color": "black",
    "visibility": "visible",
}
"""What an element takes over from the one that it stands in, and what holds at the root."""

OWN: Final = frozenset(("display", "opacity", "clip-path", "mask", "filter", "mix-blend-mode", "clip"))
"""Properties that hold for one element and all that stands in it, as attributes or as style."""

CUT: Final[Properties] = {
    "clip-path": "Please cut the shapes themselves (Inkscape: Path > Intersection; Illustrator: Pathfinder > Crop).",
    "clip": "Please cut the shapes themselves.",
    "mask": "Please cut the shapes themselves, and take the mask away.",
    "filter": "Please take the effect (blur, shadow, glow) away.",
    "mix-blend-mode": "Please let its colours cover what lies below.",
}
"""What would change whole elements and cannot be made: what the customer can do."""
LINES: Final[Properties] = {
    "stroke-dasharray": "Please draw the dashes as lines of their own (Inkscape: Path > Stroke to Path).",
    "marker": "Please draw arrow heads as shapes (Inkscape: Path > Stroke to Path).",
    "marker-start": "Please draw arrow heads as shapes (Inkscape: Path > Stroke to Path).",
    "marker-mid": "Please draw its marks as shapes (Inkscape: Path > Stroke to Path).",
    "marker-end": "Please draw arrow heads as shapes (Inkscape: Path > Stroke to Path).",
    "paint-order": "Please paint its line on top of its surface, as is usual.",
    "vector-effect": "Please give its line a width that scales with it.",
}
"""The same of painted lines."""
HARMLESS: Final = frozenset(("none", "normal", "auto", "inherit", "initial", "0", ""))
"""Values of all of them that change nothing."""

GEOMETRY: Final = frozenset((
    "d", "x", "y", "cx", "cy", "r", "rx", "ry", "width", "height", "points", "transform", "transform-origin",
    "transform-box", "translate", "rotate", "scale", "zoom", "content", "all", "perspective", "backdrop-filter",
))  # fmt: skip
"""Properties of a style that would move or reshape what they are said of."""
MOVING: Final = ("animation", "transition", "offset", "mask-", "clip-path-")
"""How more of them begin."""

OPAQUE: Final = 0.95
"""Share from which on nobody sees that something is not opaque; drawing programs leave such numbers behind."""

_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SELECTOR = re.compile(r"(\*|[A-Za-z][\w-]*)?((?:[.#][\w-]+)*)")
_PART = re.compile(r"[.#][\w-]+")
_RGB = re.compile(r"rgba?\(([^()]*)\)", re.IGNORECASE)
_REFERENCE = re.compile(r"url\(\s*['\"]?#([^'\")]*)")


@dataclass(frozen=True, slots=True)
class _Rule:
    rank: tuple[int, int, int, int]
    """How many ids, classes and names it asks for, and its place in the file."""
    wants: frozenset[str]
    properties: Properties


@dataclass(slots=True)
class Sheet:
    """The rules of an SVG's style sheets, by one thing that each asks for."""

    rules: dict[str, list[_Rule]] = field(default_factory=dict)
    count: int = 0

    def add(self, text: str, where: str) -> None:
        """Take in a sheet. Raises DrawingError for what is beyond names, classes and ids."""
        text = _COMMENT.sub(" ", text)
        if "@" in text or "\\" in text:
            raise DrawingError(f"{where} has a style sheet with rules beyond names, classes and ids.", PLAIN)
        if _RULE.sub("", text).strip():
            raise DrawingError(f"{where} has a style sheet that is damaged.", PLAIN)
        for selectors, body in _RULE.findall(text):
            properties = declared(body, where)
            for selector in selectors.split(","):
                self._rule(selector.strip(), properties, where)

    def _rule(self, selector: str, properties: Properties, where: str) -> None:
        found = _SELECTOR.fullmatch(selector)
        if not found or not selector:
            reason = f"{where} has a style sheet with {selector[:40]!r}, which is neither a name, a class nor an id."
            raise DrawingError(reason, PLAIN)
        self.count += 1
        if self.count > MAX_RULES:
            raise too_much(f"more than {MAX_RULES:,} rules of style")
        parts = _PART.findall(found[2])
        name = found[1] if found[1] not in (None, "*") else ""
        ids = sum(part[0] == "#" for part in parts)
        wants = frozenset((*parts, name) if name else parts)
        rule = _Rule((ids, len(parts) - ids, bool(name), self.count), wants, properties)
        self.rules.setdefault(min(wants, default="*"), []).append(rule)

    def of(self, element: Element) -> Iterator[Properties]:
        """What its rules say of an element, the strongest last."""
        is_ = {element.tag, *(f".{name}" for name in element.attributes.get("class", "").split())}
        if known := element.attributes.get("id"):
            is_.add(f"#{known}")
        found = [rule for key in (*is_, "*") for rule in self.rules.get(key, ()) if rule.wants <= is_]
        for rule in sorted(found, key=lambda rule: rule.rank):
            yield rule.properties


def declared(text: str, where: str) -> Properties:
    """The properties of a style. Raises DrawingError for those that would move or reshape something."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, colon, value = part.partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if (name in GEOMETRY or name.startswith(MOVING)) and value.lower() not in HARMLESS:
            raise DrawingError(f"{where} has the style {name!r}, which moves or reshapes it.", PLAIN)
        if "!" in value or "var(" in value or "calc(" in value:
            raise DrawingError(f"{where} has the style {name!r} with {value[:40]!r}.", PLAIN)
        found[name] = value
    return found


def own_properties(element: Element, sheet: Sheet) -> Properties:
    """What is said of one element itself: attributes, then style sheets, then its style attribute."""
    attributes = element.attributes
    found = {name: value for name, value in attributes.items() if name in INHERITED or name in OWN}
    for properties in sheet.of(element):
        found.update(properties)
    if "style" in attributes:
        found.update(declared(_COMMENT.sub(" ", attributes["style"]), str(element)))
    return {name: value.strip() for name, value in found.items()}


def inherited(own: Properties, parent: Properties) -> Properties:
    """The properties that hold inside of an element."""
    changed = {name: value for name, value in own.items() if name in INHERITED and value.lower() != "inherit"}
    return {**parent, **changed} if changed else parent


def refuse(what: Properties, said: Properties, element: Element, named: Mapping[str, Element]) -> None:
    """Raise DrawingError where ``said`` has one of these properties that cannot be made."""
    for name, mend in what.items():
        value = said.get(name, "none")
        if value.lower() not in HARMLESS and not (name == "paint-order" and value.lower().startswith("fill")):
            raise DrawingError(f"{element} has a {name}, {_meant(value, named)}, which cannot be made.", mend)


def _meant(value: str, named: Mapping[str, Element]) -> str:
    """What a property's value refers to, or the value itself."""
    reference = _REFERENCE.match(value)
    return str(named[reference[1]]) if reference and reference[1] in named else repr(value[:40])


def share(text: str, where: str) -> float:
    """An opacity, 0 to 1. Raises DrawingError."""
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise DrawingError(f"{where} has the opacity {text[:40]!r}.", PLAIN) from None
    if value != value:  # NaN
        raise DrawingError(f"{where} has the opacity {text[:40]!r}.", PLAIN)
    return min(1.0, max(0.0, value))


def seen(opacity: str, element: Element) -> bool:
    """Whether something of that opacity is seen. Raises DrawingError where it is half seen."""
    value = share(opacity, str(element))
    if 0 < value < OPAQUE:
        reason = f"{element} is half transparent ({value:.0%}): a machine makes a mark or none."
        raise DrawingError(reason, "Please make it opaque, or take it away.")
    return value > 0


def paint(name: str, style: Properties, element: Element, named: Mapping[str, Element]) -> Colour | None:
    """The colour of an element's ``fill`` or ``stroke``; None: nothing is painted. Raises DrawingError."""
    value = style[name]
    if value.lower() == "currentcolor":
        value = style["color"]
    if value.lower() in ("none", "transparent") or not seen(style[f"{name}-opacity"], element):
        return None
    if value.lower().startswith("url("):
        reason = f"{element} is painted with {_meant(value, named)}: a machine has one tone only."
        raise DrawingError(reason, "Please paint it in one plain colour.")
    return colour(value, element)


def colour(value: str, element: Element) -> Colour | None:
    """A colour of CSS; None where it is fully transparent. Raises DrawingError."""
    try:
        if found := _RGB.fullmatch(value):
            numbers = re.split(r"[\s,/]+", found[1].strip())
            if len(numbers) == 4 and not seen(numbers.pop(), element):
                return None
            red, green, blue = (_channel(text) for text in numbers)
            return red, green, blue
        parsed = ImageColor.getrgb(value)
    except ValueError:
        raise DrawingError(
            f"{element} has the colour {value[:40]!r}, which is not known here.", "Please paint it in black."
        ) from None
    if len(parsed) == 4 and not seen(str(parsed[3] / 255), element):
        return None
    return parsed[0], parsed[1], parsed[2]


def _channel(text: str) -> int:
    value = float(text[:-1]) * 2.55 if text.endswith("%") else float(text)
    return round(min(255.0, max(0.0, value)))
