"""What things in a PDF are called for a person who looks for them in a program that shows its objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

Path = tuple[str, ...]
"""Keys from the page, or from the file, to a thing: "/Resources", "/XObject", "/Fm1"; places in arrays as "[0]"."""

_PARTS: Final[Mapping[str, Callable[[str], str]]] = {
    "/Font": lambda key: f"font {key}",
    "/XObject": lambda key: f"object {key}",
    "/Pattern": lambda key: f"pattern {key}",
    "/Shading": lambda key: f"shading {key}",
    "/ExtGState": lambda key: f"graphics state {key}",
    "/ColorSpace": lambda key: f"colour space {key}",
    "/Properties": lambda key: f"properties {key}",
    "/CharProcs": lambda key: f"glyph {key}",
    "/Annots": lambda key: f"annotation {_place(key)}",
    "/OutputIntents": lambda key: f"output intent {_place(key)}",
    "/AF": lambda key: f"associated file {_place(key)}",
    "/Fields": lambda key: f"field {_place(key)}",
}
"""What a key's children are."""
_ALONE: Final[Mapping[str, str]] = {
    "/SMask": "soft mask",
    "/AP": "appearance",
    "/OpenAction": "OpenAction",
    "/AcroForm": "AcroForm",
    "/XFA": "XFA",
    "/JavaScript": "JavaScript",
    "/EmbeddedFiles": "EmbeddedFiles",
    "/Contents": "contents",
    "/AA": "AA",
    "/A": "action",
    "/OCProperties": "OCProperties",
    "/FontFile": "font program",
    "/FontFile2": "font program",
    "/FontFile3": "font program",
    "/DestOutputProfile": "profile",
    "/Metadata": "metadata",
}


def _place(key: str) -> str:
    inner = key.strip("[]")
    return str(int(inner) + 1) if inner.isdigit() else key


def named(path: Path, kinds: Mapping[Path, str] | None = None) -> str:
    """Such as "font /F1 in form /Fm1". ``kinds``: what an /XObject is, by its path: image or form."""
    said: list[str] = []
    at = 0
    while at < len(path):
        part = path[at]
        if part in _PARTS and at + 1 < len(path):
            word = _PARTS[part](path[at + 1])
            if part == "/XObject":
                word = f"{(kinds or {}).get(path[: at + 2], 'object')} {path[at + 1]}"
            said.append(word)
            at += 2
            continue
        if part in _ALONE:
            said.append(_ALONE[part])
        at += 1
    return " in ".join(reversed(said)) or ("".join(path[-3:]) if path else "the page")
