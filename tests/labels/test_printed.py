"""A label on its way to paper: an agent, a printer on a port, and the printer's own record of what came out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fulfillment.daemon import build_agent
from fulfillment.shop import Shop
from tests.conformance.rigs.common import PATIENCE, Simulated
from tests.labels import carrier, parcel
from tests.labels.test_flow import jobs, order, sent
from tests.shop.bakery import plan


@pytest.fixture
def printer() -> Iterator[Simulated]:
    made = Simulated("zpl", "--port", "0", "--label-time", "0.05")
    yield made
    made.close()


def running(shop: Shop) -> Callable[[], None]:
    """An agent of this shop, in a thread. What ends it."""
    agent = build_agent(shop)
    thread = threading.Thread(target=agent.run, daemon=True)
    thread.start()

    def end() -> None:
        agent.stop()
        thread.join(PATIENCE)

    return end


def until(said: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := said()):
        assert time.monotonic() < end, f"it did not come to this: {what}"
        time.sleep(0.05)
    return found


def machine(printer: Simulated) -> str:
    port = int(printer.link.rpartition(":")[2])
    fast = "poll: 0.05, idle_poll: 0.2, settle: 0.2, answer_wait: 0.5"
    return parcel.printer(port).replace("alone: true", f"alone: true, {fast}")


def test_paper_runs_out_and_each_label_comes_out_once(opened: Callable[..., Shop], printer: Simulated) -> None:
    shop = opened(machine(printer))
    end = running(shop)
    try:
        first, second = order(shop, name="A-1"), order(shop, name="A-2")
        plan(shop)
        sent(shop, first, carrier.pdf())
        plan(shop)
        until(lambda: jobs(shop, first)[0]["state"] == "made", "the first label is made")
        assert jobs(shop, second)[0]["why"] == "waits for its shipping label"
        printer.post("fault", {"spec": "paper-out"})
        sent(shop, second, carrier.zpl())
        plan(shop)
        until(lambda: _prompt(shop) == "put in labels", "the person is told")
        assert printer.get("record.json")["printed"] == 1
        printer.post("mend")
        until(lambda: jobs(shop, second)[0]["state"] == "made", "the second label is made")
        told = printer.get("record.json")
        assert told["printed"] == 2 and told["twice"] == [] and told["received"] == 2
        assert _prompt(shop) is None
    finally:
        end()


def _prompt(shop: Shop) -> str | None:
    from jobs import views

    with shop.store.read() as connection:
        (found,) = views.machines(connection, shop.floor)
    said: str | None = found["prompt"]
    return said
