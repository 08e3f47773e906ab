"""How the printer is built and which of the ways that printers differ in it follows: flags, and the side channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    default: str
    read: Callable[[str], str | float]
    text: str


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a number") from None
        if not low <= number <= high:
            raise ValueError(f"{text} is not between {low:g} and {high:g}")
        return number

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"{text!r} is none of {', '.join(words)}")
        return text

    return read


SETTINGS: Mapping[str, Setting] = {
    "page": Setting("3", _number(0, 3600), "seconds that an impression takes; --speed divides them"),
    "forget": Setting("60", _number(0, 1e6), "seconds after which a finished job is forgotten"),
    "time-out": Setting("60", _number(0.1, 1e6), "seconds that an open job may wait for its document"),
    "time-out-action": Setting(
        "abort-job",
        _one_of("abort-job", "hold-job", "process-job"),
        "what becomes of it: abort-job, hold-job, process-job",
    ),
    "queue": Setting(
        "8", _number(1, 1000), "unfinished jobs that it holds; one more is refused as busy (1: one at a time)"
    ),
    "incoming": Setting(
        "pending", _one_of("pending", "pending-held"), "the state of a job that waits for its document"
    ),
    "cancel": Setting("0.3", _number(0, 3600), "seconds, at least, from Cancel-Job of a printing job to its end"),
    "cut": Setting(
        "print",
        _one_of("print", "abort", "garbage"),
        "a document that was cut: print it as far as it goes, abort, or print a page of garbage if it is unreadable",
    ),
    "suffix": Setting(
        "usual",
        _one_of("usual", "none", "error", "warning", "report"),
        "of its reasons: by their severity, none, or always one",
    ),
    "ids": Setting("go-on", _one_of("go-on", "restart"), "job-ids after a power cut"),
    "mismatch": Setting(
        "need",
        _one_of("need", "scale", "refuse"),
        "paper that is in no tray: media-needed, scaled to another, or refused",
    ),
    "count": Setting(
        "impressions",
        _one_of("impressions", "once", "sheets", "none"),
        "job-impressions-completed counts impressions, those of one copy, sheets, or is not there",
    ),
    "answers": Setting(
        "length",
        _one_of("length", "chunked", "close"),
        "answers with their length, chunked, or by HTTP/1.0 up to the end",
    ),
    "expect": Setting(
        "asked", _one_of("asked", "always", "never", "refuse"), "100 Continue when asked, always, never, or 417 instead"
    ),
    "auth": Setting("none", _one_of("none", "basic", "digest"), "what it asks of whoever prints: --user, --password"),
    "latency": Setting("0", _number(0, 600), "seconds before each answer"),
    "output": Setting("500", _number(1, 1e6), "sheets that the output takes before it is full"),
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
