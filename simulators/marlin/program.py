"""``python -m simulators marlin``: the command line, and a file played straight through."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from simulators import clock, faults
from simulators.deposit import Pump
from simulators.fronts import Front, Pty, Tcp
from simulators.marlin.board import Options
from simulators.marlin.firmware import Firmware
from simulators.motion import Axes, Limits
from simulators.picture import Look, Plate, Region
from simulators.record import COUNTS, Json, Recorder, described, portrait, summary
from simulators.serve import BOOT_DELAY, Service, Studio
from simulators.side import Hands, Side


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    recorder = Recorder(Pump(options.e_area, options.lag, options.surface_z))
    machine = Firmware(_build(options), recorder, faults.Faults(options.seed))
    for spec in options.fault:
        machine.faults.arm(spec, 0)
    studio = _studio(options)
    if options.play is not None:
        return play(machine, recorder, studio, options.play, options.picture, options.json)
    return _serve(options, machine, recorder, studio)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators marlin", description="A simulated Marlin printer.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--link", type=Path, help="serve on a pty, with this link to it")
    where.add_argument("--port", type=int, help="serve on this port of 127.0.0.1 (0: choose)")
    where.add_argument("--play", type=Path, help="run this G-code file straight through, and end")
    parser.add_argument("--picture", type=Path, help="with --play: where the picture goes")
    parser.add_argument("--json", type=Path, help="with --play: where the record goes")
    parser.add_argument("--speed", type=_pace, default="1", help="a factor, or max (default 1)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--fault", type=_fault, action="append", default=[], metavar="KIND[@WHEN][:ARGUMENT]", help=_faults_help()
    )
    parser.add_argument("--side", type=int, metavar="PORT", help="serve the side channel on this port (0: choose)")
    parser.add_argument("--record", type=Path, metavar="DIR", help="write each piece as PNG and JSON into this folder")
    parser.add_argument("--die-with-parent", action="store_true")
    build = parser.add_argument_group("firmware")
    build.add_argument("--envelope", type=_envelope, default=(220.0, 220.0, 60.0), metavar="XxYxZ")
    build.add_argument("--min-temp", type=float, default=170.0, help="EXTRUDE_MINTEMP; 0: extrude cold")
    build.add_argument("--max-feedrate", type=_axes, default=Limits().feedrate, metavar="X,Y,Z,E")
    build.add_argument("--max-accel", type=_axes, default=Limits().acceleration, metavar="X,Y,Z,E")
    build.add_argument(
        "--accel", type=_accelerations, default=(3000.0, 3000.0, 3000.0), metavar="P[,R,T]", help="M204 P,R,T"
    )
    build.add_argument("--jerk", type=_axes, metavar="X,Y,Z,E", help="classic jerk instead of junction deviation")
    build.add_argument("--junction-deviation", type=float, default=0.013)
    build.add_argument("--bufsize", type=int, default=4, help="BUFSIZE, lines")
    build.add_argument("--blocks", type=int, default=16, help="BLOCK_BUFFER_SIZE")
    build.add_argument("--bed-max", type=float, default=120.0, help="the hottest that the bed may be set, degrees C")
    build.add_argument("--no-advanced-ok", action="store_true")
    build.add_argument("--no-emergency-parser", action="store_true")
    build.add_argument("--no-reset-on-open", action="store_true")
    piece = parser.add_argument_group("material and picture")
    piece.add_argument("--e-area", type=float, default=2.405, help="mm3 per mm of E")
    piece.add_argument("--lag", type=float, default=0.0, help="pump lag, s")
    piece.add_argument("--surface-z", type=float, default=0.0)
    piece.add_argument("--piece", type=_plate, metavar="X,Y,W,H[,R]", help="the drawn surface, mm")
    piece.add_argument("--bead-colour", default=Look().bead)
    piece.add_argument("--surface-colour", default=Look().surface)
    piece.add_argument("--background-colour", default=Look().background)
    piece.add_argument("--px-per-mm", type=float, default=10.0)
    piece.add_argument("--flat", action="store_true", help="plain colours, for measurements")
    return parser


def _faults_help() -> str:
    return "; ".join(f"{name}: {kind.text}" for name, kind in faults.KINDS.items())


def _build(options: argparse.Namespace) -> Options:
    printing, retracting, travel = options.accel
    limits = Limits(
        options.max_feedrate, options.max_accel, printing, retracting, travel, options.jerk, options.junction_deviation
    )
    return Options(
        options.envelope,
        limits,
        options.min_temp,
        not options.no_advanced_ok,
        not options.no_emergency_parser,
        not options.no_reset_on_open,
        options.bufsize,
        options.blocks,
        options.bed_max,
    )


def _studio(options: argparse.Namespace) -> Studio:
    plate: Plate | None = options.piece
    look = Look(options.bead_colour, options.surface_colour, options.background_colour, plate, options.flat)
    region: Region = (0.0, 0.0, options.envelope[0], options.envelope[1])
    if plate is not None:
        region = (plate.x, plate.y, plate.x + plate.width, plate.y + plate.height)
    return Studio(look, region, options.px_per_mm, options.record)


def _serve(options: argparse.Namespace, machine: Firmware, recorder: Recorder, studio: Studio) -> int:
    front: Front = Pty(options.link) if options.link is not None else Tcp(options.port)
    delay = 0.0 if options.no_reset_on_open else BOOT_DELAY
    service = Service(machine, recorder, options.speed, front, studio, delay)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    side = Side(service, _hands(service, machine), options.side) if options.side is not None else None
    words = [f"ready {options.link or front.name}", f"device={front.name}"]
    words += [f"side=http://127.0.0.1:{side.port}"] if side is not None else []
    print(*words, flush=True)
    parent = os.getppid()
    service.run(lambda: not options.die_with_parent or os.getppid() == parent)
    if side is not None:
        side.close()
    return 0


def _hands(service: Service, machine: Firmware) -> Hands:
    recorder = service.recorder

    def fault(spec: str) -> Json:
        machine.faults.arm(faults.parse(spec), machine.lines)
        machine.advance(service.pace.now)
        return {"armed": spec}

    def clear() -> Json:
        piece = recorder.clear(service.pace.now)
        service.scribe.add(piece, service.pace.now)
        return recorder.closed[-1]

    def record() -> Callable[[], Json]:
        piece, now, closed = recorder.piece.copy(), service.pace.now, list(recorder.closed)
        return lambda: whole(closed, described(piece, recorder.tool, now))

    def power_cycle() -> Json:
        machine.boot("PowerUp")
        return state(machine)

    return Hands(
        state=lambda: state(machine),
        record=record,
        clear=clear,
        fault=fault,
        press=lambda: {"waited": machine.press()},
        power_cycle=power_cycle,
    )


def state(machine: Firmware) -> Json:
    machine.heat()
    piece = machine.recorder.piece
    return {
        "now": round(machine.now, 4),
        "idle": machine.idle,
        "moving": machine.moving,
        "halted": machine.dead,
        "hung": machine.hung,
        "waits_for_user": machine.user,
        "position": [round(value, 4) for value in machine.where()],
        "homed": sorted("XYZ"[axis] for axis in machine.homed),
        "hotend": {"actual": round(machine.hotend.shown, 2), "target": machine.hotend.target},
        "bed": {"actual": round(machine.bed.shown, 2), "target": machine.bed.target},
        "last_line": machine.last_n,
        "numbered_lines": machine.lines,
        "piece": piece.number,
        "deposited": bool(piece.runs),
        "collisions": len(piece.collisions),
    }


def whole(closed: list[Json], piece: Json) -> Json:
    """Everything since the start: sums over the pieces, closed ones in brief, the open one in full."""
    pieces = [*closed, piece]
    return {
        "counts": {name: sum(part["counts"][name] for part in pieces) for name in COUNTS},
        "collisions": [{"piece": part["number"], **event} for part in pieces for event in part["collisions"]],
        "pieces": closed,
        "piece": piece,
    }


def play(
    machine: Firmware, recorder: Recorder, studio: Studio, program: Path, picture: Path | None, record: Path | None
) -> int:
    """A file through the same core in virtual time. 1 where the firmware complained or the piece is spoiled."""
    errors: list[str] = []

    def work() -> None:
        while machine.pressing and (event := machine.next_event()) is not None:
            machine.advance(event)
        if machine.user:
            machine.press()
        errors.extend(
            line
            for data, _ in machine.output()
            for line in data.decode("ascii").splitlines()
            if line.startswith("Error:")
        )

    with program.open("rb") as lines:
        for line in lines:
            machine.receive(line.rstrip(b"\r\n") + b"\n")
            work()
            while machine.pressing or machine.user:
                work()
    while machine.moving and (event := machine.next_event()) is not None:
        machine.advance(event)
    work()
    piece, end = recorder.piece, machine.now + recorder.tool.settling
    if picture is not None:
        portrait(piece, recorder.tool, end, studio.look, studio.region, studio.density).save(picture, format="PNG")
    if record is not None:
        record.write_text(json.dumps(described(piece, recorder.tool, end)), encoding="utf-8")
    facts = summary(piece, recorder.tool, end)
    for trouble in (*errors, *facts["outcome"]["troubles"]):
        print(f"{program}: {trouble}", file=sys.stderr)
    return 0 if facts["outcome"]["good"] and not errors else 1


# --- arguments ---


def _numbers(text: str, *counts: int) -> list[float]:
    parts = text.split(",")
    if len(parts) not in counts:
        raise argparse.ArgumentTypeError(f"{' or '.join(map(str, counts))} numbers are expected, not {text!r}")
    try:
        return [float(part) for part in parts]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} holds something that is not a number") from None


def _axes(text: str) -> Axes:
    x, y, z, e = _numbers(text, 4)
    return x, y, z, e


def _accelerations(text: str) -> tuple[float, float, float]:
    numbers = _numbers(text, 1, 3)
    return (numbers[0], numbers[0], numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1], numbers[2])


def _envelope(text: str) -> tuple[float, float, float]:
    x, y, z = _numbers(text.replace("x", ","), 3)
    return x, y, z


def _plate(text: str) -> Plate:
    return Plate(*_numbers(text, 4, 5))


def _pace(text: str) -> clock.Pace:
    try:
        return clock.pace(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _fault(text: str) -> faults.Fault:
    try:
        return faults.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
