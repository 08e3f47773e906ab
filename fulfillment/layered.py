"""A program layer by layer, for pages that show it: drawn when it is asked for, and kept while others ask again."""

from __future__ import annotations

import gzip
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gcode.dialects import DIALECTS
from gcode.pictures.layers import layers
from jobs.artifacts import ArtifactStore

KEPT: Final = 32 * 1024 * 1024
"""Bytes of compact forms that are kept."""
LINE: Final = 0.4
"""mm: how wide what is burnt or drawn is shown, where the manifest does not say it."""


def layered(artifact: Mapping[str, Any], store: Path) -> bytes:
    """The compact form of an artifact's program, as gzip. Raises LayersError, and NotFound for bytes that are gone."""
    needs, manifest = artifact["manifest"].get("needs") or {}, artifact["manifest"]
    bead = manifest.get("bead") or {}
    data = layers(
        ArtifactStore(store).get(artifact["sha256"]),
        DIALECTS[needs["dialect"]],
        e_area=float((needs.get("traits") or {}).get("e_area", 0.0)),
        height=bead.get("height"),
        width=float(bead.get("line_width", LINE)),
    )
    return gzip.compress(data, 9, mtime=0)


class Kept:
    """Forms by digest. What was not asked for longest goes first."""

    def __init__(self, most: int = KEPT) -> None:
        self._most, self._size = most, 0
        self._forms: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str) -> bytes | None:
        with self._lock:
            if digest in self._forms:
                self._forms.move_to_end(digest)
            return self._forms.get(digest)

    def put(self, digest: str, form: bytes) -> None:
        with self._lock:
            self._size += len(form) - len(self._forms.pop(digest, b""))
            self._forms[digest] = form
            while self._size > self._most:
                self._size -= len(self._forms.popitem(last=False)[1])
