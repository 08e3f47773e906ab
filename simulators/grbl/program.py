"""``python -m simulators grbl``: the command line."""

from __future__ import annotations

from collections.abc import Sequence

from simulators import faults, program
from simulators.deposit import Pump
from simulators.grbl.firmware import Firmware
from simulators.picture import Look
from simulators.record import Recorder
from simulators.serve import BOOT_DELAY, Service
from simulators.side import Hands


def main(arguments: Sequence[str]) -> int:
    parser = program.parser("grbl", "A simulated GRBL 1.1 machine.", {})
    program.looks(parser, Look())
    parser.add_argument("--tool", choices=("laser", "spindle", "pen"), default="laser")
    parser.add_argument("--envelope", type=program.envelope, default=(300.0, 200.0, 50.0), metavar="XxYxZ")
    options = parser.parse_args(arguments)
    recorder = Recorder(Pump())
    machine = Firmware(options.tool, options.envelope, recorder, faults.Faults(options.seed))

    def hands(service: Service) -> Hands:
        def state() -> dict[str, object]:
            return {"now": machine.now, "state": "Check" if machine.check else "Idle"}

        return Hands(
            state=state,
            record=program.recording(service),
            clear=program.clearing(service),
            fault=lambda spec: {"armed": spec},
            press=lambda: {"waited": False},
            power_cycle=state,
        )

    studio = program.studio(options, options.envelope[:2])
    return program.serve(options, machine, recorder, studio, BOOT_DELAY, hands)
