"""`ful machine ...`: in service and out of it, what is loaded, cleaning and upkeep. Each can be taken back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from fulfillment import loads
from fulfillment.api.floor import machine_view
from fulfillment.cli.common import ago, as_json, json_option, table, who, with_shop
from fulfillment.config import Machine
from fulfillment.shop import Shop
from jobs import upkeep
from jobs.condition import amount
from jobs.fits import Measure
from jobs.states import MachineState

VOLUME = re.compile(r"(\d+(?:\.\d+)?) ?(ml|m)")


why_option = click.option("--why", required=True, help="The reason, for the record.")


@click.command()
@click.argument("name")
@why_option
@with_shop
def drain(shop: Shop, name: str, why: str) -> None:
    """Let NAME finish what it has and take nothing more; then it is out of service.

    `ful machine in-service NAME` takes it back.
    """
    loads.offer_at(shop, name, who())
    state = upkeep.drain(shop.store, name, why, who())
    click.echo(f"{name} is {state}" + (": it takes nothing more" if state is MachineState.DRAINING else ""))


@click.command("out-of-service")
@click.argument("name")
@why_option
@with_shop
def out_of_service(shop: Shop, name: str, why: str) -> None:
    """Take NAME out of service: it takes no job. Refused while a job runs on it (`ful machine drain` waits for it)."""
    loads.offer_at(shop, name, who())
    upkeep.take_out(shop.store, name, why, who())
    click.echo(f"{name} is out of service")


@click.command("in-service")
@click.argument("name")
@click.option("--why", default="", help="The reason, for the record.")
@with_shop
def in_service(shop: Shop, name: str, why: str) -> None:
    """Put NAME back in service."""
    loads.offer_at(shop, name, who())
    upkeep.put_back(shop.store, name, why, who())
    click.echo(f"{name} is in service")


@click.command()
@click.argument("name")
@click.argument("material")
@click.option("--volume", metavar="60ml", help="How much of it: ml, or m of filament. None: it is not counted.")
@click.option("--lot", help="The lot that stands on it.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it may be used.")
@click.option("--instead", is_flag=True, help="It was put in the last time, and something else was said.")
@with_shop
def load(
    shop: Shop, name: str, material: str, volume: str | None, lot: str | None, expires: datetime | None, instead: bool
) -> None:
    """Say that MATERIAL was put into NAME. What is left of it is counted down from --volume.

    `ful machine undo NAME` takes it back as long as nothing was made of it; after that, --instead corrects it, and
    every piece that was made since is held.
    """
    machine = loads.machine_at(shop, name)
    said = loads.Said(material, _volume(volume, machine), lot, expires.date() if expires else None)
    loads.offer_at(shop, name, who())
    held = upkeep.load(shop.store, name, loads.load_from(shop, said), who(), instead=instead)
    much = f", {volume}" if volume else ""
    click.echo(f"{name} is loaded with {material}{much}")
    _show_suspects(held)


def _volume(written: str | None, machine: Machine) -> float | None:
    """mm3 of "60ml" or of "300 m" of filament."""
    if written is None:
        return None
    found = VOLUME.fullmatch(written.strip())
    if found is None:
        raise click.BadParameter(f"{written!r}: write such as 60ml, or 300m of filament", param_hint="--volume")
    if found[2] == "ml":
        return float(found[1]) * 1000
    if machine.e_area is None:
        raise click.BadParameter(f"{machine.name} has no e_area: write it in ml", param_hint="--volume")
    return float(found[1]) * 1000 * machine.e_area


@click.command()
@click.argument("name")
@click.option("--how", required=True, help="How it was cleaned, for the record.")
@with_shop
def cleaned(shop: Shop, name: str, how: str) -> None:
    """Say that NAME was cleaned: nothing is on it that touched it before. `ful machine undo NAME` takes it back."""
    loads.offer_at(shop, name, who())
    upkeep.cleaned(shop.store, name, how, who())
    click.echo(f"{name} is clean")


@click.command()
@click.argument("name")
@click.argument("task")
@click.option("--note", default="", help="What was found or replaced, for the record.")
@with_shop
def maintained(shop: Shop, name: str, task: str, note: str) -> None:
    """Say that TASK of NAME was done: its interval begins anew. `ful machine undo NAME` takes it back."""
    upkeep.maintained(shop.store, loads.offer_at(shop, name, who()), task, note, who())
    click.echo(f"{name}: {task} done")


@click.command()
@click.argument("name")
@why_option
@with_shop
def undo(shop: Shop, name: str, why: str) -> None:
    """Take back the last that was said of NAME: loaded, cleaned or maintained.

    What was made since on the word that it was clean is held, where it may not contain what was on it.
    """
    held = upkeep.undo(shop.store, name, why, who())
    click.echo(f"taken back; `ful machine show {name}` says how it stands")
    _show_suspects(held)


def _show_suspects(units: Sequence[str]) -> None:
    if units:
        click.echo(f"look at these pieces, which were made since: {', '.join(units)}")


@click.command()
@click.argument("name")
@json_option
@with_shop
def show(shop: Shop, name: str, raw: bool) -> None:
    """How NAME stands: what is in it, what touched it, its upkeep, and what keeps it from taking jobs."""
    loads.machine_at(shop, name)
    found = machine_view(shop, name)
    if raw:
        as_json(found)
        return
    click.echo(f"{name}: {found['state']}{_because(found)}, {found['link']}")
    click.echo(f"loaded: {_loaded(found['loaded'])}")
    click.echo(f"touched by: {', '.join(found['traces']['allergens']) or 'no allergens'}{_cleaning(found['traces'])}")
    count = found["counters"]
    work, used = amount(count["seconds"], Measure.SECONDS), amount(count["volume"], Measure.VOLUME)
    click.echo(f"has done: {amount(count['jobs'], Measure.JOBS)}, {work} of work, {used} of material")
    for pace in found["paces"]:
        click.echo(f"{pace['process']}: {pace['text']}")
    if not found["paces"]:
        click.echo("how long it takes: as estimated, not yet corrected: no runs")
    click.echo()
    rows = [(x["name"], x["every"], x["run"], _state(x), f"{x['by']} {ago(x['at'])}".strip()) for x in found["upkeep"]]
    table(["TASK", "EVERY", "SINCE", "", "LAST"], rows, "config.yaml names no maintenance for it.")
    for reason in found["keeps"]:
        click.echo(f"{reason['text']} -> {reason['frees']}")


def _because(machine: dict[str, Any]) -> str:
    return f" ({machine['state_by']}: {machine['state_why']})" if machine["state_why"] else ""


def _loaded(loaded: dict[str, Any] | None) -> str:
    if loaded is None:
        return "nothing that anybody has said"
    left = "not counted" if loaded["left"] is None else f"{amount(loaded['left'], Measure.VOLUME)} left"
    lot = f", lot {loaded['lot']}" if loaded["lot"] else ""
    until = f", until {loaded['expires']}" if loaded["expires"] else ""
    return f"{loaded['material']}, {left}{lot}{until} ({loaded['by']}, {ago(loaded['at'])})"


def _cleaning(traces: dict[str, Any]) -> str:
    if traces["cleaned_at"] is None:
        return "; nobody has said that it was cleaned"
    return f"; cleaned by {traces['cleaned_by']} {ago(traces['cleaned_at'])}: {traces['how']}"


def _state(task: dict[str, Any]) -> str:
    if not task["due"]:
        return ""
    return "DUE, takes nothing" if task["blocks"] else "due"


COMMANDS: tuple[click.Command, ...] = (show, drain, out_of_service, in_service, load, cleaned, maintained, undo)
