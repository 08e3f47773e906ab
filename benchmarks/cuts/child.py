"""An agent to kill: for each line on its input it forks a process that prints one document, until somebody kills it.

A line is JSON: address, notes, options, attempt, path, sha256, size, type, ticket. It says ``pid N`` of the fork, which
says ``ready`` when the document is about to be started, and waits for a line itself.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from drivers.contract import DriverError, Payload, Settings
from drivers.machines.ipp import Ipp


class Clock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def told(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def live(what: dict[str, Any]) -> None:
    """One life: print, and go on looking until it is killed."""
    settings = Settings("printer", what["address"], what["options"], notes=Path(what["notes"]))
    payload = Payload(Path(what["path"]), what["sha256"], what["size"], what["type"], what["ticket"])
    machine = Ipp(settings, Clock())
    try:
        machine.connect()
        machine.transfer(what["attempt"], payload)
        told("ready")
        sys.stdin.readline()
        told(f"start {machine.start(what['attempt']).start}")
    except DriverError as error:
        told(f"error {error}")
    signal.pause()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            live(json.loads(line))
            os._exit(0)
        told(f"pid {pid}")
        while True:  # Its fork has the pipe to itself until it is gone.
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.005)
        told("gone")


if __name__ == "__main__":
    main()
