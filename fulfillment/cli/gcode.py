"""`ful gcode`: what a program of any slicer is, does and takes, and whether a machine may run it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from fulfillment.cli.common import as_json, json_option, table
from fulfillment.cli.common import opened as shop_at
from fulfillment.costs import of_length
from fulfillment.programs import explained, pictured, timed
from fulfillment.programs.facts import Facts, facts_of
from fulfillment.programs.opened import Opened, opened
from fulfillment.programs.standing import Described, Standing, described, of_machine
from fulfillment.programs.timed import lasting
from fulfillment.refusal import Refusal
from fulfillment.web.words import count
from gcode.estimate import Firmware
from gcode.findings import Severity
from gcode.preflight import check as preflight
from gcode.proof import ProofError
from jobs import pace
from jobs.store import NotFound

MOST_FINDINGS = 50


@click.group()
def gcode() -> None:
    """Look into a G-code file of any slicer: is it safe here, how long does it take, what does it do.

    \b
    ful gcode check part.gcode --machine tag-1        as a job of that machine would be checked
    ful gcode check part.gcode --bed 220x220x250 --flow 11
    ful gcode estimate part.gcode                     time by role, filament; for three firmwares
    ful gcode explain part.gcode                      every kind of command in a sentence
    ful gcode preview part.gcode --layer 12 --out layer.png

    Nothing is sent anywhere. A file of 200 MB takes no more memory than one of 20.
    """


def _box(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[float, float, float] | None:
    if value is None:
        return None
    try:
        x, y, z = (float(part) for part in value.lower().replace("*", "x").split("x"))
    except ValueError:
        raise click.BadParameter(f"{value!r}: write XxYxZ in mm, such as 220x220x250") from None
    if not all(0 < side <= 5000 for side in (x, y, z)):
        raise click.BadParameter(f"{value!r}: each side is above 0 and at most 5000 mm")
    return x, y, z


_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_MACHINE = click.option("--machine", "name", metavar="NAME", help="A machine of config.yaml, held to its own limits.")


class _Above(click.ParamType[float]):
    """A number above 0, whose range would only clutter the help."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0 < number < 1e6:
            self.fail(f"{value!r}: write a number above 0", param, ctx)
        return number


_NUMBER = _Above()
_FIRMWARE = click.Choice([str(firmware) for firmware in Firmware])
_OPTIONS = (
    click.option("--bed", callback=_box, metavar="XxYxZ", help="Room of a printer that is not in config.yaml, mm."),
    click.option("--nozzle", type=_NUMBER, help="Its nozzle, mm: compared with what the file was sliced for."),
    click.option("--filament", type=_NUMBER, help="Of its filament, mm. [default: as the file says, else 1.75]"),
    click.option("--flow", type=_NUMBER, help="What its hot end melts, mm3/s."),
    click.option("--hottest", type=(float, float), metavar="NOZZLE BED", help="Its hottest nozzle and bed, degC."),
    click.option("--firmware", type=_FIRMWARE, help="Of it. [default: as the file says, else marlin]"),
    click.option("--acceleration", type=_NUMBER, help="mm/s2. [default: as the file says]"),
    click.option("--jerk", type=_NUMBER, help="Marlin's classic jerk, mm/s."),
    click.option("--junction-deviation", "deviation", type=_NUMBER, help="Of grbl, or of Marlin with it, mm."),
    click.option("--square-corner", "square", type=_NUMBER, help="Klipper's square_corner_velocity, mm/s."),
)


def printer(function: Callable[..., None]) -> Callable[..., None]:
    """A machine of config.yaml, or the numbers that describe a printer."""
    for option in reversed((_FILE, _MACHINE, *_OPTIONS)):
        function = option(function)
    return function


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong with a file, as a sentence and exit status 1."""
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from None
    except (OSError, ProofError) as error:
        raise click.ClickException(str(error)) from None


def _standing(path: Path, name: str | None, facts: Facts, plain: Mapping[str, Any]) -> tuple[Standing, pace.Pace]:
    """What a file is held against, and the machine's own pace."""
    if name is None:
        motion = ("acceleration", "jerk", "deviation", "square")
        more = {key: plain[key] for key in motion if plain[key] is not None}
        firmware = Firmware(plain["firmware"]) if plain["firmware"] else None
        one = Described(
            plain["bed"], plain["nozzle"], plain["filament"], plain["flow"], plain["hottest"], firmware, more
        )
        return described(one, facts), pace.UNKNOWN
    if any(value is not None for value in plain.values()):
        raise click.UsageError("--machine says all about its printer: leave the other options out")
    from fulfillment.api.floor import machine_view

    with shop_at(path) as shop:
        try:
            view = machine_view(shop, name)
        except NotFound as error:
            raise click.ClickException(str(error)) from None
        config = shop.factory.config
        loaded = view["loaded"] or {}
        material = next((one for one in config.materials if one.name == loaded.get("material")), None)
        standing = of_machine(config.machine(name), material, loaded.get("left"))
        process = next((one["process"] for one in view["paces"]), None)
        with shop.store.read() as connection:
            known = pace.paces(connection, [name])
    return standing, pace.pace_of(known, name, process)


def _title(file: Opened, facts: Facts) -> str:
    return f"{click.style(file.path.name, bold=True)}: {facts.slicer or 'no slicer named'}, {file.size:,} bytes"


@gcode.command()
@printer
@json_option
@click.pass_obj
def check(path: Path, /, file: Path, name: str | None, raw: bool, **plain: Any) -> None:
    """Preflight FILE: bounds, keep-outs, heat, cold extrusion, flow, speeds, how it ends. Exit status 1 for a fault.

    With --machine it is checked as a job of that machine is before it starts, and every word must stand in that
    machine's allow-list. Without, a printer is described by numbers; words that it may not know are remarks.

    \b
    ful gcode check part.gcode --machine tag-1
    ful gcode check part.gcode --bed 220x220x250 --flow 11 --hottest 260 100
    """
    with _said():
        program = opened(file)
        facts = facts_of(program.head, program.tail)
        standing, _ = _standing(path, name, facts, plain)
        plainly = explained.Plain()
        parts = program.parts() if standing.strict else plainly.of(program.parts())
        report = preflight(parts, standing.dialect, standing.limits)
    once = {(one.code, one.text): one for one in reversed(report.findings)}.values()
    findings = [*map(standing.judged, once), *plainly.remark(), *standing.remarks(facts)]
    findings.sort(key=lambda one: (one.severity is Severity.WARNING, one.line))
    errors = [one for one in findings if one.severity is Severity.ERROR]
    if raw:
        body = {"against": standing.name, "ok": not errors, "findings": [asdict(one) for one in findings]}
        as_json({**body, "not_checked": standing.not_checked, "lines": report.lines, "motion": report.motion})
    else:
        click.echo(f"{_title(program, facts)}, {report.lines:,} lines")
        click.echo(f"held against {standing.name}")
        for one in findings[:MOST_FINDINGS]:
            click.echo(click.style(str(one), fg="red" if one.severity is Severity.ERROR else "yellow"))
        if len(findings) > MOST_FINDINGS:
            click.echo(f"... and {len(findings) - MOST_FINDINGS} more findings (--json shows all)")
        for missing in standing.not_checked:
            click.echo(f"not checked: {missing}")
        click.echo(
            click.style(
                f"{count(len(errors), 'fault')}: it must not run" if errors else "no fault was found", bold=True
            )
        )
    if errors:
        raise SystemExit(1)


@gcode.command()
@printer
@click.option("--density", type=_NUMBER, help="Of the filament, g/cm3. [default: the machine's material]")
@click.option("--price", type=_NUMBER, help="Of a kg of it. [default: the machine's material]")
@click.option("--layers", is_flag=True, help="The seconds of each layer, too.")
@json_option
@click.pass_obj
def estimate(
    path: Path, /, file: Path, name: str | None, density: float | None, price: float | None, layers: bool, raw: bool,
    **plain: Any,
) -> None:  # fmt: skip
    """How long FILE takes and what of, as the firmware's own planner would run it.

    With --machine, by that machine's limits and corrected by its own runs. With --firmware, --acceleration and the
    like, for that printer; without any, by the limits in the file, and beside it for usual printers of three firmwares.

    \b
    ful gcode estimate part.gcode --machine tag-1
    ful gcode estimate part.gcode --firmware klipper --acceleration 5000 --square-corner 5
    ful gcode estimate part.gcode --density 1.24 --price 25 --layers
    """
    with _said():
        program = opened(file)
        facts = facts_of(program.head, program.tail)
        standing, learned = _standing(path, name, facts, plain)
        others = () if name or any(value is not None for value in plain.values()) else timed.USUAL
        found, beside = timed.estimates(program.parts(), standing, others)
    stuff = timed.stuff(standing.material, density, price)
    used = {tool: of_length(length, stuff, standing.e_area) for tool, length in found.filament.items()}
    if raw:
        body = {**asdict(found), "used": used, "usual": beside, "slicer_said": facts.seconds, "pace": asdict(learned)}
        as_json({**body, "against": standing.name})
        return
    click.echo(_title(program, facts))
    for line in timed.told(found, standing, learned, facts, beside):
        click.echo(line)
    for tool, amounts in used.items():
        click.echo(f"tool {tool}: {timed.amounts(amounts)}")
    click.echo()
    whole = found.seconds or 1.0
    rows = [(role, lasting(seconds), f"{seconds / whole:.0%}") for role, seconds in found.roles.items()]
    table(["FOR", "TIME", ""], rows, "It moves nothing.")
    if layers:
        click.echo()
        table(["LAYER", "TIME"], [(n, f"{s:.1f} s") for n, s in enumerate(found.layers)], "It has no layers.")


@gcode.command()
@_FILE
@json_option
def explain(file: Path, raw: bool) -> None:
    """What FILE does, each kind of command in a sentence: how often, where first, with which words.

    \b
    ful gcode explain part.gcode
    """
    with _said():
        program = opened(file)
        facts = facts_of(program.head, program.tail)
        found = explained.explain(program.parts())
    if raw:
        kinds = [{**asdict(kind), "does": kind.does, "lasting": kind.lasting} for kind in found.kinds]
        as_json({"facts": asdict(facts), "lines": found.lines, "odd_lines": found.odd, "kinds": kinds})
        return
    click.echo(f"{_title(program, facts)}, {found.lines:,} lines")
    for what, value in facts.told():
        click.echo(f"  {what}: {value}")
    if facts.seconds:
        click.echo(f"  its slicer says that it takes {lasting(facts.seconds)}")
    click.echo()
    for line in explained.told(found):
        click.echo(line)


@gcode.command()
@_FILE
@click.option("--layer", type=click.IntRange(min=0), help="One layer from above, counted from 0. [default: the whole]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="[default: beside FILE, as PNG]")
@click.option("--filament", type=_NUMBER, help="Its diameter, mm. [default: as the file says, else 1.75]")
@click.option("--colour", default="#2f6f73", show_default=True, help="Of the filament.")
def preview(file: Path, layer: int | None, out: Path | None, filament: float | None, colour: str) -> None:
    """Draw what FILE lays, as PNG: the whole from its front corner, or one layer from above. From its bytes alone.

    \b
    ful gcode preview part.gcode
    ful gcode preview part.gcode --layer 12 --out layer.png
    """
    with _said():
        program = opened(file)
        facts = facts_of(program.head, program.tail)
        drawn = pictured.draw(program, filament or facts.number("filament_diameter") or 1.75, layer, colour)
        target = out or file.with_suffix(".png" if layer is None else f".{layer}.png")
        target.write_bytes(drawn.png)
    click.echo(f"{target}: {drawn.said}")
