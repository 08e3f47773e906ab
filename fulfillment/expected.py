"""How long something will take, in words: the estimate as its machine's own runs correct it, with their spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fulfillment.web.words import count, span
from jobs.pace import Pace


def taking(seconds: float, pace: Pace) -> str:
    """Such as "about 12 min (11 min to 14 min), from 23 runs"."""
    about = f"about {span(seconds * pace.factor)}"
    if not pace.runs:
        return f"{about}, not yet corrected: no runs"
    low, high = span(seconds * pace.low), span(seconds * pace.high)
    between = f" ({low} to {high})" if low != high else ""
    return f"{about}{between}, from {count(pace.runs, 'run')}"


def learned(paces: Mapping[str, Pace]) -> list[dict[str, Any]]:
    """Paces for pages and programs, one entry a process."""
    return [{"process": process, **asdict(pace), "text": _factor(pace)} for process, pace in paces.items()]


def _factor(pace: Pace) -> str:
    return (
        f"takes {pace.factor:.2f} of the estimate ({pace.low:.2f} to {pace.high:.2f}), from {count(pace.runs, 'run')}"
    )
