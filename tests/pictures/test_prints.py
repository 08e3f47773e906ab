"""What goes along with a printed program: thumbnails that its machines show, its view, its body."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from manifold3d import Manifold
from PIL import Image
from pydantic import ValidationError

from fulfillment.cad.body import Built, Part
from fulfillment.config import Machine
from fulfillment.printing import prints
from gcode.pictures import thumbnails, tubes
from gcode.slicing.solid import Solid

AREA = 2.405
COLOURS = [(30, 80, 200)]
LIMITS = {"speed": {"x": 200, "y": 200, "z": 12, "e": 80}, "acceleration": 1500}


def machine(driver: str, **more: object) -> Machine:
    values = {"name": "one", "driver": driver, "address": "/dev/ttyUSB0", "processes": frozenset({"fdm"})}
    values |= {"envelope": {"x": 200, "y": 200, "z": 200}, "limits": LIMITS, "nozzle": 0.4, "e_area": AREA}
    return Machine(**(values | more))  # type: ignore[arg-type]


@pytest.fixture
def data(stack: Callable[[Sequence[list[str]]], bytes], block: Callable[..., list[list[str]]]) -> bytes:
    return stack(block(32.0, 42.0, 10.0, 6.0, 4))


def sizes(data: bytes, *machines: Machine) -> list[str]:
    pictured = prints.for_screens(data, tubes(data, AREA), COLOURS, machines)
    return [str(size) for size, _ in thumbnails(pictured)]


def test_each_kind_of_server_gets_what_it_shows(data: bytes) -> None:
    assert sizes(data, machine("marlin")) == []
    assert prints.for_screens(data, tubes(data, AREA), COLOURS, [machine("marlin")]) == data
    assert sizes(data, machine("moonraker")) == ["32x32", "400x300"]
    assert sizes(data, machine("moonraker"), machine("prusalink")) == ["16x16", "32x32", "220x124", "400x300"]


def test_a_machine_may_say_its_own(data: bytes) -> None:
    assert sizes(data, machine("marlin", thumbnails=("48x48",))) == ["48x48"]
    assert sizes(data, machine("moonraker", thumbnails=())) == []


@pytest.mark.parametrize("wrong", [("400",), ("2x2",), ("16x16",) * 9, ("9999x16",)])
def test_sizes_that_no_screen_has_are_refused(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        machine("moonraker", thumbnails=wrong)


def test_a_view_and_the_body_go_along_and_a_huge_body_does_not(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    body = Built("block", (Part("block", Solid.from_manifold(Manifold.cube((10.0, 6.0, 0.8)))),))
    files = prints.besides(tubes(data, AREA), COLOURS, body)
    assert set(files) == {"view.png", "model.glb"}
    assert Image.open(io.BytesIO(files["view.png"])).width == 800
    monkeypatch.setattr(prints, "MOST_TRIANGLES", 11)
    assert set(prints.besides(tubes(data, AREA), COLOURS, body)) == {"view.png"}
