"""The command line: `fulfillment`, or `ful` for short. A subcommand's code is imported when it is asked for."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("fulfillment.cli.demo:demo", "A factory of simulators makes real orders; see what comes out."),
    "up": ("fulfillment.cli.run:up", "Run the factory: web, agent, and simulators where config.yaml names some."),
    "web": ("fulfillment.cli.run:web", "Run the web program alone: API, dashboard, intake, rendering."),
    "agent": ("fulfillment.cli.run:agent", "Run the agent alone: it owns the machines."),
    "status": ("fulfillment.cli.status:status", "Machines, queue, and what needs you, at a glance."),
    "doctor": ("fulfillment.cli.doctor:doctor", "Check everything that the factory stands on, and say the mends."),
    "order": ("fulfillment.cli.order:order", "Submit orders, list and show them."),
    "unit": ("fulfillment.cli.unit:unit", "Show, release, cancel and pack single pieces."),
    "job": ("fulfillment.cli.job:job", "List jobs and why they wait; pause, resume, cancel, decide, keep, scrap."),
    "batch": ("fulfillment.cli.batch:batch", "Pieces that are made together in one jig: who waits, begin one by hand."),
    "paper": ("fulfillment.cli.paper:paper", "Pick list, kitting list, jig sheet, slip, traveler: as files to print."),
    "machine": ("fulfillment.cli.machine:machine", "Find, add, test machines; clear a bed, load, clean, maintain."),
    "stop": ("fulfillment.cli.stop:stop", "Emergency stop of one machine or of all, past every queue."),
    "product": ("fulfillment.cli.product:product", "What a customer may send, pick and set for each product."),
    "profile": ("fulfillment.cli.profile:profile", "How plastic is printed: every number, and the file that says it."),
    "render": ("fulfillment.cli.render:render", "Render a product without any daemon: artifact, manifest, proof."),
    "simulate": (
        "fulfillment.cli.simulate:simulate",
        "Run an artifact on a machine's simulator and picture the result.",
    ),
    "gcode": ("fulfillment.cli.gcode:gcode", "Check, estimate, draw and explain a G-code file of any slicer."),
    "pdf": ("fulfillment.cli.pdf:pdf", "Check a finished PDF as a print shop would, and draw its pages."),
    "grid": ("fulfillment.cli.grid:grid", "Make a laser's test piece: powers across, speeds up, labelled."),
    "config": ("fulfillment.cli.config:config", "Check config.yaml, and explain its keys."),
    "key": ("fulfillment.cli.key:key", "Make, list and revoke API keys."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and help; loads one only to run it."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "path",
    envvar="FULFILLMENT_CONFIG",
    default="config.yaml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The factory's configuration.",
)
@click.version_option(package_name="fulfillment", prog_name="ful")
@click.pass_context
def ful(ctx: click.Context, path: Path) -> None:
    """A controller for a factory whose batch size is one.

    Start with `ful demo`. A factory of your own begins with a copy of config.yaml: `ful config check` names every
    mistake in it, `ful up` runs it, `ful order submit FILE` gives it work, `ful status` says how it stands.
    """
    ctx.obj = path


def main() -> None:
    """The entry of the console scripts: what is refused is one clear text and exit status 1."""
    from sqlalchemy.exc import DBAPIError

    from fulfillment.config import ConfigError, SecretMissing
    from jobs.store import Refused

    try:
        ful()
    except (ConfigError, Refused, SecretMissing) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except DBAPIError as error:
        click.echo(f"the database of config.yaml cannot be used: {error.orig}; `ful doctor` says more", err=True)
        sys.exit(1)
