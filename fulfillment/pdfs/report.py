"""What is known of a PDF, and what is found wrong with it. Values only: reading is in other modules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from fulfillment.refusal import Refusal

DOCUMENT: Final = "the file"
"""The object of what is nowhere in particular."""


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """``page`` counts from 1; None: it belongs to the file. ``object``: such as "image /Im3 in form /Fm1"."""

    page: int | None
    object: str

    def __str__(self) -> str:
        return self.object if self.page is None else f"page {self.page}, {self.object}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the rules want it. ``reason`` and ``mend`` are sentences."""

    level: Literal["error", "warning"]
    page: int | None
    object: str
    reason: str
    mend: str

    def __str__(self) -> str:
        return f"{Where(self.page, self.object)}: {self.reason} {self.mend}"

    def body(self) -> dict[str, str | int | None]:
        """For a record, and for an answer."""
        return {
            "level": self.level,
            "page": self.page,
            "object": self.object,
            "reason": self.reason,
            "mend": self.mend,
        }


class PdfRefused(Refusal):
    """A file that cannot be looked at, or that costs too much; ``page`` and ``object`` say where."""

    def __init__(self, reason: str, mend: str, page: int | None = None, name: str = DOCUMENT) -> None:
        super().__init__(reason, mend)
        self.page = page
        self.object = name

    def __reduce__(self) -> tuple[type[PdfRefused], tuple[str, str, int | None, str]]:  # type: ignore[override]
        return type(self), (self.reason, self.mend, self.page, self.object)

    @property
    def finding(self) -> Finding:
        """The same as a line of a report."""
        return Finding("error", self.page, self.object, self.reason, self.mend)


@dataclass(frozen=True, slots=True)
class Box:
    """Corners in mm, in the page's own coordinates (not turned), with UserUnit taken into account."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def around(self, other: Box) -> float:
        """By how much it is larger than the other at the side where it is least, in mm; negative where it is cut."""
        return min(other.x0 - self.x0, other.y0 - self.y0, self.x1 - other.x1, self.y1 - other.y1)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's boxes in mm; None where the file does not say it (a crop box is then the media box, and so on)."""

    number: int
    media: Box
    crop: Box | None
    bleed: Box | None
    trim: Box | None
    art: Box | None
    rotate: int
    """0, 90, 180 or 270 degrees, clockwise."""
    unit: float
    """Points (1/72 inch) of one of its units."""

    @property
    def shown(self) -> Box:
        """What a reader shows: the crop box, or all of the media."""
        return self.crop or self.media

    def seen(self, box: Box) -> tuple[float, float]:
        """Width and height of a box as somebody sees it who looks at the turned page."""
        return (box.height, box.width) if self.rotate % 180 else (box.width, box.height)


@dataclass(frozen=True, slots=True)
class Font:
    where: Where
    name: str
    """As in the file, without the mark of a subset."""
    kind: str
    """Type1, TrueType, Type0, Type3, MMType1; of a Type0 also that of its descendant, such as Type0/CIDFontType2."""
    embedded: bool
    subset: bool


@dataclass(frozen=True, slots=True)
class Image:
    """A picture where it is placed."""

    where: Where
    width: int
    height: int
    """Pixels."""
    ppi: tuple[float, float]
    """Pixels an inch along its two sides, as it lies on the paper."""
    space: str
    """Such as DeviceCMYK, Indexed(ICCRGB), mask."""
    leaves: frozenset[str]
    """What that comes down to: names of rules.Space; nothing of a mask."""
    bits: int
    mask: bool
    """Whether it only says where something is: a stencil, or a picture's transparency."""


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour space that something is painted in."""

    where: Where
    space: str
    """As written, such as Indexed(DeviceRGB)."""
    leaves: frozenset[str]
    """What it comes down to: names of rules.Space."""
    inks: float = 0.0
    """Percent of all inks of the heaviest colour, of CMYK."""


@dataclass(frozen=True, slots=True)
class Spot:
    where: Where
    name: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a page on paper needs not, or may not have. ``kind`` is a key of judge.KINDS."""

    where: Where
    kind: str
    said: str
    """What it is, such as "JavaScript"; for kinds that are sentences of their own, the sentence."""


@dataclass(frozen=True, slots=True)
class Intent:
    """An output intent."""

    where: Where
    subtype: str
    """GTS_PDFX, GTS_PDFA1 or another."""
    condition: str
    """OutputConditionIdentifier."""
    space: str
    """Gray, RGB, CMYK or Lab; empty where there is no profile."""
    wrong: str
    """What is wrong with its profile, a sentence; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of a file. Each is listed where it is met first."""

    version: str
    pages: tuple[Page, ...] = ()
    fonts: tuple[Font, ...] = ()
    images: tuple[Image, ...] = ()
    colours: tuple[Colour, ...] = ()
    spots: tuple[Spot, ...] = ()
    transparency: tuple[Note, ...] = ()
    intents: tuple[Intent, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    facts: Facts
    findings: tuple[Finding, ...] = ()
    more: int = field(default=0)
    """Findings beyond the limit, which are not listed."""

    @property
    def ok(self) -> bool:
        """Whether it may be printed: warnings are told, and do not keep it."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.level == "warning")

    @property
    def spots(self) -> tuple[str, ...]:
        """Names of spot colours, each once."""
        return tuple(sorted({spot.name for spot in self.facts.spots}))


def sentences(findings: Iterable[Finding]) -> str:
    """Findings in a text of a line each."""
    return "\n".join(map(str, findings))
