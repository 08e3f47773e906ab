"""Reading an artifact's bytes as a driver must: all of them, and none but those that were stored."""

from __future__ import annotations

import hashlib

from drivers.contract import ArtifactFault, Payload

MAX_BYTES = 256 * 1024 * 1024
"""Larger artifacts are refused: a driver holds one in memory."""


def read_payload(payload: Payload) -> bytes:
    """The bytes. Raises ArtifactFault when they are missing, empty, too many, or not those of the manifest."""
    try:
        if payload.path.stat().st_size > MAX_BYTES:
            raise ArtifactFault(f"{payload.path.name} is over {MAX_BYTES // 2**20} MiB; split it")
        data = payload.path.read_bytes()
    except OSError as error:
        raise ArtifactFault(f"{payload.path.name} cannot be read ({error.strerror}); render it anew") from error
    if not data:
        raise ArtifactFault(f"{payload.path.name} is empty; render it anew")
    if len(data) != payload.size or hashlib.sha256(data).hexdigest() != payload.sha256.lower():
        raise ArtifactFault(f"{payload.path.name} changed since it was stored (size or sha256 differ); render it anew")
    return data
