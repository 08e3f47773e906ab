"""Every fault of the simulated machine, from an order to its end, judged by the machine's own record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.journey

MENDED = (
    "lost-ok@line=30",
    "corrupt-in@line=30",
    "corrupt-in@chance=0.1",
    "corrupt-out@line=30",
    "split@line=30:3",
    "resend@line=30",
    "resend-no-ok@line=30",
    "slow@line=30:20",
)
FATAL = {
    "reset@line=30": "restarted",
    "external-reset@line=30": "restarted",
    "kill@line=30": "halted",
    "thermal-runaway@line=30": "Thermal Runaway",
    "cold-extrusion@line=30": "cold extrusion",
    "hang@line=30": "nothing was heard",
}


def struck(piece: dict[str, Any], spec: str) -> bool:
    return any(event["kind"] == "fault" and event["text"] == spec.partition("@")[0] for event in piece["events"])


def test_what_a_wire_can_do_is_survived(factory: Callable[..., Any]) -> None:
    shop = factory()
    for number, spec in enumerate(MENDED):
        shop.fault(spec)
        (unit,) = shop.order("Ada", external_id=f"mended-{number}")
        harmless = ("unknown_commands",) if spec.startswith("corrupt-in") else ()
        piece = shop.finished(unit, harmless=harmless)  # every line exactly once and in order, one good piece
        assert struck(piece, spec), f"{spec} did not strike"
        assert [job["attempts"] for job in shop.jobs_of(unit)] == [1], spec
        if "chance" in spec:  # it stays armed until the board is another one
            break_of_epoch(shop)


def break_of_epoch(shop: Any) -> None:
    """A fault by chance stays armed: the machine is exchanged for a new one."""
    shop.end("frosting-1")
    shop.start_simulator("frosting-1")
    shop.post("/v1/machines/frosting-1/connect")


def test_what_ends_a_piece_names_its_cause_and_waits_for_a_person(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory()
    for number, (spec, word) in enumerate(FATAL.items()):
        shop.fault(spec)
        (unit,) = shop.order("Ada", external_id=f"fatal-{number}")
        shop.running_attempt(unit, "failed")
        (job,) = shop.jobs_of(unit)
        assert word.lower() in job["why"].lower(), (spec, job["why"])
        machine = tools.until(lambda: shop.machine()["on_bed"][0]["evidence"] and shop.machine(), "the picture")
        assert machine["bed"]["state"] == "dirty", spec
        assert machine["fault"] or machine["link"] == "offline" or "cold" in spec, (spec, machine)
        if not machine["fault"]:  # cold: no fault of the machine as a whole, so it is mended while the bed keeps it
            shop.hand("power-cycle")
        piece = shop.take()
        assert struck(piece, spec), f"{spec} did not strike"
        assert len(tools.executed(piece)) < len(shop.program(job)), "the piece was whole"
        if machine["fault"]:
            assert len(shop.jobs_of(unit)) == 2 and not shop.job(unit)["tries"], "a machine in fault was given work"
            assert any("fault" in reason["text"] for reason in shop.job(unit)["waits"])
            shop.hand("power-cycle")
        shop.post("/v1/machines/frosting-1/connect")
        shop.finished(unit)
        assert [job["state"] for job in shop.jobs_of(unit)] == ["failed", "made"], spec
    assert not shop.rooms["frosting-1"].record()["collisions"]


def test_a_port_that_disappears_fails_the_piece_and_is_found_again(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory()
    shop.fault("unplug@line=30:3")
    (unit,) = shop.order("Ada")
    shop.running_attempt(unit, "failed")
    assert "closed by the other end" in shop.job(unit)["why"] or "gone" in shop.job(unit)["why"]
    assert shop.machine()["bed"]["state"] == "dirty"
    tools.until(lambda: shop.machine()["link"] == "offline" or shop.machine()["fault"], "offline or in fault")
    shop.take()
    tools.until(lambda: shop.machine()["link"] == "online", "found again by itself")
    shop.finished(unit)
    assert not shop.rooms["frosting-1"].record()["collisions"]


@pytest.mark.parametrize("answer", ["at the machine", "by a command"])
def test_material_that_runs_out_asks_for_a_person(factory: Callable[..., Any], tools: Any, answer: str) -> None:
    shop = factory()
    shop.fault("filament-runout@line=30")
    (unit,) = shop.order("Ada")
    attempt = shop.running_attempt(unit, "paused")
    (call,) = tools.until(
        lambda: [call for call in shop.get("/v1/attention") if call["kind"] == "prompt"], "the prompt is shown"
    )
    assert call["subject"] == "frosting-1" and call["what"] and "resume" in call["do"]
    assert shop.job(unit)["state"] == "paused"
    if answer == "at the machine":
        assert shop.hand("press")["waited"]
    else:
        shop.post(f"/v1/attempts/{attempt}/resume")
    shop.finished(unit)
    assert len(shop.jobs_of(unit)) == 1
    assert not [call for call in shop.get("/v1/attention") if call["kind"] == "prompt"]
