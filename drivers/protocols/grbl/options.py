"""What can be set about a GRBL machine. Times in seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

REPORT_LEAST = 0.2
"""Between two status reports: a firmware that is asked more often has no time left for the motion (interface.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    tool: Literal["laser", "spindle", "pen"]
    """What the spindle's output drives: it decides what ``$32`` (laser mode) must be."""
    baud: int = 115200
    s_max: float = 1000.0
    """The S word that is full power or speed. ``$30`` must be the same, or every power would be another one."""
    streaming: Literal["counting", "send-response"] = "counting"
    """As much as the receive buffer holds, or one line at a time."""
    dry_run: bool = True
    """Have every program checked by the firmware (``$C``) before it may start."""
    home: Literal["before-each", "once", "never"] = "once"
    """When ``$H`` runs, where homing is enabled (``$22``): at the first start after a connection or a lost position."""
    boot_wait: float = 2.5
    """How long a board may take to say its banner after the port was opened. Boards that do not reset say none."""
    greeting: float = 5.0
    """How long the firmware may take to say what it is."""
    silence: float = 3.0
    """Idle for so long with an answer missing, the answer is lost. Longer than the spindle's own delays."""
    patience: float = 10.0
    """Without any byte for so long, reports included, the link is lost."""
    report: float = 0.25
    """Between two status reports while something is at work; GRBL bears five a second."""
    poll: float = 1.0
    """Between two status reports of an idle machine."""
    home_wait: float = 120.0
    """How long homing may take."""
    start_wait: float = 10.0
    """How long :meth:`start` waits for the machine to take the first line, homing and dry run apart."""
    hold_wait: float = 5.0
    """How long a hold may take to stand still, before a reset ends the motion instead."""
    reset_wait: float = 3.0
    """How long the firmware may take to come back from a reset."""

    def __post_init__(self) -> None:
        if min(self.report, self.poll) < REPORT_LEAST:
            raise ValueError(
                f"report and poll are at least {REPORT_LEAST:g} s: GRBL bears five status reports a second"
            )
