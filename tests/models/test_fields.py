"""What a product may say of a customer's model, and what is refused of one before anything is planned."""

from __future__ import annotations

from typing import Any

import pytest

from fulfillment import personalization
from fulfillment.config import load_factory
from fulfillment.config.loading import inspect
from fulfillment.web.sight import form

from .conftest import Change, Make


def without(part: str, *path: str) -> Change:
    def change(product: dict[str, Any]) -> None:
        for key in path:
            product = product[key]
        del product[part]

    return change


def with_(value: Any, *path: str) -> Change:
    def change(product: dict[str, Any]) -> None:
        for key in path[:-1]:
            product = product[key]
        product[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            with_("part", "body", "model"),
            "No field of the type model is called 'part'. Fields of that type are: model.",
        ),
        (without("model", "body"), "A body is of a template, or a customer's model."),
        (with_("tag", "body", "template"), "A body is of a template, or a customer's model."),
        (with_("raised", "body", "style"), "A customer's model is printed as it is. Take it out."),
        (
            with_("cura", "body", "slicer"),
            "'cura' is not known here. Known are: own, own-then-prusaslicer, prusaslicer.",
        ),
        (with_("scale", "fields", "model", "unit_from"), "No option is called 'scale'."),
        (with_({"title": "furlong"}, "options", "unit", "choices", "furlong"), "No unit is called 'furlong'."),
        (with_([], "fields", "model", "formats"), "at least 1"),
        (with_({"template": "tag"}, "body"), "A customer's model is only made as the body of its piece."),
    ],
)
def test_a_product_that_makes_no_sense_is_told(change: Change, said: str, written: Make) -> None:
    _, problems = inspect(written(change))
    assert any(said in str(problem) for problem in problems), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("fields", "options", "files", "field", "said"),
    [
        ({}, {}, {}, "model", "Model is missing. Please upload 3MF or OBJ or STL."),
        ({"model": "part.stl"}, {}, {}, "model", "Model did not arrive as a file. Please upload 3MF or OBJ or STL."),
        ({}, {}, {"model": b""}, "model", "The model is an empty file. Please upload it again."),
        ({}, {}, {"model": b"\xff\xd8\xff\xe0" + bytes(40)}, "model", "The model is a photo."),
        ({}, {}, {"model": b"ISO-10303-21;\nHEADER;"}, "model", "The model is a STEP model. Please export it as STL"),
        ({}, {"unit": "parsec"}, {}, "unit", "Drawn in 'parsec' is not offered. Please choose one of: as its file"),
    ],
)
def test_what_no_reading_is_needed_for_is_refused_at_once(
    fields: dict[str, str], options: dict[str, str], files: dict[str, bytes], field: str, said: str, written: Make
) -> None:
    product = load_factory(written()).catalog["your-model"]
    found = personalization.check(product, fields, options, files)
    assert isinstance(found, list)
    assert any(one.field == field and str(one).startswith(said) for one in found), list(map(str, found))


def test_a_kind_of_file_that_the_product_does_not_take_is_named(block: bytes, written: Make) -> None:
    product = load_factory(written(with_(["3mf"], "fields", "model", "formats"))).catalog["your-model"]
    assert personalization.check(product, {}, {}, {"model": block}) == [
        personalization.Problem("model", "Model is of the kind STL.", "Please export it as 3MF.")
    ]


def test_a_model_is_kept_by_its_digest_as_photos_are(block: bytes, written: Make) -> None:
    found = personalization.check(load_factory(written()).catalog["your-model"], {}, {}, {"model": block})
    assert isinstance(found, personalization.Resolved)
    assert found.body()["photos"] == {"model": found.models["model"].sha256}
    assert found.models["model"].media_type == "model/stl"


def test_the_form_that_corrects_a_unit_asks_for_a_model(written: Make) -> None:
    product = load_factory(written()).catalog["your-model"]
    model, *_, unit = form(product, {"fields": {"model": {"sha256": "0" * 64}}, "options": {"unit": "inch"}})
    assert model == {
        "name": "model",
        "title": "Model",
        "required": True,
        "kind": "model",
        "sent": True,
        "endings": [".3mf", ".obj", ".stl"],
    }
    assert (unit["name"], unit["value"]) == ("unit", "inch")
