"""What a list hands to its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from fulfillment.papers import Facts

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A paper that is not drawn yet: plain values, which a render worker gets."""

    template: str
    facts: Facts
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Digests of its pictures, by name."""


def clock(at: float, zone: ZoneInfo) -> str:
    """A time as papers say it, in the factory's zone."""
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"


def amount(volume: float) -> str:
    """mm3 as people measure what they pour."""
    return f"{volume / 1000:.0f} ml" if volume >= 100_000 else f"{volume / 1000:.1f} ml"
