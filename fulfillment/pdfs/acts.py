"""What each operator of a content stream does to the state of drawing; what it paints, a canvas is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, Protocol

from pikepdf import Stream

from fulfillment.pdfs import spaces
from fulfillment.pdfs.report import PdfRefused
from fulfillment.pdfs.spaces import Space, space_of
from fulfillment.pdfs.state import Ink, Scope, State
from fulfillment.pdfs.tokens import Operand
from fulfillment.pdfs.values import Thing, get, items, kind, name, named, number
from gcode.geometry import Transform

FILLED: Final = frozenset({0, 2, 4, 6})
OUTLINED: Final = frozenset({1, 2, 5, 6})
"""Modes of letters."""
OPAQUE: Final = frozenset({"", "/Normal", "/Compatible"})


class Canvas(Protocol):
    """Is told what is painted. Each may raise PdfRefused."""

    def paint(self, ink: Ink, scope: Scope) -> None: ...
    def form(self, stream: Thing, scope: Scope, state: State, label: str) -> None: ...
    def picture(self, image: Thing, label: str, scope: Scope, state: State) -> None: ...
    def glyphs(self, font: Thing, label: str, scope: Scope, state: State, text: Transform) -> None: ...
    def shading(self, shading: Thing, scope: Scope, label: str) -> None: ...
    def transparent(self, inner: str, said: str) -> None: ...
    def damaged(self, inner: str, said: str) -> None: ...
    def refused(self, inner: str, reason: str) -> PdfRefused: ...


class Frame:
    """One run of one stream: its states, and its text's matrix. ``most``: states that may be saved."""

    def __init__(self, canvas: Canvas, scope: Scope, state: State, most: int) -> None:
        self.canvas = canvas
        self.scope = scope
        self.state = state
        self.text = Transform()
        self._most = most
        self._saved: list[State] = []
        self._found: dict[tuple[str, Operand], Thing] = {}

    def run(self, operator: str, operands: list[Operand]) -> None:
        if (act := ACTS.get(operator)) is not None:
            act(self, operator, operands)

    def save(self) -> None:
        if len(self._saved) >= self._most:
            raise self.canvas.refused(
                self.scope.said, f"More than {self._most} graphics states are saved in each other."
            )
        self._saved.append(replace(self.state))

    def restore(self) -> None:
        if self._saved:
            self.state = self._saved.pop()

    def resource(self, sort: str, said: Operand) -> Thing:
        """What a name stands for; it is noted where there is nothing."""
        if (found := self._found.get((sort, said))) is not None:
            return found
        found = get(get(self.scope.resources, sort), said) if isinstance(said, str) else None
        self._found[sort, said] = found
        if found is None:
            self.canvas.damaged(
                self.scope.said, f"It uses {str(said)[:60]}, which is not among its {sort[1:]} resources."
            )
        return found


Act = Callable[[Frame, str, list[Operand]], None]


def _save(frame: Frame, _operator: str, _operands: list[Operand]) -> None:
    frame.save()


def _restore(frame: Frame, _operator: str, _operands: list[Operand]) -> None:
    frame.restore()


def _six(operands: list[Operand]) -> Transform | None:
    found = [value for one in operands[-6:] if (value := number(one)) is not None]
    return Transform(*found) if len(found) == 6 else None


def _concat(frame: Frame, operator: str, operands: list[Operand]) -> None:
    if (found := _six(operands)) is None:
        frame.canvas.damaged(frame.scope.said, f"The matrix of '{operator}' is not six finite numbers.")
    else:
        frame.state.ctm = found.then(frame.state.ctm)


def _do(frame: Frame, _operator: str, operands: list[Operand]) -> None:
    said = operands[-1] if operands else None
    found = frame.resource("/XObject", said)
    subtype = name(get(found, "/Subtype"))
    if kind(found) is not Stream:
        return
    if subtype == "/Image":
        frame.canvas.picture(found, f"image {said}", frame.scope, frame.state)
    elif subtype == "/Form":
        frame.canvas.form(found, frame.scope, frame.state, f"form {said}")


def _graphics_state(frame: Frame, _operator: str, operands: list[Operand]) -> None:
    said = operands[-1] if operands else None
    found, inner = frame.resource("/ExtGState", said), frame.scope.of(f"graphics state {said}")
    for entry, word in (("/ca", "areas"), ("/CA", "lines")):
        opacity = number(get(found, entry))
        if opacity is not None and opacity < 1:
            frame.canvas.transparent(inner, f"{word} that are {opacity:.0%} opaque")
    mode = get(found, "/BM")
    for blend in items(mode) or [mode]:
        if name(blend) not in OPAQUE:
            frame.canvas.transparent(inner, f"colours that are mixed with those below ({name(blend)[1:40]})")
    mask = get(found, "/SMask")
    group = get(mask, "/G")
    if name(mask) != "/None" and mask is not None:
        frame.canvas.transparent(inner, "a soft mask")
        if kind(group) is Stream:
            frame.canvas.form(group, frame.scope, replace(frame.state), f"soft mask of graphics state {said}")
    font = items(get(found, "/Font"))
    if len(font) == 2:
        frame.state.font, frame.state.label, frame.state.size = font[0], str(said), number(font[1]) or 0.0


def _device(space: Space, fills: bool) -> Act:
    def act(frame: Frame, operator: str, operands: list[Operand]) -> None:
        found = space_of(named(f"/{space.label}"), frame.scope.resources)
        amounts = tuple(one for one in operands[-space.channels :] if isinstance(one, float))
        _set(frame, fills, Ink(found, amounts, "", operator))

    return act


def _space(frame: Frame, operator: str, operands: list[Operand]) -> None:
    said = operands[-1] if operands else None
    found = space_of(named(said if isinstance(said, str) else ""), frame.scope.resources)
    _set(frame, operator == "cs", Ink(found, (), "", operator))


def _colour(frame: Frame, operator: str, operands: list[Operand]) -> None:
    fills = operator in ("sc", "scn")
    ink = frame.state.fill if fills else frame.state.stroke
    pattern = operands[-1] if operands and isinstance(operands[-1], str) else ""
    amounts = tuple(one for one in operands if isinstance(one, float))
    _set(frame, fills, replace(ink, amounts=amounts, pattern=pattern, operator=operator))


def _set(frame: Frame, fills: bool, ink: Ink) -> None:
    if fills:
        frame.state.fill = ink
    else:
        frame.state.stroke = ink


def _paint(fills: bool, strokes: bool) -> Act:
    def act(frame: Frame, _operator: str, _operands: list[Operand]) -> None:
        if fills:
            frame.canvas.paint(frame.state.fill, frame.scope)
        if strokes:
            frame.canvas.paint(frame.state.stroke, frame.scope)

    return act


def _shade(frame: Frame, _operator: str, operands: list[Operand]) -> None:
    said = operands[-1] if operands else None
    if (found := frame.resource("/Shading", said)) is not None:
        frame.canvas.shading(found, frame.scope, f"shading {said}")


def _begin_text(frame: Frame, _operator: str, _operands: list[Operand]) -> None:
    frame.text = Transform()


def _text_matrix(frame: Frame, operator: str, operands: list[Operand]) -> None:
    if (found := _six(operands)) is None:
        frame.canvas.damaged(frame.scope.said, f"The matrix of '{operator}' is not six finite numbers.")
    else:
        frame.text = found


def _font(frame: Frame, _operator: str, operands: list[Operand]) -> None:
    said = operands[-2] if len(operands) > 1 else None
    frame.state.font, frame.state.label = frame.resource("/Font", said), str(said)
    frame.state.size = number(operands[-1]) or 0.0 if operands else 0.0


def _stretch(frame: Frame, _operator: str, operands: list[Operand]) -> None:
    frame.state.stretch = (number(operands[-1] if operands else None) or 100.0) / 100


def _mode(frame: Frame, _operator: str, operands: list[Operand]) -> None:
    frame.state.mode = int(number(operands[-1] if operands else None) or 0)


def _show(frame: Frame, _operator: str, _operands: list[Operand]) -> None:
    state = frame.state
    if name(get(state.font, "/Subtype")) == "/Type3":
        frame.canvas.glyphs(state.font, f"font {state.label}", frame.scope, state, frame.text)
    elif state.font is None:
        frame.canvas.damaged(frame.scope.said, "It has text before any font is chosen.")
    if state.mode in FILLED:
        frame.canvas.paint(state.fill, frame.scope)
    if state.mode in OUTLINED:
        frame.canvas.paint(state.stroke, frame.scope)


ACTS: Final[Mapping[str, Act]] = {
    "q": _save,
    "Q": _restore,
    "cm": _concat,
    "Do": _do,
    "gs": _graphics_state,
    "g": _device(spaces.GRAY, True),
    "G": _device(spaces.GRAY, False),
    "rg": _device(spaces.RGB, True),
    "RG": _device(spaces.RGB, False),
    "k": _device(spaces.CMYK, True),
    "K": _device(spaces.CMYK, False),
    "cs": _space,
    "CS": _space,
    **dict.fromkeys(("sc", "scn", "SC", "SCN"), _colour),
    **dict.fromkeys(("f", "F", "f*"), _paint(True, False)),
    **dict.fromkeys(("S", "s"), _paint(False, True)),
    **dict.fromkeys(("B", "B*", "b", "b*"), _paint(True, True)),
    "sh": _shade,
    "BT": _begin_text,
    "Tm": _text_matrix,
    "Tf": _font,
    "Tz": _stretch,
    "Tr": _mode,
    **dict.fromkeys(("Tj", "TJ", "'", '"'), _show),
}
"""ISO 32000-2, annex A; what is not here changes nothing that is looked at."""
