"""``python -m simulators ebb``: the command line."""

from __future__ import annotations

from collections.abc import Sequence

from simulators import faults, program
from simulators.deposit import Pump
from simulators.ebb.firmware import Firmware
from simulators.picture import Look
from simulators.record import Recorder
from simulators.serve import Service
from simulators.side import Hands


def main(arguments: Sequence[str]) -> int:
    parser = program.parser("ebb", "A simulated AxiDraw: an EiBotBoard with a pen.", {})
    program.looks(parser, Look())
    options = parser.parse_args(arguments)
    recorder = Recorder(Pump())
    machine = Firmware(recorder, faults.Faults(options.seed))

    def hands(service: Service) -> Hands:
        def state() -> dict[str, object]:
            return {"now": machine.now}

        return Hands(
            state=state,
            record=program.recording(service),
            clear=program.clearing(service),
            fault=lambda spec: {"armed": spec},
            press=lambda: {"waited": False},
            power_cycle=state,
        )

    return program.serve(options, machine, recorder, program.studio(options, (300.0, 218.0)), 0.0, hands)
