"""The simulated OctoPrint and what all simulated servers share: a printer that runs files, and a network that fails.

What it answers where nothing fails is compared with OctoPrint itself, in tests/vendors.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.sync.client import ClientConnection, connect

from simulators.deposit import Pump
from simulators.faults import Faults as FirmwareFaults
from simulators.hosted import File, Printer, Result, State, parse
from simulators.hosted.faults import OPERATIONS
from simulators.hosted.forms import parts
from simulators.marlin.board import Options
from simulators.marlin.firmware import Firmware
from simulators.record import Recorder
from tests.conformance.rigs.common import PATIENCE, Simulated, moves

HELD = b"\n".join([b"G28", *moves(5), b"@HOLD", *moves(5, 2400)])
numbers = count(1)


# --- the printer, in its own time -------------------------------------------------------------------------------------


class Bench:
    """A printer without a server, whose time is passed on by hand."""

    def __init__(self) -> None:
        firmware = Firmware(Options(min_temp=0.0), Recorder(Pump()), FirmwareFaults(0))
        self.printer = Printer(firmware)
        self.told: list[str] = []
        self.printer.told = lambda what, job: self.told.append(what)

    def run(self, seconds: float) -> None:
        end = self.printer.firmware.now + seconds
        while (event := self.printer.next_event()) is not None and event <= end:
            self.printer.advance(event)
        self.printer.advance(end)

    def executed(self) -> list[str]:
        return [command for _, command in self.printer.firmware.recorder.piece.executed]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_file_runs_to_its_end_line_by_line(bench: Bench) -> None:
    lines = [b"; a comment", b"G28", b"", *moves(50), b"M400 ; and rest"]
    job = bench.printer.start(File("a", b"\r\n".join(lines)))
    bench.run(1.0)
    assert bench.printer.state is State.PRINTING and 0 < job.progress < 1
    bench.run(600.0)
    assert bench.told == ["started", Result.DONE] and bench.printer.state is State.IDLE
    assert bench.executed() == ["G28", *(line.decode() for line in moves(50)), "M400"]
    assert (job.progress, job.result) == (1.0, Result.DONE)


def test_paused_is_when_what_was_fed_has_moved(bench: Bench) -> None:
    bench.printer.start(File("a", b"\n".join([b"G28", *moves(200, 600)])))
    bench.run(8.0)
    bench.printer.pause()
    assert bench.printer.state is State.PAUSING
    bench.run(60.0)
    assert bench.printer.state is State.PAUSED and bench.printer.firmware.idle
    fed = len(bench.executed())
    bench.run(60.0)
    assert len(bench.executed()) == fed < 200
    bench.printer.resume()
    bench.run(600.0)
    assert bench.told == ["started", "pausing", "paused", "resumed", Result.DONE]
    assert bench.executed() == ["G28", *(line.decode() for line in moves(200, 600))]


def test_cancelled_is_switched_off(bench: Bench) -> None:
    bench.printer.start(File("a", b"\n".join([b"G28", b"M104 S100", *moves(200, 600)])))
    bench.run(8.0)
    bench.printer.cancel()
    bench.run(60.0)
    assert bench.told == ["started", "cancelling", Result.CANCELLED]
    assert bench.printer.firmware.hotend.target == 0
    bench.printer.start(File("b", b"G28\n"))
    bench.run(60.0)
    assert bench.told[-1] == Result.DONE


@pytest.mark.parametrize("happens", ["emergency", "unplug", "power_cycle"])
def test_what_ends_a_print_badly(bench: Bench, happens: str) -> None:
    bench.printer.start(File("a", b"\n".join([b"G28", *moves(200, 600)])))
    bench.run(8.0)
    getattr(bench.printer, happens)()
    bench.run(10.0)
    assert bench.told == ["started", Result.FAILED]
    assert len(bench.executed()) < 200


def test_held_until_somebody_presses(bench: Bench) -> None:
    bench.printer.own["@HOLD"] = lambda _: bench.printer.hold()
    bench.printer.start(File("a", HELD))
    bench.run(600.0)
    assert bench.printer.state is State.PRINTING and not bench.printer.pressing
    assert bench.printer.press() and not bench.printer.press()
    bench.run(600.0)
    assert bench.told[-1] == Result.DONE and len(bench.executed()) == 11


def test_a_restart_of_its_server_leaves_the_heaters_on(bench: Bench) -> None:
    bench.printer.start(File("a", b"\n".join([b"M104 S100", b"G28", *moves(200, 600)])))
    bench.run(8.0)
    bench.printer.unplug(result=None)
    bench.run(100.0)
    assert bench.told == ["started"] and bench.printer.state is State.OFFLINE
    assert bench.printer.firmware.hotend.target == 100


# --- faults and forms -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spec", ["nothing", "drop@nowhere", "dropped@start", "status:x", "drop:-1", "status@start:9e9"]
)
def test_a_fault_that_is_none_is_named(spec: str) -> None:
    with pytest.raises(ValueError, match="fault"):
        parse(spec)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_fault_can_be_addressed_to_every_operation(operation: str) -> None:
    assert parse(f"timeout-after@{operation}:3").operation == operation


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(st.characters(max_codepoint=255), max_size=40))
def test_whatever_is_sent_as_a_form(body: bytes, kind: str) -> None:
    parts(kind, body)
    assert "file" in parts("multipart/form-data; boundary=x", b'--x\r\nD: f; name="file"\r\n\r\n' + body)


# --- the server -------------------------------------------------------------------------------------------------------


class Client:
    """A client without mercy or memory: each call is one request."""

    def __init__(self, simulated: Simulated, base: str = "") -> None:
        self.simulated, self._base = simulated, simulated.link + base

    def call(self, method: str, path: str, timeout: float = PATIENCE, **what: Any) -> requests.Response:
        headers = {"X-Api-Key": "simulated", "Connection": "close"}
        return requests.request(method, f"{self._base}/api/{path}", headers=headers, timeout=timeout, **what)

    def job(self) -> Any:
        return self.call("GET", "job").json()

    def uploaded(self, data: bytes = HELD) -> str:
        name = f"f{next(numbers)}.gcode"
        assert self.call("POST", "files/local", files={"file": (name, data)}).status_code == 201
        return name

    def start(self, name: str, **how: Any) -> requests.Response:
        return self.call("POST", f"files/local/{name}", json={"command": "select", "print": True}, **how)

    def fault(self, spec: str) -> None:
        self.simulated.post("fault", {"spec": spec})

    def wait(self, *states: str) -> None:
        self.until(lambda: self.job()["state"] in states)

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < end, self.simulated.get("state")
            time.sleep(0.01)

    def connected(self) -> None:
        self.call("POST", "connection", json={"command": "connect"})
        self.wait("Operational")

    def begun(self) -> int:
        return self.simulated.executed().count("G28")


@pytest.fixture(scope="module")
def simulated() -> Iterator[Simulated]:
    made = Simulated("octoprint", "--port", "0", "--speed", "max", "--min-temp", "0", "--base", "/octoprint")
    yield made
    made.close()


@pytest.fixture
def client(simulated: Simulated) -> Iterator[Client]:
    made = Client(simulated, "/octoprint")
    made.connected()
    yield made
    made.call("POST", "job", json={"command": "cancel"})


BROKEN = (requests.Timeout, requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


@pytest.mark.parametrize(
    ("fault", "effect"),
    [
        ("timeout-before@start:2", False),
        ("timeout-after@start:2", True),
        ("drop@start", True),
        ("status@start:500", False),
        ("status@start:409", False),
        ("status-after@start:503", True),
    ],
)
def test_a_fault_of_the_network_and_what_came_of_it(client: Client, fault: str, effect: bool) -> None:
    begun, name = client.begun(), client.uploaded()
    client.fault(fault)
    try:
        answer = client.start(name, timeout=0.5)
        assert answer.status_code == int(fault.rpartition(":")[2])
    except BROKEN:
        assert "status" not in fault
    if effect:
        client.until(lambda: client.begun() == begun + 1)
    assert (client.job()["state"] == "Printing") == effect
    assert client.begun() == begun + effect
    assert client.start(name).status_code == (409 if effect else 204)  # It strikes once.


def test_a_server_that_restarts_has_forgotten(client: Client) -> None:
    name = client.uploaded()
    assert client.start(name).status_code == 204
    client.fault("restart@pause:0.3")
    with pytest.raises(BROKEN):
        client.call("POST", "job", json={"command": "pause", "action": "pause"})

    def there() -> bool:
        try:
            return bool(client.job()["state"])
        except requests.ConnectionError:
            return False

    client.until(lambda: not there())
    client.until(there)
    assert client.job()["state"] == "Offline" and client.job()["job"]["file"]["path"] is None
    assert "prints" not in client.call("GET", f"files/local/{name}").json()
    assert client.simulated.get("record.json")["jobs"][-1]["result"] is None
    client.connected()
    assert client.job()["state"] == "Operational"


def test_a_printer_that_is_gone_has_failed_and_does_not_come_back_by_itself(client: Client) -> None:
    name = client.uploaded()
    client.start(name)
    client.fault("printer-offline:0.1")
    client.wait("Offline after error")
    assert client.call("GET", f"files/local/{name}").json()["prints"]["last"]["success"] is False
    time.sleep(0.3)
    assert client.job()["state"] == "Offline after error"


def test_a_halted_firmware_is_disconnected(client: Client) -> None:
    client.start(client.uploaded())
    client.fault("thermal-runaway")
    client.wait("Offline after error")
    assert "halted" in client.job()["error"]


def test_somebody_at_the_printer(client: Client) -> None:
    name = client.uploaded()
    client.start(name)
    client.fault("pause-at-printer")
    client.wait("Paused")
    client.fault("resume-at-printer")
    client.wait("Printing")
    client.fault("cancel-at-printer")
    client.wait("Operational")


def test_two_runs_on_one_bed_are_a_collision(client: Client) -> None:
    client.simulated.post("clear")
    before = len(client.simulated.get("record.json")["collisions"])
    for _ in range(2):
        client.start(client.uploaded(b"G28\nG1 X10 E1 F600\nG1 X20 E2\n"))
        client.wait("Operational")
        client.until(lambda: client.simulated.get("state")["idle"])
    assert len(client.simulated.get("record.json")["collisions"]) == before + 1


class Listener:
    """A client of the push channel."""

    def __init__(self, socket: ClientConnection, client: Client, login: bool) -> None:
        self._socket = socket
        assert socket.recv(PATIENCE) == "o"
        assert "connected" in self.next()
        if login:
            session = client.call("POST", "login", json={"passive": True}).json()
            socket.send(json.dumps([json.dumps({"auth": f"{session['name']}:{session['session']}"})]))

    def next(self, patience: float = PATIENCE) -> Any:
        frame = self._socket.recv(patience)
        assert isinstance(frame, str) and frame.startswith("a")
        return json.loads(frame[1:])[0]

    def events(self, last: str, times: int = 1) -> list[str]:
        seen: list[str] = []
        while seen.count(last) < times:
            seen.append(self.next()["event"]["type"])
        return [each for each in seen if each.startswith("Print") and each != "PrinterStateChanged"]


def listening(client: Client) -> ClientConnection:
    url = client.simulated.link.replace("http", "ws") + "/octoprint/sockjs/001/abc/websocket"
    return connect(url, proxy=None, ping_interval=None)


def printed(client: Client) -> None:
    client.start(client.uploaded(b"G28\n"))
    client.wait("Operational")


def test_pushes_are_for_whoever_has_logged_in(client: Client) -> None:
    with listening(client) as first, listening(client) as second:
        ours, stranger = Listener(first, client, login=True), Listener(second, client, login=False)
        time.sleep(0.1)
        printed(client)
        assert ours.events("PrintDone") == ["PrintStarted", "PrintDone"]
        with pytest.raises(TimeoutError):
            stranger.next(0.1)


def test_the_terminal_is_for_whoever_subscribes_to_it(client: Client) -> None:
    with listening(client) as socket:
        listener = Listener(socket, client, login=True)
        socket.send(json.dumps([json.dumps({"subscribe": {"state": {"logs": True}, "events": False}})]))
        time.sleep(0.1)
        client.call("POST", "printer/command", json={"command": "M114"})
        shown: list[str] = []
        while "Recv: ok" not in " ".join(shown):
            shown += listener.next().get("current", {}).get("logs", [])
        assert shown[0] == "Send: M114" and shown[1].startswith("Recv: X:")


@pytest.mark.parametrize(
    ("fault", "seen"),
    [("repeated", ["PrintStarted", "PrintStarted", "PrintDone"]), ("reordered", ["PrintStarted", "PrintDone"])],
)
def test_pushes_that_go_wrong(fault: str, seen: list[str]) -> None:
    simulated = Simulated("octoprint", "--port", "0", "--speed", "max", "--min-temp", "0", "--fault", fault)
    try:
        client = Client(simulated)
        with connect(simulated.link.replace("http", "ws") + "/sockjs/0/x/websocket", proxy=None) as socket:
            listener = Listener(socket, client, login=True)
            time.sleep(0.1)
            printed(client)
            assert listener.events("PrintDone") == seen
    finally:
        simulated.close()
