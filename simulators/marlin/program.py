"""``python -m simulators marlin``: the command line, and a file played straight through."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators import faults, program
from simulators.deposit import Pump
from simulators.ground import Ground
from simulators.marlin.board import Options
from simulators.marlin.firmware import Firmware
from simulators.marlin.mesh import Probe
from simulators.motion import Axes, Limits
from simulators.picture import Look
from simulators.record import Json, Recorder, described, portrait, summary
from simulators.serve import BOOT_DELAY, Service, Studio
from simulators.side import Hands


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    ground = Ground(options.surface_z, options.piece[0] if options.piece else None, options.unevenness, options.seed)
    uneven = ground if options.unevenness else None
    recorder = Recorder(Pump(options.e_area, options.lag, options.surface_z, uneven))
    machine = Firmware(_build(options, ground), recorder, faults.Faults(options.seed))
    for spec in options.fault:
        machine.faults.arm(spec, 0)
    studio = program.studio(options, options.envelope[:2])
    if options.play is not None:
        return play(machine, recorder, studio, options.play, options.picture, options.json)
    delay = 0.0 if options.no_reset_on_open else BOOT_DELAY
    return program.serve(options, machine, recorder, studio, delay, lambda service: _hands(service, machine))


def _parser() -> argparse.ArgumentParser:
    parser = program.parser("marlin", "A simulated Marlin printer.", faults.KINDS)
    build = parser.add_argument_group("firmware")
    build.add_argument("--envelope", type=program.envelope, default=(220.0, 220.0, 60.0), metavar="XxYxZ")
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
    build.add_argument("--no-cancel-objects", action="store_true", help="built without CANCEL_OBJECTS: no M486")
    _probe_arguments(parser)
    piece = parser.add_argument_group("material")
    piece.add_argument("--e-area", type=float, default=2.405, help="mm3 per mm of E")
    piece.add_argument("--lag", type=float, default=0.0, help="pump lag, s")
    piece.add_argument("--surface-z", type=float, default=0.0)
    piece.add_argument(
        "--unevenness", type=float, default=0.0, help="the top of the piece rises and sinks by this, mm; --seed: how"
    )
    program.looks(parser, Look())
    return parser


def _probe_arguments(parser: argparse.ArgumentParser) -> None:
    known = Probe()
    probe = parser.add_argument_group("probe", "bilinear bed leveling, in the words of Marlin's configuration")
    probe.add_argument("--probe", type=_point, metavar="X,Y,Z", help="it has one: NOZZLE_TO_PROBE_OFFSET")
    probe.add_argument("--grid", type=_grid, default=known.points, metavar="NxM", help="GRID_MAX_POINTS_X, _Y")
    probe.add_argument("--probe-clearance", type=float, default=known.clearance, help="Z_CLEARANCE_BETWEEN_PROBES, mm")
    probe.add_argument("--probe-tolerance", type=float, default=known.tolerance, help="Z_PROBE_ERROR_TOLERANCE, mm")
    probe.add_argument("--halt-on-probe-failure", action="store_true", help="G29_HALT_ON_FAILURE")


def _build(options: argparse.Namespace, ground: Ground) -> Options:
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
        _probe(options),
        ground,
        not options.no_cancel_objects,
    )


def _probe(options: argparse.Namespace) -> Probe | None:
    if options.probe is None:
        return None
    return Probe(
        options.probe,
        options.grid,
        options.probe_clearance,
        options.probe_tolerance,
        halts=options.halt_on_probe_failure,
    )


def _hands(service: Service, machine: Firmware) -> Hands:
    def fault(spec: str) -> Json:
        machine.faults.arm(faults.parse(spec), machine.lines)
        machine.advance(service.pace.now)
        return {"armed": spec}

    def power_cycle() -> Json:
        machine.boot("PowerUp")
        return state(machine)

    return Hands(
        state=lambda: state(machine),
        record=program.recording(service),
        clear=program.clearing(service),
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


def play(
    machine: Firmware, recorder: Recorder, studio: Studio, path: Path, picture: Path | None, record: Path | None
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

    with path.open("rb") as lines:
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
        print(f"{path}: {trouble}", file=sys.stderr)
    return 0 if facts["outcome"]["good"] and not errors else 1


# --- arguments ---


def _axes(text: str) -> Axes:
    x, y, z, e = program.numbers(text, 4)
    return x, y, z, e


def _point(text: str) -> tuple[float, float, float]:
    x, y, z = program.numbers(text, 3)
    return x, y, z


def _grid(text: str) -> tuple[int, int]:
    columns, rows = (int(number) for number in program.numbers(text.replace("x", ","), 2))
    if min(columns, rows) < 2 or max(columns, rows) > 50:
        raise argparse.ArgumentTypeError(f"a grid has 2 to 50 points a side, not {text!r}")
    return columns, rows


def _accelerations(text: str) -> tuple[float, float, float]:
    numbers = program.numbers(text, 1, 3)
    return (numbers[0], numbers[0], numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1], numbers[2])
