"""Every page at every size in both themes: legible, labelled, within the screen, and without a word on the console."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfillment.daemon import Shop

from . import world
from .audit import faults
from .conftest import Opens
from .shots import LOADED, SIZES, THEMES, pages

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_legible_and_labelled(shop: Shop, base: str, opens: Opens, size: str, theme: str) -> None:
    page = opens(size, theme)
    for name, path in ({"wall": "/?wall"} if size == "wall" else pages(shop)).items():
        if name == "missing":
            continue  # the browser itself puts its 404 on the console
        page.goto(base + path)
        page.wait_for_selector('#stream[data-state="on"]')
        page.evaluate(LOADED)
        for cover in page.locator("details.cover").all()[:3]:
            cover.locator("summary").click()
        assert faults(page) == [], name


def test_the_audit_finds_what_is_wrong(base: str, opens: Opens) -> None:
    page = opens("phone")
    page.goto(base + "/orders")
    page.evaluate("""() => {
      const main = document.querySelector("main");
      main.innerHTML = '<h1>A</h1><h1>B</h1><button></button><p id="x">faint</p><p id="x">wide</p>';
      main.querySelector("button").style.minHeight = "5px";
      main.querySelector("#x").style.color = "#ccc";
      main.lastElementChild.style.width = "900px";
    }""")
    found = " ".join(faults(page))
    for word in ("faint", "nameless", "id x twice", "not one h1", "small", "sideways"):
        assert word in found


def test_the_wall_fits_its_screen_and_has_no_buttons(base: str, opens: Opens) -> None:
    page = opens("wall")
    page.goto(base + "/?wall")
    page.wait_for_selector('#stream[data-state="on"]')
    assert page.locator("button, form, summary").count() == 0
    assert page.evaluate("document.documentElement.scrollHeight") <= SIZES["wall"][1]
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('main *')]"
        ".filter((n) => n.checkVisibility() && n.textContent.trim())"
        ".map((n) => parseFloat(getComputedStyle(n).fontSize)))"
    )
    assert smallest >= 24


def test_the_theme_is_remembered(base: str, opens: Opens) -> None:
    page = opens("desktop", "light")
    page.goto(base + "/")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Change between light and dark").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_pictures_are_taken(shop: Shop, base: str, opens: Opens, tmp_path: Path) -> None:
    """A proof and what the camera saw stand side by side, both loaded."""
    page = opens("desktop")
    page.goto(base + pages(shop)["order"])
    page.evaluate(LOADED)
    sizes = page.evaluate("[...document.querySelectorAll('.pair img')].map((i) => i.naturalWidth)")
    assert len(sizes) == 2
    assert min(sizes) > 200
    page.screenshot(path=tmp_path / "order.png", full_page=True)
    assert (tmp_path / "order.png").stat().st_size > 20_000
    assert world.units(shop, state="packed")
