"""A printer that is not ours: it prints, fails, waits for a person, and forgets, as CUPS has it do."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cuts.ippeveprinter import missing
from benchmarks.ipp_cuts import campaign
from drivers.contract import Cancelled, Changed, Failed, MachineFault, Made, Progressed, Seen, Start
from drivers.protocols.ipp.codec import decode, encode
from drivers.protocols.ipp.requests import Requests
from drivers.protocols.ipp.values import Group, Message, Section, Tag, keyword, worded
from drivers.protocols.ipp.words import Operation

ATTEMPT = "j1-a1"
RUNS = 60


def asked(port: int, message: Message) -> bytes:
    """Over a wire of the test's own."""
    url, headers = f"http://127.0.0.1:{port}/ipp/print", {"Content-Type": "application/ipp"}
    with urllib.request.urlopen(urllib.request.Request(url, encode(message), headers), timeout=10) as answer:
        data: bytes = answer.read()
    return data


@pytest.fixture
def machine(shop: Any) -> Iterator[Any]:
    made = shop.machine()
    made.connect()
    yield made


def started(shop: Any, machine: Any, attempt: str = ATTEMPT) -> None:
    machine.transfer(attempt, shop.payload)
    answer = machine.start(attempt)
    assert answer.start is Start.STARTED, answer


def test_all_that_it_says_is_read_and_written_again_byte_for_byte(shop: Any) -> None:
    requests = Requests(shop.printer.address, "fulfillment")
    for names in (("all", "media-col-database"), ("printer-description",), ("job-template",)):
        told = asked(shop.printer.port, requests.printer(7, names))
        message = decode(told)
        assert message.code == 0 and message.number == 7
        assert encode(message) == told
    assert len(message.first(Group.PRINTER).attributes) > 20


def test_a_document_is_printed_once_with_its_pages_counted(shop: Any, machine: Any) -> None:
    started(shop, machine)
    first = shop.until(machine, Progressed)
    assert first.attempt == ATTEMPT and 0 < first.fraction <= 1
    assert "3 sides of 3" in shop.until(machine, Made).why
    assert [(each.name, each.whole) for each in shop.printer.printed()] == [(ATTEMPT, True)]


def test_a_job_that_it_gives_up_has_failed(shop: Any, machine: Any) -> None:
    shop.printer.put("hold")
    started(shop, machine)
    shop.printer.put("abort")
    shop.printer.take("hold")
    assert "aborted" in shop.until(machine, Failed).why
    assert machine.reconcile(ATTEMPT).seen is Seen.FAILED and shop.printer.printed() == []


def test_paper_out_tells_a_person_what_to_do_and_goes_on_after(shop: Any, machine: Any) -> None:
    shop.printer.put("hold")
    shop.printer.put("fault", "STATE: +media-empty-error,toner-low-warning\n")
    shop.printer.put("mend", "STATE: -media-empty-error\n")
    started(shop, machine)
    shop.until(machine, lambda event: isinstance(event, Changed) and event.status.prompt is not None)
    assert machine.status().prompt == "it is out of paper: load the paper that the job asks for"
    shop.printer.take("hold")
    shop.until(machine, Made)
    assert machine.status().prompt is None and len(shop.printer.printed()) == 1


def test_cancel_is_told_when_the_printer_says_so(shop: Any, machine: Any) -> None:
    shop.printer.put("hold")
    started(shop, machine)
    machine.cancel(ATTEMPT)
    machine.cancel(ATTEMPT)
    shop.printer.take("hold")
    shop.until(machine, Cancelled)
    assert machine.reconcile(ATTEMPT).seen is Seen.FAILED


def test_a_job_without_a_document_blocks_it_until_it_is_settled(shop: Any) -> None:
    port, requests = shop.printer.port, Requests(shop.printer.address, "fulfillment")
    assert decode(asked(port, requests.create(1, ATTEMPT, ()))).code == 0
    assert decode(asked(port, requests.create(2, "another", ()))).code == 0x0507
    (shop.folder / "notes").mkdir()
    note = '{"stage": "asked", "job": null, "uuid": "", "sends": 0, "impressions": 3, "sheets": 3, "end": null}'
    (shop.folder / "notes" / f"{ATTEMPT}.json").write_text(note)
    machine = shop.machine()
    machine.connect()
    assert machine.reconcile(ATTEMPT).seen is Seen.ABSENT
    started(shop, machine, "j1-a2")
    shop.until(machine, Made)
    assert [each.name for each in shop.printer.printed()] == ["j1-a2"]


def test_a_running_job_is_taken_over_by_the_next_process(shop: Any, machine: Any) -> None:
    shop.printer.put("hold")
    started(shop, machine)
    machine.close()
    second = shop.machine()
    second.connect()
    assert second.reconcile(ATTEMPT).seen is Seen.RUNNING
    assert second.start(ATTEMPT).start is Start.STARTED
    shop.printer.take("hold")
    shop.until(second, Made)
    assert shop.printer.begun() == 1


def test_paper_that_it_does_not_know_is_refused_before_a_job_exists(shop: Any, machine: Any) -> None:
    square = replace(shop.payload, ticket={**shop.payload.ticket, "width": 210.0, "height": 210.0})
    with pytest.raises(MachineFault, match="no paper of 210 x 210 mm"):
        machine.transfer(ATTEMPT, square)
    jobs = Message(
        Operation.GET_JOBS,
        1,
        (
            Section(
                Group.OPERATION,
                (
                    worded(Tag.CHARSET, "attributes-charset", "utf-8"),
                    worded(Tag.LANGUAGE, "attributes-natural-language", "en"),
                    worded(Tag.URI, "printer-uri", shop.printer.address),
                    keyword("which-jobs", "not-completed"),
                ),
            ),
        ),
    )
    assert list(decode(asked(shop.printer.port, jobs)).of(Group.JOB)) == []


def test_whatever_is_cut_and_whoever_is_killed_nothing_is_printed_twice_or_lost(tmp_path: Path) -> None:
    if lacking := missing():
        pytest.skip(f"not installed: {lacking}")
    result = campaign("ippeveprinter", RUNS, 2, tmp_path)
    assert (result.twice, result.lost) == ([], [])
    assert result.runs == RUNS == sum(result.ends.values())
    assert result.struck.total() > RUNS // 2 and result.killed > RUNS // 10
    assert {"CREATE_JOB answer", "SEND_DOCUMENT answer", "SEND_DOCUMENT request"} <= set(result.struck)
    assert set(result.ends) <= {"made", "unknown"} and result.ends["made"] > RUNS // 3
