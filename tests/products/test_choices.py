"""Every choice of every printed product has a body, kept in the package where cadquery builds it: no order waits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fulfillment.catalog import FOLDER, load
from fulfillment.config import Factory, load_factory
from fulfillment.designs import material_of
from fulfillment.example import order
from fulfillment.processes import BODY, Problems, fdm
from jobs.artifacts import ArtifactStore

from .printed import specified

SHIPPED = Path(__file__).parents[2] / "config.yaml"
TOO_LARGE = {("lithophane", "large")}
"""The demo's photo has too few pixels for it, and that is said."""
CHOICES = [
    (name, operation, option, choice)
    for name, product in sorted(load(FOLDER)[0].products.items())
    for operation, one in product.route.items()
    if one.process == fdm.PROCESS and product.body and product.body.template
    for option, two in product.options.items()
    for choice in two.choices
]


@pytest.fixture(scope="module")
def factory() -> Factory:
    return load_factory(SHIPPED)


@pytest.mark.parametrize(("name", "operation", "option", "choice"), CHOICES)
def test_a_choice_can_be_made(
    name: str, operation: str, option: str, choice: str, factory: Factory, tmp_path: Path
) -> None:
    product = factory.catalog[name]
    said = order(product)
    said = replace(said, options={**said.options, option: choice})
    spec = specified(factory, product, operation, tmp_path, said)
    files = {field: ArtifactStore(tmp_path).get(digest) for field, digest in spec.files.items()}
    machines, how = fdm.chosen(spec, material_of(spec))
    if (name, choice) in TOO_LARGE:
        with pytest.raises(Problems, match="pixels wide"):
            fdm.shape(spec, files, fdm.fitted(how.profile, machines))
        return
    _, solid = fdm.shape(spec, files, fdm.fitted(how.profile, machines))
    assert product.body is not None
    assert (BODY in files) == (factory.shelf.template(product.body.template or "").grow is None)
    # On the bed, with the jig's place.
    x, y = product.jig.at(1)
    assert solid.low[2] == pytest.approx(0.0, abs=1e-6)
    for machine in machines:
        assert machine.envelope is not None
        assert solid.high[0] + x < machine.envelope.x
        assert solid.high[1] + y < machine.envelope.y
