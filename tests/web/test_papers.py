"""Papers in the dashboard, and the note: shown, chosen, written, taken back, scanned at the packing table."""

from __future__ import annotations

import pytest

from fulfillment.daemon import Shop
from jobs import views

from . import world
from .conftest import Opens
from .shots import LOADED

pytestmark = pytest.mark.browser


def test_every_template_is_shown_with_a_picture(base: str, opens: Opens) -> None:
    page = opens("desktop")
    page.goto(base + "/papers")
    page.evaluate(LOADED)
    widths = page.evaluate("[...document.querySelectorAll('.papers img')].map((image) => image.naturalWidth)")
    assert len(widths) == 5
    assert min(widths) > 300
    assert page.get_by_role("link", name="Papers").get_attribute("aria-current") == "page"


def test_a_paper_is_chosen_with_the_keyboard_alone(shop: Shop, base: str, opens: Opens) -> None:
    page = opens("desktop")
    page.goto(base + "/papers")
    unit = world.units(shop, state="packed")[0]
    field = page.locator('[data-key="paper-slip"] input[name=about]')
    field.focus()
    page.keyboard.type(unit.lower())
    page.keyboard.press("Tab")
    page.keyboard.type("Deutsch")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/papers/slip?*")
    page.evaluate(LOADED)
    assert page.locator("img.sheet").evaluate("(image) => image.naturalWidth") > 300
    link = page.get_by_role("link", name="Open as PDF").get_attribute("href") or ""
    assert f"about={unit.lower()}" in link and "language=de" in link
    assert page.request.get(base + link).body().startswith(b"%PDF-")


def test_what_cannot_be_printed_says_why_instead_of_a_broken_picture(base: str, opens: Opens) -> None:
    page = opens("phone")
    page.goto(base + "/papers/kitting-list?about=O-NONE<b>")
    assert "there is no order O-NONE<B>" in page.get_by_role("alert").inner_text()
    assert page.locator("img.sheet").count() == 0


def test_a_note_is_written_on_the_orders_page_and_taken_back(shop: Shop, base: str, opens: Opens) -> None:
    order = world.order(shop, 2001, "Ada Lovelace", "Hello", world.heart())
    page = opens("desktop")
    page.goto(f"{base}/orders/{order}")
    panel = page.locator(".note-panel")
    assert "Thank you, Ada!" in panel.inner_text()
    panel.get_by_text("Write it by hand").click()
    panel.get_by_label("The note").fill(f"{world.SCRIPT} {{order}}")
    panel.get_by_role("button", name="Write it", exact=True).click()
    panel.get_by_text("Written by hand").wait_for()
    assert f"{world.SCRIPT} {{order}}" in panel.inner_text(), "a person's words are text, and nothing is put into them"
    page.get_by_role("button", name="Not after all").click()
    panel.get_by_text("The house's own words").wait_for()


def test_a_note_that_is_printed_stands_and_the_page_says_so(shop: Shop, base: str, opens: Opens) -> None:
    with shop.store.read() as connection:
        orders = {order["external_id"]: order["id"] for order in views.orders(connection)}
    page = opens("desktop", silent=False)  # the browser puts a refusal on the console by itself
    page.goto(f"{base}/orders/{orders['1005']}")
    panel = page.locator(".note-panel")
    panel.get_by_text("Write it by hand").click()
    panel.get_by_label("The note").fill("Too late")
    panel.get_by_role("button", name="Write it", exact=True).click()
    panel.locator(".said").filter(has_text="the note stands").wait_for()
