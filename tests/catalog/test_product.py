"""Products: the shipped one, and what a product file may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfillment.catalog import FOLDER, Allergen, Catalog, Product, load, parse, stated
from fulfillment.catalog.allergens import EU, US

TEXT = (FOLDER / "pop-tart.yaml").read_text()


def test_the_route_is_in_order(pop_tart: Product) -> None:
    order = pop_tart.order()
    assert set(order) == {"frost", "slip", "pack"}
    assert order[-1] == "pack"


def test_the_material_follows_from_the_option(pop_tart: Product) -> None:
    assert pop_tart.material("frost", {"frosting": "vanilla"}) == "frosting-vanilla"
    assert pop_tart.material("slip", {"frosting": "vanilla"}) is None


def test_allergens_come_from_the_piece_the_choices_and_the_materials(pop_tart: Product) -> None:
    of_material = {"frosting-chocolate": frozenset({Allergen.SESAME}), "frosting-vanilla": frozenset[Allergen]()}
    found = pop_tart.contains({"flavour": "brown-sugar", "frosting": "chocolate"}, of_material)
    assert found >= {Allergen.WHEAT, Allergen.NUTS, Allergen.SESAME}
    plain = pop_tart.contains({"flavour": "strawberry", "frosting": "vanilla"}, of_material)
    assert not plain & {Allergen.NUTS, Allergen.SESAME}


def test_allergens_as_the_laws_count_them() -> None:
    assert (len(EU), len(US)) == (14, 9)
    assert stated([Allergen.SOY, Allergen.GLUTEN, Allergen.WHEAT]) == ("wheat (gluten)", "soy")
    assert stated([Allergen.GLUTEN]) == ("cereals containing gluten",)
    assert stated([]) == ()


def test_zones_lie_apart_on_the_piece_and_within_the_reach_of_the_demo_machine(pop_tart: Product) -> None:
    assert not pop_tart.zones["photo"].overlaps(pop_tart.zones["message"])
    assert pop_tart.jig.x + pop_tart.piece.width <= 220
    assert pop_tart.jig.y + pop_tart.piece.height <= 220


def test_the_recipe_is_a_bead_that_the_process_takes(pop_tart: Product) -> None:
    bead = pop_tart.recipes["frosting"].bead(e_area=314.0)
    assert bead.e_area == 314.0
    assert bead.speed(bead.width_max) >= bead.min_speed


WRONG = [
    ("zone: photo\n", "zone: foto\n", "zone: foto", "No zone is called 'foto'. Did you mean 'photo'?"),
    (
        "width: 100 mm, height: 70",
        "width: 130 mm, height: 70",
        "130",
        "The zone 'photo' reaches beyond the piece of 120 x 104 mm. Move it or make it smaller.",
    ),
    ("y: 7 mm", "y: 20 mm", "y: 20 mm", "The zones 'photo' and 'message' overlap. Move one of them."),
    ("after: [frost, slip]", "after: [frost, slop]", "slop", "No operation is called 'slop'. Did you mean 'slip'?"),
    ("process: document\n", "process: document\n    after: [pack]\n", "frost:", "The route runs in a circle"),
    (
        "fields: [photo, message]",
        "fields: [photo, massage]",
        "massage",
        "No field is called 'massage'. Did you mean 'message'?",
    ),
    (
        "material_from: frosting",
        "material_from: topping",
        "topping",
        "No option is called 'topping'. Options are: flavour, frosting.",
    ),
    (
        ", material: frosting-vanilla",
        "",
        "vanilla: {",
        "The choice 'vanilla' names no material. Add material: to it; the operation 'frost' needs it.",
    ),
    (
        "default: strawberry",
        "default: strawbery",
        "strawbery",
        "No choice is called 'strawbery'. Did you mean 'strawberry'?",
    ),
    ("min_height: 6 mm", "min_height: 20 mm", "min_height", "The letters would be higher than their zone."),
    ("name: pop-tart", "name: pop-tarts", "pop-tarts", "Rename the file to pop-tarts.yaml, or write name: pop-tart."),
    ("flow: 11 mm3/s", "flow: 140 mm3/s", "nozzle", "change the flow, the widths or the speeds"),
    ("line_width: 1.2 mm", "line_width: 9 mm", "line_width", "Lettering of this width needs 1.5 mm/s"),
    ("x0: -15 mm", "x0: 15 mm", "prime", "The prime line crosses the piece."),
    ("x0: -15 mm", "x0: -150 mm", "prime", "The prime line lies outside of the machine."),
    ("allergens: [nuts]", "allergens: [hazelnuts]", "hazelnuts", "'hazelnuts' is not known here."),
    (
        "type: text",
        "type: sketch",
        "type: sketch",
        "'sketch' is not known here. Known are: code, drawing, model, monogram, pdf, photo, serial, text.",
    ),
    ("    type: text\n", "", "title: Message", "The key 'type' is missing."),
]


@pytest.mark.parametrize(("old", "new", "place", "says"), WRONG, ids=[one[2] for one in WRONG])
def test_each_mistake_is_refused_with_its_line_and_its_mend(old: str, new: str, place: str, says: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    found = parse(text, "pop-tart.yaml")
    assert isinstance(found, list)
    fitting = [p for p in found if says in f"{p.text} {p.mend}"]
    assert fitting, [str(p) for p in found]
    assert place in text.split("\n")[fitting[0].line - 1]


def test_a_product_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "pop-tart.yaml").write_text(TEXT)
    (tmp_path / "waffle.yaml").write_text(TEXT.replace("name: pop-tart", "name: waffle"))
    (tmp_path / "broken.yaml").write_text("name: [")
    catalog, problems = load(tmp_path)
    assert isinstance(catalog, Catalog)
    assert set(catalog.products) == {"pop-tart", "waffle"}
    assert catalog.broken == {"broken"}
    assert [Path(p.file).name for p in problems] == ["broken.yaml"]


def test_a_folder_without_products_is_told(tmp_path: Path) -> None:
    assert "no product" in load(tmp_path)[1][0].text
