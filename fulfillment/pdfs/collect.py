"""What is gathered while a file is read: each thing once, and never more than the limits."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from fulfillment.pdfs.decode import Damaged, TooMuch, codings, predicted, rows, unpacked
from fulfillment.pdfs.limits import LIMITS, Limits
from fulfillment.pdfs.report import Colour, Facts, Font, Image, Intent, Note, Page, PdfRefused, Spot, Where
from fulfillment.pdfs.values import Key, Thing, get, key

AGAIN: Final = "Please export the PDF anew, or print it to a new PDF."
SIMPLER: Final = "Please export it simpler, or in several files."


@dataclass(slots=True)
class Collected:
    """One file's facts in the making. ``add`` is told once of what is met often."""

    limits: Limits = LIMITS
    version: str = ""
    pages: list[Page] = field(default_factory=list)
    fonts: list[Font] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    colours: list[Colour] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    transparency: list[Note] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    decoded: int = 0
    _held: int = 0
    _met: set[Hashable] = field(default_factory=set)
    _kept: dict[Key, bytes] = field(default_factory=dict)

    def facts(self) -> Facts:
        lists = ("pages", "fonts", "images", "colours", "spots", "transparency", "intents", "notes")
        return Facts(self.version, **{name: tuple(getattr(self, name)) for name in lists})

    def add(self, where: list[Any], fact: Any, once: Hashable = None) -> None:
        """``once``: what makes it the same as another; by default all of it. Raises PdfRefused."""
        mark = (id(where), fact if once is None else once)
        if mark in self._met:
            return
        self._met.add(mark)
        if len(self._met) > self.limits.facts:
            raise PdfRefused(f"It has more than {self.limits.facts:,} fonts, pictures and other things.", SIMPLER)
        where.append(fact)

    def note(self, where: Where, kind: str, said: str) -> None:
        self.add(self.notes, Note(where, kind, said))

    def colour(self, found: Colour) -> None:
        """Once for a place and a space; with inks, once for each amount that is more than before."""
        self.add(self.colours, found, (found.where, found.space, round(found.inks)))

    def content(self, stream: Thing, where: Where) -> bytes | None:
        """A stream of operators, unpacked; None where it is damaged or nowhere, which is noted. Raises PdfRefused."""
        mark = key(stream)
        if mark not in self._kept:
            data = self._unpacked(stream, where, wanted=True)
            if data is None:
                return None
            if mark == (0, 0) or self._held + len(data) > self.limits.content:
                return data
            self._held += len(data)
            self._kept[mark] = data
        return self._kept[mark]

    def checked(self, stream: Thing, where: Where) -> None:
        """Whether a stream unpacks to something, and not to too much. Raises PdfRefused."""
        if key(stream) not in self._kept:
            self._unpacked(stream, where, wanted=False)

    def _unpacked(self, stream: Thing, where: Where, wanted: bool) -> bytes | None:
        if get(stream, "/F") is not None:
            return None  # its data lie in another file, which is noted where objects are walked
        names, limits = codings(stream), self.limits
        if len(names) > limits.filters:
            raise PdfRefused(
                f"Its data are packed {len(names)} times over each other.", AGAIN, where.page, where.object
            )
        try:
            rows(stream, limits.content)
            data, size = unpacked(stream.read_raw_bytes(), names, limits.stream, limits.content, wanted)
            found = predicted(data, stream) if data is not None and names else data
        except TooMuch as error:
            raise PdfRefused(f"Its data unpack to {error}.", SIMPLER, where.page, where.object) from None
        except Damaged as error:
            self.note(where, "damaged", f"Its data {error}.")
            return None
        self.decoded += size
        if self.decoded > limits.decoded:
            all_of_it = f"more than {limits.decoded:,} bytes in all"
            raise PdfRefused(f"The file's data unpack to {all_of_it}.", SIMPLER, where.page, where.object)
        if wanted and found is None:
            self.note(where, "damaged", f"Its operators are packed as {names[-1]}, which is for pictures.")
        return found
