"""Pages without a browser: what they say, what they refuse, and that they work without their module."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, select, update

from fulfillment.api import events
from fulfillment.daemon import Shop, open_shop
from fulfillment.web.render import page
from fulfillment.web.words import MEANING, REMARKS, clock, told
from jobs import models as m
from jobs.retention import forget_orders

from . import world
from .shots import pages


def test_every_page_and_its_fragment_answer(shop: Shop, client: httpx.Client) -> None:
    for name, path in pages(shop).items():
        answer = client.get(path)
        assert answer.status_code == (404 if name == "missing" else 200), name
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "<script>" not in answer.text
        assert "style=" not in answer.text
        if name != "missing":
            body = client.get(f"/fragments{path}")
            assert body.status_code == 200
            assert "<html" not in body.text
            assert body.text.strip()[:60] in answer.text


def test_pages_answer_before_any_agent_has_run(tmp_path: Path) -> None:
    shop = open_shop(world.write_config(tmp_path / "new"))
    with world.serve(shop) as base, httpx.Client(base_url=base) as client:
        unseen = client.get("/v1/machines").json()[0]
        for path in ("/", "/?wall", "/orders", "/machines/frosting-1"):
            answer = client.get(path)
            assert answer.status_code == 200, path
            assert path == "/orders" or "offline" in answer.text
        world.register(shop)
        assert client.get("/v1/machines").json()[0].keys() == unseen.keys()
    shop.close()


def test_what_a_customer_wrote_is_never_markup(shop: Shop, client: httpx.Client) -> None:
    evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>&amp;'
    unit = world.units(shop, state="making")[0]
    with shop.store.write("test") as tx:
        wanted = {
            "fields": {"message": evil, evil: evil, "photo": {"url": evil}},
            "options": {"flavour": evil, evil: evil},
        }
        problems = [{"field": evil, "reason": evil, "mend": evil}]
        tx.connection.execute(
            update(m.units).where(m.units.c.id == unit).values(personalization=wanted, problems=problems, state="held")
        )
        tx.connection.execute(
            update(m.orders).values(ship_to={"name": evil, "city": evil}, note=evil, external_id=m.orders.c.id)
        )
        tx.log("unit", unit, "held", "held", problems=problems)
        order = tx.connection.execute(select(m.units.c.order_id).where(m.units.c.id == unit)).scalar_one()
    for path in ("/", "/?wall", "/orders", f"/orders/{order}", f"/units/{unit}", f"/find?code={evil}"):
        text = client.get(path).text
        assert "<img src=x" not in text, path
        assert "alert(2)</script>" not in text, path
    assert "&lt;script&gt;alert(2)" in client.get(f"/units/{unit}").text


def test_what_was_forgotten_is_not_shown(shop: Shop, client: httpx.Client) -> None:
    unit = world.units(shop, state="packed")[0]
    before = client.get(f"/units/{unit}").text
    pictures = [part.partition('"')[0] for part in before.split('src="')[1:] if part.startswith("/v1/pictures/")]
    assert len(pictures) == 2
    assert forget_orders(shop.store, "api", ["1001"], "test") == 1
    for path in (f"/units/{unit}", "/machines/frosting-2", "/orders", "/"):
        text = client.get(path).text
        assert "Ada" not in text
        assert not [picture for picture in pictures if picture in text]
    assert "What the customer sent was erased." in client.get(f"/units/{unit}").text
    for picture in pictures:
        assert client.get(picture).status_code == 404


def test_each_wait_says_its_reason_and_what_frees_it(client: httpx.Client) -> None:
    text = client.get("/").text
    assert "a piece lies on the bed of frosting-2" in text
    assert "take it off, then <code>ful machine clear frosting-2</code>" in text


def test_an_empty_shop_teaches(empty: Shop) -> None:
    with world.serve(empty) as base, httpx.Client(base_url=base) as client:
        for path in ("/", "/orders"):
            assert "ful order submit order.json" in client.get(path).text
        assert "Nothing waits for a machine." in client.get("/").text
        assert "No order is done." in client.get("/orders?state=done").text
        assert "Nothing was made on it yet" in client.get("/machines/frosting-1").text


def test_a_code_leads_to_its_page(shop: Shop, client: httpx.Client) -> None:
    unit = world.units(shop)[0]
    with shop.store.read() as connection:
        job = connection.execute(select(m.jobs.c.id).where(m.jobs.c.unit_id == unit)).scalars().first()
        order = connection.execute(select(m.orders.c.id).where(m.orders.c.external_id == "1003")).scalar()
    wanted = {
        unit.lower(): f"/units/{unit}",
        f" https://factory.example/u/{unit} ": f"/units/{unit}",
        f"{job}": f"/units/{unit}",
        f"{job}-a1": f"/units/{unit}",
        "1003": f"/orders/{order}",
        f"{order}": f"/orders/{order}",
        "Frosting-1": "/machines/frosting-1",
    }
    for code, path in wanted.items():
        answer = client.get("/find", params={"code": code})
        assert (answer.status_code, answer.headers.get("location")) == (303, path), code
    for code in ("", "U-NOPE", "%", "x" * 5000):
        assert client.get("/find", params={"code": code}).status_code == 404


def test_buttons_work_without_the_module(shop: Shop, client: httpx.Client) -> None:
    back = {"referer": f"{client.base_url}/machines/frosting-2"}
    answer = client.post("/act/machines/frosting-2/bed/clear", headers=back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/machines/frosting-2")
    with shop.store.read() as connection:
        state = connection.execute(select(m.beds.c.state).where(m.beds.c.machine == "frosting-2")).scalar_one()
    assert state == "clear"
    refused = client.post("/act/machines/frosting-1/bed/clear")
    assert refused.status_code == 409
    assert "let it end, or cancel it, before the bed is cleared" in refused.text
    assert client.post("/act/jobs/J-NOPE/decide", data={"verdict": "eaten"}).status_code == 422
    assert client.post("/act/machines/frosting-9/stop").status_code == 404
    assert client.get("/act/machines/frosting-1/stop").status_code == 405


def test_a_correction_without_the_module_keeps_the_photo(shop: Shop, client: httpx.Client) -> None:
    held = world.units(shop, state="held")[0]
    with shop.store.write("test") as tx:
        sent = {"fields": {"photo": {"url": "https://cdn.example/x.jpg"}, "message": "far too long"}, "options": {}}
        tx.connection.execute(update(m.units).where(m.units.c.id == held).values(personalization=sent))
    form = {"fields.message": "Hi", "options.flavour": "blueberry", "keep": "photo"}
    assert client.post(f"/act/units/{held}/correct", data=form).status_code == 303
    with shop.store.read() as connection:
        row = connection.execute(select(m.units).where(m.units.c.id == held)).one()
    assert row.state == "new"
    assert row.personalization == {
        "fields": {"photo": {"url": "https://cdn.example/x.jpg"}, "message": "Hi"},
        "options": {"flavour": "blueberry"},
    }


def test_many_orders_are_paged(shop: Shop, client: httpx.Client) -> None:
    with shop.store.write("test") as tx:
        for n in range(60):
            row = {"id": f"O-PAGE{n:02}", "source": "x", "external_id": f"p{n}", "digest": "", "state": "done"}
            tx.connection.execute(insert(m.orders).values(received_at=1000.0 + n, ship_to={}, note="", **row))
    first = client.get("/orders?state=done").text
    assert "O-PAGE59" in first
    assert "O-PAGE05" not in first
    older = first.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "O-PAGE05" in client.get(older).text
    assert client.get("/orders?before=soon").status_code == 422


def test_a_quiet_stream_says_that_it_is_there(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page cannot see comments: without these events a link that was cut in silence would look like a quiet day."""
    monkeypatch.setattr(events, "SILENCE", 0.3)
    with client.stream("GET", "/v1/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "event: beat" in stream.iter_lines()


def test_every_event_has_words(shop: Shop) -> None:
    for entity, event in {*MEANING, *REMARKS}:
        text = told({"entity": entity, "event": event, "detail": {}})
        assert text, (entity, event)
        assert "None" not in text, (entity, event)
    assert MEANING[("job", "finished")] == "the machine ran it to its end"
    assert told({"entity": "machine", "event": "a_new_one", "detail": None}) == "a new one"


def test_times_are_those_of_the_site(shop: Shop) -> None:
    zone = shop.factory.config.site.zone
    noon = 1_700_067_600.0  # 2023-11-15 17:00 UTC, 12:00 in New York
    assert clock(noon, noon + 60, zone) == "12:00"
    assert clock(noon, noon + 86_400, zone) == "Nov 15, 12:00"
    assert clock(noon, noon + 90 * 86_400, zone) == "2023-11-15 12:00"


def test_templates_refuse_values_that_are_not_there(shop: Shop) -> None:
    with pytest.raises(Exception, match="undefined"):
        page("parts/orders.html", shop.factory.config.site.zone, 0.0)


def test_how_long_it_takes_is_said_with_what_it_stands_on(shop: Shop, client: httpx.Client) -> None:
    """A machine without a run corrects nothing; after a run of its own it says by how much, and what is made now."""
    fresh = client.get("/machines/frosting-2").text
    with shop.store.read() as connection:
        running = connection.execute(select(m.jobs).where(m.jobs.c.state == "running")).mappings().first()
    assert running is not None

    def unit(started: float) -> str:
        with shop.store.write("test") as tx:
            of_it = update(m.attempts).where(m.attempts.c.job_id == running["id"])
            tx.connection.execute(of_it.values(started_at=shop.store.now() + started))
        return client.get(f"/units/{running['unit_id']}").text

    known = client.get(f"/v1/machines/{running['machine']}").json()["paces"]
    assert "about " in unit(0) and ("from " if known else "not yet corrected: no runs") in unit(0)
    assert "; ends " in unit(0)
    assert "; it should have ended " in unit(-9e5)
    learned = client.get("/v1/machines/frosting-2").json()["paces"]
    assert ("not yet corrected: no runs" in fresh) == (not learned)
    assert (" of the estimate (" in fresh) == bool(learned)
    assert client.get("/v1/machines/nobody").status_code == 404
