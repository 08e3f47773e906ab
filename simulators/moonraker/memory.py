"""What Moonraker remembers of prints, fed with what Klipper says of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

IDLE = ("standby", "complete", "cancelled", "error")


class History:
    """Rows of prints, the newest last. ``told`` gets an action and its row."""

    def __init__(self, told: Callable[[str, Json], None]) -> None:
        self._told = told
        self.rows: list[Json] = []
        self._current: Json | None = None
        self._stats: Json = {}

    def connected(self, stats: Json) -> None:
        """Klipper is there: what it prints already is nobody's job."""
        self._stats = dict(stats)

    def updated(self, change: Json) -> None:
        """print_stats changed."""
        before, after = dict(self._stats), {**self._stats, **change}
        self._stats = after
        old, new = before.get("state", "standby"), after.get("state", "standby")
        if "state" not in change or new == old:
            return
        anew = new == "printing" and not self._resumed(before, after)
        if anew or (old in IDLE and new != "standby"):
            self._begin(after)
        if new == "complete":
            self.finish("completed")
        elif new in ("cancelled", "standby"):
            self.finish("cancelled")
        elif new == "error":
            self.finish("error")

    def _resumed(self, before: Json, after: Json) -> bool:
        same = before.get("filename") == after.get("filename")
        return bool(same and before.get("total_duration", 0.0) < after.get("total_duration", 0.0))

    def _begin(self, stats: Json) -> None:
        if self._current is not None:
            self.finish("cancelled")
        self._current = {
            "job_id": f"{len(self.rows) + 1:06X}",
            "user": "_API_KEY_USER_",
            "filename": stats.get("filename", ""),
            "status": "in_progress",
            "start_time": time.time(),
            "end_time": None,
            "print_duration": 0.0,
            "total_duration": 0.0,
            "filament_used": 0.0,
            "metadata": {},
            "auxiliary_data": [],
            "exists": True,
        }
        self.rows.append(self._current)
        self._told("added", self._current)

    def finish(self, status: str) -> None:
        row, self._current = self._current, None
        if row is not None:
            row["status"], row["end_time"] = status, time.time()
            row["total_duration"] = self._stats.get("total_duration", 0.0)
            self._told("finished", row)

    def begun_anew(self) -> None:
        """Moonraker was killed and starts: what it had in hand is called interrupted, whatever becomes of it."""
        self._current, self._stats = None, {}
        for row in self.rows:
            if row["status"] == "in_progress":
                row["status"] = "interrupted"

    def page(self, start: int, limit: int, order: str) -> Json:
        rows = self.rows if order == "asc" else self.rows[::-1]
        chosen = rows[start : start + limit] if limit > 0 else rows
        return {"count": len(chosen), "jobs": chosen}


class Queue:
    """The job queue: it is filled and told, never played. (Moonraker would begin with it by itself.)"""

    def __init__(self) -> None:
        self.jobs: list[Json] = []

    def add(self, names: list[str]) -> None:
        for name in names:
            job = {"filename": name, "job_id": f"{len(self.jobs) + 1:016X}", "time_added": time.time()}
            self.jobs.append({**job, "time_in_queue": 0.0})

    def status(self) -> Json:
        return {"queued_jobs": self.jobs, "queue_state": "paused"}
