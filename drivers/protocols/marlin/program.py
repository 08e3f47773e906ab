"""Lines to the wire: what of an artifact is sent, and how a line is numbered and guarded.

A guarded line is ``N<number> <command>*<checksum>`` where the checksum is the XOR of all bytes before the ``*``
(Marlin, ``queue.cpp``). Framing is done a block at a time, so that a line costs a list index while it is streamed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from drivers.contract import ArtifactFault
from drivers.protocols.marlin.objects import Objects, objects
from drivers.protocols.marlin.surface import measured

MAX_LINE = 96
"""Bytes of a guarded line including its end: Marlin's MAX_CMD_SIZE. A longer one is cut in silence by the firmware."""

BLOCK = 256
"""Lines that are framed at once: about a tenth of a millisecond of work."""

_WIDEST_NUMBER = 10_000_000
_GUARD = len(b"N%d *255\n" % _WIDEST_NUMBER)
_COMMAND = re.compile(rb"([A-Za-z])(\d+)")
_PRINTABLE = re.compile(rb"[\x20-\x7e]*")

HOST_ONLY = frozenset({b"M28", b"M29", b"M108", b"M110", b"M112", b"M410", b"M876", b"M997", b"M999"})
"""Commands that belong to whoever owns the link; inside an artifact they would break the numbering or the machine."""


@dataclass(frozen=True, slots=True)
class Program:
    """An artifact's commands, checked, without comments and blank lines, in blocks of at most :data:`BLOCK` lines."""

    blocks: tuple[bytes, ...]
    total: int
    surface: float | None = None
    """mm over the bed of the surface that it has measured, and whose map the firmware keeps until it is forgotten."""
    objects: Objects | None = None
    """None: it does not say whose turn it is."""

    def lines(self, block: int) -> list[bytes]:
        return self.blocks[block].split(b"\n")


def program(data: bytes) -> Program:
    """The commands of an artifact. Raises ArtifactFault for bytes that no machine of this kind can run."""
    lines = list(_commands(data))
    if not lines:
        raise ArtifactFault("the artifact holds no command; make it anew")
    if len(lines) >= _WIDEST_NUMBER // 2:
        raise ArtifactFault(f"the artifact holds {len(lines)} commands, more than the line numbers allow; split it")
    blocks = tuple(b"\n".join(lines[at : at + BLOCK]) for at in range(0, len(lines), BLOCK))
    return Program(blocks, len(lines), measured(lines), objects(lines))


def _commands(data: bytes) -> Iterator[bytes]:
    for number, raw in enumerate(data.split(b"\n"), 1):
        line = raw.partition(b";")[0].strip()
        if line:
            yield _owned(checked_command(line, f"line {number} "), number)


def checked_command(line: bytes, where: str = "") -> bytes:
    """A line that the firmware can take as it stands. Raises ArtifactFault; ``where`` begins its text."""
    shown = line[:40].decode("ascii", "backslashreplace")
    if len(line) + _GUARD > MAX_LINE:
        raise ArtifactFault(
            f"{where}({shown}...) is {len(line)} bytes; the firmware cuts what is over {MAX_LINE - _GUARD}: shorten it"
        )
    if not _PRINTABLE.fullmatch(line):
        raise ArtifactFault(f"{where}({shown}) holds bytes that are not printable ASCII")
    if _COMMAND.match(line) is None or line[:1] in b"Nn":
        raise ArtifactFault(f"{where}({shown}) does not begin with a command such as G1")
    return line


def command_of(line: bytes) -> bytes:
    """``M110`` of ``m0110N5``: what the firmware takes it for. The line is one that :func:`checked_command` passed."""
    found = _COMMAND.match(line)
    return b"%b%d" % (found[1].upper(), int(found[2])) if found else b""


def _owned(line: bytes, number: int) -> bytes:
    if line[:1] in b"Mm" and command_of(line) in HOST_ONLY:
        shown = line[:40].decode("ascii")
        raise ArtifactFault(f"line {number} ({shown}) is a command that only the link's owner may send; remove it")
    return line


def frames(lines: Iterable[bytes], first: int, lead: bytes = b"") -> list[bytes]:
    """Guarded lines, numbered from ``first``, each with its end and behind ``lead``."""
    numbered = [b"N%d %b" % pair for pair in zip(count(first), lines)]
    if not numbered:
        return []
    joined = np.frombuffer(b"\n".join(numbered) + b"\n", np.uint8)
    ends = np.flatnonzero(joined == 10)
    starts = np.concatenate(([0], ends[:-1] + 1))
    # Every reduction runs over the line's end too; XOR with that byte takes it out again.
    sums = (np.bitwise_xor.reduceat(joined, starts) ^ 10).tolist()
    form = lead + b"%b*%d\n"
    return [form % pair for pair in zip(numbered, sums, strict=True)]


def frame(line: bytes, number: int) -> bytes:
    """One guarded line."""
    return frames((line,), number)[0]
