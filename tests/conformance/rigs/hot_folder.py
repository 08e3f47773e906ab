"""The hot folder, and a consumer that takes what appears in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from drivers.contract import Machine, Payload, Seen, Settings
from drivers.registry import build
from tests.conformance.rigs.common import PATIENCE, Fault, RealClock, When, payload


class HotFolderRig:
    name = "hot-folder"
    faults: ClassVar[Mapping[str, Fault]] = {
        "the folder is gone when the file should be put there": Fault(
            "unmount", frozenset({Seen.ABSENT, Seen.UNKNOWN}), When.TRANSFER
        ),
        "the folder is gone when it should start": Fault("unmount", frozenset({Seen.ABSENT, Seen.UNKNOWN}), When.START),
        "the folder is gone while it is made": Fault("unmount", frozenset({Seen.MADE})),
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._watched = folder / "watched"
        self._watched.mkdir()
        self._seen: set[str] = set()
        self._begun = 0
        self._stop = threading.Event()
        self._consumer = threading.Thread(target=self._consume, name="consumer")
        self._consumer.start()

    def _consume(self) -> None:
        """Takes what appears, as a print service does."""
        taken = self._folder / "taken"
        taken.mkdir()
        while not self._stop.wait(0.01):
            if not self._watched.exists():
                continue
            for path in self._watched.glob("*.gcode"):
                path.rename(taken / path.name)
                self._begun += 1

    def machine(self) -> Machine:
        return build("hot-folder", Settings("folder", str(self._watched), {"poll": 0.02}), RealClock())

    def payload(self) -> Payload:
        return payload(self._folder, b"G28\n")

    def finish(self, attempt: str) -> None:
        (self._watched / f"{attempt}.done").touch()

    def fail(self, attempt: str) -> None:
        (self._watched / f"{attempt}.error").touch()

    def begun(self) -> int:
        end = time.monotonic() + PATIENCE
        while any(self._watched.glob("*.gcode")) and time.monotonic() < end:
            time.sleep(0.01)
        return self._begun

    def inject(self, spec: str) -> None:
        assert spec == "unmount"
        self.break_()

    def calm(self) -> None:
        away = self._folder / "unmounted"
        if away.exists():
            away.rename(self._watched)

    def break_(self) -> None:
        self._watched.rename(self._folder / "unmounted")

    def close(self) -> None:
        self._stop.set()
        self._consumer.join()
