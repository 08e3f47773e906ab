"""``python -m simulators zpl``: a label printer on a TCP port of 127.0.0.1, one host at a time, and its room.

The room (``--side``): ``GET /state``, ``GET /record.json``, ``GET /labels/N.png``, ``GET /snapshot.png`` (the newest
label); ``POST /fault`` ``{"spec": "..."}``, ``/mend``, ``/press``, ``/cancel``, ``/power-cycle``, ``/clear`` (labels
are taken away).
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import ImageChops

from simulators.rooms import Answer, Query, Room, missing, picture, told
from simulators.zpl.faults import KINDS, Fault, parse
from simulators.zpl.firmware import Build, Firmware, Label

TURN = 0.01
"""Real seconds between two looks at the head."""
CHUNK = 16384


class Printer:
    """The firmware with its wire. Everything that touches the firmware holds ``door``."""

    def __init__(self, firmware: Firmware, port: int, record: Path | None = None) -> None:
        self.firmware, self._record = firmware, record
        self.door = threading.RLock()
        self._host: socket.socket | None = None
        self._written = 0
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(TURN)
        self.port = int(self._listener.getsockname()[1])
        self._threads = [
            threading.Thread(target=run, name=name, daemon=True)
            for name, run in (("head", self._move), ("front", self._accept))
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _move(self) -> None:
        while not self._over.wait(TURN):
            with self.door:
                self.firmware.advance(time.monotonic())
                self.flush()
            self._keep()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                host, _ = self._listener.accept()
            except TimeoutError:
                continue
            with self.door:
                free = self._host is None and time.monotonic() >= self.firmware.away_until
                if free:
                    self._host = host
            if not free:
                host.close()  # one connection at a time
                continue
            threading.Thread(target=self._serve, args=(host,), name="host", daemon=True).start()

    def _serve(self, host: socket.socket) -> None:
        host.settimeout(TURN)
        host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not self._over.is_set():
            with self.door:
                gone, full = self.firmware.hang_up, self.firmware.full
            if gone:
                break
            if full:
                time.sleep(TURN)
                continue
            try:
                data = host.recv(CHUNK)
            except TimeoutError:
                continue
            except OSError:
                break
            if not data:
                break
            with self.door:
                self.firmware.advance(time.monotonic())
                self.firmware.receive(data)
                self.flush()
        with self.door:
            self._host = None
            self.firmware.disconnected()
        host.close()

    def flush(self) -> None:
        if self._host is None or not self.firmware.out:
            return
        data = bytes(self.firmware.out)
        self.firmware.out.clear()
        try:
            self._host.sendall(data)
        except OSError:
            self.firmware.hang_up = True

    def _keep(self) -> None:
        """Labels as files, one by one."""
        if self._record is None:
            return
        with self.door:
            fresh = self.firmware.labels[self._written :]
            self._written += len(fresh)
        for label in fresh:
            self._record.mkdir(parents=True, exist_ok=True)
            part = self._record / f".label-{label.number:04d}.png"
            part.write_bytes(png(label))
            part.rename(self._record / f"label-{label.number:04d}.png")


def png(label: Label) -> bytes:
    """The label as it looks: black on white."""
    out = io.BytesIO()
    ImageChops.invert(label.image.convert("L")).convert("1").save(out, format="PNG", dpi=(203, 203))
    return out.getvalue()


def state(firmware: Firmware) -> dict[str, Any]:
    return {
        "idle": firmware.idle,
        "states": sorted(firmware.states),
        "formats": firmware.waiting,
        "remaining": firmware.remaining,
        "partial": firmware.partial,
        "received": firmware.formats,
        "printed": len(firmware.labels),
        "odometer": firmware.odometer,
        "asked": dict(firmware.asked),
        "boots": firmware.boots,
    }


def record(firmware: Firmware) -> dict[str, Any]:
    """``twice``: pictures that came out more than once, by their digests."""
    whole = [label.digest for label in firmware.labels if label.whole]
    return {
        "labels": [
            {"number": one.number, "picture": one.digest, "whole": one.whole, "notes": one.notes}
            for one in firmware.labels
        ],
        "twice": sorted({digest for digest in whole if whole.count(digest) > 1}),
        **state(firmware),
    }


class Side:
    """Hands and a camera, over HTTP on 127.0.0.1."""

    def __init__(self, printer: Printer, port: int) -> None:
        self._printer = printer
        firmware = printer.firmware

        def done(verb: Callable[[], object]) -> Callable[[Any], dict[str, Any]]:
            return lambda _body: {"told": verb(), **state(firmware)}

        self._posts: Mapping[str, Callable[[Any], dict[str, Any]]] = {
            "/fault": self._fault,
            "/mend": done(firmware.mend),
            "/press": done(firmware.press),
            "/cancel": done(firmware.cancel),
            "/power-cycle": done(firmware.power_cycle),
            "/clear": done(firmware.labels.clear),
        }
        self._room = Room(port, self._get, self._post)
        self.port = self._room.port

    def close(self) -> None:
        self._room.close()

    def _get(self, path: str, _: Query) -> Answer:
        firmware = self._printer.firmware
        with self._printer.door:
            firmware.advance(time.monotonic())
            if path == "/state":
                return told(state(firmware))
            if path == "/record.json":
                return told(record(firmware))
            name = path.removeprefix("/labels/").removesuffix(".png")
            number = len(firmware.labels) if path == "/snapshot.png" else int(name) if name.isdigit() else 0
            if 0 < number <= len(firmware.labels):
                return picture(png(firmware.labels[number - 1]))
        return missing("GET /state /record.json /snapshot.png /labels/N.png")

    def _post(self, path: str, body: Any) -> Answer:
        if path not in self._posts:
            return missing(f"POST {' '.join(self._posts)}")
        with self._printer.door:
            self._printer.firmware.advance(time.monotonic())
            done = self._posts[path](body)
            self._printer.flush()
        return told(done)

    def _fault(self, body: Any) -> dict[str, Any]:
        spec = body.get("spec") if isinstance(body, dict) else None
        self._printer.firmware.arm(parse(str(spec or "")))
        return {"armed": spec}


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    size = options.media
    build = Build(
        dpi=options.dpi,
        width=size[0],
        length=size[1],
        label_time=float("inf") if options.wait else options.label_time / options.speed,
        buffer=options.buffer,
        counts=not options.no_count,
        quiet_errors=options.quiet_errors,
        on_cut=options.on_cut,
        model=f"ZTC SIM420-{options.dpi}dpi ZPL",
    )
    firmware = Firmware(build)
    firmware.advance(time.monotonic())
    for fault in options.fault:
        firmware.arm(fault)
    printer = Printer(firmware, options.port, options.record)
    room = Side(printer, options.side) if options.side is not None else None
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    words = [f"ready tcp:127.0.0.1:{printer.port}"]
    words += [f"side=http://127.0.0.1:{room.port}"] if room is not None else []
    print(*words, flush=True)
    parent = os.getppid()
    while not over.wait(0.5):
        if options.die_with_parent and os.getppid() != parent:
            break
    if room is not None:
        room.close()
    printer.close()
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    made = argparse.ArgumentParser(prog="python -m simulators zpl", description="A simulated ZPL label printer.")
    made.add_argument("--port", type=int, required=True, help="serve on this port of 127.0.0.1 (0: choose)")
    made.add_argument("--side", type=int, metavar="PORT", help="serve the side channel on this port (0: choose)")
    made.add_argument("--record", type=Path, metavar="DIR", help="write each label as PNG into this folder")
    made.add_argument("--dpi", type=int, choices=(203, 300, 600), default=203)
    made.add_argument("--media", type=_size, default=(4.0, 6.0), metavar="WxL", help="the labels, inches")
    made.add_argument("--label-time", type=float, default=0.2, help="s for a label")
    made.add_argument("--speed", type=_speed, default=1.0, help="a factor, or max (default 1)")
    made.add_argument("--wait", action="store_true", help="a label comes out when the button is pressed")
    made.add_argument("--buffer", type=int, default=4 * 1024 * 1024, help="bytes of the receive buffer")
    made.add_argument("--no-count", action="store_true", help="no odometer.total_label_count (before Link-OS)")
    made.add_argument("--quiet-errors", action="store_true", help="~HS unanswered while out of paper, as in the guide")
    made.add_argument("--on-cut", choices=("keep", "drop", "print"), default="keep", help="what half a format becomes")
    kinds = "; ".join(f"{name}: {text}" for name, text in KINDS.items())
    made.add_argument("--fault", type=_fault, action="append", default=[], metavar="KIND[@WHEN][:S]", help=kinds)
    made.add_argument("--die-with-parent", action="store_true")
    return made.parse_args(arguments)


def _size(text: str) -> tuple[float, float]:
    try:
        width, length = (float(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"labels are WxL inches, not {text!r}") from None
    if not (0.2 <= width <= 9 and 0.2 <= length <= 39):
        raise argparse.ArgumentTypeError(f"no printer takes labels of {text} inches")
    return width, length


def _speed(text: str) -> float:
    return 1e9 if text == "max" else float(text)


def _fault(text: str) -> Fault:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
