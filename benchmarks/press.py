"""Pieces that are paper: a photo card from a 12-megapixel JPEG, in sRGB and in the inks of a press, and a sheet of a
hundred places.

CPU time of a process of its own, the best of several warm runs, and the most memory that it ever had beyond what it
began with. What a page costs and what looking at it costs are told apart: its file, the preflight by its profile (the
CPU of the forked reader with it), the proof and the comparison with the design. Baseline: the same photo decoded
whole, converted whole and scaled then, as a program does it that does not ask for the size that it needs.
"""

from __future__ import annotations

import io
import multiprocessing
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
RUNS = 5


def photo(width: int = 4000, height: int = 3000) -> bytes:
    """Like a camera's: soft shapes and fine noise; the same every time."""
    random = np.random.default_rng(1)
    soft = random.random((30, 40, 3)) * 255
    picture = np.asarray(Image.fromarray(soft.astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC))
    noisy = picture.astype(np.int16) + random.integers(-9, 10, (height, width, 1))
    out = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


def apart(width: int, height: int) -> bytes:
    """As :func:`photo`, made in another process: what that takes is not what a card takes."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(photo, (width, height))


def cpu() -> float:
    """Seconds of this process and of those that it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def best(work: Callable[[], Any], runs: int = RUNS) -> float:
    """Milliseconds of CPU of the fastest run, after one that warms up."""
    work()
    found = []
    for _ in range(runs):
        begin = cpu()
        work()
        found.append(cpu() - begin)
    return min(found) * 1000


def memory() -> float:
    """MB that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cards(count: int, data: bytes, profile: str) -> tuple[Any, Any]:
    """Specifications of photo cards, and their files."""
    from fulfillment import personalization
    from fulfillment.catalog import PressRecipe
    from fulfillment.config import load_factory
    from fulfillment.planning import specification

    factory = load_factory(ROOT / "config.yaml")
    product = factory.catalog["photo-card"]
    recipes = {
        kind: one.model_copy(update={"profile": profile})
        for kind, one in product.recipes.items()
        if isinstance(one, PressRecipe)
    }
    product = product.model_copy(update={"recipes": recipes})
    specs = []
    for number in range(count):
        words = {"message": f"Dear Grace,\nthis is card {number + 1}. We thought of you by the lake.\nYours, Ada"}
        found = personalization.check(product, words, {}, {"photo": data})
        assert not isinstance(found, list), found
        spec = specification(factory, "photo-card", "print", found.body())
        facts = {"unit": f"U-{number:08d}"}
        specs.append(replace(spec, product=product, pocket=number + 1, facts=facts))
    return specs, [{"photo": data} for _ in specs]


def parts(specs: Any, files: Any) -> dict[str, float]:
    """Milliseconds of CPU of each part of the way."""
    from fulfillment.processes import press

    whole = best(lambda: press.together(specs, files), 3)
    page = best(lambda: press.page(specs, files))
    finished = press.page(specs, files)
    checked = best(lambda: press.checked(finished))
    return {"file": page, "preflight": checked, "proof and comparison": whole - page - checked, "all": whole}


def plainly(data: bytes) -> None:
    """The baseline: everything first, then as much of it as is needed."""
    picture = Image.open(io.BytesIO(data)).convert("RGB").resize((1819, 1364), Image.Resampling.LANCZOS)
    picture.save(io.BytesIO(), "JPEG", quality=92, subsampling=0)


def card(profile: str) -> None:
    from fulfillment.processes import press

    data = apart(4000, 3000)
    before = memory()
    specs, files = cards(1, data, profile)
    press.page(specs, files)
    peak = memory() - before
    said = parts(specs, files)
    numbers = ", ".join(f"{name} {value:.0f} ms" for name, value in said.items())
    size = len(press.page(specs, files).data)
    print(f"photo card, 12 MP, {profile}: CPU {numbers}; {peak:.0f} MB more than at the start; {size:,} bytes")
    if profile == "photo":
        print(f"  decoding all of it, then scaling and packing: {best(lambda: plainly(data)):.0f} ms")


def gang() -> None:
    """A hundred small cards of a hundred orders on one sheet, each with its photo and words."""
    from fulfillment.catalog import Jig, Pockets
    from fulfillment.catalog.press import PressSheet
    from fulfillment.processes import press

    data = apart(1000, 750)
    before = memory()
    specs, files = cards(100, data, "coated")
    product = specs[0].product
    sheet = PressSheet(media="large", width=1000, height=700)
    piece = product.piece.model_copy(update={"width": 74.0, "height": 52.0})
    zones = {
        "photo": product.zones["photo"].model_copy(update={"width": 74.0, "height": 52.0}),
        "message": product.zones["message"].model_copy(update={"x": 6.0, "y": 6.0, "width": 62.0, "height": 40.0}),
    }
    jig = Jig(x=40, y=30, pockets=Pockets(columns=10, rows=10, x_step=90, y_step=65))
    recipes = {kind: one.model_copy(update={"sheet": sheet}) for kind, one in product.recipes.items()}
    small = product.model_copy(update={"piece": piece, "zones": zones, "jig": jig, "recipes": recipes})
    specs = [replace(spec, product=small) for spec in specs]
    begin = cpu()
    made = press.together(specs, files)
    seconds, more = cpu() - begin, memory() - before
    file = best(lambda: press.page(specs, files), 1) / 1000
    print(
        f"100 places, photos and words on two sides, coated: {seconds:.1f} s CPU, of which the file {file:.1f} s;"
        f" {more:.0f} MB more than at the start; {len(made.data) / 1e6:.1f} MB"
    )


WORK: dict[str, Callable[[], None]] = {
    "photo": lambda: card("photo"),
    "coated": lambda: card("coated"),
    "gang": gang,
}


def main() -> None:
    if len(sys.argv) > 1:
        WORK[sys.argv[1]]()
        return
    for name in WORK:  # each in a process of its own, so that its memory is its own
        subprocess.run([sys.executable, "-m", "benchmarks.press", name], check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
