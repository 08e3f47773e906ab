"""What a job asks for: what this printer can do, what of a request it takes, and what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simulators.ipp.media import KNOWN, Size, described, same, size_of, sound
from simulators.ipp.values import boolean, collection, enum, integer, keyword, resolution, span
from simulators.ipp.wire import Attribute, Group, Members, Tag, Value

COPIES = 999
SIDES = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")
SCALING = ("auto", "auto-fit", "fill", "fit", "none")
COLOURS = ("auto", "color", "monochrome")
INTENTS = ("auto", "absolute", "perceptual", "relative", "relative-bpc", "saturation")
CONTENTS = ("auto", "graphic", "photo", "text", "text-and-graphic")
HANDLING = ("separate-documents-uncollated-copies", "separate-documents-collated-copies")
SOURCES = ("auto", "tray-1", "tray-2", "tray-3", "tray-4")
OVERRIDES = ("document-numbers", "document-number", "pages")
"""The second is in no registry, but in the tests of CUPS 2.4 for IPP Everywhere, and so in what printers say."""
TYPES = ("stationery", "stationery-heavyweight", "photographic", "labels", "cardstock")
RESOLUTIONS = (300, 600)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What is made of a request's job template attributes."""

    size: Size
    media: str
    source: str = "auto"
    copies: int = 1
    sides: str = "one-sided"
    scaling: str = "auto"
    colour: str = "auto"
    ranges: tuple[tuple[int, int], ...] = ()
    orientation: int = 0
    """0: as it fits; 3 portrait, 4 landscape, 5 reverse landscape, 6 reverse portrait."""

    @property
    def two_sided(self) -> bool:
        return self.sides != "one-sided"

    def chosen(self, pages: int) -> Sequence[int]:
        """The pages to print, counted from 0."""
        if not self.ranges:
            return range(pages)
        return [page for page in range(pages) if any(low <= page + 1 <= high for low, high in self.ranges)]


def _word(words: Sequence[str]) -> Callable[[Value], bool]:
    return lambda value: value.data in words


def _number(low: int, high: int) -> Callable[[Value], bool]:
    return lambda value: isinstance(value.data, int) and low <= value.data <= high


def _anything(_: Value) -> bool:
    return True


def _paper(value: Value) -> bool:
    return isinstance(value.data, str) and size_of(value.data) is not None


def _papers(value: Value) -> bool:
    return value.tag == Tag.COLLECTION and all(_MEMBERS.get(m.name, _nothing)(m.values[0]) for m in value.data)


def _nothing(_: Value) -> bool:
    return False


def _size(value: Value) -> bool:
    return value.tag == Tag.COLLECTION and _dimensions(value.data) is not None


def _range(value: Value) -> bool:
    return value.tag == Tag.RANGE and 1 <= value.data[0] <= value.data[1]


_MEMBERS: Mapping[str, Callable[[Value], bool]] = {
    "media-size-name": _paper,
    "media-size": _size,
    "media-source": _word(SOURCES),
    "media-type": _word(TYPES),
    **{f"media-{edge}-margin": _number(0, 10000) for edge in ("bottom", "left", "right", "top")},
}
TEMPLATE: Mapping[str, Callable[[Value], bool]] = {
    "copies": _number(1, COPIES),
    "finishings": _number(3, 3),
    "media": _paper,
    "media-col": _papers,
    "multiple-document-handling": _word(HANDLING),
    "number-up": _number(1, 1),
    "orientation-requested": _number(3, 6),
    "output-bin": _word(("face-down",)),
    "overrides": _nothing,
    "page-ranges": _range,
    "print-color-mode": _word(COLOURS),
    "print-content-optimize": _word(CONTENTS),
    "print-quality": _number(3, 5),
    "print-rendering-intent": _word(INTENTS),
    "print-scaling": _word(SCALING),
    "printer-resolution": lambda value: value.data in [(dpi, dpi, 3) for dpi in RESOLUTIONS],
    "sides": _word(SIDES),
}
"""What each attribute of a job's template may be. Overrides are known by name, as they must be, and never taken."""


def sorted_out(asked: Group, two_sided: bool) -> tuple[dict[str, Attribute], tuple[Attribute, ...]]:
    """What is taken, and what is not: unknown ones out of band, unsupported values as they came (RFC 8011, 4.1.7)."""
    taken: dict[str, Attribute] = {}
    refused: list[Attribute] = []
    rules = TEMPLATE if two_sided else {**TEMPLATE, "sides": _word(SIDES[:1])}
    for attribute in asked.attributes:
        good = rules.get(attribute.name)
        if good is None:
            refused.append(Attribute(attribute.name, (Value(Tag.UNSUPPORTED),)))
        elif not all(map(good, attribute.values)):
            refused.append(attribute)
        else:
            taken[attribute.name] = attribute
    return taken, tuple(refused)


def read(taken: Mapping[str, Attribute], default: str) -> Ticket:
    """``default``: the paper where none is asked for."""

    def first(name: str, otherwise: object) -> object:
        return taken[name].values[0].data if name in taken else otherwise

    media, size, source = _wanted(taken, default)
    ranges = taken["page-ranges"].values if "page-ranges" in taken else ()
    return Ticket(
        size=size,
        media=media,
        source=source,
        copies=int(str(first("copies", 1))),
        sides=str(first("sides", "one-sided")),
        scaling=str(first("print-scaling", "auto")),
        colour=str(first("print-color-mode", "auto")),
        ranges=tuple(value.data for value in ranges),
        orientation=int(str(first("orientation-requested", 0))),
    )


def _wanted(taken: Mapping[str, Attribute], default: str) -> tuple[str, Size, str]:
    """Name, size and source of the paper; media-col goes before media."""
    members: Members = taken["media-col"].values[0].data if "media-col" in taken else ()
    asked = {member.name: member.values[0].data for member in members}
    source = str(asked.get("media-source", "auto"))
    media = str(asked.get("media-size-name") or (taken["media"].values[0].data if "media" in taken else default))
    size = _dimensions(asked["media-size"]) if "media-size" in asked else None
    if size is not None:
        media = next((name for name in KNOWN if same(size_of(name) or (0, 0), size)), media)
    return media, size or size_of(media) or (21000, 29700), source


def _dimensions(members: Members) -> Size | None:
    sides = {member.name: member.values[0].data for member in members}
    width, height = sides.get("x-dimension"), sides.get("y-dimension")
    return (width, height) if isinstance(width, int) and isinstance(height, int) and sound((width, height)) else None


def capabilities(default: str, colour: bool, two_sided: bool) -> list[Attribute]:
    """The job template attributes of the printer: defaults, and what is supported."""
    papers = [name for name in (default, *KNOWN) if size_of(name) is not None]
    return [
        integer("copies-default", 1),
        span("copies-supported", 1, COPIES),
        enum("finishings-default", 3),
        enum("finishings-supported", 3),
        keyword("media-default", default),
        keyword("media-supported", *dict.fromkeys(papers)),
        collection("media-col-default", described(default)),
        keyword("media-col-supported", *_MEMBERS),
        keyword("media-source-supported", *SOURCES),
        keyword("media-type-supported", *TYPES),
        *(integer(f"media-{edge}-margin-supported", 0, 423) for edge in ("bottom", "left", "right", "top")),
        keyword("multiple-document-handling-default", HANDLING[1]),
        keyword("multiple-document-handling-supported", *HANDLING),
        integer("number-up-default", 1),
        integer("number-up-supported", 1),
        enum("orientation-requested-default", 3),
        enum("orientation-requested-supported", 3, 4, 5, 6),
        keyword("output-bin-default", "face-down"),
        keyword("output-bin-supported", "face-down"),
        keyword("overrides-supported", *OVERRIDES),
        boolean("page-ranges-supported", True),
        keyword("print-color-mode-default", "auto" if colour else "monochrome"),
        keyword("print-color-mode-supported", *(COLOURS if colour else ("auto", "monochrome"))),
        keyword("print-content-optimize-default", "auto"),
        keyword("print-content-optimize-supported", *CONTENTS),
        enum("print-quality-default", 4),
        enum("print-quality-supported", 3, 4, 5),
        keyword("print-rendering-intent-default", "auto"),
        keyword("print-rendering-intent-supported", *INTENTS),
        keyword("print-scaling-default", "auto"),
        keyword("print-scaling-supported", *SCALING),
        resolution("printer-resolution-default", RESOLUTIONS[-1]),
        resolution("printer-resolution-supported", *RESOLUTIONS),
        keyword("sides-default", "one-sided"),
        keyword("sides-supported", *(SIDES if two_sided else SIDES[:1])),
    ]
