"""Several pieces in one program: each in its pocket as it would be alone, on every process that makes them together,
and as an independent simulator made them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fulfillment import example, personalization
from fulfillment.catalog import FOLDER, Jig, Pockets, Product, load
from fulfillment.config import Factory, load_factory
from fulfillment.gallery import machine_for
from fulfillment.gathering import filled
from fulfillment.machines import dialect_of, spoken
from fulfillment.offline import rendered_together
from fulfillment.planning import specification
from fulfillment.processes import Made, Problems, Spec
from fulfillment.rehearsal import blank, rehearsal
from fulfillment.render.work import process, render_all
from gcode.geometry import Bounds
from gcode.parse import parse
from gcode.proof import Marks
from gcode.verify import lines_made
from jobs.store import Refused

SHIPPED = Path(__file__).parents[2] / "config.yaml"
WORK = {"favour-cookies": "ice", "guitar-pick": "engrave", "note-card": "draw"}
"""A product of each process that makes several at once, and its operation."""
NAMES = ("Ada", "Zoë", "Bo", "Kim", "Eve", "Max")


@pytest.fixture(scope="module")
def factory() -> Factory:
    return load_factory(SHIPPED)


def in_a_jig(product: Product) -> Product:
    """The product as shipped where its jig has pockets, and with a grid of six where it has none."""
    if product.jig.pockets:
        return product
    piece = product.piece
    columns, rows = (2, 1) if piece.width > 60 else (3, 2)
    pockets = Pockets(columns=columns, rows=rows, x_step=piece.width + 4, y_step=piece.height + 4)
    return product.model_copy(update={"jig": Jig(x=20, y=20, pockets=pockets)})


def specs(factory: Factory, name: str, pockets: Mapping[int, str]) -> list[Spec]:
    """A specification of each piece, by its pocket and its words."""
    shipped = factory.catalog[name]
    product, field = in_a_jig(shipped), next(iter(shipped.fields))
    found = []
    for pocket, words in pockets.items():
        said = example.order(shipped)
        checked = personalization.check(product, {**said.texts, field: words}, said.options, {})
        assert not isinstance(checked, list), checked
        base = specification(factory, name, WORK[name], checked.body())
        found.append(replace(base, product=product, pocket=pocket))
    return found


def made(wanted: Sequence[Spec]) -> Made:
    return process(wanted[0].process).together(wanted, [{} for _ in wanted])  # type: ignore[attr-defined, no-any-return]


def places(spec: Spec, data: bytes) -> np.ndarray:
    """Where the program marks something, (n, 2) in mm of the machine."""
    machine = spec.machines[0]
    dialect = spoken(dialect_of(machine, spec.process) or "")
    program = parse(data)
    moves = dialect.trace(program)
    lit = moves.lays if spec.process == "extrude-food" else dialect.marks(program, moves)
    return np.vstack([moves.start[lit][:, :2], moves.end[lit][:, :2]])


@pytest.mark.parametrize("name", WORK)
def test_each_piece_is_marked_in_its_pocket_and_nowhere_else(factory: Factory, name: str) -> None:
    wanted = specs(factory, name, {1: "Ada", 2: "Bo"})
    together = made(wanted)
    at = places(wanted[0], together.data)
    piece = wanted[0].product.piece
    inside = []
    for spec in wanted:
        x, y = spec.product.jig.at(spec.pocket)
        on = (at >= [x, y]).all(axis=1) & (at <= [x + piece.width, y + piece.height]).all(axis=1)
        assert on.any(), f"nothing is in pocket {spec.pocket}"
        inside.append(on)
        alone = places(spec, made([spec]).data)
        mine = (alone >= [x, y]).all(axis=1) & (alone <= [x + piece.width, y + piece.height]).all(axis=1)
        assert set(map(tuple, at[on].round(3))) == set(map(tuple, alone[mine].round(3))), "as it is made alone"
    beside = at[~np.any(inside, axis=0)]
    prime = wanted[0].product.prime
    assert (len(beside) > 0) == (prime is not None), "only the nozzle is filled beside the pieces"
    assert [told["pocket"] for told in together.manifest["pieces"]] == [1, 2]
    assert together.manifest["seconds"] > made([wanted[0]]).manifest["seconds"]


@pytest.mark.parametrize("name", WORK)
def test_a_batch_of_one_is_the_single_program(factory: Factory, name: str) -> None:
    (spec,) = specs(factory, name, {1: "Ada"})
    single, alone = process(spec.process).render(spec, {}), made([spec])
    assert (single.data, single.proof, dict(single.manifest)) == (alone.data, alone.proof, dict(alone.manifest))


@pytest.mark.parametrize("name", WORK)
def test_swapped_pieces_are_other_bytes_and_the_same_twice_is_not(factory: Factory, name: str) -> None:
    one = made(specs(factory, name, {1: "Ada", 2: "Bo"}))
    again = made(specs(factory, name, {1: "Ada", 2: "Bo"}))
    swapped = made(specs(factory, name, {1: "Bo", 2: "Ada"}))
    assert one.data == again.data and one.proof == again.proof
    assert one.data != swapped.data and one.proof != swapped.proof


def test_whose_piece_cannot_be_made_is_said(factory: Factory) -> None:
    wanted = specs(factory, "favour-cookies", {1: "Ada", 5: "Bo"})
    long = replace(wanted[1], fields={"name": "Maximiliane Wilhelmine Charlotte Auguste"})
    with pytest.raises(Problems, match=r"In pocket 5: .*too long"):
        made([wanted[0], long])


def test_a_process_that_makes_one_at_a_time_says_so(factory: Factory, tmp_path: Path) -> None:
    wanted = [replace(spec, process="embroider") for spec in specs(factory, "favour-cookies", {1: "Ada", 2: "Bo"})]
    with pytest.raises(Problems, match="one piece at a time"):
        render_all(wanted, tmp_path)


def test_the_proof_shows_every_pocket(factory: Factory) -> None:
    whole = made(specs(factory, "favour-cookies", {1: "Ada", 12: "Bo"}))
    assert whole.proof is not None
    picture = Image.open(io.BytesIO(whole.proof)).convert("RGB")
    colours = {colour for _, colour in picture.getcolors(1 << 20) or []}
    assert (201, 143, 79) in colours, "the cookie's own colour"
    nearly = np.asarray(picture.resize((40, 30)))
    cookies = (abs(nearly.astype(int) - [201, 143, 79]).sum(axis=2) < 60).nonzero()
    assert len(set(cookies[0] // 10)) == 2, "one cookie in the front row, one in the row at the back"


@settings(max_examples=12, deadline=None)
@given(st.dictionaries(st.integers(1, 12), st.sampled_from(NAMES), min_size=1, max_size=6))
def test_any_pockets_make_a_program_that_may_run(pockets: dict[int, str]) -> None:
    factory = load_factory(SHIPPED)
    wanted = specs(factory, "favour-cookies", dict(sorted(pockets.items())))
    found = made(wanted)
    x0, y0, _, x1, y1, _ = found.manifest["bounds"]
    machine = wanted[0].machines[0]
    assert machine.envelope is not None
    assert x0 >= 0 and y0 >= 0 and x1 <= machine.envelope.x and y1 <= machine.envelope.y
    assert found.data.count(b"G28") == made(wanted[:1]).data.count(b"G28"), "it is one program: it homes once"


# --- as made ------------------------------------------------------------------------------------------------------


def laid(record: Mapping[str, Any], spec: Spec) -> Marks:
    """What the record says was laid, on the piece of one pocket."""
    starts, ends, widths = [], [], []
    recipe = spec.product.recipes["icing"]
    corner = np.array(spec.product.jig.at(spec.pocket))
    for path in record["paths"]:
        points = np.array(path["points"])
        if path.get("lifted") or len(points) < 2:
            continue
        way = np.linalg.norm(np.diff(points, axis=0), axis=1)
        real = way > 1e-6
        starts.append(points[:-1][real][:, :2] - corner)
        ends.append(points[1:][real][:, :2] - corner)
        widths.append(np.array(path["volumes"])[real] / way[real] / recipe.height)  # type: ignore[union-attr]
    return Marks(np.vstack(starts), np.vstack(ends), np.concatenate(widths))


def test_a_whole_jig_on_a_simulator_has_each_name_on_its_own_cookie(factory: Factory, tmp_path: Path) -> None:
    from fulfillment.designs import design
    from fulfillment.fields import Craft

    product = factory.catalog["favour-cookies"]
    orders = [(one, {}) for one in example.jig(product)]
    (done,) = rendered_together(factory, product.name, orders, filled(product, 12, 1, ()), tmp_path)
    assert len(json.loads(done.manifest.read_text())["pieces"]) == 12
    machine = machine_for(factory, done)
    assert machine is not None
    with rehearsal(machine, ["--speed", "max", *blank(product, machine)]) as rehearsed:
        assert rehearsed.run(done.artifact, done.made.media_type) is None
        record = rehearsed.room.record()["piece"]
    wanted = specs(factory, product.name, dict(enumerate(product.example.together, 1)))
    box, width = Bounds(0, 0, product.piece.width, product.piece.height), 1.0
    contents = [design(spec, {}, Craft(width)) for spec in wanted]
    for number, (spec, content) in enumerate(zip(wanted, contents, strict=True)):
        own = lines_made(content.drawings, laid(record, spec), width, box)
        other = lines_made(contents[number - 1].drawings, laid(record, spec), width, box)
        assert own.coverage > 0.95, (spec.pocket, own)
        assert other.coverage < 0.8, "the neighbour's name is another one"


# --- jigs in the catalog ------------------------------------------------------------------------------------------


def test_pockets_count_to_the_right_and_then_away(factory: Factory) -> None:
    jig = factory.catalog["favour-cookies"].jig
    assert [jig.at(n) for n in (1, 2, 5, 12)] == [(22, 30), (71, 30), (22, 74), (169, 118)]
    with pytest.raises(ValueError, match="no pocket 13"):
        jig.at(13)


WRONG = {
    "x_step: 49 mm": ("x_step: 40 mm", "would overlap"),
    "columns: 4, rows: 3": ("columns: 1, rows: 1", "2 to 200 pockets"),
    "x0: -12 mm, y0: 0 mm, x1: -12 mm, y1: 34 mm": ("x0: 55 mm, y0: 0 mm, x1: 55 mm, y1: 34 mm", "crosses the piece"),
    "thickness: 8 mm": ("thickness: 8 mm\n  unevenness: 1 mm", "is not made with others"),
    "process: extrude-food": ("process: fdm", "one piece at a time"),
}


@pytest.mark.parametrize("right", WRONG)
def test_a_jig_that_cannot_be_is_refused_with_its_line(right: str, tmp_path: Path) -> None:
    text = (FOLDER / "favour-cookies.yaml").read_text(encoding="utf-8")
    wrong, said = WRONG[right]
    assert right in text
    path = tmp_path / "favour-cookies.yaml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    _, problems = load(tmp_path)
    assert any(said in str(problem) for problem in problems), problems
    path.write_text(text, encoding="utf-8")
    assert load(tmp_path)[1] == []


@pytest.mark.parametrize(
    ("pieces", "first", "leave_out", "then"), [(3, 1, (), [1, 2, 3]), (2, 11, (), [11, 12]), (2, 5, (6,), [5, 7])]
)
def test_pieces_go_into_the_pockets_that_are_free(
    factory: Factory, pieces: int, first: int, leave_out: tuple[int, ...], then: list[int]
) -> None:
    assert filled(factory.catalog["favour-cookies"], pieces, first, leave_out) == then


@pytest.mark.parametrize(
    ("pieces", "first", "leave_out", "said"),
    [(2, 12, (), "do not fit"), (1, 13, (), "no pocket 13"), (1, 1, (99,), "no pocket 99"), (1, 12, (12,), "is left")],
)
def test_pockets_that_are_not_there_are_named(
    factory: Factory, pieces: int, first: int, leave_out: tuple[int, ...], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        filled(factory.catalog["favour-cookies"], pieces, first, leave_out)


def test_a_jig_of_one_takes_one(factory: Factory) -> None:
    assert filled(factory.catalog["pop-tart"], 1, 1, ()) == [1]
    with pytest.raises(Refused, match="holds one piece"):
        filled(factory.catalog["pop-tart"], 2, 1, ())
