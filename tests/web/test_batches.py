"""Batches on the dashboard: who waits and how a jig is begun, what is on a machine, and the verdict on each piece."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Page, expect

from fulfillment.daemon import Shop, open_shop
from jobs import attempts, floor
from jobs import models as m
from jobs.retention import forget_orders

from . import party, plates, world
from .audit import faults
from .conftest import Opens
from .shots import LOADED, SIZES, THEMES

pytestmark = pytest.mark.browser


class Party(NamedTuple):
    shop: Shop
    base: str
    lying: str
    """The batch that was made and lies on icing-1."""
    running: str
    """The batch that icing-2 makes."""


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    folder = tmp_path_factory.mktemp("party") / "factory"
    shop = open_shop(party.write_config(folder))
    lying, running = party.fill(shop)
    shop.close()
    return folder, lying, running


@pytest.fixture
def cookies(morning: tuple[Path, str, str], tmp_path: Path) -> Iterator[Party]:
    day, lying, running = morning
    folder = tmp_path / "party"
    shutil.copytree(day, folder)
    shop = open_shop(folder / "config.yaml")
    world.run_on(shop, "icing-2", world.attempt_on(shop, "icing-2"), 0.37)
    with world.serve(shop) as base:
        yield Party(shop, base, lying, running)
    shop.close()


def visit(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector('#stream[data-state="on"]')
    page.evaluate(LOADED)


def state_of(cookies: Party, job: str) -> str:
    found: str = httpx.get(f"{cookies.base}/v1/jobs/{job}").json()["state"]
    return found


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES)
def test_every_page_with_a_batch_is_legible_and_labelled(cookies: Party, opens: Opens, size: str, theme: str) -> None:
    page = opens(size, theme)
    unit = world.units(cookies.shop)[0]
    pages = ["/", f"/batches/{cookies.lying}", f"/batches/{cookies.running}", f"/units/{unit}", "/machines/icing-1"]
    for path in ["/?wall"] if size == "wall" else pages:
        visit(page, cookies.base + path)
        for cover in page.locator("details.cover.plain").all():
            cover.locator("summary").click()
        assert faults(page) == [], path


def test_a_jig_is_begun_from_the_floor(cookies: Party, opens: Opens) -> None:
    page = opens("desktop")
    visit(page, f"{cookies.base}/")
    queue = page.locator("section:has(#queue-title)")
    expect(queue.get_by_text("3 of 12 pockets of a jig")).to_be_visible()
    expect(queue.locator(".number")).to_have_text("3")
    queue.get_by_text("Begin now").click()
    queue.get_by_label("From pocket").fill("6")
    queue.get_by_label("Leave out").fill("7, 9")
    queue.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("A jig of Favour cookie is begun.")).to_be_visible()
    expect(queue.get_by_text("3 of 12 pockets")).to_have_count(0)
    expect(queue.get_by_text("3 pieces, batch")).to_be_visible()
    (begun,) = [job for job in httpx.get(f"{cookies.base}/v1/jobs?state=rendering").json() if not job["unit_id"]]
    assert [piece["place"]["pocket"] for piece in begun["pieces"]] == [6, 8, 10]


def test_a_jig_that_cannot_be_begun_says_why_beside_its_button(cookies: Party, opens: Opens) -> None:
    page = opens("phone", silent=False)  # the browser puts the refusal on the console
    visit(page, f"{cookies.base}/")
    page.get_by_text("Begin now").click()
    page.get_by_label("From pocket").fill("13")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("there is no pocket 13: the jig of favour-cookies has 12")).to_be_visible()
    page.get_by_label("From pocket").fill("1")
    page.get_by_label("Leave out").fill("x")
    page.get_by_role("button", name="Begin").click()
    expect(page.locator(".queue .said")).to_contain_text("leave_out")
    assert len(httpx.get(f"{cookies.base}/v1/batches").json()[0]["units"]) == 3


def test_what_is_written_under_a_cover_keeps_it_open(cookies: Party, opens: Opens) -> None:
    page = opens("desktop")
    page.clock.install()
    page.goto(f"{cookies.base}/")
    cover = page.locator("details.cover.plain")
    page.get_by_text("Begin now").click()
    for _ in range(3):  # that it was opened is heard a moment later
        page.clock.run_for(9000)
    assert cover.get_attribute("open") is None, "it closes by itself"
    page.get_by_text("Begin now").click()
    page.get_by_label("Leave out").fill("7")
    for _ in range(3):
        page.clock.run_for(9000)
    assert cover.get_attribute("open") is not None


def test_a_piece_is_not_good_and_good_after_all(cookies: Party, opens: Opens) -> None:
    page = opens("desktop")
    visit(page, f"{cookies.base}/batches/{cookies.lying}")
    pockets = [text.split()[-1] for text in page.locator(".pieces .pocket").all_inner_texts()]
    assert pockets == ["5", "6", "8", "9", "10"], "each in the pocket that it was begun in"
    expect(page.get_by_title("is not good")).to_have_count(5)
    job = party.pieces(cookies.shop, cookies.lying)[1]
    piece = page.locator(f'.pieces li[data-key="{job}"]')
    piece.get_by_role("button", name="Not good").click()
    expect(piece.get_by_text("failed")).to_be_visible()
    assert state_of(cookies, job) == "failed"
    expect(page.locator(".history")).to_contain_text("the piece is not good after all")
    page.get_by_role("button", name="Good after all").click()
    expect(piece.get_by_text("made")).to_be_visible()
    assert state_of(cookies, job) == "made"
    piece.get_by_role("button", name="Not good").click()
    piece.get_by_role("button", name="It is good").click()
    expect(piece.get_by_role("button", name="Not good")).to_be_visible()
    assert state_of(cookies, job) == "made"
    others = [state_of(cookies, other) for other in party.pieces(cookies.shop, cookies.lying) if other != job]
    assert others == ["made"] * 4


def test_pieces_of_a_failed_batch_are_good_until_the_bed_was_cleared(cookies: Party, opens: Opens) -> None:
    attempt = world.attempt_on(cookies.shop, "icing-2")
    attempts.ended(cookies.shop.store, attempt, "failed", "the nozzle is blocked", "machine:icing-2")
    page = opens("phone")
    visit(page, f"{cookies.base}/batches/{cookies.running}")
    expect(page.get_by_role("button", name="It is good")).to_have_count(3)
    page.get_by_role("button", name="It is good").first.click()
    expect(page.get_by_role("button", name="It is good")).to_have_count(2)
    floor.clear_bed(cookies.shop.store, "icing-2", "took them off", "Mia")
    expect(page.get_by_role("button", name="It is good")).to_have_count(0)
    kept, *spoilt = party.pieces(cookies.shop, cookies.running)
    assert state_of(cookies, kept) == "made" and {state_of(cookies, job) for job in spoilt} == {"failed"}
    assert len(httpx.get(f"{cookies.base}/v1/batches").json()[0]["units"]) == 5, "two more wait for company"


def test_a_machine_shows_its_batch(cookies: Party, opens: Opens) -> None:
    page = opens("desktop")
    visit(page, f"{cookies.base}/")
    running = page.locator('.card[data-machine="icing-2"]')
    expect(running).to_contain_text(f"Making 3 pieces, batch {cookies.running}")
    expect(running.get_by_role("progressbar", name=f"Progress of {cookies.running}")).to_be_visible()
    assert "None" not in running.inner_text()
    name = running.locator(".scene .caption").bounding_box()
    picture = running.locator(".scene .shot").bounding_box()
    assert name and picture and name["y"] >= picture["y"] + picture["height"] - 1, "it hides no pocket"
    expect(page.locator(".call[data-kind=bed]", has_text="5 pieces lie on the bed of icing-1")).to_be_visible()
    page.locator(".call[data-kind=bed]").get_by_role("link", name="Pieces").click()
    expect(page.locator("h1")).to_contain_text(f"Batch {cookies.lying}")


def test_the_wall_says_how_many_pieces_a_machine_makes(cookies: Party, opens: Opens) -> None:
    page = opens("wall")
    visit(page, f"{cookies.base}/?wall")
    expect(page.locator('.wall-card[data-machine="icing-2"] .many')).to_have_text("3 pieces")
    expect(page.locator(".figures div", has_text="queued").locator("dd")).to_have_text("3")
    assert page.locator("button, form, summary").count() == 0
    assert "None" not in page.locator("main").inner_text()


def test_a_unit_says_in_which_pocket_it_lay(cookies: Party, opens: Opens) -> None:
    page = opens("desktop")
    with cookies.shop.store.read() as connection:
        job = connection.execute(m.jobs.select().where(m.jobs.c.batch == cookies.lying)).mappings().all()[2]
    visit(page, f"{cookies.base}/units/{job['unit_id']}")
    expect(page.locator("figcaption", has_text="Made by icing-1, in pocket 8")).to_be_visible()
    page.get_by_role("link", name=cookies.lying).click()
    expect(page.locator("h1")).to_contain_text(f"Batch {cookies.lying}")


# --- without a browser ----------------------------------------------------------------------------------------------


def test_buttons_work_without_the_module(cookies: Party) -> None:
    with httpx.Client(base_url=cookies.base, headers={"Referer": f"{cookies.base}/"}) as client:
        job = party.pieces(cookies.shop, cookies.lying)[0]
        for verb, state in (("scrap", "failed"), ("keep", "made")):
            assert client.post(f"/act/jobs/{job}/{verb}").status_code == 303
            assert state_of(cookies, job) == state
        wrong = client.post("/act/batches", data={"product": "favour-cookies", "first": "12", "leave_out": "12"})
        assert wrong.status_code == 409 and "no pocket of 12 is left" in wrong.text
        right = client.post("/act/batches", data={"product": "favour-cookies", "first": "", "leave_out": "1, 3"})
        assert right.status_code == 303
        (begun,) = [job for job in client.get("/v1/jobs?state=rendering").json() if not job["unit_id"]]
        assert [piece["place"]["pocket"] for piece in begun["pieces"]] == [2, 4, 5]


def test_a_job_that_is_no_batch_has_no_page_of_one(cookies: Party) -> None:
    job = party.pieces(cookies.shop, cookies.lying)[0]
    answer = httpx.get(f"{cookies.base}/batches/{job}")
    assert answer.status_code == 404 and f"{job} is no batch" in answer.text
    assert httpx.get(f"{cookies.base}/batches/J-NONE").status_code == 404
    found = httpx.get(f"{cookies.base}/find", params={"code": f"{cookies.lying}-a1"})
    assert found.headers["location"] == f"/batches/{cookies.lying}"


def test_no_picture_shows_what_was_forgotten(cookies: Party) -> None:
    """One of five orders is forgotten: the jig's pictures go from every page, the other pieces' own proofs stay."""
    shop, base = cookies.shop, cookies.base
    gone, other = (httpx.get(f"{base}/v1/jobs/{job}").json() for job in party.pieces(shop, cookies.lying)[:2])
    batch = httpx.get(f"{base}/v1/jobs/{cookies.lying}").json()
    jig = {batch["proof"], batch["tries"][0]["evidence"]}
    httpx.post(f"{base}/v1/units/{gone['unit_id']}/operations/pack/done").raise_for_status()
    floor.clear_bed(shop.store, "icing-1", "took them off", "Mia")
    assert forget_orders(shop.store, "api", ["2000"], "test") == 1
    for path in (f"/batches/{cookies.lying}", "/machines/icing-1", f"/units/{other['unit_id']}", "/"):
        text = httpx.get(base + path).text
        assert not [digest for digest in (*jig, gone["proof"]) if digest in text], path
    assert other["proof"] in httpx.get(f"{base}/units/{other['unit_id']}").text
    assert {httpx.get(f"{base}/v1/pictures/{digest}").status_code for digest in jig} == {404}
    assert "went with that" in httpx.get(f"{base}/batches/{cookies.lying}").text


# --- plates -----------------------------------------------------------------------------------------------------------


class Tags(NamedTuple):
    shop: Shop
    base: str
    batch: str


@pytest.fixture(scope="module")
def afternoon(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("plates") / "factory"
    shop = open_shop(plates.write_config(folder))
    batch = plates.fill(shop)
    shop.close()
    return folder, batch


@pytest.fixture
def tags(afternoon: tuple[Path, str], tmp_path: Path) -> Iterator[Tags]:
    folder, batch = tmp_path / "plates", afternoon[1]
    shutil.copytree(afternoon[0], folder)
    shop = open_shop(folder / "config.yaml")
    world.run_on(shop, "printer-1", world.attempt_on(shop, "printer-1"), 0.37)
    with world.serve(shop) as base:
        yield Tags(shop, base, batch)
    shop.close()


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_a_plate_is_legible_and_labelled(tags: Tags, opens: Opens, size: str) -> None:
    page = opens(size)
    for path in ("/", f"/batches/{tags.batch}"):
        visit(page, tags.base + path)
        for cover in page.locator("details.cover").all():
            cover.locator("summary").click()
        assert faults(page) == [], path


def test_a_plate_shows_its_pieces_and_one_is_left_out(tags: Tags, opens: Opens) -> None:
    page = opens("desktop")
    visit(page, f"{tags.base}/batches/{tags.batch}")
    expect(page.locator("h1 + p")).to_contain_text(
        "4 pieces, Printed name tag and Conference badge: print on printer-1"
    )
    pieces = page.locator(".pieces li")
    expect(pieces).to_have_count(4)
    second = pieces.nth(1)
    second.get_by_text("Leave out", exact=True).click()
    second.get_by_role("button", name="out").click()
    expect(page.get_by_text("is to be left out.")).to_be_visible()
    (wish,) = floor.asked(tags.shop.store)
    assert (wish.verb, wish.attempt, wish.argument) == (
        "leave-out",
        f"{tags.batch}-a1",
        second.get_attribute("data-key"),
    )
    plates.obey(tags.shop)
    expect(second).to_contain_text("had it left out at 37% of the program")
    expect(pieces.get_by_text("Leave out", exact=True)).to_have_count(3)
    expect(page.locator(".history")).to_contain_text("had it left out")


def test_a_plate_is_begun_from_the_floor_without_pockets(tags: Tags, opens: Opens) -> None:
    page = opens("desktop")
    visit(page, f"{tags.base}/")
    queue = page.locator("section:has(#queue-title)")
    expect(queue.get_by_text("2 of 12 places on a plate")).to_be_visible()
    queue.get_by_text("Begin now").click()
    expect(queue.get_by_label("From pocket")).to_have_count(0)
    queue.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("A plate of")).to_be_visible()


def test_a_unit_says_where_on_the_plate_it_lies(tags: Tags) -> None:
    with tags.shop.store.read() as connection:
        job = connection.execute(m.jobs.select().where(m.jobs.c.batch == tags.batch)).mappings().first()
    assert job is not None
    assert f"number {job['place']['pocket']} on the plate" in httpx.get(f"{tags.base}/units/{job['unit_id']}").text


def test_the_api_leaves_out_by_number_and_says_why_not(tags: Tags) -> None:
    address = f"{tags.base}/v1/jobs/{tags.batch}/leave-out"
    assert httpx.post(address, json={"piece": "3"}).status_code == 202
    assert httpx.post(address, json={"piece": "9"}).status_code == 404
    assert httpx.post(address, json={}).status_code == 422
    attempt = world.attempt_on(tags.shop, "printer-1")
    attempts.ended(tags.shop.store, attempt, "finished", "motion is over", "machine:printer-1")
    answer = httpx.post(address, json={"piece": "3"})
    assert answer.status_code == 409 and "while its batch is being made" in answer.text
