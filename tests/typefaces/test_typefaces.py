"""The typefaces as shipped: what they cover, that they say what they lack, and that nothing shown is torn apart."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from fulfillment import typefaces
from fulfillment.typefaces import FONTS, TYPEFACES, typeface
from gcode.fonts import GlyphsMissing

NAMES = sorted(TYPEFACES)
HELD = ["Ա", "ქ", "ខ", "ᚠ", "𓀀", "a\u200bb", "a\u200d", "\u0301a", "ि", "🇽🇽", "A\ufe0f", "\ue000",
        "\u0378", "\ud800", "\t", "\u202eabc", "ㅤ", "👨‍🎂", "e\u0300\U000e0100", "\U000e0067"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shipped_draws_every_script_promised(name: str, whole: str) -> None:
    font = typeface(name)
    assert font.missing(whole) == ()
    clusters = font.shape(whole).clusters
    assert sorted("".join(cluster.text for cluster in clusters)) == sorted(unicodedata.normalize("NFC", whole))
    for cluster in clusters:
        assert cluster.text in (" ", "\u200c") or cluster.drawing.bounds is not None, cluster.text


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", HELD)
def test_what_no_font_draws_is_held_and_named(name: str, text: str) -> None:
    font = typeface(name)
    lost = font.missing(f"Zoë {text}")
    assert lost
    assert set(lost) <= set(text)
    with pytest.raises(GlyphsMissing) as held:
        font.shape(f"Zoë {text}")
    assert held.value.missing == lost


@pytest.mark.parametrize("name", NAMES)
def test_what_belongs_together_is_one_piece(name: str) -> None:
    for whole in ("👨‍👩‍👧‍👦", "👍🏽", "🇩🇪", "e\u0323\u0302", "q\u0301" if "stroke" not in name else "é"):
        clusters = typeface(name).shape(whole).clusters
        assert len(clusters) == 1, whole


def test_a_red_heart_is_solid_and_other_pictures_are_emoji() -> None:
    font = typeface("sans")
    (heart,), (sign,) = (font.shape(text).clusters for text in ("❤️", "❤"))
    assert len(heart.drawing.outlines) == len(sign.drawing.outlines) == 1
    assert not heart.picture
    assert font.shape("☀️").clusters[0].picture


def test_lines_of_mixed_directions_stand_in_the_order_of_reading() -> None:
    font = typeface("sans")
    assert [c.text for c in font.shape("ab שלום").clusters] == ["a", "b", " ", "ם", "ו", "ל", "ש"]
    assert [c.text for c in font.shape("שלום ab").clusters] == ["a", "b", " ", "ם", "ו", "ל", "ש"]
    assert [c.text for c in font.shape("ab שלום", rtl=True).clusters] == ["ם", "ו", "ל", "ש", " ", "a", "b"]


def test_arabic_letters_join_and_words_keep_to_one_face() -> None:
    font = typeface("calligraphy")
    joined, apart = font.shape("سلام").advance, sum(font.shape(letter).advance for letter in "سلام")
    assert joined < 0.95 * apart
    assert font.shape("λ").advance != font.shape("λό").advance - font.shape("ό").advance, "the whole word is in serif"


def test_every_font_file_is_there_with_its_licence_and_its_line_in_the_list() -> None:
    listed = (FONTS / "README.md").read_text()
    files = sorted(path.name for path in FONTS.glob("*.ttf"))
    assert files == sorted(set(re.findall(r"`([\w-]+\.ttf)`", listed)))
    for file in files:
        licence = (FONTS / f"OFL-{file.partition('-')[0]}.txt").read_text()
        assert "SIL Open Font License" in licence.replace("SIL OPEN FONT LICENSE", "SIL Open Font License")
        with TTFont(FONTS / file) as font:
            version = str(font["name"].getDebugName(5))
        line = next(line for line in listed.splitlines() if f"`{file}`" in line)
        assert re.search(r"\d\.\d+", version)[0] in line  # type: ignore[index]


def test_an_extra_font_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "NotoSansJP-Regular.ttf").write_bytes(b"")
    monkeypatch.setattr(typefaces, "CJK_PLACES", (tmp_path,))
    assert typefaces.cjk() == tmp_path / "NotoSansJP-Regular.ttf"
