"""What GRBL's numbers mean, for people, and the way out of each alarm.

From GRBL 1.1 (doc/csv) and grblHAL (errors.h, alarms.h). grblHAL counts alarm 10 and above otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ERRORS: Mapping[int, str] = {
    1: "a word without its letter",
    2: "a number is missing or malformed",
    3: "no such $ command",
    4: "a negative value where none may be",
    5: "homing is not enabled ($22=0)",
    6: "a step pulse shorter than 3 microseconds",
    7: "its memory could not be read, and defaults are in force: check every setting",
    8: "the machine is not idle",
    9: "locked by an alarm, or jogging",
    10: "soft limits need homing ($22=1)",
    11: "the line is too long",
    12: "a step rate above what the controller can do",
    13: "the safety door is open",
    14: "the line is too long for its memory",
    15: "the jog leaves the machine's travel",
    16: "no jog command",
    17: "laser mode needs a PWM output",
    18: "it was reset",
    19: "a value that must be above zero is not",
    20: "the firmware does not know this command",
    21: "two commands of one modal group in one line",
    22: "no feed rate was set",
    23: "a command needs a whole number",
    24: "two commands in one line need the axes",
    25: "a word stands twice in one line",
    26: "a command needs axis words, and there are none",
    27: "the line number is out of range",
    28: "a command lacks a value",
    29: "there is no such coordinate system",
    30: "G53 needs G0 or G1",
    31: "axis words that no command uses",
    32: "an arc without axis words in its plane",
    33: "the target is impossible",
    34: "the arc's radius cannot be",
    35: "an arc without its centre",
    36: "words that no command uses",
    37: "the tool length offset is for another axis",
    38: "there is no such tool",
    39: "a value out of range",
    40: "a tool change waits",
    41: "the spindle does not turn",
    43: "a feed rate above what an axis can do",
    44: "a spindle speed out of range",
    45: "a limit switch is pressed",
    46: "homing is needed first",
    50: "the emergency stop is pressed",
    51: "a motor is in fault",
    52: "a setting's value is out of range",
    53: "the setting is not available",
    79: "it is locked by a critical alarm; reset it",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """An alarm's meaning, and whether the firmware still knows where the machine stands."""

    what: str
    lost: bool = True
    cause: str = ""
    """What a person looks at before anything else."""


_BOTH: dict[int, Trouble] = {
    1: Trouble("a limit switch was hit", cause="see what drove it there, and free the switch by hand"),
    2: Trouble("a move would have left the machine's travel", lost=False, cause="place the job inside the travel"),
    3: Trouble("it was reset while it moved"),
    4: Trouble("the probe was not as it must be before probing", lost=False, cause="look at the probe"),
    5: Trouble("the probe touched nothing", lost=False, cause="look at the probe"),
    6: Trouble("homing was interrupted by a reset"),
    7: Trouble("the safety door was opened while it homed", cause="close the door"),
    8: Trouble(
        "homing could not leave the limit switch", cause="look at the switch, its wiring and the pull-off ($27)"
    ),
    9: Trouble("homing found no limit switch", cause="look at the switches, their wiring and the travel ($130-$132)"),
}

_GRBL: Mapping[int, Trouble] = _BOTH | {
    10: Trouble("homing did not find the second switch of an axis with two motors", cause="look at that switch"),
}

_HAL: Mapping[int, Trouble] = _BOTH | {
    10: Trouble("the emergency stop is pressed", cause="release it when it is safe"),
    11: Trouble("it was not homed since it was switched on"),
    12: Trouble("a limit switch is pressed", cause="free the switch by hand"),
    13: Trouble("the probe is pressed", lost=False, cause="look at the probe"),
    14: Trouble("the spindle did not reach its speed", lost=False, cause="look at the spindle"),
    15: Trouble("homing did not find the second switch of an axis with two motors", cause="look at that switch"),
    16: Trouble("the controller's self test failed", cause="exchange it"),
    17: Trouble("a motor driver is in fault", cause="look at the driver and its motor"),
    18: Trouble("homing failed", cause="look at the switches"),
    22: Trouble("its receive buffer ran over", cause="nothing else may write to its port"),
}


def error(code: int) -> str:
    """``error:20, the firmware does not know this command``."""
    meaning = ERRORS.get(code)
    return f"error:{code}, {meaning}" if meaning else f"error:{code}"


def trouble(code: int, *, hal: bool) -> Trouble:
    return (_HAL if hal else _GRBL).get(code, Trouble("an alarm that is not on record here", cause="look it up"))


def alarm(code: int, *, hal: bool) -> str:
    """``ALARM:1, a limit switch was hit``."""
    return f"ALARM:{code}, {trouble(code, hal=hal).what}"


def way_out(code: int, *, hal: bool, homes: bool) -> str:
    """What a person does about an alarm, as the end of a sentence. ``homes``: the machine can home ($22=1)."""
    known = trouble(code, hal=hal)
    steps = [known.cause] if known.cause else []
    if known.lost and homes:
        steps.append("connect again: it must home ($H) before it may run, and is never just unlocked")
    elif known.lost:
        steps.append("its position is lost and it cannot home ($22=0): set its origin anew, then connect again")
    else:
        steps.append("its position is kept; connect again")
    return "; ".join(steps)
