"""The thread that prints: it opens documents and draws impressions, one after another."""

from __future__ import annotations

import hashlib
import logging
import threading

from PIL import ImageOps

from simulators.ipp.documents import Garbage, Pages, Unreadable, opened
from simulators.ipp.media import same
from simulators.ipp.printer import Impression, Opening, Printer
from simulators.ipp.sheets import Json, imprint

log = logging.getLogger(__name__)


class Engine:
    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._pages: Pages | None = None
        self._over = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with self._printer.door:
            self._over = True
            self._printer.door.notify_all()
        self._thread.join(10)

    def _run(self) -> None:
        printer = self._printer
        while True:
            with printer.door:
                if self._over:
                    break
                work = printer.turn()
                self._told()
                if work is None:
                    printer.door.wait(printer.wait())
                    continue
            try:
                self._open(work) if isinstance(work, Opening) else self._print(work)
            except Exception:
                log.exception("job %d cannot be printed", work.job.number)
                with printer.door:
                    printer.broken(work)
        self._close()

    def _told(self) -> None:
        """What became of the documents."""
        for job in self._printer.jobs.values():
            told = self._printer.output.documents.get(job.uuid)
            if told is not None:
                told |= {"state": job.state.name.lower(), "reasons": list(job.reasons), "impressions": job.impressions}
                told |= {"sheets": job.sheets, "pages": job.pages}

    def _close(self) -> None:
        if self._pages is not None:
            self._pages.close()
        self._pages = None

    def _open(self, opening: Opening) -> None:
        self._close()
        job, printer = opening.job, self._printer
        try:
            self._pages = opened(bytes(job.data), job.kind)
        except Unreadable as error:
            if not (job.cut and printer.settings.text("cut") == "garbage"):
                with printer.door:
                    printer.unreadable(opening, error.reason)
                return
            self._pages = Garbage(bytes(job.data))
        with printer.door:
            printer.opened(opening, self._pages.count)

    def _print(self, impression: Impression) -> None:
        job, printer = impression.job, self._printer
        ticket, tray = job.ticket, impression.tray
        if self._pages is None:
            return
        mismatch = not same(tray.size, ticket.size)
        try:
            page = self._pages.draw(impression.page, printer.build.dpi)
        except Unreadable as error:
            with printer.door:
                printer.unprintable(impression, error.reason)
            return
        if ticket.colour == "monochrome" or not printer.build.colour:
            page = ImageOps.grayscale(page)
        scaling = "fit" if mismatch else ticket.scaling
        picture, place = imprint(page, tray.media, tray.size, scaling, ticket.orientation, printer.build.dpi)
        facts: Json = {
            "job": job.number,
            "uuid": job.uuid,
            "name": job.name,
            "user": job.user,
            "sha256": hashlib.sha256(job.data).hexdigest(),
            "page": impression.page + 1,
            "copy": impression.copy + 1,
            "sheet": impression.sheet,
            "side": "back" if impression.side else "front",
            "tray": tray.name,
            "media": tray.media,
            "scale": round(place.scale, 4),
            "turned": place.turned,
            "at": round(printer.now, 3),
        }
        with printer.door:
            if printer.printed(impression):
                printer.output.add(picture, facts)
