"""What people say of a machine by API, command line and pages, and what the floor tells them: why, and needs you."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from click.testing import CliRunner
from fastapi import FastAPI

from fulfillment.api.app import create
from fulfillment.catalog import FOLDER
from fulfillment.cli import ful
from fulfillment.shop import Shop, open_shop
from jobs import attempts, floor, intake, queue
from jobs import models as m
from jobs.fits import Needs, Offer
from jobs.intake import NewLine, NewOrder, Rendered, Step
from jobs.store import Refused

CONFIG = """site: {{ name: Corner Bakery, timezone: Europe/Zurich }}
machines:
  - name: printer
    title: The printer
    driver: marlin
    address: .factory/printer.tty
    processes: [extrude-food]
    envelope: {{ x: 220 mm, y: 220 mm, z: 60 mm }}
    material: frosting-chocolate
    nozzle: 1.2 mm
    e_area: 314 mm2
    limits:
      speed: {{ x: 150 mm/s, y: 150 mm/s, z: 10 mm/s, e: 5 mm/s }}
      acceleration: 1000 mm/s2
      cold_extrusion: true
    maintenance:
      - {{ name: clean nozzle, every: 1 jobs, blocks: true }}
      - {{ name: grease, every: 1 jobs }}
materials:
  - {{ name: frosting-chocolate, kind: frosting, colour: "#3b2314", allergens: [milk, soy] }}
  - {{ name: frosting-vanilla, kind: frosting, colour: "#fff4d6", allergens: [milk] }}
  - {{ name: frosting-raspberry, kind: frosting, colour: "#c2185b", allergens: [milk] }}
catalog: {catalog}
"""
GCODE = "text/x-gcode"
CONTAINS = ("eggs", "gluten", "milk", "soy", "wheat")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "pop-tart.yaml").write_text((FOLDER / "pop-tart.yaml").read_text())
    (tmp_path / "config.yaml").write_text(CONFIG.format(catalog=tmp_path / "products"))
    shop = open_shop(tmp_path / "config.yaml")
    yield shop
    shop.close()


@pytest.fixture
def client(shop: Shop) -> Iterator[httpx.Client]:
    with serve(create(shop)) as base, httpx.Client(base_url=base, timeout=30) as client:
        yield client


@contextmanager
def serve(app: FastAPI) -> Iterator[str]:
    """The application on a port of this machine while the block runs. Its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=1, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def ready(shop: Shop) -> Offer:
    """The printer is online and its bed is clear."""
    from drivers.contract import Link, Status

    (offer,) = shop.offers
    floor.register(shop.store, offer, "agent")
    floor.seen(shop.store, offer.name, Status(Link.ONLINE), "agent")
    floor.clear_bed(shop.store, offer.name, "looked", "Ann")
    return offer


def job(shop: Shop, material: str = "frosting-chocolate", contains: tuple[str, ...] = CONTAINS) -> str:
    number = str(len(rows(shop, m.orders)))
    route = (Step("frost", "extrude-food"), Step("pack", None, ("frost",)))
    order = NewOrder("test", number, (NewLine("x", 1, "pop-tart", {}, route),))
    intake.receive(shop.store, order, "test")
    (unit,) = intake.units_to_plan(shop.store)
    (made,) = intake.plan(shop.store, unit.id, "test")
    needs = Needs("extrude-food", GCODE, material=material, contains=contains, leaves=contains)
    manifest = {"seconds": 60.0, "materials": {material: {"volume": 5000.0}}}
    intake.rendered(shop.store, made, Rendered("0" * 64, GCODE, 1, needs, None, manifest), "test")
    return made


def make(shop: Shop, offer: Offer) -> None:
    claim = queue.claim(shop.store, offer, queue.look(shop.store, offer), "agent")
    assert claim is not None
    attempt = attempts.intend(shop.store, claim, offer, "agent").attempt
    attempts.confirm(shop.store, attempt, "", "agent")
    attempts.ended(shop.store, attempt, "finished", "", "agent")
    floor.clear_bed(shop.store, offer.name, "took it off", "Ann")


def rows(shop: Shop, table: Any) -> list[dict[str, Any]]:
    with shop.store.read() as connection:
        return [dict(row) for row in connection.execute(table.select()).mappings()]


def printer(client: httpx.Client) -> dict[str, Any]:
    (machine,) = client.get("/v1/machines").json()
    return dict(machine)


def waits(client: httpx.Client) -> list[tuple[str, str]]:
    return [(w["text"], w["frees"]) for job in client.get("/v1/jobs?state=ready").json() for w in job["waits"]]


def calls(client: httpx.Client) -> list[tuple[str, str]]:
    return [(call["kind"], call["target"]) for call in client.get("/v1/attention").json()]


def say(client: httpx.Client, verb: str, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/machines/printer/{verb}", json=body, headers={"x-ful-who": "Ann"})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


# --- API ----------------------------------------------------------------------------------------------------------


def test_a_machine_that_no_agent_has_run_has_every_key(client: httpx.Client, shop: Shop, ready: Offer) -> None:
    seen = printer(client)
    with shop.store.write("test") as tx:
        for table in (m.machines, m.beds):
            tx.connection.execute(table.delete())
    unseen = printer(client)
    assert seen.keys() == unseen.keys()
    assert unseen["loaded"]["material"] == seen["loaded"]["material"] == "frosting-chocolate"


def test_load_run_out_load_again(client: httpx.Client, shop: Shop, ready: Offer) -> None:
    say(client, "load", material="frosting-chocolate", volume_ml=9, lot="L7", expires="2099-12-31")
    loaded = printer(client)["loaded"]
    assert (loaded["left"], loaded["lot"], loaded["expires"], loaded["by"]) == (9000.0, "L7", "2099-12-31", "Ann")
    job(shop)
    job(shop)
    make(shop, ready)
    say(client, "maintained", task="clean nozzle", note="")
    assert printer(client)["loaded"]["left"] == 4000.0
    ((text, frees),) = waits(client)
    assert text == "printer has 4.00 ml of frosting-chocolate left, 5.00 ml are needed"
    assert frees.endswith("`ful machine load printer frosting-chocolate --volume`")
    assert ("load", "frosting-chocolate") in calls(client)
    say(client, "load", material="frosting-chocolate", volume_ml=60)
    assert waits(client) == [("a machine is free and about to take it", "nothing to do")]
    make(shop, ready)
    assert printer(client)["loaded"]["left"] == 55_000.0


def test_another_material_is_asked_for_where_jobs_wait_for_it(client: httpx.Client, shop: Shop, ready: Offer) -> None:
    job(shop, "frosting-vanilla", ("eggs", "gluten", "milk", "wheat"))
    assert waits(client)[0][0] == "printer is loaded with frosting-chocolate, frosting-vanilla is needed"
    assert ("load", "frosting-vanilla") in calls(client)
    say(client, "load", material="frosting-vanilla")
    assert waits(client)[0][0] == "soy touched printer since it was last cleaned, and this may not contain it"
    assert ("cleaning", "") in calls(client)
    say(client, "cleaned", how="hot water, new nozzle")
    assert calls(client) == []
    assert printer(client)["traces"]["how"] == "hot water, new nozzle"
    make(shop, ready)


def test_upkeep_calls_blocks_and_is_done(client: httpx.Client, shop: Shop, ready: Offer) -> None:
    job(shop)
    job(shop)
    make(shop, ready)
    assert calls(client)[:2] == [("upkeep", "clean nozzle"), ("upkeep", "grease")]
    assert waits(client)[0][0] == "printer: clean nozzle is due: 1 job of 1 jobs"
    say(client, "maintained", task="grease", note="two drops")
    say(client, "maintained", status=404, task="oil")
    say(client, "maintained", task="clean nozzle")
    assert [kind for kind, _ in calls(client)] == ["by-hand"]
    task = next(task for task in printer(client)["upkeep"] if task["name"] == "grease")
    assert (task["due"], task["by"], task["note"], task["run"]) == (False, "Ann", "two drops", "0 jobs")


def test_out_of_service_and_back(client: httpx.Client, shop: Shop, ready: Offer) -> None:
    job(shop)
    assert say(client, "out-of-service", why="it leaks")["state"] == "out-of-service"
    say(client, "out-of-service", status=409, why="again")
    assert waits(client) == [
        ("printer is out of service: Ann said so (it leaks)", "`ful machine in-service printer` when it may go on")
    ]
    assert calls(client) == [], "what is out of service asks for nothing"
    assert say(client, "in-service", how="Put back")["state"] == "in-service"
    assert say(client, "drain", why="new nozzle")["state"] == "out-of-service"


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("drain", {}, 422, "why"),
    ("drain", {"why": ""}, 422, "why"),
    ("cleaned", {}, 422, "how"),
    ("load", {"material": "jam"}, 404, "no material is called 'jam'"),
    ("load", {"material": "frosting-vanilla", "volume_ml": -1}, 422, "volume_ml"),
    ("load", {"material": "frosting-vanilla", "volume_ml": 1e9}, 422, "volume_ml"),
    ("load", {"material": "frosting-vanilla", "expires": "2001-01-01"}, 409, "it expired on 2001-01-01"),
    ("load", {"material": "frosting-vanilla", "expires": "soon"}, 422, "expires"),
    ("load", {"material": "frosting-vanilla", "lot": "a\nb\x07"}, 409, "one line"),
    ("load", {"material": "frosting-vanilla", "colour": "red"}, 422, "colour"),
    ("undo", {"how": "a slip"}, 409, "nothing to take back"),
]


@pytest.mark.parametrize(("verb", "body", "status", "text"), REFUSED)
def test_what_cannot_be_said_is_refused_with_a_sentence(
    verb: str, body: dict[str, Any], status: int, text: str, client: httpx.Client, ready: Offer, shop: Shop
) -> None:
    before = rows(shop, m.machines)
    answer = client.post(f"/v1/machines/printer/{verb}", json=body)
    assert answer.status_code == status and text in answer.text
    assert rows(shop, m.machines) == before
    nowhere = {"drain": {"why": "x"}, "load": {"material": "frosting-vanilla"}, "cleaned": {"how": "x"}}
    if verb in nowhere:
        assert client.post(f"/v1/machines/oven/{verb}", json=nowhere[verb]).status_code == 404


def test_a_lot_may_be_used_until_the_end_of_its_day_where_the_factory_is(
    client: httpx.Client, shop: Shop, ready: Offer
) -> None:
    shop.store.now = lambda: 1_700_000_000.0  # 2023-11-14 23:13 in Zurich
    say(client, "load", material="frosting-chocolate", expires="2023-11-14")
    job(shop)
    assert waits(client)[0][0] == "a machine is free and about to take it"
    shop.store.now = lambda: 1_700_000_000.0 + 47 * 60
    assert waits(client)[0][0] == "frosting-chocolate in printer expired on 2023-11-14"
    assert ("load", "frosting-chocolate") in calls(client)
    assert queue.claim(shop.store, ready, queue.look(shop.store, ready), "agent") is None


# --- pages --------------------------------------------------------------------------------------------------------


def test_the_machines_page_has_all_of_it_and_its_forms_work_without_the_module(
    client: httpx.Client, shop: Shop, ready: Offer
) -> None:
    job(shop)
    make(shop, ready)
    page = client.get("/machines/printer").text
    for words in ("In it", "Cleaning", "Upkeep", "Service", "clean nozzle", "soy", "1 job of 1 jobs"):
        assert words in page, words
    forms = {
        "load": {"material": "frosting-vanilla", "volume_ml": "60", "lot": "L&7", "expires": "", "instead": ""},
        "cleaned": {"how": "<b>hot</b>"},
        "maintained": {"task": "clean nozzle", "note": ""},
        "out-of-service": {"why": "it leaks"},
    }
    for verb, form in forms.items():
        answer = client.post(f"/act/machines/printer/{verb}", data=form, follow_redirects=False)
        assert answer.status_code == 303, answer.text
    page = client.get("/machines/printer").text
    assert "L&amp;7" in page and "&lt;b&gt;hot&lt;/b&gt;" in page and "out of service" in page and "60.0 ml" in page
    assert "it leaks" in client.get("/").text and "out of service" in client.get("/?wall").text
    assert client.post("/act/machines/printer/drain", data={"why": ""}).status_code == 422
    client.post("/act/machines/printer/in-service")
    client.post("/act/machines/printer/undo", data={"how": "a slip"})
    assert printer(client)["undo"] is None


def test_what_happened_reads_as_sentences(client: httpx.Client, shop: Shop, ready: Offer) -> None:
    say(client, "load", material="frosting-chocolate", volume_ml=60, lot="L7")
    job(shop)
    make(shop, ready)
    say(client, "cleaned", how="hot water")
    say(client, "maintained", task="grease", note="two drops")
    say(client, "undo", how="a slip")
    page = client.get("/machines/printer").text
    for words in (
        "loaded with frosting-chocolate, 60.0 ml, lot L7",
        "cleaned: hot water",
        "grease done: two drops",
        "not maintained after all: a slip",
        "touched by eggs, gluten, wheat",
        "5.0 ml, 55.0 ml left",
    ):
        assert words in page, words


# --- command line -------------------------------------------------------------------------------------------------


def run(shop: Shop, *words: str) -> tuple[int, str]:
    path = Path(str(shop.store.path)).parent.parent / "config.yaml"
    result = CliRunner().invoke(ful, ["--config", str(path), "machine", *words])
    if result.exception and not isinstance(result.exception, SystemExit | Refused):
        raise result.exception
    return result.exit_code, result.output or str(result.exception)


def test_a_day_at_the_terminal(shop: Shop, ready: Offer) -> None:
    assert run(shop, "load", "printer", "frosting-chocolate", "--volume", "60ml", "--lot", "L7")[0] == 0
    job(shop)
    make(shop, ready)
    status, text = run(shop, "show", "printer")
    assert status == 0
    for words in ("in-service, online", "55.0 ml left, lot L7", "touched by: eggs, gluten, milk, soy, wheat", "DUE"):
        assert words in text, text
    assert "clean nozzle done" in run(shop, "maintained", "printer", "clean nozzle", "--note", "two crumbs")[1]
    assert "is clean" in run(shop, "cleaned", "printer", "--how", "hot water")[1]
    assert "taken back" in run(shop, "undo", "printer", "--why", "it was not")[1]
    units = [unit["id"] for unit in rows(shop, m.units)]
    assert ", ".join(units) in run(shop, "load", "printer", "frosting-vanilla", "--instead")[1]
    assert "out-of-service" in run(shop, "drain", "printer", "--why", "new nozzle")[1]
    assert "out-of-service" in run(shop, "list")[1]
    assert "in service" in run(shop, "in-service", "printer")[1]
    assert "is out of service" in run(shop, "out-of-service", "printer", "--why", "it leaks")[1]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("load", "printer", "jam"), "no material is called 'jam'"),
        (("load", "oven", "frosting-vanilla"), "no machine is called 'oven'"),
        (("load", "printer", "frosting-vanilla", "--volume", "a lot"), "write such as 60ml"),
        (("load", "printer", "frosting-vanilla", "--expires", "2001-01-01"), "it expired on 2001-01-01"),
        (("maintained", "printer", "oil"), "there are: clean nozzle, grease"),
        (("undo", "printer", "--why", "x"), "nothing to take back"),
        (("drain", "printer"), "--why"),
        (("show", "oven"), "no machine is called 'oven'"),
    ],
)
def test_the_terminal_says_no_with_a_sentence(words: tuple[str, ...], text: str, shop: Shop, ready: Offer) -> None:
    status, said = run(shop, *words)
    assert status != 0 and text in said


def test_metres_of_filament_are_a_volume(shop: Shop, ready: Offer) -> None:
    assert run(shop, "load", "printer", "frosting-chocolate", "--volume", "2 m")[0] == 0
    assert rows(shop, m.machines)[0]["volume_left"] == 2000 * 314
