"""A product's body against templates and profiles: what is wrong is named with its line, before anything is ordered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fulfillment.config import check

Tag = dict[str, Any]


def _set(*keys: str, value: Any) -> Callable[[Tag], None]:
    def change(tag: Tag) -> None:
        at = tag
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        at[keys[-1]] = value

    return change


def _drop(key: str) -> Callable[[Tag], None]:
    return lambda tag: tag.pop(key)


SIZE = {"title": "Size", "default": "small", "choices": {"small": {"title": "Small"}, "large": {"title": "Large"}}}
LARGE = {**SIZE, "choices": {**SIZE["choices"], "large": {"title": "Large", "values": {"width": 200}}}}  # type: ignore[dict-item]
WIDTH = {"title": "Width", "minimum": 20, "maximum": 90, "default": 70}


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        (_set("body", "template", value="tagg"), "body.template", "Did you mean 'tag'?"),
        (_set("body", "style", value="carved"), "body.style", "'carved' is not known here."),
        (_set("body", "profile", value="norml"), "body.profile", "Did you mean 'normal'?"),
        (_set("body", "values", "girth", value=3), "body.values.girth", "Tag has no parameter 'girth'."),
        (_set("body", "values", "width", value=500), "body.values.width", "25 mm to 150 mm can be made."),
        (_set("body", "values", "width", value="wide"), "body.values.width", "No parameter is called 'wide'."),
        (_set("body", "values", "width", value="7 cm"), "body.values.width", "Write '70 mm'."),
        (_set("body", "values", "relief", value=1.4), "body.values.relief", "Sunk words would go through."),
        (_set("zones", "content", "x", value=4), "zones.content", "Write { x: 9 mm, y: 3 mm, width: 58 mm"),
        (_drop("body"), "route.print.process", "What is printed has a body"),
        (_set("options", "size", value=LARGE), "options.size.choices.large.values.width", "is 200 mm"),
    ],
)
def test_a_slip_is_named_with_its_key(
    written: Callable[..., Path], change: Callable[[Tag], None], path: str, said: str
) -> None:
    (problem, *_) = check(written(change))
    assert problem.path == path and said in str(problem) and problem.file.endswith("name-tag.yaml")


def test_both_ends_of_a_parameter_can_be_built(written: Callable[..., Path]) -> None:
    def change(tag: Tag) -> None:
        tag["parameters"] = {"width": WIDTH}
        tag["body"]["values"]["width"] = "width"

    (problem,) = check(written(change))
    assert problem.path == "parameters.width.minimum" and "25 mm to 150 mm" in problem.text


def test_a_material_needs_a_profile_and_a_print_no_recipe(written: Callable[..., Path], tmp_path: Path) -> None:
    assert check(written()) == []
    nylon = [{"name": "pla-petrol", "kind": "nylon", "colour": "#2f6f73"}]
    (problem,) = check(written(materials=nylon))
    assert "is of the kind 'nylon', and there is no profile for it" in problem.text
    own = tmp_path / "profiles" / "materials"
    own.mkdir(parents=True)
    (own / "nylon.yaml").write_text("inherits: nobody\n")
    assert any(
        "No other file of materials is called 'nobody'" in one.text for one in check(written(profiles="profiles"))
    )
    (own / "nylon.yaml").write_text("temperature: 250 degC\n")
    assert check(written(materials=nylon, profiles="profiles")) == []
