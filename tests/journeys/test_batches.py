"""Two orders in one jig: made as one, judged piece by piece, made again alone. What the simulator recorded decides."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fulfillment.machines import spoken
from gcode.parse import parse

pytestmark = pytest.mark.journey

CORNER, WIDE, HIGH, STEP = (40.0, 40.0), 40.0, 20.0, 44.0
"""Where tests/journeys/catalog/pair.yaml has its first pocket, how large a piece is, and how far the next pocket is."""
Places = set[tuple[float, ...]]


def soon(tmp_path: Path, tools: Any) -> dict[str, Any]:
    """The same catalog, in which nobody waits long for company."""
    folder = tmp_path / "hurried"
    shutil.copytree(tools.here / "catalog", folder)
    pair = folder / "pair.yaml"
    pair.write_text(pair.read_text().replace("wait: 3600 s", "wait: 1 s"))
    return {"catalog": str(folder)}


def in_pocket(lines: Sequence[str], pocket: int) -> Places:
    """Where a program lays something in a pocket, in mm from the corner of the piece there."""
    moves = spoken("marlin-food").trace(parse("\n".join(lines).encode()))
    at = np.vstack([moves.start[moves.lays][:, :2], moves.end[moves.lays][:, :2]]) - CORNER - (STEP * (pocket - 1), 0)
    return set(map(tuple, at[((at >= 0) & (at <= (WIDE, HIGH))).all(axis=1)].round(3).tolist()))


def alone(shop: Any, unit: str) -> Places:
    """Where the unit's own artifact lays something: it is drawn as if its piece were in the first pocket."""
    found = in_pocket(shop.program(shop.job(unit)), 1)
    assert len(found) > 20
    return found


def batch_of(shop: Any, tools: Any, unit: str, *states: str) -> dict[str, Any]:
    """The batch that the unit's newest job is in, once it is in one of these states."""

    def look() -> dict[str, Any] | None:
        job = shop.job(unit)
        batch: dict[str, Any] | None = shop.get(f"/v1/jobs/{job['batch']}") if job["batch"] else None
        return batch if batch and batch["state"] in states else None

    return tools.until(look, f"a batch of {unit} {' or '.join(states)}") or {}


def pair(shop: Any, first: str, second: str) -> list[str]:
    """One unit of each of two orders."""
    return [shop.order(word, product="pair")[0] for word in (first, second)]


def states(shop: Any, units: Sequence[str]) -> list[str]:
    return [shop.job(unit)["state"] for unit in units]


def lies_there(shop: Any, units: dict[int, str], program: Sequence[str]) -> None:
    """In each pocket is what the unit's own artifact says, and in no other; an empty pocket stays empty."""
    for pocket in (1, 2):
        laid = in_pocket(program, pocket)
        for other, unit in units.items():
            assert (laid == alone(shop, unit)) == (other == pocket), (pocket, unit)
        assert bool(laid) == (pocket in units)


def test_two_orders_are_made_in_one_program_and_the_bad_piece_alone_again(
    factory: Callable[..., Any], tools: Any
) -> None:
    shop = factory()
    ada, bob = units = pair(shop, "Ada", "Bob")
    batch = batch_of(shop, tools, ada, "made")
    assert [(piece["unit_id"], piece["place"]) for piece in batch["pieces"]] == [
        (ada, {"pocket": 1}),
        (bob, {"pocket": 2}),
    ]
    assert states(shop, units) == ["made", "made"] and shop.job(bob)["batch"] == batch["id"]
    jig = shop.piece()
    assert tools.executed(jig) == shop.program(batch) and jig["outcome"]["good"] and len(jig["runs"]) == 1
    lies_there(shop, {1: ada, 2: bob}, tools.executed(jig))

    shop.post(f"/v1/jobs/{shop.job(bob)['id']}/scrap")
    shop.post(f"/v1/units/{bob}/operations/pack/done", status=409)
    shop.post(f"/v1/jobs/{shop.job(ada)['id']}/keep", status=409)
    assert len(shop.jobs_of(bob)) == 1, "it is not begun anew before its bed is clear"
    shop.take()
    shop.pack(ada)
    tools.until(lambda: states(shop, [bob]) == ["gathering"], "Bob's waits for company")
    (company,) = shop.get("/v1/batches")
    assert company["units"] == [bob] and company["waiting"] == 1 and company["pockets"] == 2

    begun = shop.post("/v1/batches", {"product": "pair", "first": 1, "leave_out": [1]})
    assert begun["pieces"][0]["place"] == {"pocket": 2} and len(begun["pieces"]) == 1
    tools.until(lambda: states(shop, [bob]) == ["made"], "Bob's is made again")
    assert len(shop.jobs_of(bob)) == 2 and len(shop.jobs_of(ada)) == 1
    lies_there(shop, {2: bob}, tools.executed(shop.piece()))
    shop.take()
    shop.pack(bob)
    assert not shop.rooms["frosting-1"].record()["collisions"]


def test_an_agent_killed_in_the_middle_spoils_a_batch_but_what_is_good_is_kept(
    factory: Callable[..., Any], tools: Any
) -> None:
    shop = factory()
    ada, bob = units = pair(shop, "Ada", "Bob")
    batch = batch_of(shop, tools, ada, "running")
    shop.under_way(len(shop.program(batch)) // 2 + 10)
    assert shop.end("agent", signal.SIGKILL) == -signal.SIGKILL
    shop.post("/v1/machines/frosting-1/bed/clear", status=409)
    shop.start_agent()
    assert batch_of(shop, tools, ada, "failed")["tries"][-1]["on_bed"]
    assert states(shop, units) == ["failed", "failed"] and shop.machine()["bed"]["state"] == "dirty"
    half = tools.executed(shop.piece())
    assert half == shop.program(batch)[: len(half)] and in_pocket(half, 1) == alone(shop, ada)

    shop.post(f"/v1/jobs/{shop.job(ada)['id']}/keep")
    assert states(shop, units) == ["made", "failed"]
    assert shop.get("/v1/batches") == [], "something of it lies on the bed"
    shop.take()
    shop.pack(ada)
    (cleo,) = shop.order("Cleo", product="pair")
    again = batch_of(shop, tools, bob, "made")
    assert {piece["unit_id"] for piece in again["pieces"]} == {bob, cleo}, "it found other company"
    assert len(shop.jobs_of(ada)) == 1 and len(shop.jobs_of(bob)) == 2
    jig = shop.take()
    assert tools.executed(jig) == shop.program(again) and jig["outcome"]["good"]
    lies_there(shop, {piece["place"]["pocket"]: piece["unit_id"] for piece in again["pieces"]}, tools.executed(jig))
    for unit in (bob, cleo):
        shop.pack(unit)
    assert not shop.rooms["frosting-1"].record()["collisions"]


def test_a_jig_that_is_not_full_is_begun_after_its_wait(
    factory: Callable[..., Any], tools: Any, tmp_path: Path
) -> None:
    shop = factory(more=soon(tmp_path, tools))
    (ada,) = shop.order("Ada", product="pair")
    batch = batch_of(shop, tools, ada, "made")
    assert [piece["place"] for piece in batch["pieces"]] == [{"pocket": 1}]
    assert batch["created_at"] >= shop.job(ada)["created_at"] + 1
    lies_there(shop, {1: ada}, tools.executed(shop.piece()))
    shop.take()
    shop.pack(ada)


def test_a_unit_cancelled_while_its_jig_waits_gives_it_up_and_the_other_is_still_made(
    factory: Callable[..., Any], tools: Any
) -> None:
    shop = factory()
    shop.post("/v1/machines/frosting-1/bed/dirty")
    ada, bob = pair(shop, "Ada", "Bob")
    given_up = batch_of(shop, tools, ada, "ready")
    shop.post(f"/v1/units/{ada}/cancel")
    assert shop.get(f"/v1/jobs/{given_up['id']}")["state"] == "cancelled"
    assert states(shop, [bob]) == ["gathering"] and shop.unit(ada)["state"] == "cancelled"
    (cleo,) = shop.order("Cleo", product="pair")
    batch = batch_of(shop, tools, bob, "ready")
    assert [piece["unit_id"] for piece in batch["pieces"]] == [bob, cleo]
    assert not tools.executed(shop.piece())
    shop.post("/v1/machines/frosting-1/bed/clear")
    tools.until(lambda: states(shop, [bob, cleo]) == ["made", "made"], "both made")
    lies_there(shop, {1: bob, 2: cleo}, tools.executed(shop.take()))
    for unit in (bob, cleo):
        shop.pack(unit)
