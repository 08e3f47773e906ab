"""Workers with cadquery, and workers with nothing in its place, whose templates are up to no good."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from fulfillment.cad import BUILTIN, Limits, Shelf, Template, Workshop
from fulfillment.catalog import TextField
from fulfillment.fields import Craft, laid
from gcode.design import Drawing

HERE = Path(__file__).parent
VENDORED = HERE.parents[1] / ".vendors" / "cadquery" / "site"
"""Where `make vendors` puts cadquery, so that the factory's own environment stays small."""
HOSTILE = Shelf((HERE / "templates", BUILTIN))


def packages() -> Path | None:
    return None if find_spec("cadquery") or not VENDORED.is_dir() else VENDORED


@pytest.fixture(scope="session")
def cadquery() -> Path | None:
    """Where it is installed; None: beside the factory."""
    if not find_spec("cadquery") and not VENDORED.is_dir():
        pytest.skip("cadquery is not installed: make vendors")
    return packages()


@pytest.fixture(scope="session")
def workshop(cadquery: Path | None) -> Iterator[Workshop]:
    """Of the templates as shipped."""
    with Workshop(packages=cadquery) as one:
        yield one


@pytest.fixture(scope="module")
def hostile() -> Iterator[Workshop]:
    """Of templates that are up to no good, in a worker whose cadquery is an empty module: it starts in a second."""
    with Workshop(HOSTILE, Limits(seconds=2, megabytes=400), packages=HERE / "empty") as one:
        yield one


@pytest.fixture
def words() -> Callable[..., Drawing]:
    """Words laid out in the zone of a template's defaults, as an order's are."""

    def lay(template: str, text: str, font: str = "sans-bold", **values: float) -> Drawing:
        declared = Shelf().template(template)
        field = TextField(type="text", title="Name", zone="content", font=font, min_height=4, max_height=13, lines=1)
        zone = declared.zone(declared.checked(values))
        content = laid(text, field, zone, Craft(line_width=0.45, fills=True))
        assert isinstance(content, Drawing)
        return content

    return lay


@pytest.fixture(scope="session")
def drawn() -> Callable[[Template, np.random.Generator], dict[str, float]]:
    """Any values within a template's ranges, half of them at an end of theirs."""

    def draw(template: Template, rng: np.random.Generator) -> dict[str, float]:
        found = {}
        for name, one in template.parameters.items():
            step = one.step or (one.maximum - one.minimum) / 10
            steps = round((one.maximum - one.minimum) / step - 1e-9)
            at = rng.choice([0, steps, rng.integers(steps + 1), rng.integers(steps + 1)])
            found[name] = float(one.minimum + at * step)
        return found

    return draw


@pytest.fixture
def group() -> Callable[[int], set[int]]:
    """Processes of a process group that still run."""

    def members(leader: int) -> set[int]:
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, _, pgrp = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(pgrp) == leader and state != "Z" and int(folder.name) != os.getpid():
                found.add(int(folder.name))
        return found

    return members
