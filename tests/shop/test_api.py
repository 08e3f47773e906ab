"""Every route of the API: what it answers, what it refuses and how, and who may ask."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.api.guard import MAX_BODY, new_key, revoke_key
from fulfillment.daemon import Shop, open_shop
from jobs import floor
from jobs import models as m
from jobs.store import Refused

from .bakery import body, line, order, photo, plan, rows, serve, states, units, write_config

_numbers = count()


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """RFC 9457: the media type, and type, title, status and detail."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["type"] == "about:blank" and said["status"] == status
    assert said["title"] and said["detail"]
    assert all(error["reason"] for error in said.get("errors", []))
    return said


@pytest.fixture
def filled(shop: Shop) -> str:
    """An order with a good and a bad piece, planned; machines on record. The order's id."""
    made = order(shop, line(), line("Love \U0001f408"))
    plan(shop)
    for offer in shop.offers:
        floor.register(shop.store, offer, f"machine:{offer.name}")
    return made


# --- reading --------------------------------------------------------------------------------------------------------


def test_reading_a_filled_shop(filled: str, shop: Shop, client: httpx.Client) -> None:
    (listed,) = client.get("/v1/orders").json()
    assert listed["id"] == filled and [unit["state"] for unit in listed["units"]].count("held") == 1
    whole = client.get(f"/v1/orders/{filled}").json()
    by_state = {unit["state"]: unit for unit in whole["units"]}
    good, bad = by_state["making"], by_state["held"]
    assert whole["lines"][0]["sku"] == "pop-tart"
    assert client.get(f"/v1/units/{bad['id']}").json()["problems"][0]["field"] == "message"
    jobs = client.get("/v1/jobs", params={"state": "ready"}).json()
    assert [job["unit_id"] for job in jobs] == [good["id"]] * 2
    assert all(job["waits"] for job in jobs), "every wait has a reason"
    one = client.get(f"/v1/jobs/{jobs[0]['id']}").json()
    assert [event["event"] for event in one["events"]] == ["rendered"]
    machines = client.get("/v1/machines").json()
    assert [machine["name"] for machine in machines] == ["frosting-1", "slip-printer"]
    assert machines[0]["bed"]["state"] == "unknown" and machines[1]["bed"] is None
    assert {call["subject"] for call in client.get("/v1/attention").json()} >= {bad["id"], "frosting-1"}


def test_reading_an_empty_shop(client: httpx.Client) -> None:
    for path in ("orders", "jobs", "attention"):
        assert client.get(f"/v1/{path}").json() == []
    assert [machine["link"] for machine in client.get("/v1/machines").json()] == ["offline", "offline"]


def test_artifacts_are_what_the_record_says_they_are(filled: str, shop: Shop, client: httpx.Client) -> None:
    for artifact in rows(shop, m.artifacts):
        digest = artifact["sha256"]
        assert client.get(f"/v1/artifacts/{digest}").json()["manifest"]["sha256"] == digest
        content = client.get(f"/v1/artifacts/{digest}/content")
        assert hashlib.sha256(content.content).hexdigest() == digest
        assert content.headers["content-type"].startswith(artifact["media_type"])
        assert "immutable" in content.headers["cache-control"] and "private" in content.headers["cache-control"]
        if artifact["proof"]:
            picture = client.get(f"/v1/pictures/{artifact['proof']}")
            assert picture.headers["content-type"] == "image/png"
            assert picture.content == shop.artifacts.get(artifact["proof"])
        shop.artifacts.path(digest).unlink()
        is_problem(client.get(f"/v1/artifacts/{digest}/content"), 404)


def test_pictures_are_ours_alone(filled: str, shop: Shop, client: httpx.Client, config: Path) -> None:
    """Neither a customer's photo, nor an artifact's bytes, nor any file of this machine."""
    photos = hashlib.sha256(photo()).hexdigest()
    assert shop.artifacts.get(photos) == photo()
    programs = [artifact["sha256"] for artifact in rows(shop, m.artifacts)]
    others = ["0" * 64, photos.upper(), "..%2f..%2fconfig.yaml", "../config.yaml", "%2e%2e/%2e%2e/config.yaml", "%00"]
    for digest in [photos, *programs, *others]:
        for path in (f"/v1/pictures/{digest}", f"/v1/artifacts/{digest}/content"):
            if digest in programs and "artifacts" in path:
                continue
            answer = client.get(path)
            assert answer.status_code == 404, path
            assert b"Corner Bakery" not in answer.content


MISSING = [
    ("GET", "/v1/orders/O-NONE"),
    ("GET", "/v1/units/U-NONE"),
    ("GET", "/v1/jobs/J-NONE"),
    ("GET", f"/v1/artifacts/{'0' * 64}"),
    ("GET", "/v1/artifacts/none"),
    ("POST", "/v1/units/U-NONE/release"),
    ("POST", "/v1/units/U-NONE/cancel"),
    ("POST", "/v1/units/U-NONE/correct"),
    ("POST", "/v1/units/U-NONE/operations/pack/done"),
    ("POST", "/v1/machines/none/bed/clear"),
    ("POST", "/v1/machines/none/bed/dirty"),
    ("POST", "/v1/machines/none/stop"),
    ("POST", "/v1/machines/none/connect"),
    ("POST", "/v1/attempts/J-NONE-a1/pause"),
    ("GET", "/v1/nothing"),
]


@pytest.mark.parametrize(("method", "path"), MISSING)
def test_what_is_not_there_is_not_found(method: str, path: str, client: httpx.Client) -> None:
    is_problem(client.request(method, path, json={} if path.endswith("correct") else None), 404)


def test_a_wrong_method_names_the_right_one(client: httpx.Client) -> None:
    answer = client.delete("/v1/orders")
    is_problem(answer, 405)
    assert answer.headers["allow"]


def test_paging_shows_each_order_once(shop: Shop, client: httpx.Client) -> None:
    made = [order(shop) for _ in range(7)]
    seen: list[str] = []
    before: dict[str, Any] = {}
    while page := client.get("/v1/orders", params={"most": 3, **before}).json():
        assert len(page) <= 3
        seen += [found["id"] for found in page]
        before = {"before": page[-1]["received_at"]}
    assert seen == made[::-1]
    assert client.get("/v1/orders", params={"state": "done"}).json() == []


@pytest.mark.parametrize(
    "query",
    ["orders?most=0", "orders?most=501", "orders?most=x", "orders?state=lost", "orders?before=x", "jobs?most=0"],
)
def test_a_query_out_of_bounds_is_refused_in_words(query: str, client: httpx.Client) -> None:
    said = is_problem(client.get(f"/v1/{query}"), 422)
    assert said["errors"][0]["field"] == query.partition("?")[2].partition("=")[0]


@pytest.mark.parametrize("before", ["nan", "inf", "-inf", "1e400", "0"])
def test_odd_numbers_are_no_defect(before: str, client: httpx.Client) -> None:
    assert client.get("/v1/orders", params={"before": before}).status_code in (200, 422)


# --- orders in ------------------------------------------------------------------------------------------------------


def test_an_order_is_taken_once(shop: Shop, client: httpx.Client) -> None:
    asked = body()
    first, again = client.post("/v1/orders", json=asked), client.post("/v1/orders", json=asked)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json() | {"new": False}
    assert client.get(first.json()["href"]).json()["external_id"] == asked["external_id"]
    assert len(rows(shop, m.units)) == 1


def test_an_idempotency_key_is_an_identity_too(shop: Shop, client: httpx.Client) -> None:
    asked = body()
    del asked["external_id"]
    is_problem(client.post("/v1/orders", json=asked), 422)
    answers = [client.post("/v1/orders", json=asked, headers={"Idempotency-Key": "k-1"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 200, 200]
    other = client.post("/v1/orders", json=asked, headers={"Idempotency-Key": "k-2"})
    assert other.status_code == 202
    assert len(rows(shop, m.orders)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"note": "other"},
        {"ship_to": {"name": "Eve"}},
        {"lines": [line("Other words")]},
        {"due": "2030-01-01T00:00:00Z"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_same_identity_with_other_words_is_a_conflict(
    change: dict[str, Any], shop: Shop, client: httpx.Client
) -> None:
    asked = body()
    client.post("/v1/orders", json=asked)
    said = is_problem(client.post("/v1/orders", json=asked | change), 409)
    assert asked["external_id"] in said["detail"]
    assert len(rows(shop, m.units)) == 1


def test_a_file_is_uploaded_once_and_named_by_its_digest(shop: Shop, client: httpx.Client) -> None:
    first, again = (client.post("/v1/files", content=photo()) for _ in range(2))
    digest = hashlib.sha256(photo()).hexdigest()
    assert first.status_code == 201 and first.json() == again.json() == {"sha256": digest, "size": len(photo())}
    made = line()
    made["fields"]["photo"] = {"sha256": digest}
    client.post("/v1/orders", json=body(made)).raise_for_status()
    plan(shop)
    assert set(states(shop).values()) == {"making"}
    is_problem(client.post("/v1/files", content=b""), 422)


def test_a_time_without_a_zone_is_the_factorys(shop: Shop, client: httpx.Client) -> None:
    for due in ("2030-07-01T12:00:00", "2030-07-01T12:00:00+02:00", "2030-07-01T10:00:00Z"):
        client.post("/v1/orders", json=body(due=due)).raise_for_status()
    assert len({made["due"] for made in rows(shop, m.orders)}) == 1


def changed(**fields: Any) -> dict[str, Any]:
    return line() | fields


REFUSED: dict[str, tuple[Any, str]] = {
    "not an object": ([], ""),
    "no lines": ({"external_id": "x", "lines": []}, "lines"),
    "an unknown key": (body() | {"colour": "red"}, "colour"),
    "an unknown product": (body(changed(product="mug")), "lines.0.product"),
    "no quantity": (body(changed(quantity=0)), "lines.0.quantity"),
    "half a piece": (body(changed(quantity=0.5)), "lines.0.quantity"),
    "too many pieces": (body(changed(quantity=501)), "lines.0.quantity"),
    "too many lines": (body(*[line(picture=b"x")] * 101), "lines"),
    "no base64": (body(changed(fields={"photo": {"data": "***"}})), "lines.0.fields.photo"),
    "a file in no way": (body(changed(fields={"photo": {}})), "lines.0.fields.photo"),
    "a file in two ways": (body(changed(fields={"photo": {"data": "", "sha256": "0" * 64}})), "lines.0.fields.photo"),
    "a path": (body(changed(fields={"photo": {"path": "/etc/passwd"}})), "lines.0.fields.photo"),
    "an address": (body(changed(fields={"photo": {"url": "http://127.0.0.1:1/"}})), "lines.0.fields.photo"),
    "a digest that is none": (body(changed(fields={"photo": {"sha256": "../x"}})), "lines.0.fields.photo"),
    "an empty identity": (body(external_id=""), "external_id"),
    "a long identity": (body(external_id="x" * 201), "external_id"),
    "a long note": (body(note="x" * 1001), "note"),
    "no time": (body(due="soon"), "due"),
    "the calendar's first day": (body(due="0001-01-01T00:00:00+14:00"), "due"),
    "the calendar's last day": (body(due="9999-12-31T23:59:59"), "due"),
    "a text that is none": (body(changed(fields={"message": "a\ud800"})), "lines.0.fields.message"),
    "a name that is none": (body(changed(fields={"\ud800": "a"})), "lines.0.fields"),
    "a choice that is none": (body(changed(options={"flavour": "\ud800"})), "lines.0.options.flavour"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_order_that_is_none_is_refused_with_its_field(kind: str, shop: Shop, client: httpx.Client) -> None:
    asked, where = REFUSED[kind]
    headers = {"Content-Type": "application/json"}
    said = is_problem(client.post("/v1/orders", content=json.dumps(asked).encode(), headers=headers), 422)
    assert any(error["field"].startswith(where) for error in said["errors"]), said
    assert not rows(shop, m.orders)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'{"a": ' * 5000, b"NaN", b'{"lines": 1e999}'])
def test_a_body_that_is_no_json_is_refused(raw: bytes, client: httpx.Client) -> None:
    answer = client.post("/v1/orders", content=raw, headers={"Content-Type": "application/json"})
    is_problem(answer, answer.status_code)
    assert answer.status_code in (400, 422)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
A_LINE = st.fixed_dictionaries(
    {"product": st.just("pop-tart") | ANY},
    optional={
        "quantity": st.integers(1, 2) | ANY,
        "fields": st.dictionaries(st.sampled_from(["photo", "message"]) | st.text(), st.text() | ANY, max_size=3) | ANY,
        "options": st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3) | ANY,
    },
)
AN_ORDER = st.fixed_dictionaries(
    {"lines": st.lists(A_LINE | ANY, max_size=2) | ANY},
    optional={
        "external_id": st.text(min_size=1) | ANY,
        "ship_to": st.fixed_dictionaries({}, optional={"name": st.text() | ANY}) | ANY,
        "note": st.text() | ANY,
        "due": st.datetimes().map(str) | ANY,
    },
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=AN_ORDER | ANY, key=st.text(st.characters(codec="latin-1", min_codepoint=33), max_size=210))
def test_no_order_is_a_defect_of_ours(asked: Any, key: str, shop: Shop, client: httpx.Client) -> None:
    headers = {"Idempotency-Key": f"{key}{next(_numbers)}".encode("latin-1"), "Content-Type": "application/json"}
    answer = client.post("/v1/orders", content=json.dumps(asked).encode(), headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 300:
        is_problem(answer, answer.status_code)


# --- operating ------------------------------------------------------------------------------------------------------


def test_a_held_piece_is_corrected_and_made(filled: str, shop: Shop, client: httpx.Client) -> None:
    bad = units(shop, filled)[1]["id"]
    said = is_problem(client.post(f"/v1/units/{bad}/release"), 409)
    assert "correct its personalization" in said["detail"]
    asked = {"fields": {"message": "Love"}, "keep": ["photo"]}
    assert client.post(f"/v1/units/{bad}/correct", json=asked).json()["state"] == "new"
    plan(shop)
    assert states(shop)[bad] == "making"


def test_a_piece_is_cancelled_once_and_packed_only_when_made(filled: str, shop: Shop, client: httpx.Client) -> None:
    good, bad = (unit["id"] for unit in units(shop, filled))
    assert client.post(f"/v1/units/{bad}/cancel").json()["state"] == "cancelled"
    is_problem(client.post(f"/v1/units/{bad}/cancel"), 409)
    said = is_problem(client.post(f"/v1/units/{good}/operations/pack/done"), 409)
    assert "frost" in said["detail"] and "slip" in said["detail"]
    is_problem(client.post(f"/v1/units/{good}/operations/frost/done"), 409)


def test_beds_and_commands(filled: str, shop: Shop, client: httpx.Client) -> None:
    cleared = client.post("/v1/machines/frosting-1/bed/clear", json={"how": "wiped it"}, headers={"X-Ful-Who": "Mia"})
    assert cleared.json() == {"machine": "frosting-1", "bed": "clear", "remade": []}
    (bed,) = rows(shop, m.beds)
    assert (bed["state"], bed["said_by"], bed["how"]) == ("clear", "Mia", "wiped it")
    assert client.post("/v1/machines/frosting-1/bed/dirty").json()["bed"] == "dirty"
    (stopped,) = client.post("/v1/machines/frosting-1/stop").json()
    assert stopped["machine"] == "frosting-1" and stopped["seconds"] is None, "no agent runs: nobody has stopped it yet"
    assert "cut its power" in stopped["said"].lower()
    assert client.post("/v1/machines/frosting-1/connect").status_code == 202
    assert [command["verb"] for command in rows(shop, m.commands)] == ["stop", "connect"]
    ready = client.get("/v1/jobs").json()[0]["id"]
    is_problem(client.post(f"/v1/jobs/{ready}/decide", json={"verdict": "made"}), 409)
    is_problem(client.post(f"/v1/jobs/{ready}/decide", json={"verdict": "perhaps"}), 422)
    is_problem(client.post(f"/v1/attempts/{ready}-a1/explode"), 422)


# --- who may ask ----------------------------------------------------------------------------------------------------


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[Shop, httpx.Client]]:
    """A shop that asks for keys."""
    folder = tmp_path / "guarded"
    folder.mkdir()
    shop = open_shop(write_config(folder, keys=True))
    with serve(shop) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield shop, client
    shop.close()


ROUTES = [
    ("read", "GET", "/v1/orders"),
    ("read", "GET", "/v1/orders/O-1"),
    ("read", "GET", "/v1/units/U-1"),
    ("read", "GET", "/v1/jobs"),
    ("read", "GET", "/v1/jobs/J-1"),
    ("read", "GET", "/v1/machines"),
    ("read", "GET", "/v1/machines/frosting-1"),
    ("read", "GET", "/v1/attention"),
    ("read", "GET", f"/v1/artifacts/{'0' * 64}"),
    ("read", "GET", f"/v1/artifacts/{'0' * 64}/content"),
    ("read", "GET", f"/v1/artifacts/{'0' * 64}/layers"),
    ("read", "GET", f"/v1/artifacts/{'0' * 64}/extras/view.png"),
    ("read", "GET", "/v1/machines/frosting-1/camera"),
    ("read", "GET", f"/v1/pictures/{'0' * 64}"),
    ("read", "GET", "/v1/events?after=x"),
    ("order", "POST", "/v1/orders"),
    ("order", "POST", "/v1/files"),
    ("read", "GET", "/v1/products"),
    ("read", "GET", "/v1/products/pop-tart"),
    ("order", "POST", "/v1/products/pop-tart/preview"),
    ("read", "GET", "/v1/orders/O-1/label"),
    ("order", "POST", "/v1/orders/O-1/label"),
    ("read", "GET", "/v1/papers"),
    ("read", "GET", "/v1/papers/pick-list"),
    ("read", "GET", "/v1/papers/pick-list/picture"),
    ("read", "GET", "/v1/orders/O-1/note"),
    ("operate", "POST", "/v1/orders/O-1/note"),
    ("operate", "POST", "/v1/orders/O-1/note/undo"),
    ("operate", "POST", "/v1/units/U-1/correct"),
    ("operate", "POST", "/v1/units/U-1/release"),
    ("operate", "POST", "/v1/units/U-1/cancel"),
    ("operate", "POST", "/v1/units/U-1/operations/pack/done"),
    ("operate", "POST", "/v1/machines/frosting-1/bed/clear"),
    ("operate", "POST", "/v1/machines/frosting-1/bed/dirty"),
    ("operate", "POST", "/v1/machines/frosting-1/stop"),
    ("operate", "POST", "/v1/stop"),
    ("operate", "POST", "/v1/machines/frosting-1/connect"),
    *(
        ("operate", "POST", f"/v1/machines/frosting-1/{verb}")
        for verb in ("drain", "out-of-service", "in-service", "load", "cleaned", "maintained", "undo")
    ),
    *(
        ("operate", "POST", f"/v1/machines/frosting-1/{verb}")
        for verb in ("facts", "console", "home", "nudge", "frame")
    ),
    ("read", "GET", "/v1/commands/1"),
    ("operate", "POST", "/v1/attempts/J-1-a1/pause"),
    ("operate", "POST", "/v1/jobs/J-1/decide"),
    ("operate", "POST", "/v1/jobs/J-1/leave-out"),
    ("operate", "POST", "/v1/jobs/J-1/scrap"),
    ("operate", "POST", "/v1/jobs/J-1/keep"),
    ("read", "GET", "/v1/batches"),
    ("operate", "POST", "/v1/batches"),
]
OPEN = {"/v1/sources/{name}/webhook"}
"""Proves its sender by a signature instead of a key."""


def test_every_route_asks_for_its_right(guarded: tuple[Shop, httpx.Client]) -> None:
    shop, client = guarded
    keys = {right: new_key(shop.store, right, [right], "test") for right in ("read", "order", "operate")}
    for right, method, path in ROUTES:
        answer = client.request(method, path)
        assert is_problem(answer, 401)["detail"]
        assert answer.headers["www-authenticate"] == "Bearer"
        for other, key in keys.items():
            answer = client.request(method, path, headers={"Authorization": f"Bearer {key}"})
            if other == right:
                assert answer.status_code not in (401, 403), path
            else:
                assert right in is_problem(answer, 403)["detail"]


def test_no_route_was_forgotten(client: httpx.Client) -> None:
    described = client.get("/v1/openapi.json").json()["paths"]
    tried = {(method, path.partition("?")[0].count("/")) for _, method, path in ROUTES}
    for path, methods in described.items():
        for method in methods:
            assert path in OPEN or (method.upper(), path.count("/")) in tried, (method, path)
    assert sum(len(methods) for methods in described.values()) == len(ROUTES) + len(OPEN)


def test_keys_are_kept_as_digests_and_can_be_revoked(guarded: tuple[Shop, httpx.Client]) -> None:
    shop, client = guarded
    key = new_key(shop.store, "shop", ["order"], "test")
    assert key not in json.dumps(rows(shop, m.api_keys) + rows(shop, m.events), default=str)
    assert key.encode() not in b"".join(p.read_bytes() for p in shop.store.path.parent.glob("fulfillment.db*"))
    headers = {"Authorization": f"Bearer {key}"}
    assert client.post("/v1/orders", json=body(), headers=headers).status_code == 202
    assert rows(shop, m.events, event="received")[0]["who"] == "shop"
    with pytest.raises(Refused, match="choose another name"):
        new_key(shop.store, "shop", ["read"], "test")
    revoke_key(shop.store, "shop", "test")
    is_problem(client.post("/v1/orders", json=body(), headers=headers), 401)


def test_a_revoked_key_hears_no_more(guarded: tuple[Shop, httpx.Client]) -> None:
    shop, client = guarded
    key = new_key(shop.store, "screen", ["read"], "test")
    with client.stream("GET", "/v1/events?after=0", headers={"Authorization": f"Bearer {key}"}) as answer:
        lines = answer.iter_lines()
        assert any("screen" in text for text in lines)
        revoke_key(shop.store, "screen", "test")
        assert not [text for text in lines if "revoked" in text], "the stream ends, and tells nothing more"


@pytest.mark.parametrize("header", ["", "Bearer", "Basic {key}", "{key}", "Bearer {key}x", "Bearer ä", "bearer  {key}"])
def test_only_the_key_itself_opens(header: str, guarded: tuple[Shop, httpx.Client]) -> None:
    shop, client = guarded
    key = new_key(shop.store, "reader", ["read"], "test")
    given_ = header.format(key=key).encode("latin-1")
    expected = 200 if header == "bearer  {key}" else 401
    assert client.get("/v1/orders", headers={"Authorization": given_}).status_code == expected


def test_a_cookie_opens_like_a_key(guarded: tuple[Shop, httpx.Client]) -> None:
    shop, client = guarded
    key = new_key(shop.store, "reader", ["read"], "test")
    assert client.get("/v1/orders", headers={"Cookie": f"ful_key={key}"}).status_code == 200
    assert client.get("/v1/orders", headers={"Cookie": "ful_key=x"}).status_code == 401


def test_with_keys_nobody_says_who_they_are(guarded: tuple[Shop, httpx.Client]) -> None:
    shop, client = guarded
    key = new_key(shop.store, "the shop", ["order"], "test")
    headers = {"Authorization": f"Bearer {key}", "X-Ful-Who": "the boss"}
    client.post("/v1/orders", json=body(), headers=headers).raise_for_status()
    assert rows(shop, m.events, event="received")[0]["who"] == "the shop"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8137", "127.0.0.1.evil.example", "", "[::2]:80", "10.0.0.1"]
)
def test_another_hosts_name_is_not_ours(host: str, client: httpx.Client) -> None:
    """Against DNS rebinding: a page of the web whose name leads here learns nothing."""
    is_problem(client.get("/v1/orders", headers={"Host": host}), 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:1", "[::1]:8137"])
def test_our_own_names_are_ours(host: str, client: httpx.Client) -> None:
    assert client.get("/v1/orders", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://", ""])
def test_another_sites_page_changes_nothing(origin: str, shop: Shop, client: httpx.Client) -> None:
    is_problem(client.post("/v1/orders", json=body(), headers={"Origin": origin}), 403)
    assert not rows(shop, m.orders)
    assert client.get("/v1/orders", headers={"Origin": origin}).status_code == 200
    own = str(client.base_url).rstrip("/")
    assert client.post("/v1/orders", json=body(), headers={"Origin": own}).status_code == 202


def test_answers_tell_browsers_to_be_careful(client: httpx.Client) -> None:
    headers = client.get("/v1/orders").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


# --- sizes ----------------------------------------------------------------------------------------------------------


def test_a_body_that_says_it_is_too_large_is_not_read(client: httpx.Client) -> None:
    where = urlsplit(str(client.base_url))
    with socket.create_connection((where.hostname, where.port), timeout=30) as raw:
        head = f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n"
        raw.sendall(head.encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 413"), "answered before any of it was sent"


@pytest.mark.parametrize("path", ["/v1/files", "/v1/orders", "/v1/sources/shop/webhook"])
def test_a_body_without_a_length_is_cut_at_the_same_size(path: str, shop: Shop, client: httpx.Client) -> None:
    chunk = b"x" * 1_000_000
    answer = client.post(path, content=(chunk for _ in range(MAX_BODY // len(chunk) + 2)))
    assert is_problem(answer, 413)["detail"]
    assert not list(shop.artifacts.folder.glob("*/*"))


def test_a_file_has_a_size_of_its_own(client: httpx.Client) -> None:
    is_problem(client.post("/v1/files", content=bytes(25 * 1024 * 1024 + 1)), 413)


def test_an_order_with_a_large_photo_fits(shop: Shop, client: httpx.Client) -> None:
    made = line()
    made["fields"]["photo"] = {"data": base64.b64encode(bytes(19_000_000)).decode()}
    assert client.post("/v1/orders", json=body(made)).status_code == 202


# --- what it says of itself -----------------------------------------------------------------------------------------


def test_the_openapi_document_describes_every_route(client: httpx.Client) -> None:
    document = client.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1") and document["info"]["title"] == "Fulfillment"
    operations = [(p, v, o) for p, methods in document["paths"].items() for v, o in methods.items()]
    assert all(path.startswith("/v1/") for path, _, _ in operations)
    assert [f"{verb} {path}" for path, verb, o in operations if not o.get("description")] == []
    assert all(operation.get("tags") for _, _, operation in operations)
    ids = [operation["operationId"] for _, _, operation in operations]
    assert len(ids) == len(set(ids))
    for reference in _references(document):
        target = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
    for path, _, operation in operations:
        declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert declared == {part[1:-1] for part in path.split("/") if part.startswith("{")}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def test_a_defect_of_ours_is_told_as_a_problem(
    shop: Shop, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of our insides is in it."""
    from fulfillment.api import orders

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("the insides")

    monkeypatch.setattr(orders.views, "orders", broken)
    answer = client.get("/v1/orders")
    is_problem(answer, 500)
    assert "insides" not in answer.text
