"""What is special about a folder: no fence, and so at most once."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Cancelled, Doubted, Failed, Made, OurFault, Payload, Seen, Settings, Start
from drivers.machines.hot_folder import HIDDEN, HotFolder


class RealClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def folder(path: Path, **options: Any) -> HotFolder:
    machine = HotFolder(Settings("folder", str(path), {"poll": 0.01} | options), RealClock())
    machine.connect()
    return machine


@pytest.fixture
def payload(tmp_path: Path) -> Payload:
    path = tmp_path / "artifact"
    path.write_bytes(b"G28\n")
    return Payload(path, hashlib.sha256(b"G28\n").hexdigest(), 4, "text/x.gcode")


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    path = tmp_path / "watched"
    path.mkdir()
    return path


def visible(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir() if each.name != HIDDEN)


def test_nothing_is_seen_before_the_start(watched: Path, payload: Payload) -> None:
    machine = folder(watched, extension=".pdf")
    machine.transfer("a1", payload)
    assert visible(watched) == []
    assert machine.start("a1").start is Start.STARTED
    assert visible(watched) == ["a1.pdf"]
    assert (watched / "a1.pdf").read_bytes() == b"G28\n"


def test_a_second_process_never_lets_it_appear_again(watched: Path, payload: Payload) -> None:
    first = folder(watched)
    first.transfer("a1", payload)
    first.start("a1")
    (watched / "a1.gcode").unlink()  # The consumer has it; nobody says what became of it.
    second = folder(watched)
    assert second.reconcile("a1").seen is Seen.UNKNOWN
    second.transfer("a1", payload)
    assert second.start("a1").start is Start.STARTED
    assert visible(watched) == []


def test_a_file_that_nobody_took_is_taken_back(watched: Path, payload: Payload) -> None:
    first = folder(watched)
    first.transfer("a1", payload)
    first.start("a1")
    second = folder(watched)
    assert second.reconcile("a1").seen is Seen.ABSENT
    assert visible(watched) == []
    assert second.start("a1").start is Start.REFUSED


def test_a_consumer_that_works_in_place_makes_it_unknown(watched: Path, payload: Payload) -> None:
    first = folder(watched)
    first.transfer("a1", payload)
    first.start("a1")
    assert folder(watched, moves=False).reconcile("a1").seen is Seen.UNKNOWN
    assert visible(watched) == ["a1.gcode"]


def test_killed_between_mark_and_rename_is_absent(watched: Path, payload: Payload) -> None:
    first = folder(watched)
    first.transfer("a1", payload)
    (watched / HIDDEN / "a1.mark").write_bytes(b"started\n")
    second = folder(watched)
    assert second.start("a1").start is Start.UNCERTAIN
    assert second.reconcile("a1").seen is Seen.ABSENT
    assert second.start("a1").start is Start.REFUSED


@pytest.mark.parametrize("done_when", ["taken", "written"])
def test_what_counts_as_made_is_a_choice(watched: Path, payload: Payload, done_when: str) -> None:
    machine = folder(watched, done_when=done_when)
    machine.transfer("a1", payload)
    machine.start("a1")
    if done_when == "taken":
        assert machine.reconcile("a1").seen is Seen.RUNNING
        (watched / "a1.gcode").unlink()
    events = [machine.next_event(0.05) for _ in range(5)]
    assert [event.attempt for event in events if isinstance(event, Made)] == ["a1"]
    assert folder(watched, done_when=done_when).reconcile("a1").seen is (
        Seen.MADE if done_when == "taken" else Seen.ABSENT
    )


def test_an_acknowledgement_may_be_a_move_into_another_folder(watched: Path, payload: Payload) -> None:
    machine = folder(watched, ack="printed/{attempt}.gcode")
    machine.transfer("a1", payload)
    machine.start("a1")
    (watched / "printed").mkdir()
    (watched / "a1.gcode").rename(watched / "printed" / "a1.gcode")
    assert machine.reconcile("a1").seen is Seen.MADE


def test_cancel_before_it_is_taken(watched: Path, payload: Payload) -> None:
    machine = folder(watched)
    machine.transfer("a1", payload)
    machine.start("a1")
    machine.cancel("a1")
    assert visible(watched) == []
    events = [machine.next_event(0.0) for _ in range(6)]
    assert [type(event) for event in events if isinstance(event, Cancelled)] == [Cancelled]


@pytest.mark.parametrize("taken", [True, False])
def test_a_stop_says_no_more_than_it_knows(watched: Path, payload: Payload, taken: bool) -> None:
    """What was taken may be made all the same: to call it failed would have it made a second time."""
    machine = folder(watched)
    machine.transfer("a1", payload)
    machine.start("a1")
    if taken:
        (watched / "a1.gcode").unlink()
    machine.stop()
    events = list(iter(lambda: machine.next_event(0.0), None))
    (end,) = [event for event in events if isinstance(event, Failed | Doubted | Made)]
    assert isinstance(end, Doubted if taken else Failed), end
    assert machine.reconcile("a1").seen is (Seen.UNKNOWN if taken else Seen.ABSENT)
    if taken:
        (watched / "a1.done").touch()
        assert machine.reconcile("a1").seen is Seen.MADE, "the evidence came late"


@pytest.mark.parametrize("ack", ["done", "../{attempt}", "/{attempt}", "{attempt}.{x}"])
def test_patterns_stay_in_the_folder(watched: Path, ack: str) -> None:
    with pytest.raises(OurFault, match="no name in the folder"):
        folder(watched, ack=ack)


class Killed(BaseException):
    """The power fails here."""


def power_cut(descriptor: int) -> None:
    """The file has its name, and nothing of what was written to it is on the disk."""
    os.ftruncate(descriptor, 0)
    raise Killed


@pytest.mark.parametrize("done_when", ["acknowledged", "taken"])
def test_killed_while_it_took_a_file_back_is_absent(
    watched: Path, payload: Payload, done_when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that this program itself moved away was not taken by anybody."""
    first = folder(watched, done_when=done_when)
    first.transfer("a1", payload)
    first.start("a1")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "fsync", power_cut)
        first.cancel("a1")
    assert visible(watched) == []
    assert folder(watched, done_when=done_when).reconcile("a1").seen is Seen.ABSENT


def test_killed_while_it_gave_up_what_never_came_is_absent(watched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(Killed):
        machine = folder(watched, done_when="taken")
        patch.setattr(os, "fsync", power_cut)
        machine.reconcile("a1")
    assert folder(watched, done_when="taken").reconcile("a1").seen is Seen.ABSENT


def test_a_full_disk_does_not_make_a_cancelled_file_a_taken_one(
    watched: Path, payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    machine = folder(watched, done_when="taken")
    machine.transfer("a1", payload)
    machine.start("a1")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        machine.cancel("a1")
    events = [machine.next_event(0.0) for _ in range(6)]
    assert [type(event) for event in events if isinstance(event, Made | Cancelled)] == [Cancelled]
