"""What physics cannot show is told to the customer before anything is queued: by its number, with its limit."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fulfillment.catalog import DrawingField, PhotoField
from fulfillment.config import Factory, load_factory
from fulfillment.example import FILES, order
from fulfillment.fields import Craft, Refused, laid
from fulfillment.offline import NotMade, rendered
from gcode.design import Drawing, Tone, Zone
from gcode.fine import LEAST, fineness
from gcode.geometry import Line
from gcode.photo import LEAST_COARSE, coarse, crop, grey_of, quality

BEAD, SPOT = Craft(line_width=1.2, row=1.45), Craft(line_width=0.25, fills=True)
ZONE = Zone("z", 0.0, 0.0, 100.0, 70.0)
LOGO = DrawingField.model_validate({"type": "drawing", "title": "Logo", "zone": "z", "size": "true"})


def box(x: float, y: float, width: float, height: float) -> Line:
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def bars(count: int, thick: float, apart: float) -> Drawing:
    return Drawing(outlines=tuple(box(0, i * (thick + apart), 30, thick) for i in range(count)))


def rules(count: int, apart: float) -> Drawing:
    return Drawing(tuple(np.array([(0.0, i * apart), (30.0, i * apart)]) for i in range(count)))


# --- drawings ---------------------------------------------------------------------------------------------------------


@given(width=st.floats(0.1, 2.0), share=st.floats(0.15, 3.0), turn=st.floats(0, 360))
@settings(max_examples=40, deadline=None)
def test_lines_run_together_where_there_is_less_than_half_a_line_between_them(
    width: float, share: float, turn: float
) -> None:
    gap, angle = share * width, np.radians(turn)
    about = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    drawing = Drawing(tuple(line @ about for line in rules(5, width + gap).strokes))
    found = fineness(drawing, width, fills=False).crowded
    if abs(share - LEAST) > 0.02:
        assert (found.share > 0.9) == (share < LEAST)


@pytest.mark.parametrize(("thick", "wrong"), [(0.3, True), (0.55, True), (0.65, False), (3.0, False)])
def test_filled_shapes_may_not_become_twice_as_thick(thick: float, wrong: bool) -> None:
    assert (fineness(bars(4, thick, 6.0), 1.2, fills=True).slender.share > 0.8) == wrong


@pytest.mark.parametrize(("apart", "wrong"), [(0.3, True), (0.55, True), (0.65, False), (3.0, False)])
def test_filled_shapes_have_room_between_them(apart: float, wrong: bool) -> None:
    found = fineness(bars(4, 6.0, apart), 1.2, fills=True)
    assert (found.crowded.share > 0.5) == wrong and found.slender.share == 0


def test_lines_that_cross_meet_or_are_drawn_twice_are_no_gaps() -> None:
    cross = Drawing((np.array([(0.0, 0.0), (30.0, 30.0)]), np.array([(0.0, 30.0), (30.0, 0.0)])))
    points = np.linspace(0, 2 * np.pi, 60)
    dot = Drawing((np.column_stack([0.5 * np.cos(points), 0.5 * np.sin(points)]),))
    radius = np.where(np.arange(10) % 2, 8.0, 20.0)[:, None]
    corners = np.arange(10) * np.pi / 5
    star = Drawing(outlines=(radius * np.column_stack([np.cos(corners), np.sin(corners)]),))
    twice = Drawing((*rules(2, 9.0).strokes, *rules(2, 9.0).strokes))
    for drawing in (cross, dot, star, twice, Drawing()):
        for fills in (False, True):
            found = fineness(drawing, 1.2, fills=fills)
            assert found.crowded.share < 0.02 and found.slender.share < 0.02


def hatched(apart: float) -> bytes:
    """Lines side by side over 60 x 40 mm."""
    lines = "".join(f"M10 {10 + i * apart}h60" for i in range(int(40 / apart)))
    path = f'<path fill="none" stroke="#000" stroke-width="0.1" d="{lines}"/>'
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="70mm" viewBox="0 0 100 70">'
    return f"{head}{path}</svg>".encode()


def test_the_same_drawing_is_for_a_spot_and_not_for_a_bead() -> None:
    drawn = laid(hatched(1.0), LOGO, ZONE, SPOT)
    assert isinstance(drawn, Drawing) and not any("run together" in note for note in drawn.notes)
    with pytest.raises(Refused) as refused:
        laid(hatched(1.0), LOGO, ZONE, BEAD)
    assert "Logo is too fine for a line of 1.2 mm: 100% of its lines lie closer together than 1.8 mm" in (
        refused.value.reason
    )
    assert "at most 25% may" in refused.value.reason and "more room between its lines" in refused.value.mend


# --- photos -----------------------------------------------------------------------------------------------------------


def patches(pixels: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """A picture of squares of so many pixels, each of any grey, 1,000 x 700 pixels in all."""
    small = np.random.default_rng(4).random((700 // pixels + 1, 1000 // pixels + 1))
    return np.kron(small, np.ones((pixels, pixels)))[:700, :1000]


def photo_file(grey: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> bytes:
    out = io.BytesIO()
    Image.fromarray((grey * 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def test_the_finer_a_photo_the_less_of_it_is_seen() -> None:
    scores = [coarse(patches(pixels).astype(np.float32), ZONE, 1.45) for pixels in (2, 8, 20, 60, 150)]
    assert scores == sorted(scores)
    assert scores[1] < LEAST_COARSE < scores[3]
    assert coarse(patches(8).astype(np.float32), ZONE, 0.2) > 0.5, "finer rows show it"
    cat = crop(grey_of(np.asarray(Image.open(FILES / "cat.jpg").convert("L"))), 100 / 70)
    assert quality(cat, ZONE, 1.45) == () and coarse(cat, ZONE, 1.45) > 2 * LEAST_COARSE


def test_a_photo_of_fine_detail_is_its_customers_to_change() -> None:
    field = PhotoField.model_validate({"type": "photo", "title": "Photo", "zone": "z"})
    with pytest.raises(Refused) as refused:
        laid(photo_file(patches(6)), field, ZONE, BEAD)
    assert refused.value.reason.endswith("% of the photo's contrast is coarse enough to be seen here, 30% are needed.")
    assert refused.value.mend == "Choose a larger part of it, or another picture."
    assert isinstance(laid(photo_file(patches(80)), field, ZONE, BEAD), Tone)


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def factory() -> Factory:
    return load_factory(Path(__file__).parents[2] / "config.yaml")


@pytest.mark.parametrize(("longest", "said"), [(60.0, "1.0 min"), (30.0, "0.5 min"), (6 * 3600.0, None)])
def test_what_takes_too_long_is_refused_with_what_would_be_shorter(
    factory: Factory, tmp_path: Path, longest: float, said: str | None
) -> None:
    card = factory.catalog["note-card"]
    assert card.route["draw"].longest == 6 * 3600
    quick = {**card.route, "draw": card.route["draw"].model_copy(update={"longest": longest})}
    product = card.model_copy(update={"route": quick})
    changed = type(factory)(factory.config, type(factory.catalog)({card.name: product}))
    ordered = order(product)
    if said is None:
        assert [done.operation for done in rendered(changed, card.name, ordered, {}, tmp_path)] == ["draw"]
        return
    with pytest.raises(NotMade) as refused:
        list(rendered(changed, card.name, ordered, {}, tmp_path))
    assert f"Draw the note would take 2.0 min on the machine; at most {said} may be." in str(refused.value)
    assert "Please choose fewer words" in str(refused.value)
