"""A customer's name laid out in its zone, in a warm process: CPU per name that was not seen before, and again.

The baseline is HarfBuzz alone shaping the same names in the same font: what no layout can be cheaper than.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable

import uharfbuzz as hb

from fulfillment.catalog import TextField
from fulfillment.fields import Craft
from fulfillment.fields.text import lay
from fulfillment.typefaces import FONTS, TYPEFACES
from gcode.design import Zone

WARM = ("Maximilian", "Charlotte", "Łukasz & Zoë", "Qwertz Vuxjkf", "HPWBDGIRST", "abcdefghijklmnopqrstuvwxyz")
NAMES = ("Søren", "Ingrid", "Björn", "Agnieszka", "François", "Anne-Marie", "Gustav", "Ottilie", "Jiří", "Håkon",
         "Elisabeth", "Nuño", "Željko", "Ágnes", "Dimitra", "Kwame", "Oyelaran", "Siobhán", "Wiesława",
         "Þórdís")  # fmt: skip
OTHERS = ("Дмитрий", "Ελένη", "שלומית", "محمد", "प्रिया", "สมชาย", "Zoë ❤️")
ZONE = Zone("name", 0.0, 0.0, 60.0, 20.0)
LASER = Craft(line_width=0.1)


def milliseconds(names: Iterable[str], work: Callable[[str], object]) -> list[float]:
    """CPU for each."""
    found = []
    for name in names:
        begun = time.process_time()
        work(name)
        found.append((time.process_time() - begun) * 1000)
    return found


def told(what: str, found: list[float]) -> None:
    print(f"{what:28} median {statistics.median(found):6.3f} ms, slowest {max(found):6.3f} ms")


def harfbuzz() -> Callable[[str], object]:
    font = hb.Font(hb.Face(hb.Blob((FONTS / "NotoSans-Regular.ttf").read_bytes())))

    def shape(name: str) -> object:
        buffer = hb.Buffer()
        buffer.add_str(name)
        buffer.guess_segment_properties()
        hb.shape(font, buffer)
        return buffer.glyph_positions

    return shape


def main() -> None:
    told("HarfBuzz alone", milliseconds(NAMES, harfbuzz()))
    for typeface in TYPEFACES:
        field = TextField(type="text", title="Name", zone="name", min_height=1, font=typeface)  # type: ignore[arg-type]

        def work(name: str, field: TextField = field) -> object:
            return lay(name, field, ZONE, LASER)

        milliseconds(WARM, work)
        told(f"{typeface}, new names", milliseconds(NAMES, work))
        told(f"{typeface}, the same again", milliseconds(NAMES, work))
        told(f"{typeface}, other scripts", milliseconds(OTHERS, work))


if __name__ == "__main__":
    main()
