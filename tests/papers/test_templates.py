"""Templates as operators write them: every mistake with its line and its mend; blocks do what they say."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
import zxingcpp

from fulfillment.papers import KINDS, Facts, Template, chosen, language, languages, load, parse, shipped, with_own
from fulfillment.papers.codes import MAX_QR_BYTES
from fulfillment.papers.drawing import MAX_PIXELS, draw, lay
from fulfillment.papers.filling import named
from fulfillment.papers.loader import spoken
from fulfillment.papers.models import Font
from fulfillment.papers.page import markdown
from fulfillment.positions import Problem
from fulfillment.typeset import CHAINS, PaperError

HEAD = "name: mine\npaper: slip\ntitle: Mine\nsizes: { a6: 1 }\n"


def template(text: str, head: str = HEAD) -> Template:
    found = parse(head + text, "mine.yaml")
    assert isinstance(found, Template), found
    return found


def wrong(text: str, head: str = HEAD) -> list[Problem]:
    found = parse(head + text, "mine.yaml")
    assert isinstance(found, list), "nothing is wrong with it"
    return found


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("blocks: [{ type: text, text: '{faktory}' }]", 5, "No fact is called 'faktory' here. Did you mean 'factory'?"),
        ("blocks:\n - { type: text, text: '{@ordr}' }", 6, "No word is called '@ordr' here. Did you mean '@order'?"),
        ("blocks: [{ type: text, text: '{ factory }' }]", 5, "begins or ends no {placeholder}. Write {{ or }}"),
        ("blocks: [{ type: text, text: '{0.__class__}' }]", 5, "begins or ends no {placeholder}"),
        ("blocks: [{ type: text, text: '{item.title}' }]", 5, "No item's fact is called 'item.title' here."),
        ("blocks: [{ type: text, text: x, style: nme }]", 5, "No style is called 'nme'."),
        ("blocks: [{ type: rule, colour: red }]", 5, "No colour is called 'red'. Colours are: black, ink"),
        ("blocks: [{ type: picture, picture: /etc/passwd, most: 5 mm }]", 5, "Another form of text"),
        ("blocks: [{ type: picture, picture: passwd, most: 5 mm }]", 5, "No picture is called 'passwd' here."),
        ("blocks: [{ type: image, file: x }]", 5, "'image' is not known here."),
        ("blocks: [{ type: text, text: x, when: gft }]", 5, "No fact is called 'gft' here. Did you mean 'gift'?"),
        ("blocks: [{ type: table, list: route, columns: [{ check: true }] }]", 5, "No list is called 'route' here."),
        ("blocks: [{ type: table, list: options, columns: [{ width: 2 }] }]", 5, "text, or qr, or check: true"),
        ("blocks: [{ type: text, text: x, fill: true }, { type: rule }]", 5, "Only the last block can fill the room"),
        ("blocks: []", 5, "at least 1"),
        ("margin: 8 cm\nblocks: [{ type: rule }]", 5, "80 mm"),
        ("styles: { name: { sizes: [8, 9] } }\nblocks: [{ type: rule }]", 5, "The sizes do not go down."),
        ("styles: { name: { sizes: [8], font: comic } }\nblocks: [{ type: rule }]", 5, "'comic' is not known here."),
        ("words: { de: { hello: '{nobody}' } }\nblocks: [{ type: rule }]", 5, "No fact is called 'nobody' here."),
    ],
)
def test_a_mistake_is_told_with_its_line_and_its_mend(text: str, line: int, says: str) -> None:
    (problem,) = wrong(text)
    assert problem.line == line
    assert says in str(problem)
    assert problem.mend


def test_the_paper_and_its_sizes_must_be_known() -> None:
    (problem,) = wrong("blocks: [{ type: rule }]", HEAD.replace("paper: slip", "paper: slipp"))
    assert (problem.line, str(problem).split(": ")[-1]) == (2, "No paper is called 'slipp'. Did you mean 'slip'?")
    (problem,) = wrong("blocks: [{ type: rule }]", HEAD.replace("a6", "a7"))
    assert "No paper is called 'a7'" in str(problem)
    (problem,) = wrong("blocks: [{ type: rule }]", HEAD.replace("mine", "yours", 1))
    assert "Rename the file to yours.yaml, or write name: mine." in str(problem)


def test_boxes_in_boxes_have_an_end() -> None:
    inner = "{ type: rule }"
    for _ in range(7):
        inner = f"{{ type: box, blocks: [{inner}] }}"
    assert any("deep at most" in str(problem) for problem in wrong(f"blocks: [{inner}]"))


def test_an_operators_template_comes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "slip.yaml").write_text(HEAD.replace("mine", "slip") + "blocks: [{ type: text, text: Hello }]\n")
    (tmp_path / "wrong.yaml").write_text("name: wrong\n")
    found = with_own(tmp_path)
    assert found["slip"].blocks != shipped()["slip"].blocks
    assert found["traveler"] == shipped()["traveler"]
    assert {Path(problem.file).name for problem in found.problems} == {"wrong.yaml"}
    assert with_own(None).problems == load(tmp_path / "nowhere").problems == ()


def test_shipped_templates_and_languages_are_whole() -> None:
    assert shipped().problems == ()
    assert {template.paper for template in shipped().templates.values()} == set(KINDS)
    assert set(get_args(Font)) == set(CHAINS)
    english = language("en")
    for code in languages():
        spoken_ = language(code)
        assert spoken_.allergens.keys() == english.allergens.keys()
        for word, text in spoken_.words.items():
            assert sorted(named(text)) == sorted(named(english.words[word])), (code, word)
    for code in ("de", "fr", "es", "ar", "hi"):
        assert {"piece", "order", "contains", "no_allergens", "for_you"} <= language(code).words.keys()
    assert (chosen("de-AT"), chosen("fr_CA"), chosen("tlh"), chosen("xx", "de")) == ("de", "fr", "en", "de")
    assert isinstance(spoken(b"language: xy\ntitle: X\nwords: {}\nallergens: { milk: x, rice: y }", "xy.yaml"), list)


# --- blocks --------------------------------------------------------------------------------------------------------


def test_a_table_goes_on_over_pages_with_its_head_and_page_numbers(facts: Callable[..., Facts], read: Callable) -> None:
    mine = template(
        "pages: 9\nsqueeze: false\nhead: [{ type: text, text: 'List of {order}' }]\n"
        "foot: [{ type: text, text: '{page} / {pages}' }]\nblocks:\n"
        "  - type: table\n    list: options\n"
        "    columns: [{ title: WHAT, text: '{item.title}' }, { text: '{item.value}' }]\n"
    )
    items = [{"title": f"item {number}", "value": f"value {number}"} for number in range(100)]
    pages = read(draw(mine, facts(options=items)))
    assert 3 < len(pages) < 9
    for number, page in enumerate(pages, 1):
        assert page.text.count("WHAT") == 1
        assert page.says(f"{number} / {len(pages)}")
        assert page.says("List of #1001")
    text = "\n".join(page.text for page in pages)
    assert all(f"item {number}" in text and f"value {number}" in text for number in range(100))
    with pytest.raises(PaperError, match="more than 9 pages hold"):
        draw(mine, facts(options=items * 5))
    with pytest.raises(PaperError, match="A list has more than 5000 items"):
        draw(mine, facts(options=items * 51))


def test_blocks_show_by_what_is_there(facts: Callable[..., Facts], read: Callable) -> None:
    mine = template(
        "blocks:\n  - { type: text, text: 'A gift!', when: gift }\n  - { type: text, text: 'No gift', unless: gift }\n"
        "  - { type: text, text: 'Braces {{order}} of {order}' }\n  - { type: text, text: pictured, when: proof }\n"
    )
    (page,) = read(draw(mine, facts()))
    assert page.text.split("\n") == ["No gift", "Braces {order} of #1001"]
    (page,) = read(draw(mine, facts(gift="yes")))
    assert page.text.startswith("A gift!")
    assert "No gift" not in page.text


def test_own_words_come_before_the_shipped_ones(facts: Callable[..., Facts], read: Callable) -> None:
    mine = template(
        "words:\n  en: { hello: 'Hi {ship_to}', order: 'No. {order}' }\n  de: { hello: 'Hallo {ship_to}' }\n"
        "blocks: [{ type: text, text: '{@hello}, {@order}' }]\n"
    )
    assert read(draw(mine, facts()))[0].text == "Hi Ada Lovelace, No. #1001"
    assert read(draw(mine, facts("de"), language="de"))[0].text == "Hallo Jürgen Weiß, No. #1001"


def test_a_fact_is_filled_in_once(facts: Callable[..., Facts], read: Callable) -> None:
    mine = template("blocks: [{ type: text, text: '{message} of {order}' }]\n")
    assert read(draw(mine, facts(message="{order} {@order}")))[0].text == "{order} {@order} of #1001"


def test_a_number_stays_whole_among_words_from_the_right(facts: Callable[..., Facts]) -> None:
    mine = template("blocks: [{ type: text, text: '{@order}' }]\n")
    (page,) = lay(mine, facts("ar"), language="ar").pages
    glyphs = [glyph.text for strip in page[0].block.lines[0].strips for glyph in strip.glyphs]
    assert "".join(glyphs).startswith("#1001 ")


def test_papers_from_the_right_are_mirrored(facts: Callable[..., Facts], read: Callable) -> None:
    mine = template(
        "blocks:\n  - type: columns\n    columns:\n      - blocks: [{ type: text, text: '{@order}' }]\n"
        "      - blocks: [{ type: qr, text: '{code}', side: 20 mm, align: end }]\n"
    )
    middles = {}
    for code in ("en", "ar"):
        (page,) = read(draw(mine, facts(code), language=code))
        place = zxingcpp.read_barcodes(page.picture)[0].position
        middles[code] = (place.top_left.x + place.top_right.x) / 2 / page.picture.width
    assert middles["en"] > 0.7
    assert middles["ar"] < 0.3


def test_columns_that_are_too_high_are_set_under_each_other(facts: Callable[..., Facts], read: Callable) -> None:
    mine = template(
        "pages: 5\nsqueeze: false\nblocks:\n  - type: columns\n    columns:\n"
        "      - blocks: [{ type: text, text: LEFT }]\n      - blocks: [{ type: text, text: '{message}' }]\n"
    )
    short = read(draw(mine, facts(message="short")))
    assert len(short) == 1
    long = read(draw(mine, facts(message="many words " * 200)))
    assert len(long) > 1
    assert sum(page.text.count("many") for page in long) == 200


def test_the_longest_code_is_read_and_a_longer_one_refused(facts: Callable[..., Facts], read: Callable) -> None:
    mine = template("blocks: [{ type: qr, text: '{code}', side: 20 mm }]\n")
    (page,) = read(draw(mine, facts(code="y" * MAX_QR_BYTES)))
    assert zxingcpp.read_barcodes(page.picture)[0].text == "y" * MAX_QR_BYTES
    with pytest.raises(PaperError, match="121 bytes"):
        draw(mine, facts(code="y" * (MAX_QR_BYTES + 1)))


def test_a_paper_of_another_size_is_refused(facts: Callable[..., Facts]) -> None:
    mine = template("blocks: [{ type: rule }]\n")
    with pytest.raises(PaperError, match=r"The template mine is not made for 'a4'\. Choose one of a6\."):
        draw(mine, facts(), paper="a4")


def test_pictures_are_bounded(facts: Callable[..., Facts]) -> None:
    side = int(MAX_PIXELS**0.5) + 1
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    bomb += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with pytest.raises(PaperError, match=f"The picture proof has {side} x {side} pixels"):
        draw(shipped()["slip"], facts(), {"proof": bomb})


def test_the_guides_example_is_a_template() -> None:
    (example,) = (part for part in markdown().split("```yaml\n") if part.startswith("# my-papers/slip.yaml"))
    found = parse(example.partition("```")[0], "slip.yaml")
    assert isinstance(found, Template), found
