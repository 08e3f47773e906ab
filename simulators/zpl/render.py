"""A format, from ^XA to ^XZ, as the picture that the print head burns. Ink is 1 until the label is kept.

What the guide says stays until the power is switched off (width, home, default font, field orientation, module of bar
codes) stands in :class:`Defaults`. Bar codes of kinds that are not drawn here leave a hatched box and a note.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import cast

from PIL import Image, ImageChops, ImageDraw, ImageFont

from simulators.zpl import codes, graphics
from simulators.zpl.stream import Command

UNDRAWN = ("^B0", "^B1", "^B2", "^B3", "^B4", "^B5", "^B7", "^B8", "^B9", "^BA", "^BD", "^BE", "^BK", "^BX", "^BZ")
TURNS = {"N": None, "R": Image.Transpose.ROTATE_270, "I": Image.Transpose.ROTATE_180, "B": Image.Transpose.ROTATE_90}
LONGEST = 39
"""Inches that a label is long at most."""


@dataclass(slots=True)
class Defaults:
    """What outlasts a format. Dots."""

    width: int
    length: int
    home: tuple[int, int] = (0, 0)
    turn: str = "N"
    font: tuple[int, int] = (9, 5)
    module: int = 2
    height: int = 10
    inverted: bool = False


@dataclass(slots=True)
class _Field:
    x: int = 0
    y: int = 0
    typeset: bool = False
    turn: str = "N"
    font: tuple[int, int] | None = None
    code: Command | None = None
    graphic: Image.Image | None = None
    escape: str = ""
    block: tuple[int, int, int, str] | None = None
    reverse: bool = False
    data: bytes = b""


@dataclass(slots=True)
class Drawn:
    """A label before it is printed. ``quantity``: ^PQ. ``notes``: what could not be drawn as it should be."""

    image: Image.Image
    quantity: int = 1
    notes: list[str] = field(default_factory=list)


@lru_cache(maxsize=64)
def _face(size: int) -> ImageFont.FreeTypeFont:
    try:
        basic = ImageFont.Layout.BASIC  # a printer lays letters side by side
        return ImageFont.truetype("DejaVuSansCondensed-Bold.ttf", size, layout_engine=basic)
    except OSError:
        return cast(ImageFont.FreeTypeFont, ImageFont.load_default(size))


def text_image(text: str, font: tuple[int, int]) -> Image.Image:
    """A line of font 0: ``font`` is height and width in dots of a letter's cell."""
    high, wide = max(font[0], 4), font[1]
    face = _face(high)
    x0, _, x1, _ = face.getbbox(text)
    drawn = Image.new("1", (max(int(x1 - min(x0, 0)) + 1, 1), high))
    # Capitals stand on the baseline at three quarters of the cell's height.
    ImageDraw.Draw(drawn).text((0, round(high * 0.82)), text, fill=1, font=face, anchor="ls")
    if wide and wide != high:
        drawn = drawn.resize((max(round(drawn.width * wide / high), 1), high), Image.Resampling.NEAREST)
    return drawn


class Canvas:
    """Draws one format."""

    def __init__(self, defaults: Defaults, dpi: int) -> None:
        self.defaults, self._dpi = defaults, dpi
        self._fields: list[tuple[Image.Image, tuple[int, int], bool]] = []
        self._now = _Field()
        self._reverse_all = False
        self.quantity = 1
        self.notes: list[str] = []
        self._does: dict[str, Callable[[list[str], Command], None]] = {
            "^PW": lambda p, _: setattr(self.defaults, "width", max(_int(p, 0, self.defaults.width), 2)),
            "^LL": lambda p, _: setattr(
                self.defaults, "length", min(max(_int(p, 0, self.defaults.length), 1), LONGEST * self._dpi)
            ),
            "^LH": lambda p, _: setattr(self.defaults, "home", (_int(p, 0, 0), _int(p, 1, 0))),
            "^FW": lambda p, _: setattr(self.defaults, "turn", _turn(p, 0, "N")),
            "^CF": lambda p, _: setattr(self.defaults, "font", _font(p[1:], self.defaults.font)),
            "^BY": self._by,
            "^PO": lambda p, _: setattr(self.defaults, "inverted", p[:1] == ["I"]),
            "^LR": lambda p, _: setattr(self, "_reverse_all", p[:1] == ["Y"]),
            "^PQ": lambda p, _: setattr(self, "quantity", max(_int(p, 0, 1), 1)),
            "^FO": lambda p, _: self._at(p, typeset=False),
            "^FT": lambda p, _: self._at(p, typeset=True),
            "^A": self._letter,
            "^FH": lambda p, _: setattr(self._now, "escape", (p[0] if p and p[0] else "_")[:1]),
            "^FR": lambda _, __: setattr(self._now, "reverse", True),
            "^FB": lambda p, _: setattr(
                self._now,
                "block",
                (_int(p, 0, 0), max(_int(p, 1, 1), 1), _int(p, 2, 0), (p[3] if len(p) > 3 else "L")),
            ),
            "^FD": lambda _, command: setattr(self._now, "data", command.data),
            "^FV": lambda _, command: setattr(self._now, "data", command.data),
            "^FS": lambda _, __: self._end(),
            "^GB": self._box,
            "^GF": self._graphic,
        }

    def draw(self, commands: Sequence[Command]) -> Drawn:
        for command in commands:
            name = command.name
            if name in ("^BC", "^BQ", *UNDRAWN):
                self._now.code = command
            elif (does := self._does.get(name)) is not None:
                does(_parameters(command.data), command)
        self._end()
        size = self.defaults.width, self.defaults.length
        page = Image.new("1", size)
        for image, at, reverse in self._fields:
            layer = Image.new("1", size)
            layer.paste(image, at)
            page = (ImageChops.logical_xor if reverse else ImageChops.logical_or)(page, layer)
        if self.defaults.inverted:
            page = page.transpose(Image.Transpose.ROTATE_180)
        return Drawn(page, self.quantity, self.notes)

    # --- commands ---

    def _by(self, given: list[str], _: Command) -> None:
        self.defaults.module = min(max(_int(given, 0, self.defaults.module), 1), 10)
        self.defaults.height = _int(given, 2, self.defaults.height)

    def _at(self, given: list[str], *, typeset: bool) -> None:
        if self._now.data or self._now.code is not None:
            self._end()
        home = self.defaults.home
        x, y = home[0] + _int(given, 0, 0), home[1] + _int(given, 1, 0)
        self._now = _Field(x, y, typeset, self.defaults.turn)

    def _letter(self, given: list[str], _: Command) -> None:
        head = given[0] if given else ""
        self._now.turn = head[1:2] if head[1:2] in TURNS else self.defaults.turn
        self._now.font = _font(given[1:], self.defaults.font)

    def _box(self, given: list[str], _: Command) -> None:
        thick = max(_int(given, 2, 1), 1)
        width, height = max(_int(given, 0, thick), thick), max(_int(given, 1, thick), thick)
        drawn = Image.new("1", (min(width, 32000), min(height, 32000)))
        pen = ImageDraw.Draw(drawn)
        rounding = min(max(_int(given, 4, 0), 0), 8)
        box, radius = (0, 0, width - 1, height - 1), rounding / 8 * min(width, height) / 2
        pen.rounded_rectangle(box, radius, outline=1, width=min(thick, (min(width, height) + 1) // 2 or 1))
        self._now.graphic = drawn

    def _graphic(self, _: list[str], command: Command) -> None:
        try:
            self._now.graphic = graphics.picture(command.data)
        except graphics.Spoilt as spoilt:
            self.notes.append(f"^GF: {spoilt}")

    # --- fields ---

    def _end(self) -> None:
        now, self._now = self._now, _Field(turn=self.defaults.turn)
        if now.graphic is not None:
            self._put(now, now.graphic)
            return
        if not now.data and now.code is None:
            return
        text = _unescaped(now.data, now.escape)
        image = self._coded(now, text) if now.code is not None else self._lettered(now, text)
        turn = TURNS[_code_turn(now.code, self.defaults.turn) if now.code is not None else now.turn]
        self._put(now, image.transpose(turn) if turn is not None else image)

    def _put(self, now: _Field, image: Image.Image) -> None:
        x, y = now.x, now.y
        if now.typeset:  # the origin is at the field's foot, seen in its own orientation
            y -= image.height if now.turn in "NB" else 0
            x -= image.width if now.turn in "IB" else 0
        self._fields.append((image, (x, y), now.reverse or self._reverse_all))

    def _lettered(self, now: _Field, text: str) -> Image.Image:
        font = now.font or self.defaults.font
        if now.block is None or now.block[0] <= 0:
            return text_image(text, font)
        width, most, space, where = now.block
        lines = _wrapped(text, width, font)
        lines = lines[:most]
        step = font[0] + space
        drawn = Image.new("1", (width, max(step * len(lines), 1)))
        for i, line in enumerate(lines):
            one = text_image(line, font)
            room = max(width - one.width, 0)
            drawn.paste(one, ({"C": room // 2, "R": room}.get(where.strip().upper()[:1], 0), i * step))
        return drawn

    def _coded(self, now: _Field, text: str) -> Image.Image:
        assert now.code is not None  # noqa: S101  the caller looked
        given = _parameters(now.code.data)
        if now.code.name == "^BQ":
            try:
                return codes.qr(text, min(max(_int(given, 2, 3), 1), 100))
            except ValueError as error:
                self.notes.append(f"^BQ: {error}")
                return Image.new("1", (1, 1))
        height = max(_int(given, 1, self.defaults.height), 1)
        if now.code.name == "^BC":
            widths, shown = codes.code128(text, (given[5] if len(given) > 5 else "N").upper() == "A")
            drawn = codes.bars(widths, self.defaults.module, height)
            above = (given[3] if len(given) > 3 else "N").upper() == "Y"
            return drawn if given[2:3] == ["N"] or above else _under(drawn, shown, self.defaults.module)
        self.notes.append(f"{now.code.name} is not drawn here: a hatched box stands for it")
        drawn = Image.new("1", (height * 2, height))
        pen = ImageDraw.Draw(drawn)
        for x in range(0, height * 3, 8):
            pen.line((x, 0, x - height, height), fill=1)
        return drawn


def _under(bars: Image.Image, shown: str, module: int) -> Image.Image:
    """The line that people read, below the bars."""
    line = text_image(shown, (9 * module, 8 * module))
    drawn = Image.new("1", (max(bars.width, line.width), bars.height + line.height + 3))
    drawn.paste(bars, (0, 0))
    drawn.paste(line, (max((bars.width - line.width) // 2, 0), bars.height + 3))
    return drawn


def _wrapped(text: str, width: int, font: tuple[int, int]) -> list[str]:
    lines: list[str] = []
    for part in text.replace("\\&", "\n").split("\n"):
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}" if line else word
            if line and text_image(longer, font).width > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines


def _parameters(data: bytes) -> list[str]:
    return [part.strip() for part in data[:2000].decode("utf-8", "replace").split(",")]


def _int(given: list[str], index: int, otherwise: int) -> int:
    try:
        return int(float(given[index])) if index < len(given) and given[index] else otherwise
    except ValueError:
        return otherwise


def _turn(given: list[str], index: int, otherwise: str) -> str:
    return given[index][:1] if index < len(given) and given[index][:1] in TURNS and given[index] else otherwise


def _code_turn(code: Command, otherwise: str) -> str:
    return _turn(_parameters(code.data), 0, otherwise)


def _font(given: list[str], otherwise: tuple[int, int]) -> tuple[int, int]:
    """Height and width; where one is left out, it follows the other."""
    height, width = _int(given, 0, 0), _int(given, 1, 0)
    return (height or width or otherwise[0], width or height or otherwise[1])


def _unescaped(data: bytes, escape: str) -> str:
    """The field's text in UTF-8; with ^FH two hexadecimal digits after the escape are a byte."""
    if escape:
        mark, raw, i = escape.encode(), bytearray(), 0
        while i < len(data):
            if data[i : i + 1] == mark and len(data) >= i + 3:
                try:
                    raw.append(int(data[i + 1 : i + 3], 16))
                    i += 3
                    continue
                except ValueError:
                    pass
            raw.append(data[i])
            i += 1
        data = bytes(raw)
    return "".join(letter for letter in data.decode("utf-8", "replace") if letter.isprintable())
