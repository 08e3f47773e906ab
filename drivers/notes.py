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
from drivers.memory import Memory

_log = logging.getLogger(__name__)

KEPT = 512
"""Notes that are kept; the oldest go beyond that."""
SUFFIX = ".json"
MOST_BYTES = 64 * 1024
FORGOTTEN = "forgotten.txt"
"""The keys of notes that went: that something was noted of them is known on."""
MOST_FORGOTTEN = 100_000
"""Keys that are known of so; the oldest go beyond that."""

Note = Mapping[str, object]


class Notes:
    """``folder`` None: in memory alone, for a driver that was given no place."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: Memory[Note] = Memory()
        self._complete = False
        """An earlier process kept its notes here, too: then what was never noted never left."""
        self._forgotten: dict[str, None] = {}

    def open(self) -> None:
        """Have the folder. Raises MachineFault where nothing can be kept there."""
        if self._folder is None:
            return
        try:
            if self._folder.is_dir():
                self._complete = True
            else:
                self._folder.mkdir(parents=True)
                _sync(self._folder.parent)
            path = self._folder / FORGOTTEN
            self._forgotten = dict.fromkeys(path.read_text("utf-8", "replace").split() if path.exists() else ())
        except OSError as error:
            raise MachineFault(
                f"no notes can be kept in {self._folder} ({error.strerror}); mend that folder"
            ) from error

    def read(self, key: str) -> Note | None:
        """None where there is none, and where it cannot be read: :meth:`doubtful` tells these apart."""
        if key in self._held or self._folder is None:
            return self._held.get(key)
        path = self._folder / (key + SUFFIX)
        try:
            with path.open("rb") as file:
                found = json.loads(file.read(MOST_BYTES))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            _log.warning("the note %s cannot be read: %s", path, error)
            return None
        if not isinstance(found, dict):
            return None
        self._held[key] = found
        return found

    def doubtful(self, key: str) -> bool:
        """Whether something was noted of it, and nobody can say what: it cannot be read, or was forgotten."""
        return self.read(key) is None and (key in self._forgotten or self._is_there(key))

    def never(self, key: str) -> bool:
        """Whether it is sure that nothing was ever noted of it, and so nothing of it ever left."""
        return self._complete and self.read(key) is None and not self.doubtful(key)

    def _is_there(self, key: str) -> bool:
        if self._folder is None:
            return False
        try:
            (self._folder / (key + SUFFIX)).lstat()
        except FileNotFoundError:
            return False
        except OSError:  # Who cannot look does not know.
            return True
        return True

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
        """Forget the oldest beyond :data:`KEPT`, but not that there was something. What cannot be removed stays."""
        try:
            old = self.keys()[:-KEPT]
            if old and self._folder is not None:
                self._forgotten.update(dict.fromkeys(old))
                self._forgotten = dict.fromkeys(list(self._forgotten)[-MOST_FORGOTTEN:])
                self._put(self._folder / FORGOTTEN, "\n".join(self._forgotten).encode())
            for key in old:
                self._held.pop(key, None)
                if self._folder is not None:
                    (self._folder / (key + SUFFIX)).unlink(missing_ok=True)
        except OSError as error:
            _log.warning("old notes in %s stay: %s", self._folder, error)

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
