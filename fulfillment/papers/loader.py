"""Folders of templates and languages into values, every mistake with its line and its mend."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from fulfillment.catalog.allergens import TITLES, Allergen
from fulfillment.papers.filling import named
from fulfillment.papers.kinds import KINDS, PAGE, Kind
from fulfillment.papers.models import ITEM, DetailsBlock, Fact, PictureBlock, PlanBlock, TableBlock, Template, Words
from fulfillment.positions import Document, Problem, Written, closest, read, validate

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE / "templates"
LANGUAGES: Final = HERE / "languages"
ENGLISH: Final = "en"


class Language(Written):
    """The words of papers in a language."""

    language: Annotated[str, Field(pattern="^[a-z]{2}$")]
    """Its code of two letters, which is also the name of the file."""
    title: str
    """What its speakers call it."""
    right_to_left: bool = False
    """Whether it is read from the right."""
    decimal: Literal[".", ","] = "."
    """Between whole and part of a price."""
    words: Mapping[Fact, Words]
    """What papers say, by name."""
    allergens: Mapping[Allergen, str]
    """What each is called; wheat stands for gluten too."""

    def stated(self, allergens: Collection[Allergen]) -> str:
        """Allergens in words, in the order of the label."""
        named = set(allergens) - ({Allergen.GLUTEN} if Allergen.WHEAT in allergens else set())
        return ("، " if self.right_to_left else ", ").join(self.allergens[one] for one in TITLES if one in named)

    def price(self, amount: str, currency: str) -> str:
        """An amount such as 12.50 with its currency; empty where it is not known."""
        return f"{amount.replace('.', self.decimal)} {currency}".strip() if amount else ""


@dataclass(frozen=True, slots=True)
class Papers:
    """Templates by name, and what was wrong with those that are not among them."""

    templates: Mapping[str, Template] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def __getitem__(self, name: str) -> Template:
        return self.templates[name]


def parse(text: bytes | str, file: str) -> Template | list[Problem]:
    """A template from the text of its file, or everything that is wrong with it."""
    document = read(text, file)
    if isinstance(document, list):
        return document
    template, problems = validate(document, Template)
    if template is None:
        return problems
    if template.name != Path(file).stem:
        mend = f"Rename the file to {template.name}.yaml, or write name: {Path(file).stem}."
        return [document.problem(("name",), f"The template {template.name!r} stands in a file of another name.", mend)]
    found = list(_unknown(document, template))
    return sorted(found) if found else template


def _unknown(document: Document, template: Template) -> Iterator[Problem]:
    """Names of facts, lists, pictures and words that nobody knows."""
    kind = KINDS.get(template.paper)
    if kind is None:
        text = f"No paper is called {template.paper!r}."
        yield document.problem(("paper",), text, closest(template.paper, KINDS, "Papers are"))
        return
    said = {word for words in template.words.values() for word in words}
    for loc, block in template.everything():
        rows = block.list if isinstance(block, TableBlock | DetailsBlock | PlanBlock) else None
        for key in ("when", "unless"):
            if (name := getattr(block, key)) and name not in {*kind.facts, *kind.lists, *kind.pictures}:
                yield _wrong(document, (*loc, key), "fact", name, {*kind.facts, *kind.lists, *kind.pictures})
        if rows and rows not in kind.lists:
            yield _wrong(document, (*loc, "list"), "list", rows, kind.lists)
        if isinstance(block, PictureBlock) and block.picture not in kind.pictures:
            yield _wrong(document, (*loc, "picture"), "picture", block.picture, kind.pictures)
        for keys, text in block.texts():
            yield from _names(document, (*loc, *keys), text, kind, rows, said)
    for language, words in template.words.items():
        for word, text in words.items():
            yield from _names(document, ("words", language, word), text, kind, None, said)


def _names(
    document: Document, loc: tuple[str | int, ...], text: str, kind: Kind, rows: str | None, said: set[str]
) -> Iterator[Problem]:
    for name in named(text):
        if name.startswith("@"):
            known = {f"@{word}" for word in {*language(ENGLISH).words, *said}}
            if name not in known:
                yield _wrong(document, loc, "word", name, known)
        elif name.startswith(ITEM):
            items = {ITEM + key for key in kind.lists.get(rows or "", {})}
            if name not in items:
                yield _wrong(document, loc, "item's fact", name, items)
        elif name not in {*kind.facts, *PAGE}:
            yield _wrong(document, loc, "fact", name, {*kind.facts, *PAGE})


def _wrong(document: Document, loc: tuple[str | int, ...], what: str, name: str, known: object) -> Problem:
    names = sorted(known)  # type: ignore[call-overload]
    return document.problem(loc, f"No {what} is called {name!r} here.", closest(name, names, "There are"))


def load(folder: Path) -> Papers:
    """Every ``*.yaml`` of a folder of templates. Files with problems are left out, and all their problems are told."""
    templates: dict[str, Template] = {}
    problems: list[Problem] = []
    try:
        files = sorted(folder.glob("*.yaml"))
        texts = [(path, path.read_bytes()) for path in files]
    except OSError as error:
        reason = f"Templates of papers cannot be read: {error.strerror}."
        return Papers({}, (Problem(1, 1, "", reason, "Is it the right folder?", str(folder)[:200]),))
    for path, text in texts:
        found = parse(text, str(path))
        if isinstance(found, list):
            problems += found
        else:
            templates[found.name] = found
    return Papers(templates, tuple(problems))


@cache
def shipped() -> Papers:
    """The templates of the package."""
    return load(TEMPLATES)


def with_own(folder: Path | None) -> Papers:
    """The shipped templates, and those of an operator's folder in front of them."""
    if folder is None:
        return shipped()
    own = load(folder)
    return Papers({**shipped().templates, **own.templates}, own.problems)


@cache
def language(code: str) -> Language:
    """The words of a language that is shipped. KeyError where it is not."""
    if code not in languages():
        raise KeyError(code)
    path = LANGUAGES / f"{code}.yaml"
    found = spoken(path.read_bytes(), path.name)
    if isinstance(found, Language):
        return found
    raise ValueError("; ".join(map(str, found)))


def spoken(text: bytes, file: str) -> Language | list[Problem]:
    """A language from the text of its file, or everything that is wrong with it."""
    document = read(text, file)
    if isinstance(document, list):
        return document
    found, problems = validate(document, Language)
    return found or problems


@cache
def languages() -> tuple[str, ...]:
    """The codes of the languages that are shipped."""
    return tuple(sorted(path.stem for path in LANGUAGES.glob("*.yaml")))


def chosen(locale: str, otherwise: str = ENGLISH) -> str:
    """The shipped language for a locale such as ``de-AT`` or ``fr_FR``, or else ``otherwise``."""
    code = locale.replace("_", "-").partition("-")[0].lower()
    return code if code in languages() else otherwise
