"""The demo's own factory: config.yaml as shipped, moved into a folder of its own and onto free ports."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fulfillment.twin import SERVED, moved

HERE = Path(__file__).parent


@dataclass(frozen=True)
class DemoFactory:
    """Where the demo lives, and the ports that it was given."""

    config: Path
    web: str
    rooms: Mapping[str, str]
    """Side channel of each simulator, by machine."""
    secret: str
    uploads: int
    """Port of the shop that serves the customers' files."""


UNHURRIED = ("ebb",)
"""Simulators whose machine holds 50 ms of motion: hurried by a factor they would starve where a real one does not."""
SHIPPED = HERE.parent.parent / "config.yaml"
"""The factory as shipped, in a checkout."""


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on at this moment."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def prepare(folder: Path, speed: str, base: Path = SHIPPED) -> DemoFactory:
    """Write the demo's config.yaml into an empty folder, after the factory of simulators at ``base``."""
    factory = yaml.safe_load(base.read_text(encoding="utf-8"))
    simulated = [machine for machine in factory["machines"] if "simulator" in machine]
    web, uploads, *ports = free_ports(2 + 2 * len(simulated))
    sides, servers = ports[: len(simulated)], ports[len(simulated) :]
    rooms = {}
    for machine, side, server in zip(simulated, sides, servers, strict=True):
        rooms[machine["name"]] = f"http://127.0.0.1:{side}"
        if SERVED.match(machine["address"]):
            machine["address"] = moved(machine["address"], server)
        if "camera" in machine:
            view = machine["camera"].partition("?")[2]
            machine["camera"] = f"http://127.0.0.1:{side}/snapshot.png?{view}"
        # Of an argument that is given twice, the simulator takes the later one.
        record = str(folder / "pieces" / machine["name"])
        pace = speed if machine["simulator"]["kind"] not in UNHURRIED or speed == "1" else "max"
        machine["simulator"]["args"] += ["--speed", pace, "--side", str(side), "--record", record]
    _here(factory, folder, base.parent)
    factory["web"] = {"host": "127.0.0.1", "port": web}
    secret = secrets.token_urlsafe(24)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop-secret").write_text(secret)
    for source in factory["order_sources"]:
        source["secret"] = {"file": "shop-secret"}
        source["downloads"] = {"prefixes": [f"http://127.0.0.1:{uploads}/"], "max_size": "20 MB"}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(factory, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return DemoFactory(path, f"http://127.0.0.1:{web}", rooms, secret, uploads)


def _here(factory: dict[str, Any], folder: Path, shipped: Path) -> None:
    """Let everything that the factory remembers lie in ``folder``."""
    factory.pop("catalog", None)
    state = folder / "state"
    factory |= {"state": str(state), "artifacts": str(state / "artifacts")}
    factory["database"] = {"url": f"sqlite:///{state}/fulfillment.db"}
    for machine in factory["machines"]:
        if not SERVED.match(machine["address"]):
            machine["address"] = str(state / Path(machine["address"]).name)
        if "secret" in machine:
            machine["secret"] = {"file": str(shipped / machine["secret"]["file"])}
