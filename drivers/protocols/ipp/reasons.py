"""Why a printer stands still, and what a person must do about it (RFC 8011, 5.4.12; PWG 5100.9 and 5100.3).

A keyword may end in how bad it is: ``media-empty-error``, ``toner-low-warning``, ``door-open-report``. Without an
ending it is an error, but for those that only announce what is coming.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    REPORT = 0
    """It does no harm yet."""
    WARNING = 1
    """It goes on, and will stand still soon."""
    ERROR = 2
    """It stands still until somebody has done something."""


ENDINGS: Mapping[str, Severity] = {
    "-report": Severity.REPORT,
    "-warning": Severity.WARNING,
    "-error": Severity.ERROR,
}

MENDS: Mapping[str, str] = {
    "media-empty": "it is out of paper: load the paper that the job asks for",
    "media-needed": "it wants paper that is not loaded: load what its screen names",
    "media-low": "its paper is running low: have more at hand",
    "media-jam": "paper is jammed: open the printer, take out every piece, and close it",
    "input-tray-missing": "a paper tray is not in: push it in",
    "input-media-size-change": "the paper in the tray is of another size: load the paper that the job asks for",
    "input-media-type-change": "the paper in the tray is of another kind: load the paper that the job asks for",
    "input-cannot-feed-size-selected": "no tray feeds that size: load it where the printer can feed it",
    "door-open": "a door is open: close it",
    "cover-open": "a cover is open: close it",
    "interlock-open": "a door or cover is open: close it",
    "toner-empty": "its toner is empty: put in a new cartridge",
    "toner-low": "its toner is running low: have a cartridge at hand",
    "developer-empty": "its developer is empty: replace it",
    "developer-low": "its developer is running low: have a new one at hand",
    "marker-supply-empty": "its ink or toner is empty: put in a new cartridge",
    "marker-supply-low": "its ink or toner is running low: have a cartridge at hand",
    "marker-supply-missing": "an ink or toner cartridge is not in: put it in",
    "marker-waste-full": "its waste container is full: replace it",
    "marker-waste-almost-full": "its waste container is nearly full: have a new one at hand",
    "fuser-over-temp": "its fuser is too hot: let it cool, and call service if it stays so",
    "fuser-under-temp": "its fuser is too cold: let it warm up, and call service if it stays so",
    "opc-life-over": "its drum is worn out: replace it",
    "opc-near-eol": "its drum is nearly worn out: have a new one at hand",
    "output-area-full": "its output tray is full: take the pages out",
    "output-area-almost-full": "its output tray is nearly full: take the pages out soon",
    "output-tray-missing": "its output tray is not in: put it in",
    "spool-area-full": "its memory is full: wait until its jobs are printed, or delete some at its screen",
    "paused": "it was paused: press resume at the printer or at its queue",
    "moving-to-paused": "it is about to pause: press resume at the printer or at its queue",
    "hold-new-jobs": "it holds new jobs: switch that off at the printer or at its queue",
    "deactivated": "it was deactivated: activate it at its own page",
    "shutdown": "it is shutting down: switch it on again",
    "offline": "it is offline: switch it on, look at its cable, and put it online at its screen",
    "connecting-to-device": "its queue is looking for the printer: switch the printer on, and look at its cable",
    "timed-out": "its queue cannot reach the printer: switch the printer on, and look at its cable",
    "stopped-partly": "a part of it stands still: look at its screen",
    "stopping": "it is stopping: look at its screen",
    "cups-missing-filter": "its queue lacks a program: install the printer's driver on the print server",
    "cups-insecure-filter": "its queue has a program that may not run: install the printer's driver anew",
    "service-off": "its service is off: switch it on at its screen",
    "identify-printer-requested": "it was asked to show itself",
    "other": "something is wrong that it does not name: look at its screen",
}
"""Each keyword without its ending, and the end of a sentence that begins with the printer's name."""

SOON = frozenset(
    {
        "connecting-to-device",
        "identify-printer-requested",
        "developer-low",
        "marker-supply-low",
        "marker-waste-almost-full",
        "media-low",
        "moving-to-paused",
        "opc-near-eol",
        "output-area-almost-full",
        "stopped-partly",
        "stopping",
        "toner-low",
    }
)
"""Those that stop nothing by themselves: warnings where they do not say how bad they are."""

NONE = "none"
MOST = 4
"""Sentences that are shown at once."""


@dataclass(frozen=True, slots=True)
class Reason:
    keyword: str
    """Without its ending."""
    severity: Severity

    @property
    def mend(self) -> str:
        """What is the matter and what to do, as the end of a sentence."""
        return MENDS.get(self.keyword, f"it says {self.keyword!r}: look at its screen")


def read(keywords: Iterable[str]) -> tuple[Reason, ...]:
    """The reasons of printer-state-reasons, worst first, each once."""
    found: dict[str, Reason] = {}
    for each in keywords:
        if each in ("", NONE):
            continue
        keyword, severity = _split(each)
        if keyword not in found or found[keyword].severity < severity:
            found[keyword] = Reason(keyword, severity)
    return tuple(sorted(found.values(), key=lambda reason: -reason.severity))


def _split(keyword: str) -> tuple[str, Severity]:
    for ending, severity in ENDINGS.items():
        if keyword.endswith(ending) and keyword != ending:
            return keyword.removesuffix(ending), severity
    return keyword, Severity.WARNING if keyword in SOON else Severity.ERROR


def mends(reasons: Iterable[Reason]) -> str:
    """What somebody must do; empty where there is nothing.

    Also for what should stop a printer and is a warning only: CUPS' own printer says ``media-empty-warning`` as long as
    it has not stopped, and one with two trays prints on from the other.
    """
    told = [each for each in reasons if each.severity is Severity.ERROR or _halts(each)]
    return "; ".join([each.mend for each in told][:MOST])


def _halts(reason: Reason) -> bool:
    return reason.severity is Severity.WARNING and reason.keyword in MENDS and reason.keyword not in SOON


def stand(reasons: Iterable[Reason]) -> bool:
    """Whether it stands still until somebody has done something."""
    return any(each.severity is Severity.ERROR for each in reasons)
