"""YAML with positions: plain data, and where in the file each key and value stands.

The language is the sober part of YAML: one document of mappings, lists and scalars, booleans are true and false alone,
nothing is a date, no tags, no merge keys. Limits are explicit, so that a hostile file costs little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from fulfillment.positions.problems import Problem

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NODES = 20_000
"""Values in a file, aliases counted as often as they are used."""

Loc = tuple[str | int, ...]
Place = tuple[int, int]

INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]{0,17})")
FLOAT = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][+-]?[0-9]{1,2})?")
WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
TAB = re.compile(r"^ *\t[ \t]*")


def spelled(loc: Loc) -> str:
    """``("machines", 1, "driver")`` as ``machines[1].driver``."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read. ``data`` is plain JSON data; ``keys`` and ``values`` say where each stands."""

    file: str
    data: object
    keys: Mapping[Loc, Place]
    values: Mapping[Loc, Place]
    problems: tuple[Problem, ...] = ()
    """What could be read past: a key that stands twice, a merge key."""

    def known(self, loc: Loc) -> Loc:
        """``loc`` without the parts that are not in the file (the tags that a typed union puts into its paths)."""
        found: Loc = ()
        for part in loc:
            if (*found, part) in self.values:
                found = (*found, part)
        return found

    def select(self, *pattern: str) -> Iterator[tuple[Loc, object]]:
        """Values whose path fits ``pattern``; ``*`` is any key or index. What is not there is passed over.

        For checks across a file: they look at what was written, so that a slip elsewhere does not hide their findings.
        """
        found: list[tuple[Loc, object]] = [((), self.data)]
        for part in pattern:
            found = [
                ((*loc, key), value) for loc, inside in found for key, value in _items(inside) if part in ("*", key)
            ]
        yield from found

    def problem(self, loc: Loc, text: str, mend: str, *, key: bool = False) -> Problem:
        """A problem at the value at ``loc`` (``key``: at its key), or at the nearest thing in the file."""
        known = self.known(loc)
        line, column = (self.keys if key else self.values).get(known) or self.values[known]
        return Problem(line, column, spelled(known), text, mend, self.file)


def _items(value: object) -> Iterable[tuple[str | int, object]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


class _TooMuch(yaml.MarkedYAMLError):
    """A limit was passed: reading stops there."""


class _Loader(yaml.SafeLoader):
    """PyYAML's composer, stopped at a depth (it is recursive) and at a count."""

    depth = 0
    count = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH or self.count > MAX_NODES:
            limit = f"{MAX_DEPTH} levels deep" if self.depth > MAX_DEPTH else f"{MAX_NODES} values long"
            raise _TooMuch(problem=f"the file is more than {limit}", problem_mark=event.start_mark)
        if getattr(event, "tag", None):
            raise _TooMuch(problem="tags (such as !!python) are not read", problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


@dataclass(slots=True)
class _Builder:
    """Turns PyYAML's nodes into plain data, and collects places and problems on the way."""

    file: str
    keys: dict[Loc, Place] = field(default_factory=dict)
    values: dict[Loc, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    inside: set[int] = field(default_factory=set)

    def add(self, mark: yaml.Mark | None, loc: Loc, text: str, mend: str) -> None:
        line, column = _place(mark)
        self.problems.append(Problem(line, column, spelled(loc), text, mend, self.file))

    def build(self, node: yaml.Node, loc: Loc) -> object:
        if len(self.values) >= MAX_NODES or len(loc) > MAX_DEPTH or id(node) in self.inside:
            raise _TooMuch(
                problem="aliases make the file too large, or refer to themselves", problem_mark=node.start_mark
            )
        self.values[loc] = _place(node.start_mark)
        self.inside.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self.mapping(node, loc)
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item, (*loc, i)) for i, item in enumerate(node.value)]
            return scalar(node)
        finally:
            self.inside.discard(id(node))

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.add(key.start_mark, loc, "A key here is not a plain word.", "Write one word before each colon.")
                continue
            name = str(key.value)
            if name == "<<" and key.style is None:
                self.add(key.start_mark, loc, "Merge keys (<<) are not read.", "Write the keys out.")
                continue
            if name in found:
                first = self.keys[(*loc, name)][0]
                self.add(
                    key.start_mark,
                    (*loc, name),
                    f"The key {name!r} stands here for the second time.",
                    f"It is already on line {first}: keep one of them.",
                )
                continue
            found[name] = None
            self.keys[(*loc, name)] = _place(key.start_mark)
            found[name] = self.build(value, (*loc, name))
        return found


def scalar(node: yaml.Node) -> object:
    """A scalar's value: what is quoted is text; yes, no, on, off, dates and clock times are text as well."""
    text = str(node.value)
    if getattr(node, "style", None) is not None:
        return text
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    return text


def _place(mark: yaml.Mark | None) -> Place:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> list[Problem]:
    """A YAML error in words. Tabs are the usual cause, so all of them are named at once."""
    mark = error.problem_mark or error.context_mark
    if mark and "\t" in text:
        tabs = [
            Problem(i, len(found[0]), "", "The line is indented with a tab.", "Indent with spaces.", file)
            for i, line in enumerate(text.split("\n"), 1)
            if (found := TAB.match(line)) and line.strip()
        ]
        if any(p.line in (mark.line + 1, mark.line + 2) for p in tabs):
            return tabs
    line, column = _place(mark)
    what = " ".join(str(part) for part in (error.context, error.problem) if part)
    if isinstance(error, _TooMuch):
        return [Problem(line, column, "", f"This cannot be read: {what}.", "Write the values plainly.", file)]
    mend = "Look at this line and the one before it: a colon, a quote, a bracket or an indent is out of place."
    return [Problem(line, column, "", f"This is not YAML: {what}.", mend, file)]


def decode(raw: bytes, file: str) -> str | list[Problem]:
    """The text of a file's bytes: UTF-8, at most MAX_BYTES."""
    if len(raw) > MAX_BYTES:
        return [
            Problem(
                1, 1, "", f"The file has {len(raw)} bytes; at most {MAX_BYTES} are read.", "Is it the right file?", file
            )
        ]
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return [Problem(line, 1, "", "The line is not UTF-8 text.", "Save the file as UTF-8.", file)]


def read(raw: bytes | str, file: str) -> Document | list[Problem]:
    """The file's data with positions, or what is wrong with it as YAML. ``file`` is only its name, for messages."""
    text = decode(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass"), file)
    if isinstance(text, list):
        return text
    builder = _Builder(file)
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return [Problem(1, 1, "", "The file is empty.", "Start from the config.yaml that is shipped.", file)]
        data = builder.build(root, ())
    except _TooMuch as error:
        return _syntax(error, text, file)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return [Problem(line, 1, "", "A character here is not printable.", "Delete it.", file)]
    except yaml.MarkedYAMLError as error:
        return _syntax(error, text, file)
    return Document(file, data, builder.keys, builder.values, tuple(builder.problems))
