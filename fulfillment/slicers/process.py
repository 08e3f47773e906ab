"""A program of others, run in a folder and a process group of its own, within bounds, and gone when it returns.

A guard leads the group: it reads from a pipe that nobody writes to, and ends the group when that is closed. So nothing
stays behind where the process that waits is itself ended, as render workers are when they take too long.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOG: Final = "said.txt"
GUARD: Final = ("/bin/sh", "-c", "read _; kill -KILL 0")
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
    with (folder / LOG).open("wb") as log, _group() as group:
        with _one_processor():
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=group,
            )
        try:
            for what, bound in (
                (resource.RLIMIT_AS, memory),
                (resource.RLIMIT_FSIZE, written),
                (resource.RLIMIT_CORE, 0),
            ):
                with suppress(ProcessLookupError):
                    resource.prlimit(process.pid, what, _within(what, bound))
            in_time = _ends(process.pid, seconds)
        finally:
            os.killpg(group, signal.SIGKILL)
            status = process.wait()
    said = (folder / LOG).read_bytes()[-TOLD:].decode("utf-8", "replace")
    return Ended(status if in_time else None, said)


@contextmanager
def _group() -> Iterator[int]:
    """The number of a process group that ends with this block, or with this process."""
    theirs, ours = os.pipe()
    try:
        guard = subprocess.Popen(
            GUARD, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0
        )
        try:
            yield guard.pid
        finally:
            # Waited for last: as long as it is there, nobody else can have its group's number.
            os.killpg(guard.pid, signal.SIGKILL)
            guard.wait()
    finally:
        os.close(theirs)
        os.close(ours)


@contextmanager
def _one_processor() -> Iterator[None]:
    """What is started in this block has one: with several, PrusaSlicer's order of work, and so its bytes, differ now
    and then."""
    known = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(known)[os.getpid() % len(known)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, known)


def _within(what: int, bound: int) -> tuple[int, int]:
    """A bound that this process may set: its own may be lower, and nobody may raise that."""
    most = resource.getrlimit(what)[1]
    bound = bound if most == resource.RLIM_INFINITY else min(bound, most)
    return bound, bound


def _ends(pid: int, seconds: float) -> bool:
    handle = os.pidfd_open(pid)
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
