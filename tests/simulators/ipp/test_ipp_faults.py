"""Each way to fail, seen over the wire and in what was printed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from simulators.ipp.faults import KINDS, parse
from simulators.ipp.job import State
from simulators.ipp.operations import NAMES
from simulators.ipp.values import boolean, integer, keyword, mime, named
from simulators.ipp.wire import Malformed, Tag, decode

PDF = mime("document-format", "application/pdf")


# --- requests and answers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["no-answer@Print-Job", "cut-answer@Print-Job:0", "cut-answer@Print-Job:130"])
def test_a_lost_answer_leaves_a_job_that_prints(
    host: Callable[..., Any], pdf: Callable[..., bytes], silence: type[Exception], fault: str
) -> None:
    printer = host("--fault", fault)
    with pytest.raises(silence):
        printer.ask("Print-Job", PDF, named("job-name", "lost"), data=pdf())
    printer.seen(lambda: len(printer.record()["pages"]) == 1)
    assert printer.record()["pages"][0]["name"] == "lost"


def test_an_answer_is_cut_at_every_byte(host: Callable[..., Any], silence: type[Exception]) -> None:
    printer = host("--queue", "1000")
    whole = len(printer.exchange(printer.framed(printer.request("Create-Job"))))
    for size in range(whole):
        printer.fault(f"cut-answer@Create-Job:{size}")
        got = printer.exchange(printer.framed(printer.request("Create-Job")))
        assert len(got) == size
    assert len(printer.state()["jobs"]) == whole + 1


def test_the_nth_request_of_a_kind_is_meant(host: Callable[..., Any], silence: type[Exception]) -> None:
    printer = host("--fault", "no-answer@Get-Jobs#3")
    for _ in range(2):
        assert printer.ask("Get-Jobs").code == 0
    printer.ask("Get-Printer-Attributes")
    with pytest.raises(silence):
        printer.ask("Get-Jobs")
    assert printer.ask("Get-Jobs").code == 0


def test_a_cut_document_is_printed_as_far_as_it_goes(
    host: Callable[..., Any], pdf: Callable[..., bytes], silence: type[Exception]
) -> None:
    printer, data = host(), pdf(3)
    job = printer.ask("Create-Job").group(Tag.JOB).first("job-id")
    raw = printer.framed(
        printer.request("Send-Document", integer("job-id", job), boolean("last-document", True), PDF, data=data)
    )
    assert printer.exchange(raw[:-1], close=True) == b""
    ended = printer.until(job, State.COMPLETED)
    assert ended.first("job-impressions-completed") == 3
    (document,) = printer.record()["documents"]
    assert document["cut"] and document["bytes"] == len(data) - 1


def test_a_cut_document_is_given_up_where_the_printer_does_so(
    host: Callable[..., Any], pdf: Callable[..., bytes]
) -> None:
    printer = host("--cut", "abort")
    raw = printer.framed(printer.request("Print-Job", PDF, data=pdf()))
    printer.exchange(raw[:-1], close=True)
    printer.seen(lambda: [job["state"] for job in printer.state()["jobs"]] == ["aborted"])
    assert printer.record()["pages"] == []


def test_half_a_document_may_complete_as_a_page_of_garbage(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--cut", "garbage")
    raw = printer.framed(printer.request("Print-Job", PDF, data=pdf(3)))
    printer.exchange(raw[: len(raw) - 1500], close=True)
    printer.seen(lambda: [job["state"] for job in printer.state()["jobs"]] == ["completed"])
    (page,) = printer.record()["pages"]
    assert page["page"] == 1
    assert printer.page(1).convert("L").getextrema() != (255, 255)


def test_a_request_is_cut_by_the_printer(
    host: Callable[..., Any], pdf: Callable[..., bytes], silence: type[Exception]
) -> None:
    printer, data = host(), pdf()
    printer.fault("cut-request@Print-Job:10")
    with pytest.raises(silence):
        printer.ask("Print-Job", PDF, data=data)
    assert printer.state()["jobs"] == []
    start = len(printer.request("Print-Job", PDF))
    printer.fault(f"cut-request@Print-Job:{start + 100}")
    with pytest.raises(silence):
        printer.ask("Print-Job", PDF, data=data)
    printer.seen(lambda: bool(printer.record()["documents"]))
    assert printer.record()["documents"][0]["bytes"] == 100


def test_a_request_that_breaks_off_in_its_attributes_never_was(
    host: Callable[..., Any], pdf: Callable[..., bytes]
) -> None:
    printer = host()
    raw = printer.framed(printer.request("Print-Job", PDF, data=pdf()))
    printer.exchange(raw[: raw.index(b"document-format")], close=True)
    printer.ask("Get-Jobs")
    assert printer.state()["requests"] == ["Get-Jobs"]


def test_a_request_is_cut_at_every_byte(host: Callable[..., Any]) -> None:
    """It never was, or it was made with exactly those bytes of its document that came."""
    printer, document = host("--fault", "pause", "--queue", "1000"), b"%PDF-1.7 short"
    raw = printer.framed(printer.request("Print-Job", PDF, data=document))
    start = len(raw) - len(document)
    for size in range(len(raw)):
        assert printer.exchange(raw[:size], close=True) == b""
    found = [(each["bytes"], each["cut"]) for each in printer.record()["documents"]]
    assert found == [(size, True) for size in range(len(document))]
    assert len(printer.state()["jobs"]) == len(raw) - start


def test_a_job_is_canceled_while_its_document_comes(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer, data = host(), pdf()
    raw = printer.framed(printer.request("Print-Job", PDF, data=data))
    with socket.create_connection(printer.address, timeout=20) as connection:
        connection.sendall(raw[:-10])
        printer.seen(lambda: len(printer.state()["jobs"]) == 1)
        assert "job-incoming" in printer.reasons(1)
        assert printer.ask("Cancel-Job", integer("job-id", 1)).code == 0
        connection.sendall(raw[-10:])
        got = b""
        while not got.endswith(b"\x03"):
            got += connection.recv(65536)
    assert decode(got.partition(b"\r\n\r\n")[2])[0].code == 0x0508
    assert printer.job(1).first("job-state") == State.CANCELED
    assert printer.record()["pages"] == []


def test_a_busy_printer_counts(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--fault", "busy:2")
    assert [printer.ask("Create-Job").code for _ in range(3)] == [0x0507, 0x0507, 0]
    printer.fault("busy@Get-Printer-Attributes")
    assert printer.ask("Get-Printer-Attributes").code == 0x0507
    assert printer.ask("Get-Printer-Attributes").code == 0


@pytest.mark.parametrize(
    ("fault", "code", "jobs"),
    [("status", 0x0500, 0), ("status-after", 0x0500, 1), ("status@Create-Job:0x0505", 0x0505, 0)],
)
def test_an_error_may_be_the_truth_or_not(host: Callable[..., Any], fault: str, code: int, jobs: int) -> None:
    printer = host("--fault", fault)
    assert printer.ask("Create-Job").code == code
    assert len(printer.state()["jobs"]) == jobs


def test_other_mishaps_on_the_way(
    host: Callable[..., Any], silence: type[Exception], splitting: Callable[..., Any]
) -> None:
    printer = host("--fault", "http@Create-Job:503")
    raw = printer.framed(printer.request("Create-Job"))
    assert splitting(printer.exchange(raw))[0] == 503
    printer.fault("drop@Create-Job")
    with pytest.raises(silence):
        printer.ask("Create-Job")
    assert printer.state()["jobs"] == []
    printer.fault("garble@Create-Job")
    with pytest.raises(Malformed):
        decode(splitting(printer.exchange(raw))[1])
    assert len(printer.state()["jobs"]) == 1


@pytest.mark.parametrize(("fault", "meanwhile"), [("slow", 0), ("slow-answer", 1)])
def test_an_answer_takes_its_time(host: Callable[..., Any], fault: str, meanwhile: int) -> None:
    printer = host("--fault", f"{fault}@Create-Job:1")
    said: list[int] = []
    waiting = threading.Thread(target=lambda: said.append(printer.ask("Create-Job").code))
    waiting.start()
    printer.seen(lambda: printer.state()["requests"] == ["Create-Job"])
    printer.seen(lambda: len(printer.state()["jobs"]) == meanwhile)
    assert said == []
    waiting.join(20)
    assert (said, len(printer.state()["jobs"])) == ([0], 1)


# --- paper, and people ----------------------------------------------------------------------------------------------


def test_it_stops_without_paper_and_goes_on_with_it(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--tray", "iso_a4_210x297mm:2")
    number = printer.print(pdf(5))
    job = printer.until(number, State.STOPPED)
    assert job.first("job-impressions-completed") == 2
    assert "printer-stopped" in printer.reasons(number)
    assert printer.printer() == (5, ["media-empty-error"])
    printer.post("/load", tray="tray-1", sheets=100)
    assert printer.until(number, State.COMPLETED).first("job-impressions-completed") == 5
    assert printer.printer() == (3, ["none"])
    assert [page["page"] for page in printer.record()["pages"]] == [1, 2, 3, 4, 5]


def test_a_page_that_waits_for_paper_is_counted_once(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--tray", "iso_a4_210x297mm:1", "--fault", "jam@page=4")
    number = printer.print(pdf(4))
    printer.until(number, State.STOPPED)
    for _ in range(5):
        printer.post("/load", tray="tray-1", sheets=0)  # Each look at the empty tray is a chance to miscount.
        printer.seen(lambda: printer.printer()[1] == ["media-empty-error"])
    printer.post("/load", tray="tray-1", sheets=100)
    printer.seen(lambda: printer.printer()[1] == ["media-jam-error"])
    assert printer.job(number).first("job-impressions-completed") == 3


def test_another_paper_is_asked_for(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--tray", "iso_a4_210x297mm:90")
    number = printer.print(pdf(1, (105, 148)), media=keyword("media", "iso_a6_105x148mm"))
    printer.until(number, State.STOPPED)
    assert printer.printer() == (5, ["media-needed-error"])
    printer.post("/load", tray="tray-1", sheets=90, media="iso_a6_105x148mm")
    printer.until(number, State.COMPLETED)
    assert printer.record()["pages"][0]["media"] == "iso_a6_105x148mm"


def test_another_paper_is_refused_or_the_page_is_scaled(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--tray", "iso_a4_210x297mm:90", "--mismatch", "refuse")
    media, exact = keyword("media", "iso_a6_105x148mm"), boolean("ipp-attribute-fidelity", True)
    assert printer.ask("Validate-Job", exact, job=(media,)).code == 0x040B
    assert printer.ask("Validate-Job", job=(media,)).code == 0x0001
    printer.post("/set", mismatch="scale")
    number = printer.print(pdf(1, (105, 148)), media=media, scaling=keyword("print-scaling", "none"))
    printer.until(number, State.COMPLETED)
    (page,) = printer.record()["pages"]
    assert page["media"] == "iso_a4_210x297mm" and page["scale"] == pytest.approx(1.92, abs=0.03)


def test_a_jammed_sheet_is_printed_again(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--fault", "jam@page=2", "--tray", "iso_a4_210x297mm:50")
    number = printer.print(pdf(3))
    printer.until(number, State.STOPPED)
    assert printer.printer() == (5, ["media-jam-error"])
    assert printer.post("/press")["mended"] == ["media-jam"]
    printer.until(number, State.COMPLETED)
    assert [page["page"] for page in printer.record()["pages"]] == [1, 2, 3]
    state = printer.state()
    assert (state["spoilt"], state["trays"][0]["sheets"]) == (1, 46)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("cover-open", "cover-open-error"),
        ("door-open", "door-open-error"),
        ("toner-empty", "toner-empty-error"),
        ("output-full", "output-area-full-error"),
        ("pause", "paused"),
    ],
)
def test_what_stops_it_is_mended_by_a_person(
    host: Callable[..., Any], pdf: Callable[..., bytes], fault: str, reason: str
) -> None:
    printer = host("--fault", f"{fault}@page=2")
    number = printer.print(pdf(2))
    assert printer.until(number, State.STOPPED).first("job-impressions-completed") == 1
    assert printer.printer() == (5, [reason])
    printer.post("/press")
    printer.until(number, State.COMPLETED)


def test_the_output_is_full_until_somebody_takes_the_paper(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--output", "2")
    number = printer.print(pdf(3))
    printer.until(number, State.STOPPED)
    assert printer.printer()[1] == ["output-area-full-error"]
    assert printer.post("/clear")["taken"] == [1, 2]
    printer.until(number, State.COMPLETED)
    assert printer.state()["output"] == [3]


def test_warnings_do_not_stop_it(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--fault", "toner-low", "--fault", "reason:wifi-weak-report", "--tray", "iso_a4_210x297mm:3")
    assert printer.printer() == (3, ["toner-low-warning", "media-low-warning", "wifi-weak-report"])
    printer.until(printer.print(pdf()), State.COMPLETED)


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [
        ("none", "cover-open"),
        ("report", "cover-open-report"),
        ("warning", "cover-open-warning"),
        ("usual", "cover-open-error"),
    ],
)
def test_reasons_have_suffixes_as_printers_like(host: Callable[..., Any], suffix: str, reason: str) -> None:
    printer = host("--fault", "cover-open", "--suffix", suffix)
    assert printer.printer() == (5, [reason])


def test_the_printer_gives_a_job_up(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--fault", "abort@page=2")
    job = printer.until(printer.print(pdf(3)), State.ABORTED)
    assert (job.first("job-state-reasons"), job.first("job-impressions-completed")) == ("aborted-by-system", 1)


def test_somebody_cancels_at_the_printer(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--fault", "cancel-at-printer@page=2")
    job = printer.until(printer.print(pdf(3)), State.CANCELED)
    assert (job.first("job-state-reasons"), job.first("job-impressions-completed")) == ("job-canceled-at-device", 1)


@pytest.mark.parametrize(("ids", "following"), [("restart", 1), ("go-on", 3)])
def test_a_power_cut_takes_the_jobs(
    host: Callable[..., Any], pdf: Callable[..., bytes], ids: str, following: int
) -> None:
    printer = host("--ids", ids, "--speed", "1", "--page", "0.05", "--fault", "power-cut@page=3:1")
    printer.print(pdf(9))
    printer.print(pdf(9))
    printer.seen(lambda: [each["state"] for each in printer.record()["documents"]] == ["lost", "lost"])
    with pytest.raises(OSError):
        printer.ask("Get-Jobs")
    printer.seen(lambda: _answers(printer))
    assert printer.ask("Get-Jobs", keyword("which-jobs", "all")).groups[1:] == ()
    assert printer.ask("Create-Job").group(Tag.JOB).first("job-id") == following
    assert len(printer.record()["pages"]) == 2


def test_a_second_power_cut_lengthens_the_first(host: Callable[..., Any]) -> None:
    printer = host("--fault", "power-cut:0.1", "--fault", "power-cut:0.3")
    printer.seen(lambda: _answers(printer))
    assert printer.ask("Create-Job").group(Tag.JOB).first("job-id") == 1


def _answers(printer: Any) -> bool:
    try:
        return printer.ask("Get-Jobs").code == 0
    except OSError:
        return False


@pytest.mark.parametrize(("count", "counted"), [("impressions", 4), ("once", 2), ("sheets", 2), ("none", None)])
def test_impressions_are_counted_in_many_ways(
    host: Callable[..., Any], pdf: Callable[..., bytes], count: str, counted: int | None
) -> None:
    printer = host("--count", count)
    number = printer.print(pdf(2), copies=integer("copies", 2), sides=keyword("sides", "two-sided-short-edge"))
    assert printer.until(number, State.COMPLETED).first("job-impressions-completed") == counted


def test_impressions_are_counted_wrongly(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--fault", "miscount:-1")
    assert printer.until(printer.print(pdf(2)), State.COMPLETED).first("job-impressions-completed") == 1
    assert len(printer.record()["pages"]) == 2


def test_it_accepts_nothing_for_a_while(host: Callable[..., Any]) -> None:
    printer = host("--fault", "reject")
    assert printer.ask("Create-Job").code == 0x0506
    assert printer.ask("Get-Printer-Attributes").group(Tag.PRINTER).first("printer-is-accepting-jobs") is False
    printer.fault("resume")
    assert printer.ask("Create-Job").code == 0


def test_finished_jobs_are_forgotten_at_once(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host()
    number = printer.print(pdf())
    printer.until(number, State.COMPLETED)
    printer.fault("forget")
    assert printer.ask("Get-Job-Attributes", integer("job-id", number)).code == 0x0406


# --- their words ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_armed_as_it_stands(kind: str) -> None:
    assert parse(kind, NAMES).kind == kind


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ("lightning", "not known"),
        ("busy:often", "no number"),
        ("busy@Print-URI", "after @ stands one of"),
        ("jam@Print-Job", "page=N"),
        ("jam@page=0", "count"),
        ("busy:1e9", "no number that it could take"),
    ],
)
def test_what_is_no_fault_is_named(spec: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse(spec, NAMES)
