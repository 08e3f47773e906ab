"""A machine whose key is missing is offline and says why; the others run, and it follows when the key is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.contract import Link, MachineFault, Payload, Seen, Start, Status
from fulfillment.config import SecretMissing
from fulfillment.daemon import build_agent
from fulfillment.late import Late, built
from fulfillment.shop import Shop, open_shop
from jobs import queue, views

CONFIG = """site: { name: Small }
machines:
  - name: printer
    driver: octoprint
    address: http://127.0.0.1:9
    secret: { file: the-key }
    processes: [fdm]
    envelope: { x: 220 mm, y: 220 mm, z: 60 mm }
    nozzle: 0.4 mm
    e_area: 2.405 mm2
    limits:
      speed: { x: 150 mm/s, y: 150 mm/s, z: 10 mm/s, e: 50 mm/s }
      acceleration: 1000 mm/s2
  - { name: slips, driver: hot-folder, address: .factory/slips, processes: [document], options: { done_when: written } }
catalog: products
"""
CARD = (Path(__file__).parents[1] / "journeys" / "catalog" / "card.yaml").read_text()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "card.yaml").write_text(CARD)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return open_shop(tmp_path / "config.yaml")


def test_a_missing_key_keeps_nobody_else_from_running(shop: Shop, tmp_path: Path) -> None:
    agent = build_agent(shop)
    for worker in agent.workers:
        worker.start()
        worker.step(0.0)
    with shop.store.read() as connection:
        printer, slips = views.machines(connection, shop.floor)
        assert set(queue.conditions(connection)) == {"printer", "slips"}
    assert (printer["link"], slips["link"]) == ("offline", "online")
    assert "the-key cannot be read" in printer["fault"] and "ful machine connect printer" in printer["fault"]
    assert slips["fault"] is None
    late = agent.workers[0].dispatcher.machine
    assert isinstance(late, Late)
    (tmp_path / "the-key").write_text("secret of the printer")
    with pytest.raises(
        Exception, match=r"127\.0\.0\.1:9"
    ) as raised:  # nobody listens there: it is its driver that says so
        late.connect()
    assert not isinstance(raised.value, SecretMissing)
    assert "the-key" not in (late.status().fault or "")
    shop.close()


class Broken:
    """Builds nothing until it is mended."""

    def __init__(self) -> None:
        self.mended = False

    def __call__(self) -> object:
        if not self.mended:
            raise SecretMissing("the environment variable KEY is empty or not set: put the secret there")
        return Fake()


class Fake:
    def connect(self) -> Status:
        return self.status()

    def status(self) -> Status:
        return Status(Link.ONLINE)

    def next_event(self, timeout: float) -> None:
        return None

    def close(self) -> None:
        """Nothing is held."""


def test_until_it_is_built_it_answers_for_itself() -> None:
    make, slept = Broken(), list[float]()
    late = built("printer", make, slept.append)  # type: ignore[arg-type]
    assert isinstance(late, Late)
    assert late.status() == Status(Link.OFFLINE, fault=late.fault) and "KEY" in late.fault
    assert late.next_event(0.1) is None and slept == [0.1], "it does not spin"
    assert late.start("J-1-a1").start is Start.REFUSED
    assert late.reconcile("J-1-a1").seen is Seen.UNKNOWN
    late.stop()
    for verb in (late.pause, late.resume, late.cancel):
        with pytest.raises(MachineFault, match="KEY"):
            verb("J-1-a1")
    with pytest.raises(MachineFault, match="KEY"):
        late.transfer("J-1-a1", Payload(Path("x"), "0", 0, "text/x-gcode"))
    with pytest.raises(MachineFault, match="ful machine connect printer"):
        late.connect()
    make.mended = True
    with late:
        assert late.connect().link is Link.ONLINE
        assert late.status().fault is None and late.next_event(0.1) is None and slept == [0.1]


def test_a_driver_that_can_be_built_is_handed_over_as_it_is() -> None:
    make = Broken()
    make.mended = True
    assert isinstance(built("printer", make, lambda _s: None), Fake)  # type: ignore[arg-type]
