"""An order of one pastry whose note a pen writes: two machines, one order, and packing that asks for the note."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from fulfillment.demo.factory import free_ports
from fulfillment.twin import Room

pytestmark = pytest.mark.journey

INKS = [
    {"name": "frosting-chocolate", "kind": "frosting", "colour": "#3b2314"},
    {"name": "ink-blue", "kind": "gel-pen", "colour": "#1f3a93"},
]
RULE = {"text": "Thanks, {first_name}, hope {item} finds a good place.", "nameless": "Thanks!"}
NOTES = {"by": "pen", "product": "note", "items": {"word": "your biscuit"}, "rules": [RULE]}


def with_plotter(shop: Any, tools: Any) -> None:
    """A pen plotter beside the frosting printer, and everything that runs."""
    (side,) = free_ports(1)
    address = str(shop.folder / "plotter-1.tty")
    plotter = {
        "name": "plotter-1",
        "driver": "ebb",
        "address": address,
        "processes": ["plot"],
        "envelope": {"x": 300, "y": 218, "z": 20},
        "material": "ink-blue",
        "limits": {"speed": {"x": 150, "y": 150, "z": 10}, "acceleration": 1000},
    }
    config = yaml.safe_load(shop.path.read_text())
    config["machines"].append(plotter)
    shop.path.write_text(yaml.safe_dump(config, sort_keys=False))
    shop.rooms["plotter-1"] = Room(f"http://127.0.0.1:{side}")
    shop.sides["plotter-1"] = f"http://127.0.0.1:{side}"
    base = (sys.executable, "-m", "simulators", "ebb", "--link", address, "--die-with-parent")
    shop.start("plotter-1", *base, "--speed", "max", "--side", str(side), "--piece", "20,20,70,40")
    tools.until(lambda: shop._answers(f"{shop.sides['plotter-1']}/state"), "the plotter's simulator")
    shop.up()


def pack(shop: Any, unit: str, note: str, status: int) -> str:
    answer = shop.post(f"/v1/units/{unit}/operations/pack/done", {"note": note} if note else None, status=status)
    return str(answer.get("detail", ""))


def test_a_pastry_is_packed_with_the_note_that_a_pen_wrote(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory(start=False, more={"materials": INKS, "notes": NOTES})
    with_plotter(shop, tools)
    body = shop.order_body("Ada", external_id="A-1") | {"ship_to": {"name": "Ada Lovelace", "first_name": "Ada"}}
    (order,) = {shop.post("/v1/orders", body)["id"] for _ in range(3)}
    piece, note = shop.get(f"/v1/orders/{order}")["units"]
    assert [piece["product"], note["product"]] == ["word", "note"]
    says = shop.get(f"/v1/orders/{order}/note")
    assert says["text"] == "Thanks, Ada, hope your biscuit finds a good place."
    assert says["card"]["unit"] == note["id"]
    tools.until(lambda: shop.job(piece["id"])["state"] == "made", "the biscuit")
    shop.take()
    tools.until(lambda: shop.job(note["id"])["state"] == "made", "the note")
    written = shop.take("plotter-1")
    assert written["outcome"]["deposited"] and written["outcome"]["good"], written["outcome"]
    assert f"its note {note['id']} goes with it: scan" in pack(shop, piece["id"], "", 409)
    assert "look for the note with the right code" in pack(shop, piece["id"], piece["id"], 409)
    assert "packed with the last of its pieces" in pack(shop, note["id"], "", 409)
    (call,) = [one for one in shop.get("/v1/attention") if one["kind"] == "by-hand"]
    assert (call["subject"], call["note"]) == (piece["id"], note["id"])
    assert pack(shop, piece["id"], note["id"], 200) == ""
    assert {unit["state"] for unit in shop.get(f"/v1/orders/{order}")["units"]} == {"packed"}
    assert shop.get(f"/v1/orders/{order}")["state"] == "done"
    assert len(shop.jobs_of(note["id"])) == len(shop.jobs_of(piece["id"])) == 1, "nothing was made twice"
