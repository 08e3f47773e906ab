"""`ful key`: who may use the API."""

from __future__ import annotations

import click

from fulfillment.api.guard import RIGHTS, keys, new_key, revoke_key
from fulfillment.cli.common import ago, as_json, json_option, table, who, with_shop
from fulfillment.shop import Shop


@click.group()
def key() -> None:
    """Make, list and revoke API keys. They are asked for where config.yaml says web.keys_required: true."""


@key.command()
@click.argument("name")
@click.option(
    "--may", type=click.Choice(RIGHTS), multiple=True, default=["read"], show_default=True, help="Repeatable."
)
@with_shop
def add(shop: Shop, name: str, may: tuple[str, ...]) -> None:
    """Make a key for NAME. It is shown once; the record keeps its digest only."""
    click.echo(new_key(shop.store, name, list(may), who()))


@key.command("list")
@json_option
@with_shop
def list_keys(shop: Shop, raw: bool) -> None:
    """Names, rights and dates; never the keys themselves."""
    found = keys(shop.store)
    if raw:
        as_json(found)
        return
    rows = [(k["name"], ", ".join(k["may"]), ago(k["created_at"]), ago(k["revoked_at"])) for k in found]
    table(["NAME", "MAY", "MADE", "REVOKED"], rows, "There is no key: `ful key add NAME --may order` makes one.")


@key.command()
@click.argument("name")
@with_shop
def revoke(shop: Shop, name: str) -> None:
    """Make the key of NAME worthless, at once."""
    revoke_key(shop.store, name, who())
    click.echo(f"the key of {name} opens nothing any more")
