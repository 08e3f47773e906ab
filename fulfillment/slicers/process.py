"""A program of others, run in a folder and a process group of its own, within bounds, and gone when it returns."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOG: Final = "said.txt"
TOLD: Final = 4_000
"""Bytes of the end of what it said that are kept."""


@dataclass(frozen=True, slots=True)
class Ended:
    """``status`` is the exit code, minus the signal's number, or None where it took too long and was killed."""

    status: int | None
    said: str


def run(argv: Sequence[str], folder: Path, *, seconds: float, memory: int, written: int) -> Ended:
    """Run to its end, or kill it and all that it started.

    ``memory``: bytes of address space; ``written``: bytes of each file. Raises OSError where it cannot be started.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C",
    }
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        for what, bound in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_FSIZE, written),
            (resource.RLIMIT_CORE, 0),
        ):
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, what, (bound, bound))
        in_time = _ends(process.pid, seconds)
    finally:
        # Not waited for before: as long as it is there, nobody else can have its group's number.
        os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
    said = (folder / LOG).read_bytes()[-TOLD:].decode("utf-8", "replace")
    return Ended(status if in_time else None, said)


def _ends(pid: int, seconds: float) -> bool:
    handle = os.pidfd_open(pid)
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
