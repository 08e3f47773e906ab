"""The data of ^GF: ASCII hexadecimal with its run lengths, binary, and the B64 and Z64 encodings with their CRC."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from PIL import Image

MOST = 4_000_000
"""Bytes of one picture."""
ENCODED = re.compile(rb":(B64|Z64):([A-Za-z0-9+/=\s]*):([0-9A-Fa-f]{4})")
RUN = {chr(71 + i): i + 1 for i in range(19)} | {chr(103 + i): (i + 1) * 20 for i in range(20)}
"""G..Y stand for 1 to 19 times the next digit, g..z for 20 to 400 times."""


class Spoilt(Exception):
    """The data is none: the printer prints nothing of this field."""


def picture(data: bytes) -> Image.Image:
    """What stands after ``^GF``, as a picture whose ink is 1. Raises Spoilt."""
    parts = data.split(b",", 4)
    if len(parts) < 5:
        raise Spoilt("^GF has five parameters")
    kind = parts[0].strip().upper() or b"A"
    try:
        total, row = int(parts[2]), int(parts[3])
    except ValueError:
        raise Spoilt("a count of ^GF is no number") from None
    if not 0 < row <= total <= MOST:
        raise Spoilt(f"{total} bytes in rows of {row} are no picture")
    if kind == b"B":
        raw = parts[4]
    elif kind == b"A":
        raw = _encoded(parts[4]) if parts[4].lstrip().startswith(b":") else _hexadecimal(parts[4], row)
    else:
        raise Spoilt(f"compression {kind!r} is not known here")
    raw = raw[:total].ljust(total - total % row, b"\0")
    return Image.frombytes("1", (row * 8, len(raw) // row), raw)


def _hexadecimal(data: bytes, row: int) -> bytes:
    """Digits with their run lengths; ``,`` fills a row with 0, ``!`` with 1, ``:`` repeats the row above."""
    rows: list[str] = []
    digits, run = "", 0
    for letter in data.decode("latin-1"):
        if letter in "0123456789abcdefABCDEF":
            digits += letter * max(run, 1)
            run = 0
        elif letter in RUN:
            run += RUN[letter]
        elif letter in ",!":
            digits = digits.ljust(row * 2, "0" if letter == "," else "F")
            run = 0
        elif letter == ":":
            rows.append(rows[-1] if rows else "0" * row * 2)
        while len(digits) >= row * 2:
            rows.append(digits[: row * 2])
            digits = digits[row * 2 :]
        if len(rows) * row > MOST:
            raise Spoilt("there are more rows than a picture has")
    return bytes.fromhex("".join(rows))


def _encoded(data: bytes) -> bytes:
    found = ENCODED.match(data.strip())
    if found is None:
        raise Spoilt("the encoding is neither B64 nor Z64")
    text = found.group(2)
    if binascii.crc_hqx(text, 0) != int(found.group(3), 16):
        raise Spoilt("the CRC differs")
    try:
        raw = base64.b64decode(text, validate=False)
        if found.group(1) == b"B64":
            return raw
        opened = zlib.decompressobj()
        return opened.decompress(raw, MOST)
    except (binascii.Error, zlib.error) as error:
        raise Spoilt(f"the data cannot be unpacked ({error})") from None
