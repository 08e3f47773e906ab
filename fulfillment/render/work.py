"""What a render worker does: one process, one specification, artifacts in the store. Runs without any daemon too."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from fulfillment.processes import PROCESSES, Problems, Process, Spec
from fulfillment.render.longest import in_time
from jobs.artifacts import ArtifactStore
from jobs.intake import Rendered


def render(spec: Spec, store: Path) -> Rendered:
    """Render one operation. Inputs are read from, and outputs put into, the artifact store in ``store``.

    Raises Problems: what a person must mend, field by field.
    """
    artifacts = ArtifactStore(store)
    files = {field: artifacts.get(digest) for field, digest in spec.files.items()}
    try:
        product = process(spec.process).render(spec, files)
    except MemoryError:
        raise Problems(
            [{"field": "", "reason": "it needs more memory than a worker has", "mend": "send less"}]
        ) from None
    in_time(spec, product.manifest)
    digest = artifacts.put(product.data)
    proof = artifacts.put(product.proof) if product.proof else None
    manifest: dict[str, Any] = {
        "sha256": digest,
        "size": len(product.data),
        "media_type": product.needs.media_type,
        "process": spec.process,
        "needs": product.needs.body(),
        "proof": proof,
        **product.manifest,
    }
    return Rendered(digest, product.needs.media_type, len(product.data), product.needs, proof, manifest)


def preview(specs: Sequence[Spec], store: Path) -> str:
    """The bare design of a piece as SVG. Raises Problems."""
    from fulfillment.preview import preview as drawn  # what it needs is loaded by workers alone

    return drawn(specs, store)


def process(name: str) -> Process:
    """The process of that name, imported when it is first asked for."""
    return cast(Process, import_module(PROCESSES[name]))
