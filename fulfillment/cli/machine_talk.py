"""`ful machine ...`: what technicians say to a machine: test, console, home, nudge, frame."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from drivers.contract import DriverError
from fulfillment.cli.common import as_json, going_on, json_option, table, who, with_shop
from fulfillment.comparison import Compared, Verdict, compared, missed
from fulfillment.config import SecretMissing
from fulfillment.shop import Shop
from fulfillment.technicians import Bench, bench
from jobs import models as m
from jobs import service, views
from jobs.floor import Answer
from jobs.states import BedState

HISTORY = "console.history"
"""Lines of earlier consoles, in the state folder."""

yes_option = click.option("--yes", is_flag=True, help="Ask nothing: the way is free.")


@contextmanager
def at_hand(shop: Shop, name: str) -> Iterator[Bench]:
    """The machine, connected; what a driver raises is a sentence for the person at the terminal."""
    going_on(f"connecting to {name}")
    try:
        with bench(shop, name, who()) as at:
            yield at
    except (DriverError, SecretMissing) as error:
        raise click.ClickException(str(error)) from None


@click.command("test")
@click.argument("name")
@click.option("--move", is_flag=True, help="Nudge it as well, 1 mm up and back, once you have said that it may move.")
@yes_option
@json_option
@with_shop
def test(shop: Shop, name: str, move: bool, yes: bool, raw: bool) -> None:
    """Ask NAME who it is and what it can do, and hold that against config.yaml. Moves nothing without --move.

    Exit status 1 where config.yaml asks for more than the machine gives.
    """
    machine = next((one for one in shop.factory.config.machines if one.name == name), None)
    with at_hand(shop, name) as at:
        going_on(f"asking {name} who it is")
        answer = _done(at.ask("facts"))
        facts = service.facts_of(answer)
        rows = compared(machine, facts) if machine else []
        if raw:
            found = [{"what": row.what, "configured": row.configured, "told": row.told} for row in rows]
            verdicts = [row | {"verdict": one.verdict, "mend": one.mend} for row, one in zip(found, rows, strict=True)]
            as_json({"machine": name, "facts": service.body_of(facts), "compared": verdicts})
        else:
            click.echo(f"{name} answers ({at.how}): {facts.firmware or 'it does not say what it is'}")
            _show(rows)
            for text in missed(machine, facts) if machine else ():
                click.echo(f"it is built without {text}")
        if move:
            _ask_to_move(shop, name, "It goes 1 mm up and comes back.", yes)
            going_on(f"{name} moves")
            _done(at.ask("nudge"))
            click.echo(f"{name} was moved by 1 mm, and back")
    if any(row.verdict is Verdict.BAD for row in rows):
        sys.exit(1)


def _show(rows: list[Compared]) -> None:
    shown = [
        (row.what, _number(row.configured), _number(row.told), row.unit, row.verdict, row.mend)
        for row in rows
        if row.configured is not None or row.told is not None
    ]
    table(["VALUE", "CONFIGURED", "MACHINE SAYS", "", "VERDICT", "MEND"], shown, "It tells none of its limits.")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


# --- the console ------------------------------------------------------------------------------------------------------


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("line", nargs=-1, type=click.UNPROCESSED)
@with_shop
def console(shop: Shop, name: str, line: tuple[str, ...]) -> None:
    """Send LINE to NAME and print its answer; without LINE, read lines until Ctrl-D. Everything goes on record.

    Refused while a job is on the machine. After a line that is not a known question its bed counts as dirty.
    """
    with at_hand(shop, name) as at:
        if line:
            if not _say(at, name, " ".join(line)):
                sys.exit(1)
            return
        click.echo(f"{name} listens ({at.how}). Every line goes on record; Ctrl-D ends.")
        with _history(shop.factory.config.state / HISTORY):
            for text in _typed(f"{name}> "):
                _say(at, name, text)


def _say(at: Bench, name: str, line: str) -> bool:
    """Whether it was carried out."""
    answer = at.ask("console", line)
    if answer.result is None:
        click.secho(answer.text.removeprefix("console: "), fg="red", err=True)
        return False
    for text in answer.result["lines"]:
        click.echo("".join(letter if letter.isprintable() else "\ufffd" for letter in text))
    if answer.result["soiled"]:
        note = f"(not a known question: the bed of {name} counts as dirty; `ful machine clear {name}` once you looked)"
        click.secho(note, dim=True, err=True)
    return True


def _typed(prompt: str) -> Iterator[str]:
    """Lines until the end of the input; empty ones are passed over."""
    with suppress(EOFError, KeyboardInterrupt):
        while True:
            text = input(prompt).strip()
            if text:
                yield text
    click.echo()


@contextmanager
def _history(path: Path) -> Iterator[None]:
    """Lines of before can be had with the arrow keys, where this Python has readline."""
    try:
        import readline
    except ImportError:
        yield
        return
    with suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(1000)
    try:
        yield
    finally:
        with suppress(OSError):
            readline.write_history_file(path)


# --- moves ------------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("name")
@yes_option
@with_shop
def home(shop: Shop, name: str, yes: bool) -> None:
    """Have NAME find its origin, once you have said that the way is free."""
    with at_hand(shop, name) as at:
        _ask_to_move(shop, name, "It homes all of its axes.", yes)
        going_on(f"{name} homes")
        _done(at.ask("home"))
        click.echo(f"{name} is at its origin")


@click.command()
@click.argument("name")
@click.option("--box", metavar="X0,Y0,X1,Y1", help="The box in mm.")
@click.option("--job", "job_id", metavar="JOB", help="The box that this job's program stays in.")
@click.option("--speed", type=click.FloatRange(0, 1000, min_open=True), default=50.0, show_default=True, help="mm/s.")
@yes_option
@with_shop
def frame(shop: Shop, name: str, box: str | None, job_id: str | None, speed: float, yes: bool) -> None:
    """Have NAME trace a box with its tool off, to see where a job would lie."""
    corners = _box(shop, box, job_id)
    with at_hand(shop, name) as at:
        _ask_to_move(shop, name, f"It traces {corners} (mm) at {speed:g} mm/s with its tool off.", yes)
        going_on(f"{name} traces the box")
        _done(at.ask("frame", f"{corners} {speed:g}"))
        click.echo(f"{name} has traced it")


def _box(shop: Shop, box: str | None, job_id: str | None) -> str:
    """The four numbers, as a frame's argument has them."""
    if (box is None) == (job_id is None):
        raise click.UsageError("say which box: either --box X0,Y0,X1,Y1 or --job JOB")
    if box is not None:
        return " ".join(box.replace(",", " ").split())
    with shop.store.read() as connection:
        corners = framed(views.job(connection, job_id or "", shop.floor)["manifest"] or {})
    if corners is None:
        raise click.ClickException(f"{job_id} has no program with bounds yet: say --box")
    return " ".join(f"{value:g}" for value in corners)


def framed(manifest: Mapping[str, Any]) -> tuple[float, ...] | None:
    """x0, y0, x1, y1 of a program: with the way on which its tool comes to speed, where the manifest tells of it."""
    bounds = manifest.get("frame") or manifest.get("bounds")
    if not bounds:
        return None
    half = len(bounds) // 2
    return (*bounds[:2], *bounds[half : half + 2])


def _ask_to_move(shop: Shop, name: str, what: str, yes: bool) -> None:
    """Ask the person, who is told how the bed stands. Raises click.Abort where the answer is no."""
    if yes:
        return
    with shop.store.read() as connection:
        bed = connection.execute(select(m.beds).where(m.beds.c.machine == name)).one_or_none()
    lies = f" Its bed is {bed.state} ({bed.said_by}: {bed.how})." if bed and bed.state != BedState.CLEAR else ""
    click.confirm(f"{name} will move. {what}{lies} Is the way free?", abort=True)


def _done(answer: Answer) -> dict[str, object]:
    """What the machine told. Raises ClickException with the reason where it was not carried out."""
    if answer.result is None:
        raise click.ClickException(answer.text)
    return answer.result


COMMANDS: tuple[click.Command, ...] = (test, console, home, frame)
