"""The room around the printer: hands, and eyes on its output, over HTTP on 127.0.0.1. No part of IPP.

- ``GET /snapshot.png``   the page that was printed last, as a camera over the output would see it
- ``GET /pages/N.png``    the N-th printed page, from 1
- ``GET /record.json``    documents that came, pages that were printed, and names of jobs that were printed twice
- ``GET /state``          the printer in a few facts
- ``POST /fault``         ``{"spec": "..."}``, as ``--fault``
- ``POST /set``           ``{"NAME": "VALUE"}``, as the flags of the same names
- ``POST /load``          ``{"tray": "tray-1", "sheets": 250, "media": "..."}``: paper is put in
- ``POST /press``         somebody mends everything that stands in the way: jam, covers, toner, output, pause
- ``POST /clear``         somebody takes the printed paper away
- ``POST /power-cycle``   off and on: ``{"seconds": 1}``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from simulators.ipp.faults import parse
from simulators.ipp.media import tray as tray_of
from simulators.ipp.operations import NAMES
from simulators.ipp.printer import Printer
from simulators.ipp.sheets import Json, blank
from simulators.rooms import Answer, Query, Room, missing, told

PAGE = re.compile(r"/pages/(\d{1,9})\.png")
NOT_FOUND = missing(
    "GET /snapshot.png /pages/N.png /record.json /state, POST /fault /set /load /press /clear /power-cycle"
)


class Side:
    def __init__(self, printer: Printer, port: int) -> None:
        self._printer = printer
        gets: Mapping[str, Callable[[], Answer]] = {
            "/snapshot.png": self._snapshot,
            "/record.json": lambda: self._told(lambda: record(printer)),
            "/state": lambda: self._told(lambda: state(printer)),
        }
        posts: Mapping[str, Callable[[Json], Json]] = {
            "/fault": self._fault,
            "/set": self._set,
            "/load": self._load,
            "/press": lambda _: {"mended": printer.mend()},
            "/clear": lambda _: self._clear(),
            "/power-cycle": self._power_cycle,
        }

        def get(path: str, _: Query) -> Answer:
            page = PAGE.fullmatch(path)
            return _picture(printer, int(page[1])) if page is not None else gets.get(path, lambda: NOT_FOUND)()

        def post(path: str, body: Any) -> Answer:
            return _done(printer, posts[path], body) if path in posts else NOT_FOUND

        self._room = Room(port, get, post)
        self.port = self._room.port

    def close(self) -> None:
        self._room.close()

    def _told(self, tell: Callable[[], Json]) -> Answer:
        with self._printer.door:
            return told(tell())

    def _snapshot(self) -> Answer:
        output = self._printer.output
        with self._printer.door:
            last = output.pictures.get(output.tray[-1]) if output.tray else None
        return 200, "image/png", last or blank()

    def _fault(self, body: Json) -> Json:
        spec = body.get("spec")
        if not isinstance(spec, str):
            raise ValueError('the body is {"spec": "KIND[@WHEN][:ARGUMENT]"}')  # noqa: TRY004  the asker's fault
        self._printer.arm(parse(spec, NAMES))
        return {"armed": spec}

    def _set(self, body: Json) -> Json:
        for name, value in body.items():
            self._printer.settings.put(name, str(value))
        self._printer.door.notify_all()
        return self._printer.settings.all()

    def _load(self, body: Json) -> Json:
        media = body.get("media")
        if media is not None:
            tray_of(1, str(media))
        sheets = body.get("sheets", 250)
        if not isinstance(sheets, int) or not 0 <= sheets <= 10**6:
            raise ValueError(f"{sheets!r} is no number of sheets")
        loaded = self._printer.load(str(body.get("tray", "tray-1")), sheets, media)
        return {"tray": loaded.name, "media": loaded.media, "sheets": loaded.sheets}

    def _clear(self) -> Json:
        printer = self._printer
        printer.unload()
        return {"taken": printer.output.clear()}

    def _power_cycle(self, body: Json) -> Json:
        self._printer.arm(parse(f"power-cut:{float(body.get('seconds', 1)):g}", NAMES))
        return state(self._printer)


def _done(printer: Printer, do: Callable[[Json], Json], body: Any) -> Answer:
    if not isinstance(body, dict | None):
        raise ValueError("the body is an object")  # noqa: TRY004  the asker's fault
    with printer.door:
        return told(do(body or {}))


def _picture(printer: Printer, number: int) -> Answer:
    with printer.door:
        data = printer.output.pictures.get(number)
    return (200, "image/png", data) if data is not None else (404, "text/plain", b"this page is not kept\n")


def state(printer: Printer) -> Json:
    return {
        "now": round(printer.now, 3),
        "state": {3: "idle", 4: "processing", 5: "stopped"}[printer.state],
        "reasons": printer.reasons,
        "idle": printer.state == 3 and not printer.unfinished,
        "accepting": printer.accepting,
        "trays": [{"name": tray.name, "media": tray.media, "sheets": tray.sheets} for tray in printer.trays],
        "jobs": [
            {"id": job.number, "name": job.name, "state": job.state.name.lower(), "reasons": job.reasons}
            for job in printer.jobs.values()
        ],
        "printed": len(printer.output.pages),
        "spoilt": printer.spoilt,
        "output": list(printer.output.tray),
        "identified": list(printer.identified),
        "requests": printer.requests[-200:],
        "settings": printer.settings.all(),
    }


def record(printer: Printer) -> Json:
    """Everything since the start, also before a power cut. ``twice``: names of which paper came out of several jobs."""
    documents = list(printer.output.documents.values())
    jobs: dict[str, set[str]] = {}
    for page in printer.output.pages:
        jobs.setdefault(page["name"], set()).add(page["uuid"])
    twice = sorted(name for name, found in jobs.items() if len(found) > 1)
    return {"documents": documents, "pages": printer.output.pages, "twice": twice}
