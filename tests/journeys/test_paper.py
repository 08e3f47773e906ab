"""A card from the API to printed pages on CUPS' own printer, as the dashboard shows it; and what a person is told when
the paper is out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.cuts.ippeveprinter import IppEvePrinter

pytestmark = pytest.mark.journey

CARD = {"name": "card-300", "kind": "card-stock", "colour": "#222222"}
FROSTING = {"name": "frosting-chocolate", "kind": "frosting", "colour": "#3b2314"}
PACE = 1.5
"""Seconds a page: long enough to be seen."""
ARGS = ["--no-sandbox", "--disable-dev-shm-usage"]


@pytest.fixture
def printer(tmp_path: Path) -> Iterator[IppEvePrinter]:
    folder = tmp_path / "printer"
    folder.mkdir()
    made = IppEvePrinter(folder, pages=2, pace=PACE, more=["-2", "-s", "10,10"])
    yield made
    made.close()


@pytest.fixture
def shop(factory: Callable[..., Any], printer: IppEvePrinter) -> Any:
    made = factory(start=False, machines=0, more={"materials": [FROSTING, CARD]})
    config = yaml.safe_load(made.path.read_text())
    config["machines"] = [
        {
            "name": "press-1",
            "driver": "ipp",
            "address": printer.address,
            "processes": ["press"],
            "material": "card-300",
            "media": ["a4"],
            "options": {"poll": 0.2, "idle_poll": 0.5},
        }
    ]
    made.path.write_text(yaml.safe_dump(config, sort_keys=False))
    made.start_agent()
    made.start_web()
    return made


@pytest.fixture
def dashboard(shop: Any) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        page = browser.new_page()
        page.goto(shop.url)
        yield page
        browser.close()


def ordered(shop: Any, external_id: str) -> str:
    """One card, ordered three times over as shops do."""
    fields = {"word": "Greetings from Lake Ida", "message": "We sat by the lake until the last light was gone."}
    body = {"external_id": external_id, "lines": [{"product": "postcard", "fields": fields}]}
    (order,) = {shop.post("/v1/orders", body)["id"] for _ in range(3)}
    (unit,) = shop.get(f"/v1/orders/{order}")["units"]
    return str(unit["id"])


def test_a_card_is_printed_once_under_the_eyes_of_the_dashboard(
    shop: Any, printer: IppEvePrinter, dashboard: Page, tools: Any
) -> None:
    unit = ordered(shop, "A-1")
    card = dashboard.locator('[data-machine="press-1"]')
    expect(card.locator('[data-live="percent"]')).to_have_text("50 %", timeout=30_000)
    tools.until(lambda: shop.job(unit)["state"] == "made", "the card")
    job = shop.job(unit)
    content = shop.http.get(f"/v1/artifacts/{job['artifact']}/content").content
    assert content.startswith(b"%PDF-")
    (line,) = [line.split() for line in (printer.folder / "record").read_text().splitlines() if "printed" in line]
    assert line[1:] == [job["tries"][-1]["id"], hashlib.sha256(content).hexdigest()], "the very bytes, under its name"
    shop.pack(unit)


def test_a_person_is_told_what_to_load_and_the_card_is_printed_after_that(
    shop: Any, printer: IppEvePrinter, dashboard: Page, tools: Any
) -> None:
    printer.put("hold")
    printer.put("mend", "STATE: -media-empty-error\n")
    printer.put("fault", "STATE: +media-empty-error\n")
    unit = ordered(shop, "A-2")
    prompt = dashboard.locator('[data-machine="press-1"] [data-live="prompt"]')
    expect(prompt).to_contain_text("out of paper", timeout=30_000)
    (call,) = tools.until(lambda: [one for one in shop.get("/v1/attention") if one["kind"] == "prompt"], "a call")
    assert "load" in call["what"] and "goes on by itself" in call["do"]
    assert shop.job(unit)["state"] == "running", "it waits, and nobody has given it up"
    printer.take("hold")  # somebody loads paper
    tools.until(lambda: shop.job(unit)["state"] == "made", "the card")
    expect(prompt).to_be_hidden(timeout=10_000)
    assert [one for one in shop.get("/v1/attention") if one["kind"] == "prompt"] == []
    assert (printer.folder / "record").read_text().count("printed ") == 1
