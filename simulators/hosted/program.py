"""``python -m simulators <server> ...``: the command line that the simulated servers have in common."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

from simulators import clock, faults
from simulators.deposit import Pump
from simulators.fronts import NoFront
from simulators.hosted.core import Core, Vendor
from simulators.hosted.faults import KINDS, known, parse
from simulators.hosted.printer import Printer
from simulators.hosted.web import Web
from simulators.marlin.board import Options
from simulators.marlin.firmware import Firmware
from simulators.picture import Look
from simulators.program import looks, studio
from simulators.record import Json, Recorder, described
from simulators.serve import Service
from simulators.side import Hands, Side


def parser(kind: str, text: str) -> argparse.ArgumentParser:
    """The arguments of every server; a vendor adds its own."""
    made = argparse.ArgumentParser(prog=f"python -m simulators {kind}", description=text)
    made.add_argument("--port", type=int, required=True, help="serve on this port of 127.0.0.1 (0: choose)")
    made.add_argument("--key", default="simulated", help="the API key or password that is asked for")
    made.add_argument("--speed", type=_pace, default="1", help="a factor, or max (default 1)")
    made.add_argument("--seed", type=int, default=0)
    told = "; ".join(f"{name}: {kind.text}" for name, kind in KINDS.items())
    made.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="KIND[@OPERATION][:ARGUMENT]",
        help=f"{told}; and those of marlin",
    )
    made.add_argument("--side", type=int, metavar="PORT", help="serve the side channel on this port (0: choose)")
    made.add_argument("--record", type=Path, metavar="DIR", help="write each piece as PNG and JSON into this folder")
    made.add_argument("--die-with-parent", action="store_true")
    build = made.add_argument_group("printer")
    build.add_argument("--envelope", type=_envelope, default=(220.0, 220.0, 60.0), metavar="XxYxZ")
    build.add_argument("--min-temp", type=float, default=170.0, help="EXTRUDE_MINTEMP; 0: extrude cold")
    build.add_argument("--offline", action="store_true", help="the printer is not connected to the server at first")
    piece = made.add_argument_group("material")
    piece.add_argument("--e-area", type=float, default=2.405, help="mm3 per mm of E")
    piece.add_argument("--lag", type=float, default=0.0, help="pump lag, s")
    piece.add_argument("--surface-z", type=float, default=0.0)
    looks(made, Look())
    return made


def serve(options: argparse.Namespace, make: Callable[[Core, argparse.Namespace], Vendor]) -> int:
    """Serve until a signal comes, or the parent goes."""
    recorder = Recorder(Pump(options.e_area, options.lag, options.surface_z))
    firmware = Firmware(
        Options(envelope=options.envelope, min_temp=options.min_temp), recorder, faults.Faults(options.seed)
    )
    core = Core(Printer(firmware, online=not options.offline))
    vendor = make(core, options)
    drawn = studio(options, options.envelope[:2])
    service = Service(core.printer, recorder, options.speed, NoFront(), drawn, 0.0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    web = Web(vendor.app(), options.port)
    core.run(service, web, vendor)
    for spec in options.fault:
        core.arm(spec)
    side = Side(service, _hands(service, core), options.side) if options.side is not None else None
    words = [f"ready http://127.0.0.1:{web.port}"]
    words += [f"side=http://127.0.0.1:{side.port}"] if side is not None else []
    print(*words, flush=True)
    parent = os.getppid()
    service.run(lambda: not options.die_with_parent or os.getppid() == parent)
    web.close()
    if side is not None:
        side.close()
    return 0


def _hands(service: Service, core: Core) -> Hands:
    recorder, printer = service.recorder, core.printer

    def fault(spec: str) -> Json:
        core.arm(spec)
        printer.advance(service.pace.now)
        return {"armed": spec}

    def clear() -> Json:
        piece = recorder.clear(service.pace.now)
        service.scribe.add(piece, service.pace.now)
        return recorder.closed[-1]

    def record() -> Callable[[], Json]:
        piece, now, closed = recorder.piece.copy(), service.pace.now, list(recorder.closed)
        jobs = [
            {"number": job.number, "file": job.file, "fed": job.fed, "result": job.result} for job in core.printer.jobs
        ]
        return lambda: _whole(closed, described(piece, recorder.tool, now), jobs)

    def power_cycle() -> Json:
        printer.power_cycle()
        return state(core)

    return Hands(
        state=lambda: state(core),
        record=record,
        clear=clear,
        fault=fault,
        press=lambda: {"waited": printer.press()},
        power_cycle=power_cycle,
    )


def _whole(closed: list[Json], piece: Json, jobs: list[Json]) -> Json:
    """Everything since the start: sums over the pieces, closed ones in brief, the open one in full, and all jobs."""
    pieces = [*closed, piece]
    return {
        "counts": {name: sum(part["counts"][name] for part in pieces) for name in piece["counts"]},
        "collisions": [{"piece": part["number"], **event} for part in pieces for event in part["collisions"]],
        "pieces": closed,
        "piece": piece,
        "jobs": jobs,
    }


def state(core: Core) -> Json:
    printer, firmware = core.printer, core.printer.firmware
    firmware.heat()
    job = printer.job
    return {
        "now": round(firmware.now, 4),
        "state": printer.state,
        "idle": printer.idle,
        "waits_for_user": firmware.user or printer.held,
        "halted": firmware.dead,
        "hung": firmware.hung,
        "file": job.file if job is not None and job.ended is None else None,
        "files": sorted(core.files),
        "requests": core.requests[-200:],
        "hotend": {"actual": round(firmware.hotend.shown, 2), "target": firmware.hotend.target},
        "bed": {"actual": round(firmware.bed.shown, 2), "target": firmware.bed.target},
        "piece": firmware.recorder.piece.number,
        "collisions": len(firmware.recorder.piece.collisions),
    }


# --- arguments ---


def main(kind: str, text: str, make: Callable[[Core, argparse.Namespace], Vendor]) -> Callable[[Sequence[str]], int]:
    """A vendor's ``main`` where it has no arguments of its own."""
    return lambda arguments: serve(parser(kind, text).parse_args(arguments), make)


def _pace(text: str) -> clock.Pace:
    try:
        return clock.pace(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _envelope(text: str) -> tuple[float, float, float]:
    try:
        x, y, z = (float(part) for part in text.replace("x", ",").split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"an envelope is XxYxZ in mm, not {text!r}") from None
    return x, y, z


def _fault(text: str) -> str:
    try:
        _ = parse(text) if known(text) else faults.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text
