"""`ful batch`: pieces that are made together, in the pockets of one jig."""

from __future__ import annotations

import click

from fulfillment.cli.common import as_json, json_option, table, who, with_shop
from fulfillment.cli.pieces import numbers
from fulfillment.gathering import Company, begin, chosen, companies
from fulfillment.shop import Shop


@click.group()
def batch() -> None:
    """See who waits for the rest of a jig, and begin one by hand."""


@batch.command("list")
@json_option
@with_shop
def list_waiting(shop: Shop, raw: bool) -> None:
    """Pieces that wait for company, and when their jig is begun without more of them."""
    waiting = companies(shop.store, shop.factory.catalog)
    if raw:
        as_json([company.view() for company in waiting])
        return
    rows = []
    for company in waiting:
        units = " ".join(job.unit_id for job in company.jobs)
        wait = f"{len(company.jobs)} of {company.room.count}"
        rows.append((company.product, company.operation, wait, _when(shop, company), units))
    table(["PRODUCT", "OPERATION", "WAIT", "BEGINS", "UNITS"], rows, "No piece waits for company.")


def _when(shop: Shop, company: Company) -> str:
    left = max(0.0, company.begins_at - shop.store.now())
    return f"in {left / 60:.0f} min"


@batch.command()
@click.argument("product")
@click.option("--operation", default="", help="Where the product is made in several: which of them.")
@click.option("--from", "first", type=int, default=1, show_default=True, help="The first pocket that is used.")
@click.option("--leave-out", metavar="N,N", default="", help="Pockets that stay empty.")
@with_shop
def make(shop: Shop, product: str, operation: str, first: int, leave_out: str) -> None:
    """Begin a jig of PRODUCT now, with the pieces that wait for it.

    \b
    ful batch make favour-cookies
    ful batch make favour-cookies --from 5 --leave-out 7,9
    """
    company = chosen(companies(shop.store, shop.factory.catalog), product, operation)
    job = begin(shop.store, company, who(), first=first, leave_out=numbers(leave_out))
    click.echo(f"{job} is rendered now; `ful job show {job}` says how it stands")
