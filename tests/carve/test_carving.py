"""A house sign carved by a spindle: from an order to the bytes, and to what a simulated bit cuts."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fulfillment import personalization
from fulfillment.catalog import MillRecipe
from fulfillment.config import Bit, Factory
from fulfillment.machines import dialect_of
from fulfillment.planning import specification
from fulfillment.processes import Made, Problems, Spec, engrave
from gcode.dialects import GRBL_MILL
from gcode.limits import Limits
from gcode.preflight import check

ROOT = Path(__file__).parents[2]
RECIPE = MillRecipe(
    type="mill", angle=60, diameter=6, depth=0.6, max_depth=2, step=1, stepover=0.5, feed=15, plunge=5, spindle=12_000
)
LIMITS = Limits(envelope=(0.0, 0.0, 0.0, 400.0, 400.0, 50.0), e_area=1.0, max_flow=1.0)


@pytest.fixture
def sign(factory: Factory) -> Spec:
    """A coaster 10 mm thick, carved by a machine whose laser was replaced by a spindle."""
    coaster = factory.catalog["bamboo-coaster"]
    (name,) = (name for name, one in coaster.route.items() if one.process == "engrave")
    field = coaster.fields["words"].model_copy(update={"font": "sans-bold", "min_height": 6.0})
    product = coaster.model_copy(
        update={
            "recipes": {"bamboo": RECIPE},
            "piece": coaster.piece.model_copy(update={"thickness": 10.0}),
            "fields": {**coaster.fields, "words": field},
        }
    )
    found = personalization.check(coaster, {"words": "Ada O"}, {}, {})
    assert not isinstance(found, list)
    resolved = {"texts": found.texts, "photos": {}, "options": found.options, "parameters": {}}
    spec = specification(factory, "bamboo-coaster", name, resolved)
    laser = factory.config.machine("laser-1")
    bit = Bit(angle=60, diameter=6)
    mill = laser.model_copy(update={"name": "mill-1", "laser": None, "options": {"tool": "spindle"}, "bit": bit})
    return replace(spec, product=product, machines=(*spec.machines, mill))


def _made(spec: Spec) -> Made:
    return engrave.render(spec, {})


def test_a_spindle_speaks_a_dialect_of_its_own(sign: Spec) -> None:
    said = {machine.name: dialect_of(machine, "engrave") for machine in sign.machines}
    assert said == {
        "laser-1": "grbl-laser",
        "laser-2": "grbl-rotary",
        "cnc-1": "grbl-mill",
        "mill-1": "grbl-mill",
    }


def test_the_words_are_carved_as_deep_as_they_are_wide(sign: Spec) -> None:
    made = _made(sign)
    assert made.data == _made(sign).data
    assert made.needs.dialect == "grbl-mill"
    _, _, low, _, _, high = made.manifest["bounds"]
    assert 10 - RECIPE.max_depth - 1e-3 <= low < high <= 10
    assert made.manifest["fidelity"]["coverage"] > 0.96
    assert made.manifest["fidelity"]["overflow"] < 0.03
    assert made.proof


def test_a_piece_too_thin_for_the_recipe_is_refused(sign: Spec) -> None:
    thin = sign.product.model_copy(update={"piece": sign.product.piece.model_copy(update={"thickness": 2.0})})
    with pytest.raises(Problems, match="2 mm thick"):
        _made(replace(sign, product=thin))


def test_without_a_spindle_it_is_told(sign: Spec) -> None:
    lasers = tuple(machine for machine in sign.machines if machine.bit is None)
    with pytest.raises(Problems, match=r"No machine of this factory has a bit of 60 deg, 6 mm and carves bamboo\."):
        _made(replace(sign, machines=lasers))


def test_a_machine_with_another_bit_is_passed_over(sign: Spec) -> None:
    assert _made(sign).needs.traits == {"bit": "60 deg, 6 mm"}
    assert [machine.name for machine in sign.machines if machine.bit] == ["cnc-1", "mill-1"]
    with pytest.raises(Problems, match="No machine of this factory has a bit"):
        _made(replace(sign, machines=sign.machines[:-1]))


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        (b"M3 S12000\n", b"", "dry-cut"),
        (b"G4 P3\n", b"", "no-spin-up"),
        (b"G0 Z13\n", b"", "no-safe-height"),
        (b"G1 Z9.", b"G0 Z9.", "rapid-below"),
        (b"M5\nG0 X0 Y0", b"G0 X0 Y0", "tool-left-on"),
        (b"G1 Z9.", b"G1 Z-9.", "out-of-bounds"),
        (b"M3 S12000", b"M3 S99000", "value-out-of-range"),
    ],
)
def test_preflight_refuses_what_would_break_the_bit_or_the_bed(
    sign: Spec, was: bytes, becomes: bytes, code: str
) -> None:
    data = _made(sign).data
    assert check(data, GRBL_MILL, LIMITS).ok
    assert was in data
    report = check(data.replace(was, becomes, 1), GRBL_MILL, LIMITS)
    assert code in {finding.code for finding in report.errors}


def test_a_way_through_the_piece_is_refused(sign: Spec) -> None:
    """The first time that the bit rises again is left out."""
    start, first, rest = _made(sign).data.split(b"G0 Z13\n", 2)
    data = start + b"G0 Z13\n" + first + rest
    assert "rapid-below" in {finding.code for finding in check(data, GRBL_MILL, LIMITS).errors}


def test_the_simulated_bit_cuts_as_deep_as_the_program_says_and_nothing_dry(sign: Spec, tmp_path: Path) -> None:
    made, source, record = _made(sign), tmp_path / "sign.gcode", tmp_path / "sign.json"
    # The operator has told the machine how high over the bed its bit stands.
    source.write_bytes(b"G92 Z40\n" + made.data)
    command = [
        sys.executable, "-m", "simulators", "grbl", "--play", str(source), "--json", str(record), "--no-homing",
        "--tool", "spindle", "--envelope", "400x400x50", "--angle", "60", "--diameter", "6", "--surface-z", "10",
        "--start", "0,0,40", "--piece", "20,20,90,90,45", "--picture", str(tmp_path / "sign.png"),
    ]  # fmt: skip
    played = subprocess.run(command, check=False, timeout=120, cwd=ROOT, capture_output=True, text=True)
    assert played.returncode == 0, played.stderr
    found = json.loads(record.read_text())
    assert found["depth"] == pytest.approx(10 - made.manifest["bounds"][2], abs=0.05)
    assert found["cut"] > 100
    assert (found["counts"]["dry_cuts"], found["counts"]["rapid_cuts"]) == (0, 0)
