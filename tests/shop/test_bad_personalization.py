"""What customers send that cannot be made: from the order to the held unit, with the sentences that the shop reads.

Each order here has a second piece that is as it should be: it is planned.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fulfillment.daemon import Shop
from fulfillment.render.pool import RenderPool
from jobs import models as m

from .bakery import claimed_png, encoded, line, order, photo, plan, rows, states, units


@dataclass(frozen=True)
class Bad:
    """A line of an order, and what its unit says."""

    line: dict[str, Any]
    where: str
    reason: str
    mend: str


def picture(data: bytes) -> dict[str, Any]:
    return line(picture=data)


def without(name: str) -> dict[str, Any]:
    made = line()
    del made["fields"][name]
    return made


def more_fields(**fields: Any) -> dict[str, Any]:
    made = line()
    made["fields"] |= fields
    return made


def grey(value: int, size: tuple[int, int] = (420, 300)) -> bytes:
    return encoded(Image.new("L", size, value))


def dark() -> bytes:
    """A night with one lamp in it."""
    pixels = np.full((300, 420), 5, dtype=np.uint8)
    pixels[100:150, 100:200] = 250
    return encoded(Image.fromarray(pixels))


def gif() -> bytes:
    return encoded(Image.new("P", (300, 300)), "GIF")


def truncated() -> bytes:
    return photo()[: len(photo()) // 2]


def large() -> bytes:
    """As many pixels as the header may claim, and they really are there: 120 MB of memory out of half a megabyte."""
    small = Image.open(io.BytesIO(photo())).convert("RGB")
    return encoded(small.resize((8000, 5000), Image.Resampling.NEAREST), "PNG")


def animated() -> bytes:
    frames = [Image.new("RGB", (300, 300), (value, value, 0)) for value in (0, 200)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def damaged() -> bytes:
    """Begins and ends like a PNG; what lies between is noise of the right length."""
    whole = bytearray(encoded(Image.open(io.BytesIO(photo()))))
    at = len(whole) // 2
    whole[at : at + 200] = bytes(range(200))
    return bytes(whole)


SEND = "Please send a JPEG, PNG or WebP picture."
UPLOAD = "Please upload a JPEG, PNG or WebP picture."
ANEW = "Please type it anew without them."

KINDS: dict[str, Bad] = {
    "no photo": Bad(without("photo"), "photo", "Photo is missing.", UPLOAD),
    "a photo as words": Bad(more_fields(photo="cat.jpg"), "photo", "Photo did not arrive as a file.", UPLOAD),
    "3 x 3 pixels": Bad(
        picture(grey(90, (3, 3))),
        "photo",
        "The photo has 3 x 3 pixels; at least 200 x 200 are needed.",
        "Please send a larger one.",
    ),
    "huge by its header": Bad(
        picture(claimed_png(60_000, 60_000)),
        "photo",
        "The photo has 60000 x 60000 pixels; at most 40 megapixels are taken.",
        "Please send a smaller one.",
    ),
    "a text named .jpg": Bad(picture(b"This is not a photo.\n"), "photo", "The photo is a text file.", SEND),
    "a truncated JPEG": Bad(
        picture(truncated()), "photo", "The photo is incomplete: its end is missing.", "Please upload it again."
    ),
    "a damaged PNG": Bad(
        picture(damaged()),
        "photo",
        "The photo is damaged.",
        "Please save it anew as JPEG, or send another one.",
    ),
    "an empty file": Bad(
        more_fields(photo={"data": ""}), "photo", "The photo is an empty file.", "Please upload it again."
    ),
    "an SVG": Bad(
        picture(b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
        "photo",
        "The photo is an SVG drawing.",
        SEND,
    ),
    "a GIF": Bad(picture(gif()), "photo", "The photo is a GIF picture.", SEND),
    "a HEIC": Bad(picture(b"\0\0\0\x18ftypheic" + bytes(40)), "photo", "The photo is a HEIC picture.", SEND),
    "a PDF": Bad(picture(b"%PDF-1.7\n%" + bytes(40)), "photo", "The photo is a PDF document.", SEND),
    "a film": Bad(picture(b"\0\0\0\x18ftypmp42" + bytes(40)), "photo", "The photo is a video.", SEND),
    "an animation": Bad(
        picture(animated()),
        "photo",
        "The photo is an animation.",
        "Please send a JPEG, PNG or WebP picture that stands still.",
    ),
    "one grey": Bad(
        picture(grey(128)),
        "photo",
        "The photo has 0 % contrast, 25 % are needed.",
        "Choose one with light and shade.",
    ),
    "too dark": Bad(
        picture(dark()), "photo", "Half of the photo is darker than 2 %, 15 % are needed.", "Choose a brighter one."
    ),
    "no message": Bad(without("message"), "message", "Message is missing.", "Please write something."),
    "an empty message": Bad(line(" \u200b "), "message", "Message is empty.", "Please write something."),
    "a message as a file": Bad(
        more_fields(message={"data": "AAAA"}), "message", "Message is a text, not a file.", "Please write it."
    ),
    "too many characters": Bad(
        line("Congratulations on your graduation"),
        "message",
        "Message has 34 characters; at most 24 fit.",
        "Please shorten it by 10.",
    ),
    "too wide to be read": Bad(
        line("W" * 24),
        "message",
        "Message is too long: its letters would be lower than 6 mm, too small to read.",
        "Please shorten it to about 14 characters, or choose a larger piece.",
    ),
    "an emoji": Bad(
        line("Love \U0001f408"),
        "message",
        "Message has characters that cannot be made here: \U0001f408 .",
        "Please write it without them.",
    ),
    "another script": Bad(
        line("生日快乐"),
        "message",
        "Message has characters that cannot be made here: 生 日 快 乐 .",
        "Please write it without them.",
    ),
    "control characters": Bad(
        line("Ada\x07\x1b[2J"),
        "message",
        "Message has characters that cannot be written (U+0007, U+001B).",
        ANEW,
    ),
    "turned writing": Bad(
        line("Ada \u202egnip"),
        "message",
        "Message has characters that turn the direction of writing (U+202E RIGHT-TO-LEFT OVERRIDE).",
        ANEW,
    ),
    "a heap of accents": Bad(
        line("a" + "\u0301" * 40),
        "message",
        "Message has letters with more than 2 accents.",
        "Please write it with fewer.",
    ),
    "two lines": Bad(line("Ada\nG28"), "message", "Message has more than one line.", "Please write it in one line."),
    "an unknown choice": Bad(
        line(options={"flavour": "tuna"}),
        "flavour",
        "Filling 'tuna' is not offered.",
        "Please choose one of: Strawberry, Blueberry, Brown sugar and cinnamon.",
    ),
    "an unknown option": Bad(
        line(options={"colour": "red"}),
        "colour",
        "Personalized toaster pastry has no option 'colour'.",
        "Its options are: flavour, frosting.",
    ),
    "an unknown field": Bad(
        more_fields(monogram="AL"),
        "monogram",
        "Personalized toaster pastry has no field 'monogram'.",
        "Its fields are: photo, message.",
    ),
    "a file that is not here": Bad(
        more_fields(photo={"sha256": "0" * 64}), "photo", "The file is not here.", "Upload it, then order again."
    ),
}


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    made = RenderPool(1, 512, 60)
    yield made
    made.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_piece_says_what_to_mend_and_the_good_one_goes_on(kind: str, shop: Shop, pool: RenderPool) -> None:
    bad = KINDS[kind]
    made = order(shop, bad.line, line("Thank you"))
    plan(shop, pool)
    held, good = units(shop, made)
    assert (held["state"], good["state"]) == ("held", "making")
    assert held["problems"] == [{"field": bad.where, "reason": bad.reason, "mend": bad.mend}]
    jobs = {job["state"] for job in rows(shop, m.jobs) if job["unit_id"] == good["id"]}
    assert jobs == {"ready"}
    assert {job["state"] for job in rows(shop, m.jobs) if job["unit_id"] == held["id"]} <= {"cancelled"}


def test_all_that_is_wrong_is_said_at_once(shop: Shop) -> None:
    made = order(shop, line("", picture=b"x", options={"flavour": "tuna", "frosting": "mustard"}))
    plan(shop)
    (unit,) = units(shop, made)
    assert [problem["field"] for problem in unit["problems"]] == ["photo", "message", "flavour", "frosting"]


def test_a_picture_as_large_as_the_header_may_say_is_made(shop: Shop) -> None:
    pool = RenderPool(1, 1024, 60)
    try:
        made = order(shop, picture(large()))
        plan(shop, pool)
    finally:
        pool.close()
    (unit,) = units(shop, made)
    assert unit["state"] == "making", unit["problems"]


def test_a_picture_that_is_too_much_for_the_worker_is_held_and_the_next_is_made(shop: Shop) -> None:
    """Within the header's limits, but not within this worker's memory."""
    pool = RenderPool(1, 380, 60)
    try:
        made = order(shop, picture(large()), line())
        plan(shop, pool)
    finally:
        pool.close()
    held, good = units(shop, made)
    assert (held["state"], good["state"]) == ("held", "making"), good["problems"]
    (problem,) = held["problems"]
    assert "memory" in problem["reason"] and problem["mend"], problem


def test_sentences_are_sentences() -> None:
    """They begin with a capital, end with a full stop, and name no part of our programs."""
    for bad in KINDS.values():
        for words in (bad.reason, bad.mend):
            assert words[0].isupper() and words.endswith("."), words
            assert not {"None", "Error", "null", "{", "sha256"} & set(words.split()), words


def test_nothing_is_held_that_is_merely_unusual(shop: Shop, pool: RenderPool) -> None:
    """Accents, a name in capitals, spaces around, a choice by its title: all of them are made."""
    made = order(
        shop, line("Zoë & Ångström"), line("  ADA  "), line(options={"flavour": "Brown sugar and cinnamon"}), line("I")
    )
    plan(shop, pool)
    assert set(states(shop).values()) == {"making"}, [unit["problems"] for unit in units(shop, made)]
