"""Bodies from the CAD worker: the first one of a cold process, later ones of a warm one, and what of it is STEP.

Wall times, as the factory waits for them; every body is checked (closed, volume within 0.1 %) before it counts. The
baseline for cold is an interpreter that imports cadquery and does nothing.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fulfillment.cad import Shelf, Wish, Workshop
from fulfillment.cad.files import WRITERS
from fulfillment.catalog import TextField
from fulfillment.fields import Craft, laid
from gcode.design import Drawing

NAMES = ("Grace", "Ada", "Jürgen", "Siobhán", "Łukasz")
CASES = (("tag", "raised"), ("tag", "sunk"), ("tag", "inlaid"), ("keyring", "raised"), ("cutter", "edge"))
LETTER = "B"
"""What the cutter cuts: it takes one shape."""


def words(template: str, text: str) -> Drawing:
    declared = Shelf().template(template)
    field = TextField(type="text", title="Name", zone="content", font="sans-bold", min_height=4, max_height=40, lines=1)
    content = laid(text, field, declared.zone(declared.checked({})), Craft(line_width=0.45, fills=True))
    assert isinstance(content, Drawing)
    return content


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    found = call()
    return time.perf_counter() - begun, found


def resident(pid: int | None) -> float:
    """MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1000


def main(arguments: Sequence[str] | None = None) -> None:
    del arguments
    if not find_spec("cadquery"):
        print("  cadquery is not installed; `pip install 'fulfillment[cad]'` installs it")
        return
    load, _ = timed(lambda: subprocess.run([sys.executable, "-c", "import cadquery"], check=True))
    print(f"import cadquery alone                {load:7.2f} s")
    with Workshop() as workshop:
        first = Wish("tag", drawing=words("tag", "Grace"))
        cold, _ = timed(lambda: workshop.build(first))
        print(f"first body of a cold worker          {cold:7.2f} s, {resident(workshop.pid):.0f} MB")
        for template, style in CASES:
            reported(workshop, template, style)
        print(f"worker afterwards                    {'':10}{resident(workshop.pid):.0f} MB")


def reported(workshop: Workshop, template: str, style: str) -> None:
    """Each name once, without and with STEP; a new name each time, so that nothing could be remembered."""
    plain, exact, triangles, files = [], [], 0, []
    for name in (LETTER,) * len(NAMES) if template == "cutter" else NAMES:
        drawing = words(template, name)
        seconds, built = timed(lambda drawing=drawing: workshop.build(Wish(template, drawing=drawing, style=style)))
        plain.append(seconds)
        wish = Wish(template, drawing=drawing, style=style, step=True)
        exact.append(timed(lambda wish=wish: workshop.build(wish))[0])
        triangles = max(triangles, sum(len(part.faces) for part in built.parts))
        files.append(timed(lambda built=built: [write(built) for write in WRITERS.values()])[0])
    middle = statistics.median
    print(
        f"warm {template:8} {style:7} {middle(plain):12.3f} s (slowest {max(plain):.3f}), with STEP "
        f"{middle(exact):.3f}; STL, 3MF and GLB {middle(files) * 1000:.1f} ms; at most {triangles} triangles"
    )


if __name__ == "__main__":
    main()
