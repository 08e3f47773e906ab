"""Streams, unpacked piece by piece within limits: nothing is given to a library's decoder that may become any size.

Pictures' own codings (DCT, JPX, CCITT, JBIG2) stay as they are; their sizes are judged by what they say of themselves.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from fulfillment.pdfs.values import Thing, get, integer, items, name

PIECE: Final = 1 << 16
PICTURES: Final = frozenset(
    {"/DCTDecode", "/DCT", "/JPXDecode", "/CCITTFaxDecode", "/CCF", "/JBIG2Decode"},
)
"""Codings that only pictures have."""
BLANK: Final = b"\0\t\n\f\r "

Decoder = Callable[[bytes], Iterator[bytes]]


class Damaged(Exception):
    """A stream's data are not what its coding says; the text is the rest of a sentence, such as "end too early"."""


class TooMuch(Exception):
    """A stream unpacks to more than a limit; the text says to how much."""


def codings(stream: Thing) -> list[str]:
    """Names of a stream's filters, in the order in which they are undone."""
    filters = get(stream, "/Filter")
    found = get(stream, "/F") if filters is None else filters  # inline pictures say /F
    return [name(one) for one in items(found)] or ([name(found)] if name(found) else [])


def parameters(stream: Thing) -> list[Thing]:
    """Each coding's parameters, as far as there are any."""
    found = get(stream, "/DecodeParms")
    return items(found) or [found]


def _flate(data: bytes) -> Iterator[bytes]:
    decoder = zlib.decompressobj()
    try:
        for at in range(0, len(data), PIECE):
            piece = data[at : at + PIECE]
            while piece:
                yield decoder.decompress(piece, PIECE * 16)
                piece = decoder.unconsumed_tail
            if decoder.eof:
                return
        yield decoder.flush()  # what it still holds is little: it has taken all that it was given
    except zlib.error as error:
        raise Damaged(f"are damaged ({str(error)[:80]})") from None
    if data and not decoder.eof:  # nothing unpacks to nothing: libraries write it so
        raise Damaged("end too early")


def _hex(data: bytes) -> Iterator[bytes]:
    digits = data.partition(b">")[0].translate(None, BLANK)
    try:
        yield bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    except ValueError:
        raise Damaged("are no hexadecimal digits") from None


def _base85(data: bytes) -> Iterator[bytes]:
    digits = data.translate(None, BLANK).removeprefix(b"<~").partition(b"~")[0]
    # Groups of five digits, but a z is a group of its own: pieces end where groups do.
    pieces = re.finditer(rb"(?:z|[!-u]{5}){1,8192}|[!-u]{1,4}$", digits)
    done = 0
    for piece in pieces:
        if piece.start() != done:
            break
        done = piece.end()
        try:
            yield base64.a85decode(piece[0])
        except ValueError:
            raise Damaged("are no ASCII85") from None
    if done != len(digits):
        raise Damaged("are no ASCII85")


def _runs(data: bytes) -> Iterator[bytes]:
    at, out = 0, bytearray()
    while at < len(data) and data[at] != 128:
        count = data[at]
        if count < 128:
            out += data[at + 1 : at + 2 + count]
            at += 2 + count
        else:
            out += data[at + 1 : at + 2] * (257 - count)
            at += 2
        if len(out) > PIECE:
            yield bytes(out)
            out.clear()
    yield bytes(out)


def _lzw(data: bytes) -> Iterator[bytes]:
    """With EarlyChange, which all writers use."""
    table: list[bytes] = []
    held = bits = at = 0
    width, last, out = 9, b"", bytearray()
    while True:
        while bits < width:
            if at >= len(data):
                yield bytes(out)
                return
            held, bits, at = (held << 8 | data[at]) & 0xFFFFFF, bits + 8, at + 1
        bits -= width
        code = held >> bits & (1 << width) - 1
        if code == 257:
            yield bytes(out)
            return
        if code == 256:
            table, width, last = [bytes([one]) for one in range(256)] + [b"", b""], 9, b""
            continue
        if not table or code > len(table) or (code == len(table) and not last):
            raise Damaged("are no LZW")
        found = table[code] if code < len(table) else last + last[:1]
        if last and len(table) < 4096:
            table.append(last + found[:1])
        last = found
        out += found
        width = min(12, max(9, (len(table) + 1).bit_length()))
        if len(out) > PIECE:
            yield bytes(out)
            out.clear()


DECODERS: Final[Mapping[str, Decoder]] = {
    "/FlateDecode": _flate,
    "/Fl": _flate,
    "/ASCIIHexDecode": _hex,
    "/AHx": _hex,
    "/ASCII85Decode": _base85,
    "/A85": _base85,
    "/RunLengthDecode": _runs,
    "/RL": _runs,
    "/LZWDecode": _lzw,
    "/LZW": _lzw,
}


def unpacked(data: bytes, names: list[str], most: int, keep: int, wanted: bool) -> tuple[bytes | None, int]:
    """A stream's bytes after these codings (before any predictor), and how many they are.

    Stops at the first coding of pictures, and of names that nobody knows. The bytes are None then, and where they are
    not wanted. Raises TooMuch where there are more than ``keep`` to be held, or more than ``most`` at all; Damaged.
    """
    for place, coding in enumerate(names):
        decoder = DECODERS.get(coding)
        if decoder is None:
            return None, len(data)
        holds, size, held = wanted or place < len(names) - 1, 0, bytearray()
        for piece in decoder(data):
            size += len(piece)
            if size > (keep if holds else most):
                # What is packed twice is small or a bomb, so that its first unpacking is bounded as what is held.
                raise TooMuch(f"more than {keep if holds else most:,} bytes")
            if holds:
                held += piece
        if not holds:
            return None, size
        data = bytes(held)
    return (data if wanted else None), len(data)


def rows(stream: Thing, most: int) -> None:
    """Raises TooMuch where a predictor asks for rows that are longer than ``most`` bytes."""
    for asked in parameters(stream):
        _, row, _ = _row(asked)
        if row > most:
            raise TooMuch(f"rows of {row:,} bytes")


def predicted(data: bytes, stream: Thing) -> bytes:
    """Bytes with a PNG predictor undone; as they are where there is none. Raises Damaged."""
    kind, row, step = next((found for asked in parameters(stream) if (found := _row(asked))[0] >= 10), (1, 1, 1))
    if kind < 10:
        return data
    before, out = bytes(row), bytearray()
    for at in range(0, len(data), row + 1):
        line = bytearray(data[at + 1 : at + 1 + row].ljust(row, b"\0"))
        _undo(data[at], line, before, step)
        out += line
        before = bytes(line)
    return bytes(out)


def _row(asked: Thing) -> tuple[int, int, int]:
    """Which predictor, how many bytes a row has, and how many bytes before it the same channel was."""
    kind, colours = integer(get(asked, "/Predictor")) or 1, integer(get(asked, "/Colors")) or 1
    bits, columns = integer(get(asked, "/BitsPerComponent")) or 8, integer(get(asked, "/Columns")) or 1
    if min(colours, bits, columns) < 1:
        raise Damaged("have a predictor of rows without columns")
    return kind, (colours * bits * columns + 7) // 8, max(1, colours * bits // 8)


def _undo(kind: int, line: bytearray, before: bytes, step: int) -> None:
    """PNG's five ways to say a row by its neighbours (the PNG specification, 9.2)."""
    if kind > 4:
        raise Damaged("have a predictor that is none")
    for at in range(len(line) if kind else 0):
        left = line[at - step] if at >= step else 0
        above, corner = before[at], before[at - step] if at >= step else 0
        guess = (0, left, above, (left + above) // 2, _paeth(left, above, corner))[kind]
        line[at] = line[at] + guess & 255


def _paeth(left: int, above: int, corner: int) -> int:
    expected = left + above - corner
    return min((abs(expected - left), 0, left), (abs(expected - above), 1, above), (abs(expected - corner), 2, corner))[
        2
    ]
