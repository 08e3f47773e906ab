"""An order of one piece rendered without any daemon: checked, made into artifacts, written into a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fulfillment import embroidery, personalization
from fulfillment.config import Factory
from fulfillment.earlier import over
from fulfillment.planning import problems_text, specification
from fulfillment.printing.bodies import at_once, bodies_of, workshop_of
from fulfillment.processes import Problems
from fulfillment.render.work import render_all
from jobs.artifacts import ArtifactStore
from jobs.intake import Rendered

ENDINGS = {
    "text/x-gcode": ".gcode",
    "application/zpl": ".zpl",
    "application/pdf": ".pdf",
    **embroidery.ENDINGS,
}


class NotMade(Exception):
    """The order cannot be made as it is. The text says what to mend, a line each."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer sends for one piece."""

    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """One operation of it, and the files that were written."""

    operation: str
    options: Mapping[str, str]
    """Every choice, where the customer made none the product's own."""
    made: Rendered
    artifact: Path
    manifest: Path
    proof: Path | None
    besides: tuple[Path, ...] = ()
    """A view, a body: what else the process made."""


Data = Mapping[str, bytes]
"""The bytes of an order's files, by field."""


def rendered(factory: Factory, product: str, order: Order, data: Data, out: Path) -> Iterator[Done]:
    """Each operation with fields, one after the other, into ``out``. Raises NotMade."""
    return rendered_together(factory, product, [(order, data)], (1,), out)


def rendered_together(
    factory: Factory, product: str, orders: Sequence[tuple[Order, Data]], pockets: Sequence[int], out: Path
) -> Iterator[Done]:
    """As :func:`rendered`, of several pieces, each in its pocket: one artifact an operation. Raises NotMade."""
    entry, store = factory.catalog[product], ArtifactStore(out / ".artifacts")
    several = len(orders) > 1
    found = [
        _checked(factory, product, order, data, store, f" in pocket {pocket}" if several else "")
        for (order, data), pocket in zip(orders, pockets, strict=True)
    ]
    proofs: dict[str, str | None] = {}
    bodies = bodies_of(factory)
    with workshop_of(factory) as workshop:
        for name in [name for name in entry.order() if entry.route[name].fields]:
            if several and entry.room(name) is None:
                raise NotMade(f"{name} makes one piece at a time: ask for one.")
            below = proofs.get(entry.under(name) or "")
            specs = [
                replace(over(specification(factory, product, name, one.body()), below), pocket=pocket)
                for one, pocket in zip(found, pockets, strict=True)
            ]
            try:
                made = render_all([at_once(spec, bodies, workshop, store) for spec in specs], store.folder)
            except Problems as problems:
                lines = [f"  {p['field'] or name}: {p['reason']} {p['mend']}" for p in problems.problems]
                raise NotMade("\n".join([f"{name} cannot be made like this:", *lines])) from None
            left = _left(made, pockets)
            if left:
                numbers = ", ".join(map(str, left))
                raise NotMade(f"The bed takes {len(pockets) - len(left)} of {len(pockets)}: no room for {numbers}.")
            proofs[name] = made.proof
            yield _written(name, found[0].options, made, store, out)


def _left(made: Rendered, pockets: Sequence[int]) -> list[int]:
    """The pieces that found no room on a plate, by the numbers that they came with."""
    places = made.manifest.get("places") if len(pockets) > 1 else None
    return [] if places is None else [pocket for pocket in pockets if str(pocket) not in places]


def _checked(
    factory: Factory, product: str, order: Order, data: Data, store: ArtifactStore, where: str
) -> personalization.Resolved:
    entry = factory.catalog[product]
    found = personalization.check(entry, order.texts, order.options, data)
    if isinstance(found, list):
        raise NotMade(f"{entry.title}{where} cannot be made like this:\n{problems_text(found)}")
    for name in found.files:
        store.put(data[name])
    return found


def _written(operation: str, options: Mapping[str, str], made: Rendered, store: ArtifactStore, out: Path) -> Done:
    artifact = out / f"{operation}{ENDINGS.get(made.media_type, '.bin')}"
    artifact.write_bytes(store.get(made.sha256))
    manifest = out / f"{operation}.manifest.json"
    manifest.write_text(json.dumps(dict(made.manifest), indent=2, default=str) + "\n")
    proof = out / f"{operation}.proof.png" if made.proof else None
    if proof is not None and made.proof is not None:
        proof.write_bytes(store.get(made.proof))
    besides = []
    for name, digest in (made.manifest.get("extras") or {}).items():
        besides.append(out / f"{operation}.{name}")
        besides[-1].write_bytes(store.get(digest))
    return Done(operation, options, made, artifact, manifest, proof, tuple(besides))
