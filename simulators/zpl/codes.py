"""Bar codes as a printer draws them: Code 128 from its own table, QR by segno."""

from __future__ import annotations

import segno
from PIL import Image

WIDTHS = (
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122"
    "123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323"
    "131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131"
    "213113213311213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122"
    "141221112214112412122114122411142112142211241211221114413111241112134111111242121142121241114212124112"
    "124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141114131311141"
    "4111312114122112142112322331112"
)
"""Of three bars and three gaps each, for the values from 0 on; the stop has one bar more."""
START = {"A": 103, "B": 104, "C": 105}
CODE = {"A": 101, "B": 100, "C": 99}
FNC1 = 102
STOP = 106
INVOKED = {">9": ("A", None), ">:": ("B", None), ">;": ("C", None), ">7": ("A", 101), ">6": ("B", 100), ">5": ("C", 99)}
QUIET = 4
"""Modules around a QR code that are left white by whoever lays out the label; none is drawn."""


def code128(text: str, automatic: bool) -> tuple[str, str]:
    """Widths of bars and gaps, and the text that people read. ``automatic``: mode A chooses subsets by itself."""
    values, shown = _automatic(text) if automatic else _written(text)
    check = values[0] + sum(i * value for i, value in enumerate(values[1:], 1))
    return "".join(_symbol(value) for value in [*values, check % 103, STOP]), shown


def _symbol(value: int) -> str:
    return WIDTHS[value * 6 :] if value == STOP else WIDTHS[value * 6 : value * 6 + 6]


def _automatic(text: str) -> tuple[list[int], str]:
    """Pairs of digits in subset C where four or more stand together."""
    values: list[int] = []
    subset, i = "", 0
    while i < len(text):
        run = next((j for j in range(i, len(text)) if not text[j].isdigit()), len(text)) - i
        wanted = "C" if run >= 4 or (subset == "C" and run >= 2) else "B"
        if wanted == "C" and subset != "C" and run % 2:
            wanted = "B"  # the odd digit goes first, so that pairs are left
        if wanted != subset:
            values.append(CODE[wanted] if values else START[wanted])
            subset = wanted
        step = 2 if subset == "C" else 1
        values.append(int(text[i : i + 2]) if step == 2 else _value(text[i], "B"))
        i += step
    return values or [START["B"]], text


def _written(text: str) -> tuple[list[int], str]:
    """As the label says: subset B until an invocation code says otherwise."""
    values, shown, subset, i = [START["B"]], "", "B", 0
    while i < len(text):
        pair = text[i : i + 2]
        if pair in INVOKED:
            subset, code = INVOKED[pair]
            if i == 0:
                values = [START[subset]]
            else:
                values.append(CODE[subset] if code is None else code)
            i += 2
        elif pair == ">8":
            values.append(FNC1)
            i += 2
        elif pair == "><":
            values.append(_value("^", subset))
            shown, i = shown + "^", i + 2
        elif subset == "C":
            if not (len(pair) == 2 and pair.isdigit()):
                i += 1  # the guide: in subset C what is no digit is ignored
                continue
            values.append(int(pair))
            shown, i = shown + pair, i + 2
        else:
            values.append(_value(text[i], subset))
            shown, i = shown + text[i], i + 1
    return values, shown


def _value(letter: str, subset: str) -> int:
    number = ord(letter)
    if subset == "A" and number < 32:
        return number + 64
    return number - 32 if 32 <= number < 128 else 0


def bars(widths: str, module: int, height: int) -> Image.Image:
    """Bars as a picture whose ink is 1."""
    drawn = Image.new("1", (sum(map(int, widths)) * module, height))
    x = 0
    for i, width in enumerate(int(letter) * module for letter in widths):
        if i % 2 == 0:
            drawn.paste(1, (x, 0, x + width, height))
        x += width
    return drawn


def qr(data: str, magnification: int) -> Image.Image:
    """The field data of ^BQ: error correction, input mode, a comma, and the text. Raises ValueError."""
    head, comma, text = data.partition(",")
    if not comma or len(head) < 2:
        raise ValueError("the data of ^BQ begins with its error correction and input mode, such as QA,")
    if head[1].upper() == "M" and text[:1] in "NAB":
        text = text[1:]
    made = segno.make(text, error=head[0].lower() if head[0].upper() in "LMQH" else "q", micro=False)
    rows = [list(row) for row in made.matrix]
    drawn = Image.new("1", (len(rows), len(rows)))
    drawn.putdata([cell for row in rows for cell in row])
    return drawn.resize((len(rows) * magnification,) * 2, Image.Resampling.NEAREST)
