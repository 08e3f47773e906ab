"""Adding and removing a machine in config.yaml, as a person would: every other line stays as it is, byte for byte.

The text is spliced and never dumped anew, so comments, blank lines, quotes and columns survive. What a splice must
have done is checked by reading both texts: anything but the one machine's difference is refused.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fulfillment.config.layout import KEY, CannotEdit, Item, Layout, Token, behind, layout, tokens
from fulfillment.config.loading import ConfigError, inspect_bytes
from fulfillment.positions import Document, read

BACKUP = ".before"
"""What the name of the file as it was ends with."""

Data = dict[str, Any]

_EMPTY = re.compile(r"\[\s*\]")


def with_machine(text: str, machine: Mapping[str, object]) -> str:
    """The file's text with one more machine, behind the others. Raises CannotEdit."""
    found = layout(text)
    lines, pasted = found.lines, "\n".join(rendered(machine, "  "))
    if found.flow and found.items:
        raise CannotEdit(f"{KEY!r} is written in brackets: write one `-` for each, or paste this there:\n{pasted}")
    if found.items:
        at = found.items[-1].last + 1
    else:
        at = found.key + 1
        lines = [*lines[: found.key], _EMPTY.sub("", lines[found.key]).rstrip(), *lines[at:]]
    gap = [""] if found.gaps else []
    made = found.newline.join([*lines[:at], *gap, *rendered(machine, found.indent), *lines[at:]])
    data = _data(text)
    if _data(made) != data | {KEY: [*(data.get(KEY) or []), _plain(machine)]}:
        raise CannotEdit(f"the layout of {KEY!r} is not understood; paste this there:\n{pasted}")
    return made


def without_machine(text: str, name: str) -> str:
    """The file's text without the machine of that name. Raises CannotEdit, KeyError where there is none."""
    data = _data(text)
    left = [machine for machine in data.get(KEY) or [] if machine.get("name") != name]
    if len(left) == len(data.get(KEY) or []):
        raise KeyError(name)
    if not left:
        raise CannotEdit(f"{name} is the only machine, and a factory has at least one: add another first")
    number = next(at for at, machine in enumerate(data[KEY]) if machine.get("name") == name)
    found = layout(text)
    if found.flow:
        raise CannotEdit(f"{KEY!r} is written in brackets: write one `-` for each, or take {name} out by hand")
    found = layout(_with_anchors_kept(text, found.items[number]))
    first, last = _with_its_gap(found, number)
    made = found.newline.join([*found.lines[:first], *found.lines[last + 1 :]])
    if _data(made) != data | {KEY: left}:
        raise CannotEdit(f"the layout around {name} is not understood: take it out by hand")
    return made


def replace(path: Path, before: bytes, text: str) -> Path:
    """Put ``text`` in the place of the file, which must still be ``before``; returns where that is kept.

    The new text is checked as `ful config check` does, and then the file is one or the other, never half of it.
    Raises ConfigError with the problems of the new text, CannotEdit where the file was changed meanwhile.
    """
    raw, real = text.encode("utf-8"), path.resolve()
    _, problems = inspect_bytes(raw, path)
    if problems:
        raise ConfigError(problems)
    if real.read_bytes() != before:
        raise CannotEdit(f"{path} was changed meanwhile, and nothing was written: look at it, and ask again")
    backup = real.with_name(real.name + BACKUP)
    _write(backup, before, like=real)
    _write(real, raw, like=real)
    return backup


def _write(path: Path, data: bytes, like: Path) -> None:
    """The whole file at once, with the rights and the owner of ``like``."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(like, fresh)
        owner = like.stat()
        if os.geteuid() == 0:
            os.chown(fresh, owner.st_uid, owner.st_gid)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# --- one machine as text ----------------------------------------------------------------------------------------------


def rendered(machine: Mapping[str, object], indent: str) -> list[str]:
    """A machine as an item of the list; what holds only plain values stands on one line."""
    from ruamel.yaml import YAML  # a tenth of a second that no other command shall wait for

    writer = YAML()
    writer.width = 10_000
    out = io.StringIO()
    block = _laid_out(machine)
    block.fa.set_block_style()
    writer.dump(block, out)
    lines = out.getvalue().rstrip("\n").split("\n")
    return [indent + ("- " if number == 0 else "  ") + line for number, line in enumerate(lines)]


def _laid_out(value: object) -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(value, Mapping):
        inner: Any = CommentedMap((key, _laid_out(one)) for key, one in value.items())
        held = list(inner.values())
    elif isinstance(value, list | tuple):
        inner = CommentedSeq(_laid_out(one) for one in value)
        held = list(inner)
    else:
        return value
    if not any(isinstance(one, dict | list) for one in held):
        inner.fa.set_flow_style()
    return inner


def _plain(value: object) -> Any:
    """As a reader of the file gets it."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


# --- taking one out ---------------------------------------------------------------------------------------------------


def _with_its_gap(found: Layout, number: int) -> tuple[int, int]:
    """First and last line to take out: the machine, the comments right above it, and the blank lines on one side."""
    item, lines = found.items[number], found.lines
    first, last = item.first, item.last
    edge = found.items[number - 1].last if number else found.key
    while first - 1 > edge and lines[first - 1].startswith(f"{found.indent}#"):
        first -= 1
    if number:
        while first - 1 > edge and not lines[first - 1].strip():
            first -= 1
    elif len(found.items) > 1:
        while last + 1 < found.items[1].first and not lines[last + 1].strip():
            last += 1
    return first, last


def _with_anchors_kept(text: str, item: Item) -> str:
    """The text in which a value that others refer to (``&name``) stands where it is referred to first (``*name``)."""
    end = item.tokens[-1].begin.index
    elsewhere = [token for token in tokens(text) if token.alias and token.begin.index >= end]
    changes: list[tuple[Token, str]] = []
    for number, token in enumerate(item.tokens):
        alias = next((one for one in elsewhere if token.anchor and one.alias == token.anchor), None)
        if alias is not None:
            changes.append((alias, _moved(text, item.tokens[number : behind(item.tokens, number)], alias)))
    for alias, value in sorted(changes, key=lambda change: change[0].begin.index, reverse=True):
        text = text[: alias.begin.index] + value + text[alias.end.index :]
    return text


def _moved(text: str, value: Sequence[Token], alias: Token) -> str:
    """A value's source, with its anchor, indented for where the alias stands."""
    begin, end = value[0].begin.index, max(token.end.index for token in value if token.placed)
    head, *rest = text[begin:end].rstrip().split("\n")
    shift = _depth(text, alias.begin.index) - _depth(text, begin)
    return "\n".join([head, *(" " * max(0, _spaces(line) + shift) + line.lstrip(" ") for line in rest)])


def _depth(text: str, index: int) -> int:
    """Spaces before the key on the line of this place; a dash counts as one of them."""
    line = text[text.rfind("\n", 0, index) + 1 : index]
    return _spaces(line.replace("-", " ", 1) if line.lstrip().startswith("- ") else line)


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _data(text: str) -> Data:
    document = read(text, "config.yaml")
    if not isinstance(document, Document) or not isinstance(document.data, dict):
        raise CannotEdit("the file cannot be read: `ful config check` names its mistakes")
    return document.data
