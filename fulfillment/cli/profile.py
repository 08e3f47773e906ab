"""`ful profile`: how things are printed, and which file says so."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

import click

from fulfillment.catalog.recipes import Window
from fulfillment.cli.common import as_json, json_option, table
from fulfillment.config import Factory, load_factory
from fulfillment.positions import closest
from fulfillment.profiles import SHIPPED, NoProfile, Resolved, Value, resolved
from fulfillment.profiles.models import FOLDERS


@click.group()
def profile() -> None:
    """How plastic is printed: qualities, nozzles and materials, each a file that may be changed (docs/profiles.md)."""


@profile.command("list")
@json_option
@click.pass_obj
def list_profiles(path: Path, raw: bool) -> None:
    """Every file of profiles, the factory's own and the shipped ones."""
    profiles = load_factory(path).profiles
    rows = [
        (folder, name, str(versions[0].says.get("title", "")), _where(versions[0].path))
        for folder in FOLDERS
        for name, versions in sorted(profiles.files[folder].items())
    ]
    if raw:
        as_json([dict(zip(("folder", "name", "title", "file"), row, strict=True)) for row in rows])
        return
    table(["FOLDER", "NAME", "TITLE", "FILE"], rows, "There are no profiles.")


@profile.command()
@click.argument("material")
@click.option("--quality", default="normal", show_default=True, help="A file of qualities/.")
@click.option("--nozzle", type=float, help="Its diameter in mm; none: that of the factory's first printer of plastic.")
@json_option
@click.pass_obj
def show(path: Path, material: str, quality: str, nozzle: float | None, raw: bool) -> None:
    """Every number by which MATERIAL (a kind such as pla, or a material of config.yaml) is printed, and the file that
    says it.

    \b
    ful profile show pla
    ful profile show pla-petrol --quality fine --nozzle 0.6
    """
    factory = load_factory(path)
    found = _resolved(factory, material, quality, _nozzle(factory, nozzle))
    said = {key: (_plain(value), _where(value.file)) for key, value in found.values.items()}
    if raw:
        as_json({key: {"value": value, "file": file or None} for key, (value, file) in said.items()})
        return
    table(["KEY", "VALUE", "FROM"], [(key, f"{value}", file) for key, (value, file) in said.items()], "")
    click.echo("\nA machine's own limits (limits: in config.yaml) may lower speeds and the flow.")


def _resolved(factory: Factory, material: str, quality: str, nozzle: float) -> Resolved:
    kinds = {one.name: one.kind for one in factory.config.materials}
    known = factory.profiles.names("materials")
    kind = material if material in known else kinds.get(material)
    if kind is None:
        mend = closest(material, {*known, *(name for name, one in kinds.items() if one in known)})
        raise click.ClickException(f"no material or kind of material is called {material!r}. {mend}")
    try:
        return resolved(factory.profiles, kind, quality, nozzle)
    except NoProfile as error:
        raise click.ClickException(str(error)) from None


def _nozzle(factory: Factory, said: float | None) -> float:
    mounted = (one.nozzle for one in factory.config.machines if "fdm" in one.processes and one.nozzle)
    return said if said is not None else next(mounted, 0.4)


def _plain(value: Value) -> Any:
    if isinstance(value.value, Window):
        return f"{value.value.min:g} to {value.value.max:g}"
    if isinstance(value.value, Enum):
        return str(value.value.value)
    return round(value.value, 6) if isinstance(value.value, float) else value.value


def _where(file: str) -> str:
    """Shipped files by their name below the package, a factory's own by their whole path."""
    path = Path(file)
    return str(path.relative_to(SHIPPED)) if file and path.is_relative_to(SHIPPED) else file
