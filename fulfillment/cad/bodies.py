"""Bare bodies, kept by what they are made of: in memory, in a folder of the factory, in the package.

Nothing of a customer is in a bare body: a template and its values make it, so it is built once, and orders do not wait
for cadquery. ``python -m fulfillment.cad.bodies`` builds those of the shipped products into the package.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from itertools import product as combinations
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fulfillment.cad.body import Built
from fulfillment.cad.errors import CadFailed
from fulfillment.cad.shelf import Shelf
from fulfillment.cad.wire import LENGTH, Array, WireError, length, packed, unpacked
from fulfillment.cad.workshop import Wish, Workshop
from fulfillment.catalog import FOLDER, Product, load
from fulfillment.catalog.parameters import Values
from gcode.slicing.solid import SolidError

if TYPE_CHECKING:
    from gcode.slicing.solid import Solid

log = logging.getLogger(__name__)

FORMAT: Final = 1
"""Of the files; raised where what is in them changes."""
SHIPPED: Final = Path(__file__).parent / "shipped"
"""Bodies of the shipped products, as their files ask for them."""
IN_MEMORY: Final = 32
"""Bodies that are held; most have some 50 kB."""
ON_DISK: Final = 1000
"""Files of a factory's folder; the oldest go first."""
MAX_BYTES: Final = 16_000_000


def key_of(shelf: Shelf, name: str, values: Values) -> str:
    """What a bare body is called: a digest of its template, as its file is now, and its values. Raises CadError."""
    whole = shelf.template(name).checked(values)
    source = hashlib.sha256(shelf.path(name).read_bytes()).hexdigest()
    said = (FORMAT, name, source, sorted((key, value + 0.0) for key, value in whole.items()))
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def written(built: Built) -> bytes:
    """A bare body as bytes; equal bodies have equal bytes. Raises CadFailed where it has several parts."""
    if len(built.parts) != 1:
        names = ", ".join(part.name for part in built.parts)
        raise CadFailed(f"The bare body of {built.name!r} has several parts ({names}): a template builds one.")
    (part,) = built.parts
    arrays: list[Array] = [part.vertices.astype("<f8"), part.faces.astype("<i8")]
    return packed({"body": built.name, "sha256": _digest(arrays)}, arrays)


def _digest(arrays: Sequence[Array]) -> str:
    """Of numbers: a body with a few of them wrong may still be one."""
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def solid_of(data: bytes) -> Solid:
    """The body in these bytes, looked at as any other. Raises CadFailed for what is none."""
    # Imported here: whoever only looks for bodies needs no geometry.
    from gcode.slicing.solid import Solid

    try:
        if len(data) > MAX_BYTES or len(data) < LENGTH or length(data[:LENGTH]) != len(data) - LENGTH:
            raise WireError(f"{len(data):,} bytes that are no whole message")
        header, arrays = unpacked(data[LENGTH:])
        if header.get("sha256") != _digest(arrays):
            raise WireError("numbers that are not those that were written")
        vertices, faces = arrays
        return Solid.of(vertices, faces)
    except (WireError, SolidError, ValueError) as error:
        raise CadFailed(f"The kept body is damaged: {error}.") from None


class Bodies:
    """Bare bodies that were built before. ``folder``: of the factory, made when there is something to keep."""

    def __init__(self, folder: Path | None = None, shelf: Shelf | None = None, shipped: Path = SHIPPED) -> None:
        self.shelf = shelf or Shelf()
        self._folder, self._shipped = folder, shipped
        self._known: OrderedDict[str, bytes] = OrderedDict()

    def find(self, key: str) -> bytes | None:
        """The body of that name; None where nobody has built it yet. Damaged files are passed over."""
        if key not in self._known:
            for folder in (self._folder, self._shipped):
                if folder is not None and (data := _read(folder / f"{key}.body")) is not None:
                    self._remember(key, data)
                    break
        return self._known.get(key)

    def build(self, workshop: Workshop, name: str, values: Values) -> bytes:
        """Build a body and keep it. Raises CadError."""
        key = key_of(self.shelf, name, values)
        data = written(workshop.build(Wish(name, values)))
        solid_of(data)
        if self._folder is not None:
            _write(self._folder, f"{key}.body", data)
        self._remember(key, data)
        return data

    def _remember(self, key: str, data: bytes) -> None:
        self._known[key] = data
        while len(self._known) > IN_MEMORY:
            self._known.popitem(last=False)


def _read(path: Path) -> bytes | None:
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else b""
        solid_of(data)
    except FileNotFoundError:
        return None
    except (OSError, CadFailed) as error:
        log.warning("%s is passed over: %s", path, error)
        return None
    return data


def _write(folder: Path, name: str, data: bytes) -> None:
    """Whole or not at all, and no more files than ON_DISK."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".new-", delete=False) as file:
        file.write(data)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(folder / name)
    files = sorted(folder.glob("*.body"), key=lambda path: path.stat().st_mtime)
    for old in files[: max(0, len(files) - ON_DISK)]:
        old.unlink(missing_ok=True)


def asked_for(product: Product) -> Iterator[dict[str, float]]:
    """The values of every body that a product's choices can ask for, its parameters as they are by default and in its
    example."""
    sized = {
        name: list(option.choices)
        for name, option in product.options.items()
        if any(choice.values for choice in option.choices.values())
    }
    shown = {name: float(said) for name, said in product.example.options.items() if name in product.parameters}
    for picked in combinations(*sized.values()):
        for parameters in (product.default_parameters, {**product.default_parameters, **shown}):
            yield product.body_values(dict(zip(sized, picked, strict=True)), parameters)


def shipped(shelf: Shelf) -> Mapping[str, tuple[str, dict[str, float]]]:
    """Template and values of each body that belongs into the package, by its key."""
    wanted = {}
    for product in load(FOLDER)[0].products.values():
        body = product.body
        if body is not None and body.template is not None and shelf.template(body.template).grow is None:
            for values in asked_for(product):
                wanted[key_of(shelf, body.template, values)] = (body.template, values)
    return wanted


def main() -> None:
    """``python -m fulfillment.cad.bodies [FOLDER]``, a folder that cadquery is installed in where that is not here."""
    packages = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with Workshop(packages=packages) as workshop:
        wanted = shipped(workshop.shelf)
        for path in SHIPPED.glob("*.body"):
            if path.stem not in wanted:
                path.unlink()
        for key, (name, values) in wanted.items():
            data = written(workshop.build(Wish(name, values)))
            _write(SHIPPED, f"{key}.body", data)
            sys.stdout.write(f"{key}.body  {name}, {len(data):,} bytes\n")


if __name__ == "__main__":
    main()
