"""PrusaLink's answers read into values, and a driver that believes none of them too soon."""

from __future__ import annotations

import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import (
    Activity,
    ArtifactFault,
    Link,
    MachineFault,
    NotSupported,
    OurFault,
    Settings,
    Temperature,
    WireFault,
)
from drivers.machines.prusalink import Options, PrusaLink, PrusaLinkServer
from drivers.options import checked
from drivers.protocols import prusalink as says
from drivers.servers import Outcome, Sight
from tests.conformance.rigs.common import RealClock, Simulated, payload

from .hosting import Answer, served

KEY = "not-to-be-seen"
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


def printer(state: str, job: int | None = None, says_: str = "", well: bool = True) -> says.Printer:
    body = {"printer": {"state": state, "status_printer": {"ok": well, "message": says_}}}
    return says.printer({**body, "job": {"id": job, "progress": 50.0}} if job is not None else body)


OURS = says.Job("7", "j1-a1.gcode", "/usb/J1-A1~1.GCO")


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "job", "activity"),
    [
        ("IDLE", None, Activity.IDLE),
        ("READY", None, Activity.IDLE),
        ("FINISHED", None, Activity.IDLE),
        ("STOPPED", None, Activity.IDLE),
        ("BUSY", None, Activity.BUSY),
        ("ATTENTION", None, Activity.BUSY),
        ("PRINTING", OURS, Activity.BUSY),
        ("IDLE", OURS, Activity.BUSY),
        ("PAUSED", OURS, Activity.PAUSED),
        ("ATTENTION", OURS, Activity.PAUSED),
    ],
)
def test_states(state: str, job: says.Job | None, activity: Activity) -> None:
    sight = says.sight(printer(state, 7 if job else None), job, job.name if job else None, relays=False)
    assert (sight.link, sight.activity, sight.fault) == (Link.ONLINE, activity, None)
    assert (sight.file, sight.job, sight.progress) == (("j1-a1.gcode", "7", 0.5) if job else (None, None, None))
    assert (sight.prompt is not None) == (state == "ATTENTION")


@pytest.mark.parametrize("state", ["FINISHED", "STOPPED"])
def test_a_pi_that_shows_an_end_takes_no_start(state: str) -> None:
    assert says.sight(printer(state), None, None, relays=True).activity is Activity.BUSY


@pytest.mark.parametrize(
    ("state", "words", "well", "link", "fault"),
    [
        ("ERROR", "Serial device does not exist", False, Link.OFFLINE, "does not exist"),
        ("ERROR", "Firmware detected a hardware issue", False, Link.ONLINE, "hardware issue"),
        ("ERROR", "", True, Link.ONLINE, "does not say why"),
        ("IDLE", "Firmware is not up-to-date", False, Link.ONLINE, "mend that first"),
        ("MELTING", "", True, Link.ONLINE, "'MELTING'"),
    ],
)
def test_what_is_wrong_is_a_fault(state: str, words: str, well: bool, link: Link, fault: str) -> None:
    sight = says.sight(printer(state, says_=words, well=well), None, None, relays=True)
    assert sight.link is link and fault in (sight.fault or "")


def test_an_mk2_has_no_serial_number_and_that_is_no_fault() -> None:
    assert says.sight(printer("IDLE", None, "Serial number cannot be obtained", False), None, None, True).fault is None


def test_temperatures() -> None:
    body = {"state": "IDLE", "temp_nozzle": 21.5, "target_nozzle": 200.0, "temp_bed": "hot"}
    assert says.printer({"printer": body}).temperatures == {"nozzle": Temperature(21.5, 200.0)}


def test_what_is_not_ours_never_has_a_name_of_ours() -> None:
    for job in (OURS, says.Job("7", "j1-a1.gcode"), says.Job("7")):
        assert "/" in (says.sight(printer("PRINTING", 7), job, None, relays=False).file or "")


@given(anything)
def test_answers_of_any_shape_are_read_or_refused(body: object) -> None:
    for read in (says.printer, says.job, says.storages, lambda each: says.kind(each, each)):
        try:
            read(body)
        except MachineFault as fault:
            assert str(fault)


@given(st.one_of(st.integers(), st.text(max_size=20), st.booleans(), st.none(), st.floats()))
def test_a_job_id_in_a_url_is_a_number(value: object) -> None:
    found = says.identity(value)
    assert found is None or found.isdigit()


# --- a server that is told what to answer -----------------------------------------------------------------------------

VERSION = {"api": "2.0.0", "text": "PrusaLink", "capabilities": {"upload-by-put": True}}
INFO = {"nozzle_diameter": 0.4, "serial": "CZPX1"}
STORAGE = {"storage_list": [{"path": "/usb/", "name": "usb", "read_only": False, "available": True}]}
KNOWN = {"/api/version": VERSION, "/api/v1/info": INFO, "/api/v1/storage": STORAGE}


def scripted(**more: Any) -> Answer:
    """A printer at rest, but for what stands in ``more``: ``"GET /path": (status, body)`` under any key."""
    changed = dict(more.pop("answers", {}))

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        if f"{method} {path}" in changed:
            return changed[f"{method} {path}"]  # type: ignore[no-any-return]
        if path in KNOWN:
            return 200, KNOWN[path]
        if path == "/api/v1/status":
            return 200, {"printer": {"state": "IDLE"}}
        return (204, b"") if path == "/api/v1/job" else (404, {"title": "404", "message": "nothing there"})

    return answer


def settings(address: str, secret: str | None = KEY, **options: object) -> Settings:
    return Settings("mk4", address, {"auth": "key", "timeout": 2.0, **options}, secret=secret)


@contextmanager
def opened(address: str, **options: Any) -> Iterator[PrusaLinkServer]:
    made = settings(address, **options)
    server = PrusaLinkServer(made, RealClock(), checked(Options, made.options, made.name))
    try:
        server.open(lambda: None)
        yield server
    finally:
        server.close()


@contextmanager
def asking(answer: Answer, **options: Any) -> Iterator[PrusaLinkServer]:
    with served(answer) as address, opened(address, **options) as server:
        yield server


def test_addresses_and_secrets() -> None:
    for address in ("printer.local", "ftp://printer", "http://", "/dev/ttyACM0"):
        with pytest.raises(OurFault, match="no address"):
            PrusaLink(settings(address), RealClock())
    with pytest.raises(OurFault, match="secret"):
        PrusaLink(settings("http://printer", secret=None), RealClock())


def test_a_base_path_is_kept_and_the_secret_is_in_no_sentence() -> None:
    seen: list[tuple[str, str]] = []
    below = scripted()

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        seen.append((path, {name.lower(): value for name, value in headers.items()}["x-api-key"]))
        return below(method, path.removeprefix("/prusa/one"), headers, body)

    nothing = pytest.raises(MachineFault, match="nothing there")
    with served(answer) as address, opened(f"{address}/prusa/one/") as server, nothing as fault:
        server.start("j1-a1.gcode")
    assert all(path.startswith("/prusa/one/api/") and key == KEY for path, key in seen)
    assert KEY not in str(fault.value)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"GET /api/version": (200, {"text": "OctoPrint 1.11"})}, "OctoPrint 1.11, not as PrusaLink"),
        ({"GET /api/version": (200, b"<html>")}, "nothing known"),
        ({"GET /api/version": (200, {"text": "PrusaLink"})}, "too old"),
        ({"GET /api/version": (301, b"")}, "301"),
        ({"GET /api/version": (401, b"Digest nonsense")}, "authentication"),
        ({"GET /api/version": (403, b"Bad X-Api-Key.")}, "does not let"),
        ({"GET /api/v1/storage": (200, {"storage_list": []})}, "USB drive"),
    ],
)
def test_what_is_no_printer_of_ours_is_named(answers: dict[str, Any], words: str) -> None:
    auth = "digest" if "authentication" in words else "key"
    with pytest.raises(MachineFault, match=words), asking(scripted(answers=answers), auth=auth):
        pass


def test_an_answer_without_an_end_is_cut() -> None:
    endless = scripted(answers={"GET /api/v1/status": (200, b" " * 2_000_000)})
    with asking(endless) as server, pytest.raises(WireFault, match="does not end"):
        server.look()


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    make += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(make.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with served(scripted(), context) as address:
        with pytest.raises(MachineFault, match="option ca"), opened(address):
            pass
        with pytest.raises(MachineFault, match="no certificate"), opened(address, ca=str(tmp_path / "none.pem")):
            pass
        with opened(address, ca=str(certificate)) as server:
            assert server.look().link is Link.ONLINE


def test_a_drive_that_was_pulled_is_no_proof_that_a_file_is_gone() -> None:
    with asking(scripted()) as server:
        server.delete("j1-a1.gcode")  # 404, and the drive is there.
        assert server.size("j1-a1.gcode") is None
    gone = {"storage_list": [{"path": "/usb/", "name": "usb", "read_only": False, "available": False}]}
    with asking(scripted(answers={"GET /api/v1/storage": (200, gone)}), storage="usb") as server:
        for verb in (server.delete, server.size):
            with pytest.raises(MachineFault, match="put the USB drive back"):
                verb("j1-a1.gcode")


def job_at(place: str, id_: int = 7) -> dict[str, Any]:
    file = {"name": "J1-A1~1.GCO", "display_name": "j1-a1.gcode", "path": "/usb", "refs": {"download": place}}
    return {
        "GET /api/v1/status": (200, {"printer": {"state": "PRINTING"}, "job": {"id": id_, "progress": 12.5}}),
        "GET /api/v1/job": (200, {"id": id_, "state": "PRINTING", "file": file}),
        "GET /api/v1/files/usb/j1-a1.gcode": (200, {"size": 9, "refs": {"download": "/usb/J1-A1~1.GCO"}}),
    }


def test_a_job_is_ours_by_its_place_and_not_by_its_name() -> None:
    with asking(scripted(answers=job_at("/usb/J1-A1~1.GCO"))) as server:
        sight = server.look()
        assert (sight.file, sight.job, sight.progress) == ("j1-a1.gcode", "7", 0.125)
        assert server.outcome("j1-a1.gcode") is Outcome.GOING
    with asking(scripted(answers=job_at("/usb/OLD/J1-A1~1.GCO"))) as server:
        assert server.look().file == "/usb/OLD/J1-A1~1.GCO"
        assert server.outcome("j1-a1.gcode") is Outcome.UNKNOWN


@pytest.mark.parametrize(("last", "outcome"), [(409, Outcome.DONE), (404, Outcome.UNKNOWN)])
def test_an_end_is_our_jobs_only_if_it_was_the_last(last: int, outcome: Outcome) -> None:
    answers = job_at("/usb/J1-A1~1.GCO")
    with asking(lambda *request: scripted(answers=answers)(*request)) as server:
        server.look()
        answers["GET /api/v1/status"] = (200, {"printer": {"state": "FINISHED"}})
        answers["GET /api/v1/job"] = (204, b"")
        answers["PUT /api/v1/job/7/pause"] = (last, {"message": "no"})
        assert server.look().file is None
        assert server.outcome("j1-a1.gcode") is outcome


def test_an_end_is_not_lost_with_an_answer() -> None:
    """What tells whose end it was is a call of its own, and may go unanswered."""
    answers = job_at("/usb/J1-A1~1.GCO")
    with asking(lambda *request: scripted(answers=answers)(*request)) as server:
        server.look()
        answers["GET /api/v1/status"] = (200, {"printer": {"state": "FINISHED"}})
        answers["GET /api/v1/job"] = (204, b"")
        answers["PUT /api/v1/job/7/pause"] = (500, {"message": "busy"})
        with pytest.raises(WireFault):
            server.look()
        answers["PUT /api/v1/job/7/pause"] = (409, {"message": "no"})
        assert server.look().last == "a print that nobody saw (FINISHED)"
        assert server.outcome("j1-a1.gcode") is Outcome.DONE


def test_status_and_job_that_do_not_fit_are_looked_at_again() -> None:
    answers = job_at("/usb/J1-A1~1.GCO")
    answers["GET /api/v1/job"] = (204, b"")
    with asking(scripted(answers=answers)) as server:
        assert server.look().file == "/a print over its serial line"  # It stays so: of its file nobody is told.
    disagreeing = {**job_at("/usb/X"), "GET /api/v1/status": (200, {"printer": {"state": "IDLE"}})}
    with asking(scripted(answers=disagreeing)) as server, pytest.raises(WireFault, match="same of its job"):
        server.look()


def test_verbs_without_a_job_do_nothing() -> None:
    with asking(scripted()) as server:
        for verb in (server.pause, server.resume, server.cancel):
            with pytest.raises(MachineFault, match="no job"):
                verb(Sight(Link.ONLINE))
        with pytest.raises(NotSupported):
            server.console("G28")


def test_a_stop_ends_whatever_job_runs_and_says_that_this_is_no_emergency_stop() -> None:
    answers = {**job_at("/usb/SOMEBODY.GCO", 41), "DELETE /api/v1/job/41": (204, b"")}
    asked: list[str] = []

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        asked.append(f"{method} {path}")
        return scripted(answers=answers)(method, path, headers, body)

    with served(answer) as address:
        made = settings(address)
        said = PrusaLinkServer(made, RealClock(), checked(Options, made.options, made.name)).stop()
        assert "no emergency stop" in said and "switch the printer off" in said and "41" in said
        assert asked == ["GET /api/v1/status", "DELETE /api/v1/job/41"]
        answers["GET /api/v1/status"] = (200, {"printer": {"state": "IDLE"}})
        machine = PrusaLink(made, RealClock())
        machine.stop()
        assert "nothing was sent" in (machine.status().fault or "")


# --- the simulated one: what needs a server that has a mind of its own ------------------------------------------------


@contextmanager
def simulated(*arguments: str) -> Iterator[Simulated]:
    made = Simulated("prusalink", "--port", "0", "--speed", "max", "--min-temp", "0", *arguments)
    try:
        yield made
    finally:
        made.close()


def test_a_challenge_that_is_out_of_date_is_answered_anew(tmp_path: Path) -> None:
    pi = simulated("--kind", "pi", "--nonces", "0.2", "--key", KEY)
    with pi as printer_, opened(printer_.link, auth="digest") as server:
        for number in range(2):
            time.sleep(0.25)
            server.look()
            server.upload(f"j{number}-a1.gcode", payload(tmp_path, b"G28\n" * 50_000))
            assert server.size(f"j{number}-a1.gcode") == 200_000


def test_a_file_that_arrived_unanswered_is_gone_once_its_deletion_is_acknowledged(tmp_path: Path) -> None:
    pi = simulated("--kind", "pi", "--listing", "1.0", "--key", KEY, "--fault", "drop@upload")
    with pi as printer_, opened(printer_.link) as server:
        with pytest.raises(WireFault):
            server.upload("j1-a1.gcode", payload(tmp_path, b"G28\n"))
        assert printer_.get("state")["files"] == ["j1-a1.gcode"]
        assert server.size("j1-a1.gcode") is None, "the trap: it is there, and not listed"
        server.delete("j1-a1.gcode")
        assert printer_.get("state")["files"] == []


def test_a_name_that_is_there_already_is_refused(tmp_path: Path) -> None:
    with simulated("--key", KEY) as printer_, opened(printer_.link) as server:
        server.upload("j1-a1.gcode", payload(tmp_path, b"G28\n"))
        with pytest.raises(MachineFault, match="already exists"):
            server.upload("j1-a1.gcode", payload(tmp_path, b"G28 X\n"))
        assert server.size("j1-a1.gcode") == 4
        gone = payload(tmp_path, b"G28\n", "gone")
        gone.path.unlink()
        with pytest.raises(ArtifactFault):
            server.upload("j2-a1.gcode", gone)


def test_a_printer_that_is_not_the_configured_one_takes_no_upload(tmp_path: Path) -> None:
    with simulated("--key", KEY, "--nozzle", "0.6") as printer_:
        with pytest.raises(MachineFault, match=r"0.6 mm, and 0.4 mm is configured"), opened(printer_.link, nozzle=0.4):
            pass
        with pytest.raises(MachineFault, match="is printer CZPX"), opened(printer_.link, serial="CZPX1"):
            pass
