"""Print profiles and ICC files: what is shipped, what a factory's own may say, and how they can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageCms

from fulfillment.config import check
from fulfillment.press import BadIcc, NoProfile, header, load
from fulfillment.press.colour import BLACK, Colours, Ink
from fulfillment.press.icc import press
from fulfillment.press.loading import SHIPPED_ICC

SHIPPED = (SHIPPED_ICC / "fogra39-coated.icc").read_bytes()
CONFIG = Path(__file__).parents[2] / "config.yaml"


def own(folder: Path, name: str, text: str, icc: bytes | None = None):  # type: ignore[no-untyped-def]
    (folder / f"{name}.yaml").write_text(text)
    if icc is not None:
        (folder / "mine.icc").write_bytes(icc)
    return load(folder, folder)


def test_what_is_shipped_is_whole() -> None:
    profiles, problems = load()
    assert not problems
    assert {"photo", "coated", "vinyl", "poster", "edible"} <= set(profiles.named)
    for profile in profiles.named.values():
        data = profiles.file(profile)
        assert (data is None) == (profile.colour.space == "rgb")
    found = press(SHIPPED)
    assert (found.kind, found.space) == ("output", "cmyk") and len(SHIPPED) < 700_000
    assert SHIPPED[24:36] == bytes(12), "it says nothing of the day it was made"


def test_a_file_of_the_factory_takes_the_place_of_the_shipped_one_and_inherits_it(tmp_path: Path) -> None:
    profiles, problems = own(tmp_path, "coated", "inherits: coated\nink_limit: 280\nmarks: { bar: false }\n")
    assert not problems
    before = load()[0]["coated"]
    assert profiles["coated"].ink_limit == 280 and not profiles["coated"].marks.bar
    assert profiles["coated"].marks.registration == before.marks.registration, (
        "what is not said is inherited, key by key"
    )
    assert profiles["vinyl"].ink_limit == 280, "who inherits it inherits the factory's"
    with pytest.raises(NoProfile, match="photo"):
        profiles["foto"]


def test_the_factory_s_own_icc_comes_first(tmp_path: Path) -> None:
    text = "inherits: coated\ncolour: { icc: mine.icc, condition: Ours }\n"
    profiles, problems = own(tmp_path, "ours", text, SHIPPED + b"")
    assert not problems
    assert profiles.file(profiles["ours"]) == SHIPPED


WRONG = {
    "space: rgb with icc": ("colour: { space: rgb, icc: mine.icc }", "A page in rgb is sRGB"),
    "cmyk without icc": ("colour: { space: cmyk }", "no file describes it"),
    "x-4 in rgb": ("standard: pdf-x-4", "PDF/X-4 asks for the profile of a press"),
    "unknown key": ("blead: 3 mm", "Nobody reads a key 'blead'"),
    "another unit": ("bleed: 3 furlongs", "bleed"),
    "levels": ("resolution: { good: 200, least: 250 }", "Photos below good"),
    "too rich": ("ink_limit: 200\nblack: { rich: [60, 60, 60, 100] }", "Rich black has 280 %"),
    "spot of every file": ("spots: { Cyan: { cmyk: [100, 0, 0, 0] } }", "Cyan is an ink that every file has"),
    "spot with an order in its name": ('spots: { "Cut/JS": { cmyk: [100, 0, 0, 0] } }', "form of text"),
    "icc elsewhere": ("colour: { space: cmyk, icc: ../../secret.icc }", "form of text"),
    "icc not there": ("colour: { space: cmyk, icc: nowhere.icc }", "No file nowhere.icc is there"),
    "inherits nothing": ("inherits: nobody", "'nobody' is no other profile"),
    "inherits itself": ("inherits: wrong", "'wrong' is no other profile"),
    "no mapping": ("- 3", "mapping"),
}


@pytest.mark.parametrize("case", sorted(WRONG))
def test_what_is_wrong_is_told_with_its_line(case: str, tmp_path: Path) -> None:
    text, said = WRONG[case]
    profiles, problems = own(tmp_path, "wrong", text + "\n", SHIPPED)
    assert problems and any(said in f"{one.text} {one.path}" for one in problems), problems
    assert all(one.file.endswith("wrong.yaml") and one.line for one in problems)
    assert "wrong" not in profiles.named and "coated" in profiles.named


def test_what_an_inherited_profile_makes_impossible_is_told(tmp_path: Path) -> None:
    _, problems = own(tmp_path, "ours", "inherits: coated\nink_limit: 150\n")
    assert any("Rich black has 200 %" in one.text for one in problems)


def altered(at: int, value: bytes) -> bytes:
    return SHIPPED[:at] + value + SHIPPED[at + len(value) :]


BAD = {
    "a text": (b"hello" * 100, "no ICC file"),
    "cut off": (SHIPPED[:-100], "a part is missing"),
    "for light": (ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), "class display"),
    "an rgb press": (altered(16, b"RGB "), "for rgb"),
    "a thousand tags": (altered(128, (1000).to_bytes(4)), "table of contents is damaged"),
    "a tag beyond its end": (altered(136, (99_000_000).to_bytes(4)), "points beyond its end"),
    "empty": (b"", "no ICC file"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_files_that_describe_no_press_are_refused(case: str, tmp_path: Path) -> None:
    data, said = BAD[case]
    with pytest.raises(BadIcc, match=said):
        press(data)
    _, problems = own(tmp_path, "ours", "inherits: coated\ncolour: { icc: mine.icc }\n", data)
    (problem,) = problems
    assert problem.text.startswith("mine.icc: ") and problem.mend


@given(st.binary(max_size=400), st.integers(0, len(SHIPPED) - 1))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int) -> None:
    for data in (noise, altered(at, noise)[: len(SHIPPED)]):
        try:
            header(data)
        except BadIcc as bad:
            assert str(bad).endswith(".")


def test_the_configuration_names_products_whose_profile_is_not_there(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    card = (CONFIG.parent / "fulfillment/catalog/photo-card.yaml").read_text()
    (catalog / "photo-card.yaml").write_text(card.replace("profile: photo", "profile: foto"))
    text = CONFIG.read_text().replace("catalog: fulfillment/catalog", f"catalog: {catalog}")
    (tmp_path / "config.yaml").write_text(text)
    found = [one for one in check(tmp_path / "config.yaml") if "profile" in one.text]
    assert [one.text for one in found] == ["No print profile is called 'foto'."]
    assert found[0].file.endswith("photo-card.yaml") and found[0].line > 1


def test_colours_of_a_press() -> None:
    profiles, _ = load()
    coated = Colours(profiles["coated"], profiles.file(profiles["coated"]))
    assert coated.ink("#000000") == BLACK
    assert coated.ink("#000000", large=True) == Ink("cmyk", (0.4, 0.3, 0.3, 1.0))
    assert coated.ink("#ffffff").values == (0.0, 0.0, 0.0, 0.0)
    red = coated.ink("#d01020")
    assert red.space == "cmyk" and red.values[1] > 0.8 and red.values[2] > 0.6 and red.values[0] < 0.2
    light = Colours(profiles["photo"], None)
    assert light.ink("#000000") == Ink("gray", (0.0,)) and light.ink("#ff0000") == Ink("rgb", (1.0, 0.0, 0.0))
