"""`ful simulate`: what would this artifact become on that machine? Its simulator answers, through the real driver."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

import click

from drivers.contract import Failed, Machine, Made, Payload, Progressed, Settings, Start
from drivers.registry import build
from fulfillment.config import Machine as MachineConfig
from fulfillment.config import load
from fulfillment.daemon import RealClock
from fulfillment.machines import GCODE
from fulfillment.twin import NoSimulator, Room, Twin

ATTEMPT = "simulated-a1"
SILENCE = 120.0
"""Real seconds without any event after which it is given up."""


@click.command()
@click.argument("artifact", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--machine", "name", required=True, help="A machine of config.yaml that names a simulator.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Write what came out here (PNG).")
@click.option("--speed", default="max", show_default=True, help="1, 20, or max.")
@click.option("--fault", "faults", multiple=True, metavar="KIND@line=N", help="Let it go wrong. Repeatable.")
@click.pass_obj
def simulate(path: Path, artifact: Path, name: str, picture: Path | None, speed: str, faults: tuple[str, ...]) -> None:
    """Run ARTIFACT on the simulator of a machine, through the same driver that drives the real one.

    A manifest beside it (`ful render` writes one) says where its piece lies. Exit status 0: it was made. `python -m
    simulators marlin --help` lists the faults.
    """
    try:
        machine = load(path).machine(name)
    except KeyError:
        raise click.ClickException(f"config.yaml names no machine {name!r}") from None
    piece = _piece(artifact)
    extra = ["--speed", speed, "--side", "0", *(word for fault in faults for word in ("--fault", fault)), *piece]
    with tempfile.TemporaryDirectory(prefix="ful-") as folder:
        link = Path(folder) / "tty"
        try:
            with Twin(machine, link, *extra) as twin:
                why = _run(machine, link, artifact)
                _report(twin.room, None if piece else machine.camera, picture)
        except NoSimulator as missing:
            raise click.ClickException(str(missing)) from None
    if why:
        raise click.ClickException(f"it failed: {why}")
    click.echo("made" + (f"; see {picture}" if picture else ""))


def _run(machine: MachineConfig, link: Path, artifact: Path) -> str | None:
    """Drive the artifact to its end. Why it failed, or None."""
    data = artifact.read_bytes()
    payload = Payload(artifact.absolute(), hashlib.sha256(data).hexdigest(), len(data), GCODE)
    with build(machine.driver, Settings(machine.name, str(link), dict(machine.options)), RealClock()) as driver:
        driver.connect()
        driver.transfer(ATTEMPT, payload)
        answer = driver.start(ATTEMPT)
        if answer.start is not Start.STARTED:
            return f"it did not start: {answer.why}"
        return _await_end(driver)


def _await_end(driver: Machine) -> str | None:
    with click.progressbar(length=1000, label="simulating") as bar:
        done = 0
        while (event := driver.next_event(SILENCE)) is not None:
            match event:
                case Progressed(fraction=fraction):
                    bar.update(int(fraction * 1000) - done)
                    done = int(fraction * 1000)
                case Made():
                    bar.update(1000 - done)
                    return None
                case Failed(why=why):
                    return why
    return f"nothing was heard of it for {SILENCE:g} s"


def _piece(artifact: Path) -> list[str]:
    """The simulator's arguments for the piece of the manifest that lies beside the artifact, where it names one."""
    manifest = artifact.with_name(f"{artifact.stem}.manifest.json")
    piece = json.loads(manifest.read_text()).get("piece") if manifest.is_file() else None
    if not piece:
        return []
    box = ",".join(f"{value:g}" for value in piece["box"])
    return ["--piece", box, "--surface-colour", piece["surface"], "--mark-colour", piece["mark"]]


def _report(room: Room, camera: str | None, picture: Path | None) -> None:
    """``camera``: its view, where the simulator does not know the piece."""
    if picture:
        view = (camera or "").partition("?")[2]
        picture.write_bytes(room.picture(**dict(pair.split("=", 1) for pair in view.split("&") if "=" in pair)))
