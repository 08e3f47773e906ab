"""Parameters and the rules between them: each conflict is named. Content stays on the surface, clear of openings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.catalog import FOLDER, Bound, Catalog, Parameter, Product, Rule, load, parse
from fulfillment.catalog.parameters import conflicts
from fulfillment.describe import described, lines
from fulfillment.personalization import Resolved, check
from gcode.design import Drawing
from gcode.geometry import rectangle
from gcode.outline import contours
from gcode.surface import EDGE, Surface, strays


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    found, problems = load(FOLDER)
    assert problems == []
    return found


@pytest.fixture
def guitar(catalog: Catalog) -> Product:
    return catalog["guitar-body"]


def asked(product: Product, **options: str) -> Any:
    return check(product, {"name": "Ada"}, {name.replace("_", "-"): value for name, value in options.items()}, {})


# --- one parameter ------------------------------------------------------------------------------------------------


def test_what_is_not_said_is_the_default(guitar: Product) -> None:
    found = asked(guitar, scale="650 mm", strings=" 7 ")
    assert isinstance(found, Resolved)
    assert found.parameters == {"strings": 7, "scale": 650, "bridge": 110, "bridge-pickup": 40, "neck-pickup": 150}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("9", "Strings is 9; 6 to 8 can be made."),
        ("6.5", "Strings is 6.5; it goes in steps of 1, such as 6 and 7."),
        ("six", "Strings 'six' is no number that is understood."),
        ("1e3", "Strings '1e3' is no number that is understood."),
        ("nan", "Strings 'nan' is no number that is understood."),
        ("7; M104 S300", "Strings '7; M104 S300' is no number that is understood."),
        ("٧", "Strings '٧' is no number that is understood."),
    ],
)
def test_what_cannot_be_made_is_said(value: str, said: str, guitar: Product) -> None:
    (problem,) = asked(guitar, strings=value)
    assert (problem.field, problem.reason) == ("strings", said)


def test_one_without_a_default_is_asked_for(guitar: Product) -> None:
    bare = guitar.parameters["strings"].model_copy(update={"default": None})
    product = guitar.model_copy(update={"parameters": {**guitar.parameters, "strings": bare}})
    (problem,) = asked(product)
    assert str(problem) == "Strings is missing. Please choose 6 to 8."


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e3), st.integers(0, 1000))
def test_whole_steps_can_be_made_and_half_ones_cannot(low: float, step: float, count: int) -> None:
    one = Parameter(title="A", minimum=low, maximum=low + step * 1001, step=step)
    assert one.wrong(low + step * count) is None
    assert one.wrong(low + step * (count + 0.5)) is not None


# --- rules ----------------------------------------------------------------------------------------------------------


def test_a_conflict_names_both_and_says_what_would_do(guitar: Product) -> None:
    (problem,) = asked(guitar, neck_pickup="70")
    assert problem.field == "neck-pickup"
    assert problem.reason == (
        "Neck pickup position of 70 mm and Bridge pickup position of 40 mm conflict: Neck pickup position must then be "
        "at least 85 mm. Two pickups of 40 mm need room between them."
    )
    assert problem.mend == "Please change Neck pickup position or Bridge pickup position."
    assert isinstance(asked(guitar, neck_pickup="85"), Resolved)


def test_every_conflict_is_told_at_once(guitar: Product) -> None:
    found = asked(guitar, strings="8", scale="610", neck_pickup="170", bridge="140")
    assert [problem.field for problem in found] == ["bridge-pickup", "neck-pickup", "scale"]


value = st.floats(-1000, 1000, allow_nan=False)


@given(value, value, st.floats(-5, 5), value, st.booleans())
def test_a_rule_is_broken_where_its_inequality_is(a: float, b: float, times: float, plus: float, low: bool) -> None:
    bound = Bound(of="b", times=times, plus=plus)
    rule = Rule(value="a", **{"at_least" if low else "at_most": bound}, because="It would break.")
    parameters = {name: Parameter(title=name, minimum=-1001, maximum=1001) for name in "ab"}
    room = (a - (times * b + plus)) * (1 if low else -1)
    found = list(conflicts(parameters, (rule,), {"a": a, "b": b}))
    if abs(room) > 1e-6:
        assert bool(found) == (room < 0)
    assert list(conflicts(parameters, (rule,), {"a": a})) == [], "of what is not known, nothing is said"


WRONG = [
    ("maximum: 8", "maximum: 5", "The minimum is not below the maximum."),
    ("step: 1, default: 6", "step: 1, default: 9", "The default is 9; 6 to 8 can be made."),
    ("of: strings, times: 25", "of: string, times: 25", "No parameter is called 'string'. Did you mean 'strings'?"),
    ("{ of: neck-pickup, plus: 100 }", "{ of: neck, plus: 100 }", "No parameter is called 'neck'."),
    (
        "times: 25, plus: 460",
        "times: 25, plus: 600",
        "The defaults break this rule: Scale length of 648 mm and Strings",
    ),
    ("M 160 0 C", "M 160 0 A", "The outline is not understood: A is not understood"),
    ("M 160 0 C", "M 160 -5 C", "The outline spans x"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[one[2][:30] for one in WRONG])
def test_a_product_that_contradicts_itself_is_refused(old: str, new: str, said: str) -> None:
    text = (FOLDER / "guitar-body.yaml").read_text()
    assert old in text
    found = parse(text.replace(old, new), "guitar-body.yaml")
    assert isinstance(found, list)
    assert any(said in str(problem) for problem in found)


# --- outlines and surfaces --------------------------------------------------------------------------------------------


def area(contour: Any) -> float:
    x, y = contour.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def test_a_path_becomes_contours_of_its_size() -> None:
    edge, hole = contours("M 0,0 L10 0 10 10 L0 10Z M 2 5 Q 2 8 5 8 Q 8 8 8 5 Q 8 2 5 2 Q 2 2 2 5 Z")
    assert area(edge) == 100
    assert area(hole) == pytest.approx(30, rel=0.01), "two thirds of each corner's square, and the inner one"


@pytest.mark.parametrize(
    "path", ["", "L 1 1", "M 1", "M 0 0 L 1 1 Z", "M 0 0 l 1 1", "M 0 0 L nan 1 2 2 Z", "M 0 0 L 1e9 0 1 1 Z", "Z 1 2"]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        contours(path)


@given(st.text(max_size=60))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        found = contours(text)
    except ValueError:
        return
    assert all(np.isfinite(contour).all() and len(contour) > 2 for contour in found)


SURFACE = Surface(rectangle(0, 0, 100, 50, 5), {"the hole": rectangle(40, 20, 60, 30)})


def stroke(*points: tuple[float, float]) -> Drawing:
    return Drawing(strokes=(np.array(points, dtype=float),))


@pytest.mark.parametrize(
    ("drawing", "width", "found"),
    [
        (stroke((10, 10), (90, 10)), 1, ()),
        (stroke((10, 25), (90, 25)), 1, ("the hole",)),
        (stroke((10, 19.6), (90, 19.6)), 0.7, ()),
        (stroke((10, 19.6), (90, 19.6)), 0.9, ("the hole",)),
        (stroke((10, 10), (100.1, 10)), 0, (EDGE,)),
        (stroke((10, 0.4), (90, 0.4)), 1, (EDGE,)),
        (stroke((0.5, 0.5), (1, 1)), 0.1, (EDGE,)),
        (stroke((-5, 25), (105, 25)), 1, (EDGE, "the hole")),
        (Drawing(outlines=(rectangle(30, 10, 70, 40),)), 0.1, ("the hole",)),
        (Drawing(outlines=(rectangle(30, 10, 70, 40), rectangle(38, 18, 62, 32)[::-1])), 0.1, ()),
        (Drawing(), 1, ()),
    ],
)
def test_content_stays_on_the_surface(drawing: Drawing, width: float, found: tuple[str, ...]) -> None:
    assert strays(drawing, SURFACE, width) == found


# --- a product in words ---------------------------------------------------------------------------------------------


def test_every_product_is_described(catalog: Catalog) -> None:
    for product in catalog.products.values():
        told, text = described(product), "\n".join(lines(product))
        for name in (*product.fields, *product.options, *product.parameters, *product.route):
            assert f"{name}: " in text
        assert told["fields"].keys() == product.fields.keys()


def test_rules_are_sentences(guitar: Product) -> None:
    assert described(guitar)["rules"][0] == (
        "Neck pickup position is at least Bridge pickup position + 45 mm. Two pickups of 40 mm need room between them."
    )
