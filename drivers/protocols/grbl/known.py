"""What a GRBL machine has told of itself, and whether it is the machine that the configuration means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import drivers.protocols.grbl.replies as replies
from drivers.protocols.grbl.options import Options
from drivers.protocols.grbl.report import Point
from drivers.protocols.grbl.window import LEAST
from drivers.service import Facts

LINE = 79
"""Bytes of a line that GRBL takes: LINE_BUFFER_SIZE is 80, with its end (protocol.h)."""

HAL_LINE = 256
"""The same of grblHAL."""

BUFFERS = range(96, 65_537)
"""Bytes of a receive buffer that are believed: below that no line of GRBL's own length would fit."""

OLDEST = (1, 1)
"""Before that version an ``ok`` meant something else."""

REMARKS = 10

_TRUTHS = {"0": False, "1": True}
_AXES = range(3)


class Known:
    """Facts, gathered from replies. No decision is taken here but whether they fit."""

    def __init__(self) -> None:
        self.version: str | None = None
        self.hal = False
        self.build: str | None = None
        self.letters = ""
        self.buffer: int | None = None
        self.settings: dict[int, str] = {}
        self.remarks: list[str] = []
        """What it said to people since it booted, the last :data:`REMARKS` of it."""

    def booted(self, reply: replies.Booted) -> None:
        """A banner. What was learned of the machine stays: it is the same one."""
        self.version, self.hal, self.remarks = reply.version, reply.hal, []

    def hear(self, reply: replies.Reply) -> bool:
        """Take a reply; True when it was one of those that tell a fact."""
        learn = _LEARN.get(type(reply))
        if learn is None:
            return False
        learn(self, reply)
        return True

    # --- what follows from it -------------------------------------------------------------------------------------

    @property
    def firmware(self) -> str | None:
        if self.version is None and self.build is None:
            return None
        return f"{'grblHAL' if self.hal else 'Grbl'} {self.build or self.version}"

    @property
    def longest(self) -> int:
        """Bytes of a line that the firmware takes."""
        return HAL_LINE if self.hal else LINE

    @property
    def homes(self) -> bool:
        """Homing is enabled. grblHAL keeps more in the other bits of ``$22``."""
        return bool(int(self.number(22) or 0) & 1)

    @property
    def inches(self) -> bool:
        return bool(self.number(13))

    @property
    def limit_pressed(self) -> bool:
        return any("Check Limits" in remark for remark in self.remarks)

    def number(self, setting: int) -> float | None:
        try:
            value = float(self.settings[setting])
        except (KeyError, ValueError):
            return None
        return value if isfinite(value) else None

    def axes(self, first: int) -> Point | None:
        """A setting of three axes, such as ``$130`` to ``$132``."""
        values = [self.number(first + axis) for axis in _AXES]
        return tuple(value for value in values if value is not None) if None not in values else None

    @property
    def top(self) -> Point:
        """The upper end of each axis in machine coordinates: 0, but where homing sets the origin at the lower end."""
        travel, inverted = self.axes(130), int(self.number(23) or 0)
        if travel is None or "Z" not in self.letters:
            return (0.0, 0.0, 0.0)
        return tuple(travel[axis] if inverted >> axis & 1 else 0.0 for axis in _AXES)

    def misfit(self, options: Options, envelope: tuple[float, float, float] | None) -> str | None:
        """Why this is not the machine that the configuration means, with the mend; None when it is."""
        checks = (self._too_old, self._laser_mode, self._full_power, self._homing)
        found = (check(options) for check in checks)
        return next((why for why in found if why), None) or self._reach(envelope)

    def _too_old(self, _: Options) -> str | None:
        digits = (self.version or "").rstrip("abcdefghijklmnopqrstuvwxyz").split(".")
        try:
            version = tuple(int(each) for each in digits)
        except ValueError:
            return None
        return None if version >= OLDEST else f"its firmware is Grbl {self.version}; 1.1 or later is needed: flash it"

    def _laser_mode(self, options: Options) -> str | None:
        wanted, told = options.tool == "laser", self.settings.get(32)
        if told is not None and _TRUTHS.get(told) is wanted:
            return None
        says = "does not tell its laser mode" if told is None else f"has $32={told}"
        return (
            f"it {says}, and a {options.tool} needs $32={int(wanted)} (laser mode {'on' if wanted else 'off'}): "
            f"send $32={int(wanted)} once from a terminal, or correct the option tool"
        )

    def _full_power(self, options: Options) -> str | None:
        most = self.number(30)
        if most == options.s_max:
            return None
        says = f"has $30={self.settings[30]}" if 30 in self.settings else "does not tell $30"
        return (
            f"it {says}, and the option s_max is {options.s_max:g}: every S word would be another power; "
            f"send $30={options.s_max:g} once from a terminal, or correct s_max"
        )

    def _homing(self, options: Options) -> str | None:
        if options.home == "before-each" and not self.homes:
            return "it cannot home ($22=0), and the option home is before-each: send $22=1, or correct the option"
        return None

    def _reach(self, envelope: tuple[float, float, float] | None) -> str | None:
        travel = self.axes(130)
        if envelope is None:
            return None
        if travel is None:
            return "it does not tell its travel ($130-$132), so its envelope cannot be compared"
        if all(wanted <= reach for wanted, reach in zip(envelope, travel, strict=True)):
            return None
        told, wanted = (" x ".join(f"{value:g}" for value in size) for size in (travel, envelope))
        return (
            f"its axes travel {told} mm ($130-$132), and the configuration gives it an envelope of {wanted} mm: "
            "write one that it can reach, or connect the machine that is meant"
        )

    def facts(self, position: Point | None) -> Facts:
        """For a technician. Speeds are told in mm/min ($110-$112)."""
        travel, speeds = self.axes(130), self.axes(110)
        told = {f"${number}": value for number, value in sorted(self.settings.items())}
        told |= {"options": self.letters, "receive buffer": str(self.buffer or LEAST)}
        if position is not None:
            told["position"] = " ".join(f"{value:.3f}" for value in position)
        return Facts(
            firmware=self.firmware,
            envelope=(travel[0], travel[1], travel[2]) if travel else None,
            speeds=tuple(value / 60 for value in speeds) if speeds else None,
            accelerations=self.axes(120),
            capabilities=told,
        )

    # --- learning -------------------------------------------------------------------------------------------------

    def _version(self, reply: replies.Version) -> None:
        self.build = reply.text

    def _build(self, reply: replies.Build) -> None:
        self.letters = reply.letters
        if reply.buffer in BUFFERS:
            self.buffer = reply.buffer

    def _setting(self, reply: replies.Setting) -> None:
        self.settings[reply.number] = reply.value

    def _message(self, reply: replies.Message) -> None:
        self.remarks = [*self.remarks, reply.text][-REMARKS:]


_LEARN: Mapping[type, Callable[[Known, Any], None]] = {
    replies.Version: Known._version,
    replies.Build: Known._build,
    replies.Setting: Known._setting,
    replies.Message: Known._message,
}
