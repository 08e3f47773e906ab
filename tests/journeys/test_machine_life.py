"""A cartridge that runs out and is changed, a machine that is drained, upkeep that is due: with the real programs."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.journey
MATERIAL = "frosting-chocolate"


def left(shop: Any) -> float:
    return float(shop.machine()["loaded"]["left"])


def waits(shop: Any, unit: str) -> str:
    return " ".join(reason["text"] for reason in shop.job(unit)["waits"])


def test_load_run_out_load_again(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory()
    (first,) = shop.order("Ada")
    shop.finished(first)
    takes = float(shop.job(first)["manifest"]["materials"][MATERIAL]["cartridge"])
    assert shop.machine()["loaded"]["left"] is None, "nobody has said how much there is"
    assert shop.machine()["counters"]["volume"] == pytest.approx(takes, abs=0.1)
    shop.say("machine", "load", "frosting-1", MATERIAL, "--volume", f"{takes * 1.5 / 1000:.3f}ml", "--lot", "L7")
    second, third = shop.order("Bob", "Cid")
    shop.finished(second)
    assert 0 < left(shop) < takes
    tools.until(lambda: "are needed" in waits(shop, third), "a reason why it waits")
    (call,) = [call for call in shop.get("/v1/attention") if call["kind"] == "load"]
    assert (call["subject"], call["target"]) == ("frosting-1", MATERIAL)
    assert shop.job(third)["tries"] == [], "it was not begun with too little"
    shop.post("/v1/machines/frosting-1/load", {"material": MATERIAL, "volume_ml": 60, "lot": "L8"})
    shop.finished(third)
    assert left(shop) == pytest.approx(60_000 - float(shop.job(third)["volume"]), abs=0.1)
    assert not shop.rooms["frosting-1"].record()["collisions"]


def test_a_machine_is_drained_while_it_works_and_comes_back(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory()
    first, second = shop.order("Ada", "Bob")
    shop.running_attempt(first)
    shop.post("/v1/machines/frosting-1/out-of-service", {"why": "it leaks"}, status=409)
    shop.post("/v1/machines/frosting-1/load", {"material": MATERIAL}, status=409)
    assert shop.post("/v1/machines/frosting-1/drain", {"why": "new nozzle"})["state"] == "draining"
    shop.finished(first)
    assert shop.machine()["state"] == "out-of-service"
    assert "out of service" in waits(shop, second)
    shop.say("machine", "in-service", "frosting-1")
    shop.finished(second)


def test_what_an_agent_that_was_killed_had_begun_is_counted_once(factory: Callable[..., Any], tools: Any) -> None:
    """The end of a piece and what it has used are one: whatever dies, when."""
    shop = factory()
    shop.post("/v1/machines/frosting-1/load", {"material": MATERIAL, "volume_ml": 60})
    (unit,) = shop.order("Ada")
    shop.running_attempt(unit)
    shop.under_way(15)
    shop.end("agent", signal.SIGKILL)
    shop.start_agent()
    shop.running_attempt(unit, "failed")
    takes = float(shop.job(unit)["volume"])
    assert left(shop) == pytest.approx(60_000 - takes, abs=0.1), "nobody knows how far it got: all of it counts"
    shop.take()
    shop.finished(unit)
    counters = shop.machine()["counters"]
    assert counters["jobs"] == 2 == len(shop.happened("worked"))
    assert left(shop) == pytest.approx(60_000 - 2 * takes, abs=0.1)
    assert counters["volume"] == pytest.approx(2 * takes, abs=0.1)


def test_upkeep_that_is_due_holds_the_machine_until_somebody_did_it(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory(start=False)
    text = shop.path.read_text()
    task = "  maintenance:\n  - {name: clean nozzle, every: 1 jobs, blocks: true}\n  nozzle: 1.2\n"
    assert text.count("  nozzle: 1.2\n") == 1
    shop.path.write_text(text.replace("  nozzle: 1.2\n", task))
    shop.up()
    first, second = shop.order("Ada", "Bob")
    shop.finished(first)
    tools.until(lambda: "clean nozzle is due" in waits(shop, second), "a reason why it waits")
    assert [call["target"] for call in shop.get("/v1/attention") if call["kind"] == "upkeep"] == ["clean nozzle"]
    assert "clean nozzle is due" in shop.say("machine", "show", "frosting-1")
    shop.say("machine", "maintained", "frosting-1", "clean nozzle", "--note", "two crumbs")
    shop.finished(second)
