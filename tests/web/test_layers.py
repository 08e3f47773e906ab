"""A program layer by layer, in a browser: loaded when it is opened, by slider, buttons and keys, in both themes."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from fulfillment.daemon import Shop, open_shop
from fulfillment.web.render import STATIC
from gcode.pictures.layers import ROLES

from . import party, prints, world
from .audit import faults
from .conftest import Opens
from .shots import LOADED, THEMES

INK = """(canvas) => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let inked = 0;
  for (let at = 3; at < pixels.length; at += 4) inked += pixels[at] > 0;
  return inked / (pixels.length / 4);
}"""
PICTURE = "(canvas) => canvas.toDataURL()"


@pytest.fixture
def unit(shop: Shop) -> str:
    """A pastry with frosting on it: any program has layers."""
    return world.units(shop, state="making")[0]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a shop that prints tags, and a unit of it."""
    shop = open_shop(prints.write_config(tmp_path_factory.mktemp("prints")))
    units = prints.fill(shop)
    with world.serve(shop) as base:
        yield base, units[0]
    shop.close()


def opened(page: Page, base: str, unit: str) -> Page:
    page.goto(f"{base}/units/{unit}")
    page.wait_for_selector('#stream[data-state="on"]')
    page.locator("details.layers summary").click()
    page.wait_for_selector(".viewer canvas")
    page.wait_for_function("document.querySelector('.viewer canvas').width > 300")
    return page


def layer(page: Page) -> int:
    return int(re.findall(r"\d+", page.locator(".through .at").inner_text())[0])


def test_the_page_knows_the_roles_of_the_form() -> None:
    said = re.search(r"const ROLES = \[(.*?)\]", (STATIC / "layers.js").read_text())
    assert said is not None
    assert tuple(re.findall(r'"(.*?)"', said[1])) == ROLES


@pytest.mark.browser
def test_nothing_is_loaded_before_it_is_opened(base: str, opens: Opens, unit: str) -> None:
    page, asked = opens(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{base}/units/{unit}")
    page.wait_for_selector('#stream[data-state="on"]')
    assert not [url for url in asked if "layers" in url]
    page.locator("details.layers summary").click()
    page.wait_for_selector(".viewer canvas")
    assert len([url for url in asked if url.endswith("/layers")]) == 1
    page.locator("details.layers summary").click()
    page.locator("details.layers summary").click()
    assert len([url for url in asked if url.endswith("/layers")]) == 1


@pytest.mark.browser
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_it_is_drawn_labelled_and_fits(base: str, opens: Opens, unit: str, size: str, theme: str) -> None:
    page = opened(opens(size, theme), base, unit)
    assert 0.02 < page.locator(".viewer canvas").evaluate(INK) < 0.9
    assert "Layer" in (page.locator(".viewer canvas").get_attribute("aria-label") or "")
    assert page.locator(".legend li:visible").all_inner_texts() == ["laid"]
    assert faults(page) == []


@pytest.mark.browser
def test_keys_buttons_and_slider_change_the_layer(morning: tuple[str, str], opens: Opens) -> None:
    page = opened(opens(), *morning)
    canvas, top = page.locator(".viewer canvas"), layer(page)
    assert top == 11
    before = canvas.evaluate(PICTURE)
    canvas.press("Home")
    assert layer(page) == 1
    assert canvas.evaluate(PICTURE) != before
    canvas.press("ArrowUp")
    assert layer(page) == 2
    page.locator("button[aria-label='A layer down']").click()
    assert layer(page) == 1
    canvas.press("PageDown")
    assert layer(page) == 1, "there is none below the first"
    page.locator(".through input").fill(str(top - 1))
    assert layer(page) == top
    assert canvas.evaluate(PICTURE) == before, "a layer looks the same whenever it is shown"


@pytest.mark.browser
def test_ways_and_the_layer_below_are_shown_when_they_are_asked_for(morning: tuple[str, str], opens: Opens) -> None:
    page = opened(opens(), *morning)
    canvas = page.locator(".viewer canvas")
    page.locator(".through input").fill("8")
    assert layer(page) == 9
    plain = canvas.evaluate(PICTURE)
    page.get_by_label("Ways").check()
    assert canvas.evaluate(PICTURE) != plain
    assert "travel" in page.locator(".legend li:visible").all_inner_texts()
    page.get_by_label("Ways").uncheck()
    assert canvas.evaluate(PICTURE) == plain
    page.get_by_label("The layer below").uncheck()
    assert canvas.evaluate(INK) < 0.9 * share(plain), "the first layer of the letters stands on the tag"


def share(url: str) -> float:
    """Of a drawing that is inked."""
    drawn = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).getchannel("A")
    return float((np.asarray(drawn) > 0).mean())


@pytest.mark.browser
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_print_shows_its_roles_its_view_and_its_files(
    morning: tuple[str, str], opens: Opens, size: str, theme: str
) -> None:
    page = opened(opens(size, theme), *morning)
    assert {"outer wall", "inner wall", "solid", "top"} <= set(page.locator(".legend li:visible").all_inner_texts())
    page.evaluate(LOADED)
    assert page.locator("img.view").evaluate("(image) => image.naturalWidth") == 800
    assert page.locator(".program .manifest a").all_inner_texts() == [
        "Program (G-code)",
        "Body (GLB)",
        "Body (STL)",
        "Body (3MF)",
    ]
    assert faults(page) == []


def test_the_files_of_a_print_are_its_body(morning: tuple[str, str]) -> None:
    base, unit = morning
    steps = httpx.get(f"{base}/v1/units/{unit}").json()["operations"]
    digest = next(job["artifact"] for step in steps for job in step["jobs"] if job["process"] == "fdm")
    files = {name: httpx.get(f"{base}/v1/artifacts/{digest}/extras/model.{name}") for name in ("glb", "stl", "3mf")}
    assert [answer.content[:4] for answer in files.values()] == [b"glTF", b"Fulf", b"PK\x03\x04"]
    assert all("attachment" in answer.headers["content-disposition"] for answer in files.values())
    triangles = np.frombuffer(
        files["stl"].content[84:], dtype=np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("m", "<u2")])
    )
    low, high = triangles["c"].min(axis=(0, 1)), triangles["c"].max(axis=(0, 1))
    assert (high - low).tolist() == pytest.approx([70.0, 24.0, 2.2], abs=0.05)
    view = httpx.get(f"{base}/v1/artifacts/{digest}/extras/view.png")
    assert (view.headers["content-type"], view.content[:4]) == ("image/png", b"\x89PNG")
    gone = httpx.get(f"{base}/v1/artifacts/{digest}/extras/..%2Fmodel.glb")
    assert gone.status_code == 404


@pytest.mark.browser
def test_it_stays_open_while_the_page_is_kept_fresh_and_follows_the_theme(
    base: str, opens: Opens, unit: str, client: httpx.Client
) -> None:
    page = opened(opens(), base, unit)
    canvas = page.locator(".viewer canvas")
    canvas.press("Home")
    with page.expect_response(lambda answer: "/fragments/units/" in answer.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        client.post("/v1/machines/frosting-2/drain", json={"why": "to make this page look again"})
    page.wait_for_timeout(300)
    assert layer(page) == 1
    light = canvas.evaluate(PICTURE)
    page.locator("#theme").click()
    page.wait_for_function("(before) => document.querySelector('.viewer canvas').toDataURL() !== before", arg=light)


@pytest.mark.browser
def test_what_cannot_be_shown_is_said(base: str, opens: Opens, unit: str) -> None:
    page = opens(silent=False)
    page.route("**/layers", lambda route: route.fulfill(status=422, json={"detail": "It is too large."}))
    page.goto(f"{base}/units/{unit}")
    page.locator("details.layers summary").click()
    page.get_by_text("It is too large.").wait_for()
    page.unroute("**/layers")
    page.locator("details.layers summary").click()
    page.locator("details.layers summary").click()
    page.wait_for_selector(".viewer canvas")


def test_the_form_is_served_small_and_for_ever(client: httpx.Client, shop: Shop, unit: str) -> None:
    body = client.get(f"/v1/units/{unit}").json()
    digest = next(job["artifact"] for step in body["operations"] for job in step["jobs"] if job["artifact"])
    answer = client.get(f"/v1/artifacts/{digest}/layers")
    assert answer.content.startswith(b"LAYR\x01")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"
    plain = client.get(f"/v1/artifacts/{digest}/layers", headers={"Accept-Encoding": "identity"})
    assert (plain.content, "content-encoding" in plain.headers) == (answer.content, False)
    assert len(answer.content) < len(shop.artifacts.get(digest)) / 3


def test_a_slip_has_no_layers_and_no_body(client: httpx.Client, shop: Shop) -> None:
    jobs = [
        job
        for unit in world.units(shop)
        for step in client.get(f"/v1/units/{unit}").json()["operations"]
        for job in step["jobs"]
    ]
    slip = next(job["artifact"] for job in jobs if job["media_type"] == "application/pdf")
    assert client.get(f"/v1/artifacts/{slip}/layers").status_code == 422
    answer = client.get(f"/v1/artifacts/{slip}/extras/model.stl")
    assert (answer.status_code, "it has: none" in answer.text) == (404, True)
    assert client.get(f"/v1/artifacts/{'0' * 64}/layers").status_code == 404


def test_a_batch_shows_the_program_of_all_of_it(tmp_path: Path) -> None:
    shop = open_shop(party.write_config(tmp_path))
    try:
        batch, _ = party.fill(shop)
        with world.serve(shop) as base:
            page = httpx.get(f"{base}/batches/{batch}").text
            found = re.search(r'data-layers="(/v1/artifacts/\w+/layers)"', page)
            assert found is not None
            assert httpx.get(base + found[1]).content.startswith(b"LAYR")
    finally:
        shop.close()
