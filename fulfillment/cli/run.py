"""`ful up`, `ful web`, `ful agent`: the programs of a factory."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from fulfillment.config import load
from fulfillment.daemon import AlreadyRunning


def _log(verbose: bool) -> None:
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format=form)


verbose_option = click.option("-v", "--verbose", is_flag=True, help="Say more.")


@click.command()
@click.option("--simulators/--no-simulators", default=True, help="Start the simulators that config.yaml names.")
@verbose_option
@click.pass_obj
def up(path: Path, simulators: bool, verbose: bool) -> None:
    """Run the factory until Ctrl-C: web and agent as programs of their own, and the simulators that config.yaml names.

    The first Ctrl-C lets running pieces end, the second stops at once. A web program that dies is started anew and
    disturbs no print; `ful web` and `ful agent` run the two apart, under systemd for example.
    """
    _log(verbose)
    from fulfillment.supervise import Supervisor, programs

    config = load(path)
    supervisor = Supervisor(config.state / "log")
    for program in programs(path, config, simulators=simulators, verbose=verbose):
        supervisor.start(program)
    click.echo(f"dashboard: http://{config.web.host}:{config.web.port}/   (Ctrl-C ends)")
    sys.exit(supervisor.run())


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Listen here instead of config.yaml's web.port.")
@verbose_option
@click.pass_obj
def web(path: Path, port: int | None, verbose: bool) -> None:
    """Run the web program. It may be killed and started at any time: no print is disturbed."""
    _log(verbose)
    from fulfillment.daemon import run_web

    try:
        sys.exit(run_web(path, port))
    except AlreadyRunning as error:
        raise click.ClickException(str(error)) from None


@click.command()
@verbose_option
@click.pass_obj
def agent(path: Path, verbose: bool) -> None:
    """Run the agent. SIGTERM or Ctrl-C lets running pieces end; a second one stops at once and fails them."""
    _log(verbose)
    from fulfillment.daemon import run_agent

    try:
        sys.exit(run_agent(path))
    except AlreadyRunning as error:
        raise click.ClickException(str(error)) from None
