"""`ful machine`: the floor's machines and their beds."""

from __future__ import annotations

import click

from fulfillment.api.floor import machine_views
from fulfillment.cli import life, machine_find, machine_talk, machine_write
from fulfillment.cli.common import ago, as_json, json_option, table, who, with_shop
from fulfillment.cli.stop import show_stops
from fulfillment.shop import Shop
from jobs import floor


@click.group()
def machine() -> None:
    """Find, add, test and talk to machines; how they stand; clear a bed, load, clean, maintain, drain, stop."""


@machine.command("list")
@json_option
@with_shop
def list_machines(shop: Shop, raw: bool) -> None:
    """Every machine of config.yaml, as last seen."""
    machines = machine_views(shop)
    if raw:
        as_json(machines)
        return
    rows = []
    for found in machines:
        bed = found["bed"]
        said = f"{bed['state']} ({bed['said_by']}, {ago(bed['at'])}: {bed['how']})" if bed else "none"
        on = ", ".join(f"{job['attempt']} {job['state']}" for job in found["jobs"]) or "nothing"
        doing = found.get("fault") or found["activity"]
        rows.append((found["name"], found["driver"], found["state"], found["link"], doing, said, on))
    table(["MACHINE", "DRIVER", "STATE", "LINK", "ACTIVITY", "BED", "ON IT"], rows, "config.yaml names no machine.")


@machine.command()
@click.argument("name")
@click.option("--how", default="looked at it", show_default=True, help="How you know, for the record.")
@with_shop
def clear(shop: Shop, name: str, how: str) -> None:
    """Say that nothing lies on the bed of NAME. What was scrapped on it is made again.

    `ful machine dirty NAME` takes it back.
    """
    remade = floor.clear_bed(shop.store, name, how, who())
    click.echo(f"the bed of {name} is clear" + (f"; made again: {', '.join(remade)}" if remade else ""))


@machine.command()
@click.argument("name")
@click.option("--how", default="looked at it", show_default=True, help="How you know, for the record.")
@with_shop
def dirty(shop: Shop, name: str, how: str) -> None:
    """Say that something does lie on the bed of NAME."""
    floor.mark_dirty(shop.store, name, how, who())
    click.echo(f"the bed of {name} is dirty")


@machine.command()
@click.argument("name")
@with_shop
def stop(shop: Shop, name: str) -> None:
    """Emergency stop of NAME, by the shortest way that it has. Its piece fails. `ful stop` stops all."""
    show_stops(shop, [name])


@machine.command()
@click.argument("name")
@with_shop
def connect(shop: Shop, name: str) -> None:
    """Acknowledge a fault of NAME, once it is mended, and connect again."""
    floor.ask(shop.store, name, "connect", None, who())
    click.echo(f"asked {name} to connect; `ful status` shows its answer")


for topic in (machine_find, machine_write, machine_talk, life):
    for command in topic.COMMANDS:
        machine.add_command(command)
