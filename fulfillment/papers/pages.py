"""Blocks into pages: what fits stands under each other, the rest goes on on the next page, head and foot on each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from reportlab.lib.units import mm

from fulfillment.papers.blocks import lay
from fulfillment.papers.filling import Facts, Words
from fulfillment.papers.ground import Ground, Room
from fulfillment.papers.items import Item, Laid, Part, stacked
from fulfillment.papers.loader import language as spoken
from fulfillment.papers.models import COLOURS, STYLES, Template, TextBlock
from fulfillment.papers.sizes import SIZES
from fulfillment.typeset import PaperError

MAX_ROWS: Final = 5000
"""Items of a list, and parts of all blocks."""

WORTH: Final = 0.3
"""Share of a page that is not left empty where blocks beside each other can be set under each other instead."""


@dataclass(frozen=True, slots=True)
class Pages:
    """A paper laid out: what stands on each page, in points from its upper left corner."""

    title: str
    language: str
    paper: str
    width: float
    """mm."""
    height: float
    """mm."""
    colours: Mapping[str, str]
    pages: tuple[tuple[Item, ...], ...]


def laid_out(
    template: Template,
    facts: Facts,
    pictures: Mapping[str, tuple[int, int]],
    language: str = "en",
    paper: str | None = None,
) -> Pages:
    """The pages of a paper. ``paper``: one of the template's sizes; none: its first. Raises PaperError."""
    paper = paper or next(iter(template.sizes))
    if paper not in template.sizes:
        sizes = ", ".join(template.sizes)
        raise PaperError(f"The template {template.name} is not made for {paper[:40]!r}.", f"Choose one of {sizes}.")
    if any(len(items) > MAX_ROWS for items in facts.values() if not isinstance(items, str)):
        raise PaperError(f"A list has more than {MAX_ROWS} items.", "Print it in parts.")
    tongue = spoken(language)
    own = {**template.words.get("en", {}), **template.words.get(language, {})}
    words = Words(facts, {**spoken("en").words, **tongue.words, **own}, tongue.right_to_left)
    ground = Ground(words, {**STYLES, **template.styles}, pictures, template.sizes[paper], tongue.right_to_left)
    width, height = SIZES[paper]
    margin = template.margin * mm * template.sizes[paper]
    sheet = _Sheet(template, ground, width * mm - 2 * margin, height * mm - 2 * margin)
    pages = tuple(tuple(item.at(margin, margin) for item in page) for page in sheet.pages())
    return Pages(template.title, language, paper, width, height, {**COLOURS, **template.colours}, pages)


@dataclass(slots=True)
class _Sheet:
    """A template over facts, within margins of ``width`` x ``height`` points."""

    template: Template
    ground: Ground
    width: float
    height: float
    _bands: dict[tuple[str, int, int, int], Part] = field(default_factory=dict)

    def pages(self) -> list[list[Item]]:
        """On one page with smaller letters if need be, else on as many as there may be."""
        steps = max(len(style.sizes) for style in self.ground.styles.values()) if self.template.squeeze else 1
        last: PaperError | None = None
        for smaller in range(steps):
            try:
                pages = self._tried(smaller, 1)
            except PaperError as error:
                last = error
                continue
            return self._numbered(pages, smaller)
        if self.template.pages == 1 and last is not None:
            raise last
        return self._numbered(self._tried(0, self.template.pages), 0)

    def _tried(self, smaller: int, most: int) -> list[list[Item]]:
        ground = replace(self.ground, smaller=smaller)
        head, foot = self._band("head", ground, 1, 1), self._band("foot", ground, 1, 1)
        room = self.height - head.height - head.space - foot.height
        if room < self.height / 5:
            raise PaperError("Head and foot leave no room on the paper.", "Shorten them, or choose a larger paper.")
        flow = _Flow(room, most, [])
        *others, last = self.template.blocks
        for block in others:
            flow.put(lay(block, ground, Room(self.width, room, flow.worth)))
        if isinstance(last, TextBlock) and last.fill:
            self._fill(flow, last, ground, room)
        else:
            flow.put(lay(last, ground, Room(self.width, room, flow.worth)))
        return [[item.at(0.0, head.height + head.space) for item in page] for page in flow.pages]

    def _fill(self, flow: _Flow, block: TextBlock, ground: Ground, room: float) -> None:
        """A text in the middle of what is left; on a page of its own where that is too little."""
        rest = flow.left
        try:
            laid = lay(block, ground, Room(self.width, rest))
        except PaperError:
            if len(flow.pages) >= flow.most:
                raise
            laid, rest = lay(block, ground, Room(self.width, room)), room
            flow.turn()
        for part in laid.parts:
            flow.put(Laid((Part(rest, part.at(0.0, (rest - part.height) / 2)),)))

    def _band(self, which: str, ground: Ground, page: int, pages: int) -> Part:
        """Head or foot of a page."""
        key = (which, ground.smaller, page, pages)
        if key not in self._bands:
            blocks = self.template.head if which == "head" else self.template.foot
            numbers = {"page": str(page), "pages": str(pages)}
            ground = replace(ground, words=replace(ground.words, facts={**ground.words.facts, **numbers}))
            room = Room(self.width, self.height)
            self._bands[key] = stacked(part for block in blocks for part in lay(block, ground, room).parts)
        return self._bands[key]

    def _numbered(self, pages: list[list[Item]], smaller: int) -> list[list[Item]]:
        ground = replace(self.ground, smaller=smaller)
        for number, page in enumerate(pages, 1):
            head = self._band("head", ground, number, len(pages))
            foot = self._band("foot", ground, number, len(pages))
            page += [*head.items, *foot.at(0.0, self.height - foot.height)]
        return pages


@dataclass(slots=True)
class _Flow:
    """Parts down a page, and onto the next one."""

    room: float
    most: int
    pages: list[list[Item]]
    y: float = 0.0
    space: float = 0.0

    @property
    def left(self) -> float:
        return self.room - self.y - self.space if self.pages else self.room

    @property
    def worth(self) -> float:
        """What is left of the page, as far as it is worth to begin something there."""
        return self.left if self.left > self.room * WORTH else self.room

    def turn(self) -> None:
        if len(self.pages) >= self.most:
            pages = "one page" if self.most == 1 else f"{self.most} pages"
            raise PaperError(f"The paper says more than {pages} hold.", "Shorten it, or choose a larger paper.")
        self.pages.append([])
        self.y = self.space = 0.0

    def put(self, laid: Laid) -> None:
        if not laid.parts:
            if not self.pages:
                self.turn()
            return
        first = (laid.head.height + laid.head.space if laid.head else 0.0) + laid.parts[0].height
        if not self.pages or first > self.left + 1e-6:
            self.turn()
        if laid.head:
            self._add(laid.head)
        for part in laid.parts:
            if part.height > self.left + 1e-6:
                self.turn()
                if laid.head:
                    self._add(laid.head)
                if part.height > self.left + 1e-6:
                    raise PaperError(
                        "A part of the paper is higher than a page.", "Shorten it, or choose a larger paper."
                    )
            self._add(part)

    def _add(self, part: Part) -> None:
        top = self.y + self.space
        self.pages[-1] += part.at(0.0, top)
        self.y, self.space = top + part.height, part.space
