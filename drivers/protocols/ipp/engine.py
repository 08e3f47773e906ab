"""One job, from the wish to print to a sure end: what to ask the printer next, and what an answer or its lack means.

No I/O. The shell carries out what :attr:`Engine.do` says, and tells the engine what it heard. Before anything leaves,
the shell has written :attr:`Engine.record` down, so that whoever comes after a crash knows what may have left.

Why nothing prints twice: a job is made without a document (Create-Job), which prints nothing. Its document leaves under
the job's own id, and again only while the printer says that the job has no byte of it. A job that has none can be
cancelled for good. What is left is a document whose arrival nobody answered for: it is never sent again.

Where a printer can hold jobs, nothing is left: the job is made on hold, and released once its document was answered
for. To release is no harm however often it is done, and a job on hold can be cancelled for good, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from drivers.contract import OurFault
from drivers.protocols.ipp.seen import Job
from drivers.protocols.ipp.words import JobState

MOST_SENDS = 3
"""Times that a document is sent, as long as the printer says that it has no byte of it."""


class Stage(StrEnum):
    """How far an attempt has come, as it is written down before the next step is taken."""

    ASKED = "asked"
    """Create-Job may have left. No byte of the document has."""
    CREATED = "created"
    """The printer has the job, and its id is known. No byte of the document has left."""
    SENDING = "sending"
    """The document may have left, and nobody has said that all of it arrived."""
    HELD = "held"
    """The printer has answered that it has the document, of a job on hold. It may have been released."""
    SENT = "sent"
    """The printer has answered that it has the document."""
    WITHDRAWN = "withdrawn"
    """The printer had no byte of the document when the job was given up. None is sent any more."""
    STRANGE = "strange"
    """Nothing is written down of it: an earlier process may have sent it."""


class Heard(StrEnum):
    """What came of the last thing asked."""

    CREATED = "created"
    TAKEN = "taken"
    """The document was answered for."""
    BUSY = "busy"
    """The printer says to come again: nothing was done."""
    REFUSED = "refused"
    """The printer says that it will not."""
    UNSENT = "unsent"
    """No connection came to be: nothing left."""
    LOST = "lost"
    """No whole answer came: whether it was done is not known."""
    TOLD = "told"
    """The request was answered, and says nothing of what it led to."""
    BARE = "bare"
    """The job is there and surely has no byte of a document."""
    INCOMING = "incoming"
    """The job waits for a document, and may have a part of it."""
    HELD = "held"
    """The job is on hold, with its document or with half of it."""
    GOING = "going"
    """The job waits, runs, or stands still, with its document."""
    COMPLETED = "completed"
    ABORTED = "aborted"
    """The printer ended it, or somebody cancelled it there."""
    MISSING = "missing"
    """The printer answers, and has no such job."""


class Do(StrEnum):
    CREATE = "create"
    FIND = "find"
    """Get-Jobs, by the attempt's name."""
    SEND = "send"
    ASK = "ask"
    """Get-Job-Attributes."""
    RELEASE = "release"
    CANCEL = "cancel"
    RUNS = "runs"
    """Verdict: the printer has the job and its document."""
    ABSENT = "absent"
    """Verdict: nothing was printed, and nothing will be."""
    ENDED = "ended"
    """Verdict: the job is over; how, :func:`drivers.protocols.ipp.ends.judged` says."""
    UNKNOWN = "unknown"
    """Verdict: only a person can say."""


VERDICTS = frozenset({Do.RUNS, Do.ABSENT, Do.ENDED, Do.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Record:
    """What is written down of an attempt before anything leaves."""

    stage: Stage
    job: int | None = None
    uuid: str = ""
    hold: bool = False
    """The job is made on hold, and released once its document was answered for."""
    sends: int = 0
    impressions: int | None = None
    """Sides that must be printed; None: the ticket does not say."""
    sheets: int | None = None
    went: bool = False
    """The printer was seen at work on it after it was given up: a sheet may come out that it never counts."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``stage`` from now on, and what to do: where it is to be printed, and where it is to be settled."""

    stage: Stage
    printing: Do
    settling: Do
    later: bool = False
    """Not at once."""


def _same(stage: Stage, do: Do, later: bool = False) -> Rule:
    return Rule(stage, do, do, later)


_ASKED, _CREATED, _SENDING, _HELD, _SENT, _WITHDRAWN, _STRANGE = Stage

RULES: Mapping[Stage, Mapping[Heard, Rule]] = {
    _ASKED: {
        Heard.CREATED: Rule(_CREATED, Do.SEND, Do.CANCEL),
        Heard.BUSY: Rule(_ASKED, Do.CREATE, Do.FIND, later=True),
        Heard.REFUSED: _same(_ASKED, Do.FIND),
        Heard.UNSENT: _same(_ASKED, Do.ABSENT),
        Heard.BARE: Rule(_CREATED, Do.SEND, Do.CANCEL),
        Heard.INCOMING: Rule(_CREATED, Do.CANCEL, Do.CANCEL),
        Heard.GOING: _same(_ASKED, Do.UNKNOWN),
        Heard.COMPLETED: _same(_ASKED, Do.ENDED),
        Heard.ABORTED: _same(_ASKED, Do.ABSENT),
        Heard.MISSING: _same(_ASKED, Do.ABSENT),  # It may be made late: then it is bare, and swept away.
    },
    _CREATED: {
        Heard.BARE: Rule(_CREATED, Do.SEND, Do.CANCEL),
        Heard.INCOMING: _same(_CREATED, Do.CANCEL),
        Heard.GOING: _same(_CREATED, Do.CANCEL),  # A printer that does not tell what a job waits for.
        Heard.COMPLETED: _same(_CREATED, Do.ENDED),
        Heard.ABORTED: _same(_CREATED, Do.ABSENT),
        Heard.MISSING: _same(_CREATED, Do.ABSENT),
    },
    _SENDING: {
        Heard.TAKEN: _same(_SENT, Do.ASK),
        Heard.BUSY: _same(_SENDING, Do.ASK, later=True),
        Heard.REFUSED: _same(_SENDING, Do.ASK),
        Heard.UNSENT: _same(_SENDING, Do.ASK, later=True),
        Heard.BARE: Rule(_SENDING, Do.SEND, Do.CANCEL),
        Heard.INCOMING: _same(_SENDING, Do.CANCEL),
        Heard.HELD: _same(_SENDING, Do.CANCEL),  # It may be half of it.
        Heard.GOING: _same(_SENDING, Do.RUNS),
        Heard.COMPLETED: _same(_SENDING, Do.ENDED),
        Heard.ABORTED: _same(_SENDING, Do.ENDED),
        Heard.MISSING: _same(_SENDING, Do.UNKNOWN),
    },
    _HELD: {
        Heard.BARE: Rule(_HELD, Do.ASK, Do.CANCEL, later=True),
        Heard.INCOMING: Rule(_HELD, Do.ASK, Do.CANCEL, later=True),
        Heard.HELD: Rule(_HELD, Do.RELEASE, Do.CANCEL),
        Heard.GOING: _same(_SENT, Do.RUNS),
        Heard.COMPLETED: _same(_SENT, Do.ENDED),
        Heard.ABORTED: _same(_SENT, Do.ENDED),
        Heard.MISSING: _same(_HELD, Do.UNKNOWN),
    },
    _SENT: {
        Heard.BARE: _same(_SENT, Do.RUNS),  # It takes its time to say so.
        Heard.INCOMING: _same(_SENT, Do.RUNS),
        Heard.GOING: _same(_SENT, Do.RUNS),
        Heard.COMPLETED: _same(_SENT, Do.ENDED),
        Heard.ABORTED: _same(_SENT, Do.ENDED),
        Heard.MISSING: _same(_SENT, Do.UNKNOWN),
    },
    _WITHDRAWN: {
        Heard.BARE: _same(_WITHDRAWN, Do.CANCEL, later=True),
        Heard.INCOMING: _same(_WITHDRAWN, Do.CANCEL, later=True),
        Heard.HELD: _same(_WITHDRAWN, Do.CANCEL, later=True),
        Heard.GOING: _same(_WITHDRAWN, Do.CANCEL, later=True),  # To cancel takes its time.
        Heard.COMPLETED: _same(_WITHDRAWN, Do.ENDED),
        Heard.ABORTED: _same(_WITHDRAWN, Do.ABSENT),
        Heard.MISSING: _same(_WITHDRAWN, Do.ABSENT),
    },
    _STRANGE: {
        Heard.BARE: _same(_STRANGE, Do.CANCEL),
        Heard.INCOMING: _same(_STRANGE, Do.CANCEL),
        Heard.GOING: _same(_SENDING, Do.RUNS),
        Heard.COMPLETED: _same(_SENDING, Do.ENDED),
        Heard.ABORTED: _same(_SENDING, Do.ENDED),
        Heard.MISSING: _same(_STRANGE, Do.UNKNOWN),
    },
}
"""LOST, BUSY, REFUSED and TOLD without a row: look, later. Any other pair without one is a defect of the shell."""

_LOOK = frozenset({Heard.LOST, Heard.TOLD, Heard.REFUSED, Heard.BUSY, Heard.UNSENT})
_SETTLED = frozenset({Heard.BARE, Heard.INCOMING, Heard.MISSING})
"""What is believed only when it has been so for a while: bytes of ours may still be on their way to the printer."""


@dataclass(slots=True)
class Engine:
    """``printing``: it is to be printed; otherwise its end is to be found, and it is to be fenced.

    ``settle``: seconds for which a job must be seen without a document, or not at all, before that is believed.
    """

    record: Record
    do: Do
    printing: bool
    settle: float
    later: bool = False
    """What is to be done should wait a moment."""
    job: Job | None = None
    """As last seen."""
    why: str = ""
    """The last answer that was no help, in words."""
    _since: float | None = None
    _before: Heard | None = None
    _quiet: bool = True
    """Nothing of ours can still be on its way."""

    @classmethod
    def begun(cls, record: Record, settle: float) -> Engine:
        """For an attempt of which nothing has left."""
        return cls(replace(record, stage=Stage.ASKED), Do.CREATE, True, settle)

    @classmethod
    def found(cls, record: Record, settle: float) -> Engine:
        """For an attempt that was left by somebody, to be settled."""
        return cls(record, _look_at(record), False, settle, _quiet=False)

    @property
    def over(self) -> bool:
        return self.do in VERDICTS

    def give_up(self) -> None:
        """Print it no more if it can still be kept from it."""
        self.printing = False
        if self.do in (Do.CREATE, Do.SEND, Do.RELEASE):
            self.do = _look_at(self.record)

    def hear(self, heard: Heard, now: float, job: Job | None = None, why: str = "") -> None:
        """Take what came of :attr:`do`. ``now``: seconds of a clock that never goes back."""
        if job is not None:
            self.job = job
            self.record = replace(self.record, job=job.id, uuid=job.uuid or self.record.uuid)
        self.why = why or self.why
        asked, stage = self.do, self.record.stage
        if heard in (Heard.LOST, Heard.REFUSED):
            self._quiet = self._quiet and asked not in (Do.CREATE, Do.SEND)
            self.printing = self.printing and not (heard is Heard.REFUSED and asked is Do.SEND)
        if heard in (Heard.BUSY, Heard.UNSENT) and asked is Do.SEND:
            self.record = replace(self.record, sends=self.record.sends - 1)  # The printer was not asked in earnest.
        if heard is Heard.HELD and not (self.record.hold and stage in (Stage.SENDING, Stage.HELD, Stage.WITHDRAWN)):
            heard = Heard.GOING  # Somebody holds it, which is none of ours.
        if heard is Heard.GOING and stage is Stage.WITHDRAWN and self.record.sends:
            self.record = replace(self.record, went=True)
        rule = RULES[stage].get(heard)
        if rule is None or (heard in _LOOK and asked in (Do.ASK, Do.FIND, Do.CANCEL, Do.RELEASE)):
            if heard not in _LOOK:
                raise OurFault(f"{heard} cannot be heard of an attempt that is {stage}")
            self._look(asked, heard)
            return
        lags = heard is Heard.ABORTED and stage is Stage.SENDING  # A count may come after the state.
        if (lags or heard in _SETTLED) and not self._believed(heard, now):
            self._look(asked, Heard.LOST)
            return
        self._follow(rule)

    def _look(self, asked: Do, heard: Heard) -> None:
        """Look at the job: later, unless the look is the first after something that was asked for."""
        self.later = asked in (Do.ASK, Do.FIND) or heard is not Heard.TOLD
        self.do = _look_at(self.record)

    def _believed(self, heard: Heard, now: float) -> bool:
        if heard is not self._before:
            self._before, self._since = heard, now
        return self._quiet or (self._since is not None and now - self._since >= self.settle)

    def _follow(self, rule: Rule) -> None:
        self.do = rule.printing if self.printing else rule.settling
        stage, self.later = rule.stage, rule.later
        if stage is Stage.SENT and self.record.stage is Stage.SENDING and self.record.hold:
            stage = Stage.HELD  # It is answered for, and waits to be released.
        if self.do is Do.SEND and self.record.sends >= MOST_SENDS:
            self.do = Do.CANCEL
        if self.do is Do.CANCEL:
            stage = Stage.WITHDRAWN
        if self.do is Do.SEND:
            stage, self._before = Stage.SENDING, None
            self.record = replace(self.record, sends=self.record.sends + 1)
        if self.do is Do.ABSENT and (self.record.went or (self.job is not None and self.job.printed)):
            self.do = Do.ENDED if self.job is not None and self.job.over else Do.UNKNOWN
        self.record = replace(self.record, stage=stage)


def _look_at(record: Record) -> Do:
    return Do.FIND if record.job is None else Do.ASK


HEARD: Mapping[int, Heard] = {
    JobState.HELD: Heard.HELD,
    JobState.COMPLETED: Heard.COMPLETED,
    JobState.CANCELED: Heard.ABORTED,
    JobState.ABORTED: Heard.ABORTED,
}


def seen_as(job: Job | None) -> Heard:
    """What a look at a job tells."""
    if job is None:
        return Heard.MISSING
    if job.bare:
        return Heard.BARE
    if job.incoming:
        return Heard.INCOMING
    return HEARD.get(job.state, Heard.GOING)
