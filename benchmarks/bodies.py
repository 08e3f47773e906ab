"""Bodies of shipped products as customers order them, each with another content: what benchmarks of printing slice."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from fulfillment import personalization
from fulfillment.config import Factory, load_factory
from fulfillment.designs import material_of
from fulfillment.planning import specification
from fulfillment.printing.bodies import at_once, bodies_of, workshop_of
from fulfillment.processes import Spec, fdm
from gcode.slicing.profile import Profile
from gcode.slicing.solid import Solid
from jobs.artifacts import ArtifactStore

ROOT: Final = Path(__file__).parents[1]
FILES: Final = ROOT / "fulfillment" / "demo" / "files"
NAMES: Final = ("Grace", "Jürgen", "Siobhán", "Łukasz", "Margaret", "Ada", "Ottilie", "Björn")
LETTERS: Final = ("AGK", "MWS", "KRD", "BQX", "EFN", "TYJ", "CUZ", "PVL")
PETALS: Final = (5, 6, 7, 8, 9, 3, 4, 10)


@dataclass(frozen=True, slots=True)
class Case:
    """A product, and what its customer of this number sends: words by field, and files."""

    product: str
    sent: Callable[[int], tuple[dict[str, str], dict[str, bytes]]]

    def order(self, number: int) -> tuple[Solid, Profile]:
        """The body, and how it is printed."""
        return _order(self.product, number)

    def solid(self, number: int) -> Solid:
        return self.order(number)[0]

    @property
    def profile(self) -> Profile:
        return self.order(0)[1]

    @property
    def filled(self) -> Profile:
        """Without sparse places and skirt, so that what is laid is what the model has."""
        profile = self.profile
        infill, adhesion = replace(profile.infill, density=1.0), replace(profile.adhesion, skirt=0)
        return replace(profile, infill=infill, adhesion=adhesion)


def flower(petals: int) -> bytes:
    angle = np.linspace(0.0, 2 * np.pi, 240, endpoint=False)
    radius = 28.0 + 6.0 * np.cos(petals * angle) + 2.0 * np.sin(2 * angle)
    points = " ".join(f"{x:.2f},{y:.2f}" for x, y in zip(radius * np.cos(angle), radius * np.sin(angle), strict=True))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-40 -40 80 80" width="80mm" height="80mm">'
        f'<polygon points="{points}" fill="none" stroke="black"/></svg>'
    ).encode()


def photo(number: int) -> bytes:
    """The cat, turned, mirrored and cut."""
    with Image.open(FILES / "cat.jpg") as picture:
        seen = (ImageOps.mirror(picture) if number % 2 else picture).resize((900, 600), Image.Resampling.LANCZOS)
        wide, tall = seen.size
        cut = 0.04 * (number // 2)
        seen = seen.crop((int(wide * cut), int(tall * cut), int(wide * (1 - cut)), int(tall * (1 - cut))))
        data = io.BytesIO()
        seen.save(data, "JPEG", quality=92)
        return data.getvalue()


CASES: Final[Mapping[str, Case]] = {
    "tag": Case("name-tag", lambda number: ({"name": NAMES[number]}, {})),
    "monogram": Case("monogram", lambda number: ({"letters": LETTERS[number]}, {})),
    "cutter": Case("cookie-cutter", lambda number: ({}, {"drawing": flower(PETALS[number])})),
    "lithophane": Case("lithophane", lambda number: ({}, {"photo": photo(number)})),
}
_BY_PRODUCT: Final = {case.product: case for case in CASES.values()}


@cache
def _factory() -> Factory:
    return load_factory(ROOT / "config.yaml")


@cache
def _order(product: str, number: int) -> tuple[Solid, Profile]:
    with tempfile.TemporaryDirectory(prefix="bodies-") as name:
        spec, files = _specified(product, number, Path(name))
    machines, how = fdm.chosen(spec, material_of(spec))
    profile = fdm.fitted(how.profile, machines)
    return fdm.shape(spec, files, profile)[1], profile


def _specified(product: str, number: int, folder: Path) -> tuple[Spec, dict[str, bytes]]:
    factory = _factory()
    entry = factory.catalog[product]
    texts, sent = _BY_PRODUCT[product].sent(number)
    found = personalization.check(entry, texts, {}, sent)
    if isinstance(found, list):
        raise SystemExit(f"{product} {number}: {found}")
    store = ArtifactStore(folder)
    for data in sent.values():
        store.put(data)
    with workshop_of(factory) as workshop:
        spec = at_once(specification(factory, product, "print", found.body()), bodies_of(factory), workshop, store)
    return spec, {field: store.get(digest) for field, digest in spec.files.items()}
