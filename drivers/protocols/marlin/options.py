"""What can be set about a Marlin machine. Times in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    baud: int = 115200
    window: int = 1
    """Lines in flight. Above 1 only while the firmware answers with ADVANCED_OK."""
    boot_wait: float = 2.5
    """How long a board may take to say its banner after the port was opened. Boards that do not reset say none."""
    settle: float = 0.25
    """Silence after a banner that tells that it is over."""
    greeting: float = 10.0
    """How long the firmware may take to say what it is."""
    silence: float = 8.0
    """Without an ``ok`` or ``busy:`` for so long, a lost ``ok`` is looked for."""
    patience: float = 300.0
    """Without any byte for so long while an answer is due, the link is lost. Longer than the longest single move."""
    poll: float = 2.0
    """How often temperatures are wanted."""
    start_wait: float = 10.0
    """How long :meth:`start` waits for the machine to take the first line."""
    end_wait: float = 60.0
    """How long the lines of ``safe_end`` may take before the machine counts as out of control."""
    safe_end: tuple[str, ...] = ("M104 S0", "M140 S0", "M107", "M84")
    """Sent when an attempt ends before its time: heaters, fan and motors off."""
    park: tuple[str, ...] = ()
    """Sent when all motion has stopped at a pause."""
    unpark: tuple[str, ...] = ()
    """Sent before a paused attempt goes on. It must undo ``park`` exactly."""
