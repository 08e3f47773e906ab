"""What customers send: each bad personalization with the exact words that the shop shows."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.catalog import FOLDER, Product, load
from fulfillment.personalization import Problem, Resolved, check

Picture = Callable[..., bytes]
PRODUCT = load(FOLDER)[0]["pop-tart"]
ANOTHER = "Please send a JPEG, PNG or WebP picture."


def test_a_good_one_is_resolved(pop_tart: Product, picture: Picture) -> None:
    photo = picture()
    found = check(pop_tart, {"message": " Happy  birthday "}, {"flavour": "Brown sugar and CINNAMON"}, {"photo": photo})
    assert isinstance(found, Resolved)
    assert found.texts == {"message": "Happy  birthday"}
    assert found.options == {"flavour": "brown-sugar", "frosting": "chocolate"}
    assert found.photos["photo"].sha256 == hashlib.sha256(photo).hexdigest()
    assert (found.photos["photo"].width, found.photos["photo"].height) == (300, 240)


TEXTS = {
    "": "Message is empty. Please write something.",
    " \u200b\u00a0 ": "Message is empty. Please write something.",
    "A message that is much too long": "Message has 31 characters; at most 24 fit. Please shorten it by 7.",
    "x" * 20_000: "Message has 20000 characters; at most 24 fit. Please shorten it.",
    "two\nlines": "Message has more than one line. Please write it in one line.",
    "two\u2028lines": "Message has more than one line. Please write it in one line.",
    "a\x07bell": "Message has characters that cannot be written (U+0007). Please type it anew without them.",
    "tab\there": "Message has characters that cannot be written (U+0009). Please type it anew without them.",
    "half \ud83d": "Message has characters that cannot be written (U+D83D). Please type it anew without them.",
    "private \ue000": "Message has characters that cannot be written (U+E000). Please type it anew without them.",
    "abc\u202etxt.exe": (
        "Message has characters that turn the direction of writing (U+202E RIGHT-TO-LEFT OVERRIDE). "
        "Please type it anew without them."
    ),
    "Z\u0351\u0352\u0353algo": "Message has letters with more than 2 accents. Please write it with fewer.",
}


@pytest.mark.parametrize(("text", "says"), TEXTS.items(), ids=[ascii(text[:12]) for text in TEXTS])
def test_texts_that_cannot_be_made(pop_tart: Product, picture: Picture, text: str, says: str) -> None:
    found = check(pop_tart, {"message": text}, {}, {"photo": picture()})
    assert isinstance(found, list)
    assert [(p.field, str(p)) for p in found] == [("message", says)]


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("Zoe\u0308", "Zoë"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\u00a0b\u3000c", "a b c"),
        ("\ufeffHi\u200b", "Hi"),
        ("Hi\n", "Hi"),
    ],
)
def test_what_cannot_be_seen_is_put_right(pop_tart: Product, picture: Picture, text: str, resolved: str) -> None:
    found = check(pop_tart, {"message": text}, {}, {"photo": picture()})
    assert isinstance(found, Resolved)
    assert found.texts["message"] == resolved


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size; its pixels are never reached."""
    head = struct.pack(">I4sIIBBBBBI", 13, b"IHDR", width, height, 8, 2, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + head + struct.pack(">I4sI", 0, b"IEND", 0)


FILES: dict[str, tuple[Callable[[Picture], bytes], str]] = {
    "nothing": (lambda make: b"", "The photo is an empty file. Please upload it again."),
    "text": (lambda make: b"I am not a photo. " * 20, f"The photo is a text file. {ANOTHER}"),
    "svg": (lambda make: b'<?xml version="1.0"?><svg xmlns="x"/>', f"The photo is an SVG drawing. {ANOTHER}"),
    "gif": (lambda make: make(kind="GIF"), f"The photo is a GIF picture. {ANOTHER}"),
    "bmp": (lambda make: make(kind="BMP"), f"The photo is a BMP picture. {ANOTHER}"),
    "tiff": (lambda make: make(kind="TIFF"), f"The photo is a TIFF picture. {ANOTHER}"),
    "heic": (lambda make: b"\x00\x00\x00\x18ftypheic" + bytes(64), f"The photo is a HEIC picture. {ANOTHER}"),
    "avif": (lambda make: b"\x00\x00\x00\x18ftypavif" + bytes(64), f"The photo is an AVIF picture. {ANOTHER}"),
    "video": (lambda make: b"\x00\x00\x00\x18ftypisom" + bytes(64), f"The photo is a video. {ANOTHER}"),
    "pdf": (lambda make: b"%PDF-1.7\n", f"The photo is a PDF document. {ANOTHER}"),
    "zip": (lambda make: b"PK\x03\x04" + bytes(40), f"The photo is a ZIP archive. {ANOTHER}"),
    "noise": (lambda make: bytes(range(256)), f"The photo is not a picture that we know. {ANOTHER}"),
    "tiny": (
        lambda make: make(3, 3, "PNG"),
        "The photo has 3 x 3 pixels; at least 200 x 200 are needed. Please send a larger one.",
    ),
    "flat": (
        lambda make: make(4000, 100),
        "The photo has 4000 x 100 pixels; at least 200 x 200 are needed. Please send a larger one.",
    ),
    "heavy": (
        lambda make: b"\xff\xd8\xff" + bytes(20_400_000),
        "The photo has 20.4 MB; at most 20 MB are taken. Please send a smaller one.",
    ),
    "bomb": (
        lambda make: png(30_000, 30_000),
        "The photo has 30000 x 30000 pixels; at most 40 megapixels are taken. Please send a smaller one.",
    ),
    "cut jpeg": (lambda make: make()[:-40], "The photo is incomplete: its end is missing. Please upload it again."),
    "cut png": (
        lambda make: make(kind="PNG")[:-5],
        "The photo is incomplete: its end is missing. Please upload it again.",
    ),
    "cut webp": (
        lambda make: make(kind="WEBP")[:-9],
        "The photo is incomplete: its end is missing. Please upload it again.",
    ),
    "no size": (lambda make: png(0, 100), "The photo is damaged: it has no size. Please upload it again."),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_no_photo(pop_tart: Product, picture: Picture, name: str) -> None:
    make, says = FILES[name]
    found = check(pop_tart, {"message": "Hi"}, {}, {"photo": make(picture)})
    assert isinstance(found, list)
    assert [(p.field, str(p)) for p in found] == [("photo", says)]


def test_all_problems_of_a_unit_come_at_once(pop_tart: Product) -> None:
    found = check(
        pop_tart,
        {"message": "a\nb", "photo": "https://example.com/cat.jpg", "mesage": "x"},
        {"flavour": "cherry", "frosting": " ", "size": "XL"},
        {"cat": b"x"},
    )
    assert found == [
        Problem("photo", "Photo did not arrive as a file.", "Please upload a JPEG, PNG or WebP picture."),
        Problem("message", "Message has more than one line.", "Please write it in one line."),
        Problem(
            "flavour",
            "Filling 'cherry' is not offered.",
            "Please choose one of: Strawberry, Blueberry, Brown sugar and cinnamon.",
        ),
        Problem("mesage", "Personalized toaster pastry has no field 'mesage'.", "Its fields are: photo, message."),
        Problem("size", "Personalized toaster pastry has no option 'size'.", "Its options are: flavour, frosting."),
        Problem("cat", "Personalized toaster pastry takes no file 'cat'.", "Its fields are: photo, message."),
    ]


def test_what_is_missing_is_told(pop_tart: Product) -> None:
    found = check(pop_tart, {}, {}, {})
    assert isinstance(found, list)
    assert [str(p) for p in found] == [
        "Photo is missing. Please upload a JPEG, PNG or WebP picture.",
        "Message is missing. Please write something.",
    ]
    option = pop_tart.options["flavour"].model_copy(update={"default": None})
    strict = pop_tart.model_copy(update={"options": {"flavour": option}})
    last = check(strict, {}, {}, {})
    assert isinstance(last, list)
    assert last[2].reason == "Filling is missing."


def test_a_text_that_came_as_a_file(pop_tart: Product, picture: Picture) -> None:
    found = check(pop_tart, {}, {}, {"photo": picture(), "message": b"Hi"})
    assert isinstance(found, list)
    assert str(found[0]) == "Message is a text, not a file. Please write it."


def test_optional_fields_may_be_left_out(pop_tart: Product) -> None:
    fields = {name: field.model_copy(update={"required": False}) for name, field in pop_tart.fields.items()}
    found = check(pop_tart.model_copy(update={"fields": fields}), {"message": "  "}, {}, {})
    assert found == Resolved({}, {}, {"flavour": "strawberry", "frosting": "chocolate"}, {})


@given(st.text(max_size=60), st.binary(max_size=60))
def test_whatever_is_sent_gets_an_answer_in_sentences(text: str, file: bytes) -> None:
    found = check(PRODUCT, {"message": text}, {"flavour": text}, {"photo": file})
    assert isinstance(found, list)
    for problem in found:
        assert problem.reason.endswith(".")
        assert problem.mend.endswith(".")
        assert "\n" not in str(problem)
