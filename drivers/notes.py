"""A driver's own small notes, which outlive its process: what is about to leave for a machine is written down before.

A note is one JSON object a file, written whole or not at all, and on the disk before a verb goes on.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from drivers.contract import MachineFault

_log = logging.getLogger(__name__)

KEPT = 512
"""Notes that are kept; the oldest go beyond that."""
SUFFIX = ".json"
MOST_BYTES = 64 * 1024

Note = Mapping[str, object]


class Notes:
    """``folder`` None: in memory alone, for a driver that was given no place."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, Note] = {}
        self.complete = False
        """Whether an earlier process kept its notes here, too: then what has no note never left."""

    def open(self) -> None:
        """Have the folder. Raises MachineFault where nothing can be kept there."""
        if self._folder is None:
            return
        try:
            if self._folder.is_dir():
                self.complete = True
            else:
                self._folder.mkdir(parents=True)
                _sync(self._folder.parent)
        except OSError as error:
            raise MachineFault(
                f"no notes can be kept in {self._folder} ({error.strerror}); mend that folder"
            ) from error

    def read(self, key: str) -> Note | None:
        """None where there is none, and where it cannot be read: then nothing is known."""
        if key in self._held or self._folder is None:
            return self._held.get(key)
        path = self._folder / (key + SUFFIX)
        try:
            with path.open("rb") as file:
                found = json.loads(file.read(MOST_BYTES))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _log.warning("the note %s cannot be read: %s", path, error)
            self.complete = False
            return None
        if not isinstance(found, dict):
            self.complete = False
            return None
        self._held[key] = found
        return found

    def write(self, key: str, note: Note) -> None:
        """Durable when it returns; nothing is written that stands there already. Raises MachineFault."""
        if self.read(key) == note:
            return
        if self._folder is not None:
            try:
                self._put(self._folder / (key + SUFFIX), json.dumps(note, sort_keys=True).encode())
            except OSError as error:
                raise MachineFault(
                    f"no note of {key} can be kept in {self._folder} ({error.strerror}); free some space there"
                ) from error
        self._held[key] = dict(note)

    def keys(self) -> list[str]:
        """Everything that is noted, the oldest first."""
        if self._folder is None:
            return list(self._held)
        paths = [(path.stat().st_mtime_ns, path.name) for path in self._folder.glob(f"*{SUFFIX}")]
        return [name.removesuffix(SUFFIX) for _, name in sorted(paths)]

    def tidy(self) -> None:
        """Forget the oldest beyond :data:`KEPT`."""
        for key in self.keys()[:-KEPT]:
            self._held.pop(key, None)
            if self._folder is not None:
                (self._folder / (key + SUFFIX)).unlink(missing_ok=True)

    def _put(self, path: Path, data: bytes) -> None:
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _sync(path.parent)


def _sync(folder: Path) -> None:
    """A rename is durable once the folder itself is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
