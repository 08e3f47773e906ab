"""Bare bodies: found where they are kept, built where they are not, and never taken damaged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fulfillment.cad import CadFailed, CadRefused, CadUnavailable, Shelf, Workshop, bodies
from fulfillment.cad.bodies import SHIPPED, Bodies, key_of, shipped, solid_of

VALUES = {"width": 70.0, "height": 24.0, "relief": 0.6}
"""Of the shipped name tag, whose other values are the template's own."""
EMPTY = Path(__file__).parents[1] / "cad" / "empty"


def key(**values: float) -> str:
    return key_of(Shelf(), "tag", {**VALUES, **values})


def test_the_package_has_the_bodies_of_its_products_and_no_others() -> None:
    wanted = shipped(Shelf())
    assert key() in wanted
    assert {path.stem for path in SHIPPED.glob("*.body")} == wanted.keys(), "run: python -m fulfillment.cad.bodies"


def test_shipped_bodies_are_what_cadquery_builds(workshop: Workshop) -> None:
    for name, (template, values) in shipped(workshop.shelf).items():
        again = Bodies().build(workshop, template, values)
        assert again == (SHIPPED / f"{name}.body").read_bytes()
    other = Bodies().build(workshop, "tag", {**VALUES, "hole": 5.0})
    assert other != again and solid_of(other).volume != solid_of(again).volume


def test_a_body_is_called_by_its_template_and_all_of_its_values(tmp_path: Path) -> None:
    assert key() == key(hole=4.0), "said or not, it is the same value"
    assert len({key(), key(hole=0.0), key(width=71.0)}) == 3
    with pytest.raises(CadRefused, match="no parameter 'girth'"):
        key(girth=1.0)
    own = tmp_path / "tag.py"
    own.write_text((Path(bodies.__file__).parent / "templates" / "tag.py").read_text() + "\n# mine\n")
    assert key_of(Shelf((tmp_path, *Shelf().folders)), "tag", VALUES) != key(), "its file says what is built"


def test_the_factory_s_own_folder_comes_first_and_what_is_damaged_is_passed_over(tmp_path: Path) -> None:
    data = (SHIPPED / f"{key()}.body").read_bytes()
    assert Bodies(tmp_path, shipped=EMPTY).find(key()) is None
    kept = tmp_path / f"{key()}.body"
    kept.write_bytes(data)
    assert Bodies(tmp_path, shipped=EMPTY).find(key()) == data
    for damaged in (b"", data[:-1], data + b"x", data[:200] + bytes(500) + data[700:], b"\xff" * 100):
        kept.write_bytes(damaged)
        assert Bodies(tmp_path, shipped=EMPTY).find(key()) is None
        assert Bodies(tmp_path).find(key()) == data, "the package's is there"
        with pytest.raises(CadFailed, match="damaged"):
            solid_of(damaged)


def test_what_was_built_is_kept_and_no_more_than_so_many(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "ON_DISK", 2)
    one = Bodies(tmp_path / "bodies")
    built = [one.build(workshop, "tag", {**VALUES, "hole": hole}) for hole in (5.0, 6.0, 7.0)]
    for number, path in enumerate(sorted((tmp_path / "bodies").glob("*"), key=lambda path: path.stat().st_mtime)):
        os.utime(path, (number, number))
    one.build(workshop, "tag", {**VALUES, "hole": 8.0})
    names = {path.name for path in (tmp_path / "bodies").glob("*")}
    assert names == {f"{key(hole=hole)}.body" for hole in (7.0, 8.0)}, "the oldest went, and nothing is left half done"
    assert one.find(key(hole=5.0)) == built[0], "it is still in memory"
    assert Bodies(tmp_path / "bodies").find(key(hole=5.0)) is None


def test_without_cadquery_it_is_said_and_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "cadquery.py").write_text("raise ImportError('no cadquery here')")
    with Workshop(packages=tmp_path / "none") as none, pytest.raises(CadUnavailable, match="install the extra `cad`"):
        Bodies(tmp_path / "bodies").build(none, "tag", {**VALUES, "hole": 9.0})
    assert not (tmp_path / "bodies").exists()
