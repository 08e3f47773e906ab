"""A printed tag on a board that speaks Marlin itself, over its serial line: what it lays is the body."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fulfillment.config import Factory, Machine, load_factory
from fulfillment.offline import Order, rendered
from fulfillment.rehearsal import rehearsal

from .printed import assert_printed, laid, model, specified

SHIPPED = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture(scope="module")
def factory() -> Factory:
    """The shipped one, its printer of plastic on a serial line."""
    shipped = load_factory(SHIPPED)
    machines = []
    for machine in shipped.config.machines:
        if "fdm" not in machine.processes:
            machines.append(machine)
            continue
        args = ["--speed", "max", "--e-area", "2.405", "--envelope", "250x210x200", "--max-feedrate", "200,200,12,80"]
        said = machine.model_dump(mode="json") | {
            "driver": "marlin",
            "address": "tag-1.tty",
            "secret": None,
            "options": {},
            "simulator": {"kind": "marlin", "args": args},
        }
        machines.append(Machine.model_validate_json(json.dumps(said)))
    return replace(shipped, config=shipped.config.model_copy(update={"machines": tuple(machines)}))


def test_the_volume_is_the_body_s_and_another_name_s_is_another(factory: Factory, tmp_path: Path) -> None:
    product = factory.catalog["name-tag"]
    said = Order({"name": "Ada"})
    (done,) = list(rendered(factory, "name-tag", said, {}, tmp_path))
    (machine,) = [one for one in factory.config.machines if "fdm" in one.processes]
    with rehearsal(machine, []) as rehearsed:
        assert rehearsed.run(done.artifact) is None
        piece = rehearsed.room.record()["piece"]
    wanted = model(specified(factory, product, done.operation, tmp_path, said), tmp_path)
    place = product.jig.at(1)
    assert_printed(piece, wanted, *place)
    found = laid(piece, wanted, *place)
    height = product.piece.thickness
    letters = wanted.section(len(wanted.sliced.tops) - 1).area * (wanted.solid.high[2] - height)
    assert abs(found.above(height + 0.05).volume.sum() - letters) < 0.02 * letters, "letters alone, too"
    assert 0 < found.beside < 0.02 * wanted.solid.volume, "a skirt"
    other = model(specified(factory, product, done.operation, tmp_path, Order({"name": "Bob"})), tmp_path)
    with pytest.raises(AssertionError):
        assert_printed(piece, other, *place)
