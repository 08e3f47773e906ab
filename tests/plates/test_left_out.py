"""A piece of a plate is left out while the printer prints it: driver, serial line and simulator as they are, and the
simulator, which knows M486 from Marlin's documents alone, says what was made."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from drivers.contract import Failed, LeavesOut, Made, Payload, Progressed, Start
from drivers.registry import build
from fulfillment.daemon import RealClock, settings_of
from fulfillment.machines import GCODE
from fulfillment.rehearsal import SILENCE, rehearsal

ATTEMPT = "J-PLATE-a1"
WHEN = 0.35
"""Of the program, at which the piece is left out."""


def printed(plates: Any, data: bytes, folder: Path, out: int | None) -> dict[str, Any]:
    """What the simulator has made of the program, of which a piece may be left out on the way."""
    artifact, machine = folder / "plate.gcode", plates.printer()
    artifact.write_bytes(data)
    payload = Payload(artifact, hashlib.sha256(data).hexdigest(), len(data), GCODE)
    with rehearsal(machine, ["--speed", "max"]) as rehearsed:
        there = machine.model_copy(update={"address": rehearsed._machine.address})
        with build("marlin", settings_of(there), RealClock()) as driver:
            assert isinstance(driver, LeavesOut)
            driver.connect()
            driver.transfer(ATTEMPT, payload)
            assert driver.start(ATTEMPT).start is Start.STARTED
            while (event := driver.next_event(SILENCE)) is not None:
                if out is not None and isinstance(event, Progressed) and event.fraction >= WHEN:
                    driver.leave_out(ATTEMPT, out)
                    out = None
                assert not isinstance(event, Failed), event
                if isinstance(event, Made):
                    break
        return rehearsed.room.record()


def layers(record: dict[str, Any], box: list[float]) -> dict[float, float]:
    """mm3 that lie in a box on the bed, by height."""
    found: dict[float, float] = {}
    for path in record["piece"]["paths"]:
        points = np.array(path["points"])
        middle = (points[1:] + points[:-1]) / 2
        inside = ((middle[:, :2] > np.array(box[:2]) - 0.3) & (middle[:, :2] < np.array(box[2:]) + 0.3)).all(axis=1)
        for z, volume in zip(
            middle[inside, 2].round(2).tolist(), np.array(path["volumes"])[inside].tolist(), strict=True
        ):
            found[z] = found.get(z, 0.0) + volume
    return {z: volume for z, volume in sorted(found.items()) if volume > 0.01}


@pytest.fixture(scope="module")
def whole(plates: Any, three: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The plate as it is made when nothing is left out."""
    return printed(plates, three[1].data, tmp_path_factory.mktemp("whole"), None)


def test_one_is_left_out_and_the_others_are_whole(plates: Any, three: Any, whole: Any, tmp_path: Path) -> None:
    record = printed(plates, three[1].data, tmp_path, 1)
    places = list(three[1].manifest["places"].values())
    cut, before = layers(record, places[1]["box"]), layers(whole, places[1]["box"])
    assert 0 < len(cut) < len(before), "it ends in the middle"
    for z in list(cut)[:-1]:
        assert cut[z] == pytest.approx(before[z], rel=1e-3), "what was laid before is what it was"
    for place in (places[0], places[2]):
        left, full = layers(record, place["box"]), layers(whole, place["box"])
        assert list(left) == list(full)
        assert list(left.values()) == pytest.approx(list(full.values()), rel=1e-3), "the others lose nothing"
    (said,) = [event for event in record["piece"]["events"] if event["kind"] == "object"]
    assert said["text"] == "1 is left out"


def test_each_piece_of_a_whole_plate_weighs_what_its_proof_says(three: Any, whole: Any) -> None:
    made = three[1].manifest
    for place, one in zip(made["places"].values(), made["pieces"], strict=True):
        laid = sum(layers(whole, place["box"]).values())
        assert laid == pytest.approx(one["fidelity"]["volume"], rel=0.02)
