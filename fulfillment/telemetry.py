"""Live values from the agent to the pages: one small file a machine, replaced in place.

They may be lost without harm, so they never reach the record: a print of five minutes would cost hundreds of commits.
A reader that finds no file, or an old one, shows what the record says.
"""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

from drivers.contract import Status
from jobs.queue import Offer

EVERY = 0.25
"""Seconds between two writes for one machine, at least, while nothing but small progress changes."""
STEPS = 50
"""Parts of a job's progress, each of which is shown at once."""


class Telemetry:
    """A folder of live values. One writer, any number of readers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[str, tuple[float, object]] = {}

    def put(self, offer: Offer, status: Status) -> None:
        """Show a machine's values, as often as eyes can follow."""
        at, state = self._written.get(offer.name, (0.0, None))
        # A printer tells of each page once: a step that is left out may be the last for a minute.
        steps = None if status.progress is None else int(status.progress * STEPS)
        now, told = time.monotonic(), (status.link, status.activity, status.attempt, status.prompt, status.fault, steps)
        if state == told and now - at < EVERY:
            return
        self._written[offer.name] = (now, told)
        path = self._folder / f"{offer.name}.json"
        new = path.with_suffix(".new")
        with contextlib.suppress(OSError):  # a full disk must not disturb the machine whose values these are
            self._folder.mkdir(parents=True, exist_ok=True)
            new.write_text(json.dumps({"at": time.time(), **_values(status)}))
            new.replace(path)

    def all(self) -> dict[str, dict[str, Any]]:
        """The newest values by machine."""
        found = {}
        for path in sorted(self._folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError):
                found[path.stem] = json.loads(path.read_text())
        return found


def _values(status: Status) -> dict[str, Any]:
    return {
        "link": status.link,
        "activity": status.activity,
        "attempt": status.attempt,
        "progress": None if status.progress is None else round(status.progress, 4),
        "temperatures": {name: [t.actual, t.target] for name, t in status.temperatures.items()},
        "prompt": status.prompt,
        "fault": status.fault,
    }
