"""A carrier's file with one thing wrong with it: found, named with its place, and mended by what is said."""

from __future__ import annotations

import io

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.units import mm

from fulfillment.labels import FOUR_BY_SIX, LabelRefused, companion, pages, picture, preflight
from simulators.zpl.firmware import Build, Firmware
from simulators.zpl.program import png
from tests.labels import carrier

GOOD = carrier.zpl()
PLACE = GOOD.index(b"^FO20,20")


def spoilt(extra: bytes) -> bytes:
    return GOOD[:PLACE] + extra + GOOD[PLACE:]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (b"~JR", "~JR acts"),
        (b"~DGR:X.GRF,8,1,FF", "~DG acts"),
        (b"~DYR:X,A,T,8,,FF", "~DY acts"),
        (b"~JA", "~JA acts"),
        (b"^DFR:X.ZPL^FS", "^DF is not"),
        (b"^XFR:X.ZPL", "^XF is not"),
        (b"^XGR:X.GRF,1,1", "^XG is not"),
        (b"^IDR:*.*", "^ID is not"),
        (b"^ISR:X.GRF,Y", "^IS is not"),
        (b"^ILR:X.GRF", "^IL is not"),
        (b"^JUS", "^JU is not"),
        (b"^JMB", "^JM is not"),
        (b"^KP1234", "^KP is not"),
        (b"^NSa", "^NS is not"),
        (b"^ST1,1,26", "^ST is not"),
        (b"^SZ2", "^SZ is not"),
        (b"^HH", "^HH is not"),
        (b"^CC+", "^CC is not"),
        (b"^CWQ,E:X.TTF", "^CW is not"),
        (b"^PQ5", "^PQ asks for 5"),
        (b"^MCN", "^MCN leaves its picture"),
        (b"^mc n", "^MCN leaves its picture"),
        (b"^PMY", "^PMY has the labels after it"),
        (b"^PW1600", "^PW says 1600"),
        (b"^LL9999", "^LL says 9999"),
        (b"^FO2000,10^FS", "^FO 2000,10 lies beyond"),
        (b"^FT10,9000^FS", "^FT 10,9000 lies beyond"),
        (b"^GFA,8,999999999,1,FF^FS", "how large its picture"),
        (b"^GFA,9000,9000,300,FF^FS", "picture of 2400 dots"),
        (b"^GFB,3,3,3,^XA^FS", "binary graphic"),
    ],
)
def test_what_may_not_reach_a_printer_is_named_with_its_byte(extra: bytes, words: str) -> None:
    with pytest.raises(LabelRefused) as refused:
        preflight.inspect(spoilt(extra), 1, 203)
    first = refused.value.problems[0]
    assert words in first["reason"] and f"Byte {PLACE}" in first["reason"] and first["mend"]


def test_the_good_label_passes_and_every_finding_is_told() -> None:
    assert preflight.inspect(GOOD, 1, 203).pages == 1
    with pytest.raises(LabelRefused) as refused:
        preflight.inspect(spoilt(b"^JUS^KP1234"), 1, 203)
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize("extra", [b'^FD! U1 setvar "device.reset" ""\r\n^FS', b"^FX! 0 200 200 210 9\r\n"])
def test_a_command_of_another_language_is_one_in_a_text_too(extra: bytes) -> None:
    with pytest.raises(LabelRefused) as refused:
        preflight.inspect(spoilt(extra), 1, 203)
    assert f"Byte {PLACE + 3}" in refused.value.problems[0]["reason"]
    assert "another language" in refused.value.problems[0]["reason"]


def test_an_exclamation_mark_in_a_text_is_one() -> None:
    assert preflight.inspect(spoilt(b"^FO10,10^FDThanks! UPS Ground, 2! 10 20^FS"), 1, 203).pages == 1


def test_more_or_fewer_labels_than_pieces_are_refused() -> None:
    for labels, count in ((2, 1), (2, 3), (3, 2)):
        with pytest.raises(LabelRefused, match="labels would come out"):
            preflight.inspect(carrier.zpl(labels), count, 203)
    assert preflight.inspect(carrier.zpl(1), 5, 203).pages == 1


@given(st.binary(max_size=200), st.integers(0, len(GOOD)))
def test_any_bytes_anywhere_are_refused_or_print_one_label(extra: bytes, place: int) -> None:
    data = GOOD[:place] + extra + GOOD[place:]
    try:
        preflight.inspect(data, 1, 203)
    except LabelRefused:
        return
    printer = Firmware(Build(label_time=0))
    printer.receive(data)
    assert len(printer.labels) == 1 and printer.idle and not printer.partial and not printer.states


# --- PDF ----------------------------------------------------------------------------------------------------------


def mended(change: object) -> bytes:
    with pikepdf.open(io.BytesIO(carrier.pdf())) as pdf:
        change(pdf)  # type: ignore[operator]
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (mended(_script), "JavaScript"),
        (carrier.pdf()[:-200], "."),
        (carrier.pdf(2), "pages"),
        (carrier.pdf(size=(210 * mm, 297 * mm)), "210 x 297 mm"),
        (carrier.pdf(size=(50 * mm, 30 * mm)), "mm"),
        (b"GIF89a", "neither a PDF nor ZPL"),
    ],
    ids=["script", "truncated", "pages", "a4", "tiny", "gif"],
)
def test_a_pdf_that_is_no_label_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(LabelRefused, match=words) as refused:
        pages.inspect(data, 1, 203)
    assert all(one["reason"] and one["mend"] for one in refused.value.problems)


def test_a_page_of_many_is_a_file_of_its_own_and_always_the_same() -> None:
    data = carrier.pdf(3)
    assert pages.inspect(data, 3, 203).pages == 3
    second = pages.page(data, 2, 3)
    assert second == pages.page(data, 2, 3) != pages.page(data, 3, 3)
    assert pages.inspect(second, 1, 203).pages == 1


# --- dots ---------------------------------------------------------------------------------------------------------


@given(st.integers(1, 40), st.integers(1, 60), st.randoms(use_true_random=False))
def test_dots_come_out_as_they_went_in(columns: int, rows: int, dice: object) -> None:
    label = Image.new("1", (columns * 8, rows))
    label.putdata([dice.random() < 0.3 for _ in range(columns * 8 * rows)])  # type: ignore[attr-defined]
    printer = Firmware(Build(label_time=0))
    printer.receive(picture.zpl(label))
    (out,) = printer.labels
    assert out.notes == [] and out.image.tobytes() == label.tobytes()


def test_a_tall_label_is_sent_in_bands_that_the_guide_allows() -> None:
    label = Image.new("1", FOUR_BY_SIX.dots(300))
    label.putdata([(i * 7919) % 5 == 0 for i in range(label.width * label.height)])
    data = picture.zpl(label)
    assert data.count(b"^GFA") > 1
    printer = Firmware(Build(dpi=300, label_time=0))
    printer.receive(data)
    assert printer.labels[0].image.tobytes() == label.tobytes()


def test_a_lost_byte_leaves_a_picture_out_instead_of_printing_another() -> None:
    label = Image.new("1", (400, 400))
    label.paste(1, (50, 50, 300, 300))
    data = picture.zpl(label)
    place = data.index(b":Z64:") + 30
    printer = Firmware(Build(label_time=0))
    printer.receive(data[:place] + data[place + 1 :])
    assert printer.labels[0].notes and printer.labels[0].image.getbbox() is None


def test_what_would_be_cut_off_is_refused() -> None:
    white = Image.new("L", (840, 1230), 255)
    with_edge = white.copy()
    with_edge.paste(0, (0, 600, 3, 700))
    assert picture.dots(_png(white), FOUR_BY_SIX, 203).size == FOUR_BY_SIX.dots(203)
    with pytest.raises(LabelRefused, match="beyond the label's edge"):
        picture.dots(_png(with_edge), FOUR_BY_SIX, 203)
    with pytest.raises(LabelRefused, match="mm"):
        picture.dots(_png(Image.new("L", (1600, 2400), 255)), FOUR_BY_SIX, 203)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_the_widest_codes_fit_the_label_of_a_piece_that_travels_along() -> None:
    for dpi in (203, 300, 600):
        label = companion.drawn("U-WWWWWWWW", "U-MMMMMMMM", "499 of 500", FOUR_BY_SIX, dpi)
        box = label.getbbox()
        assert box is not None and box[0] > 10 and box[2] < label.width - 10 and box[3] < label.height - 10


def test_the_simulator_shows_black_on_white() -> None:
    printer = Firmware(Build(label_time=0))
    printer.receive(b"^XA^XZ")
    with Image.open(io.BytesIO(png(printer.labels[0]))) as shown:
        assert shown.convert("L").getextrema() == (255, 255)
