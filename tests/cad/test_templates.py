"""What templates declare, and what is refused before any worker is asked: none is ever started here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from fulfillment.cad import CadRefused, Shelf, Template, Wish, Workshop
from fulfillment.catalog.parameters import conflicts
from fulfillment.fields import Refused
from gcode.design import Drawing

SHELF = Shelf()
LONG = pytest.param("a" * 5000, id="long")
Drawn = Callable[[Template, np.random.Generator], dict[str, float]]
SQUARE = np.array([(0.0, 0.0), (5, 0), (5, 5), (0, 5)])


@pytest.fixture
def refusal() -> Callable[[Wish], CadRefused]:
    def refuse(wish: Wish) -> CadRefused:
        with Workshop() as workshop, pytest.raises(CadRefused) as caught:
            workshop.build(wish)
        assert workshop.pid is None
        return caught.value

    return refuse


def test_neither_templates_nor_the_workshop_load_cadquery() -> None:
    look = (
        "import sys; from fulfillment.cad import *; import fulfillment.cad.files\n"
        "[Shelf().template(name) for name in Shelf().names()]; Workshop().close()\n"
        "print([name for name in ('cadquery', 'OCP', 'vtkmodules') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("name", SHELF.names())
def test_defaults_can_be_made_and_leave_a_zone(name: str) -> None:
    template = SHELF.template(name)
    values = template.checked({})
    assert values.keys() == template.parameters.keys()
    assert template.zone(values).width > 0


@pytest.mark.parametrize("name", SHELF.names())
def test_whatever_the_rules_allow_leaves_a_zone(name: str, drawn: Drawn) -> None:
    template = SHELF.template(name)
    rng = np.random.default_rng(7)
    allowed = 0
    for _ in range(300):
        values = drawn(template, rng)
        if not any(conflicts(template.parameters, template.rules, values)):
            allowed += 1
            assert template.zone(template.checked(values)).height > 0
    assert allowed > 20


def test_templates_are_known_by_their_names() -> None:
    grown = {"cutter", "keyring", "letter-stand", "lithophane", "topper"}
    assert set(SHELF.names()) == grown | {"cable-tidy", "monogram", "plant-label", "tag"}
    assert {name for name in SHELF.names() if SHELF.template(name).grow} == grown


@pytest.mark.parametrize("name", ["tags", "../worker", "", "tag.py", "/etc/passwd", "Tag", "__init__", LONG])
def test_an_unknown_template_is_refused_with_those_that_are(refusal: Callable[[Wish], CadRefused], name: str) -> None:
    said = str(refusal(Wish(name)))
    assert "No template is called" in said
    assert "'tag'" in said or "keyring" in said
    assert len(said) < 200


def test_all_values_out_of_range_are_named_at_once(refusal: Callable[[Wish], CadRefused]) -> None:
    said = refusal(Wish("tag", {"width": 500, "thickness": 1.5, "wings": 2, "hole": float("nan")}))
    told = {one.parameter: one.reason for one in said.conflicts}
    assert told.keys() == {"width", "thickness", "wings", "hole"}
    assert told["width"] == "Width is 500 mm; 25 mm to 150 mm can be made."
    assert "steps of 0.2 mm" in told["thickness"]
    assert "no parameter 'wings'" in told["wings"]
    assert "no number" in told["hole"]


def test_a_conflict_names_both_parameters(refusal: Callable[[Wish], CadRefused]) -> None:
    (one,) = refusal(Wish("tag", {"hole": 10, "height": 12})).conflicts
    assert one.parameter == "hole"
    assert "Hole of 10 mm and Height of 12 mm conflict" in one.reason
    assert one.mend == "Please change Hole or Height."


@pytest.mark.parametrize(
    ("template", "values", "first", "second"),
    [
        ("cable-tidy", {"cable": 12, "length": 15}, "Cable diameter of 12 mm", "Length of the name"),
        ("cable-tidy", {"screw": 6, "depth": 10}, "Screw size of 6 mm", "Depth of 10 mm"),
        ("cable-tidy", {"cable": 15, "screw": 3}, "Screw size of 3 mm", "Cable diameter of 15 mm"),
        ("monogram", {"size": 30, "rim": 6}, "Width of the rim of 6 mm", "Size of 30 mm"),
        ("plant-label", {"stake": 120}, "Width of the stake of 8 mm", "Length of the stake of 120 mm"),
        ("topper", {"height": 100}, "Length of the sticks of 70 mm", "Height of the words of 100 mm"),
        ("lithophane", {"thickest": 1.6}, "Thickness of black of 1.6 mm", "Thickness of white of 0.8 mm"),
    ],
)
def test_every_conflict_names_what_a_customer_can_change(
    template: str, values: dict[str, float], first: str, second: str
) -> None:
    with pytest.raises(CadRefused) as caught:
        SHELF.template(template).checked(values)
    said = str(caught.value)
    assert first in said
    assert second in said


@pytest.mark.parametrize(
    ("drawing", "style", "said"),
    [
        (Drawing(outlines=(SQUARE + 500,)), "", "beyond its zone"),
        (Drawing(outlines=(SQUARE * np.nan,)), "", "not finite"),
        (Drawing(), "", "nothing in the drawing"),
        (Drawing(outlines=(np.repeat(SQUARE + 10, 5001, axis=0),)), "", "20,004 points"),
        (Drawing(outlines=(SQUARE + 12,)), "risen", "Did you mean 'raised'"),
        (None, "raised", "Nothing was sent"),
    ],
)
def test_content_that_cannot_be_is_refused(
    refusal: Callable[[Wish], CadRefused], drawing: Drawing | None, style: str, said: str
) -> None:
    assert said in str(refusal(Wish("tag", drawing=drawing, style=style)))


@pytest.mark.parametrize("colours", [{"body": "red"}, {"lid": "#ff0000"}, {"body": '#ff0000"/><x a="'}])
def test_a_colour_is_a_number_for_a_part_that_there_is(
    refusal: Callable[[Wish], CadRefused], colours: dict[str, str]
) -> None:
    assert "#rrggbb" in str(refusal(Wish("tag", colours=colours)))


def test_letters_that_no_font_has_are_refused_before_there_is_a_drawing(words: Callable[..., Drawing]) -> None:
    with pytest.raises(Refused, match="cannot be made here"):
        words("tag", "Grace \U00012000")
