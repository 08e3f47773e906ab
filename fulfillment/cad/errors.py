"""What can go wrong between a wish and its body: the order's fault, the template's, the worker's or the place's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class CadError(Exception):
    """A body that could not be made."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One thing that a person must change. ``parameter`` is empty where it is the content, the style or a colour."""

    parameter: str
    reason: str
    mend: str

    def __str__(self) -> str:
        return f"{self.parameter + ': ' if self.parameter else ''}{self.reason} {self.mend}"


class CadRefused(CadError):
    """The wish cannot be made as it is: all that must be changed, in sentences."""

    def __init__(self, conflicts: Sequence[Conflict]) -> None:
        super().__init__(" ".join(map(str, conflicts)))
        self.conflicts = tuple(conflicts)

    def __reduce__(self) -> tuple[type[CadRefused], tuple[tuple[Conflict, ...]]]:
        return type(self), (self.conflicts,)


class CadFailed(CadError):
    """The template has a defect: it raised, or what it built is no closed body."""


class CadDied(CadError):
    """The worker took too long or too much memory, or ended, while it built this. It was replaced."""


class CadUnavailable(CadError):
    """No worker can be started here: cadquery is not installed, or does not load."""


def refused(parameter: str, reason: str, mend: str) -> CadRefused:
    return CadRefused([Conflict(parameter, reason, mend)])
