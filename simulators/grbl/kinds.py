"""How a GRBL can be told to fail."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.faults import Kind, Stage

KINDS: Mapping[str, Kind] = {
    "lost-ok": Kind(Stage.REPLY, 0, "the line is executed, its ok is lost"),
    "corrupt-in": Kind(Stage.ARRIVAL, 0, "a byte of the host's line is flipped on the way"),
    "corrupt-out": Kind(Stage.REPLY, 0, "a byte of the ok is flipped on the way"),
    "split": Kind(Stage.REPLY, 1, "the ok arrives in pieces of ARGUMENT bytes"),
    "error": Kind(Stage.ACCEPTANCE, 20, "the line is refused with error ARGUMENT although it was good"),
    "slow": Kind(Stage.ACCEPTANCE, 5, "the line takes ARGUMENT seconds more"),
    "alarm": Kind(Stage.MACHINE, 1, "alarm ARGUMENT is thrown: 1 is a limit switch"),
    "reset": Kind(Stage.MACHINE, 0, "the processor restarts (brown-out): banner, machine position zero"),
    "door": Kind(Stage.MACHINE, 0, "the door opens, and closes after ARGUMENT seconds; 0: when the button is pressed"),
    "hold": Kind(Stage.MACHINE, 0, "somebody presses the hold button at the machine"),
    "homing-fail": Kind(Stage.MACHINE, 9, "the next homing ends with alarm ARGUMENT: 8 or 9"),
    "dead-tool": Kind(Stage.MACHINE, 0, "the laser or spindle no longer works, and nothing tells of it"),
    "unplug": Kind(Stage.MACHINE, 0, "the port disappears, and comes back after ARGUMENT real seconds if above 0"),
    "hang": Kind(Stage.MACHINE, 0, "silence: nothing moves any more, and the laser stays as it is"),
}

COUNTS = (
    # "errors" are lines of a program that were not executed; "refusals" those of check mode, of a lock and of $.
    "overflow_bytes",
    "deaf_bytes",
    "boots",
    "opens",
    "resets",
    "alarms",
    "errors",
    "refusals",
    "checked",
    "holds",
    "aborts",
    "hangs",
    "outside_moves",
    "unhomed_moves",
    "scorches",
    "travel_burns",
    "dry_cuts",
    "rapid_cuts",
    "laser_on_at_exit",
)
SPOILING = (
    "overflow_bytes",
    "deaf_bytes",
    "alarms",
    "errors",
    "aborts",
    "hangs",
    "outside_moves",
    "unhomed_moves",
    "scorches",
    "travel_burns",
    "dry_cuts",
    "rapid_cuts",
    "laser_on_at_exit",
)
