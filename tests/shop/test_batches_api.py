"""Batches over the API and at a terminal: who waits, a jig begun by hand, the verdict on a piece, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from fulfillment.daemon import Shop
from jobs import models as m
from jobs.store import NotFound, Refused

from .bakery import plan, rows, write_config
from .icing import cookies, ended, iced, started, with_icing
from .test_api import is_problem
from .test_cli import run, said
from .uploads import Uploads


@pytest.fixture
def config(tmp_path: Path, uploads: Uploads) -> Path:
    return with_icing(write_config(tmp_path, uploads.url("/")))


def begin(shop: Shop, client: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = client.post("/v1/batches", json={"product": "favour-cookies", **more})
    assert answer.status_code == 202, answer.text
    plan(shop)
    found: dict[str, Any] = client.get(f"/v1/jobs/{answer.json()['id']}").json()
    return found


# --- the API --------------------------------------------------------------------------------------------------------


def test_nobody_waits_in_an_empty_shop(client: httpx.Client) -> None:
    assert client.get("/v1/batches").json() == []
    refused = is_problem(client.post("/v1/batches", json={"product": "favour-cookies"}), 409)
    assert "no piece of favour-cookies waits" in refused["detail"]


def test_who_waits_is_listed_and_begun_in_the_pockets_that_are_asked_for(shop: Shop, client: httpx.Client) -> None:
    jobs = cookies(shop, "Ada", "Bo", "Kim")
    units = [job["unit_id"] for job in iced(shop)]
    (company,) = client.get("/v1/batches").json()
    assert company.pop("begins_at") == pytest.approx(iced(shop)[0]["created_at"] + 900)
    assert company == {
        "product": "favour-cookies",
        "products": ["favour-cookies"],
        "plate": False,
        "operation": "ice",
        "waiting": 3,
        "pockets": 12,
        "units": units,
    }
    batch = begin(shop, client, operation="ice", first=9, leave_out=[10, 12])
    assert batch["state"] == "ready" and batch["unit_id"] is None and batch["artifact"]
    assert [(piece["id"], piece["unit_id"], piece["place"]) for piece in batch["pieces"]] == [
        (jobs[0], units[0], {"pocket": 9}),
        (jobs[1], units[1], {"pocket": 11}),
    ]
    (left,) = client.get("/v1/batches").json()
    assert left["units"] == units[2:], "who found no pocket goes on waiting"
    assert client.get(f"/v1/jobs/{jobs[0]}").json()["batch"] == batch["id"]
    assert batch["events"][0]["event"] == "formed" and batch["events"][0]["who"] == "local"


def test_pockets_may_be_written_in_one_line_as_a_form_does(shop: Shop, client: httpx.Client) -> None:
    cookies(shop, "Ada", "Bo")
    batch = begin(shop, client, first="6", leave_out="7, 9")
    assert [piece["place"]["pocket"] for piece in batch["pieces"]] == [6, 8]


@pytest.mark.parametrize(
    ("wanted", "status", "word"),
    [
        ({"product": "mug"}, 409, "no piece of mug waits"),
        ({"product": "pop-tart"}, 409, "no piece of pop-tart waits"),
        ({"product": "favour-cookies", "operation": "slip"}, 409, "no piece of favour-cookies"),
        ({"product": "favour-cookies", "first": 13}, 409, "no pocket 13"),
        ({"product": "favour-cookies", "leave_out": [3, 99]}, 409, "no pocket 99"),
        ({"product": "favour-cookies", "first": 12, "leave_out": [12]}, 409, "no pocket of 12 is left"),
        ({"product": "favour-cookies", "first": 0}, 422, "greater than"),
        ({"product": "favour-cookies", "leave_out": [-1]}, 422, "greater than"),
        ({"product": "favour-cookies", "leave_out": "7, x"}, 422, "integer"),
        ({"product": "favour-cookies", "leave_out": [1] * 501}, 422, "500"),
        ({"product": "favour-cookies", "colour": "red"}, 422, "colour"),
        ({}, 422, "product"),
    ],
)
def test_a_jig_that_cannot_be_begun_is_explained(
    wanted: dict[str, Any], status: int, word: str, shop: Shop, client: httpx.Client
) -> None:
    cookies(shop, "Ada")
    answer = client.post("/v1/batches", json=wanted)
    is_problem(answer, status)
    assert word in answer.text
    assert [job["state"] for job in iced(shop)] == ["gathering"]


def test_one_piece_is_scrap_and_good_after_all(shop: Shop, client: httpx.Client) -> None:
    ada, bo = cookies(shop, "Ada", "Bo")
    batch = begin(shop, client)
    for verb in ("scrap", "keep"):
        is_problem(client.post(f"/v1/jobs/{ada}/{verb}"), 409)
        text = is_problem(client.post(f"/v1/jobs/{batch['id']}/{verb}"), 404)["detail"]
        assert "piece by piece" in text
    ended(shop, started(shop))
    assert [job["state"] for job in iced(shop)] == ["made", "made"]
    answer = client.post(f"/v1/jobs/{bo}/scrap", headers={"X-Ful-Who": "Mia"}).json()
    assert answer == {"job": bo, "state": "failed", "again": None}, "it lies there still"
    assert client.get(f"/v1/jobs/{bo}").json()["why"] == "Mia looked and said: scrap"
    assert [piece["state"] for piece in client.get(f"/v1/jobs/{batch['id']}").json()["pieces"]] == ["made", "failed"]
    is_problem(client.post(f"/v1/jobs/{bo}/scrap"), 409)
    assert client.post(f"/v1/jobs/{bo}/keep").json() == {"job": bo, "state": "made"}
    is_problem(client.post(f"/v1/jobs/{bo}/keep"), 409)
    client.post(f"/v1/jobs/{ada}/scrap").raise_for_status()
    again = client.post("/v1/machines/icing-1/bed/clear").json()["remade"]
    assert len(again) == 1 and client.get(f"/v1/jobs/{again[0]}").json()["remake_of"] == ada
    assert "made again as" in is_problem(client.post(f"/v1/jobs/{ada}/keep"), 409)["detail"]


def test_pieces_of_a_failed_jig_are_kept_one_by_one(shop: Shop, client: httpx.Client) -> None:
    ada, bo = cookies(shop, "Ada", "Bo")
    begin(shop, client)
    ended(shop, started(shop), "failed")
    assert client.post(f"/v1/jobs/{ada}/keep").json()["state"] == "made"
    (again,) = client.post("/v1/machines/icing-1/bed/clear").json()["remade"]
    assert client.get(f"/v1/jobs/{again}").json()["remake_of"] == bo
    (company,) = client.get("/v1/batches").json()
    assert company["waiting"] == 1


@pytest.mark.parametrize("verb", ["scrap", "keep"])
def test_a_piece_that_is_not_there_is_not_found(verb: str, client: httpx.Client) -> None:
    assert "no piece J-NONE" in is_problem(client.post(f"/v1/jobs/J-NONE/{verb}"), 404)["detail"]


# --- at a terminal --------------------------------------------------------------------------------------------------


def test_who_waits_is_shown_at_a_terminal(config: Path, shop: Shop) -> None:
    assert "No piece waits for company." in said(config, "batch", "list")
    cookies(shop, "Ada", "Bo")
    text = said(config, "batch", "list")
    assert "favour-cookies" in text and "2 of 12" in text and "in 15 min" in text
    assert all(job["unit_id"] in text for job in iced(shop))
    (company,) = json.loads(said(config, "batch", "list", "--json"))
    assert company["waiting"] == 2 and company["pockets"] == 12 and company["begins_at"] > 0
    assert "2 gathering" in said(config, "status")


def test_a_jig_is_begun_shown_and_judged_at_a_terminal(config: Path, shop: Shop) -> None:
    ada, bo = cookies(shop, "Ada", "Bo")
    text = said(config, "batch", "make", "favour-cookies", "--from", "5", "--leave-out", "6,8")
    batch = text.split()[0]
    plan(shop)
    shown = said(config, "job", "show", batch)
    assert "ice of 2 pieces  ready" in shown and f"{batch} " in said(config, "job", "list")
    for pocket, job in ((5, ada), (7, bo)):
        assert f"pocket {pocket}: {next(j for j in iced(shop) if j['id'] == job)['unit_id']}  {job}  batched" in shown
    assert f"batch {batch}" in said(config, "job", "show", ada)
    assert isinstance(run(config, "job", "scrap", batch).exception, NotFound)
    assert isinstance(run(config, "job", "keep", ada).exception, Refused)
    ended(shop, started(shop))
    assert f"{bo}: scrap; made again when its bed is clear" in said(config, "job", "scrap", bo)
    assert f"{bo}: good" in said(config, "job", "keep", bo)
    said(config, "machine", "clear", "icing-1")
    assert f"{bo}: scrap; made again as J-" in said(config, "job", "scrap", bo)
    assert "made again as" in str(run(config, "job", "keep", bo).exception)


def test_a_batch_that_was_given_up_says_so(config: Path, shop: Shop, client: httpx.Client) -> None:
    cookies(shop, "Ada", "Bo")
    batch = begin(shop, client)
    said(config, "unit", "cancel", iced(shop)[0]["unit_id"])
    shown = said(config, "job", "show", batch["id"])
    assert "a batch without pieces  cancelled" in shown and "None" not in shown
    assert "None" not in said(config, "job", "list", "--all")
    page = client.get(f"/batches/{batch['id']}")
    assert page.status_code == 200 and "It was given up" in page.text and "None" not in page.text


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["favour-cookies", "--from", "13"], "no pocket 13"),
        (["favour-cookies", "--leave-out", "77"], "no pocket 77"),
        (["favour-cookies", "--leave-out", "seven"], "such as 7,9"),
        (["favour-cookies", "--operation", "pack"], "no piece of favour-cookies"),
        (["mug"], "no piece of mug waits"),
    ],
)
def test_a_jig_that_cannot_be_begun_is_explained_at_a_terminal(
    words: list[str], word: str, config: Path, shop: Shop
) -> None:
    cookies(shop, "Ada")
    result = run(config, "batch", "make", *words)
    assert result.exit_code and word in result.output + str(result.exception)
    assert rows(shop, m.jobs, unit_id=None) == []


# --- rendering without a daemon -------------------------------------------------------------------------------------


def render(config: Path, out: Path, *words: str) -> dict[str, Any]:
    """The manifest of a jig that was rendered."""
    out.mkdir(exist_ok=True)
    assert "ice.gcode" in said(config, "render", "favour-cookies", *words, "--out", str(out))
    assert (out / "ice.proof.png").read_bytes().startswith(b"\x89PNG")
    manifest: dict[str, Any] = json.loads((out / "ice.manifest.json").read_text())
    return manifest


def test_the_products_own_jig_is_rendered(config: Path, tmp_path: Path) -> None:
    manifest = render(config, tmp_path / "out", "--jig")
    assert [piece["pocket"] for piece in manifest["pieces"]] == list(range(1, 13))


def test_pieces_of_a_file_go_into_the_pockets_that_are_free(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "guests.csv"
    path.write_bytes('\ufeffname,icing\r\nAda,white\r\n\r\n"Kim",\r\nZoë,white\r\n'.encode())
    words = ("--pieces", str(path), "--from", "2", "--leave-out", "3")
    manifest = render(config, tmp_path / "out", *words)
    assert [piece["pocket"] for piece in manifest["pieces"]] == [2, 4, 5]
    path.write_text("name\nZoë\nBo\nAda\n", encoding="utf-8")
    swapped = render(config, tmp_path / "swapped", *words)
    assert swapped["sha256"] != manifest["sha256"]


def test_what_a_row_leaves_open_is_said_for_all(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "guests.csv"
    path.write_text("icing,name\n,\n,Ada\n")
    common = render(config, tmp_path / "out", "--pieces", str(path), "--text", "name=Bo")
    path.write_text("name\nBo\nAda\n")
    assert render(config, tmp_path / "each", "--pieces", str(path))["sha256"] == common["sha256"]


BAD = {
    "unknown column": (b"name,size,colour\nAda,L,red\n", "no column is called 'size', 'colour'"),
    "columns are named": (b"guest\nAda\n", "favour-cookies has the columns name, icing"),
    "no header": (b"Ada\nBo\n", "no column is called 'Ada' (its first row names columns)"),
    "no name": (b"name,\nAda,x\n", "no column is called '(no name)'"),
    "twice": (b"name,name\nAda,Bo\n", "two columns are called 'name'"),
    "empty": (b"", "is empty: its first row names columns"),
    "blank": (b"\n\n", "is empty: its first row names columns"),
    "only a header": (b"name,icing\n", "has no row below its first"),
    "too many": (b"name\n" + b"Ada\n" * 13, "13 pieces do not fit: 12 pockets of 12 are free"),
    "far too many": (b"name\n" + b"Ada\n" * 100_000, "more than 200 rows"),
    "not UTF-8": ("name\nZoë\n".encode("utf-16"), "is not UTF-8"),
    "Latin-1": ("name\nZoë\n".encode("latin-1"), "is not UTF-8 (byte 7)"),
    "too many cells": (b"name\nAda\nBo, Kim\n", "line 3: it has more cells than the first row names"),
    "an open quote": (b'name\n"Ada\n', "is no CSV file"),
    "a huge cell": (b"name\n" + b"x" * 200_000 + b"\n", "is no CSV file"),
    "nothing in it": (b"name,icing\nAda,white\n,white\n", "Favour cookie in pocket 2 cannot be made"),
    "a wrong option": (b"name,icing\nAda,blue\n", "cannot be made"),
    "a wrong letter": ("name\nAda\nBo\n\U0001f408\n".encode(), "In pocket 3"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_is_wrong_is_explained_in_a_sentence(what: str, config: Path, tmp_path: Path) -> None:
    data, word = BAD[what]
    path = tmp_path / "guests.csv"
    path.write_bytes(data)
    result = run(config, "render", "favour-cookies", "--pieces", str(path), "--out", str(tmp_path))
    assert result.exit_code == 1 and result.output.startswith("Error: ") and word in result.output, result.output


def test_a_column_of_files_says_how_files_are_given(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "tarts.csv"
    path.write_text("message,photo\nAda,cat.jpg\n")
    result = run(config, "render", "pop-tart", "--pieces", str(path), "--out", str(tmp_path))
    assert result.exit_code == 1 and "--file photo=PATH" in result.output


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["favour-cookies", "--jig", "--from", "2"], "12 pieces do not fit: 11 pockets"),
        (["favour-cookies", "--example", "--leave-out", "13"], "no pocket 13"),
        (["favour-cookies", "--example", "--from", "0"], "no pocket 0"),
        (["favour-cookies", "--example", "--leave-out", "a"], "such as 7,9"),
        (["pop-tart", "--jig"], "has no example of a jig"),
        (["pop-tart", "--example", "--from", "2"], "holds one piece"),
        (["favour-cookies", "--pieces", "no-such.csv"], "no-such.csv"),
    ],
)
def test_a_jig_that_cannot_be_is_explained(words: list[str], word: str, config: Path, tmp_path: Path) -> None:
    result = run(config, "render", *words, "--out", str(tmp_path))
    assert result.exit_code in (1, 2) and word in result.output, result.output


def test_a_jig_and_a_file_are_one_too_many(config: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name\nAda\n")
    result = run(config, "render", "favour-cookies", "--jig", "--pieces", str(tmp_path / "a.csv"))
    assert result.exit_code == 2 and "say one of them" in result.output
