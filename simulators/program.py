"""What command lines of simulators have in common: where they listen, how fast time passes, what they write."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from PIL import Image

from simulators import clock, faults
from simulators.fronts import Front, Pty, Tcp
from simulators.picture import Look, Lying, Plate
from simulators.record import Json, Recorder, described
from simulators.serve import Machine, Service, Studio
from simulators.side import Hands, Side


def parser(kind: str, text: str, kinds: Mapping[str, faults.Kind]) -> argparse.ArgumentParser:
    """The arguments that every simulator takes."""
    made = argparse.ArgumentParser(prog=f"python -m simulators {kind}", description=text)
    where = made.add_mutually_exclusive_group(required=True)
    where.add_argument("--link", type=Path, help="serve on a pty, with this link to it")
    where.add_argument("--port", type=int, help="serve on this port of 127.0.0.1 (0: choose)")
    where.add_argument("--play", type=Path, help="run this file straight through, and end")
    made.add_argument("--picture", type=Path, help="with --play: where the picture goes")
    made.add_argument("--json", type=Path, help="with --play: where the record goes")
    made.add_argument("--speed", type=_pace, default="1", help="a factor, or max (default 1)")
    made.add_argument("--seed", type=int, default=0)
    made.add_argument(
        "--fault",
        type=fault_of(kinds),
        action="append",
        default=[],
        metavar="KIND[@WHEN][:ARGUMENT]",
        help="; ".join(f"{name}: {known.text}" for name, known in kinds.items()),
    )
    made.add_argument("--side", type=int, metavar="PORT", help="serve the side channel on this port (0: choose)")
    made.add_argument("--record", type=Path, metavar="DIR", help="write each piece as PNG and JSON into this folder")
    made.add_argument("--die-with-parent", action="store_true")
    return made


def looks(made: argparse.ArgumentParser, look: Look | None) -> None:
    """The arguments of the picture. ``look`` None: the colours depend on other arguments."""
    group = made.add_argument_group("picture")
    shape = "the drawn surface of each piece that lies there, mm"
    group.add_argument("--piece", type=plate, nargs="+", default=[], metavar="X,Y,W,H[,R]", help=shape)
    group.add_argument("--mark-colour", "--bead-colour", default=look and look.bead, help="of what the tool leaves")
    group.add_argument("--surface-colour", default=look and look.surface)
    group.add_argument("--background-colour", default=look and look.background)
    group.add_argument("--px-per-mm", type=float, default=10.0)
    group.add_argument("--lying", type=_lying, metavar="X0,Y0,X1,Y1,PNG", help="what lies on the piece, and where; mm")
    group.add_argument("--flat", action="store_true", help="plain colours, for measurements")


def studio(options: argparse.Namespace, bed: tuple[float, float]) -> Studio:
    """How pictures are drawn: of the piece, or of the whole bed."""
    pieces: list[Plate] = options.piece
    colours = options.mark_colour, options.surface_colour, options.background_colour
    look = Look(*colours, tuple(pieces), options.flat, lying=options.lying)
    region = (0.0, 0.0, *bed)
    if pieces:
        near = min(piece.x for piece in pieces), min(piece.y for piece in pieces)
        region = (*near, max(p.x + p.width for p in pieces), max(p.y + p.height for p in pieces))
    return Studio(look, region, options.px_per_mm, options.record)


def serve(
    options: argparse.Namespace,
    machine: Machine,
    recorder: Recorder,
    drawn: Studio,
    boot_delay: float,
    hands: Callable[[Service], Hands],
) -> int:
    """Listen until a signal, or until the parent is gone."""
    front: Front = Pty(options.link) if options.link is not None else Tcp(options.port)
    service = Service(machine, recorder, options.speed, front, drawn, boot_delay)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: service.stop())
    side = Side(service, hands(service), options.side) if options.side is not None else None
    words = [f"ready {options.link or front.name}", f"device={front.name}"]
    words += [f"side=http://127.0.0.1:{side.port}"] if side is not None else []
    print(*words, flush=True)
    parent = os.getppid()
    service.run(lambda: not options.die_with_parent or os.getppid() == parent)
    if side is not None:
        side.close()
    return 0


def clearing(service: Service) -> Callable[[], Json]:
    """A person takes the piece off."""
    recorder = service.recorder

    def clear() -> Json:
        piece = recorder.clear(service.pace.now)
        service.scribe.add(piece, service.pace.now)
        return recorder.closed[-1]

    return clear


def recording(service: Service) -> Callable[[], Callable[[], Json]]:
    """Everything since the start: sums over the pieces, closed ones in brief, the open one in full."""
    recorder = service.recorder

    def record() -> Callable[[], Json]:
        piece, now, closed = recorder.piece.copy(), service.pace.now, list(recorder.closed)
        return lambda: _whole(closed, described(piece, recorder.tool, now))

    return record


def _whole(closed: list[Json], piece: Json) -> Json:
    pieces = [*closed, piece]
    return {
        "counts": {name: sum(part["counts"][name] for part in pieces) for name in piece["counts"]},
        "collisions": [{"piece": part["number"], **event} for part in pieces for event in part["collisions"]],
        "pieces": closed,
        "piece": piece,
    }


# --- arguments ---


def numbers(text: str, *counts: int) -> list[float]:
    parts = text.split(",")
    if len(parts) not in counts:
        raise argparse.ArgumentTypeError(f"{' or '.join(map(str, counts))} numbers are expected, not {text!r}")
    try:
        return [float(part) for part in parts]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} holds something that is not a number") from None


def envelope(text: str) -> tuple[float, float, float]:
    x, y, z = numbers(text.replace("x", ","), 3)
    return x, y, z


def plate(text: str) -> Plate:
    return Plate(*numbers(text, 4, 5))


def _lying(text: str) -> Lying:
    *region, path = text.split(",", 4)
    x0, y0, x1, y1 = numbers(",".join(region), 4)
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            return Lying(picture.convert("RGB"), (x0, y0, x1, y1))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path} is no PNG that can be read: {error}") from None


def fault_of(kinds: Mapping[str, faults.Kind]) -> Callable[[str], faults.Fault]:
    def fault(text: str) -> faults.Fault:
        try:
            return faults.parse(text, kinds)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return fault


def _pace(text: str) -> clock.Pace:
    try:
        return clock.pace(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
