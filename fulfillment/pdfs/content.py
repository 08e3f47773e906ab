"""What a page draws, as a reader of PDFs would: through every form, pattern, glyph and appearance, with the matrix that
holds there, and within limits. Nothing is painted; what is painted, in which colours and how large, is noted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from pikepdf import Dictionary, Stream

from fulfillment.pdfs.acts import Frame
from fulfillment.pdfs.collect import AGAIN, SIMPLER, Collected
from fulfillment.pdfs.report import Colour, Image, Note, PdfRefused, Spot, Where
from fulfillment.pdfs.spaces import BARE, Space, space_of
from fulfillment.pdfs.state import Ink, Scope, State
from fulfillment.pdfs.tokens import Inline, Unreadable, operators
from fulfillment.pdfs.values import Thing, entries, get, integer, items, key, kind, matrix, name, named, numbers
from gcode.geometry import Transform

INCH: Final = 72.0
"""Points."""
STENCIL: Final = Space("mask", frozenset())
OWN: Final = Space("of its own coding", frozenset())
"""A JPX picture's."""


class Pen:
    """Runs one page's content. ``unit``: points of one of its units. All that runs raises PdfRefused at a limit."""

    def __init__(self, collected: Collected, page: int, unit: float) -> None:
        self._to = collected
        self._page = page
        self._base = Transform.scale(unit)
        self._count = 0
        self._runs = 0
        self._drawn: set[tuple[Any, ...]] = set()

    def page(self, resources: Thing, data: bytes) -> None:
        """The page's own operators."""
        self._run(data, Scope(resources, "", self._base), State(self._base))

    def appearance(self, annotation: Thing, stream: Thing, label: str, resources: Thing) -> None:
        """What an annotation looks like: its box, turned by its matrix, fills its rectangle (ISO 32000-2, 12.5.5)."""
        box, rect = numbers(get(stream, "/BBox"), 4), numbers(get(annotation, "/Rect"), 4)
        ctm, own = self._base, matrix(get(stream, "/Matrix"))
        if box and rect and own:
            x = [own.a * box[i] + own.c * box[j] for i in (0, 2) for j in (1, 3)]
            y = [own.b * box[i] + own.d * box[j] for i in (0, 2) for j in (1, 3)]
            wide, high = max(x) - min(x), max(y) - min(y)
            if min(wide, high) > 0:
                ctm = Transform.scale(abs(rect[2] - rect[0]) / wide, abs(rect[3] - rect[1]) / high).then(ctm)
        self.form(stream, Scope(resources, "", ctm), State(ctm), label)

    def _where(self, said: str) -> Where:
        return Where(self._page, said)

    def refused(self, inner: str, reason: str, mend: str = SIMPLER) -> PdfRefused:
        return PdfRefused(reason, mend, self._page, inner)

    def damaged(self, inner: str, said: str) -> None:
        self._to.note(self._where(inner), "damaged", said)

    def transparent(self, inner: str, said: str) -> None:
        self._to.add(self._to.transparency, Note(self._where(inner), "transparency", said))

    def _run(self, data: bytes, scope: Scope, state: State) -> None:
        limits = self._to.limits
        frame = Frame(self, scope, state, limits.saved)
        try:
            for operator in operators(data):
                self._count += 1
                if self._count > limits.operators:
                    raise self.refused(scope.said, f"It takes more than {limits.operators:,} operators to draw it.")
                if isinstance(operator, Inline):
                    self._inline(operator, scope, frame.state)
                else:
                    frame.run(*operator)
        except Unreadable as error:
            self.damaged(scope.said, f"It cannot be read: {error}.")

    def form(self, stream: Thing, scope: Scope, state: State, label: str) -> None:
        """A form, an appearance or a soft mask's group, with the matrix that it says itself."""
        inner, own = scope.of(label), matrix(get(stream, "/Matrix"))
        if own is None:
            self.damaged(inner, "Its matrix is not six numbers.")
            return
        if name(get(get(stream, "/Group"), "/S")) == "/Transparency":
            self.transparent(inner, "a transparency group")
        self._nested(stream, scope, label, get(stream, "/Resources"), replace(state, ctm=own.then(state.ctm)))

    def _nested(self, stream: Thing, scope: Scope, label: str, resources: Thing, state: State) -> None:
        """Another stream of operators. One that draws itself is refused."""
        mark, inner = key(stream), scope.of(label)
        if mark in scope.inside:
            raise self.refused(inner, f"{label[0].upper()}{label[1:]} draws itself.", AGAIN)
        if len(scope.inside) >= self._to.limits.forms:
            raise self.refused(inner, f"Forms draw forms more than {self._to.limits.forms} deep.")
        self._runs += 1
        if self._runs > self._to.limits.drawn:
            raise self.refused(inner, f"Forms are drawn more than {self._to.limits.drawn:,} times.")
        data = self._to.content(stream, self._where(inner))
        if data is not None:
            found = resources if kind(resources) is Dictionary else scope.resources
            self._run(data, Scope(found, inner, state.ctm, scope.inside | {mark}), state)

    def _first(self, thing: Thing, label: str, ctm: Transform) -> bool:
        """Whether it was not drawn yet as large as this: patterns and glyphs are drawn often, and look the same."""
        mark = (key(thing), label, *(round(value, 6) for value in (ctm.a, ctm.b, ctm.c, ctm.d)))
        new = mark not in self._drawn
        if new and len(self._drawn) < self._to.limits.facts:
            self._drawn.add(mark)
        return new

    def paint(self, ink: Ink, scope: Scope) -> None:
        """Something is painted: note in which colours."""
        if ink.pattern:
            self._pattern(ink, scope)
            return
        mark = (scope.name, ink.operator, ink.space.label, round(ink.percent))
        if ink.operator and mark not in self._drawn:
            self._drawn.add(mark)
            self._painted(ink.space, scope.of(f"colour set by '{ink.operator}'"), ink.percent)

    def _painted(self, space: Space, inner: str, percent: float = 0.0) -> None:
        if space.leaves:
            self._to.colour(Colour(self._where(inner), space.label, space.leaves, percent))
        self._named(space, inner)

    def _named(self, space: Space, inner: str) -> None:
        """What a space says besides: spot colours, and what is wrong with it."""
        if space.wrong:
            self.damaged(inner, space.wrong)
        for spot in space.spots:
            self._to.add(self._to.spots, Spot(self._where(inner), spot), (self._page, spot))

    def _pattern(self, ink: Ink, scope: Scope) -> None:
        label = f"pattern {ink.pattern}"
        pattern, inner = get(get(scope.resources, "/Pattern"), ink.pattern), scope.of(label)
        own = matrix(get(pattern, "/Matrix"))
        if own is None:
            self.damaged(inner, "Its matrix is not six numbers.")
            return
        ctm = own.then(scope.base)
        if not self._first(pattern, inner, ctm):
            return
        if kind(pattern) is Stream:
            # An uncoloured pattern is painted in the space below it.
            bare = replace(ink, pattern="")
            self._nested(pattern, scope, label, get(pattern, "/Resources"), State(ctm, bare, bare))
        elif (shading := get(pattern, "/Shading")) is not None:
            self.shading(shading, scope, label)

    def shading(self, shading: Thing, scope: Scope, label: str) -> None:
        """A run of colours from one to another."""
        self._painted(space_of(get(shading, "/ColorSpace"), scope.resources), scope.of(label))

    def glyphs(self, font: Thing, label: str, scope: Scope, state: State, text: Transform) -> None:
        """All glyphs of a font whose glyphs are drawings (Type 3), as large as its letters are now."""
        own, inner = matrix(get(font, "/FontMatrix")), scope.of(label)
        if own is None:
            self.damaged(inner, "Its matrix is not six numbers.")
            return
        ctm = own.then(Transform.scale(state.size * state.stretch, state.size)).then(text).then(state.ctm)
        if not self._first(font, inner, ctm):
            return
        for glyph, stream in entries(get(font, "/CharProcs")):
            if kind(stream) is Stream:
                within, drawn = replace(scope, name=inner), replace(state, ctm=ctm)
                self._nested(stream, within, f"glyph {glyph}", get(font, "/Resources"), drawn)

    def picture(self, image: Thing, label: str, scope: Scope, state: State) -> None:
        """A picture that is an object, with what masks it."""
        inner, said = scope.of(label), get(image, "/ColorSpace")
        coded = [name(one) for one in items(get(image, "/Filter"))] or [name(get(image, "/Filter"))]
        if get(image, "/ImageMask") is True:
            self.paint(state.fill, scope)
            self._placed(partial(get, image), STENCIL, inner, state.ctm)
            return
        space = OWN if said is None and "/JPXDecode" in coded else space_of(said, scope.resources)
        self._placed(partial(get, image), space, inner, state.ctm)
        self._named(space, inner)
        soft, hard = get(image, "/SMask"), get(image, "/Mask")
        if kind(soft) is Stream or integer(get(image, "/SMaskInData")):
            self.transparent(inner, "a picture with a soft mask")
        for masking, word in ((soft, "soft mask"), (hard, "mask")):
            if kind(masking) is Stream:
                self._placed(partial(get, masking), STENCIL, f"{word} in {inner}", state.ctm)

    def _inline(self, inline: Inline, scope: Scope, state: State) -> None:
        inner = scope.of("inline picture")
        if inline.entries.get("/ImageMask") == "true":
            self.paint(state.fill, scope)
            self._placed(inline.entries.get, STENCIL, inner, state.ctm)
            return
        said = inline.entries.get("/ColorSpace", "/DeviceGray")
        if isinstance(said, list):
            base = BARE.get(said[1]) if len(said) > 1 else None
            space = Space(f"Indexed({base.label})", base.leaves) if base else space_of(None, None)
        else:
            space = space_of(named(str(said)), scope.resources)
        self._placed(inline.entries.get, space, inner, state.ctm)
        self._named(space, inner)

    def _placed(self, read: Callable[[str], Any], space: Space, inner: str, ctm: Transform) -> None:
        """A picture lies on the paper. Refused where it has too many pixels."""
        width, height = integer(read("/Width")) or 0, integer(read("/Height")) or 0
        limits = self._to.limits
        if min(width, height) < 1:
            self.damaged(inner, f"It is a picture of {width} x {height} pixels.")
            return
        if width * height > limits.pixels or max(width, height) > limits.side:
            most = f"{limits.pixels // 1_000_000} megapixels, and {limits.side:,} a side"
            reason = f"It is a picture of {width:,} x {height:,} pixels; at most {most} are read."
            raise self.refused(inner, reason, "Please export the PDF anew with a smaller picture.")
        sides = math.hypot(ctm.a, ctm.b), math.hypot(ctm.c, ctm.d)
        if not all(map(math.isfinite, sides)):
            self.damaged(inner, "It is placed by a matrix that is not six finite numbers.")
            return
        if min(sides) <= 0:
            return  # flat: nothing of it is seen
        ppi = width / sides[0] * INCH, height / sides[1] * INCH
        bits = integer(read("/BitsPerComponent")) or (1 if space is STENCIL else 8)
        found = Image(self._where(inner), width, height, ppi, space.label, space.leaves, bits, mask=space is STENCIL)
        self._to.add(self._to.images, found, (found.where, width, height, round(ppi[0], 1), round(ppi[1], 1)))
