"""`ful render`: from a product and a customer's words to artifact, manifest and proof, without any daemon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from fulfillment import personalization
from fulfillment.config import Factory, load_factory
from fulfillment.planning import problems_text, specification
from fulfillment.processes import Problems
from fulfillment.render.work import render as render_spec
from jobs.artifacts import ArtifactStore

ENDINGS = {"text/x-gcode": ".gcode", "application/pdf": ".pdf"}


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
@click.option("--option", "options", multiple=True, metavar="OPTION=CHOICE", help="A choice. Repeatable.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write to.")
@click.pass_obj
def render(
    path: Path, product: str, texts: tuple[str, ...], files: tuple[str, ...], options: tuple[str, ...], out: Path
) -> None:
    """Render PRODUCT as its machines would get it: artifact, manifest (sha256, needs, bounds, time), proof.

    \b
    ful render pop-tart --text message="Happy Birthday Ada" --file photo=cat.jpg --out DIR
    """
    factory = load_factory(path)
    if product not in factory.catalog:
        known = ", ".join(sorted(factory.catalog.products))
        raise click.ClickException(f"no product is called {product!r}; there are: {known}")
    entry = factory.catalog[product]
    data = {name: _read(Path(file), name) for name, file in _pairs(files, "--file").items()}
    found = personalization.check(entry, _pairs(texts, "--text"), _pairs(options, "--option"), data)
    if isinstance(found, list):
        raise click.ClickException(f"{entry.title} cannot be made like this:\n{problems_text(found)}")
    store = ArtifactStore(out / ".artifacts")
    photos = {name: store.put(data[name]) for name in found.files}
    resolved = {"texts": found.texts, "photos": photos, "options": found.options, "parameters": found.parameters}
    for name in entry.order():
        if entry.route[name].fields:
            _render_one(factory, product, name, resolved, store, out)


def _render_one(
    factory: Factory, product: str, operation: str, resolved: dict[str, Any], store: ArtifactStore, out: Path
) -> None:
    try:
        made = render_spec(specification(factory, product, operation, resolved), store.folder)
    except Problems as problems:
        lines = [f"  {p['field'] or operation}: {p['reason']} {p['mend']}" for p in problems.problems]
        raise click.ClickException("\n".join([f"{operation} cannot be made like this:", *lines])) from None
    artifact = out / f"{operation}{ENDINGS.get(made.media_type, '.bin')}"
    artifact.write_bytes(store.get(made.sha256))
    manifest = out / f"{operation}.manifest.json"
    manifest.write_text(json.dumps(dict(made.manifest), indent=2, default=str) + "\n")
    click.echo(f"{artifact}  {made.size:,} bytes, {made.manifest.get('seconds', 0) / 60:.1f} min on the machine")
    click.echo(f"{manifest}")
    if made.proof:
        proof = out / f"{operation}.proof.png"
        proof.write_bytes(store.get(made.proof))
        click.echo(f"{proof}")


def _read(path: Path, field: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"--file {field}={path}: {error.strerror}") from None
