"""Who may see and steer the floor: hosts, origins, keys and the cookie of the dashboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fulfillment.api.guard import COOKIE, new_key, revoke_key
from fulfillment.daemon import Shop, open_shop
from jobs import floor

from . import world

STOP = "/v1/machines/frosting-1/stop"


@pytest.fixture
def locked(day: Path, tmp_path: Path) -> Iterator[Shop]:
    """The day in a shop that asks for keys."""
    shutil.copytree(day, tmp_path / "locked")
    path = tmp_path / "locked" / "config.yaml"
    path.write_text(path.read_text().replace("keys_required: false", "keys_required: true"))
    shop = open_shop(path)
    yield shop
    shop.close()


@pytest.fixture
def door(locked: Shop) -> Iterator[httpx.Client]:
    with world.serve(locked) as base, httpx.Client(base_url=base) as client:
        yield client


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8137", "127.0.0.1.evil.example", ""])
def test_another_name_for_this_server_is_refused(client: httpx.Client, host: str) -> None:
    """DNS rebinding: a page of the web that made its own name point here."""
    assert client.get("/", headers={"host": host}).status_code in (400, 421)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_changes_come_from_our_own_pages_only(shop: Shop, client: httpx.Client, origin: str) -> None:
    for path in (STOP, "/act/machines/frosting-1/stop", "/login"):
        assert client.post(path, headers={"origin": origin}).status_code == 403
    assert floor.asked(shop.store) == []
    assert client.post(STOP, headers={"origin": str(client.base_url).rstrip("/")}).status_code == 200


def test_no_other_site_may_frame_or_script_a_page(client: httpx.Client) -> None:
    headers = client.get("/").headers
    for rule in ("default-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
        assert rule in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-cache"


def test_without_a_key_pages_ask_for_one_and_the_api_refuses(door: httpx.Client) -> None:
    for path in ("/", "/orders?state=open", "/machines/frosting-1"):
        answer = door.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=/")
    for path in ("/v1/machines", "/v1/events", "/fragments/", "/v1/pictures/" + "0" * 64):
        assert door.get(path).status_code == 401, path
    assert door.post(STOP).status_code == 401
    assert "Frosting" not in door.get("/login").text


def test_signing_in_and_out(locked: Shop, door: httpx.Client) -> None:
    key = new_key(locked.store, "tablet", ["read", "order", "operate"], "test")
    wrong = door.post("/login", data={"key": key + "x", "next": "/orders"})
    assert wrong.status_code == 401
    assert "This key is not valid" in wrong.text
    assert COOKIE not in wrong.cookies
    answer = door.post("/login", data={"key": key, "next": "/orders"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert door.get("/").status_code == 200
    assert door.post(STOP).status_code == 200
    assert floor.asked(locked.store)[0].who == "tablet"
    door.post("/logout")
    assert door.get("/").status_code == 303


def test_a_revoked_key_ends_at_once(locked: Shop, door: httpx.Client) -> None:
    door.post("/login", data={"key": new_key(locked.store, "old", ["read"], "test")})
    assert door.get("/").status_code == 200
    revoke_key(locked.store, "old", "test")
    assert door.get("/").status_code == 303


def test_a_key_that_reads_does_not_steer(locked: Shop, door: httpx.Client) -> None:
    door.post("/login", data={"key": new_key(locked.store, "wall", ["read"], "test")})
    assert door.get("/?wall").status_code == 200
    assert door.post(STOP).status_code == 403
    refused = door.post("/act/machines/frosting-2/bed/clear")
    assert refused.status_code == 403
    assert "The key of wall may read, not operate." in refused.text
    assert floor.asked(locked.store) == []


@pytest.mark.parametrize("there", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\nb"])
def test_signing_in_leads_nowhere_else(locked: Shop, door: httpx.Client, there: str) -> None:
    key = new_key(locked.store, "x", ["read"], "test")
    assert door.post("/login", data={"key": key, "next": there}).headers["location"] == "/"


def test_large_forms_are_refused(client: httpx.Client) -> None:
    assert client.post("/act/machines/frosting-1/stop", content=b"a=" + b"x" * 70_000).status_code == 413
    assert client.post("/act/machines/frosting-1/stop", content=b"&".join([b"a=1"] * 500)).status_code == 422
    assert client.post("/act/machines/frosting-1/stop", content=b"\xff\xfe").status_code == 422
