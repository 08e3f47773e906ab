"""Ask a serial port what is behind it. Opening a port resets many boards, so nobody probes who was not told to."""

from __future__ import annotations

import select
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from drivers.contract import Clock, WireFault
from drivers.discovery.conversation import Conversation, Timing
from drivers.discovery.recognisers import RECOGNISERS, Found
from drivers.holders import holders
from drivers.wires import Wire, open_serial

BAUDS: tuple[int, ...] = tuple(dict.fromkeys(baud for each in RECOGNISERS for baud in each.bauds))
"""In the order in which they are tried; each is an opening of its own."""

MOST_AT_ONCE = 8

Opener = Callable[[str, int], Wire]


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe found, or ``why`` it found nothing."""

    found: Found | None = None
    why: str = ""


def probe(path: str, clock: Clock, timing: Timing | None = None, opener: Opener = open_serial) -> Probed:
    """Open the port at each baud rate until something answers; takes at most ``timing.longest`` for each.

    The port is opened exclusively and given back. One that another program has open is left alone. Never raises for
    the port.
    """
    timing = timing or Timing()
    if taken := holders(path):
        return Probed(why=f"{taken[0]} has it open: it was left alone")
    for baud in BAUDS:
        try:
            wire = opener(path, baud)
        except WireFault as fault:
            return Probed(why=str(fault))
        try:
            found = _talk(wire, Conversation(baud, timing), clock)
        except WireFault as fault:
            return Probed(why=str(fault))
        finally:
            wire.close()
        if found is not None:
            return Probed(found)
    rates = " and ".join(map(str, BAUDS))
    return Probed(why=f"nothing that we know answered at {rates} baud; is it switched on?")


def probe_all(paths: Sequence[str], clock: Clock, timing: Timing | None = None) -> list[Probed]:
    """All ports at the same time, in the order given."""
    if not paths:
        return []
    with ThreadPoolExecutor(min(len(paths), MOST_AT_ONCE), thread_name_prefix="probe") as pool:
        return list(pool.map(lambda path: probe(path, clock, timing), paths))


def _talk(wire: Wire, conversation: Conversation, clock: Clock) -> Found | None:
    poll = select.poll()
    poll.register(wire.fileno(), select.POLLIN)
    conversation.opened(clock.monotonic())
    while not conversation.over:
        ready = poll.poll(max(0.0, conversation.wake - clock.monotonic()) * 1000)
        if ready and (data := wire.read()) and (out := conversation.receive(data, clock.monotonic())):
            wire.write(out)
        if out := conversation.tick(clock.monotonic()):
            wire.write(out)
    return conversation.found
