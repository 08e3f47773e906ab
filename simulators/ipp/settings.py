"""How the printer is built and which of the ways that printers differ in it follows: flags, and the side channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    default: str
    read: Callable[[str], str | float]
    text: str
    words: tuple[str, ...] = ()
    """What it may be, where it is no number."""


def _number(default: float, low: float, high: float, text: str) -> Setting:
    def read(said: str) -> float:
        try:
            number = float(said)
        except ValueError:
            raise ValueError(f"{said!r} is not a number") from None
        if not low <= number <= high:
            raise ValueError(f"{said} is not between {low:g} and {high:g}")
        return number

    return Setting(f"{default:g}", read, text)


def _choice(*words: str, text: str) -> Setting:
    """The first one is the default."""

    def read(said: str) -> str:
        if said not in words:
            raise ValueError(f"{said!r} is none of {', '.join(words)}")
        return said

    return Setting(words[0], read, text, words)


SETTINGS: Mapping[str, Setting] = {
    "page": _number(3, 0, 3600, "seconds that an impression takes; --speed divides them"),
    "forget": _number(60, 0, 1e6, "seconds after which a finished job is forgotten"),
    "time-out": _number(60, 0.1, 1e6, "seconds that an open job may wait for its document"),
    "time-out-action": _choice("abort-job", "hold-job", "process-job", text="what becomes of it then"),
    "queue": _number(8, 1, 1000, "unfinished jobs that it holds; one more is refused as busy (1: one at a time)"),
    "incoming": _choice("pending", "pending-held", text="the state of a job that waits for its document"),
    "cancel": _number(0.3, 0, 3600, "seconds, at least, from Cancel-Job of a printing job to its end"),
    "cut": _choice(
        *("print", "abort", "garbage"),
        text="a document that was cut is printed as far as it goes, or given up, or a page of garbage if unreadable",
    ),
    "suffix": _choice(
        *("usual", "none", "error", "warning", "report"), text="of its reasons: by their severity, none, or always one"
    ),
    "ids": _choice("go-on", "restart", text="job-ids after a power cut"),
    "mismatch": _choice(
        *("need", "scale", "refuse"), text="paper that is in no tray: media-needed, scaled to another, or refused"
    ),
    "count": _choice(
        *("impressions", "once", "sheets", "none"),
        text="job-impressions-completed counts impressions, those of one copy, sheets, or is not there",
    ),
    "answers": _choice(
        *("length", "chunked", "close"), text="answers with their length, chunked, or by HTTP/1.0 up to the end"
    ),
    "expect": _choice(
        *("asked", "always", "never", "refuse"), text="100 Continue when asked, always, never, or 417 instead"
    ),
    "auth": _choice("none", "basic", "digest", text="what it asks of whoever prints: --user, --password"),
    "latency": _number(0, 0, 600, "seconds before each answer"),
    "output": _number(500, 1, 1e6, "sheets that the output takes before it is full"),
}


class Settings:
    """Read by name; ``text`` and ``number`` say which kind is meant."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self._values = {name: setting.read(setting.default) for name, setting in SETTINGS.items()}
        for name, text in (given or {}).items():
            self.put(name, text)

    def put(self, name: str, text: str) -> None:
        """Raises ValueError that names what is wrong."""
        if name not in SETTINGS:
            raise ValueError(f"setting {name!r} is not known: {', '.join(SETTINGS)}")
        try:
            self._values[name] = SETTINGS[name].read(text)
        except ValueError as error:
            raise ValueError(f"setting {name}: {error}") from None

    def text(self, name: str) -> str:
        return str(self._values[name])

    def number(self, name: str) -> float:
        return float(self._values[name])

    def all(self) -> dict[str, str | float]:
        return dict(self._values)
