"""A driver's own notes: what has none never left, unless its note is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers import notes as says
from drivers.notes import Notes


def opened(folder: Path | None) -> Notes:
    found = Notes(folder)
    found.open()
    return found


def test_what_was_noted_outlives_the_process(tmp_path: Path) -> None:
    opened(tmp_path / "notes").write("j1-a1", {"stage": "sent"})
    later = opened(tmp_path / "notes")
    assert later.read("j1-a1") == {"stage": "sent"}
    assert not later.never("j1-a1") and not later.doubtful("j1-a1")
    assert later.never("j2-a1") and not later.doubtful("j2-a1")


def test_of_a_new_folder_and_of_none_nothing_is_sure(tmp_path: Path) -> None:
    assert not opened(tmp_path / "notes").never("j1-a1")
    assert not opened(None).never("j1-a1")


@pytest.mark.parametrize("spoilt", [b"{half", b"[]", b"", b"\xff", b"[" * 60_000])
def test_a_spoilt_note_is_a_doubt_of_its_own_attempt_alone(tmp_path: Path, spoilt: bytes) -> None:
    (tmp_path / "j1-a1.json").write_bytes(spoilt)
    found = opened(tmp_path)
    assert found.read("j1-a1") is None
    assert found.doubtful("j1-a1") and not found.never("j1-a1")
    assert found.never("j2-a1")


def test_what_made_room_is_not_taken_for_never_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(says, "KEPT", 3)
    first = opened(tmp_path)
    for number in range(5):
        first.write(f"j{number}-a1", {"labels": 1})
    first.tidy()
    assert len(list(tmp_path.glob("*.json"))) == 3
    for found in (first, opened(tmp_path)):
        gone = [key for key in (f"j{number}-a1" for number in range(5)) if found.read(key) is None]
        assert len(gone) == 2
        assert all(found.doubtful(key) and not found.never(key) for key in gone)
        assert found.never("j9-a1")


def test_notes_that_cannot_be_removed_stay_and_hinder_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(says, "KEPT", 1)
    (tmp_path / "stuck.json").mkdir()
    found = opened(tmp_path)
    found.write("j1-a1", {})
    found.tidy()
    assert found.read("j1-a1") == {}
