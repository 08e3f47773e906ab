"""The web program dies in the middle of a print, hard and softly: the print does not notice, and nothing is lost."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

pytestmark = pytest.mark.journey

MANY = [f"No {number}" for number in range(40)]


def counted(shop: Any, table: str) -> dict[str, int]:
    """Rows by state, straight from the record: nobody serves pages now."""
    with closing(sqlite3.connect(shop.folder / ".factory" / "fulfillment.db")) as record:
        return dict(record.execute(f"SELECT state, count(*) FROM {table} GROUP BY state"))  # noqa: S608


def test_a_print_goes_on_while_web_dies_and_comes_back(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory(speed="2")
    for word, how, status in (("Mississi", signal.SIGKILL, -signal.SIGKILL), ("Missouri", signal.SIGTERM, 0)):
        (unit,) = shop.order(word)
        attempt = shop.running_attempt(unit)
        shop.under_way(9)
        assert shop.end("web", how) == status
        before = len(tools.executed(shop.piece()))
        shop.under_way(before + 2)  # while web is away
        shop.start_web()
        job = shop.job(unit)
        assert (job["state"], job["tries"][-1]["id"]) == ("running", attempt), "it was over too early to tell"
        for page in ("/", f"/units/{unit}", "/machines/frosting-1"):
            answer = shop.http.get(page)
            assert answer.status_code == 200 and unit in answer.text
        assert shop.machine()["live"]["attempt"] == attempt
        shop.finished(unit)
    assert shop.rooms["frosting-1"].record()["counts"]["opens"] == 1, "the agent never let go of the port"


def test_planning_and_rendering_go_on_where_a_killed_web_stood(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory(speed="max")
    shop.end("agent")
    lines = [{"product": "word", "fields": {"word": word}} for word in MANY]
    order = shop.post("/v1/orders", {"external_id": "many", "lines": lines})["id"]
    shop.end("web", signal.SIGKILL)
    planned = counted(shop, "units")
    assert planned.get("new", 0) + counted(shop, "jobs").get("rendering", 0) > 0, "all was done before the kill"
    shop.start_web()
    tools.until(lambda: counted(shop, "jobs").get("ready", 0) >= 3, "some rendered")
    shop.end("web", signal.SIGKILL)
    assert counted(shop, "units") == {"making": len(MANY)}
    assert counted(shop, "jobs").get("rendering", 0) > 0, "all was rendered before the second kill"
    shop.start_web()
    tools.until(lambda: counted(shop, "jobs") == {"ready": len(MANY)}, "every unit has its one job, rendered")
    units = shop.get(f"/v1/orders/{order}")["units"]
    artifacts = {shop.job(unit["id"])["artifact"] for unit in units}
    assert len(artifacts) == len(MANY), "different words are different artifacts"
