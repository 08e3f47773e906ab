"""The artifact store: immutable bytes under their own SHA-256, in a folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jobs.store import NotFound

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ArtifactStore:
    """``put`` is durable when it returns: bytes and name are on disk. The same bytes put twice are one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if _holds(path, data):
            path.touch()  # as new as any: what is swept is what nobody has asked for in a long time
            return digest
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).rename(path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        _sync(path.parent)
        return digest

    def path(self, digest: str) -> Path:
        """Where bytes of that digest lie, whether they are there or not. Raises NotFound for what is no digest."""
        if not _DIGEST.fullmatch(digest):
            raise NotFound(f"{digest[:80]!r} is no SHA-256: 64 hexadecimal digits are expected")
        return self.folder / digest[:2] / digest

    def files(self) -> Iterator[Path]:
        """Every file that is kept, in no order."""
        return (path for path in self.folder.glob("??/*") if _DIGEST.fullmatch(path.name))

    def get(self, digest: str) -> bytes:
        """The bytes, and none but those that were put. Raises NotFound."""
        try:
            data = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"no artifact {digest} is in the store") from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise NotFound(f"artifact {digest} is damaged: its bytes changed since they were stored")
        return data


def _holds(path: Path, data: bytes) -> bool:
    """Whether the bytes are there, whole: what was damaged on the disk is to be written anew."""
    try:
        return path.read_bytes() == data
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
