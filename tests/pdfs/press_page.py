"""A press page as a print shop wants it, made by other libraries than those that are tested here."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image
from reportlab.lib.colors import CMYKColor, CMYKColorSep
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from fulfillment.pdfs import Rules

MM = 72 / 25.4
TRIM = (100.0, 60.0)
BLEED = 3.0
FONTS = Path(__file__).parents[2] / "fulfillment" / "fonts"
CMYK = Path("/usr/share/color/icc/ghostscript/default_cmyk.icc")
PPI = 300
IMAGE = (30.0, 20.0)
"""mm of the picture."""

RULES = Rules(
    trim=TRIM, bleed=BLEED, spots=frozenset({"CutContour"}), transparency=False, total_ink=300.0, pages=(1, 2)
)


def picture(mode: str, ppi: float = PPI) -> Image.Image:
    """Noise, which does not pack, as large as the page places it."""
    size = round(IMAGE[1] / 25.4 * ppi), round(IMAGE[0] / 25.4 * ppi)
    channels = {"CMYK": 4, "RGB": 3, "L": 1}[mode]
    pixels = np.random.default_rng(7).integers(0, 120, (*size, channels), dtype=np.uint8)
    return Image.fromarray(pixels.squeeze(), mode)


def drawn(
    pages: int = 2, mode: str = "CMYK", ppi: float = PPI, font: str | None = None, spot: str = "CutContour"
) -> bytes:
    """Pages with a background that bleeds, a picture, embedded words and a cut line of a spot colour."""
    if "Noto" not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont("Noto", FONTS / "NotoSans-Regular.ttf"))
    wide, high = (side + 2 * BLEED for side in TRIM)
    out = io.BytesIO()
    page = canvas.Canvas(out, (wide * MM, high * MM), invariant=1, initialFontName=font or "Noto")
    for number in range(pages):
        page.setFillColor(CMYKColor(0.1, 0.0, 0.2, 0.0))
        page.rect(0, 0, wide * MM, high * MM, stroke=0, fill=1)
        place = io.BytesIO()
        picture(mode, ppi).save(place, "TIFF")
        side = IMAGE[0] * MM, IMAGE[1] * MM
        page.drawImage(ImageReader(io.BytesIO(place.getvalue())), 10 * MM, 10 * MM, *side)
        page.setFillColor(CMYKColor(0, 0, 0, 1))
        page.setFont(font or "Noto", 12)
        page.drawString(50 * MM, 30 * MM, f"Page {number + 1}")
        page.setStrokeColor(CMYKColorSep(0, 1, 0, 0, spotName=spot, density=1))
        page.rect(BLEED * MM, BLEED * MM, TRIM[0] * MM, TRIM[1] * MM, stroke=1, fill=0)
        page.showPage()
    page.save()
    return out.getvalue()


def finish(pdf: Pdf) -> None:
    """Boxes, and an output intent."""
    for page in pdf.pages:
        media = [float(side) for side in page.MediaBox]
        cut = [media[0] + BLEED * MM, media[1] + BLEED * MM, media[2] - BLEED * MM, media[3] - BLEED * MM]
        page.BleedBox = Array(media)
        page.TrimBox = Array(cut)
    profile = pdf.make_stream(CMYK.read_bytes(), N=4)
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFX,
        OutputConditionIdentifier=String("Test"),
        DestOutputProfile=profile,
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])


def saved(pdf: Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, static_id=True, **options)  # type: ignore[arg-type]
    return out.getvalue()


def mended(data: bytes, *changes: Callable[[Pdf], object]) -> bytes:
    """The file with changes made to its objects."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for change in changes:
            change(pdf)
        return saved(pdf)
