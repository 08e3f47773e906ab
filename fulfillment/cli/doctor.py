"""`ful doctor`: everything that the factory stands on, each with what was found and the mend."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import click

from fulfillment.config import Factory, Machine, check, load_factory
from fulfillment.web.words import count

SERIAL = frozenset({"marlin", "grbl", "ebb"})
"""Drivers whose address is a port of this computer."""

FREE = 500 * 1024 * 1024
"""Bytes below which a disk is too full to go on."""


@dataclass(frozen=True)
class Finding:
    good: bool
    what: str
    mend: str = ""


@click.command()
@click.pass_obj
def doctor(path: Path) -> None:
    """Check configuration, database, disk, machines, renderer and programs. Exit status 1 if anything is wrong."""
    bad = 0
    for finding in _findings(path):
        bad += not finding.good
        mark = click.style("ok  ", fg="green") if finding.good else click.style("BAD ", fg="red", bold=True)
        click.echo(f"{mark} {finding.what}" + (f"\n     -> {finding.mend}" if finding.mend else ""))
    if bad:
        sys.exit(1)


def _findings(path: Path) -> Iterator[Finding]:
    yield Finding(True, f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    problems = check(path)
    if problems:
        yield Finding(False, f"{path}: {count(len(problems), 'problem')}", "`ful config check` names them")
        return
    factory = load_factory(path)
    machines, products = len(factory.config.machines), len(factory.catalog.products)
    yield Finding(True, f"{path}: {count(machines, 'machine')}, {count(products, 'product')}")
    yield from _disk(factory)
    yield _database(path)
    for machine in factory.config.machines:
        yield _machine(machine)
    for source in factory.config.order_sources:
        yield _secret(source.name, source.secret)
    yield _renderer(factory)
    for role in ("agent", "web"):
        yield _program(factory.config.state, role)


def _disk(factory: Factory) -> Iterator[Finding]:
    state = factory.config.state
    state.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(state).free
    writable = os.access(state, os.W_OK)
    yield Finding(
        writable, f"{state} is {'' if writable else 'not '}writable", "" if writable else "give it to this user"
    )
    text = f"{free / 1e9:.1f} GB are free at {state}"
    yield Finding(free > FREE, text, "" if free > FREE else "make room: without it nothing can be written down")


def _database(path: Path) -> Finding:
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from fulfillment.config import SecretMissing
    from fulfillment.shop import open_shop

    try:
        shop = open_shop(path)
    except SecretMissing as missing:
        return Finding(False, f"the database cannot be opened: {missing}", "database.url_from in config.yaml names it")
    except ImportError as error:
        return Finding(
            False, f"the database cannot be opened: {error}", "install its driver: pip install 'psycopg[binary]'"
        )
    except CommandError as error:
        return Finding(False, f"the database's schema is not ours: {error}", "run the version that made it, or newer")
    except (SQLAlchemyError, OSError) as error:
        return Finding(False, f"the database cannot be opened: {error}", "mend database.url in config.yaml")
    with shop.store.read() as connection:
        kind = connection.dialect.name
    shop.close()
    return Finding(True, f"database: {kind}, its schema is current")


def _machine(machine: Machine) -> Finding:
    address = Path(machine.address)
    simulated = machine.simulator is not None
    if machine.driver in SERIAL and "://" not in machine.address and not machine.address.startswith("tcp:"):
        if not address.exists():
            mend = (
                "`ful up` starts its simulator" if simulated else "plug it in; `ful machine discover` lists the ports"
            )
            return Finding(simulated, f"{machine.name}: {address} is not there", mend)
        if not os.access(address, os.R_OK | os.W_OK):
            return Finding(False, f"{machine.name}: no right to use {address}", "add this user to the group dialout")
    elif machine.driver == "hot-folder" and not address.is_dir():
        own = "the agent makes it where it lies below the state folder; else mount or create it"
        return Finding(True, f"{machine.name}: the folder {address} is not there yet", own)
    return Finding(True, f"{machine.name}: {machine.address} is there")


def _secret(name: str, secret: object) -> Finding:
    from fulfillment.config import Secret, SecretMissing

    try:
        if isinstance(secret, Secret):
            secret.read(os.environ)
    except SecretMissing as missing:
        return Finding(False, f"order source {name}: {missing}", "its webhooks are answered 503 until then")
    return Finding(True, f"order source {name}: its secret is there")


def _renderer(factory: Factory) -> Finding:
    from fulfillment.render.pool import Deadly, RenderPool

    renderer = factory.config.renderer
    pool = RenderPool(1, renderer.memory, renderer.timeout)
    try:
        answer: Future[int] = pool.submit(os.getpid)
        answer.result(timeout=60)
    except (Deadly, TimeoutError) as error:
        return Finding(
            False, f"a render worker does not live with {renderer.memory} MB: {error}", "raise renderer.memory"
        )
    finally:
        pool.close()
    return Finding(True, f"a render worker starts and answers within its {renderer.memory} MB")


def _program(state: Path, role: str) -> Finding:
    from fulfillment.daemon import AlreadyRunning, only_one

    try:
        with only_one(state, role):
            return Finding(True, f"{role} does not run", f"`ful up` (or `ful {role}`) starts it")
    except AlreadyRunning:
        return Finding(True, f"{role} runs")
