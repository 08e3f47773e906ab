"""``python -m simulators embroidery``: a folder that is watched, or one file sewn straight through.

A file that appears in the folder is moved away before it is sewn; when it is over, ``NAME.done`` or ``NAME.error``
stands in the folder.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from simulators import faults, program
from simulators.embroidery.machine import COUNTS, KINDS, SPOILING, Embroiderer, Options
from simulators.embroidery.needle import Needle
from simulators.fronts import NoFront
from simulators.picture import Look
from simulators.record import Json, Recorder, described, portrait, summary
from simulators.serve import Over, Service
from simulators.side import Hands, Side

CLOTH = Look("#1f3a6d", "#f4f1ea", "#c9cdd2")
LOOK = 0.1
"""Real seconds between two looks at the folder."""
TAKEN = ".taken"
"""The folder inside of the folder that files are moved to."""


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    recorder = Recorder(Needle(options.thread), COUNTS, SPOILING)
    machine = Embroiderer(
        Options(options.envelope, options.pace, options.trim_at), recorder, faults.Faults(options.seed)
    )
    for fault in options.fault:
        machine.faults.arm(fault, 0)
    drawn = program.studio(options, options.envelope)
    if options.play is None:
        return _serve(options, machine, Service(machine, recorder, options.speed, NoFront(), drawn, 0.0))
    machine.load(options.play.stem, options.play.read_bytes())
    while (event := machine.next_event()) is not None:
        machine.advance(event + 1e-6)
    if options.picture is not None:
        image = portrait(recorder.piece, recorder.tool, machine.now, drawn.look, drawn.region, drawn.density)
        image.save(options.picture, format="PNG")
    if options.json is not None:
        options.json.write_text(json.dumps(described(recorder.piece, recorder.tool, machine.now)), encoding="utf-8")
    facts = summary(recorder.piece, recorder.tool, machine.now)
    for trouble in facts["outcome"]["troubles"]:
        print(f"{options.play}: {trouble}", file=sys.stderr)
    return 0 if facts["outcome"]["good"] else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = program.parser("embroidery", "A simulated embroidery machine that takes DST files from a folder.", KINDS)
    build = parser.add_argument_group("machine")
    build.add_argument("--envelope", type=_size, default=(200.0, 200.0), metavar="XxY", help="the hoop, mm")
    build.add_argument("--pace", type=float, default=800.0, help="stitches a minute")
    build.add_argument("--trim-at", type=int, default=3, help="jumps in a row at which the thread is cut")
    build.add_argument("--thread", type=float, default=0.4, help="width of the thread, mm")
    program.looks(parser, CLOTH)
    options = parser.parse_args(arguments)
    if options.port is not None:
        parser.error("it takes its files from a folder: --link FOLDER")
    return options


def _size(text: str) -> tuple[float, float]:
    x, y = program.numbers(text.replace("x", ","), 2)
    return x, y


def _serve(options: argparse.Namespace, machine: Embroiderer, service: Service) -> int:
    folder: Path = options.link
    (folder / TAKEN).mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    side = Side(service, _hands(service, machine), options.side) if options.side is not None else None
    gone = threading.Event()
    watcher = threading.Thread(target=_watch, args=(folder, service, machine, gone), name="folder", daemon=True)
    watcher.start()
    words = [f"ready {folder}"]
    words += [f"side=http://127.0.0.1:{side.port}"] if side is not None else []
    print(*words, flush=True)
    parent = os.getppid()
    service.run(lambda: not options.die_with_parent or os.getppid() == parent)
    gone.set()
    watcher.join()
    if side is not None:
        side.close()
    return 0


def _watch(folder: Path, service: Service, machine: Embroiderer, gone: threading.Event) -> None:
    while not gone.wait(LOOK):
        try:
            for over in service.call(machine.over):
                _tell(folder, over.name, over.error)
            waiting = sorted(folder.glob("*.dst"))
            free: bool = service.call(machine.free)
            if waiting and free:
                _take(folder, waiting[0], service, machine)
        except Over:
            return


def _take(folder: Path, path: Path, service: Service, machine: Embroiderer) -> None:
    mine = folder / TAKEN / path.name
    try:
        path.rename(mine)
    except FileNotFoundError:
        return  # it was taken back
    data = mine.read_bytes()
    service.call(lambda: machine.load(path.stem, data))


def _tell(folder: Path, name: str, error: str | None) -> None:
    """The acknowledgement appears whole."""
    part = folder / TAKEN / f"{name}.part"
    part.write_text(f"{error or 'sewn'}\n", encoding="utf-8")
    part.rename(folder / f"{name}.{'error' if error else 'done'}")


def _hands(service: Service, machine: Embroiderer) -> Hands:
    def fault(spec: str) -> Json:
        machine.faults.arm(faults.parse(spec, KINDS), machine.lines)
        return {"armed": spec}

    def press() -> Json:
        waited = not machine.idle
        machine.abort("stopped at the machine")
        return {"waited": waited}

    def power_cycle() -> Json:
        machine.abort("the power was gone")
        return state(machine)

    return Hands(
        state=lambda: state(machine),
        record=program.recording(service),
        clear=program.clearing(service),
        fault=fault,
        press=press,
        power_cycle=power_cycle,
    )


def state(machine: Embroiderer) -> Json:
    piece = machine.recorder.piece
    return {
        "now": round(machine.now, 4),
        "idle": machine.idle,
        "moving": not machine.idle,
        "hung": False,
        "waits_for_user": False,
        "position": list(machine.place),
        "lines": machine.lines,
        "piece": piece.number,
        "worked": bool(piece.runs),
        "collisions": len(piece.collisions),
    }
