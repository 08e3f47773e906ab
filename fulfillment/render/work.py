"""What a render worker does: one process, one specification, artifacts in the store. Runs without any daemon too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from fulfillment.catalog import Product
from fulfillment.processes import MANY, PROCESSES, Made, Problems, Process, Spec, Together
from fulfillment.render.longest import in_time
from jobs.artifacts import ArtifactStore
from jobs.intake import Rendered


def render(spec: Spec, store: Path) -> Rendered:
    """Render one operation. Inputs are read from, and outputs put into, the artifact store in ``store``.

    Raises Problems: what a person must mend, field by field.
    """
    return render_all([spec], store)


def render_all(specs: Sequence[Spec], store: Path) -> Rendered:
    """Render an operation of several pieces as one artifact, each in its pocket. Raises Problems."""
    artifacts, spec = ArtifactStore(store), specs[0]
    files = [{field: artifacts.get(digest) for field, digest in one.files.items()} for one in specs]
    try:
        made = process(spec.process).render(spec, files[0]) if len(specs) == 1 else _together(specs, files)
    except MemoryError:
        raise Problems(
            [{"field": "", "reason": "it needs more memory than a worker has", "mend": "send less"}]
        ) from None
    in_time(spec, made.manifest, len(specs))
    digest = artifacts.put(made.data)
    proof = artifacts.put(made.proof) if made.proof else None
    extras = {name: artifacts.put(data) for name, data in made.extras.items()}
    manifest: dict[str, Any] = {
        "sha256": digest,
        "size": len(made.data),
        "media_type": made.needs.media_type,
        "process": spec.process,
        "needs": made.needs.body(),
        "proof": proof,
        **({"extras": extras} if extras else {}),
        **made.manifest,
    }
    return Rendered(digest, made.needs.media_type, len(made.data), made.needs, proof, manifest)


def _together(specs: Sequence[Spec], files: Sequence[Mapping[str, bytes]]) -> Made:
    """Raises Problems where the process makes one piece at a time, or a program of all would not be one for each."""
    spec = specs[0]
    if spec.process not in MANY:
        text = f"{spec.process} makes one piece at a time."
        raise Problems([{"field": "", "reason": text, "mend": "take the pockets out of the product's jig"}])
    return cast(Together, import_module(MANY[spec.process])).together(specs, files)


def look(product: Product, options: Mapping[str, str], files: Mapping[str, str], store: Path) -> list[dict[str, str]]:
    """What is wrong with customers' models and PDFs, field by field: all of them are read. ``files``: digests."""
    from fulfillment.fields import model, pdf  # as above

    sent = {field: ArtifactStore(store).get(digest) for field, digest in files.items()}
    found = [*model.refused(product, options, sent).items(), *pdf.refused(product, sent)]
    return [{"field": name, "reason": one.reason, "mend": one.mend} for name, one in found]


def look_at_label(digest: str, pieces: int, dpi: int, store: Path) -> Any:
    """A carrier's label as it may be printed (``labels.Inspected``). Raises labels.LabelRefused."""
    from fulfillment.labels.pages import inspect  # as above

    return inspect(ArtifactStore(store).get(digest), pieces, dpi)


def preview(specs: Sequence[Spec], store: Path) -> str:
    """The bare design of a piece as SVG. Raises Problems."""
    from fulfillment.preview import preview as drawn  # what it needs is loaded by workers alone

    return drawn(specs, store)


def process(name: str) -> Process:
    """The process of that name, imported when it is first asked for."""
    return cast(Process, import_module(PROCESSES[name]))
