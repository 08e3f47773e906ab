"""A page as dots: what a print head burns, and the ZPL that says so. Text on it is a picture, never a command."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from typing import Final

from PIL import Image, ImageChops, ImageOps

from fulfillment.labels import TOLERANCE, Media, refused

DARK: Final = 140
"""Of 255: what is darker becomes a dot. No dithering: a scanner reads edges, and grey has none."""
BAND: Final = 99_999
"""Bytes of one ^GF at most, as the programming guide says; a taller picture is sent in bands."""


def dots(page: bytes, media: Media, dpi: int) -> Image.Image:
    """A page (PNG, drawn at ``dpi``) as it lies on the label; ink is 1. Raises LabelRefused where it does not fit.

    A page that is wider than high is turned, as a label comes out upright.
    """
    with Image.open(io.BytesIO(page), formats=["PNG"]) as opened:
        grey = _on_white(opened)
    if grey.width > grey.height and media.height > media.width:
        grey = grey.transpose(Image.Transpose.ROTATE_90)
    ink = ImageOps.invert(grey).point(lambda value: 255 if value > 255 - DARK else 0, "1")
    width, height = media.dots(dpi)
    slack = round(TOLERANCE / 25.4 * dpi)
    if abs(ink.width - width) > slack or abs(ink.height - height) > slack:
        size = f"{ink.width / dpi * 25.4:.0f} x {ink.height / dpi * 25.4:.0f} mm"
        mend = f"Order labels of {media.width:.0f} x {media.height:.0f} mm ({media.name})."
        raise refused(f"The page is {size}.", mend)
    at = (width - ink.width) // 2, (height - ink.height) // 2
    label = Image.new("1", (width, height))
    label.paste(ink, at)
    if label.histogram()[-1] != ink.histogram()[-1]:
        raise refused("Something on the page lies beyond the label's edge.", f"Order labels of {media.name} inches.")
    return label


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA", "P"):
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("L")
    return image.convert("L")


def zpl(label: Image.Image) -> bytes:
    """One label that is this picture. What an earlier label may have set is set anew.

    The picture is compressed with its CRC (Z64): where a byte is lost on the way, the printer leaves the picture out
    instead of printing another one.
    """
    head = f"^XA^CI28^PON^LRN^PMN^FWN^LS0^LH0,0^PW{label.width}^LL{label.height}\n"
    return head.encode() + b"".join(_bands(label)) + b"^PQ1,0,1,N^XZ\n"


def _bands(label: Image.Image) -> list[bytes]:
    found, box = [], label.getbbox()
    if box is None:
        return []
    left, top, right, bottom = box[0] // 8 * 8, box[1], box[2], box[3]
    row = (right - left + 7) // 8
    tall = BAND // row
    for y in range(top, bottom, tall):
        band = label.crop((left, y, left + row * 8, min(y + tall, bottom)))
        raw = band.tobytes()
        packed = base64.b64encode(zlib.compress(raw, 9))
        crc = f"{binascii.crc_hqx(packed, 0):04X}".encode()
        found.append(b"^FO%d,%d^GFA,%d,%d,%d,:Z64:%s:%s^FS\n" % (left, y, len(raw), len(raw), row, packed, crc))
    return found


def png(label: Image.Image, dpi: int) -> bytes:
    """The label as it will look: the proof, drawn from the very dots that are sent."""
    out = io.BytesIO()
    ImageChops.invert(label.convert("L")).convert("1").save(out, format="PNG", dpi=(dpi, dpi))
    return out.getvalue()
