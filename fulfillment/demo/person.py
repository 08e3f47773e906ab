"""The person in the demo: takes pieces off beds, says so, and packs. Through the API, as any person's page does."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from fulfillment.demo.factory import DemoFactory
from fulfillment.twin import Room

WHO = {"X-Ful-Who": "demo operator"}
JOINED = 8
"""Looks at a jig that nobody joined meanwhile, after which it is begun as it is."""
PATIENCE = 45.0
"""Seconds that a camera has for its picture of what lies on a bed."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the simulators saw for themselves."""

    pieces: int = 0
    """Whole ones."""
    collisions: int = 0
    """Pieces that were begun on an occupied bed."""
    printed: Mapping[str, int] = field(default_factory=dict)
    """How often each document was printed, by the name of its attempt."""


class Person:
    """Does what the factory asks a person for, one round at a time. What it did is told in sentences."""

    def __init__(self, factory: DemoFactory) -> None:
        self._web = httpx.Client(base_url=factory.web, headers=WHO, timeout=30)
        self._rooms = {name: Room(url) for name, url in factory.rooms.items()}
        self._epochs: dict[str, int] = {}
        self._asked: dict[str, float] = {}
        """Since when each bed asks to be cleared."""
        self._gathering: dict[tuple[str, str, int], int] = {}
        """Who waits for a jig, and how often that was seen."""

    @property
    def idle(self) -> bool:
        """Nothing is left that a person on the floor can do; what is held is for somebody in the office."""
        return all(call["kind"] == "held" for call in self.get("/v1/attention"))

    def get(self, path: str) -> Any:
        answer = self._web.get(path)
        answer.raise_for_status()
        return answer.json()

    def round(self) -> list[str]:
        """Clear the beds whose piece was pictured, do what is done by hand. Held units are left to a real person."""
        calls = self.get("/v1/attention")
        done = [self._clear(name) for name in self._to_clear(calls)]
        done += [self._by_hand(call) for call in calls if call["kind"] == "by-hand"]
        return done + self._jigs()

    def _jigs(self) -> list[str]:
        """Begin jigs that nobody joins any more: here nobody waits a quarter of an hour for company."""
        waiting = {(c["product"], c["operation"], c["waiting"]): c for c in self.get("/v1/batches")}
        self._gathering = {key: self._gathering.get(key, 0) + 1 for key in waiting}
        ready = [key for key, looks in self._gathering.items() if looks >= JOINED]
        for product, operation, _ in ready:
            self._post("/v1/batches", {"product": product, "operation": operation})
        return [f"{product}: a jig of {count} is begun" for product, _, count in ready]

    def _to_clear(self, calls: list[dict[str, str]]) -> list[str]:
        """Beds that ask for it, once the camera has pictured what lies there: it is slower than the demo's hands.

        A picture that does not come within PATIENCE is not waited for: the demo then ends by saying that it is missing.
        """
        machines = {machine["name"]: machine for machine in self.get("/v1/machines")}
        asked, now = [call["subject"] for call in calls if call["kind"] == "bed"], time.monotonic()
        self._asked = {name: self._asked.get(name, now) for name in asked}
        pictured = {name for name in asked if all(attempt["evidence"] for attempt in machines[name]["on_bed"])}
        return [name for name in asked if name in pictured or now - self._asked[name] > PATIENCE]

    def _clear(self, machine: str) -> str:
        self._rooms[machine].take_piece()
        self._post(f"/v1/machines/{machine}/bed/clear", {"how": "took the piece off"})
        return f"{machine}: bed cleared"

    def _by_hand(self, call: dict[str, str]) -> str:
        """What a call asks for; the note that goes along is scanned."""
        unit, operation, note = call["subject"], call["target"], call["note"]
        self._post(f"/v1/units/{unit}/operations/{operation}/done", {"note": note} if note else None)
        with_note = f" with its note {note}" if note else ""
        return f"{unit}: packed{with_note}" if operation == "pack" else f"{unit}: {operation} done"

    def _post(self, path: str, body: dict[str, str] | None) -> None:
        self._web.post(path, json=body).raise_for_status()

    def follow(self) -> None:
        """Be the hands of whoever says on the dashboard that a bed is clear: the simulated piece is taken off too."""
        for machine in self.get("/v1/machines"):
            name, bed = machine["name"], machine["bed"]
            if name in self._rooms and bed:
                if self._epochs.get(name, bed["epoch"]) != bed["epoch"]:
                    self._rooms[name].take_piece()
                self._epochs[name] = bed["epoch"]

    def witnessed(self) -> Witnessed:
        """What the simulators saw for themselves."""
        records = [room.record() for room in self._rooms.values()]
        beds = [record for record in records if "piece" in record]
        pieces = [piece for record in beds for piece in [*record["pieces"], record["piece"]]]
        whole = sum(piece["outcome"]["deposited"] and piece["outcome"]["good"] for piece in pieces)
        documents = [one for record in records for one in record.get("documents", ())]
        printed = Counter(one["name"] for one in documents if one["impressions"])
        return Witnessed(whole, sum(len(record["collisions"]) for record in beds), printed)

    def close(self) -> None:
        self._web.close()
