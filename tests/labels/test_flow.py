"""From a carrier's file to a printed label: waited for, looked through, printed once, replaced only before that."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import zxingcpp
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import update

from fulfillment.api.app import create
from fulfillment.api.labels import keep
from fulfillment.api.orders import OrderIn, take
from fulfillment.cli import ful
from fulfillment.labels import LabelRefused
from fulfillment.labels.pages import inspect
from fulfillment.shop import Shop
from jobs import models as m
from jobs import retention, views
from jobs.route import cancel_unit, remake_if_due
from jobs.store import Refused
from simulators.zpl.firmware import Build, Firmware
from simulators.zpl.program import png
from tests.labels import carrier, parcel
from tests.shop.bakery import AtOnce, plan, rows, serve_app

Open = Callable[..., Shop]


def order(shop: Shop, *quantities: int, name: str = "A-1") -> str:
    lines = [{"product": "parcel", "quantity": quantity} for quantity in quantities or (1,)]
    return take(shop, OrderIn.model_validate({"external_id": name, "lines": lines}), "test").order_id


def sent(shop: Shop, order_id: str, data: bytes, pieces: int = 1) -> None:
    keep(shop, order_id, shop.artifacts.put(data), inspect(data, pieces, 203), "test")


def jobs(shop: Shop, order_id: str) -> list[dict[str, Any]]:
    """The jobs that print labels, of pieces in their order; cancelled ones are left out."""
    with shop.store.read() as connection:
        found = views.order(connection, order_id, shop.floor)
    return [
        job
        for unit in found["units"]
        for operation in unit["operations"]
        for job in operation["jobs"]
        if job["state"] != "cancelled"
    ]


def printed(shop: Shop, job: dict[str, Any], dpi: int = 203) -> Firmware:
    """The job's artifact on a printer of its own."""
    printer = Firmware(Build(dpi=dpi, label_time=0))
    printer.receive(shop.artifacts.get(job["artifact"]))
    return printer


def codes(picture: bytes) -> set[str]:
    with Image.open(io.BytesIO(picture)) as image:
        return {one.text for one in zxingcpp.read_barcodes(image.convert("L"))}


def test_a_job_waits_for_its_label_and_says_so(opened: Open) -> None:
    shop = opened(parcel.printer())
    number = order(shop)
    plan(shop)
    (job,) = jobs(shop, number)
    assert (job["state"], job["why"]) == ("rendering", "waits for its shipping label")
    assert [reason["text"] for reason in job["waits"]] == ["waits for its shipping label"]
    before = len(rows(shop, m.events))
    plan(shop)
    assert len(rows(shop, m.events)) == before, "what is said already is not written again"


def test_a_pdf_becomes_a_picture_for_the_label_printer(opened: Open) -> None:
    shop = opened(parcel.OFFICE, parcel.printer(dpi=300))
    number = order(shop)
    plan(shop)
    sent(shop, number, carrier.pdf())
    plan(shop)
    (job,) = jobs(shop, number)
    assert (job["state"], job["media_type"]) == ("ready", "application/zpl")
    assert job["needs"]["ticket"]["media"] == "4x6"
    assert job["needs"]["traits"] == {"dpi": 300}
    printer = printed(shop, job, 300)
    picture = png(printer.labels[0])
    assert codes(picture) == {carrier.TRACKING[:-1] + "0", carrier.LINK}
    with Image.open(io.BytesIO(picture)) as out, Image.open(io.BytesIO(shop.artifacts.get(job["proof"]))) as proof:
        assert out.tobytes() == proof.tobytes(), "what is seen before is what is printed"


def test_without_a_label_printer_a_pdf_is_printed_as_it_is(opened: Open) -> None:
    shop = opened(parcel.OFFICE)
    number = order(shop)
    data = carrier.pdf()
    sent(shop, number, data)
    plan(shop)
    (job,) = jobs(shop, number)
    assert job["media_type"] == "application/pdf"
    assert shop.artifacts.get(job["artifact"]) == data


def test_a_carriers_zpl_goes_through_byte_for_byte(opened: Open) -> None:
    shop = opened(parcel.printer())
    number = order(shop)
    data = carrier.zpl()
    sent(shop, number, data)
    plan(shop)
    (job,) = jobs(shop, number)
    assert shop.artifacts.get(job["artifact"]) == data
    assert job["proof"] is None and "only a printer knows" in job["manifest"]["unseen"].lower()


def test_zpl_for_another_print_head_waits_and_says_why(opened: Open) -> None:
    shop = opened(parcel.printer(dpi=300))
    number = order(shop)
    sent(shop, number, carrier.zpl())
    plan(shop)
    (job,) = jobs(shop, number)
    assert "labels-1 has dpi 300, 203 is needed" in [reason["text"] for reason in job["waits"]]


@pytest.mark.parametrize("make", [carrier.pdf, carrier.zpl])
def test_each_piece_gets_its_own_label(opened: Open, make: Callable[[int], bytes]) -> None:
    shop = opened(parcel.printer())
    number = order(shop, 2, 1)
    sent(shop, number, make(3), 3)
    plan(shop)
    seen = [codes(png(printed(shop, job).labels[0])) for job in jobs(shop, number)]
    assert len(seen) == 3
    if make is carrier.pdf:
        assert [carrier.TRACKING[:-1] + str(n) in one for n, one in enumerate(seen)] == [True] * 3
    pictures = {label.digest for job in jobs(shop, number) for label in printed(shop, job).labels}
    assert len(pictures) == 3


@pytest.mark.parametrize("machines", [(parcel.printer(),), (parcel.OFFICE,)])
def test_one_label_for_several_pieces_is_printed_once(opened: Open, machines: tuple[str, ...]) -> None:
    shop = opened(*machines)
    number = order(shop, 3)
    sent(shop, number, carrier.pdf(), 3)
    plan(shop)
    first, *others = jobs(shop, number)
    tracking = carrier.TRACKING[:-1] + "0"
    assert tracking in codes(shop.artifacts.get(first["proof"]))
    for job in others:
        assert codes(shop.artifacts.get(job["proof"])) == {first["unit_id"]}
        assert job["artifact"] != first["artifact"]


def test_a_label_is_replaced_until_a_machine_has_begun(opened: Open) -> None:
    shop = opened(parcel.printer())
    number = order(shop)
    sent(shop, number, carrier.pdf())
    plan(shop)
    (first,) = jobs(shop, number)
    sent(shop, number, carrier.pdf())
    assert jobs(shop, number)[0]["id"] == first["id"], "the same label again changes nothing"
    sent(shop, number, carrier.zpl())
    plan(shop)
    (second,) = jobs(shop, number)
    assert second["id"] != first["id"]
    assert shop.artifacts.get(second["artifact"]) == carrier.zpl()
    for state, attempts in (("running", 1), ("made", 1), ("unknown", 1), ("ready", 1)):
        with shop.store.write("test") as tx:
            where = m.jobs.c.id == second["id"]
            tx.connection.execute(update(m.jobs).where(where).values(state=state, attempts=attempts))
        with pytest.raises(Refused, match="what is printed stands"):
            sent(shop, number, carrier.pdf())


def test_a_label_that_was_spoilt_is_replaced_once_it_is_made_again(opened: Open) -> None:
    shop = opened(parcel.printer())
    number = order(shop)
    sent(shop, number, carrier.pdf())
    plan(shop)
    (first,) = jobs(shop, number)
    with shop.store.write("test") as tx:
        tx.connection.execute(update(m.jobs).where(m.jobs.c.id == first["id"]).values(state="failed", attempts=1))
    with pytest.raises(Refused, match="is failed"):  # Made again from its artifact, it would be the old one.
        sent(shop, number, carrier.zpl())
    with shop.store.write("test") as tx:
        assert remake_if_due(tx, first["id"]) is not None
    sent(shop, number, carrier.zpl())
    plan(shop)
    *_, last = jobs(shop, number)
    assert len(jobs(shop, number)) == 2 and last["state"] == "ready"
    assert shop.artifacts.get(last["artifact"]) == carrier.zpl()


def test_labels_are_refused_for_what_prints_none_and_for_another_number_of_pieces(opened: Open) -> None:
    shop = opened(parcel.printer())
    number = order(shop, 2)
    with pytest.raises(LabelRefused, match="3 pages"):
        sent(shop, number, carrier.pdf(3), 2)
    with pytest.raises(Refused, match="2 pieces to be labelled, and the file 3"):
        sent(shop, number, carrier.pdf(3), 3)
    plan(shop)
    for unit in [row["id"] for row in rows(shop, m.units)]:
        with shop.store.write("test") as tx:
            cancel_unit(tx, unit)
    with pytest.raises(Refused, match="prints a shipping label"):
        sent(shop, number, carrier.pdf())


def test_a_label_is_kept_and_forgotten_with_its_order(opened: Open) -> None:
    shop = opened(parcel.printer())
    number = order(shop)
    sent(shop, number, carrier.pdf())
    digest = rows(shop, m.orders)[0]["label"]["sha256"]
    later = shop.store.now() + 10
    retention.sweep(shop.store, shop.artifacts, later)
    assert shop.artifacts.get(digest) == carrier.pdf()
    plan(shop)
    with shop.store.write("test") as tx:
        cancel_unit(tx, rows(shop, m.units)[0]["id"])
    assert retention.forget_old(shop.store, later, "test") == 1
    assert rows(shop, m.orders, id=number)[0]["label"] is None
    retention.sweep(shop.store, shop.artifacts, later)
    assert digest not in {path.name for path in shop.artifacts.files()}


# --- over HTTP, and by the command line ---------------------------------------------------------------------------


def test_the_api_takes_a_label_and_says_what_is_wrong_with_another(opened: Open) -> None:
    shop = opened(parcel.printer())
    number = order(shop)
    with serve_app(create(shop, AtOnce())) as address, httpx.Client(base_url=address, timeout=60) as client:  # type: ignore[arg-type]
        path = f"/v1/orders/{number}/label"
        assert client.get(path).json()["label"] is None
        assert client.post("/v1/orders/O-NOTHING/label", content=carrier.pdf()).status_code == 404
        for wrong, words in (
            (b"hello", "neither a PDF nor ZPL"),
            (b"%PDF-1.4 broken", ""),
            (carrier.zpl().replace(b"^XZ", b"~JR^XZ"), "~JR acts on the printer at once"),
            (b"", "Send the label as the body"),
        ):
            answer = client.post(path, content=wrong)
            assert answer.status_code == 422 and words in answer.text, answer.text
        assert client.post(path, content=b"^XA" + b" " * (4 * 1024 * 1024)).status_code == 413
        assert client.post(path, content=carrier.pdf(), params={"dpi": 72}).status_code == 422
        assert client.get(path).json()["label"] is None
        answer = client.post(path, content=carrier.pdf())
        assert answer.status_code == 201, answer.text
        assert answer.json()["label"]["media_type"] == "application/pdf"
        assert answer.json()["label"]["units"] == answer.json()["pieces"]


def test_the_command_takes_a_label(opened: Open, tmp_path: Any) -> None:
    shop = opened(parcel.printer())
    number = order(shop)
    config = ["--config", str(tmp_path / "config.yaml"), "order", "label", number]
    run = CliRunner().invoke
    assert "waits for its shipping label" in run(ful, config).output
    good, bad = tmp_path / "label.zpl", tmp_path / "bad.zpl"
    good.write_bytes(carrier.zpl())
    bad.write_bytes(carrier.zpl().replace(b"^FO20,20", b"^DFR:X^FS^FO20,20"))
    refused = run(ful, [*config, str(bad)])
    assert refused.exit_code == 1 and "^DF is not a command that draws a label" in refused.output
    done = run(ful, [*config, str(good)])
    assert done.exit_code == 0 and "1 label for all of it" in done.output, done.output
    assert rows(shop, m.orders)[0]["label"]["media_type"] == "application/zpl"


def test_rendered_labels_are_values(opened: Open) -> None:
    """The same label gives the same bytes: rendering one twice is harmless."""
    shop = opened(parcel.OFFICE)
    number = order(shop, 2)
    sent(shop, number, carrier.pdf(), 2)

    found = []
    for _ in range(2):
        plan(shop)
        found.append([job["artifact"] for job in jobs(shop, number)])
        with shop.store.write("test") as tx:
            tx.connection.execute(update(m.jobs).values(state="rendering", artifact=None))
    assert found[0] == found[1] and all(found[0])
