"""What is known of a printer and of attempts on it between two looks, and the note that outlives the process."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from drivers.contract import Activity, Evidence, Link, Payload, Seen, Status
from drivers.notes import Note
from drivers.protocols.ipp import seen, ticket
from drivers.protocols.ipp.engine import Record, Stage
from drivers.protocols.ipp.values import Attribute
from drivers.protocols.ipp.words import JobState, PrinterState


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


def written(known: Known, record: Record) -> Note:
    end = {"seen": str(known.end.seen), "why": known.end.why} if known.end else None
    return {**asdict(record), "stage": str(record.stage), "end": end}


def read(note: Note) -> Known | None:
    """None for a note that nobody of ours wrote."""
    try:
        fields = {key: value for key, value in note.items() if key not in ("stage", "end")}
        record = Record(stage=Stage(str(note["stage"])), **fields)  # type: ignore[arg-type]
        end = note["end"]
        told = Evidence(Seen(str(end["seen"])), str(end["why"])) if isinstance(end, dict) else None
    except (KeyError, TypeError, ValueError):
        return None
    return Known(record=record, end=told)
