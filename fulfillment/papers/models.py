"""A paper's template as typed values: blocks over facts. It names facts and pictures, and reaches no file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from fulfillment.catalog.words import Colour, Mm, Name, PositiveMm, Title
from fulfillment.papers.sizes import SIZES
from fulfillment.positions import Mend, Written, closest, refuse

Font = Literal["sans", "sans-bold", "serif", "script", "calligraphy", "handwriting"]
Align = Literal["start", "centre", "end", "text"]
PLACEHOLDER: Final = re.compile(r"\{(@?[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)\}")
ITEM: Final = "item."
"""Before the names of what an item of a list says."""
MAX_DEPTH: Final = 5
"""Of boxes and columns in each other."""
MAX_TEXT: Final = 1000
"""Characters of a text in a template."""


def _placeholders(value: str) -> str:
    rest = PLACEHOLDER.sub("", value.replace("{{", "").replace("}}", ""))
    if "{" in rest or "}" in rest:
        raise Mend("A brace in this text begins or ends no {placeholder}.", "Write {{ or }} for a brace itself.")
    return value


def _paper(value: str) -> str:
    if value not in SIZES:
        raise Mend(f"No paper is called {value[:40]!r}.", closest(value[:40], SIZES, "Papers are"))
    return value


Words = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_placeholders)]
"""A text with {facts} and {@words} of the language in it."""
Paper = Annotated[str, AfterValidator(_paper)]
Fact = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Share = Annotated[float, Field(gt=0, le=100)]


class Style(Written):
    """How a text looks."""

    font: Font = "sans"
    """The typeface; what it lacks is taken from those behind it."""
    sizes: Annotated[tuple[Annotated[float, Field(ge=4, le=200)], ...], Field(min_length=1, max_length=12)]
    """In points, the largest first: a smaller one is taken where the larger does not fit."""
    colour: Name = "ink"
    """One of the template's colours."""
    spacing: Annotated[float, Field(ge=0.9, le=3)] = 1.25
    """From line to line, in sizes."""

    @model_validator(mode="after")
    def _descend(self) -> Self:
        if list(self.sizes) != sorted(self.sizes, reverse=True):
            raise Mend("The sizes do not go down.", "Write the largest first.", ("sizes",))
        return self


class _Block(Written):
    when: Fact | None = None
    """A fact: without it the block is left out."""
    unless: Fact | None = None
    """A fact: with it the block is left out."""
    space: Mm = 0.0
    """Under it."""

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Each text with {placeholders}, and the keys down to it."""
        yield from ()

    def styles(self) -> Iterator[tuple[str, str]]:
        """Each style that it names, by key."""
        yield from ()

    def colours(self) -> Iterator[tuple[str, str]]:
        """Each colour that it names, by key."""
        yield from ()

    def inside(self) -> Iterator[tuple[tuple[str | int, ...], AnyBlock]]:
        """Blocks in it, and the keys down to each."""
        yield from ()


class TextBlock(_Block):
    type: Literal["text"]
    """Words."""
    text: Words
    """What it says; where nothing is left of it, the block is left out."""
    style: Name = "text"
    """One of the template's styles."""
    align: Align = "start"
    """start and end go by the language of the paper; text by the direction of the text itself."""
    most: PositiveMm | None = None
    """How high it may be: smaller letters are taken, and then it is refused."""
    balanced: bool = False
    """Whether its lines are to be of like length."""
    fill: bool = False
    """Whether it stands in the middle of the room that is left, as large as it goes. Only the last block can."""

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield ("text",), self.text

    def styles(self) -> Iterator[tuple[str, str]]:
        yield "style", self.style


class RuleBlock(_Block):
    type: Literal["rule"]
    """A line across."""
    colour: Name = "rule"
    """One of the template's colours."""

    def colours(self) -> Iterator[tuple[str, str]]:
        yield "colour", self.colour


class SpacerBlock(_Block):
    type: Literal["spacer"]
    """Nothing."""
    height: PositiveMm
    """How much of it."""


class PictureBlock(_Block):
    type: Literal["picture"]
    """A picture that comes with the facts; where it is not there, the block is left out."""
    picture: Fact
    """Its name."""
    most: PositiveMm
    """How high it may be; it is never distorted."""
    align: Literal["start", "centre", "end"] = "start"
    """At which side it stands where it is narrower than the room."""
    radius: Mm = 2.0
    """Of its corners."""
    frame: Name | None = "rule"
    """The colour of the line round it; null: none."""

    def colours(self) -> Iterator[tuple[str, str]]:
        if self.frame:
            yield "frame", self.frame


class QrBlock(_Block):
    type: Literal["qr"]
    """A code for scanners."""
    text: Words
    """What a scanner reads."""
    side: PositiveMm
    """Of the square."""
    under: Words = ""
    """What stands under it, for people."""
    style: Name = "code"
    """Of that."""
    align: Literal["start", "centre", "end"] = "start"
    """At which side it stands."""

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield ("text",), self.text
        yield ("under",), self.under

    def styles(self) -> Iterator[tuple[str, str]]:
        if self.under:
            yield "style", self.style


class Row(Written):
    title: Words
    """What is said of it."""
    text: Words
    """What it is; a row without it is left out."""


class DetailsBlock(_Block):
    type: Literal["details"]
    """Titles with what they say under each other."""
    rows: tuple[Row, ...] = ()
    """Rows before those of the list."""
    list: Fact | None = None
    """A list whose items have a title and a value."""
    after: tuple[Row, ...] = ()
    """Rows after those of the list."""
    title_style: Name = "label"
    """Of titles."""
    style: Name = "value"
    """Of what they say."""
    between: Mm = 1.4
    """Room between two rows."""

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for key, rows in (("rows", self.rows), ("after", self.after)):
            for index, row in enumerate(rows):
                yield (key, index, "title"), row.title
                yield (key, index, "text"), row.text

    def styles(self) -> Iterator[tuple[str, str]]:
        yield "title_style", self.title_style
        yield "style", self.style


class Column(Written):
    title: Words = ""
    """Over the column, on every page."""
    text: Words = ""
    """What it says of each item, such as {item.title}."""
    qr: Words = ""
    """What a scanner reads there."""
    check: bool = False
    """A box to tick."""
    width: Share = 1.0
    """Its share of the room."""
    align: Align = "start"
    """Where its texts stand."""
    style: Name = "text"
    """Of its texts."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum((bool(self.text), bool(self.qr), self.check)) != 1:
            raise Mend("A column has text, or qr, or check: true.", "Write one of the three.")
        return self


class TableBlock(_Block):
    type: Literal["table"]
    """A row for each item of a list; it goes on over pages, its head repeated."""
    list: Fact
    """Which list."""
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=12)]
    """From the side where reading begins."""
    head_style: Name = "label"
    """Of the titles."""
    padding: Mm = 1.2
    """Over and under the texts of a row."""
    gap: Mm = 2.0
    """Between columns."""
    side: PositiveMm = 9.0
    """Of codes for scanners."""
    lines: Name | None = "rule"
    """The colour of the lines between rows; null: none."""

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for index, column in enumerate(self.columns):
            for key, text in (("title", column.title), ("text", column.text), ("qr", column.qr)):
                yield ("columns", index, key), text

    def styles(self) -> Iterator[tuple[str, str]]:
        yield "head_style", self.head_style
        for column in self.columns:
            yield "columns", column.style

    def colours(self) -> Iterator[tuple[str, str]]:
        if self.lines:
            yield "lines", self.lines


PLACE: Final = ("x", "y", "width", "height")
"""What a plan knows of where an item lies, in mm."""


class Line(Written):
    text: Words
    """What it says of each piece, such as {item.code}."""
    style: Name = "value"
    """One of the template's styles; it is left out where not even its smallest size fits."""


class PlanBlock(_Block):
    type: Literal["plan"]
    """Pieces where they lie, to scale, as they are seen from before the machine."""
    list: Fact
    """A list whose items have x, y, width and height in mm, and may have a picture."""
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=6)]
    """What stands in each."""
    most: PositiveMm = 160.0
    """How high it may be."""
    largest: Annotated[float, Field(gt=0, le=1)] = 1.0
    """The largest scale: 1 is as large as the pieces are."""
    frame: Name = "ink"
    """The colour of the frames."""

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for index, line in enumerate(self.lines):
            yield ("lines", index, "text"), line.text

    def styles(self) -> Iterator[tuple[str, str]]:
        for line in self.lines:
            yield "lines", line.style

    def colours(self) -> Iterator[tuple[str, str]]:
        yield "frame", self.frame


class Part(Written):
    width: Share = 1.0
    """Its share of the room."""
    blocks: Annotated[tuple[AnyBlock, ...], Field(min_length=1, max_length=40)]
    """What stands in it."""


class ColumnsBlock(_Block):
    type: Literal["columns"]
    """Blocks beside each other; under each other, where a page does not hold them."""
    columns: Annotated[tuple[Part, ...], Field(min_length=1, max_length=6)]
    """From the side where reading begins."""
    gap: Mm = 4.0
    """Between them."""
    upright: Literal["top", "middle", "bottom", "stretch"] = "top"
    """Where the lower ones stand; stretch: boxes are as high as the highest column."""

    def inside(self) -> Iterator[tuple[tuple[str | int, ...], AnyBlock]]:
        for index, column in enumerate(self.columns):
            for number, block in enumerate(column.blocks):
                yield ("columns", index, "blocks", number), block


class BoxBlock(_Block):
    type: Literal["box"]
    """Blocks on a coloured ground."""
    blocks: Annotated[tuple[AnyBlock, ...], Field(min_length=1, max_length=40)]
    """What stands in it."""
    ground: Name | None = "paper"
    """Its colour; null: none."""
    frame: Name | None = None
    """The colour of the line round it; null: none."""
    line: PositiveMm = 0.2
    """How thick that line is."""
    padding: Mm = 3.0
    """Between the edge and the blocks."""
    radius: Mm = 2.0
    """Of its corners."""

    def colours(self) -> Iterator[tuple[str, str]]:
        for key, colour in (("ground", self.ground), ("frame", self.frame)):
            if colour:
                yield key, colour

    def inside(self) -> Iterator[tuple[tuple[str | int, ...], AnyBlock]]:
        for number, block in enumerate(self.blocks):
            yield ("blocks", number), block


AnyBlock = Annotated[
    TextBlock
    | RuleBlock
    | SpacerBlock
    | PictureBlock
    | QrBlock
    | DetailsBlock
    | TableBlock
    | PlanBlock
    | ColumnsBlock
    | BoxBlock,
    Field(discriminator="type"),
]
"""What a paper is made of."""
Blocks = Annotated[tuple[AnyBlock, ...], Field(max_length=60)]


class Template(Written):
    """A paper as an operator writes it."""

    name: Name
    """The template's name, which is also the name of its file."""
    paper: Name
    """What it is: slip, traveler, or another paper of the floor."""
    title: Title
    """The title of the file."""
    sizes: Annotated[Mapping[Paper, Annotated[float, Field(ge=0.5, le=4)]], Field(min_length=1)]
    """Papers that it can be set on, the usual one first, and how much larger all is set on each."""
    margin: Mm = 8.0
    """At each edge of the paper."""
    pages: Annotated[int, Field(ge=1, le=500)] = 1
    """The most pages that it may have."""
    squeeze: bool = True
    """Whether smaller letters are tried before a second page is begun."""
    colours: Mapping[Name, Colour] = Field(default_factory=dict)
    """Colours by name; ink, quiet, rule, paper and pen are known."""
    styles: Mapping[Name, Style] = Field(default_factory=dict)
    """Styles by name; text, strong, label, value and code are known."""
    words: Mapping[Annotated[str, Field(pattern="^[a-z]{2}$")], Mapping[Fact, Words]] = Field(default_factory=dict)
    """By language, words of its own for {@word}, or others than the shipped ones."""
    head: Blocks = ()
    """At the top of every page."""
    blocks: Annotated[Blocks, Field(min_length=1)]
    """What it says."""
    foot: Blocks = ()
    """At the bottom of every page."""

    def everything(self) -> Iterator[tuple[tuple[str | int, ...], AnyBlock]]:
        """All blocks, those in others too, with the keys down to each."""
        for key, blocks in (("head", self.head), ("blocks", self.blocks), ("foot", self.foot)):
            for number, block in enumerate(blocks):
                yield from _down((key, number), block)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        refuse(self._unknown())
        return self

    def _unknown(self) -> Iterator[Mend]:
        styles, colours = {**STYLES, **self.styles}, {**COLOURS, **self.colours}
        for name, look in self.styles.items():
            if look.colour not in colours:
                mend = closest(look.colour, colours, "Colours are")
                yield Mend(f"No colour is called {look.colour!r}.", mend, ("styles", name, "colour"))
        for loc, block in self.everything():
            for key, style in block.styles():
                if style not in styles:
                    yield Mend(f"No style is called {style!r}.", closest(style, styles, "Styles are"), (*loc, key))
            for key, colour in block.colours():
                if colour not in colours:
                    yield Mend(f"No colour is called {colour!r}.", closest(colour, colours, "Colours are"), (*loc, key))
            fills = isinstance(block, TextBlock) and block.fill
            if fills and loc != ("blocks", len(self.blocks) - 1):
                yield Mend("Only the last block can fill the room.", "Leave fill out here.", (*loc, "fill"))
            if len([key for key in loc if key == "blocks"]) > MAX_DEPTH:
                yield Mend(f"Boxes and columns stand {MAX_DEPTH} deep at most.", "Take some out.", loc)


def _down(loc: tuple[str | int, ...], block: AnyBlock) -> Iterator[tuple[tuple[str | int, ...], AnyBlock]]:
    yield loc, block
    for keys, inner in block.inside():
        yield from _down((*loc, *keys), inner)


COLOURS: Final[Mapping[str, str]] = {
    "ink": "#2b211b",
    "quiet": "#7a6b5f",
    "rule": "#dccfc2",
    "paper": "#f8f2ea",
    "pen": "#24407a",
    "black": "#000000",
    "white": "#ffffff",
}
STYLES: Final[Mapping[str, Style]] = {
    "text": Style(sizes=(9, 8, 7)),
    "strong": Style(font="sans-bold", sizes=(10, 9, 8)),
    "label": Style(sizes=(6.5, 6), colour="quiet"),
    "value": Style(font="sans-bold", sizes=(9, 8, 7), spacing=1.2),
    "code": Style(font="sans-bold", sizes=(8, 7, 6, 5)),
}
"""What every template knows, and may say anew."""
