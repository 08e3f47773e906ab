"""Jobs over the wire: how they come, are printed, canceled and forgotten."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from simulators.ipp.job import State
from simulators.ipp.values import (
    boolean,
    collection,
    enum,
    integer,
    keyword,
    mime,
    named,
    span,
)
from simulators.ipp.wire import Tag


def test_a_printed_job_is_recorded_with_its_pages(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer, data = host(), pdf(3)
    number = printer.print(
        data, "slip-1-a1", copies=integer("copies", 2), sides=keyword("sides", "two-sided-long-edge")
    )
    job = printer.until(number, State.COMPLETED)
    assert printer.reasons(number) == ["job-completed-successfully"]
    assert (job.first("job-impressions"), job.first("job-impressions-completed")) == (3, 6)
    assert (job.first("job-media-sheets"), job.first("job-media-sheets-completed")) == (4, 4)
    record = printer.record()
    (document,) = record["documents"]
    assert document["sha256"] == hashlib.sha256(data).hexdigest()
    assert (document["name"], document["state"], document["pages"]) == ("slip-1-a1", "completed", 3)
    assert [(page["copy"], page["page"], page["side"], page["sheet"]) for page in record["pages"]] == [
        (1, 1, "front", 1),
        (1, 2, "back", 1),
        (1, 3, "front", 2),
        (2, 1, "front", 3),
        (2, 2, "back", 3),
        (2, 3, "front", 4),
    ]
    assert {page["uuid"] for page in record["pages"]} == {job.first("job-uuid")}


def test_a_job_without_its_document_holds_up_those_behind_it(
    host: Callable[..., Any], pdf: Callable[..., bytes]
) -> None:
    printer = host()
    orphan = printer.ask("Create-Job", named("job-name", "orphan")).group(Tag.JOB).first("job-id")
    behind = printer.print(pdf())
    assert printer.reasons(orphan) == ["job-incoming", "job-data-insufficient"]
    time.sleep(0.2)
    assert printer.job(behind).first("job-state") == State.PENDING
    assert printer.job(behind).first("number-of-intervening-jobs") == 1
    assert printer.ask("Cancel-Job", integer("job-id", orphan)).code == 0
    printer.until(behind, State.COMPLETED)
    assert printer.job(orphan).first("job-state") == State.CANCELED


def test_a_printer_of_one_job_is_busy_while_it_has_an_orphan(
    host: Callable[..., Any], pdf: Callable[..., bytes]
) -> None:
    printer = host("--queue", "1", "--incoming", "pending-held")
    orphan = printer.ask("Create-Job").group(Tag.JOB)
    assert orphan.first("job-state") == State.HELD
    assert printer.ask("Print-Job", mime("document-format", "application/pdf"), data=pdf()).code == 0x0507
    assert printer.ask("Create-Job").code == 0x0507
    assert len(printer.state()["jobs"]) == 1


@pytest.mark.parametrize(
    ("action", "state", "reason"),
    [("abort-job", State.ABORTED, "aborted-by-system"), ("hold-job", State.HELD, "job-held-by-system")],
)
def test_an_orphan_ends_as_the_printer_is_set(
    host: Callable[..., Any], pdf: Callable[..., bytes], action: str, state: State, reason: str
) -> None:
    printer = host("--time-out", "0.2", "--time-out-action", action)
    orphan = printer.ask("Create-Job").group(Tag.JOB).first("job-id")
    behind = printer.print(pdf())
    printer.until(behind, State.COMPLETED)
    printer.until(orphan, state)
    assert reason in printer.reasons(orphan)


def test_a_document_comes_in_its_own_request_and_only_once(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host()
    number = integer("job-id", printer.ask("Create-Job").group(Tag.JOB).first("job-id"))
    last, kind = boolean("last-document", True), mime("document-format", "application/pdf")
    assert printer.ask("Send-Document", number, kind, data=pdf()).code == 0x0400
    assert printer.ask("Send-Document", number, boolean("last-document", False), kind, data=pdf()).code == 0
    assert printer.ask("Send-Document", number, last, kind, data=pdf()).code == 0x0509
    assert printer.ask("Close-Job", number).code == 0
    assert printer.ask("Send-Document", number, last, kind, data=pdf()).code == 0x0404
    printer.until(number.values[0].data, State.COMPLETED)
    assert len(printer.record()["pages"]) == 1


def test_cancel_is_asked_for_and_comes_later(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--speed", "1", "--page", "0.1", "--cancel", "3600")
    number = printer.print(pdf(50))
    printer.seen(lambda: printer.job(number).first("job-impressions-completed") >= 1)
    assert printer.ask("Cancel-Job", integer("job-id", number)).code == 0
    assert printer.job(number).first("job-state") == State.PROCESSING
    assert "processing-to-stop-point" in printer.reasons(number)
    assert printer.ask("Cancel-Job", integer("job-id", number)).code == 0x0404
    printer.post("/set", cancel=0)
    printer.until(number, State.CANCELED)
    assert printer.reasons(number) == ["job-canceled-by-user"]
    assert 1 <= len(printer.record()["pages"]) < 50


def test_my_jobs_are_canceled_and_a_strangers_is_not(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--fault", "pause")
    printer.fault("foreign-job:2")
    mine = [printer.print(pdf()) for _ in range(2)]
    theirs = printer.state()["jobs"][0]["id"]
    assert printer.ask("Cancel-My-Jobs", integer("job-ids", mine[0], theirs)).code == 0x0404
    assert printer.ask("Cancel-My-Jobs").code == 0
    assert [job["state"] for job in printer.state()["jobs"]] == ["pending", "canceled", "canceled"]
    printer.fault("resume")
    printer.until(theirs, State.COMPLETED)
    assert {page["user"] for page in printer.record()["pages"]} == {"somebody"}


def test_jobs_are_found_by_state_owner_and_name(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host()
    done = printer.print(pdf(), "first")
    printer.until(done, State.COMPLETED)
    printer.ask("Create-Job", named("job-name", "second"))

    def found(*said: Any) -> list[Any]:
        wanted = keyword("requested-attributes", "job-name")
        answer = printer.ask("Get-Jobs", wanted, *said)
        return [group.first("job-name") for group in answer.groups if group.tag == Tag.JOB]

    assert found() == ["second"]
    assert found(keyword("which-jobs", "completed")) == ["first"]
    assert found(keyword("which-jobs", "all")) == ["first", "second"]
    assert found(keyword("which-jobs", "all"), integer("limit", 1)) == ["first"]
    printer.user = "somebody else"
    assert found(boolean("my-jobs", True)) == []
    assert printer.ask("Get-Jobs", keyword("which-jobs", "saved")).code == 0x040B


def test_a_finished_job_is_forgotten(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--forget", "0.3")
    number = printer.print(pdf())
    printer.seen(lambda: printer.ask("Get-Job-Attributes", integer("job-id", number)).code == 0x0406)
    assert printer.record()["documents"][0]["state"] == "completed"


def test_what_is_no_document_is_given_up(host: Callable[..., Any]) -> None:
    printer = host()
    number = printer.print(b"Dear printer, please print this.")
    printer.until(number, State.ABORTED)
    assert printer.reasons(number) == ["aborted-by-system", "document-format-error"]
    for operation in ("Validate-Job", "Print-Job", "Get-Printer-Attributes"):
        answer = printer.ask(operation, mime("document-format", "application/postscript"))
        assert answer.code == 0x040A
        assert answer.group(Tag.UNSUPPORTED_GROUP).first("document-format") == "application/postscript"
    assert printer.ask("Print-Job", keyword("compression", "zip")).code == 0x040F


def test_what_is_not_supported_is_said_and_refused_only_if_asked_so(host: Callable[..., Any]) -> None:
    printer = host("--one-sided")
    job = keyword("sides", "two-sided-long-edge"), integer("copies", 2), keyword("job-error-sheet", "x")
    answer = printer.ask("Validate-Job", job=job)
    assert answer.code == 0x0001
    left = answer.group(Tag.UNSUPPORTED_GROUP)
    assert [attribute.name for attribute in left.attributes] == ["sides", "job-error-sheet"]
    assert left.first("sides") == "two-sided-long-edge"
    assert printer.ask("Create-Job", boolean("ipp-attribute-fidelity", True), job=job).code == 0x040B
    assert printer.state()["jobs"] == []


def test_many_copies_of_many_pages_are_no_burden(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--page", "3600", "--speed", "1", "--cancel", "0")
    number = printer.print(pdf(200), copies=integer("copies", 999))
    printer.seen(lambda: printer.job(number).first("job-impressions") == 200)
    assert printer.job(number).first("job-media-sheets") == 199800


def test_pages_are_chosen_and_attributes_kept(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host()
    size = collection("media-size", (integer("x-dimension", 10500), integer("y-dimension", 14800)))
    number = printer.print(
        pdf(4, (105, 148)),
        ranges=span("page-ranges", 2, 3),
        media=collection("media-col", (size, keyword("media-source", "tray-2"))),
        quality=enum("print-quality", 5),
    )
    job = printer.until(number, State.COMPLETED)
    assert (job.first("print-quality"), job.first("job-impressions-completed")) == (5, 2)
    pages = printer.record()["pages"]
    assert [(page["page"], page["tray"], page["media"]) for page in pages] == [
        (2, "tray-2", "iso_a6_105x148mm"),
        (3, "tray-2", "iso_a6_105x148mm"),
    ]


@pytest.mark.parametrize(("width", "height"), [(-5, 0), (1, 10**9), (10500, 0)])
def test_paper_of_no_size_is_not_taken(host: Callable[..., Any], width: int, height: int) -> None:
    printer = host()
    size = collection("media-size", (integer("x-dimension", width), integer("y-dimension", height)))
    media = collection("media-col", (size,))
    assert printer.ask("Validate-Job", boolean("ipp-attribute-fidelity", True), job=(media,)).code == 0x040B


def test_somebody_is_shown_which_printer_it_is(host: Callable[..., Any]) -> None:
    printer = host()
    printer.ask("Identify-Printer", keyword("identify-actions", "flash"))
    printer.ask("Identify-Printer")
    assert printer.state()["identified"] == ["flash", "display"]
