"""`ful stop`: the emergency stop of one machine, of several, or of all."""

from __future__ import annotations

from collections.abc import Sequence

import click

from fulfillment import emergency
from fulfillment.cli.common import who, with_shop
from fulfillment.shop import Shop


@click.command()
@click.argument("names", nargs=-1)
@with_shop
def stop(shop: Shop, names: tuple[str, ...]) -> None:
    """Emergency stop of the machines NAMES, or of all of them, past every queue. Their pieces fail.

    It asks nothing first. Software cannot promise a stop: where there is danger, cut the power. A machine stays stopped
    until `ful machine connect NAME`.
    """
    show_stops(shop, names or None)


def show_stops(shop: Shop, names: Sequence[str] | None) -> None:
    """Stop, and say of each machine what became of it, as soon as it is known."""
    for stopped in emergency.stop(shop, names, who()):
        time = "" if stopped.seconds is None else f" ({stopped.seconds * 1000:.0f} ms)"
        click.echo(f"{click.style(stopped.machine, bold=True)}{time}: {stopped.said}")
