"""A technician's day: machines are found, added, tested, and make a piece, and nobody opens an editor."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conformance.rigs.common import Simulated


def ordered(desk: Any, folder: Path, product: str, fields: dict[str, str]) -> None:
    order = {"external_id": product, "lines": [{"product": product, "fields": fields}]}
    path = folder / f"{product}.json"
    path.write_text(json.dumps(order))
    desk.said("order", "submit", str(path))


def test_found_added_tested_and_working(
    desk: Any, tools: Any, simulated: Callable[..., Simulated], printer: Simulated, tmp_path: Path
) -> None:
    laser = simulated("grbl", "--tool", "laser", name="laser")
    links = [str(printer.link), str(laser.link)]
    found = json.loads(
        desk.said(
            "machine", "discover", "--probe", "--no-network", "--json", *(w for link in links for w in ("--port", link))
        )
    )
    seen = {one["address"]: one["driver"] for one in found}
    assert [seen[link] for link in links] == ["marlin", "grbl"]

    desk.said("machine", "add", "frosting-9", *tools.marlin_flags(links[0]), "--yes")
    made = [
        "--driver",
        "grbl",
        "--address",
        links[1],
        "--process",
        "engrave",
        "--tool",
        "laser",
        "--material",
        "bamboo",
    ]
    desk.said("machine", "add", "laser-9", *made, "--yes")
    assert "no problem found" in desk.said("config", "check")
    for name in ("frosting-9", "laser-9"):
        assert "BAD" not in desk.said("machine", "test", name)

    with desk.program("up") as up:
        for product, fields in (("word", {"word": "Hi"}), ("mark", {"letter": "A"})):
            ordered(desk, tmp_path, product, fields)
        tools.until(lambda: "frosting-9" in desk.said("status"), "the agent's register")
        for name in ("frosting-9", "laser-9"):
            tools.until(lambda name=name: desk.run("machine", "clear", name).exit_code == 0, f"a clear bed of {name}")

        def made() -> list[tuple[str, str, str]]:
            jobs = json.loads(desk.said("job", "list", "--all", "--json"))
            return sorted((job["product"], job["machine"], job["state"]) for job in jobs)

        both = [("mark", "laser-9", "made"), ("word", "frosting-9", "made")]
        tools.until(lambda: made() == both, "both pieces")
        assert "through the agent" in desk.said("machine", "test", "laser-9")
        assert up.poll() is None
    logs = [log.read_text() for log in (desk.path.parent / ".factory" / "log").iterdir()]
    assert logs and not any("Traceback" in log for log in logs)
    assert printer.get("record.json")["piece"]["runs"] and laser.get("record.json")["piece"]["executed"]
