"""How the label printer can be told to fail: ``KIND[@WHEN][:ARGUMENT]``.

WHEN is ``byte=N`` (after the N-th byte of a host from the arming on) or ``label=N`` (in the middle of the N-th label
from the arming on); without it, at once. States such as paper-out last until a person mends them; the others strike
once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

KINDS: Mapping[str, str] = {
    "paper-out": "the labels have run out",
    "ribbon-out": "the ribbon has run out",
    "head-open": "somebody opens the print head",
    "over-temperature": "the print head is too hot",
    "pause": "somebody presses PAUSE",
    "buffer-full": "the receive buffer takes no more",
    "cut": "the connection is cut",
    "power-cut": "the power fails, and comes back after ARGUMENT s: what was not printed is lost, one label torn",
    "busy": "another host holds the only connection, for ARGUMENT s",
    "silent": "questions are not answered any more: a print server that sends one way",
    "lost-status": "once a label is out, the connection is lost and no other taken for ARGUMENT s",
    "cancel": "somebody presses CANCEL: every format is dropped",
    "garbled": "answers to ~HS come garbled",
}
LASTING = frozenset({"paper-out", "ribbon-out", "head-open", "over-temperature", "pause", "buffer-full", "silent"})


@dataclass(slots=True)
class Fault:
    kind: str
    argument: float = 0.0
    byte: int | None = None
    label: int | None = None


def parse(spec: str) -> Fault:
    """Raises ValueError that names what is wrong."""
    head, colon, argument = spec.strip().partition(":")
    kind, at, when = head.partition("@")
    if kind not in KINDS:
        raise ValueError(f"fault {kind!r} is not known: {', '.join(sorted(KINDS))}")
    try:
        fault = Fault(kind, float(argument) if colon else 0.0)
        if at:
            key, _, number = when.partition("=")
            if key not in ("byte", "label") or int(number) < 0:
                raise ValueError
            setattr(fault, key, int(number))
    except ValueError:
        raise ValueError(f"fault {spec!r}: KIND[@byte=N|@label=N][:SECONDS] is expected") from None
    return fault
