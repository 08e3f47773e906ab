"""`ful unit`: single pieces."""

from __future__ import annotations

import click

from fulfillment.cli.common import as_json, json_option, who, with_shop
from fulfillment.cli.order import show_unit
from fulfillment.shop import Shop
from jobs import route, views


@click.group()
def unit() -> None:
    """Show, release, cancel and pack single pieces. A unit's code stands on its slip."""


@unit.command()
@click.argument("unit_id")
@json_option
@with_shop
def show(shop: Shop, unit_id: str, raw: bool) -> None:
    """One piece: its operations, jobs, and why it waits."""
    with shop.store.read() as connection:
        found = views.unit(connection, unit_id, shop.floor)
    if raw:
        as_json(found)
    else:
        show_unit(found)


@unit.command()
@click.argument("unit_id")
@with_shop
def release(shop: Shop, unit_id: str) -> None:
    """Let a held unit go on; what was scrapped of it is made again."""
    with shop.store.write(who()) as tx:
        route.release_unit(tx, unit_id)
    click.echo(f"{unit_id} goes on")


@unit.command()
@click.argument("unit_id")
@with_shop
def cancel(shop: Shop, unit_id: str) -> None:
    """Do not make it. Refused while a machine has it in hand."""
    with shop.store.write(who()) as tx:
        route.cancel_unit(tx, unit_id)
    click.echo(f"{unit_id} is cancelled")


@unit.command()
@click.argument("unit_id")
@click.argument("operation", default="pack")
@click.option("--note", default="", help="The code on the order's note, which goes with its last piece.")
@with_shop
def done(shop: Shop, unit_id: str, operation: str, note: str) -> None:
    """Say that OPERATION (pack, if none is named) was done by hand."""
    with shop.store.write(who()) as tx:
        route.done_by_person(tx, unit_id, operation, note)
    click.echo(f"{unit_id}: {operation} done")
