"""Folders of profiles into values. Parsing takes text; only :func:`load` reads files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from fulfillment.positions import Document, Problem, closest, read, validate
from fulfillment.profiles.models import FOLDERS, Folder, Part

SHIPPED: Final = Path(__file__).parent
"""The profiles that are shipped."""
MOST: Final = 500
"""Files of one folder that are looked at."""


@dataclass(frozen=True, slots=True)
class File:
    """One file: where it lies, what it says (`speeds.outer` to a value), and whose keys count where it says nothing."""

    path: str
    says: Mapping[str, Any]
    inherits: str | None = None


@dataclass(frozen=True, slots=True)
class Profiles:
    """All files by folder and name, of each name the factory's own before the shipped one."""

    files: Mapping[Folder, Mapping[str, tuple[File, ...]]] = field(default_factory=dict)

    def names(self, folder: Folder) -> list[str]:
        return sorted(self.files.get(folder, {}))

    def chain(self, folder: Folder, name: str) -> list[File]:
        """The file of that name behind all that it inherits: who comes later counts. LookupError where one of them is
        not there, or where they inherit each other in a circle."""
        seen: list[File] = []
        at = 0
        while True:
            file = self.files[folder][name][at]
            if file in seen:
                raise LookupError(name)
            seen.append(file)
            if file.inherits is None:
                return seen[::-1]
            # What inherits its own name means the one that it takes the place of.
            name, at = file.inherits, at + 1 if file.inherits == name else 0


def parse(text: bytes | str, path: str, folder: Folder) -> tuple[File, Document] | list[Problem]:
    """A file from its text, or everything that is wrong with it."""
    document = read(text, path)
    if isinstance(document, list):
        return document
    found, problems = validate(document, FOLDERS[folder])
    if found is None:
        return problems
    return File(path, dict(_flat(found)), found.inherits), document


def _flat(model: BaseModel, before: str = "") -> Iterator[tuple[str, Any]]:
    """What was said, by dotted keys."""
    for name in sorted(model.model_fields_set - {"inherits"}):
        value = getattr(model, name)
        if isinstance(value, Part):
            yield from _flat(value, f"{before}{name}.")
        elif value is not None:
            yield before + name, value


def load(*folders: Path) -> tuple[Profiles, list[Problem]]:
    """The files of these folders, of which a later one's counts. All problems are told; files with any are left out."""
    files: dict[Folder, dict[str, tuple[File, ...]]] = {kind: {} for kind in FOLDERS}
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for kind, folder in product(FOLDERS, folders):
        for path in sorted((folder / kind).glob("*.yaml"))[:MOST]:
            found = _parsed(path, kind)
            if isinstance(found, list):
                problems += found
            else:
                file, documents[str(path)] = found
                files[kind][path.stem] = (file, *files[kind].get(path.stem, ()))
    profiles = Profiles(files)
    problems += _heirs(profiles, documents)
    return profiles, problems


def _parsed(path: Path, kind: Folder) -> tuple[File, Document] | list[Problem]:
    try:
        return parse(path.read_bytes(), str(path), kind)
    except OSError as error:
        return [Problem(1, 1, "", f"The file cannot be read: {error.strerror}.", "Mend its permissions.", str(path))]


def _heirs(profiles: Profiles, documents: Mapping[str, Document]) -> Iterator[Problem]:
    """Names that are inherited and not there, and circles of them."""
    for kind, files in profiles.files.items():
        for name, (file, *others) in files.items():
            wanted = file.inherits
            if wanted is not None and not (others if wanted == name else wanted in files):
                text = f"No other file of {kind} is called {wanted[:40]!r}."
                mend = closest(wanted, files.keys() - {name}, "There are")
                yield documents[file.path].problem(("inherits",), text, mend)
                continue
            try:
                profiles.chain(kind, name)
            except LookupError:
                text = "What it inherits comes back to itself, or to a file that is not there."
                yield documents[file.path].problem(("inherits",), text, "Take out one `inherits`.")
