"""What would take too long to make is refused before it is queued: its machine would be taken for others' whole day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fulfillment.processes import Problems, Spec

SHORTER: Final[Mapping[str, str]] = {
    "drawing": "a simpler drawing",
    "model": "a smaller model",
    "pdf": "a smaller page",
    "text": "fewer words",
    "code": "a shorter code",
    "monogram": "fewer letters",
    "photo": "a product with a smaller photo",
    "serial": "a shorter number",
}
"""What makes less work of each type of field, in the order in which it is told."""


def in_time(spec: Spec, manifest: Mapping[str, Any], pieces: int = 1) -> None:
    """Raises Problems where the estimate for one of so many pieces is above the operation's `longest`."""
    operation = spec.product.route[spec.operation]
    seconds = float(manifest.get("seconds") or 0.0) / pieces
    if seconds <= operation.longest:
        return
    sent = spec.fields.keys() | spec.files.keys()
    types = {spec.product.fields[name].type for name in operation.fields if name in sent}
    ways = [way for kind, way in SHORTER.items() if kind in types] or ["less"]
    reason = f"{operation.title} would take {said(seconds)} on the machine; at most {said(operation.longest)} may be."
    mend = f"Please choose {' or '.join(ways)}; the factory can make `longest` of the operation longer."
    raise Problems([{"field": "", "reason": reason, "mend": mend}])


def said(seconds: float) -> str:
    """A length of time for a person."""
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
