"""Which machine gets a piece that must be measured, and what is said of those that do not."""

from __future__ import annotations

import pytest

from fulfillment.catalog import Product
from fulfillment.machines import offer_of, preflight
from fulfillment.processes import Problems
from jobs.condition import Condition
from jobs.fits import Floor, Load, misfits
from jobs.why import Standing, waits
from tests.probe.conftest import ICING, PROBE, Kitchen


def test_the_job_goes_to_machines_with_the_probe_it_was_made_for(kitchen: Kitchen) -> None:
    made = kitchen.render(kitchen.measuring, kitchen.without)
    fit, unfit, other = (
        misfits(offer_of(machine, [ICING]), made.needs)
        for machine in (kitchen.measuring, kitchen.without, kitchen.machine("icing-4", probe=PROBE | {"columns": 5}))
    )
    assert fit == []
    (reason,) = unfit
    assert reason.text.startswith("icing-2 has probe not stated, 7 x 5, up to 25 mm high")
    (reason,) = other
    assert "has probe 5 x 5" in reason.text
    assert preflight(kitchen.measuring, made.data, made.needs) == []
    assert "this machine has no probe" in preflight(kitchen.without, made.data, made.needs)[0]


def test_it_waits_where_no_machine_can_measure_and_says_so(kitchen: Kitchen) -> None:
    needs = kitchen.render(kitchen.measuring).needs
    offers = [offer_of(kitchen.without, [ICING])]
    loaded = Condition("icing-2", loaded=Load(ICING.name))
    said = waits("ready", needs, (), "ready", Floor(offers, 0.0), {"icing-2": Standing(loaded, link="online")})
    assert [reason.text.split(",")[0] for reason in said] == ["icing-2 has probe not stated"]


def test_a_flat_piece_needs_no_probe_and_its_bytes_know_of_none(kitchen: Kitchen) -> None:
    made = kitchen.render(kitchen.measuring, kitchen.without, product=kitchen.flat)
    assert "probe" not in made.needs.traits
    assert b"G29" not in made.data
    assert b"M420" not in made.data
    for machine in (kitchen.measuring, kitchen.without):
        assert preflight(machine, made.data, made.needs) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (None, "icing-9: it has no probe"),
        ({"top": 3}, "may be 12 mm high, and the firmware takes a touch above 3 mm for a fault"),
        ({"clearance": 3}, "rises by 3 mm between points"),
        ({"drop": 2}, "the nozzle beside it is only 2 mm higher"),
    ],
)
def test_a_factory_that_cannot_measure_it_is_told_why(
    kitchen: Kitchen, changes: dict[str, float] | None, told: str
) -> None:
    probe = {} if changes is None else {"probe": PROBE | changes}
    with pytest.raises(Problems, match="no machine that could lay it can measure it") as problems:
        kitchen.render(kitchen.machine("icing-9", **probe))
    assert told in str(problems.value)


def test_a_probe_that_the_machine_cannot_lead_over_all_of_it_is_refused(kitchen: Kitchen) -> None:
    """The nozzle would have to leave the machine on the left."""
    with pytest.raises(Problems, match="the nozzle goes to x -10 to 110"):
        kitchen.render(kitchen.machine("icing-9", probe=PROBE | {"x": 60}))


def changed(product: Product, **piece: object) -> Product:
    return product.model_copy(update={"piece": product.piece.model_copy(update=piece)})


def test_the_probe_stays_on_the_piece(kitchen: Kitchen) -> None:
    """Beside it the probe would meet the bed, and the map would lead the nozzle down there."""
    round_one = changed(kitchen.product, corner_radius=40.0)
    with pytest.raises(Problems, match="which is not all on the piece"):
        kitchen.render(kitchen.measuring, product=round_one)
    assert kitchen.render(kitchen.measuring, product=round_one, words="Al").data


def test_travels_pass_over_the_highest_place(kitchen: Kitchen) -> None:
    recipe = kitchen.product.recipes["icing"].model_copy(update={"clearance": 2.5})
    with pytest.raises(Problems, match="its beads may stand"):
        kitchen.render(kitchen.measuring, product=kitchen.product.model_copy(update={"recipes": {"icing": recipe}}))
