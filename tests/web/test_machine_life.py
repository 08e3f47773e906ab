"""What is in a machine, said on its page: forms keep what is being written, say how it went, and can be taken back."""

from __future__ import annotations

import pytest

from fulfillment.daemon import Shop
from jobs import upkeep

from .audit import faults
from .conftest import Opens

pytestmark = pytest.mark.browser


def test_a_load_is_written_while_the_page_goes_on_and_taken_back(shop: Shop, base: str, opens: Opens) -> None:
    page = opens("phone")
    page.goto(base + "/machines/frosting-2")
    page.wait_for_selector('#stream[data-state="on"]')
    form, line = page.locator("#load form"), page.locator("#load .loaded")
    before = line.inner_text()
    form.locator("[name=volume_ml]").fill("60")
    form.locator("[name=lot]").fill("L9")
    upkeep.drain(shop.store, "frosting-2", "new nozzle", "Mia")
    page.locator(".card").get_by_text("out of service", exact=True).wait_for()
    assert form.locator("[name=lot]").input_value() == "L9", "what is being written survives what happens meanwhile"
    form.get_by_role("button", name="Loaded").click()
    line.get_by_text("lot L9").wait_for()
    assert "60.0 ml" in line.inner_text() and form.locator("[name=lot]").input_value() == ""
    assert faults(page) == []
    page.get_by_role("button", name="Not loaded after all").click()
    line.get_by_text("lot L9").wait_for(state="detached")
    assert line.inner_text() == before


def test_what_is_refused_is_said_beside_its_button(base: str, opens: Opens) -> None:
    page = opens("desktop", silent=False)  # the browser puts the refusal on the console
    page.goto(base + "/machines/frosting-2")
    page.wait_for_selector('#stream[data-state="on"]')
    form = page.locator("#load form")
    form.locator("[name=expires]").fill("2001-01-01")
    with page.expect_response("**/load") as answer:
        form.get_by_role("button", name="Loaded").click()
    assert answer.value.status == 409
    form.get_by_text("it expired on 2001-01-01: load another, or mend the date").wait_for()


def test_a_machine_is_taken_out_and_put_back_by_its_buttons(base: str, opens: Opens) -> None:
    page = opens("desktop")
    page.goto(base + "/machines/frosting-2")
    page.wait_for_selector('#stream[data-state="on"]')
    form = page.locator("form[data-act$='/out-of-service']")
    form.locator("[name=why]").fill("the pump leaks")
    form.get_by_role("button").click()
    page.locator(".card").get_by_text("out of service: ").wait_for()
    assert "the pump leaks" in page.locator(".card .keeps").inner_text()
    page.get_by_role("button", name="Put back").click()
    page.locator(".card .keeps").wait_for(state="detached")
