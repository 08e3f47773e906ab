"""Where the machines stand in config.yaml: lines and columns of each, found by YAML's own tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import yaml
from yaml import events as y

KEY = "machines"


class CannotEdit(Exception):
    """The file is laid out in a way that is not edited here. The text says what to do by hand."""


@dataclass(frozen=True, slots=True)
class Place:
    line: int
    column: int
    index: int


@dataclass(frozen=True, slots=True)
class Token:
    """A value, or the begin (``opens``) or end (``closes``) of one that holds others."""

    begin: Place
    end: Place
    opens: bool = False
    closes: bool = False
    listed: bool = False
    """It begins a list."""
    flow: bool = False
    """It begins a value in brackets."""
    value: str | None = None
    """A plain value's text."""
    anchor: str | None = None
    alias: str | None = None

    @property
    def placed(self) -> bool:
        """Whether its end is where it ends: a block's end is only known by what comes behind it."""
        return self.opens or not self.closes or self.end.index > self.begin.index

    @property
    def last_line(self) -> int:
        if self.opens:
            return self.begin.line
        # A text of several lines (| or >) ends at the beginning of the line behind it.
        return self.end.line - (self.end.column == 0 and self.end.line > self.begin.line)


@dataclass(frozen=True, slots=True)
class Item:
    """One machine: its lines, from the dash to the last of its values, and the comments that are indented under it."""

    first: int
    last: int
    tokens: Sequence[Token]


@dataclass(frozen=True, slots=True)
class Layout:
    lines: list[str]
    newline: str
    key: int
    """The line of ``machines:``."""
    flow: bool
    """The list is written in brackets."""
    items: Sequence[Item]

    @property
    def indent(self) -> str:
        """What stands before each dash."""
        line = self.lines[self.items[0].first] if self.items else "  -"
        return line[: len(line) - len(line.lstrip())]

    @property
    def gaps(self) -> bool:
        """Whether a blank line stands between machines; where there is one machine alone, it shall."""
        if len(self.items) < 2:
            return bool(self.items)
        between = self.lines[self.items[-2].last + 1 : self.items[-1].first]
        return any(not line.strip() for line in between)


def layout(text: str) -> Layout:
    """The layout of a file's text. Raises CannotEdit."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    found = tokens(text)
    at = 1  # behind the begin of the mapping that is the whole file: keys and values take turns
    while at < len(found) - 1:
        value = behind(found, at)
        end = behind(found, value)
        if found[at].value == KEY:
            return _machines(lines, newline, found[at].begin.line, found[value:end])
        at = end
    raise CannotEdit(f"the file has no key {KEY!r}: start from the config.yaml that is shipped")


def _machines(lines: list[str], newline: str, key: int, found: Sequence[Token]) -> Layout:
    if found[0].value == "":
        return Layout(lines, newline, key, False, ())
    if not found[0].listed:
        raise CannotEdit(f"{KEY!r} is no list: write one `-` for each machine")
    items: list[Item] = []
    at = 1
    while at < len(found) - 1:
        end = behind(found, at)
        items.append(_item(lines, found[at:end], items[-1].last if items else key))
        at = end
    return Layout(lines, newline, key, found[0].flow, items)


def _item(lines: list[str], found: Sequence[Token], before: int) -> Item:
    first = found[0].begin.line
    while first > before + 1 and not lines[first].lstrip().startswith("-"):
        first -= 1
    last = max(token.last_line for token in found if token.placed)
    while not lines[last].strip():  # a folded text ends where the next thing begins
        last -= 1
    column = len(lines[first]) - len(lines[first].lstrip())
    for number in range(last + 1, len(lines)):
        bare = lines[number].strip()
        if bare and not (bare.startswith("#") and lines[number].index("#") > column):
            break
        last = number if bare else last
    return Item(first, last, found)


def behind(found: Sequence[Token], at: int) -> int:
    """The index behind the value that begins at ``at``."""
    depth = 0
    while True:
        depth += found[at].opens - found[at].closes
        at += 1
        if depth == 0:
            return at


def tokens(text: str) -> list[Token]:
    """The tokens of a file that is one mapping. Raises CannotEdit for any other."""
    try:
        events = list(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise CannotEdit(f"the file is no YAML ({str(error).splitlines()[0]}): `ful config check` says more") from None
    found = [_READ[type(event)](event) for event in events if type(event) in _READ]
    if not found or not found[0].opens or found[0].listed:
        raise CannotEdit("the file is no mapping (key: value): start from the config.yaml that is shipped")
    return found


def _place(mark: object) -> Place:
    return Place(getattr(mark, "line", 0), getattr(mark, "column", 0), getattr(mark, "index", 0))


def _places(event: y.Event) -> tuple[Place, Place]:
    return _place(event.start_mark), _place(event.end_mark)


def _opening(event: y.Event) -> Token:
    listed = isinstance(event, y.SequenceStartEvent)
    flow, anchor = getattr(event, "flow_style", False), getattr(event, "anchor", None)
    return Token(*_places(event), opens=True, listed=listed, flow=bool(flow), anchor=anchor)


def _plain(event: y.Event) -> Token:
    return Token(*_places(event), value=getattr(event, "value", ""), anchor=getattr(event, "anchor", None))


_READ: dict[type[y.Event], Callable[[y.Event], Token]] = {
    y.ScalarEvent: _plain,
    y.AliasEvent: lambda event: Token(*_places(event), alias=getattr(event, "anchor", None)),
    y.MappingStartEvent: _opening,
    y.SequenceStartEvent: _opening,
    y.MappingEndEvent: lambda event: Token(*_places(event), closes=True),
    y.SequenceEndEvent: lambda event: Token(*_places(event), closes=True),
}
