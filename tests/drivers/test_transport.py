"""Port, wires and recordings: with sockets and files as they are."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.addresses import open_wire
from drivers.contract import Failed, Made, OurFault, Payload, Seen, Settings, Start, WireFault
from drivers.loopback import Loopback, Noise
from drivers.machines.marlin import Marlin
from drivers.recording import Recorder, passages
from drivers.transport import Port
from drivers.wires import Wire


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def open_things() -> tuple[set[str], int]:
    return {thread.name for thread in threading.enumerate()}, sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = open_things()
    yield
    assert open_things() == before, "a thread or a descriptor is left"


@pytest.fixture
def answering(model: Any) -> Callable[[Any], Callable[[bytes], bytes]]:
    def make(firmware: Any) -> Callable[[bytes], bytes]:
        def answer(data: bytes) -> bytes:
            firmware.take(data)
            return b"".join(firmware.answers(time.monotonic()))

        return answer

    return make


def run(folder: Path, opener: Callable[[str, int], Wire] = open_wire, address: str = "loop", **keep: Any) -> list[Any]:
    data = b"\n".join(b"G1 X%d" % index for index in range(400)) + b"\n"
    path = folder / "artifact.gcode"
    path.write_bytes(data)
    options = {"boot_wait": 0.05, "silence": 0.2, "poll": 1000.0}
    with Marlin(Settings("m", address, options, **keep), RealClock(), opener) as machine:
        machine.connect()
        machine.transfer("a1", Payload(path, hashlib.sha256(data).hexdigest(), len(data), "text/x.gcode"))
        assert machine.start("a1").start is Start.STARTED
        events = []
        while not isinstance(event := machine.next_event(20), Made | Failed | None):
            events.append(event)
        return [*events, event]


@pytest.mark.parametrize(
    "noise", [Noise(), Noise(split=True), Noise(seed=1, corrupt=0.001), Noise(seed=2, lose=0.0005), Noise(delay=0.001)]
)
def test_a_driver_over_a_bad_wire(tmp_path: Path, model: Any, answering: Any, noise: Noise) -> None:
    firmware = model()
    events = run(tmp_path, lambda *_: Loopback(answering(firmware), b"start\n", noise))
    assert isinstance(events[-1], Made), events[-1]
    assert [line for line in firmware.executed if line.startswith(b"G1 ")] == [b"G1 X%d" % i for i in range(400)]


def test_a_recording_becomes_a_test(tmp_path: Path, model: Any, answering: Any) -> None:
    recording = tmp_path / "wire.jsonl"
    run(tmp_path, lambda *_: Loopback(answering(model()), b"start\n"), recording=recording)
    assert isinstance(run(tmp_path, address=f"replay:{recording}")[-1], Made)
    # The case that must differ: one recorded byte is another one.
    spoilt = recording.read_text().replace(b"G1 X37*".hex(), b"G1 X38*".hex())
    recording.write_text(spoilt)
    end = run(tmp_path, address=f"replay:{recording}")[-1]
    assert isinstance(end, Failed)
    assert "the replay expects" in end.why


def test_a_recording_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "wire.jsonl"
    recorder = Recorder(Loopback(lambda data: data), path, RealClock(), limit=2000)
    for index in range(200):
        recorder.write(b"line %d\n" % index)
        recorder.read()
    recorder.close()
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["wire.jsonl", "wire.jsonl.1"]
    assert all(file.stat().st_size <= 2000 for file in files)
    last = list(passages(path))[-1]
    assert (last.direction, last.data) == ("rx", b"line 199\n")


@pytest.mark.parametrize(
    "line", ["x", "{}", json.dumps({"t": 0, "d": "up", "x": ""}), json.dumps({"t": 0, "d": "rx", "x": "g"})]
)
def test_a_line_that_is_no_passage_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "wire.jsonl"
    path.write_text(json.dumps({"t": 0, "d": "rx", "x": "00"}) + f"\n{line}\n")
    with pytest.raises(OurFault, match="line 2"):
        list(passages(path))


def test_a_pulled_plug_fails_the_attempt(tmp_path: Path, model: Any, answering: Any) -> None:
    firmware, wires = model(), []
    answer = answering(firmware)

    def until_line_100(data: bytes) -> bytes:
        if b"X100*" in data:
            wires[0].hang_up()
            return b""
        return answer(data)

    wires.append(Loopback(until_line_100, b"start\n"))
    end = run(tmp_path, lambda *_: wires[0])[-1]
    assert isinstance(end, Failed)
    assert "closed by the other end" in end.why


def test_serial_over_tcp(tmp_path: Path, model: Any, answering: Any) -> None:
    firmware = model()
    answer = answering(firmware)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            link, _ = server.accept()
            with link:
                while data := link.recv(4096):
                    link.sendall(answer(data))

        thread = threading.Thread(target=serve)
        thread.start()
        end = run(tmp_path, address=f"tcp:127.0.0.1:{server.getsockname()[1]}")[-1]
        thread.join(10)
    assert isinstance(end, Made)


def test_what_ends_while_it_is_asked_for_has_ended_as_the_machine_said(
    tmp_path: Path, model: Any, answering: Any
) -> None:
    """A good piece must not be called lost, and made again, because the question came between its end and the news."""
    ending = threading.Event()

    class Slow(Marlin):
        def _tell(self, event: Any) -> None:
            if isinstance(event, Made):
                ending.set()
                time.sleep(0.3)
            super()._tell(event)

    path = tmp_path / "artifact.gcode"
    path.write_bytes(b"G1 X1\n")
    payload = Payload(path, hashlib.sha256(b"G1 X1\n").hexdigest(), 6, "text/x.gcode")
    answer = answering(model())
    settings = Settings("m", "loop", {"boot_wait": 0.05, "silence": 0.2, "poll": 1000.0})
    with Slow(settings, RealClock(), lambda *_: Loopback(answer, b"start\n")) as machine:
        machine.connect()
        machine.transfer("a1", payload)
        machine.start("a1")
        assert ending.wait(20)
        assert machine.reconcile("a1").seen is Seen.MADE


@pytest.mark.parametrize("address", ["tcp:", "tcp:host", "tcp:host:0", "tcp:host:70000", "tcp:host:x"])
def test_malformed_tcp_addresses_are_ours(address: str) -> None:
    with pytest.raises(OurFault, match="HOST:PORT"):
        open_wire(address, 115200)


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WireFault, match="plugged in"):
        open_wire(str(tmp_path / "no-such-port"), 115200)


class Idle:
    """An engine that wants nothing and says nothing."""

    wake = float("inf")

    def __init__(self) -> None:
        self.events: list[Any] = []

    def opened(self, now: float) -> bytes:
        return b""

    def receive(self, data: bytes, now: float) -> bytes:
        return b""

    def tick(self, now: float) -> bytes:
        return b""

    def lost(self, why: str) -> None: ...


def test_a_verb_that_came_too_late_never_runs() -> None:
    """A start whose caller was told "refused" must not begin when the wire is free again."""
    held, free, came = threading.Event(), threading.Event(), list[str]()
    port = Port(Loopback(lambda _: b""), Idle(), RealClock(), lambda _: None, "m")

    def hold(_now: float) -> None:
        held.set()
        free.wait(20)

    holding = threading.Thread(target=port.call, args=(hold,))
    holding.start()
    held.wait(20)
    try:
        with pytest.raises(WireFault, match="stuck"):
            port.call(lambda _: came.append("late"), timeout=0.05)
    finally:
        free.set()
        holding.join(20)
    port.call(lambda _: came.append("after"))
    port.close()
    assert came == ["after"]


def test_a_verb_that_is_under_way_is_waited_for() -> None:
    begun, free = threading.Event(), threading.Event()
    port = Port(Loopback(lambda _: b""), Idle(), RealClock(), lambda _: None, "m")

    def slow(_now: float) -> str:
        begun.set()
        free.wait(20)
        return "done"

    def let_go() -> None:
        begun.wait(20)
        threading.Event().wait(0.8)
        free.set()

    helper = threading.Thread(target=let_go)
    helper.start()
    assert port.call(slow, timeout=0.5) == "done"
    helper.join(20)
    port.close()


def test_a_defect_in_a_verb_is_told_at_once(caplog: pytest.LogCaptureFixture) -> None:
    port = Port(Loopback(lambda _: b""), Idle(), RealClock(), lambda _: None, "m")
    with pytest.raises(WireFault, match="itself failed"):
        port.call(lambda _: 1 // 0)
    port.close()
    assert "ZeroDivisionError" in caplog.text
