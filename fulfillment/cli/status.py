"""`ful status`: the floor at a glance."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click
from sqlalchemy import func, select

from fulfillment.cli.common import ago, as_json, json_option, table, with_shop
from fulfillment.shop import Shop
from jobs import attention, views
from jobs import models as m
from jobs.states import MachineState


@click.command()
@json_option
@with_shop
def status(shop: Shop, raw: bool) -> None:
    """Machines, queue, and what needs you."""
    with shop.store.read() as connection:
        machines = views.machines(connection, shop.floor)
        counts = connection.execute(select(m.jobs.c.state, func.count()).group_by(m.jobs.c.state)).all()
        calls = attention.calls(connection, shop.floor)
    live = shop.telemetry.all()
    if raw:
        as_json({"machines": machines, "jobs": dict(map(tuple, counts)), "attention": [asdict(c) for c in calls]})
        return
    table(
        ["MACHINE", "LINK", "BED", "MAKES", "SAID"],
        [(x["name"], _link(x), _bed(x), _makes(x, live.get(x["name"])), _said(x)) for x in machines],
        "No machine is on record yet: `ful up` (or `ful agent`) registers those of config.yaml.",
    )
    click.echo()
    jobs = ", ".join(f"{count} {state}" for state, count in counts)
    click.echo(f"jobs: {jobs}" if jobs else "jobs: none yet; `ful order submit FILE` brings some")
    click.echo()
    if not calls:
        click.echo("Nothing needs you.")
    for call in calls:
        click.echo(f"{click.style(call.kind, bold=True)}  {call.subject}: {call.what} -> {call.do}")


def _link(machine: dict[str, Any]) -> str:
    return str(machine["link"] if machine["state"] == MachineState.IN_SERVICE else machine["state"])


def _bed(machine: dict[str, Any]) -> str:
    return str(machine["bed"]["state"]) if machine["bed"] else "-"


def _said(machine: dict[str, Any]) -> str:
    bed = machine["bed"]
    return f"{bed['said_by']}, {ago(bed['at'])}" if bed else ""


def _makes(machine: dict[str, Any], live: dict[str, Any] | None) -> str:
    if machine["fault"]:
        return f"FAULT: {machine['fault']}"
    for job in machine["jobs"]:
        same = live is not None and live.get("attempt") == job["attempt"] and live.get("progress") is not None
        done = f" {live['progress']:.0%}" if same and live else ""
        what = job["unit_id"] or f"{len(job['pieces'])} pieces"
        return f"{what} ({job['state']}{done})"
    return "nothing"
