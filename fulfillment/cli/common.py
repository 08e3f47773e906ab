"""What commands share: the shop at --config, who is asking, and how things are shown."""

from __future__ import annotations

import getpass
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import update_wrapper
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from fulfillment.shop import Shop, open_shop

P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def opened(path: Path) -> Iterator[Shop]:
    shop = open_shop(path)
    try:
        yield shop
    finally:
        shop.close()


def with_shop(function: Callable[Concatenate[Shop, P], R]) -> Callable[P, R]:
    """Hand a command the shop at --config. It works on the record directly: no daemon needs to run."""

    @click.pass_obj
    def wrapped(path: Path, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with opened(path) as shop:
            return function(shop, *args, **kwargs)

    return update_wrapper(wrapped, function)


def who() -> str:
    """The person at this terminal, for the record."""
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return "terminal"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Aligned columns, or a sentence that says what an empty list means and what to do about it."""
    lines = [[str(cell) for cell in row] for row in rows]
    if not lines:
        click.echo(empty)
        return
    widths = [max(len(line[i]) for line in [list(head), *lines]) for i in range(len(head))]
    for number, line in enumerate([list(head), *lines]):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        click.echo(click.style(text, bold=True) if number == 0 else text)


def going_on(what: str) -> None:
    """What a command waits for, for the person at the terminal. A script's standard error stays empty."""
    if sys.stderr.isatty():
        click.secho(f"{what} ...", dim=True, err=True)


def ago(at: float | None) -> str:
    """How long since a time, for people."""
    if not at:
        return "-"
    seconds = max(0.0, time.time() - at)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def as_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, default=str))


json_option = click.option("--json", "raw", is_flag=True, help="Print JSON for programs.")
