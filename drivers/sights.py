"""From one look at a print server to the next: what is on its printer, and what is to be told. Pure.

A server runs our file, another's or none. That is all a look can say: how our file ended, the server's record says.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from drivers.contract import ATTEMPT_ID, Activity, Changed, Event, Foreign, Link, Progressed, Status
from drivers.servers import Sight

SUFFIX = ".gcode"


def file_of(attempt: str) -> str:
    """The remote name of an attempt's bytes."""
    return attempt + SUFFIX


def attempt_of(file: str | None) -> str | None:
    """The attempt that a remote name could stand for; None where it can be none of ours."""
    if file is None or not file.endswith(SUFFIX):
        return None
    attempt = file.removesuffix(SUFFIX)
    return attempt if ATTEMPT_ID.fullmatch(attempt) else None


@dataclass(frozen=True, slots=True)
class View:
    """What is known between two looks."""

    sight: Sight = field(default_factory=lambda: Sight(Link.OFFLINE))
    attempt: str | None = None
    """In hand: it was on the printer, and no end of it was told. It stays while the server cannot be asked."""
    foreign: str | None = None
    """What was told as foreign and has not gone since."""
    last: str | None = None
    """What the server said by the last look of the print that had ended last; None: it was not looked at yet."""
    furthest: float = 0.0
    """The most of the attempt that was told."""
    firmware: str | None = None
    fault: str | None = None
    """The shell's own fault, latched until it is connected anew."""

    @property
    def status(self) -> Status:
        sight, fault = self.sight, self.fault or self.sight.fault
        return Status(
            link=sight.link,
            activity=Activity.FAULT if fault else sight.activity,
            attempt=self.attempt,
            progress=sight.progress if self.attempt else None,
            temperatures=sight.temperatures,
            prompt=sight.prompt,
            fault=fault,
            firmware=self.firmware,
        )

    @property
    def gone(self) -> bool:
        """The printer can be seen, and it no longer has the attempt in hand."""
        return self.attempt is not None and self.sight.link is Link.ONLINE and self.named != self.attempt

    @property
    def named(self) -> str | None:
        """The attempt whose file is on the printer by this look."""
        return attempt_of(self.sight.file)


def looked(
    view: View, sight: Sight, open_: Collection[str], known: Collection[str], awaited: bool = False
) -> tuple[View, list[Event]]:
    """The next view, and what a look tells by itself.

    ``open_``: attempts that may be on the printer, for all that was told; ``known``: all attempts of ours. What was
    told as ended and is on the printer all the same is foreign, too: the bed is dirty again. Only after an emergency
    stop, until somebody has connected anew, may it still be about to end. So is what ended out of sight, unless a start
    of ours is ``awaited``, which it may be.
    """
    after = replace(view, sight=sight)
    named, events = after.named, list[Event]()
    if sight.link is Link.ONLINE:
        if view.attempt is None and named in open_:
            after = replace(after, attempt=named, furthest=0.0)
        ours = open_ if view.fault is None else known
        foreign = sight.file if sight.file is not None and named not in ours else None
        if foreign is not None and foreign != view.foreign:
            events.append(Foreign(foreign))
        free = view.attempt is None and view.foreign is None and view.fault is None and sight.file is None
        if free and not awaited and view.last is not None and sight.last not in ("", view.last):
            events.append(Foreign(sight.last))
        after = replace(after, foreign=foreign, last=sight.last)
    if _still(after.status) != _still(view.status):
        events.append(Changed(after.status))
    if after.attempt is not None and named == after.attempt and (sight.progress or 0.0) > after.furthest:
        after = replace(after, furthest=sight.progress or 0.0)
        events.append(Progressed(after.attempt or "", after.furthest))
    return after, events


def hindrance(view: View, last: str | None) -> str | None:
    """Why nothing can be started by this view; None: nothing is in the way. ``last``: by the view before it."""
    sight, status = view.sight, view.status
    if status.fault is not None:
        return status.fault
    if status.link is not Link.ONLINE:
        return "no printer is connected to the server"
    if sight.file is not None or view.attempt is not None:
        return f"{sight.file or view.attempt} is on the printer ({sight.activity})"
    if sight.activity is not Activity.IDLE:
        return f"the printer is {sight.activity}"
    if last is not None and sight.last not in ("", last):
        return f"{sight.last} was on the printer, and was seen only now: look at the bed"
    return None


def ended(view: View) -> tuple[View, list[Event]]:
    """The attempt in hand is over, whichever way: its end was told just before this."""
    after = replace(view, attempt=None, furthest=0.0)
    return after, [Changed(after.status)]


def _still(status: Status) -> Status:
    """A status without what alone is no change."""
    return replace(status, progress=None)
