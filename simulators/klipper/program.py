"""``python -m simulators klipper``: Klipper on its unix socket, for a real Moonraker in front of it."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from simulators import clock
from simulators.deposit import Pump
from simulators.fronts import NoFront
from simulators.klipper.klippy import FAULTS, Klippy
from simulators.klipper.socket import Front
from simulators.klipper.toolhead import Config
from simulators.picture import Look
from simulators.program import clearing, envelope, looks, recording, studio
from simulators.record import Json, Recorder
from simulators.serve import Service
from simulators.side import Hands, Side


def main(arguments: Sequence[str]) -> int:
    options = parser("klipper", "A simulated Klipper, behind its API socket.").parse_args(arguments)
    service, klippy = made(options)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    front = Front(options.socket, service, klippy)
    side = Side(service, hands(service, klippy, klippy.fault), options.side) if options.side is not None else None
    words = [f"ready {options.socket}"]
    words += [f"side=http://127.0.0.1:{side.port}"] if side is not None else []
    print(*words, flush=True)
    parent = os.getppid()
    service.run(lambda: not options.die_with_parent or os.getppid() == parent)
    front.close()
    if side is not None:
        side.close()
    return 0


def parser(kind: str, text: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog=f"python -m simulators {kind}", description=text)
    if kind == "klipper":
        made.add_argument("--socket", type=Path, required=True, help="the unix socket of its API")
        made.add_argument("--gcodes", type=Path, required=True, help="the folder of its virtual SD card")
    made.add_argument("--speed", type=_pace, default="1", help="a factor, or max (default 1)")
    made.add_argument("--side", type=int, metavar="PORT", help="serve the side channel on this port (0: choose)")
    made.add_argument("--record", type=Path, metavar="DIR", help="write each piece as PNG and JSON into this folder")
    made.add_argument("--die-with-parent", action="store_true")
    build = made.add_argument_group("printer.cfg", "; ".join(f"{name}: {text}" for name, text in FAULTS.items()))
    build.add_argument("--envelope", type=envelope, default=Config().envelope, metavar="XxYxZ")
    build.add_argument("--min-temp", type=float, default=170.0, help="min_extrude_temp; 0: extrude cold")
    build.add_argument("--cross-section", type=float, default=0.64, help="max_extrude_cross_section, mm2")
    build.add_argument("--idle-timeout", type=float, default=600.0, help="s")
    build.add_argument("--no-extruder", action="store_true")
    build.add_argument("--no-bed", action="store_true", help="no [heater_bed]")
    build.add_argument("--bed-max", type=float, default=120.0, help="max_temp of the bed")
    build.add_argument("--no-fan", action="store_true", help="no [fan]")
    piece = made.add_argument_group("material")
    piece.add_argument("--e-area", type=float, default=2.405, help="mm3 per mm of E")
    piece.add_argument("--lag", type=float, default=0.0, help="pump lag, s")
    piece.add_argument("--surface-z", type=float, default=0.0)
    looks(made, Look())
    return made


def made(options: argparse.Namespace) -> tuple[Service, Klippy]:
    config = Config(
        envelope=options.envelope,
        extruder=not options.no_extruder,
        bed=not options.no_bed,
        fan=not options.no_fan,
        min_extrude_temp=options.min_temp,
        filament_area=options.e_area,
        max_extrude_cross_section=options.cross_section,
        idle_timeout=options.idle_timeout,
        bed_max=options.bed_max,
    )
    recorder = Recorder(Pump(options.e_area, options.lag, options.surface_z))
    klippy = Klippy(config, options.gcodes, recorder)
    drawn = studio(options, options.envelope[:2])
    return Service(klippy, recorder, options.speed, NoFront(), drawn, 0.0), klippy


def hands(service: Service, klippy: Klippy, arm: Callable[[str], None]) -> Hands:
    record = recording(service)

    def fault(spec: str) -> Json:
        arm(spec)
        klippy.advance(service.pace.now)
        return {"armed": spec}

    def whole() -> Callable[[], Json]:
        described, begun = record(), list(klippy.sd.begun)
        return lambda: {**described(), "begun": begun}

    def power_cycle() -> Json:
        klippy.restart()
        return state(klippy)

    return Hands(
        state=lambda: state(klippy),
        record=whole,
        clear=clearing(service),
        fault=fault,
        press=lambda: {"waited": klippy.press()},
        power_cycle=power_cycle,
    )


def state(klippy: Klippy) -> Json:
    klippy.toolhead.heat()
    return {
        "now": round(klippy.reactor.now, 4),
        "state": klippy.state if klippy.present else "away",
        "connected": klippy.watched,
        "print": klippy.stats.state,
        "file": klippy.stats.file,
        "idle": klippy.idle,
        "heaters": {name: [round(each.shown, 2), each.target] for name, each in klippy.toolhead.heaters.items()},
        "fan": klippy.toolhead.fan,
        "begun": list(klippy.sd.begun),
        "terminal": list(klippy.terminal)[-50:],
        "collisions": len(klippy.recorder.piece.collisions),
    }


def _pace(text: str) -> clock.Pace:
    try:
        return clock.pace(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
