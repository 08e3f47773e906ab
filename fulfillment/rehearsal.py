"""One artifact on a machine's simulator, through the driver that drives the real one: what would become of it."""

from __future__ import annotations

import hashlib
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from drivers.contract import Doubted, DriverError, Failed, Machine, Made, Payload, Progressed, Start
from drivers.registry import build
from fulfillment.catalog import Product
from fulfillment.config import Machine as MachineConfig
from fulfillment.config import Material
from fulfillment.daemon import RealClock, settings_of
from fulfillment.machines import GCODE
from fulfillment.twin import SERVED, Room, Twin, moved

ATTEMPT = "simulated-a1"
SILENCE = 600.0
"""Real seconds without any event after which it is given up; measuring a piece takes minutes of them at speed 1."""
PATIENCE = 15.0
"""Real seconds until its machine must be up."""
MARGIN = 4.0
"""mm of bed around the piece in a picture of it."""
MOST_PIXELS = 1000
NO_TICKET: Mapping[str, float | str] = MappingProxyType({})


class Rehearsal:
    """A simulator of one machine with a driver that may be told to run artifacts on it."""

    def __init__(self, machine: MachineConfig, place: str, room: Room) -> None:
        self.room = room
        self._machine = machine.model_copy(update={"address": place})

    def run(
        self,
        artifact: Path,
        media_type: str = GCODE,
        told: Callable[[float], None] = lambda _: None,
        ticket: Mapping[str, float | str] = NO_TICKET,
    ) -> str | None:
        """Drive the artifact to its end, which may take long. Why it failed, or None; ``told`` hears its progress."""
        data = artifact.read_bytes()
        payload = Payload(artifact.absolute(), hashlib.sha256(data).hexdigest(), len(data), media_type, ticket)
        try:
            with build(self._machine.driver, settings_of(self._machine), RealClock()) as driver:
                _connect(driver)
                driver.transfer(ATTEMPT, payload)
                answer = driver.start(ATTEMPT)
                if answer.start is not Start.STARTED:
                    return f"it did not start: {answer.why}"
                return _end(driver, told)
        except DriverError as error:
            return str(error)


def _connect(driver: Machine) -> None:
    """A server may answer before its firmware runs."""
    clock = RealClock()
    until = clock.monotonic() + PATIENCE
    while True:
        try:
            driver.connect()
            return
        except DriverError:
            if clock.monotonic() >= until:
                raise
            clock.sleep(0.5)


def _end(driver: Machine, told: Callable[[float], None]) -> str | None:
    while (event := driver.next_event(SILENCE)) is not None:
        match event:
            case Progressed(fraction=fraction):
                told(fraction)
            case Made():
                told(1.0)
                return None
            case Failed(why=why) | Doubted(why=why):
                return why
    return f"nothing was heard of it for {SILENCE:g} s"


@contextmanager
def rehearsal(machine: MachineConfig, extra: Sequence[str]) -> Iterator[Rehearsal]:
    """The machine's simulator while the block runs, at a place of its own. Raises NoSimulator."""
    with tempfile.TemporaryDirectory(prefix="ful-") as folder:
        place = moved(machine.address, _free()) if SERVED.match(machine.address) else str(Path(folder) / "tty")
        with Twin(machine, place, "--side", "0", *extra) as twin:
            yield Rehearsal(machine, place, twin.room)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def blank(
    product: Product,
    machine: MachineConfig,
    material: Material | None = None,
    colour: str | None = None,
    lying: Path | None = None,
) -> list[str]:
    """Words for the machine's simulator: this product's piece lies in its jig, one in every pocket. ``material``: what
    marks it; ``lying``: the piece as the machine before left it, a picture taken by :func:`view`. What a printer makes
    itself has no blank: its bed is bare."""
    piece = product.piece
    if product.body is not None:
        return ["--mark-colour", material.colour] if material else []
    lie = [",".join(f"{value:g}" for value in (*box, piece.corner_radius)) for box in _boxes(product, machine)]
    words = ["--piece", *lie, "--surface-colour", colour or piece.colour]
    if "extrude-food" in machine.processes or machine.bit is not None:
        words += ["--surface-z", "0" if product.pour else f"{piece.thickness:g}"]
    if machine.probe is not None:
        words += ["--unevenness", f"{piece.unevenness:g}"]
    words += ["--lying", f"{view(product, machine)['region']},{lying}"] if lying else []
    return [*words, "--mark-colour", material.colour] if material else words


def _boxes(product: Product, machine: MachineConfig) -> list[tuple[float, float, float, float]]:
    """Where pieces lie: x, y and their extents. What a rotary turns is as high as its turn, in the axis's units."""
    piece, jig = product.piece, product.jig
    rotary = machine.laser.rotary if machine.laser else None
    if piece.diameter is None or rotary is None:
        pockets = range(1, jig.pockets.count + 1) if jig.pockets else (1,)
        return [(*jig.at(pocket), piece.width, piece.height) for pocket in pockets]
    return [(jig.x, jig.y, piece.height, rotary.roll(piece.diameter, piece.height, jig.x, jig.y).turn)]


def view(product: Product, machine: MachineConfig) -> dict[str, str]:
    """The camera's look at the piece, or at all in the jig, for :meth:`fulfillment.twin.Room.picture`."""
    boxes = _boxes(product, machine)
    x0, y0 = min(box[0] for box in boxes) - MARGIN, min(box[1] for box in boxes) - MARGIN
    x1, y1 = max(box[0] + box[2] for box in boxes) + MARGIN, max(box[1] + box[3] for box in boxes) + MARGIN
    scale = max(1, min(20, int(MOST_PIXELS / max(x1 - x0, y1 - y0))))
    look = {"region": ",".join(f"{value:g}" for value in (x0, y0, x1, y1)), "px-per-mm": str(scale)}
    return look | {"under": "1"} if product.pour else look
