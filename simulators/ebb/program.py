"""``python -m simulators ebb``: the command line, and a file of commands played straight through."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators import faults, program
from simulators.ebb.board import KINEMATICS, Options
from simulators.ebb.firmware import Firmware
from simulators.ebb.kinds import COUNTS, KINDS, SPOILING
from simulators.ink import Pen
from simulators.picture import Look
from simulators.record import Json, Recorder, described, portrait, summary
from simulators.serve import Service, Studio
from simulators.side import Hands

PAPER = Look("#1b2a5c", "#fbfaf5", "#8d9196")


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    recorder = Recorder(Pen(options.pen_width), COUNTS, SPOILING)
    machine = Firmware(_build(options), recorder, faults.Faults(options.seed))
    for fault in options.fault:
        machine.faults.arm(fault, 0)
    studio = program.studio(options, options.envelope)
    if options.play is not None:
        return play(machine, recorder, studio, options.play, options.picture, options.json)
    return program.serve(options, machine, recorder, studio, 0.0, lambda service: _hands(service, machine))


def _parser() -> argparse.ArgumentParser:
    parser = program.parser("ebb", "A simulated AxiDraw: an EiBotBoard that moves a pen.", KINDS)
    build = parser.add_argument_group("machine")
    build.add_argument("--firmware", choices=("2.8.1", "3.0.3"), default="2.8.1")
    build.add_argument("--kinematics", choices=tuple(KINEMATICS), default="axidraw", help="axidraw: 1 = X+Y, 2 = X-Y")
    build.add_argument("--envelope", type=_size, default=(300.0, 218.0), metavar="XxY")
    build.add_argument(
        "--origin",
        choices=("top-left", "bottom-left"),
        default="top-left",
        help="where the pen stands at first; from the top, Y grows downwards, as on an AxiDraw",
    )
    build.add_argument("--steps", type=float, default=80.0, help="of a motor per mm, at 16 microsteps")
    build.add_argument("--max-jump", type=float, default=150.0, metavar="MM/S", help="in a motor's speed; 0: any")
    build.add_argument("--powered", action=argparse.BooleanOptionalAction, default=True, help="the motors' own supply")
    build.add_argument("--pen-width", type=float, default=0.5, help="mm")
    build.add_argument("--pen-lag", type=float, default=0.1, help="seconds that the servo takes at least")
    program.looks(parser, PAPER)
    return parser


def _build(options: argparse.Namespace) -> Options:
    downward = options.origin == "top-left"
    return Options(
        options.firmware,
        options.kinematics,
        options.envelope,
        (0.0, options.envelope[1] if downward else 0.0),
        downward,
        options.steps,
        options.pen_lag,
        options.max_jump,
        options.powered,
    )


def _hands(service: Service, machine: Firmware) -> Hands:
    def fault(spec: str) -> Json:
        machine.faults.arm(faults.parse(spec, KINDS), machine.lines)
        machine.advance(service.pace.now)
        return {"armed": spec}

    def press() -> Json:
        machine.push()
        return {"waited": False}

    def power_cycle() -> Json:
        machine.powered = machine.options.powered
        machine.boot("power")
        return state(machine)

    service.left = machine.closed
    return Hands(
        state=lambda: state(machine),
        record=program.recording(service),
        clear=program.clearing(service),
        fault=fault,
        press=press,
        power_cycle=power_cycle,
    )


def state(machine: Firmware) -> Json:
    piece = machine.recorder.piece
    return {
        "now": round(machine.now, 4),
        "idle": machine.idle,
        "moving": machine.moving,
        "hung": machine.hung,
        "waits_for_user": False,
        "position": [round(value, 4) for value in machine.place],
        "steps": list(machine.steps()),
        "pen_up": machine.servo.up,
        "pen_touches": machine.servo.touches,
        "motors": list(machine.motors.enabled),
        "powered": machine.powered,
        "fifo": len(machine.fifo),
        "lines": machine.lines,
        "piece": piece.number,
        "worked": bool(piece.runs),
        "collisions": len(piece.collisions),
    }


def play(
    machine: Firmware, recorder: Recorder, studio: Studio, path: Path, picture: Path | None, record: Path | None
) -> int:
    """A command a line through the same core in virtual time. 1 where it complained or the piece is spoiled."""

    def work() -> None:
        while (machine.pressing or machine.moving) and (event := machine.next_event()) is not None:
            machine.advance(event)

    for line in path.read_text(encoding="ascii").splitlines():
        machine.receive(line.strip().encode("ascii") + b"\r")
        while machine.pressing and (event := machine.next_event()) is not None:
            machine.advance(event)
    work()
    machine.advance(machine.now + machine.options.lag)
    if picture is not None:
        image = portrait(recorder.piece, recorder.tool, machine.now, studio.look, studio.region, studio.density)
        image.save(picture, format="PNG")
    if record is not None:
        record.write_text(json.dumps(described(recorder.piece, recorder.tool, machine.now)), encoding="utf-8")
    facts = summary(recorder.piece, recorder.tool, machine.now)
    for trouble in facts["outcome"]["troubles"]:
        print(f"{path}: {trouble}", file=sys.stderr)
    return 0 if facts["outcome"]["good"] else 1


def _size(text: str) -> tuple[float, float]:
    x, y = program.numbers(text.replace("x", ","), 2)
    return x, y
