"""The archive that a 3MF is, opened under limits: nothing is unpacked but the parts that are asked for, in pieces.

Source: PKWARE, APPNOTE.TXT; ECMA-376 part 2 (Open Packaging Conventions).
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from fulfillment.meshes.limits import (
    AGAIN,
    MAX_ENTRIES,
    MAX_RATIO,
    MAX_UNPACKED,
    SMALL,
    MeshError,
    damaged,
    too_much,
)

PIECE: Final = 1 << 16
TAKEN: Final = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
ENCRYPTED: Final = 0x1
BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError)
"""What zipfile raises on damaged files, beyond its own error."""


class Archive:
    """Parts by their name, without a slash in front; names are compared as OPC does, without regard to case."""

    def __init__(self, data: bytes) -> None:
        """Raises MeshError."""
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except BROKEN as error:
            raise damaged(f"the archive that a 3MF is cannot be opened ({error})") from None
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES:
            raise too_much(f"{len(entries):,} files in its archive; at most {MAX_ENTRIES:,} are taken")
        self._parts: dict[str, zipfile.ZipInfo] = {}
        self._unpacked = 0
        for entry in entries:
            _check(entry)
            name = entry.filename.lower()
            if name in self._parts:
                raise damaged(f"its archive has two files {entry.filename[:60]!r}")
            self._parts[name] = entry

    def names(self) -> list[str]:
        return [entry.filename for entry in self._parts.values()]

    def __contains__(self, name: str) -> bool:
        return name.lstrip("/").lower() in self._parts

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a part. Raises MeshError, also where all parts together are too large."""
        entry = self._parts.get(name.lstrip("/").lower())
        if entry is None:
            raise damaged(f"it names a part {name[:60]!r} that is not in its archive")
        try:
            with self._zip.open(entry) as part:
                while piece := part.read(PIECE):
                    self._unpacked += len(piece)
                    if self._unpacked > MAX_UNPACKED:
                        raise too_much(f"more than {MAX_UNPACKED // 1_000_000} MB in it when it is unpacked")
                    yield piece
        except BROKEN as error:
            raise damaged(f"its part {name[:60]!r} cannot be unpacked ({error})") from None


def _check(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name.partition("/")[0]:
        raise damaged(f"its archive has a file {name[:60]!r}, a name that leads out of it")
    if entry.flag_bits & ENCRYPTED:
        raise MeshError("The model is encrypted.", "Please export it without a password.")
    if entry.compress_type not in TAKEN:
        raise MeshError("The model is packed in a way that 3MF does not have.", AGAIN)
    if entry.file_size > max(SMALL, MAX_RATIO * entry.compress_size):
        raise too_much(
            f"a part {name[:60]!r} that grows from {entry.compress_size:,} to {entry.file_size:,} bytes when it is "
            "unpacked"
        )
