"""Colour spaces, down to what their colours are made of (ISO 32000-2, 8.6)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pikepdf import Array

from fulfillment.pdfs.values import Thing, get, integer, items, kind, name

DEEP: Final = 4
"""Spaces in spaces: a pattern of an indexed space of four inks with a profile has four."""
PROCESS: Final = frozenset({"Cyan", "Magenta", "Yellow", "Black"})
"""Inks that a DeviceN may name and that are no spot colours."""
EVERYWHERE: Final = frozenset({"All", "None"})
"""Not inks: on every plate, and on none."""


@dataclass(frozen=True, slots=True)
class Space:
    label: str
    """Such as Indexed(DeviceRGB), Separation CutContour (DeviceCMYK)."""
    leaves: frozenset[str]
    spots: tuple[str, ...] = ()
    channels: int = 1
    pattern: bool = False
    wrong: str = ""
    """What is wrong with it, a sentence."""


def _device(leaf: str, channels: int) -> Space:
    return Space(leaf, frozenset({leaf}), channels=channels)


GRAY: Final = _device("DeviceGray", 1)
RGB: Final = _device("DeviceRGB", 3)
CMYK: Final = _device("DeviceCMYK", 4)
PATTERN: Final = Space("Pattern", frozenset(), pattern=True)
BARE: Final[Mapping[str, Space]] = {
    "/DeviceGray": GRAY,
    "/G": GRAY,
    "/DeviceRGB": RGB,
    "/RGB": RGB,
    "/DeviceCMYK": CMYK,
    "/CMYK": CMYK,
    "/Pattern": PATTERN,
    "/CalCMYK": CMYK,
}
DEFAULTS: Final[Mapping[str, str]] = {
    "/DeviceGray": "/DefaultGray",
    "/DeviceRGB": "/DefaultRGB",
    "/DeviceCMYK": "/DefaultCMYK",
}
"""What a page may say that a device's colours are."""


def unknown(said: str) -> Space:
    return Space("unknown", frozenset(), wrong=f"Its colour space {said[:40]} is not one that is known.")


def space_of(thing: Thing, resources: Thing, deep: int = 0) -> Space:
    """A colour space by its name or its array; names are looked up in the page's resources."""
    if deep > DEEP:
        return unknown("in a space in a space and so on")
    if bare := name(thing):
        named = get(resources, "/ColorSpace")
        default = get(named, DEFAULTS.get(bare, "/"))
        if default is not None and name(default) != bare:
            return space_of(default, None, deep + 1)
        if bare in BARE:
            return BARE[bare]
        found = get(named, bare)
        return unknown(bare) if found is None else space_of(found, resources, deep + 1)
    parts = items(thing)
    family = name(parts[0]) if parts else ""
    if kind(thing) is not Array or (family not in FAMILIES and family not in BARE):
        return unknown(family)
    if len(parts) == 1:
        return space_of(parts[0], resources, deep + 1)
    return FAMILIES[family](parts, resources, deep) if family in FAMILIES else BARE[family]


def _cal_gray(_parts: list[Thing], _resources: Thing, _deep: int) -> Space:
    return _device("CalGray", 1)


def _cal_rgb(_parts: list[Thing], _resources: Thing, _deep: int) -> Space:
    return _device("CalRGB", 3)


def _lab(_parts: list[Thing], _resources: Thing, _deep: int) -> Space:
    return _device("Lab", 3)


BY_CHANNELS: Final = {1: "ICCGray", 3: "ICCRGB", 4: "ICCCMYK"}


def _icc(parts: list[Thing], _resources: Thing, _deep: int) -> Space:
    channels = integer(get(parts[1], "/N")) or 0
    if channels not in BY_CHANNELS:
        return unknown(f"ICCBased with {channels} channels")
    alternate = name(get(parts[1], "/Alternate"))
    return _device("ICCLab" if alternate == "/Lab" else BY_CHANNELS[channels], channels)


def _indexed(parts: list[Thing], resources: Thing, deep: int) -> Space:
    base = space_of(parts[1], resources, deep + 1)
    return Space(f"Indexed({base.label})", base.leaves, base.spots, 1, wrong=base.wrong)


def _inks(names: list[str], label: str, base: Space) -> Space:
    spots = tuple(one for one in names if one not in PROCESS and one not in EVERYWHERE)
    return Space(f"{label} {', '.join(names)} ({base.label})"[:160], base.leaves, spots, len(names), wrong=base.wrong)


def _separation(parts: list[Thing], resources: Thing, deep: int) -> Space:
    if len(parts) < 4:
        return unknown("Separation without its alternative")
    # Cyan alone is the plate of that ink, and no spot colour.
    return _inks([name(parts[1])[1:]], "Separation", space_of(parts[2], resources, deep + 1))


def _device_n(parts: list[Thing], resources: Thing, deep: int) -> Space:
    if len(parts) < 4 or not 1 <= len(items(parts[1])) <= 32:
        return unknown("DeviceN without its inks")
    return _inks([name(one)[1:] for one in items(parts[1])], "DeviceN", space_of(parts[2], resources, deep + 1))


def _pattern(parts: list[Thing], resources: Thing, deep: int) -> Space:
    base = space_of(parts[1], resources, deep + 1)
    return Space(f"Pattern({base.label})", base.leaves, base.spots, base.channels, True, base.wrong)


FAMILIES: Final[Mapping[str, Callable[[list[Thing], Thing, int], Space]]] = {
    "/CalGray": _cal_gray,
    "/CalRGB": _cal_rgb,
    "/Lab": _lab,
    "/ICCBased": _icc,
    "/Indexed": _indexed,
    "/I": _indexed,
    "/Separation": _separation,
    "/DeviceN": _device_n,
    "/Pattern": _pattern,
}

PROFILES: Final = {b"GRAY": ("Gray", 1), b"RGB ": ("RGB", 3), b"CMYK": ("CMYK", 4), b"Lab ": ("Lab", 3)}


def profile(data: bytes, channels: int | None) -> tuple[str, str]:
    """(Gray, RGB, CMYK or Lab, what is wrong with it) of an ICC profile that is said to have so many channels.

    Its header is ICC.1:2022, 7.2: size at byte 0, class at 12, space at 16, the mark "acsp" at 36.
    """
    if len(data) < 132 or data[36:40] != b"acsp":
        return "", "Its profile is no ICC profile."
    said, count = PROFILES.get(data[16:20], ("", 0))
    if not said:
        return "", f"Its profile is of the space {data[16:20]!r}, which no page is made in."
    size = struct.unpack_from(">I", data)[0]
    if size > len(data):
        return said, f"Its profile has {len(data):,} bytes and should have {size:,}."
    if channels != count:
        return said, f"Its profile is {said} with {count} channels, and /N says {channels}."
    return said, ""
