"""`ful config`: every mistake at once, and what each key means."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fulfillment.config import check as check_config
from fulfillment.config import reference as config_reference


@click.group()
def config() -> None:
    """Check config.yaml, and explain its keys."""


@config.command()
@click.pass_obj
def check(path: Path) -> None:
    """Name every problem of the configuration and of its catalog, each with its line and its mend."""
    problems = check_config(path)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems)} problem{'s' if len(problems) > 1 else ''}")
        sys.exit(1)
    click.echo(f"{path}: no problem found")


@config.command()
def reference() -> None:
    """Print every key with its type, unit, default and meaning (markdown)."""
    click.echo(config_reference())
