"""Folders of print profiles and ICC files into values. Of two files of one name the factory's own counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from fulfillment.positions import Document, Problem, closest, read, validate
from fulfillment.press.icc import MAX_BYTES, BadIcc, press
from fulfillment.press.profiles import PrintProfile

FOLDER: Final = Path(__file__).parent
SHIPPED: Final = FOLDER / "profiles"
SHIPPED_ICC: Final = FOLDER / "icc"
MOST: Final = 200
"""Profiles of one folder that are looked at."""


class NoProfile(LookupError):
    """No profile is called so. The text says which there are."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """Profiles by name, complete, and the folders in which their ICC files are looked for, the first one first."""

    named: Mapping[str, PrintProfile] = field(default_factory=dict)
    icc: tuple[Path, ...] = ()

    def __getitem__(self, name: str) -> PrintProfile:
        found = self.named.get(name)
        if found is None:
            raise NoProfile(closest(name, self.named, "Print profiles are"))
        return found

    def file(self, profile: PrintProfile) -> bytes | None:
        """The ICC file of a profile; None where it needs none. Raises BadIcc for one that is none, or not there."""
        name = profile.colour.icc
        return None if name is None else icc_file(name, self.icc)


def icc_file(name: str, folders: tuple[Path, ...]) -> bytes:
    """The bytes of a press's ICC file. Raises BadIcc."""
    for folder in folders:
        path = folder / name
        try:
            if path.stat().st_size > MAX_BYTES:
                raise BadIcc(f"{name} has more than {MAX_BYTES // 1_000_000} MB.")
            data = path.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BadIcc(f"{name} cannot be read: {error.strerror}.") from None
        try:
            press(data)
        except BadIcc as bad:
            raise BadIcc(f"{name}: {bad}") from None
        return data
    raise BadIcc(f"No file {name} is there.")


def load(own: Path | None = None, icc: Path | None = None) -> tuple[Profiles, list[Problem]]:
    """The shipped profiles and the factory's own. All problems are told; profiles with any are left out."""
    problems: list[Problem] = []
    files: dict[str, list[Document]] = {}
    for folder in (SHIPPED, *([own] if own else [])):
        for path in sorted(folder.glob("*.yaml"))[:MOST]:
            found = _read(path)
            if isinstance(found, Document):
                files.setdefault(path.stem, []).insert(0, found)
            else:
                problems += found
    folders = (*([icc] if icc else []), SHIPPED_ICC)
    named: dict[str, PrintProfile] = {}
    for name in files:
        profile, wrong = _whole(name, files)
        wrong = wrong or list(_without_its_press(profile, files[name][0], folders))
        problems += wrong
        if profile is not None and not wrong:
            named[name] = profile
    return Profiles(named, folders), problems


def _read(path: Path) -> Document | list[Problem]:
    try:
        return read(path.read_bytes(), str(path))
    except OSError as error:
        return [Problem(1, 1, "", f"The file cannot be read: {error.strerror}.", "Mend its permissions.", str(path))]


def _whole(name: str, files: Mapping[str, list[Document]]) -> tuple[PrintProfile | None, list[Problem]]:
    """A profile with all that it inherits. What is wrong is told at the line of its own file that is nearest."""
    first, seen = files[name][0], [files[name][0]]
    while (wanted := _inherits(seen[-1])) is not None:
        others = [one for one in files.get(wanted, []) if one not in seen]
        if not others:
            text = f"{wanted[:40]!r} is no other profile, or comes back to this one."
            return None, [first.problem(("inherits",), text, closest(wanted, files.keys() - {name}, "There are"))]
        seen.append(others[0])
    data: Any = {}
    for document in reversed(seen):
        data = _over(data, document.data)
    return validate(replace(first, data=data), PrintProfile)


def _inherits(document: Document) -> str | None:
    wanted = document.data.get("inherits") if isinstance(document.data, dict) else None
    return wanted if isinstance(wanted, str) else None


def _over(below: Any, above: Any) -> Any:
    """Mappings are merged key by key; everything else is what comes later."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return {**below, **{key: _over(below.get(key), value) for key, value in above.items()}}


def _without_its_press(
    profile: PrintProfile | None, document: Document, folders: tuple[Path, ...]
) -> Iterator[Problem]:
    """The ICC file that it names is not there, or is none."""
    if profile is None or profile.colour.icc is None:
        return
    try:
        icc_file(profile.colour.icc, folders)
    except BadIcc as bad:
        mend = "Put the file of this press and paper into the folder that config.yaml names (press: { icc: ... })."
        yield document.problem(("colour", "icc"), str(bad), mend)
