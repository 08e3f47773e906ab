"""`ful grid`: a test piece of powers and speeds, from which a laser's presets are read."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fulfillment.config import load_factory
from fulfillment.positions import closest

MOST = 20
"""Squares in a row or a column."""
STEPS = "FROM..TO/COUNT"


def _steps(_ctx: click.Context, _param: click.Parameter, value: str) -> tuple[float, ...]:
    """``FROM..TO/COUNT``, or one value."""
    span, _, count = value.partition("/")
    low, dots, high = span.partition("..")
    try:
        first, last, steps = float(low), float(high if dots else low), int(count or (5 if dots else 1))
    except ValueError:
        raise click.BadParameter(f"{value!r}: write FROM..TO/COUNT, such as 0.2..1/5") from None
    if not 1 <= steps <= MOST or not 0 < first <= last < 1e5 or (steps > 1 and first == last):
        raise click.BadParameter(f"{value!r}: 1 to {MOST} steps that rise, from above 0")
    step = (last - first) / max(steps - 1, 1)
    return tuple(round(first + step * number, 4) for number in range(steps))


@click.command()
@click.argument("machine")
@click.argument("material")
@click.option(
    "--power", callback=_steps, metavar=STEPS, default="0.2..1/5", show_default=True, help="Shares of full power."
)
@click.option("--speed", callback=_steps, metavar=STEPS, default="20..100/5", show_default=True, help="mm/s.")
@click.option("--interval", type=float, default=0.1, show_default=True, help="mm between the lines of a square.")
@click.option("--side", type=float, default=8.0, show_default=True, help="mm of a square.")
@click.option("--at", type=(float, float), default=(20.0, 20.0), show_default=True, help="Its corner on the bed, mm.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder to write to.")
@click.pass_obj
def grid(
    path: Path,
    machine: str,
    material: str,
    power: tuple[float, ...],
    speed: tuple[float, ...],
    interval: float,
    side: float,
    at: tuple[float, float],
    out: Path,
) -> None:
    """Make a test piece of MATERIAL for the laser MACHINE: a square for each power and speed, labelled.

    What is read from it goes into the machine's `laser: presets:` in config.yaml. Its program is checked like any
    other; `ful simulate` shows what it burns.

    \b
    ful grid laser-1 basswood --power 0.2..1/5 --speed 20..100/5 --out DIR
    """
    from fulfillment.grid import known, render
    from fulfillment.processes import Problems
    from gcode.grid import Grid
    from gcode.recipe import Place, RecipeError

    factory = load_factory(path)
    machines = {one.name: one for one in factory.config.machines}
    materials = {one.name: one for one in factory.config.materials}
    for name, there, what in ((machine, machines, "machine"), (material, materials, "material")):
        if name not in there:
            raise click.ClickException(f"no {what} is called {name!r}. {closest(name, there)}")
    chosen = materials[material]
    try:
        wanted = Grid(power, speed, side, interval)
        data, proof, manifest = render(
            machines[machine], chosen, wanted, *known(factory, machines[machine], chosen), Place(*at)
        )
    except RecipeError as error:
        raise click.ClickException(str(error)) from None
    except Problems as problems:
        raise click.ClickException(" ".join(f"{p['reason']} {p['mend']}" for p in problems.problems)) from None
    out.mkdir(parents=True, exist_ok=True)
    for name, content in (
        ("grid.gcode", data),
        ("grid.proof.png", proof),
        ("grid.manifest.json", (json.dumps(manifest, indent=2) + "\n").encode()),
    ):
        (out / name).write_bytes(content)
        click.echo(out / name)
    click.echo(f"{len(power)} powers x {len(speed)} speeds, {manifest['seconds'] / 60:.1f} min on the machine")
