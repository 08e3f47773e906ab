"""`ful paper`: lists of the floor, and the papers of pieces, as PDF files to print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fulfillment.cli.common import as_json, json_option, table, with_shop
from fulfillment.lists.asking import Asked, known, ready
from fulfillment.lists.drawn import pdf
from fulfillment.papers import languages
from fulfillment.processes import Problems
from fulfillment.shop import Shop


@click.group()
def paper() -> None:
    """Pick list, kitting list, jig sheet, slip, traveler: what there is, what one says, and as a file to print."""


def _which(command: Callable[..., Any]) -> Callable[..., Any]:
    """The paper that is asked for, as all commands take it."""
    for option in (
        click.option("--example", is_flag=True, help="With the facts of an order that nobody placed."),
        click.option("--size", default="", help="Paper size, such as a4; none: the factory's own."),
        click.option("--language", default="", help=f"One of {' '.join(languages())}; none: the factory's own."),
        click.argument("about", default=""),
        click.argument("name"),
    ):
        command = option(command)
    return command


@paper.command("list")
@json_option
@with_shop
def list_papers(shop: Shop, raw: bool) -> None:
    """Every paper that this factory prints, and what each is about."""
    found = known(shop.factory)
    if raw:
        as_json(found)
        return
    rows = [(one["name"], one["about"] or "the floor", " ".join(one["sizes"]), one["title"]) for one in found]
    table(["PAPER", "ABOUT", "SIZES", "TITLE"], rows, "No paper is known: `ful config check` says what is wrong.")
    click.echo(f"Languages: {' '.join(languages())}")


@paper.command()
@_which
@json_option
@with_shop
def show(shop: Shop, name: str, about: str, language: str, size: str, example: bool, raw: bool) -> None:
    """What a paper says, in the terminal. ABOUT: the unit, order or batch that it is about.

    \b
    ful paper show pick-list
    ful paper show kitting-list O-7F3K2QXM
    """
    found = ready(shop, Asked(name, about, example, language, size))
    if raw:
        as_json(dict(found.facts))
        return
    for key, value in found.facts.items():
        if isinstance(value, str):
            click.echo(f"{key}: {value}" if value else f"{key}: -")
    for key, items in found.facts.items():
        if not isinstance(items, str):
            click.echo(f"\n{click.style(key, bold=True)}")
            heads = list(dict.fromkeys(head for item in items for head in item))
            rows = [[item.get(head, "").replace("\n", "; ") for head in heads] for item in items]
            table([head.upper() for head in heads], rows, "none")


@paper.command("print")
@_which
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; none: NAME.pdf, or NAME-ABOUT.pdf.",
)
@with_shop
def print_paper(shop: Shop, name: str, about: str, language: str, size: str, example: bool, out: Path | None) -> None:
    """Write a paper as a PDF, to be sent to any printer. ABOUT: the unit, order or batch that it is about.

    \b
    ful paper print pick-list
    ful paper print kitting-list O-7F3K2QXM --size a5
    ful paper print jig-sheet J-7F3K2QXM --out jig.pdf
    ful paper print slip U-7F3K2QXM --language de
    """
    found = ready(shop, Asked(name, about, example, language, size))
    try:
        data = pdf(found, shop.artifacts.folder)
    except Problems as problems:
        raise click.ClickException(str(problems)) from None
    path = out or Path(f"{name}-{about.strip().upper()}.pdf" if about else f"{name}.pdf")
    path.write_bytes(data)
    click.echo(f"{path}  {len(data):,} bytes")
