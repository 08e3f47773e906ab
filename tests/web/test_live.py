"""A person at the dashboard: what is clicked happens, what happens is seen, and what is not known is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from fulfillment.daemon import Shop, open_shop
from fulfillment.web.words import LOOKS, ago
from jobs import attempts, floor
from jobs import models as m

from . import world
from .conftest import Opens

pytestmark = pytest.mark.browser


def bed(shop: Shop, name: str) -> str:
    with shop.store.read() as connection:
        return str(connection.execute(select(m.beds.c.state).where(m.beds.c.machine == name)).scalar_one())


def live(page: Page, address: str) -> Page:
    page.goto(address)
    page.wait_for_selector('#stream[data-state="on"]')
    return page


def test_a_bed_is_cleared_and_the_clearing_taken_back(shop: Shop, base: str, opens: Opens) -> None:
    page = live(opens(), base + "/")
    call = page.locator('[data-key="call-bed-frosting-2"]')
    call.get_by_role("button", name="Bed is clear").click()
    expect(call).to_have_count(0)
    expect(page.locator('[data-machine="frosting-2"] .bed b')).to_have_text("clear")
    assert bed(shop, "frosting-2") == "clear"
    page.get_by_role("button", name="Not clear after all").click()
    expect(call).to_have_count(1)
    assert bed(shop, "frosting-2") == "dirty"


def test_a_double_click_does_not_clear_the_next_bed(shop: Shop, base: str, opens: Opens) -> None:
    page = live(opens(), base + "/")
    first = page.locator('[data-key="call-bed-frosting-2"]').get_by_role("button", name="Bed is clear")
    place = first.bounding_box()
    assert place
    at = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.click(*at)
    expect(first).to_have_count(0)
    page.mouse.click(*at)  # the next row stands there now
    expect(page.locator(".note", has_text="The list has just moved")).to_be_visible()
    assert (bed(shop, "frosting-2"), bed(shop, "frosting-3")) == ("clear", "unknown")


def test_the_floor_works_without_its_module(shop: Shop, base: str, opens: Opens) -> None:
    page = opens("phone", java_script_enabled=False)
    page.goto(base + "/machines/frosting-2")
    page.get_by_role("button", name="Bed is clear").first.click()
    page.wait_for_url("**/machines/frosting-2")
    assert bed(shop, "frosting-2") == "clear"


def test_a_refusal_is_said_beside_its_button(shop: Shop, base: str, opens: Opens) -> None:
    page = live(opens(silent=False), base + "/")
    attempt = world.attempt_on(shop, "frosting-1")
    page.route("**/v1/events*", lambda route: route.abort())  # the page must not learn of it by itself
    page.reload()
    attempts.ended(shop.store, attempt, "finished", "it ended meanwhile", "machine:frosting-1")
    card = page.locator('[data-machine="frosting-1"]')
    card.get_by_role("button", name="Pause").click()
    expect(card.locator(".said").first).to_contain_text(f"{attempt} is made: there is nothing to pause")
    expect(card.get_by_role("button", name="Pause")).not_to_have_attribute("aria-busy", "true")


def test_progress_moves_without_a_reload(shop: Shop, base: str, opens: Opens) -> None:
    page = live(opens(), base + "/")
    page.evaluate("window.same = true")
    card, attempt = page.locator('[data-machine="frosting-1"]'), world.attempt_on(shop, "frosting-1")
    expect(card.locator('[data-live="percent"]')).to_have_text("42 %")
    world.run_on(shop, "frosting-1", attempt, 0.87)
    expect(card.locator('[data-live="percent"]')).to_have_text("87 %")
    expect(card.locator("progress")).to_have_js_property("value", 0.87)
    assert page.evaluate("window.same")


def test_what_happens_elsewhere_is_seen_and_announced(shop: Shop, base: str, opens: Opens) -> None:
    page = live(opens(), base + "/")
    attempt, before = world.attempt_on(shop, "frosting-1"), page.locator(".call").count()
    world.made(shop, "frosting-1", attempt)
    expect(page.locator('[data-key="call-bed-frosting-1"]')).to_be_visible()
    expect(page.locator("#say")).to_contain_text("A piece lies on the bed of frosting-1")
    expect(page).to_have_title(f"({before + 2}) Floor · Corner Bakery")  # its bed, and a piece to pack


def test_focus_and_open_covers_survive_what_happens(shop: Shop, base: str, opens: Opens) -> None:
    page = live(opens(), base + "/")
    cover = page.locator('[data-machine="frosting-1"] details.cover', has_text="Emergency stop")
    cover.locator("summary").click()
    cover.get_by_role("button", name="STOP frosting-1").focus()
    floor.clear_bed(shop.store, "frosting-2", "looked", "Mia")
    expect(page.locator('[data-key="call-bed-frosting-2"]')).to_have_count(0)
    assert cover.get_attribute("open") is not None
    assert page.evaluate("document.activeElement.textContent") == "STOP frosting-1"


def test_the_emergency_stop_takes_two_steps_and_no_dialog(shop: Shop, base: str, opens: Opens) -> None:
    page = live(opens("phone"), base + "/")
    page.on("dialog", lambda dialog: pytest.fail("a dialog was shown"))
    card = page.locator('[data-machine="frosting-1"]')
    expect(card.get_by_role("button", name="STOP frosting-1")).to_be_hidden()
    card.locator("summary", has_text="Emergency stop").tap()
    assert floor.asked(shop.store) == []
    card.get_by_role("button", name="STOP frosting-1").tap()
    expect(page.locator(".note")).to_contain_text("frosting-1: no agent of this host answers")
    assert [(order.machine, order.verb) for order in floor.asked(shop.store)] == [("frosting-1", "stop")]


def test_pause_names_the_attempt(shop: Shop, base: str, opens: Opens) -> None:
    page = live(opens(), base + "/machines/frosting-1")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".note")).to_contain_text("is asked to pause")
    asked = floor.asked(shop.store)
    assert [(order.verb, order.attempt) for order in asked] == [("pause", world.attempt_on(shop, "frosting-1"))]
    floor.answered(shop.store, asked[0], "pause: the firmware cannot pause", "machine:frosting-1")
    expect(page.locator('.note[data-kind="bad"]')).to_contain_text("the firmware cannot pause")


def test_an_unknown_job_is_decided(shop: Shop, base: str, opens: Opens) -> None:
    page = live(opens(), base + "/")
    call = page.locator('.call[data-kind="unknown"]')
    call.get_by_role("button", name="Failed").click()
    expect(call).to_have_count(0)
    with shop.store.read() as connection:
        assert connection.execute(select(m.jobs.c.id).where(m.jobs.c.state == "unknown")).all() == []


def test_a_message_is_text_and_a_held_unit_is_mended(shop: Shop, base: str, opens: Opens) -> None:
    held = next(unit for unit in world.units(shop, state="held") if "script" in message(shop, unit))
    page = live(opens("phone"), f"{base}/units/{held}")
    page.on("dialog", lambda dialog: pytest.fail("a customer's script ran"))
    expect(page.locator("bdi.customer").first).to_contain_text("<script>")
    box = page.get_by_label("Message")
    box.fill("Hello & <b>you</b>")
    page.locator("h1").click()
    with shop.store.write("test") as tx:
        tx.log("unit", held, "looked")  # something happens while the form is half written
    page.get_by_role("button", name="Check it anew").click()
    expect(page.locator("h1 .tag")).to_have_text("new")
    assert message(shop, held) == "Hello & <b>you</b>"
    with shop.store.read() as connection:
        kept = connection.execute(select(m.units.c.personalization).where(m.units.c.id == held)).scalar_one()
    assert set(kept["fields"]) == {"message", "photo"}


def test_a_new_photo_is_uploaded_with_the_correction(shop: Shop, base: str, opens: Opens) -> None:
    held = world.units(shop, state="held")[0]
    page = live(opens(), f"{base}/units/{held}")
    page.get_by_label("Photo").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": world.heart()[:-1] + b"x"}
    )
    page.get_by_label("Message").fill("Hi")
    page.get_by_role("button", name="Check it anew").click()
    expect(page.locator("h1 .tag")).to_have_text("new")
    with shop.store.read() as connection:
        sent = connection.execute(select(m.units.c.personalization).where(m.units.c.id == held)).scalar_one()
    assert shop.artifacts.get(sent["fields"]["photo"]["sha256"]).endswith(b"x")


def message(shop: Shop, unit: str) -> str:
    with shop.store.read() as connection:
        found = connection.execute(select(m.units.c.personalization).where(m.units.c.id == unit)).scalar_one()
    return str(found["fields"]["message"])


def test_a_scanned_code_opens_its_unit_wherever_the_focus_is(shop: Shop, base: str, opens: Opens) -> None:
    unit = world.units(shop, state="making")[0]
    page = live(opens("phone"), base + "/orders")
    page.keyboard.type(unit)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/units/{unit}")
    page.get_by_role("button", name="Pack done").first.click()
    expect(page.locator(".verdict.good")).to_have_text("Packed. Nothing is left to do.")


def test_the_keyboard_reaches_every_action(base: str, opens: Opens) -> None:
    page = live(opens(), base + "/")
    wanted = page.locator("main button:visible, main summary:visible").count()
    reached = set()
    for _ in range(150):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("""() => {
          const all = [...document.querySelectorAll("main button, main summary")];
          return all.indexOf(document.activeElement);
        }""")
        )
    assert len(reached - {-1}) == wanted


def test_a_lost_stream_is_said_and_found_again(day: Path, tmp_path: Path, opens: Opens) -> None:
    shutil.copytree(day, tmp_path / "factory")
    shop = open_shop(tmp_path / "factory" / "config.yaml")
    page = opens(silent=False)  # the browser itself complains of a refused connection
    with world.serve(shop) as base:
        live(page, base + "/")
    expect(page.locator("#lost")).to_contain_text("The connection is lost: values are from ")
    floor.clear_bed(shop.store, "frosting-2", "looked", "Mia")
    with world.serve(shop, port=int(base.rpartition(":")[2])):
        expect(page.locator("#lost")).to_be_hidden(timeout=20_000)
        expect(page.locator('[data-key="call-bed-frosting-2"]')).to_have_count(0)
    shop.close()


def test_old_telemetry_of_a_machine_at_work_is_called_old(shop: Shop, base: str, opens: Opens) -> None:
    path = shop.factory.config.state / "live" / "frosting-1.json"
    text = path.read_text()
    at = text.partition('"at": ')[2].partition(",")[0]
    path.write_text(text.replace(at, str(float(at) - 60)))
    page = live(opens(), base + "/")
    expect(page.locator('[data-machine="frosting-1"] .stale')).to_contain_text("these values are old")
    expect(page.locator('[data-machine="frosting-2"] .stale')).to_be_hidden()


def test_the_module_speaks_the_servers_words(base: str, opens: Opens) -> None:
    page = live(opens(), base + "/")
    assert page.evaluate("import('/static/live.js').then((live) => ({ ...live.LOOKS }))") == dict(LOOKS)
    spans = [0, 9, 11, 59, 61, 3599, 3600, 5400, 36_000, 90_000, 172_800, 900_000, -70, -7200]
    told = page.evaluate(
        "(spans) => import('/static/times.js').then((t) => spans.map((s) => t.ago(t.now() - s)))", spans
    )
    assert told == [ago(1000.0 - s, 1000.0) for s in spans]
