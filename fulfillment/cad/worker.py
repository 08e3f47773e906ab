"""The CAD worker: ``python -m fulfillment.cad.worker SECONDS MEGABYTES FOLDER...``, started by a workshop.

It reads wishes from its standard input, and answers on its standard output, until the input ends. cadquery is loaded
here and nowhere else. What a library prints goes to standard error: OCCT writes its statistics where answers belong.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from fulfillment.cad.errors import CadError, CadFailed, CadRefused, refused
from fulfillment.cad.shelf import Shelf
from fulfillment.cad.template import Given, Template
from fulfillment.cad.wire import LENGTH, MAX_BYTES, Array, length, packed, unpacked
from gcode.design import Drawing
from gcode.shaping.areas import area_of
from gcode.shaping.wrong import ShapeError

GRACE: Final = 5.0
"""s that the workshop has to end a call itself; the kernel's alarm is for a worker whose workshop is gone."""
WEARY: Final = 200
"""Calls after which a worker asks to be replaced: what OCCT keeps of each is little, and is not nothing."""


def main() -> None:
    seconds, megabytes, folders = float(sys.argv[1]), int(sys.argv[2]), tuple(map(Path, sys.argv[3:]))
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_BYTES, MAX_BYTES))
    try:
        import_module("fulfillment.cad.solids")
        import_module("fulfillment.cad.step")
    except ImportError as error:
        _send(answers, packed({"kind": "unavailable", "said": str(error)[:500]}))
        return
    bound = _bound_memory(megabytes)
    _send(answers, packed({"kind": "ready"}))
    _serve(requests, answers, Shelf(folders), seconds + GRACE, bound - megabytes * 500_000)


def _serve(requests: BinaryIO, answers: BinaryIO, shelf: Shelf, seconds: float, plenty: int) -> None:
    """``plenty``: bytes of address space from which on the worker asks to be replaced."""
    for call in range(1, sys.maxsize):
        prefix = requests.read(LENGTH)
        if len(prefix) < LENGTH:
            return
        header, arrays = unpacked(requests.read(length(prefix)))
        signal.setitimer(signal.ITIMER_REAL, seconds)
        answer = _answer(shelf, header, arrays, lambda call=call: call >= WEARY or _space() > plenty)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(answers, answer)


def _answer(shelf: Shelf, header: dict[str, Any], arrays: list[Array], weary: Any) -> bytes:
    try:
        said, found = _built(shelf, header, arrays)
        return packed({"kind": "built", "weary": weary(), **said}, found)
    except CadRefused as error:
        told = [[one.parameter, one.reason, one.mend] for one in error.conflicts]
        return packed({"kind": "refused", "conflicts": told, "weary": weary()})
    except MemoryError:
        return packed({"kind": "memory", "weary": True})
    except CadError as error:
        return packed({"kind": "failed", "said": str(error)[:500], "weary": True})
    except Exception as error:  # noqa: BLE001  (the worker's outermost edge: whatever it is, the workshop is to have it)
        # OCCT reports memory that it did not get as an error of its own kind.
        kind = "memory" if "OutOfMemory" in type(error).__name__ or "bad_alloc" in str(error) else "failed"
        return packed({"kind": kind, "said": f"{type(error).__name__}: {error}"[:500], "weary": True})


def _built(shelf: Shelf, header: dict[str, Any], arrays: list[Array]) -> tuple[dict[str, Any], list[Array]]:
    """The body as a header and arrays: vertices and faces of each part, then the bytes of its STEP."""
    solids: Any = import_module("fulfillment.cad.solids")
    file = shelf.file(header["template"])
    try:
        shapes = file.build(_given(file.TEMPLATE, header, arrays))
    except ShapeError as error:
        raise refused(error.parameter, error.reason, error.mend) from None
    if not shapes or not shapes.keys() <= set(file.TEMPLATE.parts):
        raise CadFailed(f"it built the parts {sorted(shapes)}, and declares {sorted(file.TEMPLATE.parts)}")
    meshes = [array for shape in shapes.values() for array in solids.triangles(shape)]
    if header["step"]:
        step: Any = import_module("fulfillment.cad.step")
        data = step.written(header["template"], shapes, header["colours"])
        meshes.append(np.frombuffer(data, np.uint8))
    return {"parts": list(shapes), "volumes": [shape.Volume() for shape in shapes.values()]}, meshes


def _given(template: Template, header: dict[str, Any], arrays: list[Array]) -> Given:
    area = None
    if header["content"]:
        strokes = header["strokes"]
        drawing = Drawing(tuple(arrays[:strokes]), tuple(arrays[strokes:]))
        area = area_of([drawing], header["line_width"])
    values: Mapping[str, float] = header["values"]
    return Given(values, template.zone(values), header["style"], area)


def _send(answers: BinaryIO, message: bytes) -> None:
    answers.write(message)
    answers.flush()


def _space() -> int:
    """Bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _bound_memory(megabytes: int) -> int:
    """Bound the address space to what it is now and so much more; never beyond an older bound."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = _space() + megabytes * 1_000_000
    bound = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    return bound


if __name__ == "__main__":
    main()
