"""`ful job`: what is to be made, and why it waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

import click

from fulfillment.cli.common import ago, as_json, json_option, table, who, with_shop
from fulfillment.expected import taking
from fulfillment.shop import Shop
from jobs import attempts, leaving, pace, route, views
from jobs import models as m
from jobs.pieces import LEFT_OUT
from jobs.states import ENDED


@click.group()
def job() -> None:
    """List jobs and why they wait; pause, resume, cancel, leave out, decide, keep, scrap."""


@job.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that have ended too.")
@json_option
@with_shop
def list_jobs(shop: Shop, everything: bool, raw: bool) -> None:
    """Jobs in order of arrival, each saying why it waits and what would free it."""
    where = m.jobs.c.id.is_not(None) if everything else m.jobs.c.state.not_in(ENDED)
    with shop.store.read() as connection:
        jobs = views.jobs(connection, where, shop.floor)
    if raw:
        as_json(jobs)
        return
    rows = []
    for found in jobs:
        waits = "; ".join(f"{reason['text']} -> {reason['frees']}" for reason in found["waits"])
        machine = found["machine"] or "-"
        whose = found["unit_id"] or _pieces(found)
        rows.append((found["id"], whose, found["operation"] or "-", found["state"], machine, waits or found["why"]))
    empty = "No job is open; --all shows those that have ended."
    table(["JOB", "UNIT", "OPERATION", "STATE", "MACHINE", "WHY"], rows, empty)


@job.command()
@click.argument("job_id")
@json_option
@with_shop
def show(shop: Shop, job_id: str, raw: bool) -> None:
    """One job: its tries and all that happened to it."""
    with shop.store.read() as connection:
        found = views.job(connection, job_id, shop.floor)
        known = pace.paces(connection, [found["machine"]] if found["machine"] else [])
    factors = pace.pace_of(known, found["machine"], found["process"])
    if raw:
        as_json({**found, "pace": asdict(factors)})
        return
    whose = found["unit_id"] or _pieces(found)
    what = f"{found['operation']} of {whose}" if found["operation"] else whose
    click.echo(f"{found['id']}  {what}  {found['state']}  {found['why']}")
    for piece in found["pieces"]:
        out = f"  {piece['place'][LEFT_OUT]}" if LEFT_OUT in piece["place"] else ""
        click.echo(f"{_where(piece['place'])}: {piece['unit_id']}  {piece['id']}  {piece['state']}{out}")
    if found["seconds"]:
        click.echo(f"on its machine: {taking(found['seconds'], factors)}")
    click.echo(f"artifact: {found['artifact'] or 'not rendered yet'}")
    for reason in found["waits"]:
        click.echo(f"waits: {reason['text']} -> {reason['frees']}")
    for event in found["events"]:
        detail = ", ".join(f"{key} {value}" for key, value in event["detail"].items())
        click.echo(f"  {ago(event['at']):>10}  {event['event']:<12} {event['who']}  {detail}")


def _where(place: Mapping[str, Any]) -> str:
    """Where a piece lies: in a pocket, or on a plate at x and y in mm."""
    if "x" not in place:
        return f"pocket {place['pocket']}"
    return f"place {place['pocket']} (x {place['x']:g}, y {place['y']:g}, turned {place['turn']:g})"


def _pieces(found: Mapping[str, Any]) -> str:
    """What a batch makes; one that was given up makes nothing."""
    many = len(found["pieces"])
    return f"{many} piece{'' if many == 1 else 's'}" if many else "a batch without pieces"


def _asks(verb: str, text: str) -> None:
    @job.command(verb, help=text)
    @click.argument("attempt")
    @with_shop
    def ask(shop: Shop, attempt: str) -> None:
        number = attempts.ask(shop.store, attempt, verb, who())
        click.echo(f"asked (command {number}); the agent answers in `ful job show {attempt.rpartition('-a')[0]}`")


_asks("pause", "Pause ATTEMPT (such as J-7F3K2QXM-a1): never whatever happens to run.")
_asks("resume", "Let ATTEMPT go on, or answer what its machine asks.")
_asks("cancel", "End ATTEMPT. Its piece is scrap and its unit is held for a person.")


@job.command()
@click.argument("job_id")
@click.argument("verdict", type=click.Choice(["made", "failed", "not-started"]))
@with_shop
def decide(shop: Shop, job_id: str, verdict: Literal["made", "failed", "not-started"]) -> None:
    """Say what became of a job that no machine can tell of, after you looked at the piece."""
    attempts.decide(shop.store, job_id, verdict, who())
    click.echo(f"{job_id}: {verdict}")


@job.command("leave-out")
@click.argument("job_id")
@click.argument("piece")
@with_shop
def leave_out(shop: Shop, job_id: str, piece: str) -> None:
    """Lay no more of PIECE of the batch JOB_ID, which is being made, while the others go on.

    PIECE is its unit, its job or its number on the plate. It is scrap, and made again alone.

    \b
    ful job leave-out J-7F3K2QXM U-9D2KQX
    ful job leave-out J-7F3K2QXM 3
    """
    number = leaving.ask(shop.store, job_id, piece, who())
    click.echo(f"asked (command {number}); the agent answers in `ful job show {job_id}`")


@job.command()
@click.argument("job_id")
@with_shop
def scrap(shop: Shop, job_id: str) -> None:
    """Say that the piece of JOB_ID, which was made, is not good: it alone is made again."""
    with shop.store.write(who()) as tx:
        again = route.scrap(tx, job_id)
    click.echo(f"{job_id}: scrap; " + (f"made again as {again}" if again else "made again when its bed is clear"))


@job.command()
@click.argument("job_id")
@with_shop
def keep(shop: Shop, job_id: str) -> None:
    """Say that the piece of JOB_ID, which counts as failed, is good, before it is made again."""
    with shop.store.write(who()) as tx:
        route.keep(tx, job_id)
    click.echo(f"{job_id}: good")
