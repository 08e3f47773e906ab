"""A finding: one sentence about an artifact, with its place and its mend."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    """The artifact must not run."""
    WARNING = "warning"
    """A person should look."""


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Severity
    code: str
    """Stable, for programs: ``out-of-bounds``, ``cold-extrusion`` ..."""
    line: int
    """From 1; 0 where the program as a whole is meant."""
    text: str
    """What is wrong, and the mend."""
    count: int = 1
    """How many places have this; the line is the first of them."""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        more = f" ({self.count} places)" if self.count > 1 else ""
        return f"{self.severity}: {where}{self.text}{more} [{self.code}]"
