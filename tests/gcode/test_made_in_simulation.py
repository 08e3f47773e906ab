"""What a machine makes of the bytes: the simulator, a program that knows nothing of ours, plays them and draws."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from gcode.design import Tone, Zone
from gcode.dialects import MARLIN_FOOD, Setup
from gcode.frosting import Polarity, coverage, plan
from gcode.limits import Limits
from gcode.preflight import check
from gcode.proof import Piece, bead_picture, beads
from gcode.recipe import Bead, Motion, Place
from gcode.strokefont import StrokeFont
from gcode.text import Fit, fit
from gcode.write import program

pytestmark = pytest.mark.journey
ROOT = Path(__file__).parents[2]
PLACE = Place(60, 60, 10)
MOTION = Motion(500, 8, (200, 200, 10, 5))
SIDE, SCALE = (50, 40), 8


@dataclass(frozen=True)
class Played:
    covered: np.ndarray
    """0 to 1 by pixel of the piece, row 0 at the top."""
    record: dict[str, object]


def play(data: bytes, lag: float, folder: Path) -> Played:
    source, image, record = folder / "piece.gcode", folder / "piece.png", folder / "piece.json"
    source.write_bytes(data)
    command = [
        sys.executable, "-m", "simulators", "marlin", "--play", str(source), "--picture", str(image), "--json",
        str(record), "--flat", "--lag", str(lag), "--e-area", "314", "--surface-z", "10", "--min-temp", "0",
        "--accel", "500", "--jerk", "8,8,8,8", "--max-feedrate", "200,200,10,5", "--max-accel", "500,500,500,500",
        "--piece", f"{PLACE.x},{PLACE.y},{SIDE[0]},{SIDE[1]}", "--px-per-mm", str(SCALE), "--speed", "max",
        "--bead-colour", "#000000", "--surface-colour", "#ffffff", "--background-colour", "#ffffff",
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=120, cwd=ROOT, stdout=subprocess.DEVNULL)
    grey = np.asarray(Image.open(image).convert("L"), dtype=float) / 255
    return Played(1 - grey, json.loads(record.read_text()))


def made(tone: Tone | None, words: str | None, bead: Bead, strokes: StrokeFont) -> bytes:
    zone = Zone("message", 2, 2, 46, 12)
    drawings = [fit(words, strokes, zone, Fit(4, margin=0.6)).drawing] if words else []
    toolpath = plan(tone, drawings, bead, motion=MOTION, place=PLACE)
    setup = Setup(cold_extrusion=True, acceleration=500, lift=30, park=(0, 180), travel=10)
    return program(toolpath, MARLIN_FOOD, setup)


def soft(covered: np.ndarray, bead: Bead) -> np.ndarray:
    image = Image.fromarray(np.rint(covered * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(bead.pitch * SCALE)), dtype=float) / 255


def likeness(covered: np.ndarray, tone: Tone, bead: Bead) -> float:
    """How the covered share goes with the aimed one, away from the edges of the photo."""
    x, y = np.meshgrid((np.arange(SIDE[0] * SCALE) + 0.5) / SCALE, SIDE[1] - (np.arange(SIDE[1] * SCALE) + 0.5) / SCALE)
    aimed = soft(coverage(tone, bead, Polarity.DARK_ON_LIGHT).at(x, y), bead)
    inside = (abs(x - 25) < 16) & (abs(y - 20) < 11)
    return float(np.corrcoef(aimed[inside], soft(covered, bead)[inside])[0, 1])


@pytest.mark.parametrize("lag", [0.0, 0.3])
def test_a_photo_comes_out_whatever_the_lag(
    lag: float, face: Tone, bead: Bead, strokes: StrokeFont, tmp_path: Path
) -> None:
    played = play(made(face, None, bead, strokes), lag, tmp_path)
    assert played.record["outcome"] == {"good": True, "troubles": [], "last_line": None, "deposited": True}
    upside_down = Tone(face.lightness[::-1], face.x, face.y, face.width, face.height)
    assert likeness(played.covered, face, bead) > 0.97
    assert likeness(played.covered, upside_down, bead) < 0.8


def test_the_proof_is_what_the_machine_makes(face: Tone, bead: Bead, strokes: StrokeFont, tmp_path: Path) -> None:
    black_on_white = Piece(*SIDE, colour=(255, 255, 255), mark=(0, 0, 0), margin=0)
    data, other = made(face, None, bead, strokes), made(None, "Zoë", bead, strokes)
    played = play(data, 0.0, tmp_path)
    shown, not_this = (
        1 - bead_picture(beads(d, bead, PLACE), black_on_white, SCALE).mean(axis=2) / 255 for d in (data, other)
    )
    assert np.abs((shown > 0.5) ^ (played.covered > 0.5)).mean() < 0.03
    assert np.abs((not_this > 0.5) ^ (played.covered > 0.5)).mean() > 0.3


def test_the_estimate_is_the_time_it_takes(face: Tone, bead: Bead, strokes: StrokeFont, tmp_path: Path) -> None:
    data = made(face, None, bead, strokes)
    limits = Limits(envelope=(0, 0, 0, 220, 220, 60), e_area=314, max_flow=40, motion=MOTION, cold_extrusion=True)
    report = check(data, MARLIN_FOOD, limits)
    assert report.findings == ()
    assert report.time == pytest.approx(play(data, 0.0, tmp_path).record["motion_time"], rel=0.02)


def test_words_are_whole_at_the_lag_their_recipe_is_for(bead: Bead, strokes: StrokeFont, tmp_path: Path) -> None:
    """With pressure taken off by flow x lag the letters keep their ends; without it they thin out where they begin."""
    words = "Zoë & Al"
    black_on_white = Piece(*SIDE, colour=(255, 255, 255), mark=(0, 0, 0), margin=0)
    meant = bead_picture(beads(made(None, words, bead, strokes), bead, PLACE), black_on_white, SCALE)
    aimed = 1 - meant.mean(axis=2) / 255

    def missed(retract: float) -> float:
        other = Bead(**{name: getattr(bead, name) for name in bead.__slots__} | {"retract": retract})
        covered = play(made(None, words, other, strokes), 0.3, tmp_path).covered
        return float(((aimed > 0.5) & (covered < 0.5)).sum() / (aimed > 0.5).sum())

    with_it, without = missed(bead.flow * 0.3), missed(0.0)
    assert with_it < 0.12
    assert without > 2 * with_it
