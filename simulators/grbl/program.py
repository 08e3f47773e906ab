"""``python -m simulators grbl``: the command line, and a file played straight through."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simulators import faults, program
from simulators.burn import Laser
from simulators.grbl.board import Options
from simulators.grbl.firmware import Firmware
from simulators.grbl.kinds import COUNTS, KINDS, SPOILING
from simulators.grbl.settings import SETTINGS
from simulators.grbl.store import Point
from simulators.groove import Mill
from simulators.ink import Pen
from simulators.picture import Look
from simulators.record import Json, Recorder, Tool, described, portrait, summary
from simulators.serve import BOOT_DELAY, Service, Studio
from simulators.side import Hands

STOCK = 10.0
"""Thickness of what a spindle engraves, mm: its surface is that high."""
LOOKS: Mapping[str, Look] = {
    "laser": Look("#2a1408", "#d8b27c", "#3c3f42"),
    "spindle": Look("#5a3417", "#c89a63", "#3c3f42"),
    "pen": Look("#1b2a5c", "#fbfaf5", "#8d9196"),
}


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    look = LOOKS[options.tool]
    for name, colour in (("mark", look.bead), ("surface", look.surface), ("background", look.background)):
        if getattr(options, f"{name}_colour") is None:
            setattr(options, f"{name}_colour", colour)
    if options.surface_z is None:
        options.surface_z = STOCK if options.tool == "spindle" else 0.0
    recorder = Recorder(TOOLS[options.tool](options), COUNTS, SPOILING)
    machine = Firmware(_build(options), recorder, faults.Faults(options.seed))
    for fault in options.fault:
        machine.faults.arm(fault, 0)
    studio = program.studio(options, options.envelope[:2])
    if options.play is not None:
        return play(machine, recorder, studio, options.play, options.picture, options.json)
    delay = BOOT_DELAY if options.reset_on_open else 0.0
    return program.serve(options, machine, recorder, studio, delay, lambda service: _hands(service, machine))


def _parser() -> argparse.ArgumentParser:
    parser = program.parser("grbl", "A simulated GRBL 1.1 machine: a laser, an engraver or a plotter.", KINDS)
    build = parser.add_argument_group("machine")
    build.add_argument("--tool", choices=tuple(TOOLS), default="laser")
    build.add_argument("--flavour", choices=("grbl", "grblhal"), default="grbl")
    build.add_argument("--envelope", type=program.envelope, default=(300.0, 200.0, 50.0), metavar="XxYxZ")
    build.add_argument("--buffer", type=int, help="bytes of the receive buffer (default 128; grblHAL 1024)")
    build.add_argument("--blocks", type=int, help="usable blocks of the planner (default 15; grblHAL 35)")
    build.add_argument(
        "--setting", type=_setting, action="append", default=[], metavar="N=VALUE", help="$N=VALUE from the start"
    )
    build.add_argument("--homing", action=argparse.BooleanOptionalAction, default=False, help="$22 and $20")
    build.add_argument("--start", type=_point, default=None, metavar="X,Y,Z", help="where the tool stands on the bed")
    build.add_argument("--surface-z", type=float, help="height of the piece's surface (default 0; spindle 10)")
    build.add_argument("--reset-on-open", action=argparse.BooleanOptionalAction, default=True)
    build.add_argument(
        "--line-time", type=float, default=0.0, metavar="S", help="seconds that each line takes to parse"
    )
    tool = parser.add_argument_group("tool")
    tool.add_argument("--watts", type=float, default=5.0, help="of the laser")
    tool.add_argument("--spot", type=float, default=0.15, help="of the laser, mm")
    tool.add_argument("--dose", type=float, default=0.4, help="J/mm2 at which the surface is half as dark as can be")
    tool.add_argument("--laser-lag", type=float, default=0.0, help="seconds that the laser answers late")
    tool.add_argument("--angle", type=float, default=60.0, help="of the V-bit, degrees; 0: an end mill")
    tool.add_argument("--diameter", type=float, default=3.175, help="of the bit, mm")
    tool.add_argument("--pen-width", type=float, default=0.5, help="mm")
    tool.add_argument("--pen-by", choices=("spindle", "z"), default="spindle", help="what lowers the pen")
    tool.add_argument("--pen-down", type=_shares, default=(0.5, 1.0), metavar="FROM,TO", help="shares of $30")
    tool.add_argument("--pen-lag", type=float, default=0.1, help="seconds from the servo's command to the paper")
    program.looks(parser, None)
    return parser


def _laser(options: argparse.Namespace) -> Tool:
    return Laser(options.watts, options.spot, options.dose, options.laser_lag)


def _mill(options: argparse.Namespace) -> Tool:
    return Mill(options.angle, options.diameter, options.surface_z)


def _pen(options: argparse.Namespace) -> Tool:
    contact = options.surface_z if options.pen_by == "z" else None
    return Pen(options.pen_width, options.pen_lag, options.pen_down, contact)


TOOLS: Mapping[str, Callable[[argparse.Namespace], Tool]] = {"laser": _laser, "spindle": _mill, "pen": _pen}
FLAVOURS: Mapping[str, tuple[int, int]] = {"grbl": (128, 15), "grblhal": (1024, 35)}
"""Bytes and blocks."""


def _build(options: argparse.Namespace) -> Options:
    buffer, blocks = FLAVOURS[options.flavour]
    return Options(
        options.tool,
        options.flavour,
        options.envelope,
        options.buffer or buffer,
        options.blocks or blocks,
        options.homing,
        tuple(options.setting),
        options.start or (0.0, 0.0, options.surface_z),
        options.surface_z,
        options.reset_on_open,
        options.line_time,
    )


def _hands(service: Service, machine: Firmware) -> Hands:
    def fault(spec: str) -> Json:
        machine.faults.arm(faults.parse(spec, KINDS), machine.lines)
        machine.advance(service.pace.now)
        return {"armed": spec}

    def press() -> Json:
        return {"waited": machine.press()}

    def power_cycle() -> Json:
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
    piece, running = machine.recorder.piece, machine.planner.running
    work = running.work if running is not None else None
    return {
        "now": round(machine.now, 4),
        "state": machine.state.value,
        "idle": machine.idle,
        "moving": machine.moving,
        "hung": machine.hung,
        "waits_for_user": machine.suspended,
        "position": [round(value, 4) for value in machine.true(machine.planner.place(machine.now) or machine.stopped)],
        "mpos": [round(value, 4) for value in machine.machine()],
        "homed": machine.homed,
        "power": round(work.power if work is not None else machine.spindle.power, 4),
        "buffer": {"bytes": machine.ring.size - machine.ring.free, "blocks": len(machine.planner)},
        "lines": machine.lines,
        "piece": piece.number,
        "worked": bool(piece.runs),
        "collisions": len(piece.collisions),
    }


def play(
    machine: Firmware, recorder: Recorder, studio: Studio, path: Path, picture: Path | None, record: Path | None
) -> int:
    """A file through the same core in virtual time. 1 where the firmware complained or the piece is spoiled."""
    said: list[str] = []

    def work() -> None:
        while (machine.pressing or machine.suspended) and (event := machine.next_event() or machine.now) is not None:
            if machine.suspended and not machine.slowing and machine.held.restoring is None:
                machine.press()
            machine.advance(event)
            if machine.critical or machine.hung:
                break
        said.extend(line for data, _ in machine.output() for line in data.decode("ascii").splitlines())

    with path.open("rb") as lines:
        for line in lines:
            machine.receive(line.rstrip(b"\r\n") + b"\n")
            work()
    while machine.moving and (event := machine.next_event()) is not None:
        machine.advance(event)
    work()
    if picture is not None:
        image = portrait(recorder.piece, recorder.tool, machine.now, studio.look, studio.region, studio.density)
        image.save(picture, format="PNG")
    if record is not None:
        record.write_text(json.dumps(described(recorder.piece, recorder.tool, machine.now)), encoding="utf-8")
    facts = summary(recorder.piece, recorder.tool, machine.now)
    complaints = [line for line in said if line.startswith(("error:", "ALARM:"))]
    for trouble in (*complaints, *facts["outcome"]["troubles"]):
        print(f"{path}: {trouble}", file=sys.stderr)
    return 0 if facts["outcome"]["good"] and not complaints else 1


# --- arguments ---


def _setting(text: str) -> tuple[int, float]:
    name, equals, value = text.partition("=")
    if not equals or not name.removeprefix("$").isdigit() or int(name.removeprefix("$")) not in SETTINGS:
        raise argparse.ArgumentTypeError(f"a setting is N=VALUE with a number that $$ lists, not {text!r}")
    return int(name.removeprefix("$")), program.numbers(value, 1)[0]


def _point(text: str) -> Point:
    x, y, z = program.numbers(text, 3)
    return x, y, z


def _shares(text: str) -> tuple[float, float]:
    low, high = program.numbers(text, 2)
    return low, high
