"""A form with one file, read from the disk as it is sent (multipart/form-data, RFC 7578)."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO

from drivers.contract import ArtifactFault, WireFault

CHUNK = 65_536


class Form:
    """Has a length and can be read, which is what HTTP clients ask of a body. A context manager.

    ``stopped``: once set, reading raises WireFault, so that an upload ends when an emergency stop asks for it.
    """

    def __init__(self, fields: Mapping[str, str], name: str, path: Path, stopped: threading.Event) -> None:
        between = secrets.token_hex(16)  # Nothing in the file can be this by design or by chance.
        parts = [(f'name="{key}"\r\n', f"{value}\r\n") for key, value in fields.items()]
        parts += [(f'name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n', "")]
        head = "".join(
            f"--{between}\r\nContent-Disposition: form-data; {how}\r\n{value}" for how, value in parts
        ).encode()
        tail = f"\r\n--{between}--\r\n".encode()
        try:
            size = path.stat().st_size
            file = path.open("rb")
        except OSError as error:
            raise ArtifactFault(f"{path.name} cannot be read ({error.strerror}); render it anew") from error
        self._parts: list[IO[bytes]] = [BytesIO(head), file, BytesIO(tail)]
        self._length = len(head) + size + len(tail)
        self._stopped = stopped
        self.media_type = f"multipart/form-data; boundary={between}"

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        if self._stopped.is_set():
            raise WireFault("the upload was broken off: an emergency stop was asked for")
        if size < 0:
            return b"".join(part.read() for part in self._parts)
        return next((data for part in self._parts if (data := part.read(size))), b"")

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(CHUNK):
            yield data

    def __enter__(self) -> Form:
        return self

    def __exit__(self, *_: object) -> None:
        for part in self._parts:
            part.close()
