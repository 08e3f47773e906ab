"""`ful product`: what this factory can be asked for."""

from __future__ import annotations

from pathlib import Path

import click

from fulfillment.catalog import Product
from fulfillment.cli.common import as_json, json_option, table
from fulfillment.config import load_factory
from fulfillment.describe import described, lines
from fulfillment.example import command
from fulfillment.positions import closest


@click.group()
def product() -> None:
    """The catalog: what a customer may send, pick and set for each product, and how it is made."""


@product.command("list")
@json_option
@click.pass_obj
def list_products(path: Path, raw: bool) -> None:
    """Every product of the catalog."""
    found = load_factory(path).catalog.products
    if raw:
        as_json([described(one) for one in found.values()])
        return
    rows = [(name, one.title, ", ".join(_asked(one)), " > ".join(_processes(one))) for name, one in found.items()]
    table(["PRODUCT", "TITLE", "ASKS FOR", "MADE BY"], rows, "The catalog is empty: add a file to its folder.")


@product.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(path: Path, name: str, raw: bool) -> None:
    """What NAME asks for: fields, options, parameters with their rules, and its route.

    \b
    ful product show pop-tart
    ful product show pop-tart --json
    """
    found = load_factory(path).catalog.products
    if name not in found:
        raise click.ClickException(f"no product is called {name!r}. {closest(name, found)}")
    if raw:
        as_json(described(found[name]))
        return
    for line in lines(found[name]):
        click.echo(line)
    click.echo(f"\nTry it:\n  {command(found[name])}")


def _asked(one: Product) -> list[str]:
    return [*one.fields, *one.options, *one.parameters]


def _processes(one: Product) -> list[str]:
    return [process for name in one.order() if (process := one.route[name].process) and process != "document"]
