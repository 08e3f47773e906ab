"""``python -m simulators moonraker``: Moonraker and Klipper in one program."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simulators.hosted import Gate, Web, parse
from simulators.hosted.faults import KINDS, Place, known
from simulators.klipper.klippy import Klippy
from simulators.klipper.program import hands, made, parser
from simulators.moonraker.server import Moonraker
from simulators.side import Side


def main(arguments: Sequence[str]) -> int:
    reading = parser("moonraker", "A simulated Moonraker in front of a simulated Klipper.")
    reading.add_argument("--port", type=int, required=True, help="serve on this port of 127.0.0.1 (0: choose)")
    reading.add_argument("--key", default="simulated", help="the API key that is asked for")
    told = [f"{name}: {kind.text}" for name, kind in KINDS.items()]
    reading.add_argument("--fault", action="append", default=[], metavar="KIND[@OPERATION]", help="; ".join(told))
    with tempfile.TemporaryDirectory(prefix="moonraker-") as folder:
        options = reading.parse_args(arguments)
        options.gcodes = Path(folder)
        service, klippy = made(options)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: service.stop())
        gate = Gate()
        server = Moonraker(gate, klippy, options.key)
        web = Web(server.app(), options.port)
        gate.run(service, web, server)
        arm = _arming(gate, server, klippy)
        for spec in options.fault:
            arm(spec)
        side = Side(service, hands(service, klippy, arm), options.side) if options.side is not None else None
        words = [f"ready http://127.0.0.1:{web.port}"]
        words += [f"side=http://127.0.0.1:{side.port}"] if side is not None else []
        print(*words, flush=True)
        parent = os.getppid()

        def alive() -> bool:
            return not options.die_with_parent or os.getppid() == parent

        klippy.clockwork.append(server.turn)
        service.run(alive)
        web.close()
        if side is not None:
            side.close()
    return 0


def _arming(gate: Gate, server: Moonraker, klippy: Klippy) -> Callable[[str], None]:
    def script(text: str) -> Callable[[float], None]:
        return lambda _: klippy.request(server, {"method": "gcode/script", "params": {"script": text}})

    happenings: Mapping[str, Callable[[float], None]] = {
        "printer-offline": lambda seconds: klippy.restart(seconds or 1e9),
        "cancel-at-printer": script("CANCEL_PRINT"),
        "pause-at-printer": script("PAUSE"),
        "restart-now": gate.restart,
    }

    def arm(spec: str) -> None:
        """Of the network and the room (:mod:`simulators.hosted.faults`), or of Klipper."""
        if not known(spec):
            klippy.fault(spec)
            return
        fault = parse(spec)
        if KINDS[fault.kind].place is Place.ROOM:
            happenings[fault.kind](fault.argument)
        else:
            gate.faults.arm(fault)

    return arm
