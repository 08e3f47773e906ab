"""The demo from an empty folder to packed pieces, told as it goes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from fulfillment.config import load
from fulfillment.demo import shop
from fulfillment.demo.factory import SHIPPED, DemoFactory, prepare
from fulfillment.demo.person import Person, Witnessed
from fulfillment.supervise import Supervisor, programs

ROUND = 0.25
"""Seconds between two looks at the factory."""
UP_WITHIN = 60.0


class DemoFailed(Exception):
    """The demo did not end as it should; the text says where to look."""


@dataclass
class Outcome:
    """What the demo left: for each unit its state, and the files that show it."""

    units: list[dict[str, Any]] = field(default_factory=list)
    shown: list[tuple[str, str, Path]] = field(default_factory=list)
    """(unit, what, file)"""
    witnessed: Witnessed = field(default_factory=Witnessed)
    """The simulators' own record."""
    seconds: float = 0.0


@contextmanager
def factory(folder: Path, speed: str) -> Iterator[tuple[DemoFactory, Supervisor]]:
    """A running demo factory in ``folder``, emptied first."""
    if folder.exists():
        if not (folder / "config.yaml").exists():
            raise DemoFailed(f"{folder} is there and is no demo's folder: name another with --folder")
        shutil.rmtree(folder)
    if not SHIPPED.exists():
        raise DemoFailed("config.yaml as shipped is not there: run the demo in a checkout (`make demo`)")
    made = prepare(folder.absolute(), speed)
    supervisor = Supervisor(folder / "state" / "log")
    try:
        for program in programs(made.config, load(made.config)):
            supervisor.start(program)
        _await_up(made, supervisor, folder)
        with shop.uploads(made.uploads):
            yield made, supervisor
    finally:
        supervisor.stop(patience=5.0)


def _await_up(made: DemoFactory, supervisor: Supervisor, folder: Path) -> None:
    until = time.monotonic() + UP_WITHIN
    while time.monotonic() < until:
        if supervisor.ended():
            names = ", ".join(supervisor.ended())
            raise DemoFailed(f"{names} ended at once: see {folder}/state/log")
        try:
            if httpx.get(f"{made.web}/v1/machines", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise DemoFailed(f"the web program did not answer within {UP_WITHIN:g} s: see {folder}/state/log/web.log")


def make_everything(
    made: DemoFactory, supervisor: Supervisor, tell: Callable[[dict[str, Any]], None], patience: float
) -> Outcome:
    """Send the orders, be the person on the floor, and end when all good units are packed. Raises DemoFailed."""
    began = time.monotonic()
    person = Person(made)
    try:
        ids = shop.send(made)
        while True:
            supervisor.tend()
            did = person.round()
            orders = [person.get(f"/v1/orders/{order_id}") for order_id in ids]
            units = [unit for order in orders for unit in order["units"]]
            tell({"units": units, "machines": person.get("/v1/machines"), "did": did, "orders": orders})
            if all(unit["state"] in ("packed", "held", "cancelled") for unit in units) and person.idle:
                break
            if time.monotonic() - began > patience:
                raise DemoFailed(
                    f"not all units were packed within {patience:g} s: `ful status` says what they wait for"
                )
            time.sleep(ROUND)
        return Outcome(units, [], person.witnessed(), time.monotonic() - began)
    finally:
        person.close()


def collect(made: DemoFactory, outcome: Outcome, folder: Path) -> None:
    """Copy what shows the result into ``folder`` under names that a person can read."""
    folder.mkdir(parents=True, exist_ok=True)
    with httpx.Client(base_url=made.web, timeout=60) as web:
        for unit in outcome.units:
            for operation in unit["operations"]:
                for job in operation["jobs"]:
                    _collect_job(web, unit["id"], operation, job, outcome, folder)


def _collect_job(
    web: httpx.Client, unit: str, step: dict[str, Any], job: dict[str, Any], outcome: Outcome, folder: Path
) -> None:
    files, operation = [], step["name"]
    if job["proof"] and step["process"] != "document":
        files.append((f"{operation} proof", f"/v1/pictures/{job['proof']}", f"{unit}-{operation}-proof.png"))
    for attempt in job["tries"]:
        if attempt["evidence"]:
            name = f"{unit}-{operation}-as-made.png"
            files.append((f"{operation} as made", f"/v1/pictures/{attempt['evidence']}", name))
    if job["artifact"] and job["media_type"] == "application/pdf":
        files.append((operation, f"/v1/artifacts/{job['artifact']}/content", f"{unit}-{operation}.pdf"))
    for what, url, name in files:
        answer = web.get(url)
        answer.raise_for_status()
        (folder / name).write_bytes(answer.content)
        outcome.shown.append((unit, what, folder / name))


def _latest(unit: dict[str, Any]) -> list[dict[str, Any]]:
    """The job that made each of the unit's operations."""
    return [operation["jobs"][-1] for operation in unit["operations"] if operation["jobs"]]


def check(outcome: Outcome) -> None:
    """The demo's own acceptance. Raises DemoFailed with what is missing."""
    packed = [unit for unit in outcome.units if unit["state"] == "packed"]
    held = [unit for unit in outcome.units if unit["state"] == "held"]
    if len(held) != shop.BAD or len(packed) + len(held) != len(outcome.units):
        raise DemoFailed(f"{len(packed)} units are packed and {len(held)} held, of {len(outcome.units)}")
    # A piece in two colours is taken off two machines, and each has seen a whole one; a jig is one for all in it.
    seen = outcome.witnessed
    done = [job for unit in packed for job in _latest(unit) if job["media_type"] != "application/pdf"]
    programs = len({job["batch"] or job["id"] for job in done})
    if seen.pieces != programs:
        raise DemoFailed(f"the machines made {seen.pieces} whole pieces by {programs} programs")
    if seen.collisions:
        raise DemoFailed(f"{seen.collisions} pieces were begun on an occupied bed")
    if twice := [name for name, times in seen.printed.items() if times > 1]:
        raise DemoFailed(f"printed more than once: {', '.join(twice)}")
    shown = {(unit, what) for unit, what, _ in outcome.shown}
    missing = [
        f"{unit['id']} ({name})"
        for unit in packed
        for name in _made(unit)
        if (unit["id"], f"{name} as made") not in shown
    ]
    if missing:
        raise DemoFailed(f"no camera's picture of {', '.join(missing)}")


def _made(unit: dict[str, Any]) -> list[str]:
    """The operations that machines with a camera did on the piece itself."""
    return [one["name"] for one in unit["operations"] if one["jobs"] and one["process"] != "document"]
