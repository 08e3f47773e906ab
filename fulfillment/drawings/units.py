"""How large an SVG is in mm: lengths, the page, and what was decided where the file leaves it open."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fulfillment.drawings.curves import NUMBER
from fulfillment.drawings.limits import DrawingError, number
from fulfillment.drawings.xml import PLAIN, Element
from gcode.geometry import Bounds, Transform

PIXEL: Final = 25.4 / 96
"""mm: CSS Values 4, "Absolute Lengths": 1in = 96px."""
MM: Final[Mapping[str, float]] = {
    "mm": 1.0,
    "cm": 10.0,
    "q": 0.25,
    "in": 25.4,
    "pt": 25.4 / 72,
    "pc": 25.4 / 6,
    "px": PIXEL,
    "": PIXEL,
}
"""mm of each unit; a number without one is in px."""
_NUMBER = re.compile(NUMBER, re.ASCII)
_LENGTH = re.compile(rf"\s*({NUMBER})\s*([A-Za-z%]*)\s*", re.ASCII)

PIXELS: Final = "1 px was taken as 1/96 inch"
AT_LEAST: Final = 1e-9
"""Of a page's or a drawing's side, in its own unit."""


@dataclass(frozen=True, slots=True)
class Page:
    """``place`` puts the file's coordinates on the page in mm, y up; ``view`` is what its lengths in % are of."""

    place: Transform
    view: tuple[float, float] | None
    edge: Bounds | None
    """In mm. None: the file has no page."""
    note: str


def length(text: str, where: str, whole: float | None = None) -> float:
    """A length in px, which are an SVG's own unit below its viewBox. ``whole``: what 100 % are. Raises DrawingError."""
    found = _LENGTH.fullmatch(text)
    if not found:
        raise DrawingError(f"{where} has {text[:40]!r} where a length is expected.", PLAIN)
    value, unit = number(found[1], where), found[2].lower()
    if unit == "%" and whole is not None:
        return value * whole / 100
    if unit not in MM:
        raise DrawingError(f"{where} has a length in {unit!r}, which has no size here.", "Please use mm.")
    return value if unit in ("", "px") else value * MM[unit] / PIXEL


def _said(root: Element, name: str) -> tuple[float, str] | None:
    """A side of the page in mm with its unit; None where it is left open."""
    text = root.attributes.get(name, "auto").strip()
    if text == "auto" or text.endswith("%"):
        return None
    where = f"The drawing's {name}"
    value = length(text, where) * PIXEL
    if value < AT_LEAST:
        raise DrawingError(f"{where} is {text[:40]!r}.", "Please give it a page.")
    found = _LENGTH.fullmatch(text)
    return value, found[2].lower() if found else ""


def _view(root: Element) -> tuple[float, float, float, float] | None:
    text = root.attributes.get("viewBox")
    if text is None:
        return None
    parts = numbers(text, "The drawing's viewBox")
    if len(parts) != 4:
        raise DrawingError(f"The drawing's viewBox is {text[:40]!r}.", PLAIN)
    x, y, width, height = parts
    if width < AT_LEAST or height < AT_LEAST:
        raise DrawingError("The drawing's viewBox has no surface.", "Please give it a page.")
    return x, y, width, height


def page(root: Element) -> Page:
    """Where the file's coordinates lie on its page, and how that was decided. Raises DrawingError."""
    view, wide, high = _view(root), _said(root, "width"), _said(root, "height")
    if view is None:
        if wide is None or high is None:
            place = Transform(a=PIXEL, d=-PIXEL)
            return Page(place, None, None, f"The drawing says no size: {PIXELS}.")
        view = (0.0, 0.0, wide[0] / PIXEL, high[0] / PIXEL)
    x, y, width, height = view
    across, down = _scales(root, width, height, wide and wide[0], high and high[0])
    place = Transform(a=across, d=-down, e=-x * across, f=(y + height) * down)
    edge = Bounds(0.0, 0.0, width * across, height * down)
    return Page(place, (width, height), edge, _note(edge, {said[1] for said in (wide, high) if said}))


def _scales(root: Element, width: float, height: float, wide: float | None, high: float | None) -> tuple[float, float]:
    """mm of one unit of the viewBox, to the right and down."""
    if wide is None and high is None:
        return PIXEL, PIXEL
    across = wide / width if wide is not None else None
    down = high / height if high is not None else None
    if across is None or down is None:
        only = across or down or PIXEL
        return only, only
    kept = root.attributes.get("preserveAspectRatio", "xMidYMid meet").split()
    if kept[:1] == ["none"]:
        return across, down
    both = max(across, down) if "slice" in kept else min(across, down)
    return both, both


def _note(edge: Bounds, units: set[str]) -> str:
    size = f"{edge.width:.4g} x {edge.height:.4g} mm"
    if not units:
        return f"The drawing says no size of its page: {PIXELS}, which makes it {size}."
    if units <= {"", "px"}:
        return f"The drawing's page is given in px: {PIXELS}, which makes it {size}."
    return f"The drawing's page is {size}, as it says itself."


TRANSFORM = re.compile(r"\s*,?\s*([A-Za-z]+)\s*\(([^()]*)\)")
_ARGUMENTS: Final[Mapping[str, tuple[int, ...]]] = {
    "matrix": (6,),
    "translate": (1, 2),
    "scale": (1, 2),
    "rotate": (1, 3),
    "skewX": (1,),
    "skewY": (1,),
}


def numbers(text: str, where: str) -> list[float]:
    """Numbers with gaps or commas between them. Raises DrawingError."""
    rest = _NUMBER.sub("", text)
    if rest.strip(" \t\r\n\f,"):
        raise DrawingError(f"{where} has {text.strip()[:40]!r} where numbers are expected.", PLAIN)
    return [number(value, where) for value in _NUMBER.findall(text)]


def transform(text: str, where: str) -> Transform:
    """An element's transform attribute. Raises DrawingError."""
    whole, at = Transform(), 0
    while found := TRANSFORM.match(text, at):
        name, values = found[1], numbers(found[2], f"{where}'s transform")
        if len(values) not in _ARGUMENTS.get(name, ()):
            raise DrawingError(f"{where} has the transform {found[0].strip()[:60]!r}.", PLAIN)
        whole = _single(name, values).then(whole)
        at = found.end()
    if text[at:].strip() not in ("", "none"):
        raise DrawingError(f"{where} has the transform {text[at:].strip()[:60]!r}.", PLAIN)
    return whole


def _single(name: str, values: list[float]) -> Transform:
    first, second = values[0], values[1] if len(values) > 1 else None
    if name == "matrix":
        return Transform(*values)
    if name == "translate":
        return Transform.move(first, second or 0.0)
    if name == "scale":
        return Transform.scale(first, second)
    if name == "rotate":
        turn = Transform.rotate(first)
        return (
            turn if second is None else Transform.move(-second, -values[2]).then(turn).then(Transform.move(*values[1:]))
        )
    slope = math.tan(math.radians(first))
    return Transform(c=slope) if name == "skewX" else Transform(b=slope)
