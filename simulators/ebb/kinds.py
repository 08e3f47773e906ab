"""How an EBB can be told to fail."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.faults import Kind, Stage

KINDS: Mapping[str, Kind] = {
    "lost-ok": Kind(Stage.REPLY, 0, "the command is executed, its answer is lost"),
    "corrupt-in": Kind(Stage.ARRIVAL, 0, "a byte of the host's command is flipped on the way"),
    "corrupt-out": Kind(Stage.REPLY, 0, "a byte of the answer is flipped on the way"),
    "split": Kind(Stage.REPLY, 1, "the answer arrives in pieces of ARGUMENT bytes"),
    "error": Kind(Stage.ACCEPTANCE, 0, "the command is refused as unknown, and not executed"),
    "slow": Kind(Stage.ACCEPTANCE, 5, "the command waits for ARGUMENT seconds more"),
    "reset": Kind(
        Stage.MACHINE, 1, "the board restarts: the port is gone for ARGUMENT real seconds, counters are zero"
    ),
    "unplug": Kind(Stage.MACHINE, 0, "the port disappears, and comes back after ARGUMENT real seconds if above 0"),
    "hang": Kind(Stage.MACHINE, 0, "silence: nothing moves any more, the pen stays where it is"),
    "button": Kind(Stage.MACHINE, 0, "somebody presses PRG"),
    "power-loss": Kind(Stage.MACHINE, 0, "the motors' supply is gone, and back after ARGUMENT seconds if above 0"),
    "dry-pen": Kind(Stage.MACHINE, 0, "the pen gives no ink any more, and nothing tells of it"),
}

COUNTS = (
    "boots",
    "opens",
    "errors",
    "aborts",
    "hangs",
    "outside_moves",
    "powerless_moves",
    "jolts",
    "pen_down_at_exit",
)
SPOILING = ("errors", "aborts", "hangs", "outside_moves", "powerless_moves", "jolts", "pen_down_at_exit")
