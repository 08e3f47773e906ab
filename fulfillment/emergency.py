"""Emergency stop, for API and command line: past every queue on this host, by the record where that is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fulfillment.shop import Shop
from jobs import emergency, floor
from jobs.store import NotFound


@dataclass(frozen=True)
class Stopped:
    """``seconds``: until the driver was done; None: it is asked through the record, and nobody has answered yet."""

    machine: str
    said: str
    seconds: float | None = None


def stop(shop: Shop, machines: Sequence[str] | None, who: str) -> Iterator[Stopped]:
    """Stop these machines, or all; yields what became of each. Raises NotFound, before any, for a name not here."""
    here = [machine.name for machine in shop.factory.config.machines]
    for name in machines or ():
        if name not in here:
            raise NotFound(f"no machine is called {name!r}: there are {', '.join(here)}")
    return _stop(shop, here if machines is None else list(dict.fromkeys(machines)), who)


def _stop(shop: Shop, wanted: list[str], who: str) -> Iterator[Stopped]:
    left = list(wanted)
    why = "its agent did not answer"
    try:
        for answer in emergency.stop_now(shop.factory.config.state / emergency.SOCKET, wanted, who):
            left.remove(answer.machine)
            yield Stopped(answer.machine, answer.said, answer.seconds)
    except (OSError, ValueError):
        why = "no agent of this host answers"
    for name in left:
        try:
            floor.ask(shop.store, name, "stop", None, who)
            said = f"{why}: asked through the record, which is slower. Cut its power if there is danger"
        except NotFound:
            said = "no agent has ever run it: there is nobody who could stop it. Cut its power if there is danger"
        yield Stopped(name, said)
