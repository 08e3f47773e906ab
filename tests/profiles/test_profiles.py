"""Profiles: what files say together, which of them counts, and what is wrong in words that name file, key and range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from fulfillment import profiles
from fulfillment.cli import ful
from fulfillment.positions import Problem
from fulfillment.profiles import SHIPPED, NoProfile, Profiles, resolved
from gcode.slicing.profile import Profile

SHIPPED_CONFIG = Path(__file__).parents[2] / "config.yaml"
Make = Callable[..., tuple[Profiles, list[Problem]]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """The shipped profiles with files of a factory's own: a path below its folder to a text."""

    def load(**files: str) -> tuple[Profiles, list[Problem]]:
        for name, text in files.items():
            folder, _, stem = name.partition("__")
            path = tmp_path / folder / f"{stem.replace('_', '.')}.yaml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return profiles.load(SHIPPED, tmp_path)

    return load


@pytest.fixture(scope="module")
def shipped() -> Profiles:
    found, problems = profiles.load(SHIPPED)
    assert problems == [] and list(profiles.impossible(found)) == []
    return found


def test_quality_nozzle_and_material_make_one_profile(shipped: Profiles) -> None:
    found = resolved(shipped, "pla", "normal", 0.4)
    assert replace(found.profile, adhesion=Profile().adhesion) == Profile(), "the usual one, but for its skirt"
    assert (found.temperature, found.bed_temperature) == (210, 60)
    assert found.windows == {"nozzle": (185, 235), "bed": (20, 70)}
    fine, wide = resolved(shipped, "pla", "fine", 0.4), resolved(shipped, "pla", "normal", 0.6)
    assert (fine.profile.height, wide.profile.height) == pytest.approx((0.12, 0.3))
    assert wide.profile.widths.outer == pytest.approx(0.675) and fine.profile.widths.outer == pytest.approx(0.45)


def test_what_a_later_file_says_counts_and_of_the_flow_the_least(shipped: Profiles) -> None:
    pla, petg, tpu = (resolved(shipped, kind, "normal", 0.4).profile for kind in ("pla", "petg", "tpu"))
    assert (pla.max_flow, petg.max_flow, tpu.max_flow) == (11, 8, 3)
    assert resolved(shipped, "petg", "normal", 0.25).profile.max_flow == 4, "its nozzle melts less"
    assert tpu.speeds.outer == 20 and tpu.speeds.travel == 150, "the material says some, the quality the rest"
    values = resolved(shipped, "tpu", "normal", 0.4).values
    assert values["speeds.outer"].file.endswith("materials/tpu.yaml")
    assert values["speeds.travel"].file.endswith("qualities/normal.yaml")
    assert values["seam"].file == "" and "filament" not in values


def test_a_factory_s_own_file_counts_and_may_inherit_the_shipped_one(make: Make) -> None:
    found, problems = make(materials__pla="inherits: pla\ntemperature: 205 degC\n", qualities__rough="height: 60 %\n")
    assert problems == []
    cooler = resolved(found, "pla", "normal", 0.4)
    assert cooler.temperature == 205 and cooler.bed_temperature == 60 and cooler.profile.cooling.fan == 1.0
    assert cooler.values["temperature"].file != cooler.values["bed_temperature"].file
    assert resolved(found, "pla", "rough", 0.4).profile.height == pytest.approx(0.24)


@pytest.mark.parametrize(
    ("files", "key", "said"),
    [
        ({"qualities__q": "perimeter: 3\n"}, "perimeter", "Did you mean 'perimeters'?"),
        ({"qualities__q": "infill: { density: 20 }\n"}, "infill.density", "density is 20. Write 0 to 1."),
        ({"qualities__q": "speeds: { outer: 0 mm/s }\n"}, "speeds.outer", "outer is 0. Write 0.1 to 2000."),
        ({"qualities__q": "speeds: { outer: 1800 mm/min }\n"}, "speeds.outer", "Write '30 mm/s'."),
        ({"qualities__q": "height: half\n"}, "height", "Write a number in mm"),
        ({"qualities__q": "height: 5 5 %\n"}, "height", "is no share of the nozzle"),
        ({"qualities__q": "seam: left\n"}, "seam", "'left' is not known here."),
        ({"qualities__q": "temperature: 200 degC\n"}, "temperature", "Nobody reads a key 'temperature' here."),
        ({"materials__m": "window: { min: 230 degC, max: 200 degC }\n"}, "window.max", "The window has no width."),
        ({"qualities__q": "inherits: nobody\n"}, "inherits", "No other file of qualities is called 'nobody'."),
        ({"qualities__q": "inherits: q\n"}, "inherits", "No other file of qualities is called 'q'."),
        (
            {"qualities__q": "inherits: r\n", "qualities__r": "inherits: q\n"},
            "inherits",
            "comes back to itself",
        ),
    ],
)
def test_what_is_wrong_names_file_and_key(make: Make, files: dict[str, str], key: str, said: str) -> None:
    _, problems = make(**files)
    assert problems and problems[0].path == key
    assert (
        said in str(problems[0]) and problems[0].file.endswith((".yaml",)) and "qualities/normal" not in str(problems)
    )


def test_what_files_say_together_may_be_impossible(make: Make) -> None:
    found, problems = make(qualities__thick="inherits: normal\nheight: 0.5 mm\n")
    assert problems == []
    (one, *_) = profiles.impossible(found)
    assert one.file.endswith("thick.yaml") and "at most 0.8 of the nozzle" in one.text and "thick.yaml" in one.mend
    found, _ = make(qualities__thick="inherits: normal\n", materials__hot="inherits: pla\ntemperature: 300 degC\n")
    with pytest.raises(NoProfile, match=r"temperature is 300 degC, outside of window from 185 to 235.*hot\.yaml"):
        resolved(found, "hot", "normal", 0.4)
    found, _ = make(materials__hot="title: Unknown\n")
    with pytest.raises(NoProfile, match=r"Nothing says how hot hot is laid\. Write temperature: in .*hot\.yaml"):
        resolved(found, "hot", "normal", 0.4)


def test_who_is_not_there_is_named(shipped: Profiles) -> None:
    with pytest.raises(NoProfile, match=r"materials is called plaa\.yaml\. Did you mean 'pla'"):
        resolved(shipped, "plaa", "normal", 0.4)
    with pytest.raises(NoProfile, match=r"nozzles is called 0\.5\.yaml"):
        resolved(shipped, "pla", "normal", 0.5)


def test_the_command_line_says_every_number_and_where_it_comes_from() -> None:
    said = CliRunner().invoke(ful, ["--config", str(SHIPPED_CONFIG), "profile", "show", "pla-petrol"])
    assert said.exit_code == 0, said.output
    rows = {line.split()[0]: line.split()[1:] for line in said.output.splitlines() if line[:1].islower()}
    assert rows["temperature"] == ["210.0", "materials/pla.yaml"] and rows["seam"] == ["corner"]
    wrong = CliRunner().invoke(ful, ["--config", str(SHIPPED_CONFIG), "profile", "show", "pla", "--quality", "fin"])
    assert wrong.exit_code == 1 and "Did you mean 'fine'?" in wrong.output
    listed = CliRunner().invoke(ful, ["--config", str(SHIPPED_CONFIG), "profile", "list"])
    assert "qualities/draft.yaml" in listed.output
