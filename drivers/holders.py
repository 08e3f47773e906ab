"""Who has a device open, as far as /proc tells: programs of this user, or of everybody where we are root."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def holders(path: str | Path, proc: Path = Path("/proc")) -> list[Holder]:
    """Other programs that have the file at ``path`` open. Empty where none has, or where /proc does not tell."""
    real = os.path.realpath(path)
    numbers = sorted(int(entry.name) for entry in proc.glob("[0-9]*"))
    return [Holder(pid, _name(proc / str(pid))) for pid in numbers if pid != os.getpid() and _has(proc, pid, real)]


def _has(proc: Path, pid: int, real: str) -> bool:
    try:
        return any(str(entry.readlink()) == real for entry in (proc / str(pid) / "fd").iterdir())
    except OSError:  # it has ended, or is somebody else's
        return False


def _name(process: Path) -> str:
    """What a person would call it: the program, and what an interpreter runs."""
    try:
        words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        words = []
    name = Path(words[0]).name if words and words[0] else "a program"
    if not name.startswith("python") or len(words) < 2:
        return name
    run = " ".join(words[1:3]) if words[1].startswith("-") else Path(words[1]).name
    return f"{name} {run}"[:60].strip()
