"""Reads each file of a folder in a process of its own and says what came of it, and what it took, as JSON.

Run as a program: ``reader.py FOLDER``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import fulfillment.meshes.finish
import fulfillment.meshes.obj
import fulfillment.meshes.stl
import fulfillment.meshes.threemf  # noqa: F401  (what a worker has in memory already)
from fulfillment import meshes


def told(path: Path) -> dict[str, object]:
    try:
        found = meshes.read(path.read_bytes())
    except meshes.MeshError as error:
        return {"reason": error.reason, "mend": error.mend}
    return {"taken": len(found.faces), "volume": found.volume}


def bounded(path: Path) -> dict[str, object]:
    """What a child says, and from the kernel how long it and its own child took, and how much memory either had."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
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
