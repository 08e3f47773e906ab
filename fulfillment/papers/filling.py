"""Placeholders of a template's texts filled with facts, once: what a fact says is never read as a template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from fulfillment.papers.models import ITEM, PLACEHOLDER
from gcode.bidi import from_the_right

Item = Mapping[str, str]
Facts = Mapping[str, str | Sequence[Item]]
LEFT, RIGHT = "\u200e", "\u200f"
"""Marks that are not seen, of text from the left and from the right."""
ESCAPES = (("{{", "\x00"), ("}}", "\x01"))
"""A template's own braces, out of the way of its placeholders."""


@dataclass(frozen=True, slots=True)
class Words:
    """Facts and the words of a language, as a template's texts take them."""

    facts: Facts
    language: Mapping[str, str]
    rtl: bool = False
    """Whether the language is read from the right."""
    item: Item = field(default_factory=dict)
    """Of the row that is being filled."""

    def of(self, item: Item) -> Words:
        return replace(self, item=item)

    def fact(self, name: str) -> str:
        """A fact as text; empty where it is not there."""
        found = self.facts.get(name, "")
        return found if isinstance(found, str) else ""

    def items(self, name: str) -> Sequence[Item]:
        found = self.facts.get(name, ())
        return () if isinstance(found, str) else found

    def has(self, name: str) -> bool:
        """Whether a fact or list says something."""
        return bool(self.fact(name).strip() or self.items(name))

    def fill(self, text: str) -> str:
        """The text with everything in its place."""
        for written, kept in ESCAPES:
            text = text.replace(written, kept)
        parts = PLACEHOLDER.split(text)
        alone = len(parts) == 3 and not parts[0] and not parts[2]
        filled = [self._found(part, alone) if index % 2 else _plain(part) for index, part in enumerate(parts)]
        return "".join(filled)

    def _found(self, name: str, alone: bool) -> str:
        if name.startswith("@"):
            return self.fill(self.language[name[1:]])
        value = self.item.get(name.removeprefix(ITEM), "") if name.startswith(ITEM) else self.fact(name)
        return value if alone else self._apart(value)

    def _apart(self, value: str) -> str:
        """A fact among words that read from another side keeps its own order, and leaves theirs."""
        own = from_the_right(value)
        if not value or not (own or self.rtl):
            return value
        inside, outside = RIGHT if own else LEFT, RIGHT if self.rtl else LEFT
        return f"{outside}{inside}{value}{inside}{outside}"


def _plain(text: str) -> str:
    return text.replace(ESCAPES[0][1], "{").replace(ESCAPES[1][1], "}")


def named(text: str) -> list[str]:
    """The names in a text's placeholders."""
    for written, kept in ESCAPES:
        text = text.replace(written, kept)
    return PLACEHOLDER.findall(text)
