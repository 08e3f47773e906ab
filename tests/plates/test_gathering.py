"""Who waits for a plate, when it is begun, and what becomes of those that find no room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fulfillment.catalog import FOLDER, Catalog, Product, load
from fulfillment.gathering import Company, Room, begin, chosen, companies, filled, waits_for
from jobs import batches, intake, views
from jobs import models as m
from jobs.artifacts import ArtifactStore
from jobs.fits import Floor, Needs
from jobs.intake import NewLine, NewOrder, Rendered, Step
from jobs.store import Refused, Store

NEEDS = Needs("fdm", "text/x-gcode", dialect="marlin-fdm", material="pla-petrol", reach=(250.0, 210.0, 210.0))
ROUTE = (Step("print", "fdm"), Step("pack", None, ("print",)))


class Shop:
    """A record with tags that wait for company."""

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        from sqlmodel import SQLModel

        self.at, self.orders = 1_700_000_000.0, 0
        self.store = Store(f"sqlite:///{folder / 'shop.db'}", lambda: self.at)
        with self.store.write("test") as tx:
            SQLModel.metadata.create_all(tx.connection)
        self.artifacts, self.catalog = ArtifactStore(folder / "artifacts"), catalog

    def wait(self, product: str, together: str = "pla", due: float | None = None, needs: Needs = NEEDS) -> str:
        """A unit of a product, rendered by itself. Its job."""
        self.orders += 1
        line = NewLine("TAG", 1, product, {"name": "Ada"}, ROUTE)
        intake.receive(self.store, NewOrder("api", f"ext-{self.orders}", (line,), due=due), "test")
        with self.store.read() as connection:
            unit = connection.execute(m.units.select().order_by(m.units.c.created_at.desc())).mappings().first()
        assert unit is not None
        intake.plan(self.store, unit["id"], "test")
        (job,) = intake.to_render(self.store)
        data = f"; {self.orders}\n".encode()
        made = Rendered(self.artifacts.put(data), "text/x-gcode", len(data), needs, None, {"together": together})
        intake.rendered(self.store, job.id, made, "test", "it waits for company")
        self.at += 1.0
        return str(job.id)

    def companies(self) -> list[Company]:
        return companies(self.store, self.catalog)

    def pieces(self, batch: str) -> list[Any]:
        with self.store.read() as connection:
            return list(views.job(connection, batch, Floor((), self.at))["pieces"])


@pytest.fixture
def catalog(plates: Any) -> Catalog:
    shipped, _ = load(FOLDER)
    tag = plates.on_a_bed(shipped["name-tag"], max=3, wait=60)
    badge = plates.on_a_bed(shipped["name-tag"], max=5, wait=600).model_copy(update={"name": "badge"})
    return Catalog({"name-tag": tag, "badge": badge, "favour-cookies": shipped["favour-cookies"]})


@pytest.fixture
def shop(tmp_path: Path, catalog: Catalog) -> Any:
    shop = Shop(tmp_path, catalog)
    yield shop
    shop.store.close()


def test_products_with_one_profile_wait_for_each_other(shop: Any) -> None:
    jobs = [shop.wait("badge"), shop.wait("name-tag"), shop.wait("badge", together="petg")]
    one, other = shop.companies()
    assert [job.job_id for job in one.jobs] == jobs[:2]
    assert one.products == ("badge", "name-tag")
    assert [job.job_id for job in other.jobs] == jobs[2:]
    assert one.view()["plate"] is True
    assert one.view()["products"] == ["badge", "name-tag"]


def test_other_needs_are_other_company(shop: Any) -> None:
    shop.wait("badge")
    shop.wait("badge", needs=Needs("fdm", "text/x-gcode", material="pla-white", reach=(250.0, 210.0, 210.0)))
    assert [len(company.jobs) for company in shop.companies()] == [1, 1]


def test_it_begins_when_the_least_patient_has_waited_or_when_it_is_full(shop: Any) -> None:
    shop.wait("badge")
    shop.wait("name-tag")
    (company,) = shop.companies()
    assert company.begins_at == pytest.approx(1_700_000_000.0 + 1.0 + 60.0), "the tag waits for a minute only"
    assert not company.due(shop.at) and company.due(company.begins_at)
    for _ in range(3):
        shop.wait("badge")
    (full,) = shop.companies()
    assert full.due(shop.at), "five are as many as the most urgent one's plate takes"


def test_the_most_urgent_are_seated_first(shop: Any) -> None:
    late, soon, never = shop.wait("name-tag", due=2e9), shop.wait("name-tag", due=1.8e9), shop.wait("name-tag", due=3e9)
    last = shop.wait("name-tag", due=4e9)
    (company,) = shop.companies()
    batch = begin(shop.store, company, "test")
    assert [(piece["id"], piece["place"]) for piece in shop.pieces(batch)] == [
        (soon, {"pocket": 1}),
        (late, {"pocket": 2}),
        (never, {"pocket": 3}),
    ]
    assert [waiting.job_id for waiting in batches.waiting(shop.store)] == [last]


def test_a_plate_is_chosen_by_any_of_its_products_and_has_no_pockets(shop: Any) -> None:
    shop.wait("badge")
    shop.wait("name-tag")
    company = chosen(shop.companies(), "name-tag")
    with pytest.raises(Refused, match="no pockets to leave out"):
        begin(shop.store, company, "test", first=2)
    with pytest.raises(Refused, match="no pockets to leave out"):
        begin(shop.store, company, "test", leave_out=[1])
    with pytest.raises(Refused, match="no piece of favour-cookies"):
        chosen(shop.companies(), "favour-cookies")


def test_what_left_the_catalog_waits_for_nobody(shop: Any) -> None:
    shop.wait("badge")
    shop.catalog = Catalog({})
    assert shop.companies() == []


def test_rooms_by_operation(catalog: Catalog) -> None:
    tag: Product = catalog["name-tag"]
    room: Room | None = tag.room("print")
    assert room is not None and waits_for(room) == "it waits for company: 3 pieces, or 1 min"
    assert tag.room("pack") is None and tag.room("slip") is None
    assert catalog["favour-cookies"].room("ice") is catalog["favour-cookies"].jig.pockets


def test_offline_pieces_are_numbered(catalog: Catalog) -> None:
    assert filled(catalog["name-tag"], 3, 1, []) == [1, 2, 3]
    with pytest.raises(Refused, match="a plate takes 3"):
        filled(catalog["name-tag"], 4, 1, [])
    with pytest.raises(Refused, match="has no pockets"):
        filled(catalog["name-tag"], 1, 2, [])
