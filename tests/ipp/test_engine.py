"""The engine of one job: against every order of answers, lost and untrue ones among them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import OurFault, Seen
from drivers.protocols.ipp.ends import complete, judged, never_printed, progress
from drivers.protocols.ipp.engine import MOST_SENDS, RULES, VERDICTS, Do, Engine, Heard, Record, Stage, seen_as
from drivers.protocols.ipp.seen import Job
from drivers.protocols.ipp.words import JobState

BARE = frozenset({"job-data-insufficient"})


def job(state: int, *reasons: str, printed: int | None = 0, documents: int | None = None) -> Job:
    return Job(7, "j1-a1", state, frozenset(reasons), impressions=printed, documents=documents)


@pytest.mark.parametrize(
    ("seen", "heard"),
    [
        (None, Heard.MISSING),
        (job(JobState.HELD, "job-data-insufficient"), Heard.BARE),
        (job(JobState.PENDING, "job-incoming", "job-data-insufficient"), Heard.BARE),
        (job(JobState.PENDING, "job-incoming", documents=0), Heard.BARE),
        (job(JobState.PENDING, "job-incoming"), Heard.INCOMING),
        (job(JobState.PENDING, "job-data-insufficient", documents=1), Heard.GOING),
        (job(JobState.PROCESSING, "job-incoming"), Heard.GOING),
        (job(JobState.HELD, "job-data-insufficient", printed=1), Heard.HELD),
        (job(JobState.PENDING, "none"), Heard.GOING),
        (job(JobState.STOPPED, "printer-stopped"), Heard.GOING),
        (job(JobState.HELD, "job-hold-until-specified"), Heard.HELD),
        (job(JobState.HELD, "job-hold-until-specified", "job-incoming"), Heard.INCOMING),
        (job(JobState.COMPLETED), Heard.COMPLETED),
        (job(JobState.CANCELED, "job-data-insufficient"), Heard.ABORTED),
        (job(JobState.ABORTED), Heard.ABORTED),
        (job(42), Heard.GOING),
    ],
)
def test_what_a_look_tells(seen: Job | None, heard: Heard) -> None:
    assert seen_as(seen) is heard


def test_every_stage_knows_what_every_look_means() -> None:
    looks = {Heard.BARE, Heard.INCOMING, Heard.GOING, Heard.COMPLETED, Heard.ABORTED, Heard.MISSING}
    for stage in Stage:
        assert looks <= RULES[stage].keys(), stage


def test_the_document_leaves_only_for_a_job_that_has_none() -> None:
    sends = {
        (stage, heard) for stage, rules in RULES.items() for heard, rule in rules.items() if rule.printing is Do.SEND
    }
    assert sends == {
        (Stage.ASKED, Heard.CREATED),
        (Stage.ASKED, Heard.BARE),
        (Stage.CREATED, Heard.BARE),
        (Stage.SENDING, Heard.BARE),
    }
    assert not any(rule.settling in (Do.SEND, Do.CREATE) for rules in RULES.values() for rule in rules.values())


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    engine = Engine(Record(Stage.SENT, 7), Do.ASK, True, 1.0)
    with pytest.raises(OurFault):
        engine.hear(Heard.CREATED, 0.0)
    assert (engine.record.stage, engine.do) == (Stage.SENT, Do.ASK)


def test_a_doubtful_document_is_believed_lost_only_after_a_while() -> None:
    engine = Engine.begun(Record(Stage.ASKED), settle=2.0)
    bare = job(JobState.HELD, *BARE)
    engine.hear(Heard.CREATED, 0.0, bare)
    assert engine.do is Do.SEND and engine.record == Record(Stage.SENDING, 7, sends=1)
    engine.hear(Heard.LOST, 1.0)
    engine.hear(Heard.BARE, 1.1, bare)
    assert engine.do is Do.ASK and engine.later
    engine.hear(Heard.BARE, 3.0, bare)
    assert engine.do is Do.ASK
    engine.hear(Heard.BARE, 3.2, bare)
    assert engine.do is Do.SEND and engine.record.sends == 2


def test_a_document_that_never_arrives_is_given_up() -> None:
    engine = Engine.begun(Record(Stage.ASKED), settle=0.0)
    bare, now = job(JobState.HELD, *BARE), 0.0
    engine.hear(Heard.CREATED, now, bare)
    for _ in range(20):
        engine.hear(Heard.LOST if engine.do is Do.SEND else Heard.BARE, now, None if engine.do is Do.SEND else bare)
        now += 1
        if engine.do is Do.CANCEL:
            break
    assert (engine.do, engine.record.stage, engine.record.sends) == (Do.CANCEL, Stage.WITHDRAWN, MOST_SENDS)
    engine.hear(Heard.TOLD, now)
    assert engine.do is Do.ASK
    engine.hear(Heard.ABORTED, now, job(JobState.CANCELED))
    assert engine.do is Do.ABSENT


@pytest.mark.parametrize("restarted", [False, True])
def test_what_went_before_it_could_be_cancelled_is_not_told_as_absent(restarted: bool) -> None:
    engine = Engine.found(Record(Stage.HELD, 7, hold=True, sends=1), settle=1.0)
    engine.hear(Heard.HELD, 0.0, job(JobState.HELD, "job-hold-until-specified"))
    assert (engine.do, engine.record.stage) == (Do.CANCEL, Stage.WITHDRAWN)
    engine.hear(Heard.TOLD, 0.0)
    engine.hear(Heard.GOING, 1.0, job(JobState.PROCESSING))  # A release that was thought lost came first.
    if restarted:
        engine = Engine.found(engine.record, settle=1.0)
    engine.hear(Heard.TOLD if engine.do is Do.CANCEL else Heard.GOING, 1.0)
    engine.hear(Heard.ABORTED, 2.0, job(JobState.CANCELED, printed=0))
    assert engine.do is Do.ENDED


def test_a_count_may_lag_behind_a_half_that_was_given_up() -> None:
    engine = Engine.found(Record(Stage.SENDING, 7, sends=1), settle=1.0)
    engine.hear(Heard.ABORTED, 0.0, job(JobState.ABORTED, printed=0))
    assert engine.do is Do.ASK and engine.later
    engine.hear(Heard.ABORTED, 1.0, job(JobState.ABORTED, printed=1))
    assert engine.do is Do.ENDED and engine.job is not None and not never_printed(engine.record, engine.job)


def test_what_went_and_was_forgotten_is_a_doubt() -> None:
    engine = Engine.found(Record(Stage.WITHDRAWN, 7, hold=True, sends=1, went=True), settle=0.0)
    engine.hear(Heard.MISSING, 0.0)
    assert engine.do is Do.UNKNOWN


# --- against a printer that may lose, lie and lag ------------------------------------------------------------------


@dataclass
class World:
    """A printer: at most one job of that name. What arrives late arrives before ``settle`` is over."""

    dice: random.Random
    hold: bool = False
    calm: bool = False
    """Nothing goes wrong any more."""
    exists: bool = False
    document: bool = False
    state: int = 0
    prints: int = 0
    creates: int = 0
    sends: int = 0
    late: list[Do] = field(default_factory=list)

    def chance(self, most: int) -> int:
        return most if self.calm else self.dice.randint(0, most)

    def tick(self) -> None:
        """Time passes: what is on its way arrives, and the printer works."""
        for each in self.late:
            self.take(each)
        self.late = []
        if self.exists and self.document and self.state == JobState.PENDING:
            self.state = self.dice.choice((JobState.PROCESSING, JobState.PENDING))
        elif self.state == JobState.PROCESSING and self.dice.random() < 0.5:
            self.state, self.prints = JobState.COMPLETED, self.prints + 1

    def take(self, do: Do) -> bool:
        if do is Do.CREATE and not self.exists:
            self.exists, self.state = True, JobState.PENDING
            return True
        if do is Do.SEND and self.exists and not self.document and self.state == JobState.PENDING:
            self.document = True
            self.state = JobState.HELD if self.hold else JobState.PENDING
            return True
        if do is Do.RELEASE and self.state == JobState.HELD:
            self.state = JobState.PENDING
            return True
        if do is Do.CANCEL and self.exists and self.state in (JobState.PENDING, JobState.HELD, JobState.PROCESSING):
            self.state = JobState.CANCELED
            return True
        return False

    def job(self) -> Job | None:
        if not self.exists:
            return None
        reasons = () if self.document or self.state != JobState.PENDING else tuple(BARE)
        return job(self.state, *reasons, printed=self.prints)

    def do(self, do: Do) -> tuple[Heard, Job | None]:
        if do in (Do.ASK, Do.FIND):
            seen = self.job()
            return (Heard.LOST, None) if self.chance(4) == 0 else (seen_as(seen), seen)
        self.creates += do is Do.CREATE
        self.sends += do is Do.SEND
        way = self.chance(6)
        if way == 0:
            return Heard.LOST, None
        if way == 1:
            self.late.append(do)
            return Heard.LOST, None
        if way == 2:
            return Heard.UNSENT, None
        if way == 3:
            return Heard.BUSY, None
        done = self.take(do)
        if way == 4:
            return Heard.REFUSED, None  # Although it was done.
        if way == 5:
            return Heard.LOST, None
        if do in (Do.CANCEL, Do.RELEASE):
            return Heard.TOLD, None
        if not done:
            return Heard.REFUSED, None
        return (Heard.CREATED, self.job()) if do is Do.CREATE else (Heard.TAKEN, None)


@settings(max_examples=500)
@given(st.integers(0, 2**32), st.integers(3, 40), st.integers(0, 40), st.booleans())
def test_no_order_of_answers_prints_twice_and_no_verdict_is_untrue(
    seed: int, patience: int, crash: int, hold: bool
) -> None:
    world = World(random.Random(seed), hold)
    engine, now = Engine.begun(Record(Stage.ASKED, hold=hold), settle=2.5), 0.0
    for step in range(100):
        world.calm = step > 50
        if step == crash:  # The next process has what was written down, and settles it.
            engine = Engine.found(engine.record, settle=2.5)
        if step == patience:
            engine.give_up()
        if engine.over:
            break
        heard, seen = world.do(engine.do)
        world.tick()
        now += 1.0
        engine.hear(heard, now, seen)
    world.calm = True
    for _ in range(20):
        world.tick()
    assert world.prints <= 1
    if engine.do is Do.ABSENT:
        assert world.prints == 0, "it is said never to be printed"
    if engine.do is Do.ENDED:
        assert world.state in (JobState.COMPLETED, JobState.CANCELED)
    if engine.do is Do.RUNS:
        assert world.document
    assert engine.do in VERDICTS
    if hold and engine.do in (Do.RUNS, Do.ENDED) and world.state != JobState.CANCELED:
        assert engine.record.stage is Stage.SENT, (
            "where jobs are held, nobody has to be asked whether all of it is there"
        )


# --- ends ----------------------------------------------------------------------------------------------------------

TWO_SIDED = Record(Stage.SENT, 7, impressions=6, sheets=4)
"""Two copies of three pages."""


@pytest.mark.parametrize(
    ("record", "told", "counts", "seen"),
    [
        (Record(Stage.SENT, 7, impressions=3, sheets=3), job(9, printed=3), True, Seen.MADE),
        (Record(Stage.SENT, 7, impressions=3, sheets=3), job(9, printed=2), True, Seen.UNKNOWN),
        (Record(Stage.SENT, 7, impressions=3, sheets=3), job(9, printed=4), True, Seen.UNKNOWN),
        (Record(Stage.SENT, 7, impressions=3, sheets=3), job(9, printed=0), False, Seen.MADE),
        (Record(Stage.SENT, 7, impressions=3, sheets=3), job(9, printed=None), True, Seen.UNKNOWN),
        (Record(Stage.SENT, 7), job(9, printed=1), True, Seen.MADE),
        (Record(Stage.SENT, 7), job(9, printed=0), True, Seen.UNKNOWN),
        (Record(Stage.SENDING, 7, impressions=3, sheets=3), job(9, printed=3), True, Seen.UNKNOWN),
        (Record(Stage.SENDING, 7, impressions=3, sheets=3), job(9, printed=3), False, Seen.UNKNOWN),
        (Record(Stage.SENT, 7, impressions=3, sheets=3), job(7, printed=3), True, Seen.FAILED),
        (Record(Stage.SENT, 7, impressions=3, sheets=3), job(8, "aborted-by-system"), True, Seen.FAILED),
        (TWO_SIDED, job(9, printed=6), True, Seen.MADE),
        (TWO_SIDED, job(9, printed=8), True, Seen.MADE),
        (TWO_SIDED, job(9, printed=4), True, Seen.UNKNOWN),
    ],
)
def test_how_a_job_ended(record: Record, told: Job, counts: bool, seen: Seen) -> None:
    assert judged(record, told, counts).seen is seen


def test_a_printer_may_count_sheets_or_pages_alone() -> None:
    record = TWO_SIDED
    assert complete(record, Job(7, "", 9, sheets=4)) and not complete(record, Job(7, "", 9, sheets=3))
    assert complete(record, Job(7, "", 9, pages=6)) and not complete(record, Job(7, "", 9, pages=5))
    assert progress(record, job(5, printed=3)) == 0.5 and progress(record, job(5, printed=None)) is None
    assert progress(record, job(5, printed=9)) == 1.0


def test_a_half_that_cannot_be_read_was_never_printed() -> None:
    aborted = job(JobState.ABORTED, "document-format-error")
    assert never_printed(Record(Stage.SENDING, 7), aborted)
    assert not never_printed(Record(Stage.SENT, 7), aborted)
    assert not never_printed(Record(Stage.SENDING, 7), job(JobState.ABORTED, printed=1))
    assert not never_printed(Record(Stage.SENDING, 7), job(JobState.ABORTED, printed=None))
    assert not never_printed(Record(Stage.SENDING, 7), job(JobState.CANCELED))


def test_numbers_stand_in_the_sentence() -> None:
    why = judged(Record(Stage.SENT, 7, impressions=3, sheets=3), job(9, "job-completed-with-errors", printed=2), True)
    assert "2 sides of 3" in why.why and "job-completed-with-errors" in why.why
