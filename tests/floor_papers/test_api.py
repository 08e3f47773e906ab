"""Papers and notes by the API and at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from fulfillment.api.app import create
from fulfillment.cli import ful
from fulfillment.daemon import Shop
from fulfillment.lists.asking import Asked, ready

from . import desk


@pytest.fixture
def client(shop: Shop) -> Iterator[httpx.Client]:
    with desk.serve(create(shop, desk.AT_ONCE)) as base, httpx.Client(base_url=base, timeout=60) as client:  # type: ignore[arg-type]
        yield client


def first_unit(shop: Shop, order: str) -> str:
    pieces: Any = ready(shop, Asked("kitting-list", order)).facts["pieces"]
    return str(pieces[0]["code"])


def test_every_paper_is_listed_and_shown_with_an_example(client: httpx.Client) -> None:
    papers = client.get("/v1/papers").json()
    about = {paper["name"]: paper["about"] for paper in papers}
    assert about == {
        "pick-list": "",
        "kitting-list": "order",
        "jig-sheet": "batch",
        "slip": "unit",
        "traveler": "unit",
    }
    for name in about:
        answer = client.get(f"/v1/papers/{name}", params={"example": "true"})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.content.startswith(b"%PDF-")
        shown = client.get(f"/v1/papers/{name}/picture", params={"example": "true"})
        assert shown.content.startswith(b"\x89PNG")


def test_a_list_is_of_this_moment(client: httpx.Client, shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart())
    data = client.get("/v1/papers/kitting-list", params={"about": order.lower(), "size": "a4"}).content
    assert order in desk.codes(data)


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("kitting-list", 409, "say which one"),
        ("kitting-list?about=O-NONE", 404, "there is no order"),
        ("nonsense", 404, "no paper is called"),
        ("..%2F..%2Fetc%2Fpasswd", 404, ""),
        ("pick-list?language=xx", 409, "do not speak"),
        ("pick-list?size=a99", 409, "is not made for"),
        ("pick-list/picture?page=9", 422, "no page 9"),
        ("pick-list/picture?page=0", 422, "greater than"),
        (f"slip?about={'U' * 101}", 422, "at most 100"),
    ],
)
def test_what_cannot_be_printed_says_why(client: httpx.Client, path: str, status: int, told: str) -> None:
    answer = client.get(f"/v1/papers/{path}")
    assert answer.status_code == status
    assert told in answer.json()["detail"]


def test_without_a_pool_nothing_is_drawn(shop: Shop) -> None:
    with desk.serve(create(shop)) as base, httpx.Client(base_url=base, timeout=60) as client:
        assert client.get("/v1/papers/pick-list").status_code == 503


def test_a_note_is_read_written_and_taken_back(client: httpx.Client, shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart())
    assert client.get(f"/v1/orders/{order}/note").json()["text"].startswith("Thank you, Ada!")
    written = client.post(f"/v1/orders/{order}/note", json={"text": " For Ada <3 "}).json()
    assert (written["text"], written["hand"], written["card"]) == ("For Ada <3", True, None)
    back = client.post(f"/v1/orders/{order}/note/undo").json()
    assert (back["hand"], back["rule"]) == (False, 0)
    assert client.post(f"/v1/orders/{order}/note", json={"text": "x" * 1001}).status_code == 422
    assert client.get("/v1/orders/O-NONE/note").status_code == 404
    assert client.post("/v1/orders/O-NONE/note", json={"text": "x"}).status_code == 404


def say(shop: Shop, *words: str, status: int = 0) -> str:
    config = shop.factory.config.state.parent / "config.yaml"
    done = CliRunner().invoke(ful, ["--config", str(config), *words])
    text = done.output + (str(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else "")
    assert (done.exit_code == 0) == (status == 0), text
    return text


def test_at_the_terminal(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    order = desk.order(shop, "1", desk.tart())
    unit = first_unit(shop, order)
    assert "jig-sheet" in say(shop, "paper", "list")
    assert unit in say(shop, "paper", "show", "kitting-list", order)
    assert f"kitting-list-{order}.pdf" in say(shop, "paper", "print", "kitting-list", order.lower())
    assert unit in desk.codes((tmp_path / f"kitting-list-{order}.pdf").read_bytes())
    assert "say which one" in say(shop, "paper", "print", "kitting-list", status=1)
    assert "Dear Ada" in say(shop, "order", "note", order, "Dear Ada")
    assert "the house's own words" in say(shop, "order", "note", order, "--undo")
    assert "give a TEXT, or --rule, or --undo" in say(shop, "order", "note", order, "x", "--rule", status=2)
