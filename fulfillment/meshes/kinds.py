"""What a file is, told from its first bytes and never from its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from fulfillment.meshes.limits import MAX_BYTES, MeshError
from fulfillment.meshes.stl import is_binary, is_cut, is_text

ACCEPTED: Final = "an STL, 3MF or OBJ model"
AGAIN: Final = f"Please send {ACCEPTED}."
HEAD: Final = 20_000
BARE: Final = "Please export it as STL or 3MF."

_VERTEX = re.compile(rb"(?m)^[ \t]*v[ \t]+[-+.\w]+[ \t]+[-+.\w]+[ \t]+[-+.\w]+")


def _zip(data: bytes) -> bool:
    return data[:4] == b"PK\x03\x04"


def _obj(data: bytes) -> bool:
    head = data[:HEAD]
    return b"\0" not in head and _VERTEX.search(head.replace(b"\r", b"\n")) is not None


def _stl(data: bytes) -> bool:
    return is_binary(data) or is_text(data)


def _photo(data: bytes) -> bool:
    # Imported here: the catalog asks for the names of formats alone, and pictures take time to import.
    from fulfillment.photos import FORMATS

    return any(kind.begins(data) for kind in FORMATS.values())


def _known(data: bytes) -> str | None:
    """What a file is that is no model, as a photo's refusal names it."""
    from fulfillment.photos import REFUSED as OTHERS  # as above

    return next((name for name, is_it in OTHERS.items() if is_it(data)), None)


TAKEN: Final[Mapping[str, Callable[[bytes], bool]]] = {
    "model/3mf": _zip,
    "model/stl": _stl,
    "model/obj": _obj,
}
"""Media types that are taken, in the order in which they are tried. Whether an archive is a 3MF, its reader sees."""

REFUSED: Final[Mapping[str, tuple[Callable[[bytes], bool], str]]] = {
    "a glTF model (GLB)": (lambda data: data[:4] == b"glTF", BARE),
    "a STEP model": (lambda data: data[:200].lstrip().startswith(b"ISO-10303-21"), BARE),
    "a PLY model": (lambda data: re.match(rb"ply\r?\n", data) is not None, BARE),
    "an OFF model": (lambda data: re.match(rb"C?OFF\s", data) is not None, BARE),
    "an FBX model": (lambda data: data[:18] == b"Kaydara FBX Binary", BARE),
    "a Blender file": (lambda data: data[:7] == b"BLENDER", BARE),
    "a file of a CAD program": (lambda data: data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", BARE),
    "a web page": (
        lambda data: (
            re.match(rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body|script)\b", data[:HEAD]) is not None
        ),
        f"Perhaps a page was saved, and not the file that it is about. {AGAIN}",
    ),
    "a packed file": (
        lambda data: data[:2] == b"\x1f\x8b" or data[:4] in (b"Rar!", b"7z\xbc\xaf"),
        "Please unpack it.",
    ),
    "a photo": (
        _photo,
        f"{AGAIN} A photo can be ordered where a product takes photos.",
    ),
    "an AMF model, or other XML": (lambda data: data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"), BARE),
}
"""Files that are refused by their name with a mend of their own; the rest are named as a photo's would be."""


def media_type(data: bytes) -> str:
    """What a model is. Raises MeshError for everything that is none, or that is too large."""
    if not data:
        raise MeshError("The model is an empty file.", "Please upload it again.")
    if len(data) > MAX_BYTES:
        raise MeshError(
            f"The model has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES // 1_000_000} MB are taken.",
            "Please export it coarser, or as a binary STL.",
        )
    for name, (is_it, mend) in REFUSED.items():
        if is_it(data):
            raise MeshError(f"The model is {name}.", mend)
    for name, taken in TAKEN.items():
        if taken(data):
            return name
    what = _known(data)
    if what is None and is_cut(data):
        return "model/stl"  # whose reader says what is missing
    raise MeshError(f"The model is {what or 'not a model that we know'}.", AGAIN)
