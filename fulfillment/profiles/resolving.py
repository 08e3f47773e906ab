"""From files to one profile: what the quality says, then the nozzle, then the material; who comes later counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

from fulfillment.catalog.recipes import Window
from fulfillment.positions import Problem, closest
from fulfillment.profiles.loading import File, Profiles
from fulfillment.profiles.models import FOLDERS, Folder, OfNozzle
from gcode.slicing.profile import Profile, ProfileError

HEAT: Final = ("temperature", "bed_temperature", "window", "bed_window")
"""Keys that say how a material is heated."""
OF_MACHINE: Final = frozenset({"filament"})
"""Numbers that a machine's own configuration says."""
LEAST: Final = frozenset({"max_flow"})
"""Keys of which the least counts: what any of them cannot do is not done."""


class NoProfile(Exception):
    """There is no such profile, or what its files say together cannot be printed: reason and mend are sentences."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(f"{reason} {mend}")
        self.reason, self.mend = reason, mend


@dataclass(frozen=True, slots=True)
class Value:
    """One number of a profile, and the file that says it; no file: the slicer's own."""

    value: Any
    file: str = ""


@dataclass(frozen=True, slots=True)
class Resolved:
    """How one kind of material is printed by one nozzle in one quality. degrees C."""

    profile: Profile
    temperature: float
    bed_temperature: float | None
    windows: Mapping[str, tuple[float, float]]
    """That heaters are held in while it is laid, by the heater's name."""
    values: Mapping[str, Value]
    """Every number by its key, for people."""


def resolved(profiles: Profiles, material: str, quality: str, nozzle: float) -> Resolved:
    """The profile of a kind of material in a quality by a nozzle of this diameter (mm). Raises NoProfile."""
    names: Mapping[Folder, str] = {"qualities": quality, "nozzles": f"{nozzle:g}", "materials": material}
    said: dict[str, Value] = {}
    for folder in FOLDERS:
        for file in _files(profiles, folder, names[folder]):
            for key, value in file.says.items():
                if not (key in LEAST and key in said and said[key].value <= value):
                    said[key] = Value(value.share * nozzle if isinstance(value, OfNozzle) else value, file.path)
    said["nozzle"] = Value(nozzle)
    try:
        profile = _built(Profile, said)
    except ProfileError as error:
        reason = f"The profile of {material} in {quality} by {nozzle:g} mm cannot be printed: {error}."
        raise NoProfile(reason, f"Mend it in {_blamed(str(error), said)}.") from None
    if "temperature" not in said:
        where = said.get("title", Value("", f"materials/{material}.yaml")).file
        raise NoProfile(f"Nothing says how hot {material} is laid.", f"Write temperature: in {where}.")
    bed = said.get("bed_temperature")
    windows = _windows(said)
    values = dict(_values(profile, said)) | {key: said[key] for key in HEAT if key in said}
    return Resolved(profile, said["temperature"].value, bed.value if bed else None, windows, values)


def _files(profiles: Profiles, folder: Folder, name: str) -> list[File]:
    try:
        return profiles.chain(folder, name)
    except LookupError:
        text = f"No file of {folder} is called {name[:40]}.yaml."
        raise NoProfile(text, closest(name, profiles.names(folder), "There are")) from None


def _windows(said: Mapping[str, Value]) -> dict[str, tuple[float, float]]:
    """Raises NoProfile where a temperature lies outside of its window."""
    found = {}
    for heater, key, window in (("nozzle", "temperature", "window"), ("bed", "bed_temperature", "bed_window")):
        if window not in said or key not in said:
            continue
        limits, degrees = said[window].value, said[key].value
        assert isinstance(limits, Window)  # noqa: S101  (the model says so)
        if not limits.min <= degrees <= limits.max:
            reason = f"{key} is {degrees:g} degC, outside of {window} from {limits.min:g} to {limits.max:g}."
            raise NoProfile(reason, f"Mend one of the two in {said[key].file}.")
        found[heater] = (limits.min, limits.max)
    return found


def _built(kind: type[Any], said: Mapping[str, Value], before: str = "") -> Any:
    """A profile, or a part of one, of what was said; the slicer's own numbers for the rest."""
    default = kind()
    values = {}
    for one in fields(kind):
        own = getattr(default, one.name)
        key = before + one.name
        if is_dataclass(own):
            values[one.name] = _built(type(own), said, f"{key}.")
        elif key in said:
            values[one.name] = said[key].value
    return kind(**values)


def _values(part: Any, said: Mapping[str, Value], before: str = "") -> Iterator[tuple[str, Value]]:
    for one in fields(part):
        own, key = getattr(part, one.name), before + one.name
        if is_dataclass(own):
            yield from _values(own, said, f"{key}.")
        elif key not in OF_MACHINE:
            yield key, Value(own, said[key].file if key in said else "")


def _blamed(text: str, said: Mapping[str, Value]) -> str:
    """The files of the keys that a refusal names; of the heights where it names none."""
    words = text.replace(":", " ").replace(",", " ").split()
    files = {value.file for key, value in said.items() if value.file and {key, key.rpartition(".")[2]} & set(words)}
    files = files or {said[key].file for key in ("height", "first_height") if key in said}
    return " or ".join(sorted(files)) or "one of its files"


def impossible(profiles: Profiles) -> Iterator[Problem]:
    """Every combination of material, quality and nozzle that cannot be printed, once for each of its mends."""
    told = set()
    for material in profiles.names("materials"):
        for quality in profiles.names("qualities"):
            for nozzle in profiles.names("nozzles"):
                try:
                    resolved(profiles, material, quality, float(nozzle))
                except NoProfile as error:
                    if error.mend not in told:
                        told.add(error.mend)
                        path = profiles.files["qualities"][quality][0].path
                        yield Problem(1, 1, "", error.reason, error.mend, path)
                except ValueError:
                    path = profiles.files["nozzles"][nozzle][0].path
                    reason = f"{nozzle[:40]!r} is no diameter."
                    if reason not in told:
                        told.add(reason)
                        yield Problem(1, 1, "", reason, "Call the file by it, in mm: 0.4.yaml.", path)
