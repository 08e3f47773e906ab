"""Reads each file of a folder in a process of its own, under the kernel's limits, and says what came of it as JSON.

Run as a program: ``reader.py FOLDER``. Files that begin with "photo" are opened as photos, all others as drawings.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

import fulfillment.drawings.dxf
import fulfillment.drawings.paint
import fulfillment.drawings.svg  # noqa: F401  (what a worker has in memory already)
from fulfillment import drawings
from fulfillment.photos import PhotoError, open_photo

MEMORY, SECONDS = 300 * 1024 * 1024, 2


def told(path: Path) -> dict[str, str]:
    data = path.read_bytes()
    try:
        found = open_photo(data) if path.name.startswith("photo") else drawings.read(data)
    except (drawings.DrawingError, PhotoError) as error:
        return {"reason": error.reason, "mend": error.mend}
    return {"taken": type(found).__name__}


def bounded(path: Path) -> dict[str, object]:
    """What a child says, how long it took and how much memory it had, from the kernel."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
        os.write(theirs, json.dumps(told(path)).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as said:
        answer = said.read()
    _, status, used = os.wait4(child, 0)
    facts = {"status": status, "seconds": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss * 1024}
    return facts | (json.loads(answer) if answer else {})


if __name__ == "__main__":
    sys.stdout.write(json.dumps({path.name: bounded(path) for path in sorted(Path(sys.argv[1]).iterdir())}))
