"""What is known of a printer and of attempts on it between two looks, and the note that outlives the process."""

from __future__ import annotations

import logging
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path

from drivers.contract import Activity, Evidence, Link, MachineFault, Payload, Seen, Status
from drivers.memory import Memory
from drivers.notes import Note, Notes
from drivers.protocols.ipp import seen, ticket
from drivers.protocols.ipp.engine import Record, Stage
from drivers.protocols.ipp.values import Attribute
from drivers.protocols.ipp.words import JobState, PrinterState

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Known:
    """What is known of one attempt."""

    payload: Payload | None = None
    template: tuple[Attribute, ...] = ()
    wanted: ticket.Asked = field(default_factory=ticket.Asked)
    record: Record | None = None
    """Written down since something may have left; None: nothing has."""
    seen: bool = False
    """The printer had the job with its document."""
    cancelling: bool = False
    end: Evidence | None = None
    """For good."""


@dataclass(frozen=True, slots=True)
class View:
    """What was seen last."""

    link: Link = Link.OFFLINE
    state: seen.State | None = None
    attempt: str | None = None
    """In hand."""
    job: seen.Job | None = None
    """Of the attempt in hand."""
    others: tuple[str, ...] = ()
    """Jobs of others that print, or wait to."""
    progress: float | None = None
    fault: str | None = None
    firmware: str | None = None

    @property
    def status(self) -> Status:
        prompt = self.state.prompt if self.state and self.link is Link.ONLINE else None
        return Status(
            link=self.link,
            activity=Activity.FAULT if self.fault else self._activity,
            attempt=self.attempt,
            progress=self.progress if self.attempt else None,
            prompt=prompt,
            fault=self.fault,
            firmware=self.firmware,
        )

    @property
    def _activity(self) -> Activity:
        held = self.job is not None and (
            self.job.state == JobState.STOPPED
            or (self.job.state == JobState.HELD and not self.job.bare and not self.job.incoming)
        )
        stands = self.state is not None and self.link is Link.ONLINE and self.state.stands
        if stands or (self.attempt is not None and held):
            return Activity.PAUSED
        processing = self.state is not None and self.state.state == PrinterState.PROCESSING
        return Activity.BUSY if self.attempt or self.others or processing else Activity.IDLE


class Book:
    """What is known of attempts, by their names: in memory, and in notes that outlive the process.

    Written from any thread: an emergency stop writes an end.
    """

    def __init__(self, folder: Path | None) -> None:
        self._notes, self._writing = Notes(folder), threading.RLock()
        self.known: Memory[Known] = Memory()

    def open(self) -> None:
        """Raises MachineFault where no notes can be kept."""
        self._notes.open()
        self._notes.tidy()

    def never(self, attempt: str) -> bool:
        """Whether it is sure that nothing of it ever left."""
        return self._notes.never(attempt)

    def doubtful(self, attempt: str) -> bool:
        """Whether something may have left that nobody can tell any more: what was noted cannot be understood."""
        unknown = self.recalled(attempt) is None
        return unknown and (self._notes.read(attempt) is not None or self._notes.doubtful(attempt))

    def recalled(self, attempt: str) -> Known | None:
        """What is known of an attempt, also by an earlier process."""
        if attempt not in self.known and (note := self._notes.read(attempt)) is not None:
            known = _read(note)
            if known is None:
                return None
            self.known[attempt] = known
        return self.known.get(attempt)

    def note(self, attempt: str, record: Record) -> None:
        """Durable when it returns. Raises MachineFault where it cannot be: then nothing may leave."""
        with self._writing:
            known = self.known[attempt]
            known.record = record
            self._notes.write(attempt, _written(known, record))

    def remember(self, attempt: str, record: Record) -> None:
        """Note an end: where that cannot be, it is known as long as this process lives."""
        try:
            self.note(attempt, record)
        except MachineFault as fault:
            _log.warning("the end of %s is not noted: %s", attempt, fault)


def _written(known: Known, record: Record) -> Note:
    end = {"seen": str(known.end.seen), "why": known.end.why} if known.end else None
    return {**asdict(record), "stage": str(record.stage), "end": end}


def _read(note: Note) -> Known | None:
    """None for a note that nobody of ours wrote."""
    try:
        fields = {key: value for key, value in note.items() if key not in ("stage", "end")}
        record = Record(stage=Stage(str(note["stage"])), **fields)  # type: ignore[arg-type]
        end = note["end"]
        told = Evidence(Seen(str(end["seen"])), str(end["why"])) if isinstance(end, dict) else None
    except (KeyError, TypeError, ValueError):
        return None
    return Known(record=record, end=told)
