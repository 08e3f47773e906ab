"""A factory with one printer, whose product is the shipped one for customers' own models; both may be changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from manifold3d import Manifold

from fulfillment import personalization
from fulfillment.catalog import FOLDER
from fulfillment.config import Factory, load_factory
from fulfillment.planning import specification
from fulfillment.processes import Spec
from fulfillment.slicers.asking import stl
from gcode.slicing.solid import Solid
from jobs.artifacts import ArtifactStore
from tests.printing.tags import LIMITS

PRINTER: dict[str, Any] = {
    "name": "printer-1",
    "driver": "marlin",
    "address": "printer-1.tty",
    "processes": ["fdm"],
    "envelope": {"x": 250, "y": 210, "z": 210},
    "material": "pla",
    "nozzle": 0.4,
    "e_area": 2.405,
    "limits": LIMITS,
}
CONFIG: dict[str, Any] = {
    "site": {"name": "Models"},
    "machines": [PRINTER, {"name": "slips", "driver": "hot-folder", "address": "slips", "processes": ["document"]}],
    "materials": [{"name": "pla", "kind": "pla", "colour": "#2f6f73"}],
    "slicers": {"prusaslicer": {}},
}
COLOUR = {"title": "Colour", "default": "teal", "choices": {"teal": {"title": "Teal", "material": "pla"}}}

Change = Callable[[dict[str, Any]], None]
Make = Callable[..., Path]
Specify = Callable[..., Spec]


def untouched(_: dict[str, Any]) -> None:
    """As shipped."""


def product(change: Change = untouched) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "your-model.yaml").read_text())
    found["options"]["colour"] = COLOUR
    change(found)
    return found


@pytest.fixture
def written(tmp_path: Path) -> Make:
    """The path of a factory's config.yaml."""

    def write(change: Change = untouched, **config: Any) -> Path:
        (tmp_path / "catalog").mkdir(exist_ok=True)
        (tmp_path / "catalog" / "your-model.yaml").write_text(yaml.safe_dump(product(change), sort_keys=False))
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump({**CONFIG, "catalog": "catalog", **config}))
        return path

    return write


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


@pytest.fixture
def specified(written: Make, store: ArtifactStore) -> Specify:
    """What is to be printed of a model, as the planner would specify it."""

    def specify(
        data: bytes, options: Mapping[str, str] | None = None, change: Change = untouched, **config: Any
    ) -> Spec:
        factory: Factory = load_factory(written(change, **config))
        found = personalization.check(factory.catalog["your-model"], {}, options or {}, {"model": data})
        assert not isinstance(found, list), found
        store.put(data)
        return specification(factory, "your-model", "print", found.body())

    return specify


def as_stl(body: Manifold) -> bytes:
    """A body as a customer would send it."""
    return stl(Solid.from_manifold(body))


@pytest.fixture
def block() -> bytes:
    """20 x 10 x 6 mm: it needs no supports."""
    return as_stl(Manifold.cube((20.0, 10.0, 6.0)))


@pytest.fixture
def tee() -> bytes:
    """A T of 30 x 12 mm, 14 mm tall: its arms reach 10 mm over nothing to either side, from 10 mm on."""
    return as_stl(
        Manifold.cube((10.0, 12.0, 11.0)).translate((10.0, 0.0, 0.0))
        + Manifold.cube((30.0, 12.0, 4.0)).translate((0.0, 0.0, 10.0))
    )
