"""The plaque and other pieces through the whole process: what recipes, presets and machines make of an order."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fulfillment.catalog import FOLDER, Product, load
from fulfillment.cli.machine_talk import framed
from fulfillment.config import Machine, Material
from fulfillment.machines import limits_of, offer_of, preflight
from fulfillment.processes import Made, Problems, Spec
from fulfillment.render.work import process
from gcode.burns import burn_picture, burns
from gcode.design import Design, Drawing, Layer, Zone
from gcode.dialects import GRBL_LASER
from gcode.geometry import rectangle
from gcode.preflight import check
from gcode.proof import Piece
from gcode.recipe import Place
from jobs.fits import misfits

Render = Callable[..., Made]
LASER = {
    "name": "laser-1",
    "driver": "grbl",
    "address": "/dev/laser",
    "processes": frozenset({"engrave"}),
    "envelope": {"x": 300, "y": 210, "z": 40},
    "limits": {"speed": {"x": 200, "y": 150, "z": 10}, "acceleration": 1000},
    "material": "basswood",
}
KNOWN = {"kind": "diode-10w", "air": True, "offsets": [{"speed": 50, "offset": 0.02}, {"speed": 100, "offset": 0.05}]}
WOOD = Material(name="basswood", kind="wood", colour="#43260f")
SIZE = (30.0, 20.0)


def machine(laser: dict[str, Any] | None = None, **more: Any) -> Machine:
    """As it is written: lists and all."""
    return Machine.model_validate({**LASER, "laser": laser, **more}, strict=False)


@pytest.fixture(scope="session")
def plaque() -> Product:
    """The plaque as shipped, with a photo of 30 x 20 mm on it."""
    product = load(FOLDER)[0]["photo-plaque"]
    zones = dict(product.zones)
    zones["photo"] = zones["photo"].model_copy(update={"width": SIZE[0], "height": SIZE[1]})
    return product.model_copy(update={"zones": zones})


def with_recipe(product: Product, **update: Any) -> Product:
    return product.model_copy(update={"recipes": {"wood": product.recipes["wood"].model_copy(update=update)}})


@pytest.fixture(scope="session")
def photo() -> bytes:
    """A disc that darkens from its edge to its middle, on white."""
    image = Image.new("L", (600, 400), 255)
    draw = ImageDraw.Draw(image)
    for step in range(180):
        draw.ellipse([300 - 180 + step, 20 + step, 300 + 180 - step, 380 - step], fill=255 - step)
    data = io.BytesIO()
    image.save(data, format="PNG")
    return data.getvalue()


@pytest.fixture
def render(plaque: Product, photo: bytes) -> Render:
    def make(
        *machines: Machine, product: Product = plaque, texts: dict[str, str] | None = None, **files: bytes
    ) -> Made:
        chosen = machines or (machine(KNOWN),)
        sent = files or {"photo": photo}
        spec = Spec("engrave", product, "engrave", texts or {}, {"wood": "basswood"}, {}, chosen, {"basswood": WOOD})
        return process("engrave").render(spec, sent)

    return make


def test_the_plaque_is_made_and_told(render: Render, plaque: Product) -> None:
    made = render(texts={"caption": "Ada & Zoë"})
    chosen = machine(KNOWN)
    report = check(made.data, GRBL_LASER, limits_of(chosen))
    assert report.findings == ()
    assert preflight(chosen, made.data, made.needs) == []
    told = made.manifest["photo"]
    interval = plaque.recipes["wood"].photo.interval
    assert told["pixels"] == round(SIZE[0] / interval) * round(SIZE[1] / interval)
    assert 0 < told["rows"] <= round(SIZE[1] / interval)
    assert 0 < told["slowest"] <= told["speed"] == 80.0
    assert made.manifest["seconds"] == pytest.approx(report.time, abs=0.05)
    assert made.manifest["line"]["power"] == plaque.recipes["wood"].power
    x0, _, x1, y1 = made.manifest["frame"]
    assert x0 < plaque.jig.x + plaque.zones["photo"].x, "the frame holds the run-up, too"
    assert report.motion is not None
    assert (x1, y1) == pytest.approx((report.motion.x1, report.motion.y1), abs=0.001)
    assert made.data == render(texts={"caption": "Ada & Zoë"}).data


def test_what_is_framed_is_the_way_of_the_head(render: Render) -> None:
    manifest = render().manifest
    assert framed(manifest) == tuple(manifest["frame"])
    x0, y0, _, x1, y1, _ = manifest["bounds"]
    assert framed({"bounds": manifest["bounds"]}) == (x0, y0, x1, y1)
    assert framed(manifest)[0] < x0 < x1 < framed(manifest)[2]
    assert framed({}) is None


def test_the_photo_is_dark_where_it_is_dark(render: Render, plaque: Product) -> None:
    """In the proof, which is drawn from the bytes."""
    recipe, zone = plaque.recipes["wood"], plaque.zones["photo"]
    piece = Piece(plaque.piece.width, plaque.piece.height, colour=(255,) * 3, mark=(0,) * 3, margin=0)
    place = Place(plaque.jig.x, plaque.jig.y)
    found = burns(render().data, GRBL_LASER, place)
    seen = burn_picture(found, piece, recipe.line_width, recipe.dose, 4.0)[:, :, 0]
    top, left = round((plaque.piece.height - zone.y - SIZE[1]) * 4), round(zone.x * 4)
    field = 255.0 - seen[top : top + round(SIZE[1] * 4), left : left + round(SIZE[0] * 4)]
    middle, corner = field[30:50, 50:70].mean(), field[:12, :12].mean()
    assert middle > 120
    assert corner < 10
    outside = 255.0 - seen
    outside[top - 2 : top + 82, left - 2 : left + 122] = 0
    assert outside.max() < 60, "nothing but the edge of the piece is dark elsewhere"


def test_a_machine_says_what_its_program_is_made_for(render: Render) -> None:
    plain, known, other = machine(), machine(KNOWN), machine(KNOWN | {"offsets": []})
    made = render(known)
    assert made.needs.traits == {"laser": "diode-10w", "scan offsets": "50:0.02 100:0.05"}
    assert misfits(offer_of(known, [WOOD]), made.needs) == []
    assert [reason.text for reason in misfits(offer_of(other, [WOOD]), made.needs)] == [
        "laser-1 has scan offsets none, 50:0.02 100:0.05 is needed"
    ]
    assert len(misfits(offer_of(plain, [WOOD]), made.needs)) == 2
    assert made.data != render(other).data
    assert (render(plain).needs.traits, render(plain).manifest["air"], made.manifest["air"]) == ({}, False, True)
    assert b"M8\n" in made.data
    assert b"M8\n" not in render(plain).data


def test_a_preset_of_the_laser_takes_the_place_of_the_products_recipe(render: Render, plaque: Product) -> None:
    preset = plaque.recipes["wood"].model_dump() | {"power": 0.33, "photo": {"interval": 0.2, "power": 0.44}}
    own = machine(KNOWN | {"presets": {"wood": preset}})
    made = render(own, texts={"caption": "Ada"})
    assert (made.manifest["photo"]["interval"], made.manifest["photo"]["power"]) == (0.2, 0.44)
    assert made.manifest["line"]["power"] == 0.33
    assert render(texts={"caption": "Ada"}).manifest["line"]["power"] == plaque.recipes["wood"].power


def test_a_controller_that_takes_fewer_lines_gets_slower_rows(render: Render) -> None:
    slow, fast = (render(machine(KNOWN | {"lines_per_second": rate})) for rate in (100, 5000))
    assert slow.manifest["photo"]["slowest"] < 0.4 * fast.manifest["photo"]["slowest"]
    assert slow.manifest["seconds"] > 1.3 * fast.manifest["seconds"]


def test_a_recipe_without_photo_says_that_it_makes_none(render: Render, plaque: Product) -> None:
    with pytest.raises(Problems) as refused:
        render(product=with_recipe(plaque, photo=None))
    assert refused.value.problems[0]["reason"] == "Photo is a photo, and this operation makes lines only."


def test_a_mark_that_is_lighter_than_its_piece_burns_what_is_light(render: Render, plaque: Product) -> None:
    slate = plaque.model_copy(update={"piece": plaque.piece.model_copy(update={"colour": "#111111"})})
    dark, light = (render(product=product).manifest["materials"]["basswood"]["length"] for product in (plaque, slate))
    assert light > 1.5 * dark


def shape(render: Render, product: Product, monkeypatch: pytest.MonkeyPatch, *contours: np.ndarray) -> Made:
    zone = Zone("photo", 10, 28, *SIZE)
    design = Design((Layer("photo", zone, Drawing((), contours)),))
    monkeypatch.setattr("fulfillment.processes.engrave.designs", lambda *_: [design])
    return render(product=product)


def test_outlines_are_filled_or_followed_as_the_recipe_says(
    render: Render, plaque: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    square = rectangle(12, 30, 22, 40)
    fill = plaque.recipes["wood"].fill
    side = 10 - plaque.recipes["wood"].line_width
    inner, around = side**2 / fill.interval, 4 * side

    def length(**update: Any) -> float:
        made = shape(render, with_recipe(plaque, **update), monkeypatch, square)
        assert check(made.data, GRBL_LASER, limits_of(machine(KNOWN))).findings == ()
        return float(made.manifest["materials"]["basswood"]["length"])

    assert length(fill=None) == pytest.approx(40)
    assert length() == pytest.approx(around + inner, rel=0.01)
    assert length(fill=fill.model_copy(update={"outline": False})) == pytest.approx(inner, rel=0.01)
    assert length(fill=fill.model_copy(update={"cross": True})) == pytest.approx(around + 2 * inner, rel=0.01)


def test_what_is_too_slender_to_fill_is_burnt_as_a_line(
    render: Render, plaque: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    square, hair = rectangle(12, 30, 22, 40), rectangle(22, 35, 30, 35.1)
    with_it, without = (shape(render, plaque, monkeypatch, *outlines) for outlines in ((square, hair), (square,)))
    more = [made.manifest["materials"]["basswood"]["length"] for made in (with_it, without)]
    assert more[0] - more[1] == pytest.approx(16.1, abs=0.3), "there and back"


def test_a_piece_is_cut_out_last_all_passes_with_its_tabs(render: Render, plaque: Product) -> None:
    route = dict(plaque.route)
    route["engrave"] = route["engrave"].model_copy(update={"cuts_out": True})
    made = render(product=plaque.model_copy(update={"route": route}))
    how = plaque.recipes["wood"].cut
    assert made.manifest["cut"] == {
        "contours": 1, "power": how.power, "speed": how.speed, "passes": 2, "kerf": how.kerf, "tabs": 3,
    }  # fmt: skip
    burnt = made.manifest["materials"]["basswood"]["length"] - render().manifest["materials"]["basswood"]["length"]
    around = 2 * (120 + 110) - 8 * 6 + 2 * np.pi * 6 + np.pi * how.kerf
    assert burnt == pytest.approx(2 * (around - 3 * how.tab), abs=0.5)
    assert made.data.rindex(b"S1000") > made.data.rindex(b"S0\nG1") > made.data.index(b"G0")
    with pytest.raises(Problems, match="no recipe says how"):
        render(product=with_recipe(plaque.model_copy(update={"route": route}), cut=None))


def test_a_plaque_that_lies_too_near_the_edge_is_refused(render: Render, plaque: Product) -> None:
    """The photo is on the bed; the way on which its rows come to speed is not."""
    near = plaque.model_copy(update={"jig": plaque.jig.model_copy(update={"x": 0.0})})
    zones = {
        **plaque.zones,
        "photo": plaque.zones["photo"].model_copy(
            update={"x": 1.0, **dict(zip(("width", "height"), SIZE, strict=True))}
        ),
    }
    with pytest.raises(Problems, match="the machine ends at 0: move or shrink the piece"):
        render(product=near.model_copy(update={"zones": zones}))
