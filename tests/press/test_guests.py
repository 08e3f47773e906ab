"""Customers' own pages: ordered, read in a worker, laid on their sheet as they are, or held with what mends them."""

from __future__ import annotations

import io
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import yaml
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image, ImageOps
from reportlab.lib.colors import CMYKColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas
from sqlalchemy import select

from fulfillment.api.orders import OrderIn, take
from fulfillment.catalog import FOLDER, load
from fulfillment.daemon import Shop, open_shop
from fulfillment.example import FILES
from fulfillment.pdfs import look_at
from fulfillment.pdfs.limits import LIMITS
from fulfillment.personalization import check
from fulfillment.planning import Planner
from fulfillment.press import faithful
from fulfillment.press.guests import Placed
from fulfillment.press.piece import Piece
from fulfillment.processes import press
from fulfillment.render.pool import RenderPool
from jobs import models as m
from tests.pdfs.raw_file import page as raw_page

GOOD = (FILES / "regatta.pdf").read_bytes()
MM = 72 / 25.4
A3 = (297.0, 420.0)


def changed(change: Any = None, **save: Any) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(GOOD)) as pdf:
        if change is not None:
            change(pdf)
        pdf.save(out, **save)
    return out.getvalue()


def launches(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.Launch, F=String("calc.exe"))


def rgb(size: tuple[float, float] = A3, ppi: float = 0.0, grey: bool = True, font: str = "") -> bytes:
    """A page of its own: a grey rectangle (or a red one), a grey picture of so many ppi, a word."""
    out = io.BytesIO()
    page = canvas.Canvas(out, (size[0] * MM, size[1] * MM), invariant=1)
    if grey:
        page.setFillColor(CMYKColor(0, 0, 0, 0.4))
    else:
        page.setFillColorRGB(1, 0, 0)
    page.rect(20 * MM, 20 * MM, 50 * MM, 80 * MM, stroke=0, fill=1)
    if ppi:
        picture = Image.linear_gradient("L").resize((round(4 * ppi), round(4 * ppi)))
        page.drawImage(ImageReader(picture), 72, 72 * 4, 4 * 72, 4 * 72)
    if font:
        page.setFont(font, 30)
        page.drawString(80, 80, "Hello")
    page.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as pdf:
        if not font:
            del pdf.pages[0].obj.Resources["/Font"]
            content = pdf.pages[0].obj.Contents.read_bytes().replace(b"BT /F1 12 Tf 14.4 TL ET", b"")
            pdf.pages[0].obj.Contents = pdf.make_stream(content)
        again = io.BytesIO()
        pdf.save(again)
    return again.getvalue()


BAD: dict[str, tuple[bytes, str, str]] = {
    "no pdf": (b"\xff\xd8\xff" * 40, "Your page is no PDF.", "Please export it as a PDF"),
    "encrypted": (changed(encryption=pikepdf.Encryption(owner="a", user="b")), "encrypted", "without"),
    "launch": (changed(launches), "It acts by itself", "Please"),
    "coarse": (rgb(ppi=110), "110 ppi where it is placed; at least 120", "more pixels"),
    "font": (rgb(font="Helvetica"), "Helvetica", "fonts"),
    "red of light": (rgb(grey=False), "RGB", "CMYK"),
    "wrong size": (rgb((210.0, 420.0)), "The page is 210 x 420 mm; 297 x 420 mm are printed.", "Please make it that"),
    "turned": (rgb(A3[::-1]), "The page is 420 x 297 mm", "turn it by a quarter"),
    "two pages": (changed(lambda pdf: pdf.pages.append(pdf.pages[0])), "2 pages", "Please"),
    "bomb": (raw_page(b"q " * 5_000), "saved", "Please"),
}
"""A file, and what is told: a part of the reason, and of the mend."""


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    one = RenderPool(1, 1024, 60)
    yield one
    one.close()


@pytest.fixture
def factory(tmp_path: Path) -> Iterator[Shop]:
    """A press for posters, and a folder for their slips."""
    path = tmp_path / "config.yaml"
    path.write_text(
        "site: { name: Posters }\n"
        "machines:\n"
        "  - { name: press-1, driver: hot-folder, address: press, processes: [press], material: poster-matt,"
        " media: [sra3] }\n"
        "  - { name: slips, driver: hot-folder, address: slips, processes: [document] }\n"
        "materials:\n  - { name: poster-matt, kind: poster-paper, colour: '#222222' }\n"
        f"catalog: {tmp_path / 'catalog'}\n"
    )
    (tmp_path / "catalog").mkdir()
    shipped = FOLDER / "your-poster.yaml"
    (tmp_path / "catalog" / "your-poster.yaml").write_text(shipped.read_text())
    one = open_shop(path)
    yield one
    one.close()


def ordered(shop: Shop, data: bytes, pool: RenderPool) -> dict[str, Any]:
    """The unit once it is rendered, or held."""
    line = {"product": "your-poster", "fields": {"page": {"sha256": shop.artifacts.put(data)}}}
    take(shop, OrderIn.model_validate({"external_id": "A-1", "lines": [line], "ship_to": {"name": "Ada"}}), "test")
    planner = Planner(shop.store, shop.factory, shop.artifacts, pool)
    end = time.monotonic() + 120
    try:
        while True:
            assert time.monotonic() < end
            planner.round()
            with shop.store.read() as connection:
                (unit,) = connection.execute(select(m.units)).mappings().all()
                made = {one.process for one in connection.execute(select(m.artifacts))}
            if unit["state"] == "held" or "press" in made:
                return dict(unit)
            time.sleep(0.02)
    finally:
        planner.stop()


def test_the_placed_page_is_what_a_press_takes(shop, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    made = shop.made("your-poster")
    path = tmp_path / "page.pdf"
    path.write_bytes(made.data)
    assert subprocess.run(["qpdf", "--check", path], check=False, capture_output=True).returncode == 0
    found = look_at(made.data)
    assert {(font.name, font.embedded) for font in found.fonts} == {
        ("NotoSans-Regular", True),
        ("NotoSerif-Regular", True),
    }
    assert found.intents[0].subtype == "GTS_PDFX"
    assert made.manifest["pdfs"]["page"]["trim"] == pytest.approx([3, 3, 300, 423], abs=0.01)
    assert made.manifest["notes"] == []
    assert made.data == shop.made("your-poster").data, "the same page is the same file"


def test_a_page_without_bleed_is_printed_and_told(shop) -> None:  # type: ignore[no-untyped-def]
    made = shop.made("your-poster", files={"page": rgb()})
    assert any("there may be white" in note for note in made.manifest["notes"])


def test_scripts_and_links_stay_where_they_were(shop) -> None:  # type: ignore[no-untyped-def]
    def linked(pdf: Pdf) -> None:
        uri = Dictionary(S=Name.URI, URI=String("https://example.com/"))
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 90, 90]), A=uri)
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])

    with pikepdf.open(io.BytesIO(shop.made("your-poster", files={"page": changed(linked)}).data)) as pdf:
        assert "/Annots" not in pdf.pages[0].obj
        assert not [thing for thing in pdf.objects if isinstance(thing, Dictionary) and "/URI" in thing]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_that_its_file_turns_is_compared_as_it_is_seen(shop, turn: int) -> None:  # type: ignore[no-untyped-def]
    """A turned A3 is compared where it is looked at; its bleed differs at each side."""

    def turned(pdf: Pdf) -> None:
        page = pdf.pages[0].obj
        if turn % 180:
            wide, high = 420 * MM, 297 * MM
            page.MediaBox = Array([0, 0, wide + 40, high + 30])
            page.TrimBox = Array([12, 9, 12 + wide, 9 + high])
            del page["/BleedBox"]
        page.Rotate = turn

    made = shop.made("your-poster", files={"page": changed(turned)})
    assert made.manifest["fidelity"]["photo"]["ssim"] > 0.95


def test_another_page_than_the_customers_is_seen(shop) -> None:  # type: ignore[no-untyped-def]
    made = press.page(*[[one] for one in shop.spec("your-poster")])
    _, seen = press._seen(made, "#ffffff")
    look = faithful.Look(made.sides.size, made.sides.recipe.repeat.steps, made.sides.recipe.line_width)
    (piece,), (picture,) = made.pieces, seen["front"]
    assert not faithful.compare(piece, "front", picture, look).wrong()

    def shown(change: Any) -> Piece:
        (part,) = piece.parts
        assert isinstance(part.content, Placed)
        content = replace(part.content, image=change(part.content.image))
        return replace(piece, parts=(replace(part, content=content),))

    assert faithful.compare(shown(ImageOps.mirror), "front", picture, look).wrong()
    assert faithful.compare(shown(ImageOps.flip), "front", picture, look).wrong()
    assert faithful.compare(piece, "front", Image.new("RGB", picture.size, "white"), look).wrong()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"zones": {"page": {"side": "back"}}}, "lies upright on the front"),
        ({"route": {"print": {"process": "engrave"}}}, "Only a press prints"),
        ({"recipes": {"poster-paper": {"grounds": {"front": "#000000"}}}}, "would be covered"),
    ],
)
def test_a_product_says_where_a_page_cannot_lie(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    said = yaml.safe_load((FOLDER / "your-poster.yaml").read_text())
    for key, entries in changes.items():
        for name, change in entries.items():
            said[key][name] |= change
    (tmp_path / "your-poster.yaml").write_text(yaml.safe_dump(said))
    problems = load(tmp_path)[1]
    assert any(says in str(problem) for problem in problems), problems


def test_more_than_is_read_is_refused_before_it_is_kept(shop) -> None:  # type: ignore[no-untyped-def]
    product = shop.factory.catalog["your-poster"]
    (problem,) = check(product, {}, {}, {"page": b"%PDF-1.7" + bytes(LIMITS.bytes)})
    assert (problem.field, problem.mend) == ("page", "Please send a smaller one.")
    (problem,) = check(product, {}, {}, {})
    assert problem.reason == "Your page is missing."


def test_an_order_of_a_page_is_made(factory: Shop, pool: RenderPool) -> None:
    unit = ordered(factory, GOOD, pool)
    assert unit["state"] != "held", unit["problems"]


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_printed_is_held_with_its_mend(name: str, factory: Shop, pool: RenderPool) -> None:
    data, reason, mend = BAD[name]
    unit = ordered(factory, data, pool)
    assert unit["state"] == "held"
    problem = unit["problems"][0]
    assert problem["field"] == "page"
    assert reason in problem["reason"]
    assert mend in problem["mend"]
