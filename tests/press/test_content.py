"""What customers send: photos of every resolution, words of every script, and files that mean harm."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pikepdf
import pytest
import shapely
from PIL import Image, ImageCms, ImageDraw

from fulfillment.catalog import PressRecipe
from fulfillment.press.canvas import Page
from fulfillment.press.colour import Colours
from fulfillment.press.pictures import laid
from fulfillment.press.piece import Painted, laid_out
from fulfillment.processes import Problems, press
from gcode.design import Zone
from gcode.hatch import region

CARD = Zone("photo", 0.0, 0.0, 101.6, 76.2)
"""4 x 3 inches."""


def photo(width: int, height: int, kind: str = "JPEG", **more) -> bytes:  # type: ignore[no-untyped-def]
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.stack([columns * 255 / width, rows * 255 / height, 128 + 90 * np.sin(columns / 40)], axis=-1)
    out = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(out, kind, **more)
    return out.getvalue()


@pytest.fixture
def colours(shop):  # type: ignore[no-untyped-def]
    def of(name: str) -> Colours:
        profile = shop.factory.press[name]
        return Colours(profile, shop.factory.press.file(profile))

    return of


@pytest.mark.parametrize(
    ("pixels", "level"), [((1200, 900), "good"), ((1196, 897), "warned"), ((600, 450), "warned"), ((592, 444), "held")]
)
def test_photos_are_good_warned_or_held_by_their_size_on_paper(pixels, level, colours) -> None:  # type: ignore[no-untyped-def]
    from fulfillment.fields import Refused

    data = photo(*pixels)
    if level == "held":
        with pytest.raises(Refused, match=r"148 ppi, and at least 150 can be printed"):
            laid("Photo", data, CARD, colours("photo"))
        return
    picture, notes = laid("Photo", data, CARD, colours("photo"))
    assert picture.ppi == pytest.approx(pixels[0] / 4, abs=1)
    assert bool(notes) == (level == "warned")


def test_a_large_photo_is_made_smaller_and_no_smaller_than_good(colours) -> None:  # type: ignore[no-untyped-def]
    picture, _ = laid("Photo", photo(3600, 2700), CARD, colours("photo"))
    with Image.open(io.BytesIO(picture.jpeg)) as packed:
        assert 1200 <= packed.width <= 1800
    assert picture.ppi == pytest.approx(900), "what the file had is what is told"


def test_a_jpeg_that_is_already_right_goes_into_the_page_as_it_is_without_what_a_camera_adds(colours) -> None:  # type: ignore[no-untyped-def]
    exif = Image.Exif()
    exif[0x010E] = "taken at home, 52.1 N 5.3 E"
    data = photo(1200, 900, quality=95, exif=exif)
    assert b"taken at home" in data
    picture, _ = laid("Photo", data, CARD, colours("photo"))
    assert b"taken at home" not in picture.jpeg
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(picture.jpeg)) as after:
        assert (np.asarray(before) == np.asarray(after)).all(), "not a pixel was touched"
    progressive, _ = laid("Photo", photo(1200, 900, progressive=True), CARD, colours("photo"))
    with Image.open(io.BytesIO(progressive.jpeg)) as after:
        assert "progressive" not in after.info
    turned, _ = laid("Photo", photo(900, 1200, quality=95), CARD, colours("photo"))
    assert turned.ppi < 300, "cropped to a landscape part"


def test_a_camera_s_turn_is_followed(colours) -> None:  # type: ignore[no-untyped-def]
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = io.BytesIO()
    upright = Image.open(io.BytesIO(photo(1200, 900)))
    upright.transpose(Image.Transpose.ROTATE_90).save(sideways, "JPEG", quality=98, exif=exif)
    found, _ = laid("Photo", sideways.getvalue(), CARD, colours("photo"))
    with Image.open(io.BytesIO(found.jpeg)) as packed:
        small = np.asarray(packed.resize((40, 30)), dtype=float)
    wanted = np.asarray(upright.resize((40, 30)), dtype=float)
    assert np.abs(small - wanted).mean() < 4
    assert np.abs(small[:, ::-1] - wanted).mean() > 40


def test_a_photo_s_own_colours_count(colours) -> None:  # type: ignore[no-untyped-def]
    """The same numbers are another red in a wider space; a profile that is damaged says nothing."""
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    plain, _ = laid("Photo", photo(1200, 900, quality=95), CARD, colours("coated"))
    damaged, _ = laid("Photo", photo(1200, 900, quality=95, icc_profile=b"nonsense" * 50), CARD, colours("coated"))
    assert damaged.jpeg == plain.jpeg
    other, _ = laid("Photo", photo(1200, 900, quality=95, icc_profile=wide), CARD, colours("coated"))
    assert other.jpeg == plain.jpeg, "a profile of no light is no photo's"


def test_a_transparent_png_lies_on_white(colours) -> None:  # type: ignore[no-untyped-def]
    out = io.BytesIO()
    Image.new("RGBA", (1200, 900), (200, 0, 0, 0)).save(out, "PNG")
    picture, _ = laid("Photo", out.getvalue(), CARD, colours("coated"))
    assert picture.ink == 0.0


MESSAGES = {
    "german": "Liebe Grüße vom See,\nschön war’s! Ärger gab’s nur über das Wetter.",
    "arabic": "عزيزتي غريس،\nكانت الإجازة رائعة. إلى اللقاء في الصيف!",
    "hindi": "प्रिय ग्रेस,\nझील पर सूरज डूब गया और हम तुम्हें याद करते रहे।",
    "hebrew": "גרייס היקרה,\nהיה נהדר ליד האגם. להתראות בקיץ!",
    "thai": "ถึงเกรซที่รัก\nพระอาทิตย์ตกที่ทะเลสาบสวยมาก",
    "emoji": "Sun 🌞, boats ⛵ and you ❤️\n🎉🎂",
    "markup": "<img src=/etc/hostname> <b>&amp;</b> %PDF-1.7 (Tj) \\n",
}


@pytest.mark.parametrize("language", sorted(MESSAGES))
def test_words_of_any_script_are_printed_as_they_are_written(language: str, shop, plates) -> None:  # type: ignore[no-untyped-def]
    """The black plate has ink where the laid out letters are, and none around them."""
    more = {"options": {"ink": "black"}, "recipe": {"profile": "coated"}}
    spec, files = shop.spec("photo-card", {"message": MESSAGES[language]}, **more)
    made = press.render(spec, files)
    (recipe,) = [one for one in spec.product.recipes.values() if isinstance(one, PressRecipe)]
    profile = spec.press[recipe.profile]
    piece = laid_out(spec, files, recipe, Colours(profile, spec.press.file(profile)))
    (part,) = piece.on("back")
    assert isinstance(part.content, Painted)
    rings = sorted((shapely.Polygon(one) for one in region(part.content.drawing.outlines).to_polygons()),
                   key=lambda one: -one.area)  # fmt: skip
    letters = shapely.Polygon()
    for ring in rings:
        letters = letters.symmetric_difference(ring)
    black = plates(made.data, 2).on("Black", 31, 21.5, 179, 126.5)[::-1, ::-1]  # the back lies upside down
    assert _inked(black, letters.buffer(-0.1)) > 0.99
    assert _inked(black, letters.buffer(1.0).difference(letters.buffer(0.12))) < 0.01
    with pikepdf.open(io.BytesIO(made.data)) as pdf:
        for page in pdf.pages:
            assert b"hostname" not in page.obj.Contents.read_bytes() and "/Annots" not in page.obj
    assert b"hostname" not in made.data


def _inked(plate: np.ndarray, area: shapely.Geometry) -> float:
    x0, y0, x1, y1 = area.bounds
    grid = np.stack(np.meshgrid(np.arange(x0, x1, 0.1), np.arange(y0, y1, 0.1)), axis=-1).reshape(-1, 2)
    inside = grid[shapely.contains_xy(area, grid)]
    rows = (plate.shape[0] - inside[:, 1] * 10).astype(int)
    return float((plate[rows, (inside[:, 0] * 10).astype(int)] > 0.5).mean())


def test_letters_that_nobody_has_hold_the_order(shop) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Problems, match="cannot be made here"):
        shop.made("photo-card", {"message": "Dear \U00012000"})


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb() -> bytes:
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def broken(data: bytes) -> bytes:
    """A JPEG whose table of Huffman codes is damaged."""
    at = data.index(b"\xff\xc4")
    return data[: at + 5] + b"\xfe" * 16 + data[at + 21 :]


def cut(data: bytes) -> bytes:
    """A JPEG that ends in the middle of its picture."""
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (bomb, "megapixels"),
        (lambda: broken(photo(1900, 1400)), "damaged"),
        (lambda: cut(photo(1900, 1400)), "incomplete"),
        (lambda: photo(1900, 1400) + b"PK\x05\x06\0\0\0\0" + bytes(30), "ZIP archive"),
        (lambda: b"%PDF-1.7 \n" + bytes(500), "PDF document"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
        (lambda: Image.new("CMYK", (1900, 1400)), "printing press"),
    ],
)
def test_photos_that_mean_harm_are_refused(harm, said, shop) -> None:  # type: ignore[no-untyped-def]
    """By the process itself, whatever the checks before it let through."""
    spec, files = shop.spec("photo-card")
    data = harm()
    if isinstance(data, Image.Image):
        out = io.BytesIO()
        data.save(out, "JPEG")
        data = out.getvalue()
    with pytest.raises(Problems) as refused:
        press.render(spec, {**files, "photo": data})
    (problem,) = refused.value.problems
    assert problem["field"] == "photo" and said in problem["reason"] and problem["mend"]


def test_a_page_without_anything_on_it_is_refused(shop) -> None:  # type: ignore[no-untyped-def]
    spec, _ = shop.spec("photo-card")
    with pytest.raises(Problems, match="Nothing was sent that could be printed: Photo or Message"):
        press.render(replace(spec, fields={}), {})


def aside(page, picture, **more) -> None:  # type: ignore[no-untyped-def]
    """Four mm beside its place."""
    HONEST(page, replace(picture, x=picture.x + 4.0), **more)


def left_out(page, picture, **more) -> None:  # type: ignore[no-untyped-def]
    """Not at all."""


def over_letters(page, outlines) -> None:  # type: ignore[no-untyped-def]
    """Every second outline is lost."""
    FILLED(page, outlines[::2] if len(outlines) > 40 else outlines)


HONEST, FILLED = Page.picture, Page.fill


@pytest.mark.parametrize(("verb", "defect"), [("picture", aside), ("picture", left_out), ("fill", over_letters)])
def test_a_defect_of_ours_is_seen_before_anything_is_printed(verb, defect, shop, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """What the finished file shows is not what was designed."""
    monkeypatch.setattr(Page, verb, defect)
    with pytest.raises(Problems, match="What would be printed is not what was designed"):
        shop.made("photo-card")


@pytest.mark.parametrize("profile", ["photo", "coated"])
def test_no_photo_is_taken_for_a_defect(profile: str, shop) -> None:  # type: ignore[no-untyped-def]
    """Noise, darkness and the finest pattern are what another reader shows most unlike."""
    random = np.random.default_rng(3)
    for picture in (
        random.random((830, 1100, 3)) * 255,
        random.random((830, 1100, 3)) * 50,
        np.indices((830, 1100)).sum(axis=0)[..., None] % 2 * np.full(3, 255),
        np.full((830, 1100, 3), 90),
    ):
        out = io.BytesIO()
        Image.fromarray(picture.astype(np.uint8)).save(out, "PNG")
        made = shop.made("photo-card", files={"photo": out.getvalue()}, recipe={"profile": profile})
        assert made.manifest["fidelity"]["photo"]["off"] <= 0.03


def test_the_edible_sheet_is_food(shop) -> None:  # type: ignore[no-untyped-def]
    made = shop.made("edible-sheet")
    assert made.needs.contains == ("milk", "soy") and made.needs.leaves == ("milk", "soy")
    assert shop.made("photo-card").needs.contains is None


def test_a_drawing_of_a_photo_of_text_is_round(shop, rendered) -> None:  # type: ignore[no-untyped-def]
    """Outside of its rounds the icing sheet stays bare."""
    picture = np.asarray(rendered(shop.made("edible-sheet").data, 0, 127.0).convert("L"))
    entry = shop.factory.catalog["edible-sheet"]
    zone, jig = entry.zones["photo"], entry.jig
    mask = Image.new("L", picture.shape[::-1], 0)
    drawn = ImageDraw.Draw(mask)
    for x, y in entry.recipes["icing-sheet"].repeat.steps:
        left, low = (jig.x + zone.x + x) * 5, picture.shape[0] - (jig.y + zone.y + y) * 5
        drawn.ellipse((left - 2, low - zone.height * 5 - 2, left + zone.width * 5 + 2, low + 2), fill=255)
    bare = np.asarray(mask) == 0
    bare[-(round(jig.y) * 5) :] = False  # the unit's code stands there
    assert picture[bare].min() > 250
    assert picture[~bare].mean() < 200
