"""The same verbs by API: asked as commands, answered where the command is read, behind the same guards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from fulfillment.api.app import create
from fulfillment.api.guard import new_key
from fulfillment.shop import Shop, open_shop
from jobs import floor
from jobs import models as m
from tests.jobs.shop import rows
from tests.shop.bakery import serve_app

URL = "/v1/machines/frosting-9"
VERBS: dict[str, Any] = {
    "facts": None,
    "home": None,
    "nudge": None,
    "console": {"line": "M114"},
    "frame": {"box": [1, 2, 3.5, 4], "speed": 20},
}


@pytest.fixture
def shop(desk: Any, with_printer: str) -> Iterator[Shop]:
    desk.path.write_text(with_printer)
    with closing(open_shop(desk.path)) as made:
        floor.register(made.store, made.offers[0], "machine:frosting-9")
        yield made


@pytest.fixture
def client(shop: Shop) -> Iterator[httpx.Client]:
    with serve_app(create(shop)) as address, httpx.Client(base_url=address, timeout=60) as made:
        yield made


def test_what_is_asked_is_a_command_and_its_answer_is_read_there(shop: Shop, client: httpx.Client) -> None:
    for verb, body in VERBS.items():
        answer = client.post(f"{URL}/{verb}", json=body, headers={"X-Ful-Who": "Mia"})
        assert answer.status_code == 202, answer.text
        waiting = client.get(f"/v1/commands/{answer.json()['command']}").json()
        assert (waiting["verb"], waiting["who"], waiting["done_at"], waiting["result"]) == (verb, "Mia", None, None)
    asked = {order.verb: order for order in floor.asked(shop.store)}
    assert asked["console"].argument == "M114" and asked["frame"].argument == "1.0 2.0 3.5 4.0 20.0"
    floor.answered(
        shop.store, asked["console"], "console: X:0", "machine:frosting-9", {"lines": ["X:0"], "soiled": False}
    )
    told = client.get(f"/v1/commands/{asked['console'].id}").json()
    assert told["result"]["lines"] == ["X:0"] and told["answer"] == "console: X:0" and told["done_at"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("console", {"line": "G28\nG1"}, 409),
        ("console", {"line": "x" * 300}, 422),
        ("console", {}, 422),
        ("console", {"line": "M114", "force": True}, 422),
        ("frame", {"box": [1, 2, 3]}, 422),
        ("frame", {"box": [1, 2, 3, "a"]}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(path: str, body: Any, status: int, shop: Shop, client: httpx.Client) -> None:
    answer = client.post(f"{URL}/{path}", json=body)
    assert answer.status_code == status and answer.json()["detail"]
    assert floor.asked(shop.store) == []


def test_what_is_not_there_is_said(client: httpx.Client) -> None:
    assert client.post("/v1/machines/none/home").status_code == 404
    assert client.get("/v1/commands/99").status_code == 404
    assert client.get(f"/v1/commands/{10**30}").status_code == 422


def test_nothing_is_asked_while_a_job_is_on_it(shop: Shop, client: httpx.Client, tools: Any) -> None:
    tools.busy(shop.store, "frosting-9", "running")
    for verb, body in VERBS.items():
        answer = client.post(f"{URL}/{verb}", json=body)
        assert answer.status_code == 409 and "J-1 is on frosting-9" in answer.json()["detail"]
    assert rows(shop.store, m.commands) == []


def test_no_other_page_can_ask(shop: Shop, client: httpx.Client) -> None:
    for verb, body in VERBS.items():
        answer = client.post(f"{URL}/{verb}", json=body, headers={"Origin": "http://elsewhere.example"})
        assert answer.status_code == 403
    assert floor.asked(shop.store) == []


def test_only_who_may_operate_may_ask(desk: Any, with_printer: str) -> None:
    desk.path.write_text(with_printer.replace("web: { port: 0 }", "web: { port: 0, keys_required: true }"))
    with closing(open_shop(desk.path)) as shop, serve_app(create(shop)) as address:
        keys = {right: new_key(shop.store, right, [right], "test") for right in ("read", "operate")}
        with httpx.Client(base_url=address, timeout=60) as client:
            for verb, body in VERBS.items():
                assert client.post(f"{URL}/{verb}", json=body).status_code == 401
                reader = {"Authorization": f"Bearer {keys['read']}"}
                assert client.post(f"{URL}/{verb}", json=body, headers=reader).status_code == 403
            operator = {"Authorization": f"Bearer {keys['operate']}"}
            assert client.post(f"{URL}/home", headers=operator).status_code == 404, "it may ask; nobody has seen it yet"
