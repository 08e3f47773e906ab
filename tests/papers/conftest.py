"""Facts of a piece in several languages, and pages read back as a person and a scanner would."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import pypdfium2
import pytest
from PIL import Image

from fulfillment.catalog import Allergen
from fulfillment.papers import Facts, language

PEOPLE = {
    "en": ("Ada Lovelace", "Happy birthday, Ada!", "Thanks, Ada! Enjoy every bite."),
    "de": ("Jürgen Weiß", "Alles Gute, Jürgen!", "Danke, Jürgen! Für Sie allein gemacht. 🐈"),
    "fr": ("Hélène Lefèvre-Dœuff", "Joyeux anniversaire ! ♥", "Merci, Hélène ! Cette pièce est unique."),
    "es": ("José Muñoz", "¡Feliz cumpleaños!", "¡Gracias, José! Solo para ti."),
    "ar": ("ليلى الحسن", "عيد ميلاد سعيد (30)", "شكرًا ليلى! صُنعت هذه القطعة لك وحدك."),
    "hi": ("आर्यन श्रीवास्तव", "जन्मदिन मुबारक", "धन्यवाद, आर्यन! यह केवल आपके लिए है।"),
}
ALLERGENS = (Allergen.WHEAT, Allergen.GLUTEN, Allergen.EGGS, Allergen.MILK)


@pytest.fixture
def facts() -> Callable[..., Facts]:
    """Facts of a slip or traveler in a language, with changes."""

    def of(code: str = "en", /, **changes: object) -> Facts:
        name, message, note = PEOPLE[code]
        tongue = language(code)
        route = ("frost", "slip", "pack")
        found = {
            "factory": "Fulfillment Demo Bakery",
            "order": "#1001",
            "ship_to": name,
            "product": "Personalized toaster pastry",
            "code": "U-7K3F92QX",
            "number": "1",
            "quantity": "2",
            "message": message,
            "food": "yes",
            "allergens": tongue.stated(ALLERGENS),
            "note": note,
            "options": [{"title": "Filling", "value": "Strawberry"}, {"title": "Frosting", "value": "Chocolate"}],
            "price": tongue.price("12.50", "EUR"),
            "total": tongue.price("25.00", "EUR"),
            "due": "2026-11-23 16:00",
            "artifact": "3f9a 22c1 77b0",
            "route": [
                {"number": str(number), "title": f"Step {name}", "who": "", "code": f"{name}/U-7K3F92QX"}
                for number, name in enumerate(route, 1)
            ],
        }
        return {**found, **changes}  # type: ignore[dict-item]

    return of


@pytest.fixture
def proof() -> bytes:
    """A piece of two colours that nothing else on the page has."""
    image = Image.new("RGB", (960, 832), (217, 167, 102))
    image.paste((59, 35, 20), (80, 80, 880, 600))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a PDF as it comes out of the printer. ``size`` is in mm, the picture has 12 pixels a mm."""

    text: str
    picture: Image.Image
    size: tuple[float, float]

    def share(self, colour: tuple[int, int, int]) -> float:
        """The share of the page that has this colour."""
        area = self.picture.width * self.picture.height
        counts = {value: count for count, value in self.picture.getcolors(area) or []}
        return counts.get(colour, 0) / area

    def says(self, text: str) -> bool:
        """Whether it has these words, however they are broken into lines."""
        return flat(text) in flat(self.text.replace("\ufffe", "-"))


def flat(text: str) -> str:
    return "".join(text.split())


@pytest.fixture
def read() -> Callable[[bytes], list[Page]]:
    def pages(pdf: bytes) -> list[Page]:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return [_page(sheet) for sheet in document]
        finally:
            document.close()

    return pages


def _page(sheet: pypdfium2.PdfPage) -> Page:
    text = sheet.get_textpage().get_text_range().replace("\r\n", "\n")
    size = (sheet.get_width() / 72 * 25.4, sheet.get_height() / 72 * 25.4)
    return Page(text, sheet.render(scale=12 * 25.4 / 72).to_pil().convert("RGB"), size)
