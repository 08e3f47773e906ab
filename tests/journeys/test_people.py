"""Pause, resume, cancel by the attempt's id, emergency stop: what people ask for while a piece is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.journey


def test_pause_and_resume_by_attempt(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory()
    (unit,) = shop.order("Ada")
    attempt = shop.running_attempt(unit)
    shop.under_way(15)
    shop.post(f"/v1/attempts/{attempt}/pause")
    assert shop.running_attempt(unit, "paused") == attempt
    tools.until(lambda: not shop.state()["moving"], "rest")
    shop.post("/v1/attempts/J-NOTTHERE-a1/cancel", status=404)
    shop.post(f"/v1/attempts/{attempt.removesuffix('1')}2/cancel", status=404)
    before = len(tools.executed(shop.piece()))
    assert tools.executed(shop.piece())[:before] == shop.program(shop.job(unit))[:before]
    shop.post(f"/v1/attempts/{attempt}/resume")
    shop.finished(unit)


def test_cancel_holds_the_unit_until_it_is_released(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory()
    (unit,) = shop.order("Ada")
    attempt = shop.running_attempt(unit)
    shop.under_way(15)
    shop.post("/v1/machines/frosting-1/bed/clear", status=409)
    shop.post(f"/v1/attempts/{attempt}/cancel")
    assert shop.running_attempt(unit, "cancelled") == attempt
    assert shop.unit(unit)["state"] == "held"
    assert shop.machine()["bed"]["state"] == "dirty"
    shop.post(f"/v1/attempts/{attempt}/cancel", status=409)
    shop.post(f"/v1/units/{unit}/release", status=409)
    scrap = shop.take()
    assert len(tools.executed(scrap)) < len(shop.program(shop.job(unit)))
    assert len(shop.jobs_of(unit)) == 1, "a held unit was made again before its release"
    shop.post(f"/v1/units/{unit}/release")
    shop.finished(unit)
    assert len(shop.jobs_of(unit)) == 2
    assert not shop.rooms["frosting-1"].record()["collisions"]


def test_emergency_stop_fails_the_piece_and_the_machine_waits_for_a_person(
    factory: Callable[..., Any], tools: Any
) -> None:
    shop = factory()
    unit, later = shop.order("Ada", "Bob")
    shop.running_attempt(unit)
    shop.under_way(15)
    (stopped,) = shop.post("/v1/machines/frosting-1/stop")
    assert stopped["seconds"] is not None and "confirmed" in stopped["said"], "it went past the record"
    shop.running_attempt(unit, "failed")
    tools.until(lambda: shop.happened("stopped"), "the stop on record")
    assert not shop.happened("asked")
    machine = tools.until(lambda: shop.machine()["fault"] and shop.machine(), "the fault on record")
    assert "stop" in machine["fault"] and machine["bed"]["state"] == "dirty"
    assert shop.state()["halted"]
    calls = [call for call in shop.get("/v1/attention") if call["subject"] == "frosting-1"]
    assert {call["kind"] for call in calls} == {"fault", "bed"}
    shop.take()
    assert shop.job(later)["state"] == "ready"
    assert any("fault" in reason["text"] for reason in shop.job(later)["waits"])
    assert not tools.executed(shop.piece())
    shop.hand("power-cycle")
    shop.post("/v1/machines/frosting-1/connect")
    assert not shop.happened("foreign"), "what the stopped piece still says is not another one's work"
    shop.finished(unit)  # It keeps its due time, so it is made before what waits.
    shop.finished(later)
    assert not shop.rooms["frosting-1"].record()["collisions"]
