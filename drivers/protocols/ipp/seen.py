"""What a printer's answers say of itself and of jobs, read into values. Nothing in them is taken on trust: texts are
made printable and short, numbers that are missing or absurd are None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.protocols.ipp import reasons
from drivers.protocols.ipp.values import Attribute, Collection, Group, Message, Range, Section
from drivers.protocols.ipp.words import OVER, JobState, Operation, PrinterState

LONGEST = 200
"""Characters of a printer's own words that go into a sentence of ours."""

JOB = (
    "job-id",
    "job-uuid",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-originating-user-name",
    "job-impressions-completed",
    "job-media-sheets-completed",
    "job-pages-completed",
    "number-of-documents",
    "time-at-creation",
    "job-printer-up-time",
)
"""Attributes of a job that are asked for."""

STATE = (
    "printer-state",
    "printer-state-reasons",
    "printer-state-message",
    "printer-is-accepting-jobs",
    "printer-up-time",
)
"""Attributes of a printer that change."""

BARE = frozenset({"job-data-insufficient"})
"""The printer has no byte of the document."""
INCOMING = frozenset({"job-incoming"})
"""It waits for a document, and may have a part of it."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its printer tells it. Counts are None where the printer does not count."""

    id: int
    name: str
    state: int
    """Of :class:`JobState`, or a number that nobody knows."""
    reasons: frozenset[str] = frozenset()
    uuid: str = ""
    user: str = ""
    impressions: int | None = None
    sheets: int | None = None
    pages: int | None = None
    documents: int | None = None
    age: int | None = None
    """Seconds since it was made, by the printer's clock."""

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def bare(self) -> bool:
        """It surely has no byte of a document."""
        waiting = self.state in (JobState.PENDING, JobState.HELD) and not self.printed
        empty = self.documents == 0 and bool(self.reasons & INCOMING)
        return waiting and (bool(self.reasons & BARE) or empty) and not self.documents

    @property
    def incoming(self) -> bool:
        """It waits for a document, of which it may have a part, and has printed nothing."""
        return self.state in (JobState.PENDING, JobState.HELD) and bool(self.reasons & INCOMING) and not self.printed

    @property
    def printed(self) -> int:
        """The most that it says to have printed, of whatever it counts."""
        return max(self.impressions or 0, self.sheets or 0, self.pages or 0)


@dataclass(frozen=True, slots=True)
class State:
    """How a printer is at this moment."""

    state: int
    accepting: bool
    reasons: tuple[reasons.Reason, ...] = ()
    says: str = ""
    up: int | None = None
    """Seconds since it was switched on."""

    @property
    def stands(self) -> bool:
        """It does nothing more until a person has done something."""
        return self.state == PrinterState.STOPPED or not self.accepting or reasons.stand(self.reasons)

    @property
    def prompt(self) -> str | None:
        """What a person must do, now or soon."""
        if told := reasons.mends(self.reasons):
            return told
        if self.state == PrinterState.STOPPED:
            soon = "; ".join(each.mend for each in self.reasons[: reasons.MOST])
            return soon or f"it has stopped ({self.says or 'it does not say why'}): look at its screen"
        return None if self.accepting else "it takes no jobs: switch that on at the printer or at its queue"


@dataclass(frozen=True, slots=True)
class Printer:
    """What a printer is and can do: all of its attributes, and those that count by name."""

    attributes: Section

    @property
    def model(self) -> str:
        return readable(self.attributes.text("printer-make-and-model") or self.attributes.text("printer-name"))

    @property
    def firmware(self) -> str:
        return readable(self.attributes.text("printer-firmware-string-version"))

    @property
    def uuid(self) -> str:
        return self.attributes.text("printer-uuid")

    @property
    def formats(self) -> tuple[str, ...]:
        return self.attributes.texts("document-format-supported")

    @property
    def versions(self) -> tuple[str, ...]:
        return self.attributes.texts("ipp-versions-supported")

    def can(self, operation: Operation) -> bool:
        found = self.attributes["operations-supported"]
        return found is not None and operation in found.integers

    @property
    def holds(self) -> bool:
        """Whether jobs can be made on hold, and released."""
        offered = self.attributes.texts("job-hold-until-supported")
        return "indefinite" in offered and self.can(Operation.RELEASE_JOB)

    @property
    def described(self) -> str:
        """One line for a status."""
        firmware = f"firmware {self.firmware}" if self.firmware else ""
        versions = f"IPP {', '.join(self.versions)}" if self.versions else ""
        return ", ".join(part for part in (self.model, firmware, readable(versions)) if part)

    @property
    def facts(self) -> Mapping[str, str]:
        """All that it says, as a technician reads it."""
        told = self.attributes.attributes[:400]
        return {readable(each.name): readable(", ".join(_shown(each))) for each in told}


def state(section: Section) -> State:
    """printer-state and what goes with it. A printer that does not say its state has stopped, for all we know."""
    return State(
        state=section.integer("printer-state") or PrinterState.STOPPED,
        accepting=section.flag("printer-is-accepting-jobs") is not False,
        reasons=reasons.read(section.texts("printer-state-reasons")),
        says=readable(section.text("printer-state-message")),
        up=section.integer("printer-up-time"),
    )


def job(section: Section) -> Job | None:
    """A job's group of an answer; None where it has no id."""
    number = section.integer("job-id")
    if number is None:
        return None
    made, now = section.integer("time-at-creation"), section.integer("job-printer-up-time")
    return Job(
        id=number,
        name=section.text("job-name"),
        state=section.integer("job-state") or 0,
        reasons=frozenset(_plain(each) for each in section.texts("job-state-reasons")),
        uuid=section.text("job-uuid"),
        user=section.text("job-originating-user-name"),
        impressions=_count(section, "job-impressions-completed"),
        sheets=_count(section, "job-media-sheets-completed"),
        pages=_count(section, "job-pages-completed"),
        documents=_count(section, "number-of-documents"),
        age=now - made if made is not None and now is not None and now >= made else None,
    )


def jobs(answer: Message) -> tuple[Job, ...]:
    return tuple(found for each in answer.of(Group.JOB) if (found := job(each)) is not None)


def unsupported(answer: Message) -> tuple[str, ...]:
    """Names of attributes that the printer ignores or substitutes."""
    return tuple(readable(each.name) for section in answer.of(Group.UNSUPPORTED) for each in section.attributes)


def message(answer: Message) -> str:
    """The printer's own words on a status."""
    return readable(answer.first(Group.OPERATION).text("status-message"))


def readable(words: str) -> str:
    """On one line, printable, and not longer than :data:`LONGEST`."""
    line = " ".join(words[: 4 * LONGEST].split())
    return "".join(letter if letter.isprintable() else "?" for letter in line[:LONGEST])


def _count(section: Section, name: str) -> int | None:
    found = section.integer(name)
    return found if found is not None and found >= 0 else None


def _plain(keyword: str) -> str:
    """Reasons of jobs have endings, too, on some printers."""
    return next((keyword.removesuffix(end) for end in reasons.ENDINGS if keyword.endswith(end)), keyword)


def _shown(attribute: Attribute) -> list[str]:
    return [_word(value.data) for value in attribute.values[:16]]


def _word(data: object) -> str:
    if isinstance(data, Collection):
        return "{" + " ".join(f"{each.name}={'/'.join(_shown(each))}" for each in data.members[:16]) + "}"
    if isinstance(data, Range):
        return f"{data.low}-{data.high}"
    if isinstance(data, bytes):
        return data[:64].decode("ascii", "replace")
    return "nothing" if data is None else str(data)[:LONGEST]
