"""`ful machine discover`: which machines are there, and what to write down to have them."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drivers.discovery.ports import SerialPort, serial_ports
from drivers.discovery.probing import Probed, probe_all
from fulfillment.cli.common import as_json, going_on, json_option, table
from fulfillment.config import Config, ConfigError, load
from fulfillment.daemon import RealClock

if TYPE_CHECKING:
    from drivers.discovery.network import Server

LISTEN = 3.0
"""Seconds that announcements on the network are listened for."""


@dataclass(frozen=True)
class Seen:
    """One port or server, as it is shown. ``machine``: the one of config.yaml that it is already."""

    address: str
    what: str
    machine: str = ""
    driver: str = ""
    says: str = ""
    options: tuple[tuple[str, int], ...] = ()

    def add(self, name: str) -> str:
        """The command that adds it under this name."""
        words = ["ful", "machine", "add", name, "--driver", self.driver, "--address", self.address]
        return shlex.join([*words, *(word for key, value in self.options for word in ("--option", f"{key}={value}"))])


@click.command()
@click.option("--port", "extra", multiple=True, metavar="PATH", help="Look at this port as well, such as a pty.")
@click.option(
    "--probe", is_flag=True, help="Ask each port that is not configured what it is. Opening a port resets many boards."
)
@click.option("--network/--no-network", default=True, help="Listen for print servers that announce themselves.")
@click.option(
    "--seconds", type=click.FloatRange(0.1, 60), default=LISTEN, show_default=True, help="How long to listen for them."
)
@click.option("--interface", "interfaces", multiple=True, metavar="IP", help="Listen on this address alone.")
@json_option
@click.pass_obj
def discover(
    path: Path,
    extra: tuple[str, ...],
    probe: bool,
    network: bool,
    seconds: float,
    interfaces: tuple[str, ...],
    raw: bool,
) -> None:
    """Show serial ports by the names that stay, and print servers on this network.

    Without --probe no port is opened. A probe asks Marlin's, GRBL's and the EBB's own question, which move nothing; a
    port that is configured, or that another program has open, is left alone.
    """
    machines = configured(path)
    ports = serial_ports(extra)
    asked = _probed(ports, machines, extra) if probe else {}
    seen = [_port(port, machines, asked.get(port.path)) for port in ports]
    seen += [_server(server, machines) for server in _listened(seconds, interfaces)] if network else []
    commands = suggested(seen, [machine.name for machine in machines.machines] if machines else [])
    if raw:
        as_json([_body(one, commands.get(one.address)) for one in seen])
        return
    rows = [(one.address, one.machine or "-", one.driver or "-", one.what, one.says) for one in seen]
    table(["ADDRESS", "MACHINE", "DRIVER", "WHAT", "SAYS"], rows, "No port and no server was found: is it on?")
    for command in commands.values():
        click.echo(f"add it: {command}")
    if not probe and any(_may_be_asked(port, machines, extra) for port in ports):
        click.echo("`ful machine discover --probe` asks what answers there; that resets many boards.")


def configured(path: Path) -> Config | None:
    """The machines that are there already, or None where there is no configuration (yet) that can be read."""
    try:
        return load(path)
    except ConfigError:
        return None


def suggested(seen: Iterable[Seen], taken: Sequence[str]) -> dict[str, str]:
    """By address, the command that adds it: of what was recognised and is not there already."""
    names, commands = list(taken), dict[str, str]()
    for one in seen:
        if one.driver and not one.machine:
            names.append(free_name(one.driver, names))
            commands[one.address] = one.add(names[-1])
    return commands


def free_name(driver: str, taken: Iterable[str]) -> str:
    """The driver's name with the first number that is free."""
    numbers = {name.removeprefix(f"{driver}-") for name in taken}
    return next(f"{driver}-{number}" for number in range(1, 10_000) if str(number) not in numbers)


def machine_at(config: Config | None, address: str) -> str:
    """The machine whose address this is, however its path is spelled."""
    real = os.path.realpath(address) if "://" not in address else address.rstrip("/")
    for machine in config.machines if config else ():
        own = machine.address
        if (os.path.realpath(own) if re.match(r"[./]", own) else own.rstrip("/")) == real:
            return machine.name
    return ""


def _may_be_asked(port: SerialPort, config: Config | None, named: Iterable[str]) -> bool:
    """A port that is no machine's yet; one of the computer itself, often its console, where it was named."""
    own = {os.path.realpath(path) for path in named}
    return not machine_at(config, port.path) and (not port.built_in or port.device in own)


def _probed(ports: Sequence[SerialPort], config: Config | None, named: Iterable[str]) -> dict[str, Probed]:
    """What answers at each port that may be asked."""
    may = [port.path for port in ports if _may_be_asked(port, config, named)]
    if may:
        going_on(f"asking {', '.join(may)} what is there, which takes some seconds")
    return dict(zip(may, probe_all(may, RealClock()), strict=True))


def _port(port: SerialPort, config: Config | None, probed: Probed | None) -> Seen:
    machine, found = machine_at(config, port.path), probed.found if probed else None
    what = " ".join(text for text in (port.what, f"({port.note})" if port.note else "") if text)
    if found is None:
        return Seen(port.path, what, machine, says=probed.why if probed else "")
    says = found.firmware if found.proved else f"speaks as {found.driver} does: {found.firmware}"
    return Seen(port.path, what, machine, found.driver, says, tuple(found.options.items()))


def _server(server: Server, config: Config | None) -> Seen:
    machine = machine_at(config, server.address)
    return Seen(server.address, f"{server.name} ({server.host})", machine, server.driver, server.version)


def _listened(seconds: float, interfaces: Sequence[str]) -> list[Server]:
    from drivers.discovery.network import servers  # zeroconf: a tenth of a second for no other command

    going_on(f"listening for {seconds:g} s for print servers on this network, and asking those that are heard")
    try:
        return servers(seconds, interfaces)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"the network cannot be listened to ({error}); --no-network leaves it out") from None


def _body(seen: Seen, add: str | None) -> dict[str, Any]:
    return {
        "address": seen.address,
        "machine": seen.machine or None,
        "driver": seen.driver or None,
        "what": seen.what,
        "says": seen.says,
        "options": dict(seen.options),
        "add": add,
    }


COMMANDS: tuple[click.Command, ...] = (discover,)
