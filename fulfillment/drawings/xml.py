"""An SVG's elements as plain values, built under limits: nothing is expanded, fetched or nested without end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from defusedxml import DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden
from defusedxml.ElementTree import DefusedXMLParser

from fulfillment.drawings.limits import MAX_DEPTH, MAX_ELEMENTS, DrawingError, too_much

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
PLAIN: Final = "Please save it as plain SVG (Inkscape: Plain SVG; Illustrator: SVG without editing capabilities)."


@dataclass(slots=True, eq=False)
class Element:
    """``tag`` is SVG's own name, or empty for an element of another vocabulary, which is never drawn."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def __str__(self) -> str:
        """Its name for a person."""
        known = self.attributes.get("id", "")[:40]
        return f'<{self.tag} id="{known}"> (line {self.line})' if known else f"<{self.tag}> (line {self.line})"


class _Builder:
    """The parser's target."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self.parser: Any = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise too_much(f"more than {MAX_ELEMENTS:,} elements")
        if len(self._open) >= MAX_DEPTH:
            raise too_much(f"more than {MAX_DEPTH} elements inside of each other")
        element = Element(_local(name), _known(attributes), self.parser.parser.CurrentLineNumber)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, _name: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open and self._open[-1].tag == "style":
            self._open[-1].text += text

    def pi(self, target: str, _data: str) -> None:
        if target == "xml-stylesheet":
            raise DrawingError("The drawing takes its style from another file.", PLAIN)

    def close(self) -> Element | None:
        return self.root


def _local(name: str) -> str:
    """SVG's name of an element; a file without any namespace is taken as SVG."""
    space, brace, local = name[1:].partition("}") if name[:1] == "{" else ("", "}", name)
    return local if brace and space in ("", SVG) else ""


def _known(attributes: dict[str, str]) -> dict[str, str]:
    """SVG's own attributes; xlink:href counts as href, which wins where both are there."""
    plain = {name: value for name, value in attributes.items() if name[:1] != "{"}
    old = attributes.get(f"{{{XLINK}}}href")
    return plain if old is None or "href" in plain else {**plain, "href": old}


def tree(data: bytes) -> Element:
    """The root of an SVG file. Raises DrawingError."""
    builder = _Builder()
    # A DOCTYPE alone is harmless, and drawing programs of former years write one.
    parser = DefusedXMLParser(target=builder, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    builder.parser = parser
    try:
        parser.feed(data)
        root: Element | None = parser.close()
    except (DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden):
        raise DrawingError("The drawing defines entities, abbreviations that can unfold without end.", PLAIN) from None
    except (ParseError, LookupError, ValueError) as error:
        raise DrawingError(f"The drawing is damaged: {error}.", "Please save it anew as SVG.") from None
    if root is None or root.tag != "svg":
        raise DrawingError("The drawing is XML, but no SVG.", "Please send an SVG or a DXF drawing.")
    return root
