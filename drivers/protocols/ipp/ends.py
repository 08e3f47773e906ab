"""How a job ended, judged by its state and by what its printer counted."""

from __future__ import annotations

from drivers.contract import Evidence, Seen
from drivers.protocols.ipp.engine import Record, Stage
from drivers.protocols.ipp.seen import Job
from drivers.protocols.ipp.words import JobState


def judged(record: Record, job: Job, counts: bool) -> Evidence:
    """Evidence of a job that is over. ``counts`` False: the printer is known not to count what it prints.

    Only job-state 9 is made (CUPS lists cancelled jobs among the completed), and only where the printer counted all
    sides and had answered for the whole document: printers print half a document, too, and call it completed.
    """
    told = f"job {job.id} is {_word(job)}{_because(job)}, {counted(record, job)}"
    if job.state != JobState.COMPLETED:
        return Evidence(Seen.FAILED, told)
    if record.stage is not Stage.SENT:
        why = "nobody answered for the whole document when it was sent: look whether every page is there"
        return Evidence(Seen.UNKNOWN, f"{told}; {why}")
    if complete(record, job) or not counts:
        return Evidence(Seen.MADE, told)
    why = "look how many pages came out; a printer that never counts is told of by the option counts"
    return Evidence(Seen.UNKNOWN, f"{told}; {why}")


def never_printed(record: Record, job: Job) -> bool:
    """Whether the printer gave up a document whose arrival it had not answered for, and counted no page of it.

    So it ends where half a document arrives that cannot be read: nothing came out, and nothing will.
    """
    return record.stage is Stage.SENDING and job.state == JobState.ABORTED and job.impressions == 0 and not job.printed


def complete(record: Record, job: Job) -> bool:
    """Whether the printer counted what the ticket asks for, in whatever it counts."""
    if record.impressions is None or record.sheets is None:
        return job.printed > 0
    if job.impressions:  # The empty back of a last sheet is a side, too, for some.
        backs = 2 * record.sheets if record.sheets < record.impressions else record.impressions
        return job.impressions in (record.impressions, backs)
    return job.pages == record.impressions if job.pages else job.sheets == record.sheets


def counted(record: Record, job: Job) -> str:
    """What was printed, in words."""
    kinds = (
        ("sides", job.impressions, record.impressions),
        ("pages", job.pages, record.impressions),
        ("sheets", job.sheets, record.sheets),
    )
    told = [f"{number} {name}" + _of(wanted) for name, number, wanted in kinds if number is not None]
    return f"{', '.join(told)} printed" if told else "the printer does not count"


def _of(wanted: int | None) -> str:
    return "" if wanted is None else f" of {wanted}"


def progress(record: Record, job: Job) -> float | None:
    """0..1 of what the ticket asks for; None where the printer or the ticket does not count."""
    if not record.impressions or job.impressions is None:
        return None
    return min(job.impressions / record.impressions, 1.0)


def _word(job: Job) -> str:
    names = {JobState.COMPLETED: "completed", JobState.CANCELED: "cancelled", JobState.ABORTED: "aborted"}
    return next((word for state, word in names.items() if state == job.state), f"in state {job.state}")


def _because(job: Job) -> str:
    told = sorted(job.reasons - {"none", ""})
    return f" ({', '.join(told[:4])})" if told else ""
