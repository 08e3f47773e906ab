"""Forms with files (RFC 7578), taken apart: bytes stay as they were sent."""

from __future__ import annotations

import re
from dataclasses import dataclass

BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
WORD = re.compile(rb'(?<![\w*])(name|filename)="([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    data: bytes
    filename: str | None = None


def parts(content_type: str, body: bytes) -> dict[str, Part]:
    """The fields of a form by their names; empty where it is none."""
    found = BOUNDARY.search(content_type)
    if found is None:
        return {}
    fields = {}
    for piece in (b"\r\n" + body).split(b"\r\n--" + found[1].encode("latin-1"))[1:]:
        head, blank, data = piece.partition(b"\r\n\r\n")
        words = {key.lower(): value.decode("utf-8", "replace") for key, value in WORD.findall(head)}
        if blank and b"name" in words:
            fields[words[b"name"]] = Part(data, words.get(b"filename"))
    return fields
