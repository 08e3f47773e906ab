"""Printers differ: a document is printed by the simulated printer in each of its ways."""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ipp_cuts import pages
from drivers.contract import Doubted, Failed, Machine, MachineFault, Made, Payload, Seen, Settings, Start
from drivers.registry import build
from tests.conformance.rigs.common import RealClock, Simulated

QUICK = {"poll": 0.05, "idle_poll": 0.1, "settle": 0.3, "start_wait": 4.0}
ATTEMPT = "j1-a1"
COPIES = 2
PATIENCE = 20.0


@pytest.fixture
def printer() -> Iterator[Callable[..., Simulated]]:
    running: list[Simulated] = []

    def begin(*flags: str) -> Simulated:
        words = ("--speed", "max", "--dpi", "20", "--tray", "iso_a4_210x297mm:500")
        running.append(Simulated("ipp", "--port", "0", *words, *flags))
        return running[-1]

    yield begin
    for each in running:
        each.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    made: list[Machine] = []

    def machine(address: str, secret: str | None = None, **options: object) -> Machine:
        settings = Settings("printer", address, {**QUICK, **options}, notes=tmp_path / "notes", secret=secret)
        made.append(build("ipp", settings, RealClock()))
        return made[-1]

    yield machine
    for each in made:
        each.close()


def payload(folder: Path, **ticket: float | str) -> Payload:
    data = pages()
    path = folder / "document.pdf"
    path.write_bytes(data)
    asked = {"media": "a4", "width": 210.0, "height": 297.0, "pages": 3, "copies": COPIES, **ticket}
    return Payload(path, hashlib.sha256(data).hexdigest(), len(data), "application/pdf", asked)


def ended(machine: Machine, sheet: Payload) -> Any:
    machine.connect()
    machine.transfer(ATTEMPT, sheet)
    answer = machine.start(ATTEMPT)
    assert answer.start is Start.STARTED, answer
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if isinstance(event := machine.next_event(0.2), Made | Failed | Doubted):
            return event
    raise AssertionError(f"it does not end: {machine.status()}")


@pytest.mark.parametrize(
    "flags",
    [
        ("--answers", "chunked"),
        ("--answers", "close"),
        ("--expect", "always"),
        ("--expect", "refuse"),
        ("--incoming", "pending-held"),
        ("--suffix", "none"),
        ("--suffix", "error"),
        ("--queue", "1"),
        ("--latency", "0.05"),
        ("--auth", "basic"),
        ("--auth", "digest"),
        ("--cut", "abort"),
    ],
    ids=" ".join,
)
def test_a_document_is_printed_whatever_the_printers_ways(
    printer: Any, shop: Any, tmp_path: Path, flags: tuple[str, str]
) -> None:
    there = printer(*flags)
    end = ended(shop(there.link, "simulated", user="maker"), payload(tmp_path))
    assert isinstance(end, Made) and "6 sides of 6" in end.why
    printed = there.get("record.json")["pages"]
    assert len(printed) == 3 * COPIES and {page["name"] for page in printed} == {ATTEMPT}


def test_two_sides_of_a_sheet_are_two(printer: Any, shop: Any, tmp_path: Path) -> None:
    there = printer()
    end = ended(shop(there.link), payload(tmp_path, sides="two-sided-long-edge"))
    assert isinstance(end, Made)
    assert [document["sides"] for document in there.get("record.json")["documents"]] == ["two-sided-long-edge"]


@pytest.mark.parametrize(
    ("count", "counts", "kind"), [("once", True, Doubted), ("once", False, Made), ("none", True, Made)]
)
def test_a_printer_that_does_not_count_right_is_asked_about_until_that_is_known(
    printer: Any, shop: Any, tmp_path: Path, count: str, counts: bool, kind: type[Any]
) -> None:
    """One that counts no sides, and does count sheets, is good enough."""
    end = ended(shop(printer("--count", count).link, counts=counts), payload(tmp_path))
    assert isinstance(end, kind), end


def test_a_wrong_password_is_named(printer: Any, shop: Any) -> None:
    there = printer("--auth", "digest")
    with pytest.raises(MachineFault, match="does not let us in"):
        shop(there.link, "guessed", user="maker").connect()


def test_a_printer_whose_ids_begin_anew_does_not_lend_us_anothers_end(printer: Any, shop: Any, tmp_path: Path) -> None:
    there = printer("--ids", "restart", "--page", "60", "--speed", "1")
    machine = shop(there.link)
    machine.connect()
    machine.transfer(ATTEMPT, payload(tmp_path))
    assert machine.start(ATTEMPT).start is Start.STARTED
    there.post("power-cycle", {"seconds": 0.2})
    there.post("set", {"page": "0"})
    time.sleep(0.5)
    there.post("fault", {"spec": "foreign-job:1"})
    end = time.monotonic() + PATIENCE
    while not isinstance(event := machine.next_event(0.2), Doubted):
        assert not isinstance(event, Made | Failed) and time.monotonic() < end, event
    assert machine.reconcile(ATTEMPT).seen is Seen.UNKNOWN


def test_ipps_is_spoken_where_somebody_vouches_for_the_printer(printer: Any, shop: Any, tmp_path: Path) -> None:
    key, certificate, both = (tmp_path / name for name in ("key.pem", "certificate.pem", "printer.pem"))
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=printer"
    make += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(make.split(), check=True, capture_output=True)
    both.write_text(key.read_text() + certificate.read_text())
    there = printer("--tls", str(both))
    assert there.link.startswith("ipps://")
    with pytest.raises(MachineFault, match="option ca"):
        shop(there.link).connect()
    with pytest.raises(MachineFault, match="no certificate"):
        shop(there.link, ca=str(tmp_path / "none.pem")).connect()
    assert isinstance(ended(shop(there.link, ca=str(certificate)), payload(tmp_path)), Made)
