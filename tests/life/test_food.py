"""Chocolate and batter from an order's words to bytes: warm before they are laid, as much as runs, and as approved."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fulfillment.config import Factory, load_factory
from fulfillment.machines import limits_of, offer_of, preflight, spoken
from fulfillment.planning import specification
from fulfillment.processes import Made, Problems, extrude_food
from gcode.parse import code_of, parse
from gcode.preflight import check
from gcode.trace import trace
from jobs.fits import misfits

ROOT = Path(__file__).parents[2]
CAT = (ROOT / "fulfillment" / "demo" / "files" / "cat.jpg").read_bytes()


@cache
def shipped() -> Factory:
    return load_factory(ROOT / "config.yaml")


def made(product: str, operation: str, texts: Mapping[str, str], files: Mapping[str, bytes] | None = None) -> Made:
    files = files or {}
    options = {name: option.default for name, option in shipped().catalog[product].options.items()}
    resolved = {"texts": dict(texts), "options": options, "photos": dict.fromkeys(files, "0" * 64)}
    return extrude_food.render(specification(shipped(), product, operation, resolved), files)


@cache
def plaque() -> Made:
    return made("chocolate-plaque", "draw", {"message": "For Ada"}, {"photo": CAT})


@cache
def pancake() -> Made:
    return made("pancake", "bake", {"initials": "AL"})


def lines(data: bytes) -> list[str]:
    return data.decode().splitlines()


def test_chocolate_is_warm_before_it_moves_and_stays_so() -> None:
    program = lines(plaque().data)
    assert program.index("M109 R32") < next(n for n, line in enumerate(program) if " E" in line and n > 12)
    assert [line for line in program if line.startswith(("M104", "M109"))] == ["M104 S32", "M109 R32", "M104 S0"]
    assert "M302 P1" in program, "Marlin refuses to push below 170 degC"
    assert plaque().needs.heat == {"nozzle": (31.0, 33.5)}


def test_batter_waits_for_its_griddle_and_the_heat_is_off_at_the_end() -> None:
    program = lines(pancake().data)
    assert "M190 S185" in program, "Klipper waits for cooling by S, too"
    assert [line for line in program if line.startswith("M140")] == ["M140 S185", "M140 S0"]
    rests = [line for line in program if line.startswith("G4") and int(line[4:]) >= 1000]
    assert rests == ["G4 P35000", "G4 P90000"], "the letters brown, and all of it bakes on"
    assert program.index("G4 P90000") < program.index("M140 S0")


BROKEN = [
    ("M109 R32", "M109 S32", "before M109 R has waited"),
    ("M109 R32", "M109 R30", "before M109 R has waited"),
    ("M109 R32", "M109 R45", "before M109 R has waited"),
    ("M109 R32\n", "", "before M109 R has waited"),
    ("M107\nG92", "M104 S20\nG92", "set outside of 31 to 33.5"),
]


@pytest.mark.parametrize(("old", "new", "text"), BROKEN)
def test_preflight_refuses_what_would_be_laid_outside_of_its_window(old: str, new: str, text: str) -> None:
    machine = shipped().config.machine("chocolate-1")
    assert preflight(machine, plaque().data, plaque().needs) == []
    broken = plaque().data.replace(old.encode(), new.encode(), 1)
    assert broken != plaque().data
    found = preflight(machine, broken, plaque().needs)
    assert any(text in one for one in found), found
    assert preflight(machine, broken, replace(plaque().needs, heat={})) == [], "nothing else is wrong with it"


def test_a_heater_hotter_than_the_machine_allows_is_refused_by_r_as_by_s() -> None:
    machine = shipped().config.machine("chocolate-1")
    hot = plaque().data.replace(b"M109 R32", b"M109 R250")
    assert any("a target of 250" in one for one in preflight(machine, hot, replace(plaque().needs, heat={})))


def test_only_a_machine_that_holds_the_heat_may_take_it() -> None:
    config = shipped().config
    offers = {machine.name: offer_of(machine, config.materials) for machine in config.machines}
    assert misfits(offers["chocolate-1"], plaque().needs) == []
    said = " ".join(reason.text for reason in misfits(offers["frosting-1"], plaque().needs))
    assert "cannot heat its nozzle, 31 to 33.5 degrees C are needed" in said and "feeder not stated" in said
    assert misfits(offers["griddle-1"], pancake().needs) == []


def test_chocolate_is_laid_leaner_than_its_beads_are_drawn() -> None:
    machine = shipped().config.machine("chocolate-1")
    recipe = shipped().catalog["chocolate-plaque"].recipes["chocolate"]
    assert isinstance(recipe, extrude_food.Recipe)
    bead = recipe.bead(machine.e_area or 0.0)
    assert bead.e_per_mm(1.0) * bead.e_area == pytest.approx(0.85 * 1.0 * bead.height)
    moves = trace(parse(plaque().data))
    speeds = moves.feed[moves.lays]
    assert speeds.min() >= 5.0 and speeds.max() <= 11.71, "as fast as chocolate was printed, and no faster"
    flow = moves.e[moves.lays] * bead.e_area * moves.feed[moves.lays] / moves.distance[moves.lays]
    assert np.median(flow) == pytest.approx(bead.flow, rel=0.05), "a constant flow: the speed sets the width"


@pytest.mark.parametrize(
    ("made_of", "name", "material"), [(plaque, "chocolate-1", "chocolate-dark"), (pancake, "griddle-1", "batter-plain")]
)
def test_the_manifest_says_what_a_cartridge_must_hold(made_of: Any, name: str, material: str) -> None:
    one = made_of()
    machine = shipped().config.machine(name)
    report = check(one.data, spoken(one.needs.dialect or ""), limits_of(machine, one.needs.heat))
    used = one.manifest["materials"][material]
    moves = trace(parse(one.data))
    pushed = np.cumsum(moves.e) * (machine.e_area or 0.0)
    assert report.ok
    assert used["cartridge"] == pytest.approx(pushed.max(), abs=0.1)
    assert used["volume"] == pytest.approx(pushed[-1], abs=0.1)
    assert used["cartridge"] > used["volume"], "some of it is drawn back at the end"


def test_needs_say_what_the_piece_contains() -> None:
    assert plaque().needs.contains == ("milk", "soy") == plaque().needs.leaves
    assert pancake().needs.contains == ("eggs", "gluten", "milk", "wheat")


def test_the_pump_stops_before_a_line_ends_and_draws_back() -> None:
    program = parse(pancake().data)
    moves = trace(program)
    dry = moves.lays.copy()
    flat = np.abs(moves.end[:, :2] - moves.start[:, :2]).sum(axis=1) > 0
    tails = flat & (program.code[moves.index] == code_of("G1")) & ~dry
    assert tails.sum() > 5 and np.allclose(moves.distance[tails], 3.0, atol=0.01)
    assert (moves.e[np.flatnonzero(tails) + 1] < 0).all()


def test_the_nozzle_is_wiped_at_the_end_beside_the_piece() -> None:
    program = lines(plaque().data)
    last = max(n for n, line in enumerate(program) if line.startswith("G1 X"))
    moves = [line for line in program[last:] if line.startswith("G0 X")]
    assert moves[:2] == ["G0 X32 Y110 F3600", "G0 X32 Y80 F3600"]


# --- what a customer sees -----------------------------------------------------------------------------------------


def picture(one: Made) -> np.ndarray[Any, Any]:
    assert one.proof is not None
    return np.asarray(Image.open(io.BytesIO(one.proof)).convert("L"), dtype=float)


def test_the_pancake_is_shown_as_it_is_turned_over_and_reads() -> None:
    """An L has its upright at the left: on the griddle it lies at the right."""
    proof = picture(made("pancake", "bake", {"initials": "L"}))
    dark = proof < 130
    columns = np.flatnonzero(dark.any(axis=0))
    left, right = dark[:, columns[0] : columns[0] + 40].sum(), dark[:, columns[-1] - 40 : columns[-1]].sum()
    assert left > 2 * right
    moves = trace(parse(made("pancake", "bake", {"initials": "L"}).data))
    letter = moves.end[moves.lays][1:3, 0]
    assert letter.max() > 120, "mirrored on the griddle"


def test_the_pancake_has_no_holes() -> None:
    proof = np.asarray(Image.open(io.BytesIO(pancake().proof or b"")).convert("RGB"), dtype=int)
    height, width = proof.shape[:2]
    y, x = np.mgrid[0:height, 0:width]
    inside = np.hypot(x - width / 2, y - height / 2) < 66 * 8
    plate = (proof.min(axis=2) > 225) & inside
    assert plate.sum() / inside.sum() < 0.002


def test_the_plaque_shows_the_photo_dark_on_light() -> None:
    proof = picture(plaque())
    photo = proof[:, proof.shape[1] // 4 : -proof.shape[1] // 4]
    assert photo.min() < 60 and photo.max() > 200


PROBLEMS = [
    ("chocolate-plaque", "draw", {}, "", "Nothing was sent that could be made: Photo or Message."),
    ("chocolate-plaque", "draw", {"message": "ក hello"}, "message", "cannot be made here"),
    ("chocolate-plaque", "draw", {"message": "Happy Birthday and many more years"}, "message", "too long"),
    ("pancake", "bake", {"initials": "\U0001f600"}, "initials", "cannot be made here"),
    ("pancake", "bake", {}, "", "Nothing was sent"),
]


@pytest.mark.parametrize(("product", "operation", "texts", "field", "text"), PROBLEMS)
def test_what_cannot_be_made_is_said_field_by_field(
    product: str, operation: str, texts: dict[str, str], field: str, text: str
) -> None:
    with pytest.raises(Problems) as raised:
        made(product, operation, texts)
    (problem,) = raised.value.problems
    assert problem["field"] == field and text in problem["reason"] and problem["mend"]


def test_a_machine_that_does_not_hold_the_heat_is_no_machine_for_it() -> None:
    spec = specification(
        shipped(), "pancake", "bake", {"texts": {"initials": "A"}, "options": {"batter": "plain"}, "photos": {}}
    )
    cold = tuple(machine for machine in spec.machines if machine.name != "griddle-1")
    with pytest.raises(Problems, match=r"with a nozzle of 3 mm and a pump, its bed at 177 to 191 degC"):
        extrude_food.render(replace(spec, machines=cold), {})


def test_the_same_order_gives_the_same_bytes() -> None:
    assert made("pancake", "bake", {"initials": "AL"}).data == pancake().data
    assert made("pancake", "bake", {"initials": "AL"}).proof == pancake().proof
