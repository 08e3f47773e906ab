"""Ways to make a design physical. A new process is one file here and one line in PROCESSES.

A process is a module with a pure function ``render(spec, files) -> Made``: the same specification gives the same
bytes. It runs in a render worker, never in the daemon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from fulfillment.cad import Shelf
from fulfillment.catalog import PLATED, TOGETHER
from fulfillment.catalog import Product as CatalogProduct
from fulfillment.press import Profiles as PrintProfiles
from fulfillment.profiles import Profiles
from jobs.queue import Needs

PROCESSES: dict[str, str] = {
    "extrude-food": "fulfillment.processes.extrude_food",
    "engrave": "fulfillment.processes.engrave",
    "fdm": "fulfillment.processes.fdm",
    "plot": "fulfillment.processes.plot",
    "embroider": "fulfillment.processes.embroider",
    "document": "fulfillment.processes.document",
    "press": "fulfillment.processes.press",
}

MANY: dict[str, str] = {
    **{process: PROCESSES[process] for process in sorted(TOGETHER)},
    **dict.fromkeys(sorted(PLATED), "fulfillment.printing.plating"),
}
"""Processes that make several pieces in one program, each a :class:`Together`."""

UNDER: Final = "(under)"
"""Among a specification's files: the proof of what lies on the piece already. No field can be called so."""
BODY: Final = "(body)"
"""Among a specification's files: the bare body that content is put on (``fulfillment.cad.bodies``)."""


class Problems(Exception):
    """What a person must mend before this can be made: field, reason, mend, each a text for a person."""

    def __init__(self, problems: Sequence[Mapping[str, str]]) -> None:
        super().__init__([dict(problem) for problem in problems])
        self.problems = [dict(problem) for problem in problems]

    def __str__(self) -> str:
        return "; ".join(f"{p['field']}: {p['reason']} ({p['mend']})" for p in self.problems)


@dataclass(frozen=True)
class Spec:
    """Everything that one operation's artifact depends on, and nothing else. Picklable; files are digests.

    ``machines``: the configured machines that do this process, as preflight must hold the bytes against one of them.
    ``facts``: what papers say of the order (number, name, note); empty for processes that make the piece itself.
    """

    process: str
    product: CatalogProduct
    operation: str
    fields: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    machines: tuple[Any, ...] = ()
    materials: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, float] = field(default_factory=dict)
    pocket: int = 1
    """Of the jig, in which the piece lies; on a plate, its number until its place is found."""
    label: str = ""
    """The unit's code, where the piece is made with others and its program says whose turn it is."""
    profiles: Profiles = field(default_factory=Profiles)
    """How things are printed."""
    press: PrintProfiles = field(default_factory=PrintProfiles)
    """What presses want of a page."""
    shelf: Shelf = field(default_factory=Shelf)
    """Templates of bodies."""
    slicers: Mapping[str, Any] = field(default_factory=dict)
    """Slicers of others that may be used, as configured, by their names."""


@dataclass(frozen=True)
class Made:
    """What a process returns: the artifact's bytes, what they need of a machine, and a proof (PNG) drawn from them."""

    data: bytes
    needs: Needs
    manifest: Mapping[str, Any]
    proof: bytes | None = None
    extras: Mapping[str, bytes] = field(default_factory=dict)
    """Files besides, by their names (``view.png``): kept as long as the order is, and served with the artifact."""


class Process(Protocol):
    def render(self, spec: Spec, files: Mapping[str, bytes]) -> Made: ...


class Together(Protocol):
    """What makes several pieces in one program: like in all that a machine must be and hold, each in its pocket
    (``fulfillment.catalog.TOGETHER``) or side by side (``PLATED``)."""

    def together(self, specs: Sequence[Spec], files: Sequence[Mapping[str, bytes]]) -> Made: ...
