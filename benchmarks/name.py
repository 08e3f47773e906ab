"""A customer's name laid out in its zone, in a warm process: CPU per name that was not seen before, and again. Then on
to a program that preflight passed and whose bytes were held against the design: engraved, drawn, written by a hand.

The baseline is HarfBuzz alone shaping the same names in the same font: what no layout can be cheaper than. The proof, a
picture of the whole piece, is made after the checks and told apart.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import uharfbuzz as hb

from fulfillment import line_work, personalization
from fulfillment.catalog import TextField
from fulfillment.config import Factory, load_factory
from fulfillment.fields import Craft
from fulfillment.fields.text import lay
from fulfillment.planning import specification
from fulfillment.processes import Spec, engrave, plot
from fulfillment.typefaces import FONTS, TYPEFACES
from gcode.design import Zone

WARM = ("Maximilian", "Charlotte", "Łukasz & Zoë", "Qwertz Vuxjkf", "HPWBDGIRST", "abcdefghijklmnopqrstuvwxyz")
NAMES = ("Søren", "Ingrid", "Björn", "Agnieszka", "François", "Anne-Marie", "Gustav", "Ottilie", "Jiří", "Håkon",
         "Elisabeth", "Nuño", "Željko", "Ágnes", "Dimitra", "Kwame", "Oyelaran", "Siobhán", "Wiesława",
         "Þórdís")  # fmt: skip
OTHERS = ("Дмитрий", "Ελένη", "שלומית", "محمد", "प्रिया", "สมชาย", "Zoë ❤️")
ZONE = Zone("name", 0.0, 0.0, 60.0, 20.0)
LASER = Craft(line_width=0.1)
MADE = {
    "engraved": ("pet-tag", "engrave", "name", engrave, "burn_proof"),
    "drawn": ("note-card", "draw", "note", line_work, "line_proof"),
    "by a hand": ("greeting-card", "write", "note", line_work, "line_proof"),
}
"""Product, operation and field, and where its proof is drawn."""


def milliseconds(names: Iterable[str], work: Callable[[str], object]) -> list[float]:
    """CPU for each."""
    found = []
    for name in names:
        begun = time.process_time()
        work(name)
        found.append((time.process_time() - begun) * 1000)
    return found


def told(what: str, found: list[float]) -> None:
    print(f"{what:32} median {statistics.median(found):6.3f} ms, slowest {max(found):6.3f} ms")


def harfbuzz() -> Callable[[str], object]:
    font = hb.Font(hb.Face(hb.Blob((FONTS / "NotoSans-Regular.ttf").read_bytes())))

    def shape(name: str) -> object:
        buffer = hb.Buffer()
        buffer.add_str(name)
        buffer.guess_segment_properties()
        hb.shape(font, buffer)
        return buffer.glyph_positions

    return shape


def specified(factory: Factory, product: str, operation: str, field: str, name: str) -> Spec:
    entry = factory.catalog[product]
    found = personalization.check(entry, {**entry.example.fields, field: name[:12]}, {}, {})
    assert not isinstance(found, list), found
    return replace(specification(factory, product, operation, found.body()), facts={"unit": name})


def made(factory: Factory, what: str) -> None:
    """CPU from a checked order to a checked program, and of its proof."""
    product, operation, field, module, drawer = MADE[what]
    process: ModuleType = engrave if operation == "engrave" else plot
    drawn: list[float] = []
    draw = getattr(module, drawer)

    def timed(*given: object, **named: object) -> object:
        begun = time.process_time()
        picture = draw(*given, **named)
        drawn.append((time.process_time() - begun) * 1000)
        return picture

    setattr(module, drawer, timed)
    try:
        sets = [{name: specified(factory, product, operation, field, name) for name in some} for some in (WARM, NAMES)]
        for specs in sets:
            drawn.clear()
            found = milliseconds(specs, lambda name, specs=specs: process.render(specs[name], {}))  # type: ignore[misc]
    finally:
        setattr(module, drawer, draw)
    told(f"{what}, to a checked program", [whole - picture for whole, picture in zip(found, drawn, strict=True)])
    told(f"{what}, its proof", drawn)


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
    factory = load_factory(Path(__file__).parents[1] / "config.yaml")
    for what in MADE:
        made(factory, what)


if __name__ == "__main__":
    main()
