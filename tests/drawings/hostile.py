"""Files that mean no good, and what is said of each. Every one is made here, from as few lines as it takes."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import ezdxf
from ezdxf.document import Drawing as Document
from PIL import Image

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 100 100">'


def svg(body: str, head: str = HEAD) -> bytes:
    return f"{head}{body}</svg>".encode()


def dxf(build: Callable[[Document], object] = lambda _: None, units: int = 4) -> bytes:
    """A DXF file of the year 2010 as ezdxf writes it."""
    document = ezdxf.new("R2010")
    document.header["$INSUNITS"] = units
    build(document)
    out = io.StringIO()
    document.write(out)
    return out.getvalue().encode()


def entities(*pairs: tuple[int, object], blocks: str = "") -> bytes:
    """A bare DXF file with these codes and values in its model space."""
    body = "".join(f"{code}\n{value}\n" for code, value in pairs)
    section = f"0\nSECTION\n2\nBLOCKS\n{blocks}0\nENDSEC\n" if blocks else ""
    return f"{section}0\nSECTION\n2\nENTITIES\n{body}0\nENDSEC\n0\nEOF\n".encode()


def block(name: str, *inserted: str) -> str:
    body = "".join(f"0\nINSERT\n8\n0\n2\n{other}\n10\n0\n20\n0\n" for other in inserted)
    return f"0\nBLOCK\n8\n0\n2\n{name}\n70\n0\n10\n0\n20\n0\n{body}0\nENDBLK\n8\n0\n"


LINE = ((0, "LINE"), (8, "0"), (10, 0), (20, 0), (11, 5), (21, 5))


def uses(levels: int, each: int) -> bytes:
    """A drawing of few lines that unfolds to ``each ** levels`` circles."""
    body = '<circle id="l0" r="1"/>'
    for level in range(1, levels + 1):
        inner = "".join(f'<use href="#l{level - 1}"/>' for _ in range(each))
        body += f'<g id="l{level}">{inner}</g>'
    return svg(f'<defs>{body}</defs><use xlink:href="#l{levels}"/>')


def png(width: int, height: int, behind: bytes = b"") -> bytes:
    """A PNG of one colour that says this size of itself and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress((b"\0" * ((width + 7) // 8 + 1)) * height, 9))
    return b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b"") + behind


def picture(kind: str, mode: str = "RGB", frames: int = 1, **save: object) -> bytes:
    out = io.BytesIO()
    images = [Image.new("RGB", (400, 300), (40 * n, 90, 120)).convert(mode) for n in range(frames)]
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    images[0].save(out, kind, **more, **save)
    return out.getvalue()


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("run.js", "alert(1)")
    return out.getvalue()


BILLION = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ALTERNATING = "".join(
    f'<circle cx="{n % 70 + 10}" cy="{n // 70 + 10}" r="9" fill="{"white" if n % 2 else "black"}"/>'
    for n in range(4900)
)
STYLED = "".join(f".a.b{n}{{fill:black}}" for n in range(999))
CLASSES = " ".join(f"b{n}" for n in range(50))


@dataclass(frozen=True)
class Case:
    """``reason``, ``mend``: what must be said of it, in part."""

    make: Callable[[], bytes]
    reason: str
    mend: str = "Please"
    photo: bool = False


SVG: dict[str, Case] = {
    "use bomb": Case(lambda: uses(10, 10), "more than 5,000 elements, each counted as often as it is used", "simpler"),
    "wide use bomb": Case(lambda: uses(2, 2400), "more than 5,000 elements", "simpler"),
    "use of itself": Case(lambda: svg('<g id="a"><use href="#a"/></g>'), "which it is a part of", "draw it anew"),
    "two that use each other": Case(
        lambda: svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'), "which it is a part of"
    ),
    "use of another file": Case(
        lambda: svg('<use href="http://evil/x.svg#a"/>'), "'http://evil/x.svg#a', which is not"
    ),
    "a chain of uses": Case(
        lambda: svg(
            '<path id="u0" d="M0 0h9"/>' + "".join(f'<use id="u{n}" href="#u{n - 1}"/>' for n in range(1, 900))
        ),
        "more than 64 elements inside of each other",
    ),
    "5,000 nested groups": Case(
        lambda: svg("<g>" * 5000 + "</g>" * 5000), "more than 64 elements inside of each other", "simpler"
    ),
    "NaN in a path": Case(lambda: svg('<path id="eye" d="M NaN 0 L 1 1"/>'), "<path id=\"eye\"> (line 1) has 'NaN'"),
    "1e999 in a path": Case(lambda: svg('<path d="M 0 0 L 1e999 1"/>'), "the number '1e999', which is not finite"),
    "infinity in a rectangle": Case(lambda: svg('<rect width="inf" height="1"/>'), "'inf' where a length"),
    "NaN in points": Case(lambda: svg('<polygon points="0,0 nan,1 2,2"/>'), "where numbers are expected"),
    "NaN in a transform": Case(lambda: svg('<g transform="scale(nan)"><path d="M0 0h1"/></g>'), "numbers are expected"),
    "1e999 in a transform": Case(
        lambda: svg('<g transform="scale(1e999)"><path d="M0 0h1"/></g>'), "the number '1e999', which is not finite"
    ),
    "transforms that multiply up": Case(
        lambda: svg('<g transform="scale(100000)">' * 60 + '<path d="M0 0h1"/>' + "</g>" * 60),
        "reaches beyond 1,000,000 mm",
    ),
    "NaN in the viewBox": Case(lambda: svg("", '<svg viewBox="0 0 NaN 1">'), "viewBox has '0 0 NaN 1'"),
    "1e999 as opacity": Case(lambda: svg('<path opacity="nan" d="M0 0h1"/>'), "the opacity 'nan'"),
    "a coordinate of a billion": Case(lambda: svg('<path d="M0 0h1000000000"/>'), "at most 1,000,000 is taken"),
    "an external entity": Case(
        lambda: b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("<title>&x;</title>"),
        "defines entities",
        "plain SVG",
    ),
    "an external DTD": Case(
        lambda: b'<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://evil/x.dtd"> %x;]>' + svg(""), "defines entities"
    ),
    "a DTD bomb": Case(
        lambda: f'<!DOCTYPE svg [<!ENTITY l0 "ha">{BILLION}]>'.encode() + svg("<title>&l9;</title>"), "defines entities"
    ),
    "a style from elsewhere": Case(
        lambda: b'<?xml-stylesheet href="http://evil/x.css"?>' + svg(""), "takes its style from another file"
    ),
    "200,000 segments": Case(
        lambda: svg(f'<path d="M0 0{"h1v1" * 100_000}"/>'), "more than 30,000 segments", "simplify its paths"
    ),
    "200,000 segments by use": Case(
        lambda: svg(f'<path id="p" d="M0 0{"h1v1" * 1000}"/>' + '<use href="#p"/>' * 100), "more than 30,000 segments"
    ),
    "20,000 elements": Case(lambda: svg('<path d="M0 0h1"/>' * 20_000), "more than 5,000 elements"),
    "points without end": Case(
        lambda: svg(f'<path d="M0 0{"c0 1e6 1e6 0 0 0" * 29_000}"/>'), "more than 300,000 points"
    ),
    "one number of a million digits": Case(lambda: svg(f'<path d="M{"1" * 1_000_000} 0"/>'), "which is not finite"),
    "an arc of a million digits": Case(lambda: svg(f'<path d="M0 0A{"1" * 1_000_000}"/>'), "which is not finite"),
    "a transform without end": Case(
        lambda: svg(f'<path transform="{"rotate(1)" * 200_000}x" d="M0 0h1"/>'), "has the transform 'x'"
    ),
    "rules and classes that multiply": Case(
        lambda: svg(f"<style>{STYLED}</style>" + f'<g class="a {CLASSES}"/>' * 4000), "nothing in it"
    ),
    "10,000 rules": Case(lambda: svg(f"<style>{'a,' * 9_999}a{{}}</style>"), "more than 1,000 rules of style"),
    "a program": Case(lambda: svg("<script>alert(1)</script>"), "<script> (line 1): a program", "plain SVG"),
    "a program in an attribute": Case(lambda: svg('<g onload="alert(1)"/>'), "a program"),
    "too many bytes": Case(lambda: svg(f"<!--{'x' * 2_100_000}-->"), "2.1 MB; at most 2 MB are taken"),
    "no bytes": Case(lambda: b"", "an empty file", "upload it again"),
    "half a file": Case(lambda: svg('<path d="M0 0h1"/>')[:-9], "damaged"),
    "an encoding that is none": Case(lambda: b'<?xml version="1.0" encoding="utf-99"?>' + svg(""), "damaged"),
    "bytes that are no UTF-8": Case(lambda: svg("<title>\xff</title>").replace(b"\xc3\xbf", b"\xff"), "damaged"),
    "a page of HTML": Case(lambda: b"<!DOCTYPE html><html><svg/></html>", "XML, but no SVG"),
    "a compressed SVG": Case(lambda: b"\x1f\x8b\x08\0rest", "a compressed SVG (.svgz)", "plain SVG"),
}

UNSHOWN: dict[str, Case] = {
    "clip-path": Case(
        lambda: svg('<clipPath id="c"><circle r="5"/></clipPath><path id="p" clip-path="url(#c)" d="M0 0h9"/>'),
        '<path id="p"> (line 1) has a clip-path, <clipPath id="c"> (line 1)',
        "cut the shapes themselves",
    ),
    "mask": Case(
        lambda: svg('<g mask="url(#m)"><path d="M0 0h9"/></g>'), "<g> (line 1) has a mask", "take the mask away"
    ),
    "filter": Case(lambda: svg('<path style="filter:url(#blur)" d="M0 0h9"/>'), "has a filter", "blur, shadow"),
    "text": Case(lambda: svg("<text>Ada</text>"), "<text> (line 1): text, whose font is not", "convert text to paths"),
    "a picture": Case(
        lambda: svg('<image href="data:image/png;base64,AA"/>'), "<image> (line 1): a picture", "trace it"
    ),
    "a gradient": Case(
        lambda: svg('<linearGradient id="sun"/><path fill="url(#sun)" d="M0 0h9v9"/>'),
        'is painted with <linearGradient id="sun"> (line 1)',
        "one plain colour",
    ),
    "a pattern": Case(lambda: svg('<path fill="url(#dots)" d="M0 0h9v9"/>'), "is painted with 'url(#dots)'"),
    "half transparent": Case(lambda: svg('<path opacity=".5" d="M0 0h9v9"/>'), "half transparent (50%)", "opaque"),
    "half transparent colour": Case(
        lambda: svg('<path fill="rgba(0,0,0,.3)" d="M0 0h9v9"/>'), "half transparent (30%)"
    ),
    "dashes": Case(
        lambda: svg('<path stroke="red" stroke-dasharray="2 1" d="M0 0h9"/>'), "has a stroke-dasharray, '2 1'"
    ),
    "arrow heads": Case(
        lambda: svg('<path stroke="red" marker-end="url(#arrow)" d="M0 0h9"/>'), "has a marker-end", "Stroke to Path"
    ),
    "a style that moves": Case(lambda: svg('<g style="transform:scale(2)"/>'), "the style 'transform', which moves"),
    "a style that reshapes": Case(lambda: svg("<style>rect{width:3px}</style>"), "the style 'width', which moves"),
    "a style from the net": Case(lambda: svg("<style>@import url(http://evil/a.css);</style>"), "rules beyond names"),
    "a selector of structure": Case(lambda: svg("<style>g > path{fill:red}</style>"), "'g > path', which is neither"),
    "a movement": Case(lambda: svg('<path d="M0 0h9"><animate/></path>'), "<animate> (line 1): a movement"),
    "a movement of a copy": Case(
        lambda: svg('<path id="p" d="M0 0h9"/><use href="#p"><animateTransform/></use>'), "<animateTransform> (line 1)"
    ),
    "another drawing inside": Case(lambda: svg('<svg><path d="M0 0h9"/></svg>'), "a drawing inside of the drawing"),
    "something foreign": Case(lambda: svg("<foreignObject><p/></foreignObject>"), "something that is no SVG"),
    "an unknown element": Case(lambda: svg("<hologram/>"), "<hologram> (line 1), which is not known here"),
    "an unknown colour": Case(lambda: svg('<path fill="mauvish" d="M0 0h9v9"/>'), "the colour 'mauvish'", "black"),
    "two colours that meet": Case(
        lambda: svg('<path fill="yellow" d="M0 0h50v50h-50z"/><path fill="navy" d="M50 0h50v50h-50z"/>'),
        "#000080 and meets #ffff00",
        "in white what is to stay bare",
    ),
    "a line on another colour": Case(
        lambda: svg('<path fill="yellow" stroke="black" d="M0 0h50v50h-50z"/>'), "#000000 and meets #ffff00"
    ),
    "beside the page": Case(
        lambda: svg('<path d="M90 90h20v5z"/>'), "reaches beyond the drawing's page", "the page larger"
    ),
    "nothing": Case(lambda: svg(""), "nothing in it that could be made", "saved whole"),
    "nothing but white": Case(lambda: svg('<path fill="#fff" d="M0 0h9v9"/>'), "nothing in it that is seen on white"),
    "a unit of letters": Case(lambda: svg('<rect width="3em" height="4"/>'), "a length in 'em'", "use mm"),
}

DXF: dict[str, Case] = {
    "a coordinate of a billion": Case(
        lambda: entities((0, "LINE"), (8, "0"), (10, 0), (20, 0), (11, 1_000_000_000), (21, 0)),
        "The drawing's LINE has the number '1000000000'; at most 1,000,000 is taken",
    ),
    "1e999": Case(lambda: entities((0, "CIRCLE"), (8, "0"), (10, 0), (20, 0), (40, "1e999")), "which is not finite"),
    "NaN": Case(lambda: entities((0, "CIRCLE"), (8, "0"), (10, "nan"), (20, 0), (40, 1)), "which is not finite"),
    "rows and columns without end": Case(
        lambda: entities(
            (0, "INSERT"), (2, "b"), (10, 0), (20, 0), (70, 30_000), (71, 30_000), blocks=block("b", "c") + block("c")
        ),
        "more than 5,000 entities, each counted as often as it is inserted",
        "simpler",
    ),
    "blocks that multiply": Case(
        lambda: entities(
            (0, "INSERT"),
            (2, "b9"),
            (10, 0),
            (20, 0),
            blocks="".join(block(f"b{n}", *[f"b{n - 1}"] * 10) for n in range(1, 10)) + block("b0", "x"),
        ),
        "more than 5,000 entities",
    ),
    "a block that inserts itself": Case(
        lambda: entities((0, "INSERT"), (2, "b"), (10, 0), (20, 0), blocks=block("b", "b")), "'b' inserts itself"
    ),
    "blocks in blocks in blocks": Case(
        lambda: entities(
            (0, "INSERT"),
            (2, "b900"),
            (10, 0),
            (20, 0),
            blocks="".join(block(f"b{n}", f"b{n - 1}") for n in range(1, 901)),
        ),
        "more than 64 blocks inside of each other",
    ),
    "100,000 points": Case(
        lambda: entities(
            (0, "LWPOLYLINE"), (8, "0"), (90, 100_000), *((c, 1) for _ in range(100_000) for c in (10, 20))
        ),
        "more than 30,000 segments",
    ),
    "20,000 lines": Case(lambda: entities(*(LINE * 20_000)), "more than 5,000 entities"),
    "a spline of a billionth degree": Case(
        lambda: entities((0, "SPLINE"), (8, "0"), (71, 1_000_000), (10, 0), (20, 0), (10, 1), (20, 1)), "beyond 10"
    ),
    "text": Case(lambda: dxf(lambda d: d.modelspace().add_text("Ada")), "an entity TEXT, which is no line", "TXTEXP"),
    "a hatch": Case(lambda: dxf(lambda d: d.modelspace().add_hatch()), "an entity HATCH", "its outline as a polyline"),
    "a point": Case(lambda: dxf(lambda d: d.modelspace().add_point((1, 1))), "an entity POINT", "a small circle"),
    "a solid body": Case(
        lambda: dxf(lambda d: d.modelspace().add_3dface([(0, 0, 0), (1, 0, 0), (1, 1, 9)])), "an entity 3DFACE"
    ),
    "a line into space": Case(
        lambda: dxf(lambda d: d.modelspace().add_line((0, 0, 0), (5, 5, 5))), "rises out of the plane", "flat"
    ),
    "nothing": Case(dxf, "nothing in it that could be made"),
    "an unknown unit": Case(
        lambda: dxf(lambda d: d.modelspace().add_line((0, 0), (5, 5)), units=20), "$INSUNITS 20", "mm or inch"
    ),
    "half a file": Case(lambda: entities(*LINE)[:-8], "incomplete"),
    "a code that is none": Case(lambda: entities(*LINE, (8, "0")).replace(b"\n10\n", b"\nten\n"), "has no code where"),
    "a binary DXF": Case(lambda: b"AutoCAD Binary DXF\r\n\x1a\0", "a binary DXF", "ASCII"),
    "a DWG": Case(lambda: b"AC1027\0\0", "a DWG drawing", "as DXF"),
}

NO_DRAWINGS: dict[str, Case] = {
    "a photo": Case(lambda: picture("JPEG"), "The drawing is a photo", "an SVG or a DXF drawing"),
    "a GIF that is a program, too": Case(lambda: b"GIF89a/*" + b"\0" * 90 + b"*/=1;alert(1)", "a GIF picture"),
    "a PDF": Case(lambda: b"%PDF-1.7 /Type /Catalog", "a PDF document", "as SVG"),
    "a PNG named drawing.svg": Case(lambda: png(9, 9), "The drawing is a photo"),
    "an archive": Case(archive, "a ZIP archive"),
    "a text": Case(lambda: b"Happy Birthday Ada", "a text file"),
    "noise": Case(lambda: bytes(range(256)) * 9, "not a drawing that we know"),
}

PHOTOS: dict[str, Case] = {
    "178 megapixels": Case(lambda: png(13_344, 13_344), "13344 x 13344 pixels; at most 40", "smaller", photo=True),
    "a truncated JPEG": Case(lambda: picture("JPEG")[:-400], "incomplete", "upload it again", photo=True),
    "a CMYK JPEG": Case(lambda: picture("JPEG", "CMYK"), "for a printing press (CMYK)", "RGB (sRGB) JPEG", photo=True),
    "an animated GIF": Case(lambda: picture("GIF", frames=3), "a GIF picture", "a JPEG, PNG or WebP", photo=True),
    "an animated PNG": Case(lambda: picture("PNG", frames=3), "an animation", photo=True),
    "a GIF that is a program, too": Case(lambda: b"GIF89a/*" + b"\0" * 90 + b"*/=1;", "a GIF picture", photo=True),
    "a PNG with an archive behind it": Case(
        lambda: png(400, 300, behind=archive()), "something else behind its end", "save it anew", photo=True
    ),
    "a JPEG that is an archive, too": Case(
        lambda: picture("JPEG") + archive(), "has a ZIP archive inside", "save it anew", photo=True
    ),
    "a JPEG that is a document, too": Case(
        lambda: picture("JPEG", comment=b"%PDF-1.7\n1 0 obj"), "has a PDF document inside", "save it anew", photo=True
    ),
    "a JPEG that is a page, too": Case(
        lambda: picture("JPEG", comment=b"--><SCRIPT>alert(1)</script><!--"), "has a program inside", photo=True
    ),
    "a WebP with an archive behind it": Case(
        lambda: picture("WEBP") + archive(), "something else behind its end", "save it anew", photo=True
    ),
    "an SVG named photo.png": Case(lambda: svg('<path d="M0 0h9"/>'), "an SVG drawing", "JPEG", photo=True),
    "an SVG with a program": Case(lambda: svg("<script>alert(1)</script>"), "an SVG drawing", photo=True),
}

TABLE: dict[str, Case] = {
    f"{kind}: {name}": case
    for kind, cases in {
        "svg": SVG,
        "not shown": UNSHOWN,
        "dxf": DXF,
        "no drawing": NO_DRAWINGS,
        "photo": PHOTOS,
    }.items()
    for name, case in cases.items()
}
