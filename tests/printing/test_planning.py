"""An order of a printed tag, planned: its body is found, or built beside the planner's thread, or its unit is held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fulfillment.api.orders import OrderIn, take
from fulfillment.cad import CadUnavailable
from fulfillment.daemon import Shop
from fulfillment.offline import NotMade, Order, rendered
from fulfillment.planning import Planner, specification
from fulfillment.printing import bodies as steps
from jobs import models as m
from jobs.artifacts import ArtifactStore


class AtOnce:
    """The render pool without processes: pure functions may run anywhere."""

    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*given))
        except Exception as error:  # noqa: BLE001  (a future carries whatever was raised)
            done.set_exception(error)
        return done


def wide(tag: dict[str, Any]) -> None:
    """A tag that nobody has built yet: its width is the customer's."""
    tag["parameters"] = {
        "width": {"title": "Width", "unit": "mm", "minimum": 60, "maximum": 90, "step": 0.5, "default": 70}
    }
    tag["body"]["values"]["width"] = "width"


def planned(shop: Shop, **options: str) -> list[dict[str, Any]]:
    """Order a tag and plan until nothing is under way; the units."""
    line = {"product": "name-tag", "fields": {"name": "Ada"}, "options": options}
    take(shop, OrderIn.model_validate({"external_id": "A-1", "lines": [line], "ship_to": {"name": "Ada"}}), "test")
    planner = Planner(shop.store, shop.factory, shop.artifacts, AtOnce())  # type: ignore[arg-type]
    end = time.monotonic() + 120
    try:
        while unsettled(shop):
            assert time.monotonic() < end
            planner.round()
            time.sleep(0.01)
    finally:
        planner.stop()
    return rows(shop, m.units)


def unsettled(shop: Shop) -> bool:
    if any(unit["state"] == "held" for unit in rows(shop, m.units)):
        return False
    jobs = rows(shop, m.jobs)
    return not jobs or any(job["state"] == "rendering" for job in jobs)


def rows(shop: Shop, table: Any) -> list[dict[str, Any]]:
    with shop.store.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def test_a_shipped_body_needs_no_cadquery(shop: Callable[..., Shop], tmp_path: Path) -> None:
    none = tmp_path / "none"
    none.mkdir()
    (none / "cadquery.py").write_text("raise ImportError('no cadquery here')")
    one = shop(cad={"packages": str(none)})
    (unit,) = planned(one)
    assert unit["state"] == "making", unit["problems"]
    (made,) = [artifact for artifact in rows(one, m.artifacts) if artifact["process"] == "fdm"]
    assert made["manifest"]["fidelity"]["layers"] == 11 and made["manifest"]["body"]["values"]["width"] == 70


def test_another_body_is_built_once_and_kept(shop: Callable[..., Shop], cadquery: Path | None, tmp_path: Path) -> None:
    one = shop(wide, cad={"packages": str(cadquery)} if cadquery else {})
    (unit,) = planned(one, width="80")
    assert unit["state"] == "making", unit["problems"]
    (made,) = [artifact for artifact in rows(one, m.artifacts) if artifact["process"] == "fdm"]
    x0, _, _, x1, _, _ = made["manifest"]["bounds"]
    assert x1 - x0 == pytest.approx(80 + 2 * 3.25, abs=0.1), "with its skirt"
    assert len(list((tmp_path / ".factory" / steps.FOLDER).glob("*.body"))) == 1


def test_the_planner_goes_on_while_a_body_is_built(shop: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch) -> None:
    one, go, where = shop(wide), threading.Event(), []

    def build(*_: Any) -> bytes:
        where.append(threading.current_thread())
        go.wait(60)
        raise CadUnavailable("The CAD worker cannot load cadquery (no module): install the extra `cad`.")

    monkeypatch.setattr("fulfillment.cad.bodies.Bodies.build", build)
    take(
        one,
        OrderIn.model_validate(
            {
                "external_id": "A-1",
                "lines": [{"product": "name-tag", "fields": {"name": "Ada"}, "options": {"width": "80"}}],
                "ship_to": {"name": "Ada"},
            }
        ),
        "test",
    )
    planner = Planner(one.store, one.factory, one.artifacts, AtOnce())  # type: ignore[arg-type]
    try:
        end = time.monotonic() + 60
        while not where:
            assert time.monotonic() < end
            planner.round()
        planner.round()
        assert len(where) == 1 and where[0] is not threading.current_thread(), "it is asked for once, and not here"
        assert unsettled(one)
        go.set()
        while unsettled(one):
            assert time.monotonic() < end
            planner.round()
    finally:
        go.set()
        planner.stop()
    (unit,) = rows(one, m.units)
    assert unit["state"] == "held"
    (problem,) = unit["problems"]
    assert "cannot load cadquery" in problem["reason"] and "did nothing wrong" in problem["mend"]


def test_values_that_conflict_are_the_order_s(shop: Callable[..., Shop]) -> None:
    def high(tag: dict[str, Any]) -> None:
        wide(tag)
        tag["parameters"]["hole"] = {"title": "Hole", "unit": "mm", "minimum": 0, "maximum": 10, "default": 4}
        tag["parameters"]["height"] = {"title": "Height", "unit": "mm", "minimum": 12, "maximum": 24, "default": 24}
        tag["body"]["values"] |= {"hole": "hole", "height": "height"}

    (unit,) = planned(shop(high), height="13", hole="10")
    assert unit["state"] == "held"
    assert any("Hole of 10 mm and Height of 13 mm conflict" in one["reason"] for one in unit["problems"])
    assert {one["field"] for one in unit["problems"]} <= {"hole", ""}


def test_without_any_daemon_it_is_the_same(shop: Callable[..., Shop], tmp_path: Path) -> None:
    none = tmp_path / "none"
    none.mkdir()
    (none / "cadquery.py").write_text("raise ImportError('no cadquery here')")
    factory = shop(wide, cad={"packages": str(none)}).factory
    out = tmp_path / "out"
    (done,) = list(rendered(factory, "name-tag", Order({"name": "Ada"}), {}, out))
    assert done.artifact.read_bytes().startswith(b"; ")
    with pytest.raises(NotMade, match="cannot load cadquery"):
        list(rendered(factory, "name-tag", Order({"name": "Ada"}, {}, {"width": "80"}), {}, out))


def test_a_worker_rests_when_nothing_is_to_be_built(
    shop: Callable[..., Shop], cadquery: Path | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "IDLE", 0.2)
    one = shop(wide, cad={"packages": str(cadquery)} if cadquery else {})
    store = ArtifactStore(tmp_path / "artifacts")
    step = steps.BodyStep(one.factory, store, lambda: None)
    resolved = {"texts": {"name": "Ada"}, "photos": {}, "options": {"colour": "petrol"}}
    try:
        for width in (81.0, 82.0):
            spec = specification(one.factory, "name-tag", "print", {**resolved, "parameters": {"width": width}})
            end = time.monotonic() + 120
            while step.under(spec) is None:
                assert time.monotonic() < end
                time.sleep(0.01)
            while step._workshop.pid is not None:
                assert time.monotonic() < end, "its worker is still there"
                time.sleep(0.01)
    finally:
        step.close()
