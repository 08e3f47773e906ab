"""`ful machine add` and `remove`: config.yaml without an editor, checked before anything is replaced."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from drivers.contract import DriverError, Settings
from drivers.registry import DRIVERS, build
from drivers.service import Facts, Serviced
from fulfillment.cli.common import opened
from fulfillment.cli.machine_find import configured, free_name, machine_at
from fulfillment.config import ConfigError, Secret, SecretMissing
from fulfillment.config.layout import KEY, CannotEdit
from fulfillment.config.loading import inspect_bytes
from fulfillment.config.places import NOT_A_PATH
from fulfillment.config.writing import replace, with_machine, without_machine
from fulfillment.daemon import AlreadyRunning, RealClock, only_one
from fulfillment.newcomer import (
    PROCESSES,
    WANTED,
    Data,
    NotUnderstood,
    Told,
    Wanted,
    entry,
    envelope_of,
    flag_of,
    missing,
    told,
)
from fulfillment.positions import Document, Problem, read
from jobs import floor

Command = Callable[..., Any]

A_KEY = re.compile(r"\b(key|secret|password)\b")
"""In a driver's sentence on a print server: that it lets nobody in without one, or not with this one."""


def _flags(command: Command) -> Command:
    """A flag for everything that may be said of a machine."""
    for wanted in reversed(WANTED):
        command = click.option(f"--{wanted.name}", help=wanted.what)(command)
    return command


@click.command()
@click.argument("name", required=False)
@click.option("--driver", type=click.Choice(sorted(DRIVERS)), help="The driver that speaks to it.")
@click.option("--address", help="Its port, by the name that stays; its URL; or its folder. `discover` shows them.")
@click.option(
    "--process", "processes", multiple=True, type=click.Choice(PROCESSES), help="What it is to do. Repeatable."
)
@_flags
@click.option("--option", "options", multiple=True, metavar="KEY=VALUE", help="A key of its driver. Repeatable.")
@click.option("--key-file", type=click.Path(path_type=Path), help="The file that holds a print server's key.")
@click.option("--key-env", metavar="VARIABLE", help="The environment variable that holds a print server's key.")
@click.option("--offline", is_flag=True, help="Do not ask the machine for its limits; nothing is opened.")
@click.option("--ask/--no-ask", default=None, help="Ask for what is missing. By default where you sit at a terminal.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.pass_obj
def add(
    path: Path,
    /,
    name: str | None,
    driver: str | None,
    address: str | None,
    processes: tuple[str, ...],
    options: tuple[str, ...],
    key_file: Path | None,
    key_env: str | None,
    offline: bool,
    ask: bool | None,
    yes: bool,
    **flags: str | None,
) -> None:
    """Write the machine NAME into config.yaml, whose comments and layout stay as they are.

    What the machine tells of itself (envelope, speeds, accelerations) is taken from it; flags come first, and what is
    missing is asked for. The file is checked before it is replaced, and kept as config.yaml.before.
    """
    raw = _raw(path)
    person = sys.stdin.isatty() if ask is None else ask
    driver = driver or _asked(person, "--driver", "The driver that speaks to it", sorted(DRIVERS))
    address = _lasting(address or _asked(person, "--address", "Its address; `ful machine discover` shows them"), path)
    name = name or _asked(person, "NAME", "Its name", usual=free_name(driver, _names(path)))
    place = _anchored(address, path)
    _check_new(path, name, place)
    processes = processes or (_asked(person, "--process", "What it is to do", PROCESSES),)
    secret, own = _secret(key_file, key_env, path), _options(options)
    given = {key.replace("_", "-"): value for key, value in flags.items() if value is not None}
    given |= {one.name: str(own.pop(one.key[1])) for one in WANTED if one.key[0] == "options" and one.key[1] in own}
    _check_said(path, raw, name, _entry(name, driver, address, processes, given, own, secret))
    _complete(missing(driver, (), given), given, processes, person)
    said = Told({}, {})
    if not offline:
        keys = own | {one.key[1]: given[one.name] for one in WANTED if one.key[0] == "options" and one.name in given}
        key = _key(secret, path)
        known = Settings(name, place, keys, None, key, frozenset(processes), envelope_of(given))
        said = told(_facts(driver, known), processes)
        given = {**said.whole, **given}
    _complete(missing(driver, processes, given), given, processes, person, said.partly)
    text = _with(raw, _entry(name, driver, address, processes, given, own, secret))
    _put(path, raw, text, yes, name)
    click.echo(f"{name} is in {path}. {_anew(path)}`ful machine test {name}` asks it who it is.")


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.pass_obj
def remove(path: Path, name: str, yes: bool) -> None:
    """Take the machine NAME out of config.yaml, whose other lines stay as they are. Its past stays on record.

    Refused while a job is on it, or nobody knows what became of one.
    """
    raw = _raw(path)
    with opened(path) as shop:
        names = [machine.name for machine in shop.factory.config.machines]
        if name not in names:
            raise click.ClickException(f"{path} names no machine {name!r}: there are {', '.join(names)}")
        with shop.store.read() as connection:
            floor.check_free(connection, name)
    try:
        text = without_machine(raw.decode("utf-8"), name)
    except CannotEdit as error:
        raise click.ClickException(str(error)) from None
    _put(path, raw, text, yes, name)
    click.echo(f"{name} is no longer in {path}. {_anew(path)}")


# --- what is known ----------------------------------------------------------------------------------------------------


def _raw(path: Path) -> bytes:
    """The file as it is, which may have one problem at most: that it names no machine yet."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read ({error.strerror}): start from the one shipped") from None
    problems = [problem for problem in inspect_bytes(raw, path)[1] if problem.path != "machines"]
    if problems:
        raise ConfigError(problems)
    return raw


def _names(path: Path) -> list[str]:
    config = configured(path)
    return [machine.name for machine in config.machines] if config else []


def _check_new(path: Path, name: str, address: str) -> None:
    """Before anything is opened: neither the name nor the address is another machine's."""
    if name in _names(path):
        raise click.ClickException(f"{path} names a machine {name} already: choose another NAME")
    if other := machine_at(configured(path), address):
        raise click.ClickException(f"{address} is {other} already: `ful machine test {other}` asks it who it is")


def _asked(person: bool, flag: str, what: str, choices: Sequence[str] = (), usual: str | None = None) -> str:
    if not person:
        among = f" ({', '.join(choices)})" if choices else ""
        raise click.UsageError(f"{flag} is missing: {what[0].lower()}{what[1:]}{among}")
    return str(click.prompt(what, type=click.Choice(choices) if choices else None, default=usual))


def _complete(
    left: Sequence[Wanted],
    given: dict[str, str],
    processes: Sequence[str],
    person: bool,
    partly: Mapping[str, str] | None = None,
) -> None:
    """Have a person say what is left, with what is usual for such a machine as the offer. Raises ClickException."""
    asked = {one.name: _asks(one, processes, (partly or {}).get(one.name)) for one in left}
    if left and not person:
        flags = "\n".join(f"  --{name}: {what}" for name, what in asked.items())
        raise click.ClickException(f"neither you nor the machine has said:\n{flags}")
    for one in left:
        usual = next((one.usual[process] for process in processes if process in one.usual), None)
        given[one.name] = str(click.prompt(asked[one.name].rstrip("."), default=usual))


def _asks(one: Wanted, processes: Sequence[str], part: str | None) -> str:
    """What is wanted; of what the machine has told a part, that part and what is to be added to it."""
    if part is None:
        return one.what
    return f"{one.what} The machine tells {part}: write {part},{one.lacks(part, processes)}"


def _entry(
    name: str,
    driver: str,
    address: str,
    processes: Sequence[str],
    given: Mapping[str, str],
    own: Mapping[str, object],
    secret: Mapping[str, str] | None,
) -> Data:
    """Raises ClickException with the flag."""
    try:
        return entry(name, driver, address, processes, given, own, secret)
    except NotUnderstood as error:
        raise click.ClickException(f"{name}: {error}") from None


def _with(raw: bytes, machine: Data) -> str:
    try:
        return with_machine(raw.decode("utf-8"), machine)
    except CannotEdit as error:
        raise click.ClickException(str(error)) from None


def _check_said(path: Path, raw: bytes, name: str, machine: Data) -> None:
    """Before the machine is asked: nothing that was said is wrong. What is not said yet is not missed."""
    problems = inspect_bytes(_with(raw, machine).encode("utf-8"), path)[1]
    wrong = [text for problem in problems if (text := _by_flag(problem, name, _count(raw)))]
    if wrong:
        raise click.ClickException("nothing was asked or written:\n" + "\n".join(f"  {text}" for text in wrong))


def _by_flag(problem: Problem, name: str, number: int) -> str:
    """A problem of the machine that would be the file's ``number``th, told by its flag; empty: it is no such one."""
    place, dot, key = problem.path.partition(".")
    flag = flag_of(key) if dot and place == f"{KEY}[{number}]" else ""
    return f"{name} {flag}: {problem.text} {problem.mend}".rstrip() if flag else ""


def _elsewhere(problem: Problem, name: str, number: int) -> str:
    """A problem that no flag is for: of the machine by its name, of anything else by its place in the file."""
    place, _, key = problem.path.partition(".")
    where = " ".join(word for word in (name, key) if word) if place == f"{KEY}[{number}]" else problem.path
    return f"{where}: {problem.text} {problem.mend}".rstrip()


def _count(raw: bytes) -> int:
    """How many machines the file names, whether they are right or not."""
    document = read(raw, "config.yaml")
    return sum(1 for _ in document.select(KEY, "*")) if isinstance(document, Document) else 0


def _options(pairs: Sequence[str]) -> dict[str, object]:
    """KEY=VALUE, the value as it would be read from the file."""
    found: dict[str, object] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        document = read(f"value: {value}\n", "--option")
        if not key or not equals or not isinstance(document, Document) or not isinstance(document.data, dict):
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE", param_hint="--option")
        found[key] = document.data["value"]
    return found


def _lasting(address: str, path: Path) -> str:
    """The address as it is written: a bare device by the name that stays, a path below the file's folder from there."""
    if not _is_path(address):
        return address
    if Path(address).parent == Path("/dev"):
        from drivers.discovery.ports import serial_ports

        stable = next((port.path for port in serial_ports() if port.device == os.path.realpath(address)), address)
        if stable != address:
            click.echo(f"{address} may be another machine after the next boot: it is written as {stable}")
        return stable
    return _from_folder(Path(address), path)


def _is_path(address: str) -> bool:
    """Neither a URL nor such as tcp:HOST:PORT."""
    return not NOT_A_PATH.match(address) and ":" not in address.partition("/")[0]


def _anchored(address: str, path: Path) -> str:
    """The address as the configuration reads it."""
    return str(path.absolute().parent / address) if _is_path(address) else address


def _from_folder(place: Path, path: Path) -> str:
    whole, folder = place.expanduser().absolute(), path.absolute().parent
    return str(whole.relative_to(folder)) if whole.is_relative_to(folder) else str(whole)


def _secret(key_file: Path | None, key_env: str | None, path: Path) -> dict[str, str] | None:
    """Where the key is kept, never the key."""
    if key_file is not None and key_env is not None:
        raise click.UsageError("a key is kept in one place: either --key-file or --key-env")
    if key_env is not None:
        return {"env": key_env}
    if key_file is None:
        return None
    if key_file.is_file() and key_file.stat().st_mode & 0o077:
        click.echo(f"others can read {key_file}: `chmod 600 {key_file}` keeps the key to you", err=True)
    return {"file": _from_folder(key_file, path)}


def _key(secret: Mapping[str, str] | None, path: Path) -> str | None:
    """The key itself, for the driver alone. Raises ClickException."""
    if secret is None:
        return None
    try:
        if "env" in secret:
            return Secret(env=secret["env"]).read(os.environ)
        return Secret(file=path.absolute().parent / secret["file"]).read(os.environ)
    except (SecretMissing, ValueError) as error:
        raise click.ClickException(f"{error}\n--offline adds it without asking it.") from None


def _facts(driver: str, settings: Settings) -> Facts:
    """What the machine says of itself; nothing where its driver cannot ask."""
    try:
        with build(driver, settings, RealClock()) as machine:
            if not isinstance(machine, Serviced):
                return Facts()
            click.echo(f"asking {settings.address} what it is ...")
            machine.connect()
            facts = machine.facts()
    except DriverError as error:
        ways = "--offline adds it without asking it."
        if settings.address.startswith("http") and A_KEY.search(str(error)):
            ways = f"--key-file FILE or --key-env VARIABLE says where its key is kept; {ways}"
        raise click.ClickException(f"{error}\n{ways}") from None
    click.echo(f"it is {facts.firmware or 'a machine that does not say what it is'}")
    return facts


# --- writing ----------------------------------------------------------------------------------------------------------


def _put(path: Path, before: bytes, text: str, yes: bool, name: str) -> None:
    """Show what would change, ask, check, and replace the file. ``name``: the machine that comes or goes."""
    old, new = before.decode("utf-8").splitlines(), text.splitlines()
    colours = {"+": "green", "-": "red"}
    for line in difflib.unified_diff(old, new, str(path), str(path), lineterm="", n=2):
        click.secho(line, fg=colours.get(line[0]))
    _, problems = inspect_bytes(text.encode("utf-8"), path)
    if problems:
        number = _count(before)
        told_so = [_by_flag(one, name, number) or _elsewhere(one, name, number) for one in problems]
        wrong = "\n".join(f"  {one}" for one in told_so)
        raise click.ClickException(f"{path} was left as it is, since this would be wrong with it:\n{wrong}")
    if not yes:
        click.confirm(f"Write this to {path}?", abort=True)
    try:
        backup = replace(path, before, text)
    except CannotEdit as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"as it was it is kept as {backup}")


def _anew(path: Path) -> str:
    """What a running agent needs to see the change."""
    config = configured(path)
    if config is None:
        return ""
    try:
        with only_one(config.state, "agent"):
            return ""
    except AlreadyRunning:
        return "The agent and web that run know of it once they are started anew. "


COMMANDS: tuple[click.Command, ...] = (add, remove)
