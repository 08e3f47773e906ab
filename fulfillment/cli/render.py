"""`ful render`: from a product and a customer's words to artifact, manifest and proof, without any daemon."""

from __future__ import annotations

from pathlib import Path

import click

from fulfillment import example as examples
from fulfillment.config import load_factory
from fulfillment.offline import Done, NotMade, Order, rendered


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
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write to.")
@click.pass_obj
def render(
    path: Path,
    product: str,
    texts: tuple[str, ...],
    files: tuple[str, ...],
    options: tuple[str, ...],
    example: bool,
    out: Path,
) -> None:
    """Render PRODUCT as its machines would get it: artifact, manifest (sha256, needs, bounds, time), proof.

    \b
    ful render pop-tart --text message="Happy Birthday Ada" --file photo=cat.jpg --out DIR
    ful render guitar-pick --example --out DIR
    """
    factory = load_factory(path)
    if product not in factory.catalog:
        known = ", ".join(sorted(factory.catalog.products))
        raise click.ClickException(f"no product is called {product!r}; there are: {known}")
    sample = examples.order(factory.catalog[product]) if example else Order()
    paths = dict(sample.files) | {name: Path(file) for name, file in _pairs(files, "--file").items()}
    order = Order(
        dict(sample.texts) | _pairs(texts, "--text"),
        paths,
        dict(sample.options) | _pairs(options, "--option"),
    )
    data = {name: _read(file, name) for name, file in order.files.items()}
    try:
        for done in rendered(factory, product, order, data, out):
            _say(done)
    except NotMade as refused:
        raise click.ClickException(str(refused)) from None


def _say(done: Done) -> None:
    click.echo(
        f"{done.artifact}  {done.made.size:,} bytes, {done.made.manifest.get('seconds', 0) / 60:.1f} min on the machine"
    )
    click.echo(f"{done.manifest}")
    if done.proof:
        click.echo(f"{done.proof}")


def _read(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"--file {field}={path}: {error.strerror}") from None
