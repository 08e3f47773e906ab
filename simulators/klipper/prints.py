"""The virtual SD card, the statistics of its print, pause, resume and cancel."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from pathlib import Path

from simulators.klipper.gcode import Command, Dispatch, Handler
from simulators.klipper.reactor import Reactor, Refused, Wait

EXTENSIONS = (".gcode", ".g", ".gco")


class Stats:
    """print_stats. Durations are of real time: ``wall`` in seconds."""

    def __init__(self, wall: Callable[[], float]) -> None:
        self._wall = wall
        self.reset()

    def reset(self) -> None:
        self.state, self.file, self.message = "standby", "", ""
        self._started: float | None = None
        self._paused: float | None = None
        self._pauses = self._total = 0.0

    def start(self) -> None:
        now = self._wall()
        if self._started is None:
            self._started = now
        elif self._paused is not None:
            self._pauses += now - self._paused
            self._paused = None
        self.state, self.message = "printing", ""

    def pause(self) -> None:
        if self._paused is None:
            self._paused = self._wall()
        if self.state != "error":
            self.state = "paused"

    def finish(self, state: str, message: str = "") -> None:
        if self._started is None:
            return
        self.state, self.message = state, message
        self._total = self._wall() - self._started
        self._started = None

    def status(self) -> dict[str, object]:
        total = self._total if self._started is None else self._wall() - self._started
        return {
            "filename": self.file,
            "total_duration": total,
            "print_duration": max(0.0, total - self._pauses),
            "filament_used": 0.0,
            "state": self.state,
            "message": self.message,
            "info": {"total_layer": None, "current_layer": None},
        }


class VirtualSD:
    """Reads a file line by line into the dispatch. ``error`` is run when a line was refused: on_error_gcode."""

    def __init__(self, folder: Path, reactor: Reactor, dispatch: Dispatch, stats: Stats, error: str) -> None:
        self.folder, self._reactor, self._dispatch, self.stats, self._error = folder, reactor, dispatch, stats, error
        self.is_paused = False
        self.begun: list[str] = []
        """Every file that was begun, in order: what a person at the printer would have seen."""
        self.reset()

    def reset(self) -> None:
        self.file: Path | None = None
        self._data = b""
        self.position = 0
        self.active = self._from_file = self._must_pause = False
        self._sd_paused = self._pause_sent = self.is_paused = False
        self._held = False
        """WAIT_FOR_BUTTON, a macro of this printer: the file is read on when its button was pressed."""

    def halt(self) -> None:
        """A shutdown: the worker ends, and calls it a pause."""
        if self.active:
            self.active = False
            self.stats.pause()

    def hold(self) -> None:
        self._held = self.active

    def release(self) -> bool:
        held, self._held = self._held, False
        return held

    @property
    def progress(self) -> float:
        return self.position / len(self._data) if self._data else 0.0

    # --- the card -------------------------------------------------------------------------------------------------

    def _load(self, name: str) -> None:
        name = name.removeprefix("/")
        found = {
            str(path.relative_to(self.folder)): path
            for path in sorted(self.folder.rglob("*"))
            if path.suffix in EXTENSIONS and path.is_file()
        }
        path = found.get(name) or {each.lower(): path for each, path in found.items()}.get(name.lower())
        try:
            if path is None:
                raise FileNotFoundError
            self._data = path.read_bytes()
        except OSError:
            raise Refused("Unable to open file") from None
        self._dispatch.raw(f"File opened:{name} Size:{len(self._data)}")
        self._dispatch.raw("File selected")
        self.file, self.position, self._held = path, 0, False
        self.stats.reset()
        self.stats.file = name

    def _reset_file(self) -> Generator[Wait]:
        if self.file is not None:
            yield from self._pause()
        self.file, self._data, self.position = None, b"", 0
        self.stats.reset()

    def _pause(self) -> Generator[Wait]:
        if self.active:
            self._must_pause = True
            yield Wait(lambda: not self.active or self._from_file)

    def _resume(self) -> None:
        if self.active:
            raise Refused("SD busy")
        if self.file is None:
            raise Refused("SD file not open")
        self._must_pause, self.active = False, True
        self._reactor.start(self._work())

    def _work(self) -> Generator[Wait]:
        yield Wait(lambda: True)  # the next turn of the reactor
        if self.stats.state == "standby":
            self.begun.append(self.stats.file)
        self.stats.start()
        error: str | None = None
        while not self._must_pause:
            if self.position >= len(self._data):
                self.file = None
                self._dispatch.raw("Done printing file")
                break
            if self._dispatch.busy or self._held:
                yield Wait(lambda: not (self._dispatch.busy or self._held) or self._must_pause)
                continue
            end = self._data.find(b"\n", self.position)
            following = len(self._data) if end < 0 else end + 1
            self._from_file = True
            try:
                yield from self._dispatch.script(self._data[self.position : following].decode("utf-8", "replace"))
            except Refused as refusal:
                error = str(refusal)
                yield from self._dispatch.script(self._error)
                break
            finally:
                self._from_file = False
            self.position = following
        self.active = False
        if error is not None:
            self.stats.finish("error", error)
        elif self.file is not None:
            self.stats.pause()
        else:
            self.stats.finish("complete")

    def print_file(self, command: Command) -> Generator[Wait]:
        """SDCARD_PRINT_FILE: what was loaded before is gone, whatever comes of it."""
        if self.active:
            raise Refused("SD busy")
        yield from self._reset_file()
        if "FILENAME" not in command.values:
            raise Refused(f"Error on '{command.line}': missing FILENAME")
        self._load(command.values["FILENAME"])
        self._resume()

    def select(self, command: Command) -> Generator[Wait]:
        if self.active:
            raise Refused("SD busy")
        yield from self._reset_file()
        self._load(command.line.partition(" ")[2].strip())

    def play(self, _: Command) -> None:
        self._resume()

    def stop(self, _: Command) -> Generator[Wait]:
        yield from self._pause()

    def reset_file(self, _: Command) -> Generator[Wait]:
        if self._from_file:
            raise Refused("SDCARD_RESET_FILE cannot be run from the sdcard")
        yield from self._reset_file()

    def tell(self, _: Command) -> None:
        said = "Not SD printing." if self.file is None else f"SD printing byte {self.position}/{len(self._data)}"
        self._dispatch.raw(said)

    # --- pause_resume ---------------------------------------------------------------------------------------------

    def pause(self, _: Command) -> Generator[Wait]:
        if self.is_paused:
            self._dispatch.info("Print already paused")
            return
        if not self._pause_sent:
            self._sd_paused, self._pause_sent = self.active, True
            if self.active:
                yield from self._pause()
            else:
                self._dispatch.info("action:paused")
        yield from self._dispatch.lines("SAVE_GCODE_STATE NAME=PAUSE_STATE")
        self.is_paused = True

    def resume(self, _: Command) -> Generator[Wait]:
        if not self.is_paused:
            self._dispatch.info("Print is not paused, resume aborted")
            return
        yield from self._dispatch.lines("RESTORE_GCODE_STATE NAME=PAUSE_STATE MOVE=1 MOVE_SPEED=50.0")
        if self._sd_paused:
            self._resume()
            self._sd_paused = False
        else:
            self._dispatch.info("action:resumed")
        self._pause_sent = self.is_paused = False

    def clear_pause(self, _: Command) -> None:
        self.is_paused = self._pause_sent = False

    def cancel(self, _: Command) -> Generator[Wait]:
        if self.active or self._sd_paused:
            if self.file is not None:
                yield from self._pause()
                self.file, self._data = None, b""
                self.stats.finish("cancelled")
            self.position = 0
        else:
            self._dispatch.info("action:cancel")
        self._sd_paused = False
        self.is_paused = self._pause_sent = False

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "M23": self.select,
            "M24": self.play,
            "M25": self.stop,
            "M27": self.tell,
            "SDCARD_PRINT_FILE": self.print_file,
            "SDCARD_RESET_FILE": self.reset_file,
            "PAUSE": self.pause,
            "RESUME": self.resume,
            "CLEAR_PAUSE": self.clear_pause,
            "CANCEL_PRINT": self.cancel,
        }
