"""A packing slip and a traveler: processor time and memory in a warm worker, each slip with other words.

Aimed at: words and code in 8 ms of one core, 60 MB; the proof, of 0.8 megapixels, is decoded anew for each slip. Beside
it the same slip by typst and by weasyprint, where they are installed. Each runs in a process of its own; the least of
five rounds counts, for the machine's load only adds to it.
"""

from __future__ import annotations

import argparse
import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parents[1] / "fulfillment" / "fonts"
ROUNDS, SLIPS = 5, 40
AIM = {"slip, words and code": " (aimed at: 8 ms, 60 MB)"}
Draw = Callable[[int], bytes]


def words(number: int) -> dict[str, str]:
    """What one slip says, and no other."""
    return {
        "factory": "Fulfillment Demo Bakery",
        "piece": "Piece 1 of 2",
        "name": f"Ada Lovelace {number}",
        "order": f"#{1000 + number}",
        "code": f"U-7K3F{number:04d}",
        "message": f"Happy birthday, {number}!",
        "note": f"Thanks, Ada {number}! Enjoy every bite.",
        "allergens": "wheat (gluten), eggs, milk, soy",
    }


def proof() -> bytes:
    from PIL import Image

    image = Image.new("RGB", (960, 832), (217, 167, 102))
    image.paste((59, 35, 20), (80, 80, 880, 600))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def qr(text: str) -> str:
    """The code as SVG, for those who draw none themselves."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0)
    return out.getvalue().decode()


def ours(name: str, *, pictured: bool = True) -> Draw:
    from fulfillment.papers import shipped
    from fulfillment.papers.drawing import draw

    template, picture = shipped()[name], {"proof": proof()} if pictured else {}

    def one(number: int) -> bytes:
        said = words(number)
        facts: dict[str, Any] = {
            **{key: said[key] for key in ("factory", "order", "code", "message", "note", "allergens")},
            "ship_to": said["name"],
            "product": "Personalized toaster pastry",
            "number": "1",
            "quantity": "2",
            "food": "yes",
            "due": "2026-11-23 16:00",
            "artifact": "3f9a 22c1 77b0",
            "options": [{"title": "Filling", "value": "Strawberry"}, {"title": "Frosting", "value": "Chocolate"}],
            "route": [
                {"number": str(step), "title": title, "who": "", "code": f"{title[:4].lower()}/{said['code']}"}
                for step, title in enumerate(("Frost the photo", "Print the slip", "Pack the piece"), 1)
            ],
        }
        return draw(template, facts, picture, paper="a6")

    return one


TYPST = """
#set page(width: 105mm, height: 148mm, margin: 8mm)
#set text(font: "Noto Sans", size: 9pt)
#grid(columns: (1fr, auto), strong[{factory}], [{piece}])
#line(length: 100%, stroke: 0.6pt)
#text(17pt, strong[{name}]) \\ Order \\{order}
#grid(columns: (56%, 1fr), gutter: 4mm, image("proof.png"),
  [Product \\ *Personalized toaster pastry* \\ Filling \\ *Strawberry* \\ Frosting \\ *Chocolate* \\
   Message \\ *{message}*])
#v(1fr) #text(font: "Caveat", 22pt, [{note}]) #v(1fr)
#grid(columns: (1fr, 20mm), gutter: 5mm, [Contains \\ *{allergens}*], [#image("code.svg", width: 20mm) {code}])
"""


def by_typst() -> Draw:
    import tempfile

    typst: Any = import_module("typst")
    folder = Path(tempfile.mkdtemp(prefix="ful-typst-"))
    (folder / "proof.png").write_bytes(proof())
    source = folder / "slip.typ"

    def one(number: int) -> bytes:
        said = words(number)
        (folder / "code.svg").write_text(qr(said["code"]))
        source.write_text(TYPST.format(**said))
        made: bytes = typst.compile(str(source), font_paths=[str(FONTS)])
        return made

    return one


HTML = """<style>@page {{ size: 105mm 148mm; margin: 8mm }} body {{ font: 9pt "Noto Sans" }} td {{ width: 50% }}
@font-face {{ font-family: "Noto Sans"; src: url(file://{fonts}/NotoSans-Regular.ttf) }}
@font-face {{ font-family: "Noto Sans"; font-weight: bold; src: url(file://{fonts}/NotoSans-Bold.ttf) }}
@font-face {{ font-family: Caveat; src: url(file://{fonts}/Caveat-Regular.ttf) }}</style>
<b>{factory}</b> {piece}<hr><b style="font-size: 17pt">{name}</b><br>Order {order}
<table><tr><td><img src="file://{proof}" style="width: 49mm"><td>Product<br><b>Personalized toaster pastry</b><br>
Filling<br><b>Strawberry</b><br>Frosting<br><b>Chocolate</b><br>Message<br><b>{message}</b></table>
<p style="font: 22pt Caveat">{note}</p>
<table><tr><td>Contains<br><b>{allergens}</b><td style="width: 20mm">{svg}<br>{code}</table>"""


def by_weasyprint() -> Draw:
    import tempfile

    weasyprint: Any = import_module("weasyprint")
    picture = Path(tempfile.mkdtemp(prefix="ful-weasy-")) / "proof.png"
    picture.write_bytes(proof())
    fonts = import_module("weasyprint.text.fonts").FontConfiguration()

    def one(number: int) -> bytes:
        said = words(number)
        html = HTML.format(**said, svg=qr(said["code"]), proof=picture, fonts=FONTS)
        made: bytes = weasyprint.HTML(string=html).write_pdf(font_config=fonts)
        return made

    return one


WAYS: Mapping[str, Callable[[], Draw]] = {
    "slip, words and code": lambda: ours("slip", pictured=False),
    "slip": lambda: ours("slip"),
    "traveler": lambda: ours("traveler"),
    "slip by typst": by_typst,
    "slip by weasyprint": by_weasyprint,
}


def measure(way: str) -> None:
    """Print ms of processor time, MB at most, and kB of one file."""
    draw = WAYS[way]()
    draw(9999)
    best, number = float("inf"), 0
    for _ in range(ROUNDS):
        before = time.process_time()
        for _ in range(SLIPS):
            size = len(draw(number))
            number += 1
        best = min(best, (time.process_time() - before) / SLIPS)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{way:20} {best * 1000:7.1f} ms {most:6.0f} MB {size / 1024:6.1f} kB{AIM.get(way, '')}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=WAYS, help="only this one, in this process")
    asked = parser.parse_args()
    if asked.way:
        measure(asked.way)
        return
    for way in WAYS:
        command = [sys.executable, "-m", "benchmarks.paper", "--way", way]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        missing = "ModuleNotFoundError" in done.stderr
        print(
            done.stdout.rstrip() if not done.returncode else f"{way:20} {'not installed' if missing else done.stderr}"
        )


if __name__ == "__main__":
    main()
