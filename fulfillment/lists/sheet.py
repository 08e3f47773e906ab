"""What a list hands to its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from fulfillment.papers import Facts, Template

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a paper says, as plain values."""

    template: str
    facts: Facts
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Digests of pictures in the artifact store, by name."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Other pictures, by name."""
    language: str = ""
    """Whoever gets it reads it in this one; empty: nobody has said."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A paper to draw: all that a render worker needs, and nothing else. Picklable."""

    template: Template
    facts: Facts
    pictures: Mapping[str, str]
    files: Mapping[str, bytes]
    language: str
    size: str


def clock(at: float, zone: ZoneInfo) -> str:
    """A time as papers say it, in the factory's zone."""
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"


def amount(volume: float) -> str:
    """mm3 as people measure what they pour."""
    return f"{volume / 1000:.0f} ml" if volume >= 100_000 else f"{volume / 1000:.1f} ml"
