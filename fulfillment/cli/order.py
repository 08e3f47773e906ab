"""`ful order`: work in, and how it stands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from fulfillment import labels, notes
from fulfillment.api.labels import get_label, keep
from fulfillment.api.orders import File, OrderIn, take
from fulfillment.api.problems import Problem
from fulfillment.cli.common import ago, as_json, json_option, table, who, with_shop
from fulfillment.shop import Shop
from jobs import noting, views

EXAMPLE = """An order is JSON, and files in it may be paths beside it:

\b
{"external_id": "A-1",
 "ship_to": {"name": "Ada Lovelace", "first_name": "Ada"},
 "lines": [{"product": "pop-tart", "quantity": 1,
            "fields": {"message": "Happy Birthday Ada", "photo": {"path": "cat.jpg"}},
            "options": {"flavour": "strawberry", "frosting": "chocolate"}}]}
"""


@click.group()
def order() -> None:
    """Submit orders, list and show them."""


@order.command(epilog=EXAMPLE)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@with_shop
def submit(shop: Shop, file: Path, raw: bool) -> None:
    """Take in the order in FILE. The same order submitted again makes nothing new."""
    try:
        body = json.loads(file.read_bytes())
        parsed = OrderIn.model_validate(_with_files(body, file.parent, shop))
        received = take(shop, parsed, who())
    except (ValueError, RecursionError) as error:
        raise click.ClickException(_explained(file, error)) from None
    except Problem as problem:
        raise click.ClickException(problem.detail) from None
    if raw:
        as_json({"id": received.order_id, "new": received.new, "same": received.same})
    elif not received.same:
        text = f"{received.order_id} is on record under that external_id and says something else; it was left as it was"
        raise click.ClickException(text)
    else:
        click.echo(f"{received.order_id} {'taken in' if received.new else 'is on record already: nothing new is made'}")
        click.echo(f"`ful order show {received.order_id}` says how it stands")


def _with_files(body: Any, folder: Path, shop: Shop) -> Any:
    """Replace ``{"path": ...}`` by the digest of that file, put into the artifact store."""
    for line in body.get("lines", []) if isinstance(body, dict) else []:
        fields = line.get("fields", {}) if isinstance(line, dict) else {}
        for name, value in fields.items() if isinstance(fields, dict) else ():
            if isinstance(value, dict) and set(value) == {"path"}:
                data = _read(folder / str(value["path"]), name)
                fields[name] = File(sha256=shop.artifacts.put(data)).model_dump(exclude_none=True)
    return body


def _read(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{field}: {path} cannot be read: {error.strerror}") from None


def _explained(file: Path, error: Exception) -> str:
    if isinstance(error, ValidationError):
        lines = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        return "\n".join([f"{file} is no order as we know it:", *lines, "`ful order submit --help` shows one"])
    return f"{file} is no JSON: {error}"


@order.command("list")
@click.option("--state", type=click.Choice(["open", "done", "cancelled"]), help="Only these.")
@json_option
@with_shop
def list_orders(shop: Shop, state: str | None, raw: bool) -> None:
    """The newest orders first."""
    with shop.store.read() as connection:
        orders = views.orders(connection, state=state)
    if raw:
        as_json(orders)
        return
    table(
        ["ORDER", "SOURCE", "THEIR ID", "STATE", "UNITS", "RECEIVED"],
        [
            (o["id"], o["source"], o["external_id"], o["state"], _counted(o["units"]), ago(o["received_at"]))
            for o in orders
        ],
        "No orders yet: `ful order submit FILE` brings one, and its --help shows how one looks.",
    )


def _counted(units: list[dict[str, Any]]) -> str:
    states = [unit["state"] for unit in units]
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states)) or "none is ours"


@order.command()
@click.argument("order_id")
@json_option
@with_shop
def show(shop: Shop, order_id: str, raw: bool) -> None:
    """One order: its units, what was asked, and where each stands."""
    with shop.store.read() as connection:
        found = views.order(connection, order_id, shop.floor)
    if raw:
        as_json(found)
        return
    click.echo(
        f"{found['id']}  {found['source']} {found['external_id']}  {found['state']}  {ago(found['received_at'])}"
    )
    for line in found["lines"]:
        ours = line["product"] or "not ours to make (its sku is not mapped)"
        click.echo(f"  {line['quantity']} x {line['sku']}: {ours}")
    for unit in found["units"]:
        show_unit(unit)


def show_unit(unit: dict[str, Any]) -> None:
    """A unit with its operations, jobs and reasons."""
    click.echo(f"\n{click.style(unit['id'], bold=True)}  {unit['product']}  {unit['state']}")
    for problem in unit["problems"]:
        click.echo(f"  {problem['field'] or 'unit'}: {problem['reason']} {problem['mend']}")
    for operation in unit["operations"]:
        by = f" by {operation['done_by']}" if operation["done_by"] else ""
        click.echo(f"  {operation['name']}: {operation['state']}{by}")
        for job in operation["jobs"]:
            click.echo(f"    {job['id']} {job['state']} {job['why']}".rstrip())
            for reason in job["waits"]:
                click.echo(f"      waits: {reason['text']} -> {reason['frees']}")


@order.command()
@click.argument("order_id")
@click.argument("text", required=False)
@click.option("--rule", is_flag=True, help="Have it written by rule again.")
@click.option("--undo", is_flag=True, help="Have it say what it said before it was written the last time.")
@json_option
@with_shop
def note(shop: Shop, order_id: str, text: str | None, rule: bool, undo: bool, raw: bool) -> None:
    """Show the personal note of an order, or write it by hand, until its paper is made.

    \b
    ful order note O-7F3K2QXM
    ful order note O-7F3K2QXM "For the best bakers next door."
    ful order note O-7F3K2QXM --undo
    """
    if (text is not None) + rule + undo > 1:
        raise click.UsageError("give a TEXT, or --rule, or --undo")
    papers = notes.papers(shop.store, shop.factory, order_id)
    if undo:
        noting.take_back(shop.store, order_id, papers, who())
    elif rule or text is not None:
        noting.write(shop.store, order_id, (text or "").strip(), papers, who())
    with shop.store.read() as connection:
        found = notes.view(connection, shop.factory, order_id)
    if raw:
        as_json(found)
        return
    click.echo(found["text"] or "(forgotten)")
    rule_ = f"rule {found['rule']} of config.yaml" if found["rule"] else "the house's own words"
    where = f"on the card {found['card']['unit']} ({found['card']['state']})" if found["card"] else "on the slip"
    click.echo(click.style(f"written {'by hand' if found['hand'] else 'by ' + rule_}, {where}", dim=True))


@order.command()
@click.argument("order_id")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dpi", type=click.Choice([str(head) for head in labels.HEADS]), default=str(labels.DPI), help="Of ZPL.")
@json_option
@with_shop
def label(shop: Shop, order_id: str, file: Path | None, dpi: str, raw: bool) -> None:
    """Send the shipping label of an order: a carrier's PDF or ZPL in FILE; without FILE, show what is on record.

    One label for the whole order, or one for each of its pieces. Another one may be sent until the first is printed.
    """
    from fulfillment.labels.pages import inspect  # loads what reads PDFs: of all commands this one alone

    found = get_label(order_id, shop, who())
    if file is not None:
        if file.stat().st_size > labels.MOST_BYTES:
            raise click.ClickException(f"{file} is over {labels.MOST_BYTES // 2**20} MB: that is no label")
        data = file.read_bytes()
        try:
            seen = inspect(data, len(found["pieces"]), int(dpi))
        except labels.LabelRefused as refused:
            lines = [f"  {one['reason']} {one['mend']}" for one in refused.problems]
            raise click.ClickException("\n".join([f"{file} cannot be printed:", *lines])) from None
        keep(shop, order_id, shop.artifacts.put(data), seen, who())
        for warning in seen.warnings:
            click.echo(click.style(warning, dim=True), err=True)
        found = get_label(order_id, shop, who())
    if raw:
        as_json(found)
    elif not found["pieces"]:
        click.echo(f"nothing of {order_id} prints a shipping label")
    elif found["label"] is None:
        click.echo(f"{order_id} waits for its shipping label, for {', '.join(found['pieces'])}")
    else:
        on_record = found["label"]
        count = "1 label for all of it" if on_record["pages"] == 1 else f"{on_record['pages']} labels, one a piece"
        click.echo(f"{order_id} has {count} ({on_record['media_type']}), for {', '.join(on_record['units'])}")
