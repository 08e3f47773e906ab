"""What a printer's answers mean for the labels that were sent to it. Values in, values out.

A port that takes bytes has no name for a job: that labels came out is concluded, from empty buffers and, where the
printer counts its labels, from its counter. What both do not prove is not said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.protocols.zpl.answers import HostStatus


class Ending(StrEnum):
    MADE = "made"
    FAILED = "failed"
    DOUBTED = "doubted"


@dataclass(frozen=True, slots=True)
class Watched:
    """An attempt that was sent, and what was seen of it since."""

    labels: int
    before: int | None
    """What the printer's counter said before; None: it counts no labels."""
    held: bool = True
    """Nobody else can have printed: its connection was ours all the time, or nobody else uses the printer."""
    whole: bool = False
    """The printer has answered after the last byte, on the same connection: it has read every one."""
    troubled: bool = False
    """It was paused, or short of something: then somebody was at it, who may have pressed CANCEL."""


def judged(watched: Watched, status: HostStatus, count: int | None, settled: bool) -> tuple[Ending, str] | None:
    """How it ended; None while it goes on. ``settled``: the printer has said for a while that nothing waits.

    The counter alone proves labels; without one, empty buffers of a printer that was never in trouble do.
    """
    if not status.empty:
        return None
    many = "the label" if watched.labels == 1 else f"all {watched.labels} labels"
    if watched.before is None or count is None:
        if not settled:
            return None
        if watched.troubled or not watched.held:
            return (
                Ending.DOUBTED,
                "nothing waits in it any more, and it does not count labels: look whether they came out",
            )
        return Ending.MADE, f"the printer has taken {many}, and nothing waits in it any more"
    out = count - watched.before
    if out == watched.labels and watched.held and watched.whole:
        return Ending.MADE, f"{many} came out, by the printer's own counter"
    if not settled:
        return None
    if out and not watched.whole:
        return Ending.DOUBTED, "something came out, and the printer may not have read all of it: look at it"
    if out < 0 or out > watched.labels or not watched.held:
        text = f"its counter went from {watched.before} to {count}, and {watched.labels} were sent: look what came out"
        return Ending.DOUBTED, text
    return (
        Ending.FAILED,
        f"{out} of {watched.labels} labels came out, by the printer's own counter, and nothing waits in it",
    )


def prompt(status: HostStatus | None, flaws: Sequence[str] = ()) -> str | None:
    """What a person must do so that labels come out; None: nothing."""
    if status is None:
        return f"it says: {', '.join(flaws)}. Mend that at the printer" if flaws else None
    wants = [
        (status.head_open, "close its print head"),
        (status.paper_out, "put in labels"),
        (status.ribbon_out, "put in a ribbon"),
        (status.ram_lost, "it lost its settings: set it up anew"),
        (status.too_hot, "its print head is too hot: let it cool down"),
        (status.paused, "press PAUSE at the printer to let it go on"),
        (status.label_waiting, "take the label that waits at its mouth"),
    ]
    asked = [text for wanted, text in wants if wanted]
    return "; ".join(asked) if asked else None
