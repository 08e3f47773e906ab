"""Upkeep, cleaning, windows and pours as they are written: what they mean, and each slip with its line and its mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fulfillment.catalog import FOLDER, Product
from fulfillment.catalog.loader import parse
from fulfillment.config import check, load, load_factory
from fulfillment.machines import offer_of
from jobs.fits import Cleaning, Measure, Task

CONFIG = """site: { name: Small }
machines:
  - name: printer
    driver: marlin
    address: .factory/printer.tty
    processes: [extrude-food]
    envelope: { x: 220 mm, y: 220 mm, z: 60 mm }
    material: dark
    nozzle: 1.2 mm
    e_area: 314 mm2
    limits:
      speed: { x: 150 mm/s, y: 150 mm/s, z: 10 mm/s, e: 5 mm/s }
      acceleration: 1000 mm/s2
      nozzle_temperature: 45 degC
      cold_extrusion: true
    MORE
materials:
  - { name: dark, kind: chocolate, colour: "#3b2314", allergens: [milk, soy] }
catalog: products
"""
LINE = CONFIG[: CONFIG.index("MORE")].count("\n") + 1

Make = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Make:
    def make(more: str) -> Path:
        (tmp_path / "products").mkdir(exist_ok=True)
        name_tag = (FOLDER / "name-tag.yaml").read_text()
        (tmp_path / "products" / "name-tag.yaml").write_text(name_tag)
        path = tmp_path / "config.yaml"
        path.write_text(CONFIG.replace("MORE", more))
        return path

    return make


def test_intervals_are_counters_of_the_machine(written: Make) -> None:
    tasks = (
        "{ name: clean nozzle, every: 20 jobs, blocks: true }",
        "{ name: grease, every: 50 h }",
        "{ name: flush, every: 500 ml }",
        "{ name: '  check  the gear ', every: 2 m }",
    )
    path = written(f"maintenance: [{', '.join(tasks)}]\n    cleaning: {{ every: 12 h, on_change: kind }}")
    assert check(path) == []
    config = load(path)
    offer = offer_of(config.machines[0], config.materials)
    assert offer.tasks == (
        Task("clean nozzle", 20, Measure.JOBS, "20 jobs", blocks=True),
        Task("grease", 50 * 3600, Measure.SECONDS, "50 h"),
        Task("flush", 500_000, Measure.VOLUME, "500 ml"),
        Task("check the gear", 2 * 1000 * 314, Measure.VOLUME, "2 m"),
    )
    assert offer.cleaning == Cleaning(12 * 3600, "kind")
    assert offer.load is not None and offer.load.allergens == {"milk", "soy"}
    assert offer.heat == {"nozzle": 45.0}


SLIPS = {
    "maintenance: [{ name: a, every: 20 }]": ("machines[0].maintenance[0].every", "'20' is no interval", "'20 jobs'"),
    "maintenance: [{ name: a, every: 20 hours }]": ("[0].every", "'hours' is not a unit", "Write it in h."),
    "maintenance: [{ name: a, every: 20 prints }]": ("[0].every", "'prints' is not a unit", "Units are"),
    "maintenance: [{ name: a, every: 0 jobs }]": ("[0].every", "no interval", "20 jobs"),
    "maintenance: [{ name: a, every: -3 h }]": ("[0].every", "no interval", "20 jobs"),
    "maintenance: [{ name: a }]": ("[0]", "'every' is missing", "Add it"),
    "maintenance: [{ name: '', every: 3 h }]": ("[0].name", "empty", "clean nozzle"),
    "maintenance: [{ name: a, every: 3 h, blocks: 1 }]": ("[0].blocks", "", ""),
    "maintenance: [{ name: a, every: 3 h }, { name: a, every: 4 h }]": ("[1].name", "second time", "another name"),
    "maintenance: [{ name: a, every: 3 h, after: 3 }]": ("[0].after", "Nobody reads", ""),
    "cleaning: {}": ("cleaning", "neither when nor after what", "on_change"),
    "cleaning: { every: 43200 s }": ("cleaning.every", "'s' is a foreign unit", "Write '12 h'."),
    "cleaning: { on_change: colour }": ("cleaning.on_change", "", "material"),
    "feeder: bucket": ("feeder", "", "syringe"),
}


@pytest.mark.parametrize("more", SLIPS)
def test_a_slip_is_named_with_its_line_and_its_mend(more: str, written: Make) -> None:
    path, text, mend = SLIPS[more]
    (problem,) = check(written(more))
    assert problem.line == LINE and problem.path.endswith(path)
    assert text in problem.text and mend in problem.mend


def test_metres_need_a_cross_section(written: Make) -> None:
    path = written("maintenance: [{ name: a, every: 3 m }]")
    path.write_text(path.read_text().replace("[extrude-food]", "[engrave]").replace("    e_area: 314 mm2\n", ""))
    (problem,) = check(path)
    assert "Metres are counted by e_area" in problem.text and problem.line == LINE - 1


# --- products -----------------------------------------------------------------------------------------------------


def product(name: str, *changes: tuple[str, str]) -> Product | list[str]:
    text = (FOLDER / f"{name}.yaml").read_text()
    for old, new in changes:
        assert old in text, f"{old!r} is not in {name}: the test would change nothing"
        text = text.replace(old, new, 1)
    found = parse(text, f"{name}.yaml")
    return [str(problem) for problem in found] if isinstance(found, list) else found[0]


WRONG = [
    ("chocolate-plaque", ("temperature: 32 degC", "temperature: 36 degC"), "held is a window", "from 31 to 33.5"),
    ("chocolate-plaque", ("    temperature: 32 degC\n", ""), "temperature is missing", "from 31 to 33.5"),
    ("chocolate-plaque", ("min: 31 degC, max: 33.5 degC", "min: 34 degC, max: 33 degC"), "no width", "below its max"),
    ("chocolate-plaque", ("fill: 0.85", "fill: 1.2"), "at most 1", ""),
    ("chocolate-plaque", ("fill: 0.85", "fill: 0.3"), "mm/s", "One of these numbers is a slip"),
    ("chocolate-plaque", ("feeder: syringe", "feeder: spoon"), "", "syringe"),
    ("chocolate-plaque", ("wipe: { x0: -8 mm", "wipe: { x0: 8 mm"), "The wipe line crosses the piece", "beside"),
    ("chocolate-plaque", ("prime: { x0: -15 mm", "prime: { x0: -95 mm"), "outside of the machine", "Move it"),
    ("pancake", ("bed_temperature: 185 degC", "bed_temperature: 200 degC"), "bed_held is a window", "177 to 191"),
    ("pancake", ("rest: 35 s", "rest: 1 min"), "'min' is a foreign unit", "Write '60 s'"),
    ("pancake", ("pour: { width: 8 mm, ", "pour: { "), "'width' is missing", "Add it"),
]


@pytest.mark.parametrize(("name", "change", "text", "mend"), WRONG, ids=[f"{w[0]}: {w[1][1]}" for w in WRONG])
def test_a_slip_in_a_product_is_named(name: str, change: tuple[str, str], text: str, mend: str) -> None:
    found = product(name, change)
    assert isinstance(found, list) and len(found) == 1, found
    assert text in found[0] and mend in found[0] and f"{name}.yaml:" in found[0]


def test_what_is_sealed_inside_does_not_touch_the_machine() -> None:
    tart = product("pop-tart")
    assert isinstance(tart, Product)
    materials = {"frosting-chocolate": frozenset({"soy", "milk"}), "frosting-vanilla": frozenset({"milk"})}
    chosen = {"flavour": "brown-sugar", "frosting": "vanilla"}
    assert "nuts" in tart.contains(chosen, materials)
    assert tart.leaves(chosen, materials) == tart.contains(chosen, materials) - {"nuts"}
    open_tart = product("pop-tart", ("allergens: [nuts], inside: true", "allergens: [nuts]"))
    assert isinstance(open_tart, Product)
    assert "nuts" in open_tart.leaves(chosen, materials)


def test_a_product_for_another_factory_is_not_offered(written: Make) -> None:
    path = written("feeder: pump\n  - { name: slips, driver: hot-folder, address: slips, processes: [document] }")
    catalog = path.parent / "products"
    (catalog / "pancake.yaml").write_text((FOLDER / "pancake.yaml").read_text())
    assert check(path) == [], "no griddle is here, so nobody asks for batter"
    assert sorted(load_factory(path).catalog.products) == []
    warm = path.read_text().replace("1.2 mm", "3 mm").replace("cold_ext", "bed_temperature: 200 degC\n      cold_ext")
    path.write_text(warm)
    (problem,) = check(path)
    assert "No material of the factory is called 'batter-plain'" in problem.text
