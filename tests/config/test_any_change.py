"""Whatever one value of the shipped files is replaced by: check answers, in sentences, and never raises."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fulfillment.catalog import FOLDER, parse
from fulfillment.config import check
from fulfillment.positions import Document, Problem, read

ROOT = Path(__file__).parents[2]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "frosting-1", "pop-tart", "3 cm", "12 mm", "https://x/", "a b", "\u202e", "x" * 600]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["name", "kind", "env", "x"]), st.integers() | st.text(max_size=3), max_size=2),
)


def plain(path: Path) -> Document:
    found = read(path.read_bytes(), path.name)
    assert isinstance(found, Document)
    return found


CONFIG, PRODUCT = plain(ROOT / "config.yaml"), plain(FOLDER / "pop-tart.yaml")


def changed(document: Document, loc: tuple[str | int, ...], value: object) -> str:
    data: Any = copy.deepcopy(document.data)
    inside = data
    for part in loc[:-1]:
        inside = inside[part]
    inside[loc[-1]] = value
    return yaml.safe_dump(data, allow_unicode=True)


def are_sentences(problems: list[Problem]) -> None:
    for problem in problems:
        assert problem.text.endswith("."), problem
        assert problem.mend.rstrip().endswith((".", "?")), problem
        assert problem.line >= 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("factory")
    (made / "fulfillment").mkdir()
    shutil.copytree(FOLDER, made / "fulfillment" / "catalog")
    return made


@settings(max_examples=50, deadline=None)
@example(loc=("machines", 0, "driver"), value=[1])
@example(loc=("order_sources", 0, "skus", 0, "product"), value={"x": 1})
@example(loc=("materials", 0, "name"), value=[])
@example(loc=("machines", 4, "processes"), value=1)
@given(loc=st.sampled_from(sorted((loc for loc in CONFIG.values if loc), key=str)), value=ANYTHING)
def test_one_value_of_the_configuration(folder: Path, loc: tuple[str | int, ...], value: object) -> None:
    path = folder / "config.yaml"
    path.write_text(changed(CONFIG, loc, value))
    are_sentences(check(path))


@settings(max_examples=50, deadline=None)
@given(loc=st.sampled_from(sorted((loc for loc in PRODUCT.values if loc), key=str)), value=ANYTHING)
def test_one_value_of_a_product(loc: tuple[str | int, ...], value: object) -> None:
    found = parse(changed(PRODUCT, loc, value), "pop-tart.yaml")
    if isinstance(found, list):
        assert found
        are_sentences(found)


@pytest.mark.parametrize("text", ["- a list", "a word", "12", "{}", "[]", "null"])
def test_a_file_that_is_something_else(folder: Path, text: str) -> None:
    path = folder / "other.yaml"
    path.write_text(text)
    found = check(path)
    assert found
    are_sentences(found)
