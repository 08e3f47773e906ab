"""What an operator writes of a laser: the guide's own examples, and slips."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from fulfillment.catalog.laser import LaserRecipe
from fulfillment.config import check
from fulfillment.config.lasers import Laser

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "laser.md").read_text()


def configured(laser: str, tmp_path: Path) -> list[str]:
    """The problems of the shipped configuration with this laser in it."""
    text = (ROOT / "config.yaml").read_text()
    catalog = f"catalog: {ROOT / 'fulfillment' / 'catalog'}"
    text = re.sub(r"^catalog: .*$", catalog, text, flags=re.MULTILINE)
    block = "".join(f"    {line}\n" for line in laser.rstrip().split("\n"))
    text, count = re.subn(r"    laser:\n(?:      .*\n)+", lambda _: block, text, count=1)
    assert count == 1
    (tmp_path / "config.yaml").write_text(text)
    return [str(problem) for problem in check(tmp_path / "config.yaml")]


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_of_the_guide_are_good(number: int, tmp_path: Path) -> None:
    example = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)[number]
    assert yaml.safe_load(example)["laser"]["kind"] == "diode-10w"
    assert configured(example, tmp_path) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "offsets: [{ speed: 80, offset: 0.1 }, { speed: 40, offset: 0.05 }]",
            "The speeds of the offsets do not rise.",
        ),
        ("offsets: [{ speed: 80 m/s, offset: 0.1 }]", "80000 mm/s"),
        ("lines_per_second: 1", "at least 10"),
        ("presets: { wood: { type: laser, power: 1.2, speed: 20, line_width: 0.2 } }", "at most 1"),
        (
            "presets: { wood: { type: laser, power: 0.3, speed: 20, line_width: 0.2, "
            "photo: { interval: 0.1, dither: burkes } } }",
            "'burkes' is not known here.",
        ),
        (
            "presets: { wood: { type: laser, power: 0.3, speed: 20, line_width: 0.2, "
            "photo: { interval: 0.1, min_power: 0.4 } } }",
            "Powers from 0.4 to 0.3: write shares that rise",
        ),
    ],
)
def test_slips_are_named(line: str, says: str, tmp_path: Path) -> None:
    assert any(says in problem for problem in configured(f"laser:\n  kind: diode\n  {line}", tmp_path))


def test_a_laser_of_which_nothing_is_said_is_an_8_bit_grbl() -> None:
    laser = Laser(kind="diode")
    assert (laser.controller().rate, laser.controller().ahead, laser.table().at(100)) == (400, 15, 0)


def test_the_faintest_of_a_recipes_doses_is_dark_in_a_proof() -> None:
    recipe = LaserRecipe(type="laser", power=0.5, speed=25.0, line_width=0.2)
    assert recipe.dose == pytest.approx(0.1)
    darker = recipe.model_copy(update={"power": 1.0})
    assert darker.dose == pytest.approx(0.2)
