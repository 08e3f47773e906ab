"""What a finished PDF has to be: data that print profiles, labels and products choose from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

Space = Literal[
    "DeviceGray", "DeviceRGB", "DeviceCMYK", "CalGray", "CalRGB", "Lab", "ICCGray", "ICCRGB", "ICCCMYK", "ICCLab"
]
"""What colours come down to: a picture of an Indexed space counts as its base, a spot colour as its alternative."""

GRAY: Final[frozenset[Space]] = frozenset({"DeviceGray", "CalGray", "ICCGray"})
RGB: Final[frozenset[Space]] = frozenset({"DeviceRGB", "CalRGB", "ICCRGB"})
CMYK: Final[frozenset[Space]] = frozenset({"DeviceCMYK", "ICCCMYK"})
LAB: Final[frozenset[Space]] = frozenset({"Lab", "ICCLab"})


@dataclass(frozen=True, slots=True)
class Rules:
    """Lengths in mm, resolutions in pixels an inch. The defaults are a press's: strict, CMYK, with an output intent."""

    trim: tuple[float, float] | None = None
    """Width and height of the finished page as it is looked at, turned by its /Rotate. None: any."""
    bleed: float = 3.0
    """How far the page goes on beyond its trim, at each side."""
    tolerance: float = 0.1
    """By which lengths may differ."""
    boxes: bool = True
    """Whether each page must say its trim, and its bleed where there is one. Where not, a page without is trimmed as
    it is shown."""
    spaces: frozenset[Space] | None = GRAY | CMYK
    """Colour spaces that are taken. None: all."""
    spots: frozenset[str] | None = frozenset()
    """Names of spot colours that are taken, as they are written in the file. None: all. /All and /None always are."""
    total_ink: float | None = None
    """Percent of all inks of one colour of lines, areas and text, at most. None: not looked at."""
    ppi_good: float = 300.0
    """Resolution of pictures from which on nothing is said."""
    ppi_least: float = 150.0
    """Resolution of pictures below which the file is refused; from there to ``ppi_good`` it is warned."""
    output_intent: bool = True
    """Whether the file must say for which press it is made (GTS_PDFX with its profile). One that is there is looked
    at in any case."""
    transparency: bool = True
    """Whether pictures and areas may be transparent; PDF/X-4 allows it, PDF/X-1a does not."""
    pages: tuple[int, int] = (1, 500)
    """How many pages it has: least and most."""
    fonts_embedded: bool = True
    """Whether each font must be in the file."""
    standard_fonts: bool = False
    """Whether the 14 fonts that every reader of PDFs has may be missing all the same."""
    links: bool = False
    """Whether pages may have links (annotations /Link with /URI or /GoTo): paper shows nothing of them."""
    annotations: frozenset[str] = frozenset()
    """Subtypes of other annotations that are taken, such as ``TrapNet``."""
    forms: bool = False
    """Whether it may have fields to fill in (AcroForm without XFA): a printer prints what they show."""
    layers: bool = False
    """Whether it may have layers (optional content) that are all shown. Hidden ones are never taken."""


PRESS: Final = Rules()
"""A printing press: four inks, no spot colours but those that a profile adds."""
PAPERS: Final = Rules(
    bleed=0.0,
    tolerance=1.0,
    boxes=False,
    spaces=None,
    spots=None,
    ppi_good=200.0,
    ppi_least=72.0,
    output_intent=False,
    standard_fonts=True,
    links=True,
    forms=True,
    layers=True,
    pages=(1, 200),
)
"""Papers for an office printer, whoever made them: slips, travelers, invoices."""
LABELS: Final = replace(PAPERS, ppi_good=200.0, ppi_least=140.0, pages=(1, 20))
"""A carrier's label: its bars are read by scanners, so that a coarse picture of them is no label."""
CUSTOMERS: Final = Rules(
    boxes=False,
    bleed=0.0,
    spaces=None,
    output_intent=False,
    spots=None,
    ppi_good=200.0,
    ppi_least=100.0,
    links=True,
    pages=(1, 1),
)
"""A page that a customer sends to be printed: nothing is asked that only a print shop's own programs can do."""

RULES: Final[dict[str, Rules]] = {"press": PRESS, "papers": PAPERS, "labels": LABELS, "customers": CUSTOMERS}
"""By name, for commands and configurations."""
