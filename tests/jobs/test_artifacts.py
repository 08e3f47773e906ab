"""Bytes under their own digest: once, whole, and never under a name that someone sent."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.artifacts import ArtifactStore
from jobs.store import NotFound


@pytest.fixture
def kept(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def files(store: ArtifactStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def test_put_twice_is_one_file(kept: ArtifactStore) -> None:
    digest = kept.put(b"G28\n")
    first = kept.path(digest).stat()
    assert kept.put(b"G28\n") == digest == hashlib.sha256(b"G28\n").hexdigest()
    assert kept.path(digest).stat().st_ino == first.st_ino
    assert kept.get(digest) == b"G28\n"
    assert len(files(kept)) == 1


@given(st.binary(max_size=2000))
def test_what_comes_out_is_what_went_in(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    store = ArtifactStore(tmp_path_factory.getbasetemp() / "shared")
    assert store.get(store.put(data)) == data


@pytest.mark.parametrize(
    "name",
    ["", "../../etc/passwd", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "/" + "a" * 63, "a" * 62 + "/.", "a" * 64 + "\n"],
)
def test_a_hostile_name_is_no_digest(name: str, kept: ArtifactStore) -> None:
    with pytest.raises(NotFound, match="no SHA-256"):
        kept.path(name)
    with pytest.raises(NotFound):
        kept.get(name)


def test_what_is_not_there_is_named(kept: ArtifactStore) -> None:
    with pytest.raises(NotFound, match="no artifact 0000"):
        kept.get("0" * 64)


def test_damaged_bytes_are_not_given_out_and_are_mended_by_the_next_put(kept: ArtifactStore) -> None:
    digest = kept.put(b"G28\n")
    kept.path(digest).write_bytes(b"G29\n")
    with pytest.raises(NotFound, match="damaged"):
        kept.get(digest)
    assert kept.put(b"G28\n") == digest
    assert kept.get(digest) == b"G28\n"


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_crash_leaves_no_half_file(step: str, kept: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends before the bytes are on disk, or before they have their name."""

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os if step == "fsync" else Path, step, crash)
        with pytest.raises(KeyboardInterrupt):
            kept.put(b"half of it")
    digest = hashlib.sha256(b"half of it").hexdigest()
    assert files(kept) == []
    with pytest.raises(NotFound):
        kept.get(digest)
    assert kept.put(b"half of it") == digest
    assert kept.get(digest) == b"half of it"
