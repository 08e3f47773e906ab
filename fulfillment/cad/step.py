"""The exact body as STEP (AP214): mm, with names and colours of its parts. Worker only.

A file says when it was written and which number its writer gave it; both are taken out, so that a body of one part has
the same bytes every time. The order in which several parts' colours stand in it follows addresses in memory: their
bytes differ, what they say does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import cadquery as cq

WRITTEN: Final = re.compile(rb"(FILE_NAME\(\s*'[^']*',\s*')[^']*(')")
OCCURRENCE: Final = re.compile(rb"(NEXT_ASSEMBLY_USAGE_OCCURRENCE\(')\d+(')")
NO_TIME: Final = b"1970-01-01T00:00:00"


def written(name: str, shapes: Mapping[str, cq.Shape], colours: Mapping[str, str]) -> bytes:
    """The file's bytes. ``colours`` by part."""
    assembly = cq.Assembly(name=name)
    for part, shape in shapes.items():
        red, green, blue = (int(colours[part][at : at + 2], 16) / 255 for at in (1, 3, 5))
        assembly.add(shape, name=part, color=cq.Color(red, green, blue))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "body.step"
        assembly.export(str(path), exportType="STEP")
        data = path.read_bytes()
    numbers = iter(range(1, len(shapes) + 1))
    data = WRITTEN.sub(rb"\g<1>" + NO_TIME + rb"\g<2>", data, count=1)
    return OCCURRENCE.sub(lambda found: found[1] + str(next(numbers)).encode() + found[2], data)
