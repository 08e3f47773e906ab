"""`ful demo`: the whole chain, watched."""

from __future__ import annotations

import signal
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import httpx

from fulfillment.demo import run
from fulfillment.demo.factory import DemoFactory
from fulfillment.demo.person import Person
from fulfillment.demo.run import DemoFailed, Outcome

Tell = Callable[[dict[str, Any]], None]

LONGEST = 40
"""Characters of a customer's words that stand on a line."""


@click.command()
@click.option("--speed", default="40", show_default=True, help="How much faster than real: 1, 20, 40, or max.")
@click.option("--stay", is_flag=True, help="Keep the factory and its dashboard up afterwards, until Ctrl-C.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".demo"),
    show_default=True,
    help="Where everything that it leaves is kept.",
)
@click.option("--patience", type=float, default=600.0, show_default=True, help="Seconds until it gives up.")
def demo(speed: str, stay: bool, folder: Path, patience: float) -> None:
    """The factory of config.yaml, all of it simulated, makes real orders: each kind of machine makes some.

    A shop sends the orders, and a person clears beds and packs. Good pieces are made and packed; bad ones are held with
    what their customers are asked to change. Everything that it leaves lies in --folder.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped, too
    try:
        with run.factory(folder, speed) as (made, supervisor):
            click.echo(f"the factory is up; its dashboard: {made.web}/")
            with _screen() as tell:
                outcome = run.make_everything(made, supervisor, tell, patience)
            run.collect(made, outcome, folder / "out")
            _show(outcome)
            run.check(outcome)
            if stay:
                _stay(made, supervisor.tend)
    except DemoFailed as failed:
        raise click.ClickException(str(failed)) from None


def _show(outcome: Outcome) -> None:
    click.echo()
    for unit in outcome.units:
        click.echo(f"{click.style(unit['id'], bold=True)}  {unit['state']}  {_words(unit)}")
        for problem in unit["problems"]:
            click.echo(f"    {problem['field']}: {problem['reason']} {problem['mend']}")
        for owner, what, file in outcome.shown:
            if owner == unit["id"]:
                click.echo(f"    {what:<14} {file}")
    packed = sum(unit["state"] == "packed" for unit in outcome.units)
    held = sum(unit["state"] == "held" for unit in outcome.units)
    click.echo(f"\n{packed} units packed, {held} held for a person, in {outcome.seconds:.0f} s.")
    seen = outcome.witnessed
    witnessed = f"{seen.pieces} whole pieces, {seen.collisions} begun on an occupied bed"
    click.echo(f"The simulators' own record: {witnessed}; {len(seen.printed)} documents printed, each once.")


def _words(unit: dict[str, Any]) -> str:
    """What a person knows the unit by: the first words that its customer wrote, or else what it is."""
    fields = unit["personalization"].get("fields", {})
    said = (" ".join(value.split()) for value in fields.values() if isinstance(value, str))
    return textwrap.shorten(next(filter(None, said), unit["product"]), LONGEST, placeholder=" …")


def _stay(made: DemoFactory, tend: Callable[[], None]) -> None:
    click.echo(f"\nThe factory stays up: {made.web}/   (Ctrl-C ends)")
    click.echo(f"another terminal: ful --config {made.config} status")
    person = Person(made)
    try:
        while True:
            tend()
            with suppress(httpx.HTTPError):  # the web program may be down for a moment: it is started anew
                person.follow()
            time.sleep(0.1)
    except KeyboardInterrupt:
        click.echo("ending")
    finally:
        person.close()


@contextmanager
def _screen() -> Iterator[Tell]:
    """A live table on a terminal, plain lines elsewhere."""
    if not sys.stdout.isatty():
        yield _Lines().tell
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(), refresh_per_second=8) as live:
        yield lambda seen: live.update(_picture(seen))


class _Lines:
    """Says each change once."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def tell(self, seen: dict[str, Any]) -> None:
        for did in seen["did"]:
            click.echo(f"person: {did}")
        for unit in seen["units"]:
            text = _standing(unit)
            if self._said.get(unit["id"]) != text:
                self._said[unit["id"]] = text
                click.echo(f"{unit['id']} {_words(unit)!r}: {text}")


def _standing(unit: dict[str, Any]) -> str:
    if unit["state"] == "held":
        return "held: " + "; ".join(f"{p['field']}: {p['reason']}" for p in unit["problems"])
    if unit["state"] in ("packed", "new", "cancelled"):
        return str(unit["state"])
    parts = []
    for operation in unit["operations"]:
        job = operation["jobs"][-1] if operation["jobs"] else None
        on = f" on {job['machine']}" if job and job["machine"] and operation["state"] != "done" else ""
        parts.append(f"{operation['name']} {job['state'] if job else operation['state']}{on}")
    return ", ".join(parts)


def _picture(seen: dict[str, Any]) -> Any:
    from rich.console import Group
    from rich.table import Table

    machines = Table(title="machines", expand=True)
    for column in ("machine", "bed", "makes", "progress"):
        machines.add_column(column)
    for machine in seen["machines"]:
        live = machine["live"] or {}
        making = ", ".join(job["unit_id"] or f"{len(job['pieces'])} pieces" for job in machine["jobs"]) or "-"
        share = live.get("progress") if live.get("attempt") else None
        filled = round((share or 0) * 20)
        bar = f"{'█' * filled}{'░' * (20 - filled)} {share:.0%}" if share is not None else ""
        bed = machine["bed"]["state"] if machine["bed"] else "-"
        machines.add_row(machine["name"], bed, making, bar)
    units = Table(title="units", expand=True)
    for column in ("unit", "what", "standing"):
        units.add_column(column)
    for unit in seen["units"]:
        units.add_row(unit["id"], _words(unit), _standing(unit))
    return Group(machines, units)
