"""OctoPrint's answers read into values, forms as they are sent, and a session that trusts nobody."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import Activity, ArtifactFault, Link, MachineFault, OurFault, Settings, Temperature, WireFault
from drivers.machines import octoprint
from drivers.protocols import octoprint as says
from drivers.servers import Outcome
from drivers.uploads import Form
from tests.conformance.rigs.common import RealClock

from .hosting import hosted

KEY = "0123456789-not-to-be-seen"
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


def job(state: str, path: str | None = "a.gcode", origin: str | None = "local", completion: object = 50.0) -> says.Job:
    file = {"path": path, "origin": origin, "name": path, "size": 1}
    return says.read(
        says.Job, {"state": state, "job": {"file": file}, "progress": {"completion": completion}}, "printer"
    )


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "link", "activity", "file"),
    [
        ("Operational", Link.ONLINE, Activity.IDLE, None),
        ("Starting", Link.ONLINE, Activity.BUSY, "a.gcode"),
        ("Printing", Link.ONLINE, Activity.BUSY, "a.gcode"),
        ("Pausing", Link.ONLINE, Activity.BUSY, "a.gcode"),
        ("Paused", Link.ONLINE, Activity.PAUSED, "a.gcode"),
        ("Cancelling", Link.ONLINE, Activity.BUSY, "a.gcode"),
        ("Finishing", Link.ONLINE, Activity.BUSY, "a.gcode"),
        ("Opening serial connection", Link.CONNECTING, Activity.IDLE, None),
        ("Offline", Link.OFFLINE, Activity.IDLE, None),
    ],
)
def test_states(state: str, link: Link, activity: Activity, file: str | None) -> None:
    sight = says.sight(job(state), None, None)
    assert (sight.link, sight.activity, sight.file, sight.fault) == (link, activity, file, None)


@pytest.mark.parametrize("state", ["Error", "Offline after error", "Unknown State (99)", ""])
def test_a_state_that_is_bad_or_not_known_is_a_fault_with_its_mend(state: str) -> None:
    sight = says.sight(job(state), None, None)
    assert sight.link is Link.OFFLINE and "mend it" in (sight.fault or "")


def test_operational_at_100_percent_says_nothing_of_the_file_that_is_selected() -> None:
    sight = says.sight(job("Operational", completion=100.0), None, None)
    assert (sight.file, sight.progress) == (None, None)


def test_a_file_on_the_printers_own_card_is_none_of_ours() -> None:
    sight = says.sight(job("Printing from SD", "a.gcode", "sdcard"), None, None)
    assert sight.file == "sdcard:a.gcode" and sight.activity is Activity.BUSY


def test_temperatures_and_prompt() -> None:
    heaters = {"tool0": {"actual": 21.5, "target": 200}, "bed": {"actual": None, "target": 0}, "chamber": None}
    printer = says.read(says.Printer, {"temperature": heaters}, "printer")
    sight = says.sight(job("Printing"), printer, says.read(says.Prompt, {"text": "Nozzle\nParked"}, "printer"))
    assert sight.temperatures == {"tool0": Temperature(21.5, 200)}
    assert sight.prompt == "Nozzle Parked"


@pytest.mark.parametrize(
    ("prints", "pushed", "outcome"),
    [
        (None, None, Outcome.UNKNOWN),
        (None, Outcome.DONE, Outcome.DONE),
        ({"success": 1, "failure": 0, "last": {"success": True, "date": 1.0}}, None, Outcome.DONE),
        ({"success": 0, "failure": 1, "last": {"success": False}}, None, Outcome.FAILED),
        ({"success": 0, "failure": 1, "last": {"success": False}}, Outcome.CANCELLED, Outcome.CANCELLED),
        ({"success": 1, "failure": 0, "last": {"success": True}}, Outcome.CANCELLED, Outcome.DONE),
    ],
)
def test_outcomes(prints: object, pushed: Outcome | None, outcome: Outcome) -> None:
    info = says.read(says.FileInfo, {"size": 1, "prints": prints}, "printer")
    assert says.outcome(info, pushed) is outcome


def test_a_file_that_is_gone_leaves_what_was_pushed() -> None:
    assert says.outcome(None, None) is Outcome.UNKNOWN
    assert says.outcome(None, Outcome.DONE) is Outcome.DONE


def test_pushes() -> None:
    def event(kind: str, **payload: object) -> str:
        return "a" + json.dumps([{"event": {"type": kind, "payload": payload or None}}])

    ours = {"path": "a.gcode", "origin": "local"}
    assert says.pushed(event("PrintDone", **ours)) == [("a.gcode", Outcome.DONE)]
    assert says.pushed(event("PrintFailed", reason="error", **ours)) == [("a.gcode", Outcome.FAILED)]
    assert says.pushed(event("PrintFailed", reason="cancelled", **ours)) == [("a.gcode", Outcome.CANCELLED)]
    assert says.pushed(event("PrintDone", path="a.gcode", origin="sdcard")) == [("sdcard:a.gcode", Outcome.DONE)]
    assert says.pushed(event("PrinterStateChanged")) == [(None, None)]
    assert says.pushed(event("FileAdded", **ours)) == []
    for frame in ("", "o", "h", 'c[3000,"Go away"]', "a", "a[", "a{}", "anull", "a" + "[" * 100_000):
        assert says.pushed(frame) == []


def test_an_answer_is_picked_out_of_the_terminal() -> None:
    dialogue = says.Dialogue("M115")
    terminal = ["Recv: ok", "Send: M105", "Recv: ok T:21", "Send: N7 M115*36", "Recv: FIRMWARE_NAME:Marlin"]
    terminal += ["Recv: echo:busy: processing", "Recv: Cap:EEPROM:1", "Recv: ok", "Send: M105", "Recv: ok T:22"]
    for line in says.logged("a" + json.dumps([{"current": {"logs": terminal}}, {"event": {"type": "Home"}}])):
        dialogue.hear(line)
    assert (dialogue.sent, dialogue.over) == (True, True)
    assert dialogue.answer == ["FIRMWARE_NAME:Marlin", "Cap:EEPROM:1"]
    short = says.Dialogue("M105")
    for line in ("Send: M105", "Recv: ok T:21.0 /0.0"):
        short.hear(line)
    assert short.answer == ["T:21.0 /0.0"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=30) | st.sampled_from(["Send: M1", "Recv: ok", "Recv: x"]), max_size=30))
def test_whatever_the_terminal_shows(lines: list[str]) -> None:
    dialogue = says.Dialogue("M1")
    for line in lines:
        dialogue.hear(line)
    assert dialogue.sent or dialogue.answer == []


def test_a_session_that_has_expired() -> None:
    assert says.expired('a[{"reauthRequired": {"reason": "logout"}}]')
    assert not says.expired('a[{"event": {"type": "PrintDone", "payload": {"path": "reauthRequired"}}}]')


@settings(deadline=None)
@given(anything)
def test_whatever_is_answered_is_read_or_refused(value: object) -> None:
    for kind in (says.Job, says.Printer, says.FileInfo, says.Connection, says.Version, says.User, says.Profiles):
        try:
            says.read(kind, value, "printer")
        except MachineFault as fault:
            assert "printer" in str(fault)
    says.pushed("a" + json.dumps(value))
    says.pushed("a" + json.dumps([{"event": value}]))


def test_a_profile_whose_coordinates_begin_elsewhere_says_nothing_of_an_envelope() -> None:
    volume = {"width": 100.0, "depth": 90.0, "height": 80.0, "origin": "lowerleft"}
    assert says.box(says.read(says.Profile, {"volume": volume}, "p")) == (100.0, 90.0, 80.0)
    assert says.box(says.read(says.Profile, {"volume": volume | {"origin": "center"}}, "p")) is None


# --- forms ------------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.binary(max_size=2000), st.integers(1, 700) | st.just(-1))
def test_a_form_is_what_another_reader_makes_of_it(tmp_path_factory: Any, data: bytes, size: int) -> None:
    path = tmp_path_factory.mktemp("form") / "artifact"
    path.write_bytes(data)
    with Form({"note": '{"a": 1}'}, "j1-a1.gcode", path, threading.Event()) as form:
        body = b"".join(iter(lambda: form.read(size), b""))
        assert len(body) == len(form)
        message = BytesParser().parsebytes(b"Content-Type: " + form.media_type.encode() + b"\r\n\r\n" + body)
    parts = message.get_payload()
    assert isinstance(parts, list)
    note, file = (part for part in parts if isinstance(part, Message))
    assert note.get_payload() == '{"a": 1}' and note.get_param("name", header="content-disposition") == "note"
    assert (file.get_filename(), file.get_content_type()) == ("j1-a1.gcode", "application/octet-stream")
    assert data in body


def test_a_form_ends_when_it_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1000)
    stopped = threading.Event()
    with Form({}, "a", tmp_path / "a", stopped) as form:
        form.read(10)
        stopped.set()
        with pytest.raises(WireFault, match="emergency stop"):
            form.read(10)
    with pytest.raises(ArtifactFault):
        Form({}, "b", tmp_path / "b", stopped)


# --- the session ------------------------------------------------------------------------------------------------------

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Somebody who answers everything in one way."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None: ...

    with hosted(Handler, context) as address:
        yield address


def saying(status: int, body: bytes, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def machine(address: str, **options: object) -> octoprint.OctoPrint:
    quick = {"timeout": 0.5, "push": False}
    return octoprint.OctoPrint(Settings("printer", address, quick | options, secret=KEY), RealClock())


@pytest.mark.parametrize(
    ("answer", "fault", "said"),
    [
        (saying(403, b'{"error": "You don\'t have the permission"}'), MachineFault, "permission.*secret"),
        (saying(302, b"", Location="http://127.0.0.1:1/"), MachineFault, "redirects"),
        (saying(404, b"<html>"), MachineFault, "404"),
        (saying(500, b'{"error": "broken"}'), WireFault, "500.*broken"),
        (saying(200, b"<html>a login page"), MachineFault, "no JSON"),
        (saying(200, b'{"text": "Moonraker", "server": "1"}'), MachineFault, "no OctoPrint"),
        (saying(200, b'{"server": "1.11.8"}'), MachineFault, r"as OctoPrint does \(text\)"),
        (saying(200, b"x" * (octoprint.MAX_ANSWER + 1)), MachineFault, "bytes"),
        (saying(200, b"{}", **{"Content-Length": "1000"}), WireFault, "no answer"),
        (lambda handler: handler.wfile.write(b"\x00\xff nonsense\r\n\r\n"), WireFault, "no answer"),
    ],
    ids=["key", "redirect", "path", "defect", "page", "another", "shape", "long", "short", "nonsense"],
)
def test_what_is_no_answer_is_a_fault_with_its_mend(answer: Answer, fault: type[Exception], said: str) -> None:
    with (
        server(answer) as address,
        machine(address) as printer,
        pytest.raises(fault, match=f"(?s)printer.*{said}") as why,
    ):
        printer.connect()
    assert KEY not in str(why.value)


def test_nobody_there_and_silence() -> None:
    silent = threading.Event()
    with server(lambda _: silent.wait(5) and None) as address, machine(address) as printer:
        with pytest.raises(WireFault, match="timed out"):
            printer.connect()
        silent.set()
    with machine(address) as printer, pytest.raises(WireFault, match="refused"):
        printer.connect()


def test_the_key_is_in_no_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"), machine("http://127.0.0.1:1") as printer:
        printer.stop()
        with pytest.raises(WireFault):
            printer.connect()
        assert KEY not in caplog.text + repr(printer.status()) + repr(printer._settings)


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    make += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(make.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with server(saying(500, b""), context) as address:
        with machine(address) as printer, pytest.raises(MachineFault, match=r"certificate.*option ca"):
            printer.connect()
        with machine(address, ca=str(tmp_path / "x")) as printer, pytest.raises(MachineFault, match=r"option ca.*x"):
            printer.connect()
        with machine(address, ca=str(certificate)) as printer, pytest.raises(WireFault, match="500"):
            printer.connect()


@pytest.mark.parametrize(
    "address", ["", "octopi.local", "ftp://x", "http://", "http://u:p@x/", "http://x/?a", "http://[x"]
)
def test_what_is_no_address_is_ours(address: str) -> None:
    with pytest.raises(OurFault, match=r"printer.*no address"):
        machine(address)


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY}\u2026", f"{KEY}\x00"])
def test_what_is_no_key_is_not_shown(key: str) -> None:
    with pytest.raises(OurFault, match=r"secret") as why:
        octoprint.OctoPrint(Settings("printer", "http://x", secret=key), RealClock())
    assert KEY not in str(why.value)


def test_options() -> None:
    with pytest.raises(OurFault, match="baudrate"):
        machine("http://x", connection={"baudrate": "fast"})
    assert machine("http://x", connection=None)
