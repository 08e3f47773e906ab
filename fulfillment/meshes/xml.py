"""XML that is read as it comes, element by element: nothing is built, expanded or fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from defusedxml import DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden
from defusedxml.ElementTree import DefusedXMLParser

from fulfillment.meshes.limits import MeshError, damaged

MAX_DEEP: Final = 64
"""Elements inside of each other; a 3MF's core has 7."""

Start = Callable[[str, list[str]], None]
"""An element's name as namespace}name, and its attributes as name, value, name, value."""


def walk(pieces: Iterable[bytes], start: Start, prefixes: dict[str, str] | None = None, part: str = "") -> None:
    """Call ``start`` for each element; ``prefixes`` takes the namespaces by their prefixes. Raises MeshError."""
    # Its target is never called: an object for each of a million triangles would cost more than all the rest.
    parser: Any = DefusedXMLParser(target=object(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    expat, deep = parser.parser, 0

    def begin(name: str, attributes: list[str]) -> None:
        nonlocal deep
        deep += 1
        if deep > MAX_DEEP:
            raise damaged(f"its part {part!r} has more than {MAX_DEEP} elements inside of each other")
        start(name, attributes)

    def end(_name: str) -> None:
        nonlocal deep
        deep -= 1

    def prefix(name: str | None, uri: str) -> None:
        if prefixes is not None:
            prefixes[name or ""] = uri

    expat.ordered_attributes = True
    expat.StartElementHandler, expat.EndElementHandler, expat.StartNamespaceDeclHandler = begin, end, prefix
    expat.CharacterDataHandler = expat.CommentHandler = expat.ProcessingInstructionHandler = expat.DefaultHandler = None
    expat.DefaultHandlerExpand = None
    try:
        for piece in pieces:
            expat.Parse(piece, False)
        expat.Parse(b"", True)
    except (DTDForbidden, EntitiesForbidden, ExternalReferenceForbidden):
        raise MeshError(
            "The model defines a document type or entities, abbreviations that can unfold without end.",
            "Please export it anew as 3MF or STL.",
        ) from None
    except (ExpatError, ParseError, LookupError) as error:
        raise damaged(f"its part {part[:60]!r} is no XML that can be read ({error})") from None
