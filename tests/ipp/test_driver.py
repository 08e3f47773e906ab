"""The driver with a printer that says rare things."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from drivers.contract import (
    Activity,
    Cancelled,
    Changed,
    Doubted,
    Failed,
    Foreign,
    MachineFault,
    Made,
    NotSupported,
    Progressed,
    Seen,
    Start,
)
from drivers.protocols.ipp.values import (
    Attribute,
    Collection,
    Group,
    Message,
    Range,
    Section,
    Tag,
    Value,
    collected,
    enum,
    flag,
    integer,
    keyword,
)
from drivers.protocols.ipp.words import JobState, Operation
from drivers.service import Serviced
from tests.ipp.conftest import ATTEMPT, PATIENCE, Held, started, until

# --- what goes over the wire ---------------------------------------------------------------------------------------


def test_a_ticket_becomes_attributes_that_the_printer_offers(shop: Any, printer: Any) -> None:
    size = collected("media-size-supported", integer("x-dimension", 10500), integer("y-dimension", 14800)).values
    custom = (
        Attribute("x-dimension", (Value(Tag.RANGE, Range(7600, 32000)),)),
        Attribute("y-dimension", (Value(Tag.RANGE, Range(12700, 45000)),)),
    )
    for each in (
        keyword("media-col-supported", "media-size", "media-source", "media-type"),
        Attribute("media-size-supported", (*size, Value(Tag.COLLECTION, Collection(custom)))),
        keyword("media-source-supported", "main", "by-pass-tray"),
        keyword("media-type-supported", "stationery", "photographic"),
        Attribute("copies-supported", (Value(Tag.RANGE, Range(1, 99)),)),
        keyword("sides-supported", "one-sided", "two-sided-long-edge"),
        keyword("print-color-mode-supported", "monochrome", "color"),
        enum("print-quality-supported", 3, 4, 5),
        keyword("print-scaling-supported", "auto", "none"),
        keyword("job-sheets-supported", "none"),
    ):
        printer.printer[each.name] = each
    machine = shop.machine(trays={"a6": "by-pass-tray"}, tray="main", kinds={"a6": "photographic"}, quality="high")
    machine.connect()
    ticket = {"media": "a6", "width": 148.0, "height": 105.0, "pages": 2, "copies": 3}
    machine.transfer(ATTEMPT, shop.payload(**ticket, sides="two-sided-long-edge", colour="color"))
    assert machine.start(ATTEMPT).start is Start.STARTED
    told = {each.name: each for each in printer.jobs[0].template}
    media = told["media-col"].collections[0]
    across = media["media-size"].collections[0]
    assert [across[name].integers for name in ("x-dimension", "y-dimension")] == [(10500,), (14800,)]
    assert media["media-source"].texts == ("by-pass-tray",) and media["media-type"].texts == ("photographic",)
    assert told["copies"].integers == (3,) and told["print-quality"].integers == (5,)
    words = {name: told[name].texts for name in ("sides", "print-color-mode", "print-scaling", "job-sheets")}
    assert words == {
        "sides": ("two-sided-long-edge",),
        "print-color-mode": ("color",),
        "print-scaling": ("none",),
        "job-sheets": ("none",),
    }
    assert printer.jobs[0].document == b"%PDF-1.7 one page" and printer.jobs[0].name == ATTEMPT


@pytest.mark.parametrize(
    ("ticket", "options", "says"),
    [
        ({"width": 50.0, "height": 50.0}, {}, "no paper of 50 x 50 mm.*105 x 148"),
        ({"copies": 2}, {}, "at most 1 copies"),
        ({"sides": "two-sided-long-edge"}, {}, "cannot print two-sided-long-edge"),
        ({"colour": "color"}, {}, "cannot print in color"),
        ({"colour": "sepia"}, {}, "sepia"),
        ({"pages": "many"}, {}, "no number"),
        ({"width": 105.0, "height": 148.0}, {"tray": "cellar"}, "no media-source 'cellar'.*main"),
        ({"width": 105.0, "height": 148.0}, {"borderless": True}, "to the edges"),
        ({}, {"quality": "high"}, "no quality high"),
    ],
)
def test_what_the_printer_cannot_do_is_refused_before_a_job_exists(
    shop: Any, printer: Any, ticket: dict[str, Any], options: dict[str, Any], says: str
) -> None:
    size = collected("media-size-supported", integer("x-dimension", 10500), integer("y-dimension", 14800))
    for each in (
        size,
        keyword("media-col-supported", "media-size", "media-source"),
        keyword("media-source-supported", "main"),
        integer("media-top-margin-supported", 300),
        flag("color-supported", False),
        enum("print-quality-supported", 4),
    ):
        printer.printer[each.name] = each
    machine = shop.machine(**options)
    machine.connect()
    with pytest.raises(MachineFault, match=f"(?s){says}"):
        machine.transfer(ATTEMPT, shop.payload(**ticket))
    assert printer.jobs == [] and machine.start(ATTEMPT).start is Start.REFUSED


def test_a_format_that_it_does_not_take_is_refused(shop: Any, printer: Any) -> None:
    printer.printer["document-format-supported"] = Attribute(
        "document-format-supported", (Value(Tag.MIME, "image/urf"),)
    )
    machine = shop.machine()
    machine.connect()
    with pytest.raises(MachineFault, match=r"takes image/urf, and no application/pdf.*CUPS"):
        machine.transfer(ATTEMPT, shop.payload())


def test_a_printer_without_media_col_is_told_the_name_of_the_paper(shop: Any, printer: Any) -> None:
    printer.printer["media-supported"] = keyword("media-supported", "iso_a4_210x297mm", "na_letter_8.5x11in")
    machine = started(shop, width=215.9, height=279.4)
    told = {each.name: each.texts for each in printer.jobs[0].template}
    assert told["media"] == ("na_letter_8.5x11in",)
    machine.close()


def test_what_validation_would_change_is_refused(shop: Any, printer: Any) -> None:
    machine = shop.machine()
    machine.connect()
    gone = Section(Group.UNSUPPORTED, (keyword("sides", "two-sided-long-edge"),))
    head = Section(Group.OPERATION)
    printer.says[Operation.VALIDATE_JOB] = lambda request: Message(1, request.number, (head, gone))
    with pytest.raises(MachineFault, match="otherwise than asked for: sides"):
        machine.transfer(ATTEMPT, shop.payload())


def test_what_is_changed_as_the_job_is_made_is_withdrawn(shop: Any, printer: Any) -> None:
    machine = shop.machine()
    machine.connect()
    machine.transfer(ATTEMPT, shop.payload())
    honest = printer._answered

    def changed(request: Message) -> Message:
        answer = honest(request)
        gone = Section(Group.UNSUPPORTED, (keyword("sides", "x"),))
        return Message(1, request.number, (*answer.sections, gone))

    printer.says[Operation.CREATE_JOB] = changed
    answer = machine.start(ATTEMPT)
    assert answer.start is Start.REFUSED and "sides" in answer.why
    assert printer.jobs[0].state == JobState.CANCELED and printer.jobs[0].document == b""


# --- notes ---------------------------------------------------------------------------------------------------------


def test_id_and_uuid_are_on_the_disk_before_any_byte_of_the_document_leaves(shop: Any, printer: Any) -> None:
    machine = shop.machine()
    machine.connect()
    machine.transfer(ATTEMPT, shop.payload())
    there: list[dict[str, Any]] = []
    note = shop.folder / "notes" / f"{ATTEMPT}.json"
    honest = printer._answered

    def looking(request: Message) -> Message:
        there.append(json.loads(note.read_text()))
        return honest(request)

    def making(request: Message) -> Message:
        answer = looking(request)
        printer.jobs[-1].uuid = "urn:uuid:of-the-job"
        return answer

    printer.says[Operation.CREATE_JOB], printer.says[Operation.SEND_DOCUMENT] = making, looking
    assert machine.start(ATTEMPT).start is Start.STARTED
    before, sending = there
    assert (before["stage"], before["job"]) == ("asked", None)
    assert (sending["stage"], sending["job"], sending["uuid"]) == ("sending", 1, "urn:uuid:of-the-job")
    assert json.loads(note.read_text())["stage"] == "sent"


def test_an_end_outlives_the_printers_memory_and_the_process(shop: Any, printer: Any) -> None:
    machine = started(shop, pages=2)
    printer.end(job_impressions_completed=2)
    until(machine, Made)
    machine.close()
    printer.jobs.clear()
    with shop.machine() as next_one:
        next_one.connect()
        evidence = next_one.reconcile(ATTEMPT)
        assert evidence.seen is Seen.MADE and "2 sides of 2" in evidence.why


def test_a_note_that_cannot_be_read_makes_a_doubt(shop: Any, printer: Any) -> None:
    (shop.folder / "notes" / f"{ATTEMPT}.json").write_text("{half")
    machine = shop.machine()
    machine.connect()
    with pytest.raises(MachineFault, match="cannot be read"):
        machine.transfer(ATTEMPT, shop.payload())
    assert machine.reconcile(ATTEMPT).seen is Seen.UNKNOWN
    assert machine.start(ATTEMPT).start is Start.REFUSED
    assert printer.jobs == []


def test_where_no_notes_can_be_kept_nothing_is_connected(shop: Any) -> None:
    (shop.folder / "notes").rmdir()
    (shop.folder / "notes").write_text("a file")
    with pytest.raises(MachineFault, match="no notes can be kept"):
        shop.machine().connect()


# --- printers that hold jobs ---------------------------------------------------------------------------------------


@pytest.fixture
def holding(printer: Any) -> Any:
    printer.printer["job-hold-until-supported"] = keyword("job-hold-until-supported", "no-hold", "indefinite")
    return printer


def test_a_held_job_is_released_once_its_document_was_answered_for(shop: Any, holding: Any) -> None:
    machine = started(shop, pages=1)
    told = {each.name: each.texts for each in holding.jobs[0].template}
    assert told["job-hold-until"] == ("indefinite",)
    steps = (Operation.CREATE_JOB, Operation.SEND_DOCUMENT, Operation.RELEASE_JOB)
    assert [each for each in holding.asked if each in steps] == list(steps)
    assert machine.status().activity is Activity.BUSY
    holding.end(job_impressions_completed=1)
    until(machine, Made)


def test_a_held_document_that_nobody_answered_for_is_cancelled_and_nobody_asked(shop: Any, holding: Any) -> None:
    honest = holding._answered
    holding.says[Operation.SEND_DOCUMENT] = lambda request: honest(request) and None
    machine = shop.machine()
    machine.connect()
    machine.transfer(ATTEMPT, shop.payload())
    assert machine.start(ATTEMPT).start is Start.REFUSED
    assert machine.reconcile(ATTEMPT).seen is Seen.ABSENT
    assert holding.jobs[0].state == JobState.CANCELED and Operation.RELEASE_JOB not in holding.asked


def test_a_release_whose_answer_is_lost_is_looked_after(shop: Any, holding: Any) -> None:
    honest, answers = holding._answered, [False, True]

    def lost(request: Message) -> None:
        if answers.pop():
            honest(request)

    holding.says[Operation.RELEASE_JOB] = lost
    machine = started(shop, pages=1)
    assert holding.jobs[0].state == JobState.PROCESSING
    holding.end(job_impressions_completed=1)
    until(machine, Made)


def test_an_agent_that_died_before_the_release_leaves_nothing_to_be_asked(shop: Any, holding: Any) -> None:
    holding.jobs.append(Held(1, ATTEMPT, JobState.HELD, ("job-hold-until-specified",), b"%PDF"))
    note = {"stage": "held", "job": 1, "uuid": "", "hold": True, "sends": 1, "impressions": 1, "sheets": 1, "end": None}
    (shop.folder / "notes" / f"{ATTEMPT}.json").write_text(json.dumps(note))
    machine = shop.machine()
    machine.connect()
    assert machine.reconcile(ATTEMPT).seen is Seen.ABSENT
    assert holding.jobs[0].state == JobState.CANCELED


def test_holding_can_be_left_out(shop: Any, holding: Any) -> None:
    machine = shop.machine(hold=False)
    machine.connect()
    machine.transfer(ATTEMPT, shop.payload())
    assert machine.start(ATTEMPT).start is Start.STARTED
    assert "job-hold-until" not in {each.name for each in holding.jobs[0].template}


# --- ends ----------------------------------------------------------------------------------------------------------


def test_progress_then_made(shop: Any, printer: Any) -> None:
    machine = started(shop, pages=4)
    printer.jobs[0].counts = {"job-impressions-completed": 1}
    assert until(machine, Progressed) == Progressed(ATTEMPT, 0.25)
    printer.end(job_impressions_completed=4)
    assert "4 sides of 4" in until(machine, Made).why


def test_fewer_pages_than_ordered_are_a_doubt_with_the_numbers(shop: Any, printer: Any) -> None:
    machine = started(shop, pages=2, copies=1)
    printer.end(job_impressions_completed=1)
    assert "1 sides of 2" in until(machine, Doubted).why
    assert machine.reconcile(ATTEMPT).seen is Seen.UNKNOWN
    assert machine.start(ATTEMPT).start is Start.STARTED and len(printer.jobs) == 1


def test_a_count_may_lag_behind(shop: Any, printer: Any) -> None:
    machine = started(shop, pages=2)
    printer.end(job_impressions_completed=1)
    until(machine, lambda _: True)
    printer.jobs[0].counts = {"job-impressions-completed": 2}
    until(machine, Made)


def test_a_job_that_is_over_at_once_may_be_counted_later(shop: Any, printer: Any) -> None:
    honest = printer._answered

    def quick(request: Message) -> Message:
        answer = honest(request)
        printer.end(job_impressions_completed=0)
        return answer

    printer.says[Operation.SEND_DOCUMENT] = quick
    machine = started(shop, pages=2)
    assert machine.status().attempt == ATTEMPT
    printer.end(job_impressions_completed=2)
    until(machine, Made)


def test_cancelled_among_the_completed_is_not_made(shop: Any, printer: Any) -> None:
    machine = started(shop, pages=2)
    printer.end(state=JobState.CANCELED, job_impressions_completed=2)
    until(machine, Failed)
    assert machine.reconcile(ATTEMPT).seen is Seen.FAILED


def test_a_forgotten_job_is_a_doubt(shop: Any, printer: Any) -> None:
    machine = started(shop)
    printer.jobs.clear()
    assert "forgotten" in until(machine, Doubted).why
    assert machine.reconcile(ATTEMPT).seen is Seen.UNKNOWN


def test_what_turns_up_again_is_in_hand_again(shop: Any, printer: Any) -> None:
    machine = started(shop, pages=1)
    (hidden,) = printer.jobs
    printer.jobs.clear()
    until(machine, Doubted)
    assert machine.status().attempt is None
    printer.jobs.append(hidden)
    until(machine, lambda event: isinstance(event, Changed) and event.status.attempt == ATTEMPT)
    printer.end(job_impressions_completed=1)
    until(machine, Made)


def test_where_notes_can_be_kept_no_more_no_byte_of_the_document_leaves(shop: Any, printer: Any) -> None:
    machine = shop.machine()
    machine.connect()
    machine.transfer(ATTEMPT, shop.payload())
    honest = printer._answered

    def full(request: Message) -> Message:
        notes = shop.folder / "notes"
        notes.rename(shop.folder / "away")
        notes.write_text("no folder any more")
        return honest(request)

    printer.says[Operation.CREATE_JOB] = full
    answer = machine.start(ATTEMPT)
    assert answer.start is Start.UNCERTAIN and "can be kept" in answer.why
    assert printer.jobs[0].document == b""


def test_another_job_with_its_id_is_not_ours(shop: Any, printer: Any) -> None:
    machine = started(shop)
    printer.jobs[0].name = "somebodys"
    printer.end(job_impressions_completed=1)
    until(machine, Doubted)


def test_to_cancel_takes_its_time(shop: Any, printer: Any) -> None:
    machine = started(shop)
    honest = printer._answered

    def later(request: Message) -> Message:
        printer.jobs[0].reasons = ("processing-to-stop-point",)
        return Message(0, request.number, (Section(Group.OPERATION),))

    printer.says[Operation.CANCEL_JOB] = later
    machine.cancel(ATTEMPT)
    assert machine.status().attempt == ATTEMPT
    assert machine.next_event(0.2) is None or machine.status().attempt == ATTEMPT
    printer.says[Operation.CANCEL_JOB] = honest
    printer.jobs[0].state = JobState.CANCELED
    until(machine, Cancelled)


def test_stop_that_does_not_arrive_is_a_doubt(shop: Any, printer: Any) -> None:
    machine = started(shop)
    printer.say(Operation.CANCEL_JOB, None, None, None, None)
    machine.stop()
    assert "by hand" in until(machine, Doubted).why
    assert machine.status().activity is Activity.FAULT
    machine.connect()
    printer.end(job_impressions_completed=1)
    assert machine.reconcile(ATTEMPT).seen in (Seen.MADE, Seen.RUNNING)


# --- a person's part -----------------------------------------------------------------------------------------------


def test_paper_out_is_told_with_its_mend_and_goes_on_after(shop: Any, printer: Any) -> None:
    machine = started(shop)
    printer.printer["printer-state"] = enum("printer-state", 5)
    printer.printer["printer-state-reasons"] = keyword(
        "printer-state-reasons", "media-empty-error", "toner-low-warning"
    )
    until(machine, lambda event: isinstance(event, Changed) and event.status.prompt is not None)
    status = machine.status()
    assert (
        status.activity is Activity.PAUSED
        and status.prompt == "it is out of paper: load the paper that the job asks for"
    )
    assert machine.reconcile(ATTEMPT).seen is Seen.PAUSED
    printer.printer["printer-state"] = enum("printer-state", 4)
    printer.printer["printer-state-reasons"] = keyword("printer-state-reasons", "toner-low-warning")
    until(machine, lambda event: isinstance(event, Changed) and event.status.prompt is None)
    printer.end(job_impressions_completed=1)
    until(machine, Made)


def test_nothing_is_started_on_a_printer_that_waits_for_somebody(shop: Any, printer: Any) -> None:
    printer.printer["printer-state-reasons"] = keyword("printer-state-reasons", "cover-open")
    machine = shop.machine()
    machine.connect()
    machine.transfer(ATTEMPT, shop.payload())
    answer = machine.start(ATTEMPT)
    assert answer.start is Start.REFUSED and "close it" in answer.why and printer.jobs == []


def test_anothers_job_is_foreign_and_nothing_is_started_behind_it(shop: Any, printer: Any) -> None:
    machine = shop.machine()
    machine.connect()
    printer.jobs.append(Held(1, "quarterly figures", JobState.PROCESSING, ("none",), user="somebody"))
    assert until(machine, Foreign) == Foreign("quarterly figures")
    machine.transfer(ATTEMPT, shop.payload())
    answer = machine.start(ATTEMPT)
    assert answer.start is Start.REFUSED and "quarterly figures" in answer.why


def test_a_job_of_ours_without_a_document_does_not_block_for_ever(shop: Any, printer: Any) -> None:
    printer.jobs.append(Held(1, "j0-a1"))
    printer.jobs.append(Held(2, "j0-a2", made=999))
    printer.jobs.append(Held(3, "j0-a3", user="somebody"))
    shop.machine().connect()
    assert [each.state for each in printer.jobs] == [JobState.CANCELED, JobState.HELD, JobState.HELD]


def test_a_job_made_late_is_swept_away(shop: Any, printer: Any) -> None:
    machine = shop.machine()
    machine.connect()
    machine.transfer(ATTEMPT, shop.payload())
    printer.say(Operation.CREATE_JOB, None)
    assert machine.start(ATTEMPT).start is Start.REFUSED
    printer.jobs.append(Held(1, ATTEMPT, made=999))
    end = time.monotonic() + PATIENCE
    while printer.jobs[0].state != JobState.CANCELED and time.monotonic() < end:
        time.sleep(0.02)
    assert printer.jobs[0].state == JobState.CANCELED
    assert machine.reconcile(ATTEMPT).seen is Seen.ABSENT


def test_a_technician_sees_facts_and_has_it_show_itself(shop: Any, printer: Any) -> None:
    machine = shop.machine()
    machine.connect()
    assert isinstance(machine, Serviced)
    assert machine.facts().capabilities["printer-make-and-model"] == "Scripted"
    machine.nudge()
    assert printer.asked[-1] == Operation.IDENTIFY_PRINTER or Operation.IDENTIFY_PRINTER in printer.asked
    for verb in (lambda: machine.console("M115"), machine.home, lambda: machine.frame((0, 0, 1, 1), 1)):
        with pytest.raises(NotSupported):
            verb()
