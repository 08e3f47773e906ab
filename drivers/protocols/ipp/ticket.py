"""From what a document asks of its printer to the attributes of its job, where the printer can do it (PWG 5100.3, .13).

What a printer cannot do is refused before a job exists, with what it can do instead: printed otherwise than approved is
worse than not printed. Lengths are mm here, and 1/100 mm on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from drivers.contract import MachineFault
from drivers.protocols.ipp.values import Attribute, Collection, Range, Section, collected, enum, integer, keyword

UNIT = 100
"""Of a millimetre."""
NEAR = 60
"""1/100 mm within which two sizes of paper are the same one: an A size in inches is off by up to half a millimetre."""
NAMED_SIZE = re.compile(r".*_([0-9.]+)x([0-9.]+)(mm|in)")
"""A self-describing name of a medium (PWG 5101.1)."""
UNITS: Mapping[str, float] = {"mm": 100.0, "in": 2540.0}
EDGES = ("bottom", "left", "right", "top")
ONE_SIDED = "one-sided"


class Quality(StrEnum):
    DRAFT = "draft"
    NORMAL = "normal"
    HIGH = "high"


QUALITIES: Mapping[Quality, int] = {Quality.DRAFT: 3, Quality.NORMAL: 4, Quality.HIGH: 5}
COLOURS: Mapping[str, tuple[str, ...]] = {
    "color": ("color", "auto"),
    "monochrome": ("monochrome", "process-monochrome", "auto-monochrome"),
}
"""What a ticket says, and the keywords that mean it, best first."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the floor wants it printed, beside what the document asks for."""

    tray: str | None = None
    trays: Mapping[str, str] = field(default_factory=dict)
    """The tray by the paper's name, before ``tray``."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """media-type by the paper's name."""
    quality: Quality | None = None
    borderless: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A document's ticket in the types that it has here. ``pages`` None: it does not say."""

    media: str = ""
    size: tuple[int, int] | None = None
    """1/100 mm: across and along."""
    pages: int | None = None
    copies: int = 1
    sides: str = ""
    colour: str = ""

    @property
    def impressions(self) -> int | None:
        """Sides of paper that carry a page."""
        return None if self.pages is None else self.pages * self.copies

    @property
    def sheets(self) -> int | None:
        if self.pages is None:
            return None
        return (self.pages if self.sides in ("", ONE_SIDED) else (self.pages + 1) // 2) * self.copies


def asked(ticket: Mapping[str, float | str]) -> Asked:
    """Raises MachineFault for a ticket that no printer can follow."""
    width, height = _number(ticket, "width"), _number(ticket, "height")
    pages, copies = _number(ticket, "pages"), _number(ticket, "copies")
    colour = str(ticket.get("colour", ""))
    if colour and colour not in COLOURS:
        raise MachineFault(f"the document asks for the colour {colour!r}; color or monochrome can be printed")
    return Asked(
        media=str(ticket.get("media", "")),
        size=None if width is None or height is None else (round(width * UNIT), round(height * UNIT)),
        pages=None if pages is None else int(pages),
        copies=1 if copies is None else int(copies),
        sides=str(ticket.get("sides", "")),
        colour=colour,
    )


def template(printer: Section, wanted: Asked, wishes: Wishes) -> tuple[Attribute, ...]:
    """The job's attributes. Raises MachineFault that says what the printer cannot do, and what it can."""
    return tuple(
        each
        for part in (
            _media(printer, wanted, wishes),
            _copies(printer, wanted.copies),
            _sides(printer, wanted.sides),
            _colour(printer, wanted.colour),
            _quality(printer, wishes.quality),
            _unchanged(printer),
        )
        for each in part
    )


def _number(ticket: Mapping[str, float | str], key: str) -> float | None:
    value = ticket.get(key)
    if value is None:
        return None
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number <= 100_000:
        raise MachineFault(f"the document's {key} is {value!r}, which is no number that can be printed; render it anew")
    return number


# --- paper --------------------------------------------------------------------------------------------------------


def _media(printer: Section, wanted: Asked, wishes: Wishes) -> Iterator[Attribute]:
    """media-col where the printer takes one, else its own name of that size."""
    members = _place(printer, wanted.media, wishes)
    if wanted.size is None:
        if members and _offers(printer, "media-col-supported", "media-source"):
            yield collected("media-col", *members)
        return
    if _offers(printer, "media-col-supported", "media-size"):
        across, along = _size(printer, wanted)
        size = collected("media-size", integer("x-dimension", across), integer("y-dimension", along))
        yield collected("media-col", size, *members)
        return
    if members:
        raise MachineFault("this printer takes no tray and no kind of paper with a job; leave those options out")
    yield keyword("media", _named(printer, wanted))


def _place(printer: Section, media: str, wishes: Wishes) -> list[Attribute]:
    """Where the paper lies, of what kind it is, and whether it is printed to its edges."""
    members: list[Attribute] = []
    for name, value in (
        ("media-source", wishes.trays.get(media, wishes.tray)),
        ("media-type", wishes.kinds.get(media)),
    ):
        if value is None:
            continue
        offered = printer.texts(f"{name}-supported")
        if offered and value not in offered:
            raise MachineFault(f"it has no {name} {value!r}; it has {_listed(offered)}: mend the option")
        members.append(keyword(name, value))
    if wishes.borderless:
        for edge in EDGES:
            offered_margins = printer[f"media-{edge}-margin-supported"]
            if offered_margins is not None and 0 not in offered_margins.integers:
                raise MachineFault("it cannot print to the edges of paper: leave the option borderless out")
            members.append(integer(f"media-{edge}-margin", 0))
    return members


def _size(printer: Section, wanted: Asked) -> tuple[int, int]:
    """The printer's own figures of that size, either way round: a page that lies across is on the same paper."""
    assert wanted.size is not None  # noqa: S101  (asked only where there is one)
    found = printer["media-size-supported"]
    if found is None or not found.collections:
        return min(wanted.size), max(wanted.size)
    for way in (wanted.size, wanted.size[::-1]):
        for each in found.collections:
            if figures := _fits(each, (way[0], way[1])):
                return figures
    raise MachineFault(_no_paper(wanted, [_sized(each) for each in found.collections]))


def _fits(offered: Collection, size: tuple[int, int]) -> tuple[int, int] | None:
    figures: list[int] = []
    for name, want in zip(("x-dimension", "y-dimension"), size, strict=True):
        told = offered[name]
        for value in told.values if told else ():
            if isinstance(value.data, Range) and value.data.low <= want <= value.data.high:
                figures.append(want)
            elif isinstance(value.data, int) and abs(value.data - want) <= NEAR:
                figures.append(value.data)
    return (figures[0], figures[1]) if len(figures) == 2 else None


def _sized(offered: Collection) -> str:
    sides = []
    for name in ("x-dimension", "y-dimension"):
        told = offered[name]
        data = told.values[0].data if told else None
        if isinstance(data, Range):
            sides.append(f"{data.low / UNIT:g}-{data.high / UNIT:g}")
        else:
            sides.append(f"{data / UNIT:g}" if isinstance(data, int) else "?")
    return " x ".join(sides)


def _named(printer: Section, wanted: Asked) -> str:
    """The printer's name of a size, for one that knows no media-col."""
    offered = printer.texts("media-supported")
    for name in offered:
        found = NAMED_SIZE.fullmatch(name)
        if found is None or wanted.size is None:
            continue
        size = [float(found[1]) * UNITS[found[3]], float(found[2]) * UNITS[found[3]]]
        if all(abs(a - b) <= NEAR for a, b in zip(sorted(size), sorted(wanted.size), strict=True)):
            return name
    raise MachineFault(_no_paper(wanted, offered))


def _no_paper(wanted: Asked, offered: list[str] | tuple[str, ...]) -> str:
    assert wanted.size is not None  # noqa: S101  (asked only where there is one)
    size = f"{wanted.size[0] / UNIT:g} x {wanted.size[1] / UNIT:g} mm"
    return f"it has no paper of {size}{wanted.media and f' ({wanted.media})'}; it takes {_listed(offered)}"


# --- the rest -----------------------------------------------------------------------------------------------------


def _copies(printer: Section, copies: int) -> Iterator[Attribute]:
    if copies == 1:
        return
    found = printer["copies-supported"]
    most = max((each.data.high for each in found.values if isinstance(each.data, Range)), default=1) if found else 1
    if copies > most:
        raise MachineFault(f"it makes at most {most} copies at once, and {copies} are asked for; order fewer at once")
    yield integer("copies", copies)


def _sides(printer: Section, sides: str) -> Iterator[Attribute]:
    if not sides:
        return
    offered = printer.texts("sides-supported") or (ONE_SIDED,)
    if sides not in offered:
        raise MachineFault(f"it cannot print {sides}; it prints {_listed(offered)}: use another printer")
    if printer["sides-supported"] is not None:
        yield keyword("sides", sides)


def _colour(printer: Section, colour: str) -> Iterator[Attribute]:
    if not colour:
        return
    offered = printer.texts("print-color-mode-supported")
    chosen = next((each for each in COLOURS[colour] if each in offered), None)
    can = printer.flag("color-supported")
    if (offered and chosen is None) or (colour == "color" and can is False):
        raise MachineFault(f"it cannot print in {colour}; it prints {_listed(offered) or 'black'}: use another printer")
    if chosen is not None:
        yield keyword("print-color-mode", chosen)


def _quality(printer: Section, quality: Quality | None) -> Iterator[Attribute]:
    if quality is None:
        return
    found = printer["print-quality-supported"]
    if found is not None and QUALITIES[quality] not in found.integers:
        raise MachineFault(f"it has no quality {quality}; leave the option quality out, or choose another")
    yield enum("print-quality", QUALITIES[quality])


def _unchanged(printer: Section) -> Iterator[Attribute]:
    """No scaling: a page has its size in mm. No cover sheets: nobody ordered them."""
    if _offers(printer, "print-scaling-supported", "none"):
        yield keyword("print-scaling", "none")
    if _offers(printer, "job-sheets-supported", "none"):
        yield keyword("job-sheets", "none")


def _offers(printer: Section, name: str, value: str) -> bool:
    return value in printer.texts(name)


def _listed(offered: tuple[str, ...] | list[str]) -> str:
    more = len(offered) - 12
    return ", ".join(offered[:12]) + (f" and {more} more" if more > 0 else "")
