"""The agent's own way in for emergency stops: it waits for no queue, and for no other machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.emergency import SOCKET, Answer, Stops, stop_now


class Floor:
    """Machines that can be stopped, one of them slow to."""

    def __init__(self) -> None:
        self.stopped: list[str] = []
        self.written: list[tuple[Answer, str]] = []
        self.release = threading.Event()

    def stops(self) -> dict[str, Callable[[], str]]:
        return {"laser": self.stop("laser"), "printer": self.stop("printer"), "slow": self.slow}

    def stop(self, name: str) -> Callable[[], str]:
        def stop() -> str:
            self.stopped.append(name)
            return "confirmed"

        return stop

    def slow(self) -> str:
        self.release.wait(20)
        self.stopped.append("slow")
        return "at last"

    def note(self, answer: Answer, who: str) -> None:
        self.written.append((answer, who))


def wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not until() and time.monotonic() < end:
        time.sleep(0.005)
    assert until()


def test_all_and_some_are_stopped_and_written_down(tmp_path: Path) -> None:
    floor = Floor()
    floor.release.set()
    with Stops(tmp_path / SOCKET, floor.stops(), floor.note):
        answers = {a.machine: a.said for a in stop_now(tmp_path / SOCKET, None, "ada")}
        assert answers == {"laser": "confirmed", "printer": "confirmed", "slow": "at last"}
        floor.stopped.clear()
        assert [a.machine for a in stop_now(tmp_path / SOCKET, ["laser", "nobody"], "ada")] == ["laser"]
        assert floor.stopped == ["laser"]
        wait(lambda: len(floor.written) == 4)
        assert {who for _, who in floor.written} == {"ada"}


def test_a_machine_that_is_slow_to_stop_keeps_no_other_waiting(tmp_path: Path) -> None:
    floor = Floor()
    with Stops(tmp_path / SOCKET, floor.stops(), floor.note):
        answers = stop_now(tmp_path / SOCKET, None, "ada")
        first = {next(answers).machine, next(answers).machine}
        assert first == {"laser", "printer"}
        assert [a.machine for a in stop_now(tmp_path / SOCKET, ["laser"], "bob")] == ["laser"]
        floor.release.set()
        assert next(answers).machine == "slow"


def test_who_asks_and_goes_has_stopped_them_all_the_same(tmp_path: Path) -> None:
    floor = Floor()
    with Stops(tmp_path / SOCKET, floor.stops(), floor.note):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / SOCKET))
            client.sendall(b'{"machines": null, "who": "ada"}\n')
        floor.release.set()
        wait(lambda: set(floor.stopped) == {"laser", "printer", "slow"})
        wait(lambda: len(floor.written) == 3)


@pytest.mark.parametrize(
    "request_",
    [
        *(b"", b"stop\n", b"[]\n", b"x" * 70_000, b"[" * 60_000 + b"\n"),
        *(b'{"machines": "laser"}\n', b'{"machines": ["laser"]}\n', b'{"machines": [["laser"]], "who": "ada"}\n'),
    ],
)
def test_what_is_not_understood_stops_nothing_and_harms_nobody(tmp_path: Path, request_: bytes) -> None:
    floor = Floor()
    floor.release.set()
    with Stops(tmp_path / SOCKET, floor.stops(), floor.note):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / SOCKET))
            try:
                client.sendall(request_)
                client.shutdown(socket.SHUT_WR)
                assert client.recv(10) == b""
            except ConnectionError:
                pass  # It was let go in the middle of its line.
        assert not floor.stopped
        assert len(list(stop_now(tmp_path / SOCKET, None, "ada"))) == 3


def test_a_killed_agents_socket_is_taken_over_and_a_deep_folder_will_do(tmp_path: Path) -> None:
    floor = Floor()
    floor.release.set()
    deep = tmp_path / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    (deep / SOCKET).touch()
    with Stops(deep / SOCKET, floor.stops(), floor.note):
        assert len(list(stop_now(deep / SOCKET, None, "ada"))) == 3
        assert (deep / SOCKET).stat().st_mode & 0o077 == 0
    assert not (deep / SOCKET).exists()
    with pytest.raises(OSError, match="No such file"):
        list(stop_now(deep / SOCKET, None, "ada"))
