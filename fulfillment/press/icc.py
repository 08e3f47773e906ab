"""ICC files: told from their first bytes, and refused where they do not describe a press. Nothing is decoded here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 8_000_000
HEADER: Final = 128
SPACES: Final = {b"CMYK": "cmyk", b"RGB ": "rgb", b"GRAY": "gray", b"Lab ": "lab"}
CLASSES: Final = {b"prtr": "output", b"mntr": "display", b"scnr": "input", b"spac": "space", b"link": "link"}


class BadIcc(ValueError):
    """A file that does not describe a press. The text is a sentence."""


@dataclass(frozen=True, slots=True)
class Icc:
    """What an ICC file says of itself."""

    kind: str
    """output (a press), display, input, space or link."""
    space: str
    version: str
    size: int


def header(data: bytes) -> Icc:
    """Raises BadIcc for what is no whole ICC file within MAX_BYTES."""
    if len(data) > MAX_BYTES:
        raise BadIcc(f"It has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES // 1_000_000} MB are taken.")
    if len(data) < HEADER + 4 or data[36:40] != b"acsp":
        raise BadIcc("It is no ICC file.")
    said = int.from_bytes(data[:4])
    if said != len(data):
        raise BadIcc(f"It says that it has {said:,} bytes, and has {len(data):,}: a part is missing.")
    tags = int.from_bytes(data[HEADER : HEADER + 4])
    if not 0 < tags <= 200 or HEADER + 4 + 12 * tags > len(data):
        raise BadIcc("Its table of contents is damaged.")
    for number in range(tags):
        at = HEADER + 4 + 12 * number
        start, size = int.from_bytes(data[at + 4 : at + 8]), int.from_bytes(data[at + 8 : at + 12])
        if start + size > len(data):
            raise BadIcc("Its table of contents points beyond its end.")
    return Icc(
        CLASSES.get(bytes(data[12:16]), "other"),
        SPACES.get(bytes(data[16:20]), "other"),
        f"{data[8]}.{data[9] >> 4}",
        len(data),
    )


def press(data: bytes) -> Icc:
    """The header of a file that may be the output intent of a page in inks. Raises BadIcc."""
    found = header(data)
    if found.kind != "output":
        raise BadIcc(f"It is of the class {found.kind}; a press is described by one of the class output (prtr).")
    if found.space != "cmyk":
        raise BadIcc(f"It is for {found.space}; a page in inks needs one for cmyk.")
    return found
