"""`ful simulate`: what would this artifact become on that machine? Its simulator answers, through the real driver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from fulfillment.config import load_factory
from fulfillment.machines import GCODE
from fulfillment.offline import ENDINGS
from fulfillment.positions import closest
from fulfillment.rehearsal import blank, rehearsal, view
from fulfillment.twin import NoSimulator


@click.command()
@click.argument("artifact", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--machine", "name", required=True, help="A machine of config.yaml that names a simulator.")
@click.option("--product", "product_name", help="The product whose piece lies on the bed; none: what config.yaml says.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Write what came out here (PNG).")
@click.option(
    "--lying",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The --picture of the operation before: what lies on the product's piece already.",
)
@click.option("--speed", default="max", show_default=True, help="1, 20, or max.")
@click.option("--fault", "faults", multiple=True, metavar="KIND@line=N", help="Let it go wrong. Repeatable.")
@click.pass_obj
def simulate(
    path: Path,
    artifact: Path,
    name: str,
    product_name: str | None,
    picture: Path | None,
    lying: Path | None,
    speed: str,
    faults: tuple[str, ...],
) -> None:
    """Run ARTIFACT on the simulator of a machine, through the same driver that drives the real one.

    Exit status 0: it was made. `python -m simulators marlin --help` lists the faults.

    \b
    ful render guitar-pick --text name=Ada --out DIR
    ful simulate DIR/engrave.gcode --machine laser-1 --product guitar-pick --picture made.png
    """
    factory = load_factory(path)
    try:
        machine = factory.config.machine(name)
    except KeyError:
        raise click.ClickException(f"config.yaml names no machine {name!r}") from None
    products = factory.catalog.products
    if product_name is not None and product_name not in products:
        raise click.ClickException(f"no product is called {product_name!r}. {closest(product_name, products)}")
    product = products[product_name] if product_name else None
    if lying is not None and product is None:
        raise click.BadParameter("say the --product whose piece it lies on", param_hint="--lying")
    extra = ["--speed", speed, *(word for fault in faults for word in ("--fault", fault))]
    # What marks the piece is what is in the machine.
    loaded = factory.config.material(machine.material) if machine.material else None
    look = view(product, machine) if product else _camera(machine.camera or "")
    try:
        with (
            rehearsal(
                machine, [*extra, *(blank(product, machine, loaded, lying=lying) if product else ())]
            ) as rehearsed,
            click.progressbar(length=1000, label="simulating") as bar,
        ):
            media_type, ticket = _asked(artifact)
            why = rehearsed.run(
                artifact, media_type, lambda fraction: bar.update(int(fraction * 1000) - bar.pos), ticket
            )
            if picture:
                picture.write_bytes(rehearsed.room.picture(**look))
    except NoSimulator as missing:
        raise click.ClickException(str(missing)) from None
    if why:
        raise click.ClickException(f"it failed: {why}")
    click.echo("made" + (f"; see {picture}" if picture else ""))


def _asked(artifact: Path) -> tuple[str, Mapping[str, float | str]]:
    """What the file is, and what it asks of a printer: as its manifest beside it says, where it has one."""
    try:
        needs = json.loads(artifact.with_suffix(".manifest.json").read_bytes())["needs"]
        return str(needs["media_type"]), dict(needs.get("ticket") or {})
    except (OSError, ValueError, KeyError, TypeError):
        endings = {ending: media_type for media_type, ending in ENDINGS.items()}
        return endings.get(artifact.suffix.lower(), GCODE), {}


def _camera(url: str) -> dict[str, str]:
    """What the machine's own camera looks at."""
    _, _, query = url.partition("?")
    return dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
