"""Cards and panels as they lie on the page, and the names and pictures on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from playwright.sync_api import Page

from fulfillment.catalog.words import Process
from fulfillment.daemon import open_shop

from . import world
from .conftest import Opens
from .shots import LOADED

pytestmark = pytest.mark.browser

STATIC = Path(__file__).parents[2] / "fulfillment" / "web" / "static"
SIZES = ("desktop", "phone")
BOXES = "(nodes) => nodes.map((node) => node.getBoundingClientRect().toJSON())"


def boxes(page: Page, selector: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = page.locator(selector).evaluate_all(BOXES)
    assert found, selector
    return found


def visit(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector('#stream[data-state="on"]')
    page.evaluate(LOADED)


@pytest.mark.parametrize("process", get_args(Process))
def test_every_process_has_a_scene(process: str) -> None:
    assert f'<symbol id="{process}" ' in (STATIC / "icons.svg").read_text()


@pytest.mark.parametrize("size", SIZES)
def test_stop_all_has_room(base: str, opens: Opens, size: str) -> None:
    page = opens(size)
    visit(page, f"{base}/")
    (button,) = boxes(page, ".head:has(#machines-title) summary")
    assert min(card["top"] for card in boxes(page, ".cards .card")) - button["bottom"] >= 10


def test_cards_of_a_row_are_of_one_height(base: str, opens: Opens) -> None:
    page = opens("desktop")
    visit(page, f"{base}/")
    rows: dict[int, set[int]] = {}
    for box in boxes(page, ".cards .card"):
        rows.setdefault(round(box["top"]), set()).add(round(box["height"]))
    assert all(len(heights) == 1 for heights in rows.values()) and any(rows), rows


@pytest.mark.parametrize("width", [390, 800, 1280, 1440, 1920])
def test_no_panel_of_a_machine_stands_alone_beside_a_gap(base: str, opens: Opens, width: int) -> None:
    page = opens("desktop")
    page.set_viewport_size({"width": width, "height": 800})
    visit(page, f"{base}/machines/frosting-2")
    tops = [round(box["top"]) for box in boxes(page, ".columns.even > .panel")]
    assert len({tops.count(top) for top in tops}) == 1, "as many in each row"


@pytest.fixture
def titled(tmp_path: Path) -> Iterator[str]:
    """The address of a bakery whose materials have titles."""
    path = world.write_config(tmp_path / "titled", machines=1)
    text = path.read_text()
    path.write_text(text.replace("name: frosting-chocolate,", "name: frosting-chocolate, title: Chocolate frosting,"))
    shop = open_shop(path)
    world.register(shop)
    with world.serve(shop) as base:
        yield base
    shop.close()


def test_materials_are_called_by_their_titles(titled: str, opens: Opens) -> None:
    page = opens("desktop")
    for path in ("/", "/machines/frosting-1"):
        visit(page, titled + path)
        assert page.locator(".card .loaded").first.inner_text().strip() == "Chocolate frosting", path
        assert "frosting-chocolate" not in page.locator("main").inner_text(), path
