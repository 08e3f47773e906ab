"""Has anything been committed since I last looked? Asked many times a second, so it must cost nothing.

SQLite answers from shared memory (`PRAGMA data_version`: sqlite.org/pragma.html#pragma_data_version), without reading a
table. On a server the newest event's number answers, since every transaction that matters writes an event or a command.
"""

from __future__ import annotations

import sqlite3
import threading

from sqlalchemy import func, select

from jobs import models as m
from jobs.store import Store


class Wake:
    """One watcher, for one thread at a time (it may be made in another)."""

    def __init__(self, store: Store, slow: float = 0.25, fast: float = 0.03) -> None:
        self._store = store
        self._file = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False) if store.path else None
        self.interval = fast if self._file else slow
        self._seen: tuple[int, ...] = ()
        self._stopped = threading.Event()

    def changed(self) -> bool:
        """True if someone committed since the last call (and on the first call)."""
        version = self._version()
        changed, self._seen = version != self._seen, version
        return changed

    def wait(self, timeout: float) -> bool:
        """Wait until something was committed; False when nothing was within ``timeout`` seconds, or after stop()."""
        rounds = max(1, int(timeout / self.interval))
        for _ in range(rounds):
            if self.changed():
                return True
            if self._stopped.wait(self.interval):
                return False
        return False

    def stop(self) -> None:
        """Let a waiting thread go, from any thread."""
        self._stopped.set()

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _version(self) -> tuple[int, ...]:
        if self._file:
            return (int(self._file.execute("PRAGMA data_version").fetchone()[0]),)
        with self._store.read() as connection:
            newest = connection.execute(
                select(*(select(func.max(t.c.id)).scalar_subquery() for t in (m.events, m.commands)))
            ).one()
        return tuple(int(n or 0) for n in newest)
