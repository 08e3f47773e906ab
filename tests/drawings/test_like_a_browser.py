"""What is read of an SVG is what a browser shows of it: an independent judge of rules, styles and covering."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from fulfillment import drawings
from fulfillment.drawings.paint import widened

from .hostile import svg
from .test_svg import ILLUSTRATOR, INKSCAPE, STAR

PIXELS = 600
"""Of the longer side of a page."""
OFF = 0.01
"""Share of pixels that may differ: those of the edges, which the browser blurs."""
Shows = Callable[[bytes], Image.Image]

LEAF = '<g id="leaf"><path fill="#fff" stroke="#222" d="M20 60q10-10 20 0q-10 10-20 0z"/></g>'
FILES = {
    "inkscape": INKSCAPE.encode(),
    "illustrator": ILLUSTRATOR.encode(),
    "star": svg(f'<path fill-rule="evenodd" d="{STAR}"/><path transform="scale(.4)" d="{STAR}"/>'),
    "leaves that cover each other": svg(
        f'<circle cx="50" cy="50" r="46"/><circle cx="50" cy="50" r="42" fill="white"/>{LEAF}'
        '<use href="#leaf" x="8" y="4"/><use href="#leaf" transform="matrix(-1 0 0 1 100 0) rotate(20 50 50)"/>'
        '<path fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" d="M5 55H65"/>'
    ),
    "arcs and smooth curves": svg(
        '<path d="M10 50a20 30 30 0 1 40 10a5 5 0 01.5.5s10 20 20-10q5-9 9 0t9-9V90H10z"/>'
        '<rect x="60" y="5" width="30" height="20" rx="9" ry="4" transform="skewX(-10) rotate(5)"/>'
    ),
    "styles": svg(
        "<style>.a{fill:none;stroke:#000;stroke-width:3} #b{fill:white} rect{stroke-linejoin:round}</style>"
        '<g class="a"><rect x="10" y="10" width="40" height="30"/>'
        '<rect id="b" x="30" y="20" width="40" height="30"/></g>'
        '<g fill="none" stroke="black"><path style="stroke:none;fill:currentColor" color="#111" d="M10 70h30v20z"/></g>'
        '<polygon visibility="hidden" points="60,60 90,60 90,90"/>'
        '<line x1="60" y1="90" x2="95" y2="60" stroke="rgb(0%,0%,0%)"/>'
    ),
}


@pytest.fixture(scope="module")
def shows() -> Iterator[Shows]:
    """The browser's picture of a page, PIXELS wide, black on white. It lives in a thread of its own, as only one may in
    each, and other tests have theirs."""
    with ThreadPoolExecutor(1) as thread:
        playwright = thread.submit(lambda: sync_playwright().start()).result()
        browser = thread.submit(
            lambda: playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        ).result()
        yield lambda file: thread.submit(shown, browser, file).result()
        thread.submit(browser.close).result()
        thread.submit(playwright.stop).result()


def shown(browser: Browser, file: bytes) -> Image.Image:
    text, page = file.decode(), browser.new_page()
    try:
        page.set_content(f'<body style="margin:0;background:#fff">{text[text.index("<svg") :]}</body>')
        shape = page.locator("body > svg")
        shape.evaluate(f"it => {{ it.setAttribute('width', {PIXELS}); it.removeAttribute('height') }}")
        return Image.open(io.BytesIO(shape.screenshot())).convert("L")
    finally:
        page.close()


def ours(file: bytes, size: tuple[int, int], width: float) -> Image.Image:
    """What was read, filled by Pillow. ``width``: of the page in mm."""
    drawing, scale = drawings.read(file), size[0] / width
    image = Image.new("L", size, 255)
    pen = ImageDraw.Draw(image)

    def fill(ring: np.ndarray, colour: int) -> None:  # type: ignore[type-arg]
        pen.polygon([(float(x) * scale, size[1] - float(y) * scale) for x, y in ring], fill=colour)

    for ring in sorted(drawing.outlines, key=lambda ring: -float(np.ptp(ring[:, 0]) * np.ptp(ring[:, 1]))):
        x, y = ring[:, 0], ring[:, 1]
        fill(ring, 0 if np.dot(x, np.roll(y, -1)) > np.dot(y, np.roll(x, -1)) else 255)
    for stroke in drawing.strokes:
        covered = widened(stroke)
        stencil = Image.new("L", size, 0)
        cut = ImageDraw.Draw(stencil)
        for ring, colour in ((covered.exterior, 255), *((hole, 0) for hole in covered.interiors)):
            cut.polygon([(x * scale, size[1] - y * scale) for x, y in ring.coords], fill=colour)
        image.paste(0, mask=stencil)
    return image


def share_off(one: Image.Image, other: Image.Image) -> float:
    """Share of pixels that are dark in one and light in the other."""
    return float(((np.asarray(one) > 127) != (np.asarray(other) > 127)).mean())


@pytest.mark.browser
@pytest.mark.parametrize("name", FILES)
def test_it_is_what_a_browser_shows(name: str, shows: Shows) -> None:
    file = FILES[name]
    shown = shows(file)
    width = {"inkscape": 80.0, "illustrator": 25.4}.get(name, 100 * 25.4 / 96)
    read = ours(file, shown.size, width)
    assert share_off(shown, read) < OFF
    assert share_off(shown, Image.fromarray(np.roll(np.asarray(read), PIXELS // 10, axis=1))) > OFF
