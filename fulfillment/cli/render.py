"""`ful render`: from a product and a customer's words to artifact, manifest and proof, without any daemon."""

from __future__ import annotations

from pathlib import Path

import click

from fulfillment import example as examples
from fulfillment.cli.pieces import numbers
from fulfillment.cli.pieces import orders as in_file
from fulfillment.config import load_factory
from fulfillment.gathering import filled
from fulfillment.offline import Done, NotMade, Order, rendered_together
from jobs.store import Refused


def _pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    found = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals:
            raise click.BadParameter(f"{value!r}: write NAME=VALUE", param_hint=option)
        found[name] = rest
    return found


@click.command()
@click.argument("product")
@click.option("--text", "texts", multiple=True, metavar="FIELD=WORDS", help="A text of the customer. Repeatable.")
@click.option("--file", "files", multiple=True, metavar="FIELD=PATH", help="A file of the customer. Repeatable.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="A choice or parameter. Repeatable.")
@click.option("--example", is_flag=True, help="Begin with the product's own example; what else is said wins.")
@click.option(
    "--pieces",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="Several pieces in one jig: a row each, its columns are fields and options.",
)
@click.option("--jig", "whole_jig", is_flag=True, help="Several pieces in one jig: the product's own example of it.")
@click.option("--from", "first", type=int, default=1, show_default=True, help="The first pocket of the jig.")
@click.option("--leave-out", metavar="N,N", default="", help="Pockets of the jig that stay empty.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write to.")
@click.pass_obj
def render(
    path: Path,
    product: str,
    texts: tuple[str, ...],
    files: tuple[str, ...],
    options: tuple[str, ...],
    example: bool,
    pieces: Path | None,
    whole_jig: bool,
    first: int,
    leave_out: str,
    out: Path,
) -> None:
    """Render PRODUCT as its machines would get it: artifact, manifest (sha256, needs, bounds, time), proof.

    \b
    ful render pop-tart --text message="Happy Birthday Ada" --file photo=cat.jpg --out DIR
    ful render guitar-pick --example --out DIR
    ful render favour-cookies --jig --from 5 --leave-out 7,9 --out DIR
    """
    factory = load_factory(path)
    if product not in factory.catalog:
        known = ", ".join(sorted(factory.catalog.products))
        raise click.ClickException(f"no product is called {product!r}; there are: {known}")
    entry = factory.catalog[product]
    sample = examples.order(entry) if example else Order()
    paths = dict(sample.files) | {name: Path(file) for name, file in _pairs(files, "--file").items()}
    order = Order(
        dict(sample.texts) | _pairs(texts, "--text"),
        paths,
        dict(sample.options) | _pairs(options, "--option"),
    )
    if whole_jig and pieces:
        raise click.UsageError("--jig makes the product's own pieces, --pieces those of a file: say one of them")
    orders = examples.jig(entry) if whole_jig else in_file(entry, order, pieces) if pieces else [order]
    if not orders:
        raise click.ClickException(f"{product} has no example of a jig: write one, `example: {{together: [...]}}`")
    data = [{name: _read(file, name) for name, file in one.files.items()} for one in orders]
    try:
        pockets = filled(entry, len(orders), first, numbers(leave_out))
        for done in rendered_together(factory, product, list(zip(orders, data, strict=True)), pockets, out):
            _say(done)
    except (NotMade, Refused) as refused:
        raise click.ClickException(str(refused)) from None


def _say(done: Done) -> None:
    click.echo(
        f"{done.artifact}  {done.made.size:,} bytes, {done.made.manifest.get('seconds', 0) / 60:.1f} min on the machine"
    )
    click.echo(f"{done.manifest}")
    if done.proof:
        click.echo(f"{done.proof}")
    for path in done.besides:
        click.echo(f"{path}")


def _read(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"--file {field}={path}: {error.strerror}") from None
