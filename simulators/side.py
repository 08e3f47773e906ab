"""The room around the machine: a camera and hands, over HTTP on 127.0.0.1. No part of the firmware's protocol.

- ``GET /snapshot.png[?region=x0,y0,x1,y1][&px-per-mm=10][&flat=1][&under=1]``  the bed as a camera sees it now
- ``GET /record.json``   what was made so far: closed pieces in brief, the open one in full
- ``GET /state``         the machine in a few facts
- ``POST /clear``        a person takes the piece off: it is closed and written, the bed is empty
- ``POST /fault``        ``{"spec": "..."}``, as ``--fault``
- ``POST /press``        the button at the machine
- ``POST /power-cycle``
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulators.record import Json, portrait
from simulators.rooms import Answer, Query, Room, missing, picture, told
from simulators.serve import Service


@dataclass(frozen=True, slots=True)
class Hands:
    """What the room can do to a machine. Each runs in the machine's thread; ValueError is the asker's fault."""

    state: Callable[[], Json]
    record: Callable[[], Callable[[], Json]]
    """Takes a snapshot in the machine's thread, and returns what turns it into JSON in any other."""
    clear: Callable[[], Json]
    fault: Callable[[str], Json]
    press: Callable[[], Json]
    power_cycle: Callable[[], Json]


class Side:
    def __init__(self, service: Service, hands: Hands, port: int) -> None:
        self._service = service
        self._hands = hands
        gets: Mapping[str, Callable[[Query], Answer]] = {
            "/snapshot.png": self._snapshot,
            "/record.json": lambda _: told(self._service.call(self._hands.record)()),
            "/state": lambda _: told(self._service.call(self._hands.state)),
        }
        posts: Mapping[str, Callable[[Any], Answer]] = {
            "/clear": lambda _: told(self._service.call(self._hands.clear)),
            "/fault": self._fault,
            "/press": lambda _: told(self._service.call(self._hands.press)),
            "/power-cycle": lambda _: told(self._service.call(self._hands.power_cycle)),
        }

        self._room = Room(
            port,
            lambda path, query: gets[path](query) if path in gets else NOT_FOUND,
            lambda path, body: posts[path](body) if path in posts else NOT_FOUND,
        )
        self.port = self._room.port

    def close(self) -> None:
        self._room.close()

    def _snapshot(self, query: Query) -> Answer:
        studio = self._service.studio
        region, density = studio.region, studio.density
        if "region" in query:
            numbers = [float(number) for number in query["region"][0].split(",")]
            if len(numbers) != 4:
                raise ValueError("region is x0,y0,x1,y1 in mm")
            region = (numbers[0], numbers[1], numbers[2], numbers[3])
        if "px-per-mm" in query:
            density = float(query["px-per-mm"][0])
        look = replace(studio.look, flat=query["flat"][0] == "1") if "flat" in query else studio.look
        if "under" in query:
            look = replace(look, under=query["under"][0] == "1")
        recorder = self._service.recorder
        piece, now = self._service.call(lambda: (recorder.piece.copy(), self._service.pace.now))
        data = io.BytesIO()
        portrait(piece, recorder.tool, now, look, region, density).save(data, format="PNG")
        return picture(data.getvalue())

    def _fault(self, body: Any) -> Answer:
        spec = body.get("spec") if isinstance(body, dict) else None
        if not isinstance(spec, str):
            raise ValueError(  # noqa: TRY004  the asker's fault, like any other bad request
                'the body is {"spec": "KIND[@WHEN][:ARGUMENT]"}'
            )
        return told(self._service.call(lambda: self._hands.fault(spec)))


NOT_FOUND = missing("GET /snapshot.png /record.json /state, POST /clear /fault /press /power-cycle")
