"""`make gallery`: every product's example, as its proof shows it and as the simulated machine made it, in docs/.

The proof is drawn from the bytes by our own reader; the picture beside it by a simulator that shares no code with it.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from fulfillment.catalog import Product
from fulfillment.catalog.words import ON_PAPER
from fulfillment.config import Factory, Machine, load_factory
from fulfillment.example import command, jig, order
from fulfillment.machines import offer_of
from fulfillment.offline import Done, rendered_together
from fulfillment.rehearsal import blank, rehearsal, view
from jobs.fits import misfits

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PICTURES = DOCS / "pictures" / "gallery"
HEIGHT, GAP = 520, 16
"""Of a picture in px, and between the two."""
HEAD = """# Gallery

Printed by `make gallery`: the example of each product, rendered as its machines get it. Left the proof, drawn from the
bytes; right what a simulator of the machine made of the same bytes. The simulators read programs by themselves and
share no code with what writes them. Nothing here was seen on hardware. `ful render PRODUCT --example` makes the files.
"""


def main() -> None:
    factory = load_factory(ROOT / "config.yaml")
    PICTURES.mkdir(parents=True, exist_ok=True)
    parts = [HEAD]
    for product in factory.catalog.products.values():
        if not product.example.fields:
            continue
        sys.stdout.write(f"{product.name}\n")
        parts.append(_product(factory, product))
    (DOCS / "gallery.md").write_text("\n".join(parts), encoding="utf-8")


def _product(factory: Factory, product: Product) -> str:
    said = jig(product) or [order(product)]
    lines = [f"## {product.title}\n"]
    with tempfile.TemporaryDirectory(prefix="ful-") as folder:
        orders = [(one, {name: file.read_bytes() for name, file in one.files.items()}) for one in said]
        for done in rendered_together(factory, product.name, orders, range(1, len(said) + 1), Path(folder)):
            picture = PICTURES / f"{product.name}-{done.operation}.jpg"
            made = as_made(factory, product, done)
            _side_by_side([image for image in (done.proof and Image.open(done.proof), made) if image]).save(
                picture, quality=85, optimize=True
            )
            lines.append(f"![{product.title}: proof and as made]({picture.relative_to(DOCS)})\n")
            lines.append(f"{product.route[done.operation].title}: {_numbers(done)}\n")
    shown = command(product).replace(f"{ROOT}/", "")
    return "\n".join([*lines, f"`{shown}`\n"])


def as_made(factory: Factory, product: Product, done: Done) -> Image.Image | None:
    """What the first machine that fits made of it, on its simulator, over what the operation before left in the same
    folder; None where no simulator can show it."""
    machine = machine_for(factory, done)
    if machine is None:
        return None
    material = factory.config.material(done.made.needs.material or "")
    before = done.artifact.with_name(f"{product.under(done.operation)}.made.png")
    lying = before if before.exists() else None
    # A printer takes its own sheets, and its camera sees the whole of the last one.
    on_paper = done.made.needs.process in ON_PAPER
    there = [] if on_paper else blank(product, machine, material, product.colour(done.options), lying)
    with rehearsal(machine, ["--speed", "max", *there]) as rehearsed:
        if why := rehearsed.run(done.artifact, done.made.media_type, ticket=done.made.needs.ticket):
            raise SystemExit(f"{product.name}, {done.operation} on {machine.name}: {why}")
        picture = rehearsed.room.picture(**({} if on_paper else view(product, machine)))
        done.artifact.with_name(f"{done.operation}.made.png").write_bytes(picture)
        return Image.open(io.BytesIO(picture))


def machine_for(factory: Factory, done: Done) -> Machine | None:
    """The first machine with a simulator that does what the artifact needs; a person would load what is missing."""
    needs = done.made.needs
    for machine in factory.config.machines:
        if machine.simulator and not misfits(offer_of(machine, factory.config.materials), needs):
            return machine
    return None


def _side_by_side(images: list[Image.Image]) -> Image.Image:
    scaled = [image.convert("RGB").resize((round(image.width * HEIGHT / image.height), HEIGHT)) for image in images]
    sheet = Image.new("RGB", (sum(image.width for image in scaled) + GAP * (len(scaled) - 1), HEIGHT), "white")
    x = 0
    for image in scaled:
        sheet.paste(image, (x, 0))
        x += image.width + GAP
    return sheet


def _numbers(done: Done) -> str:
    manifest = done.made.manifest
    said = [f"{manifest.get('seconds', 0) / 60:.1f} min on the machine", f"{done.made.size:,} bytes"]
    found = manifest.get("fidelity") or {}
    if "photo" in found:
        said.append(f"SSIM {found['photo']['ssim']:.3f} to what the process can reach")
    if "lines" in found:
        said.append(f"{found['lines']['coverage']:.1%} of the lines covered")
    return ", ".join(said)


if __name__ == "__main__":
    main()
