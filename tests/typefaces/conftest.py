"""Texts that every typeface must draw, by what they are examples of."""

from __future__ import annotations

import pytest

WHOLE = {
    "Latin": "Příliš žluťoučký kůň, Łódź Ångström Æther þing ßẞ ĳ ŉ ſ fi ffl “q” 1½ № 5 €",
    "Greek": "Ξεσκεπάζω τὴν ψυχοφθόρα βδελυγμία ΐ",
    "Cyrillic": "Съешь ещё этих мягких булок, ґудзик їжак Ђорђе Ўладзь",
    "Devanagari": "नमस्ते क्षत्रिय हिन्दी र्‍य र्क ज्ञान १२३",
    "Arabic": "مرحبا بالعالم لا إله محمّد ١٢٣ می\u200cخواهم ﷺ",
    "Hebrew": "שָׁלוֹם עוֹלָם ירושלים ״צה״ל״",
    "Thai": "สวัสดี น้ำ ผู้ใหญ่ กิ่ง ๑๒๓",
    "mixed": "Zoë (שלום 123) مرحبا [abc] नमस्ते 50% — ΑΩ",
    "signs": "★ ♥ ♪ → ✓ ∞ √ ½ ° © ™ ♠ ☺ ✝ ✡",
    "emoji": "😀 👍🏽 👨‍👩‍👧‍👦 🇩🇪 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f 1️⃣ ❤️ ❤️‍🔥 🏳️‍🌈 🐈‍⬛ ☀️ 🎂",
}


@pytest.fixture(params=list(WHOLE.values()), ids=list(WHOLE))
def whole(request: pytest.FixtureRequest) -> str:
    """A text of one script, or of signs."""
    return str(request.param)
