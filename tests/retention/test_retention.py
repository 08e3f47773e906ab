"""What customers sent goes when its time is over; what others still use stays, and so does what was made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from jobs import attempts, floor, intake, queue, retention, route
from jobs import models as m
from jobs.artifacts import ArtifactStore
from jobs.intake import NewLine, NewOrder, Rendered, Step
from jobs.migrations import upgrade
from jobs.queue import Needs, Offer
from jobs.store import Store

OFFER = Offer("printer", frozenset({"extrude-food"}), frozenset({"text/x-gcode"}))
NEEDS = Needs("extrude-food", "text/x-gcode")
ROUTE = (Step("frost", "extrude-food"), Step("pack", None, ("frost",)))


class Shop:
    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        self.store = Store(f"sqlite:///{folder}/shop.db", lambda: self.now)
        upgrade(self.store)
        self.artifacts = ArtifactStore(folder / "artifacts")
        floor.register(self.store, OFFER, "test")

    def order(self, number: str, photo: str) -> str:
        asked = {"fields": {"message": "For Ada", "photo": {"sha256": photo}}, "options": {}}
        line = NewLine("pop-tart", 1, "pop-tart", asked, ROUTE)
        order = NewOrder("shop", number, (line,), {"name": "Ada Lovelace"}, "Dear Ada")
        return intake.receive(self.store, order, "test").order_id

    def make(self, photo: str, program: bytes) -> dict[str, str]:
        """Plan, render and make the one new unit. The digests of what came of it."""
        (unit,) = intake.units_to_plan(self.store)
        (job,) = intake.plan(self.store, unit.id, "test", {"texts": {"message": "For Ada"}, "photos": {"photo": photo}})
        digest, proof = self.artifacts.put(program), self.artifacts.put(b"proof of " + program)
        view = self.artifacts.put(b"view of " + program)
        rendered = Rendered(digest, NEEDS.media_type, len(program), NEEDS, proof, {"extras": {"view.png": view}})
        intake.rendered(self.store, job, rendered, "test")
        floor.clear_bed(self.store, OFFER.name, "looked", "test")
        claim = queue.claim(self.store, OFFER, queue.look(self.store, OFFER), "test")
        assert claim is not None
        intent = attempts.intend(self.store, claim, OFFER, "test")
        attempts.confirm(self.store, intent.attempt, "it runs", "test")
        attempts.ended(self.store, intent.attempt, "finished", "it ran", "test")
        picture = self.artifacts.put(b"picture of " + intent.attempt.encode())
        attempts.keep_evidence(self.store, intent.attempt, picture, "test")
        with self.store.write("test") as tx:
            route.done_by_person(tx, unit.id, "pack")
        return {"artifact": digest, "proof": proof, "view": view, "picture": picture}

    def sweep(self) -> int:
        """A day later."""
        for path in self.artifacts.files():
            os.utime(path, (1000.0, 1000.0))
        return retention.sweep(self.store, self.artifacts, 2000.0)

    def there(self, digest: str) -> bool:
        return self.artifacts.path(digest).exists()

    def everything(self) -> str:
        """Every value of the personal tables, as one text."""
        with self.store.read() as connection:
            return str([connection.execute(select(table)).all() for table in (m.orders, m.line_items, m.units)])


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.store.close()


def test_an_order_is_forgotten_when_its_time_is_over_and_not_before(shop: Shop) -> None:
    photo = shop.artifacts.put(b"a photo")
    shop.order("1", photo)
    made = shop.make(photo, b"G28 ; one\n")
    ended = shop.now
    assert retention.forget_old(shop.store, ended, "test") == 0
    assert all(map(shop.there, (photo, *made.values())))
    assert retention.forget_old(shop.store, ended + 1, "test") == 1
    for files in (retention.PROGRAMS, retention.PICTURES):
        assert not any(retention.remembers(shop.store, digest, files) for digest in made.values())
    assert shop.sweep() == 5
    assert not any(map(shop.there, (photo, *made.values())))
    said = shop.everything()
    assert "Ada" not in said
    assert photo not in said
    assert "packed" in said, "what was made stays on record"
    assert retention.forget_old(shop.store, ended + 1, "test") == 0


def test_files_that_a_remembered_order_uses_stay(shop: Shop) -> None:
    photo = shop.artifacts.put(b"the same photo")
    shop.order("1", photo)
    first = shop.make(photo, b"G28 ; shared\n")
    shop.now = 5000.0
    shop.order("2", photo)
    second = shop.make(photo, b"G28 ; shared\n")
    assert second["artifact"] == first["artifact"]
    assert retention.forget_old(shop.store, 2000.0, "test") == 1
    assert retention.remembers(shop.store, first["artifact"], retention.PROGRAMS)
    assert not retention.remembers(shop.store, first["artifact"], retention.PICTURES)
    assert shop.sweep() == 1
    assert shop.there(photo)
    assert shop.there(first["artifact"])
    assert shop.there(first["proof"])
    assert not shop.there(first["picture"]), "the picture of the forgotten piece is nobody else's"
    assert retention.forget_old(shop.store, 6000.0, "test") == 1
    shop.sweep()
    assert not shop.there(photo)
    assert not shop.there(first["artifact"])


def test_an_open_order_is_never_forgotten(shop: Shop) -> None:
    photo = shop.artifacts.put(b"a photo")
    shop.order("1", photo)
    assert retention.forget_old(shop.store, 1e12, "test") == 0
    assert retention.forget_orders(shop.store, "shop", ["1"], "test") == 0
    shop.sweep()
    assert shop.there(photo)
    assert "Ada" in shop.everything()


def test_a_shop_may_ask_for_single_orders(shop: Shop) -> None:
    photo = shop.artifacts.put(b"a photo")
    shop.order("1", photo)
    shop.make(photo, b"G28 ; one\n")
    assert retention.forget_orders(shop.store, "another shop", ["1"], "test") == 0
    assert retention.forget_orders(shop.store, "shop", ["1", "7"], "test") == 1
    assert "Ada" not in shop.everything()
    assert not retention.remembers(shop.store, photo, retention.PICTURES)


def test_a_file_that_no_order_names_is_swept_when_it_is_old(shop: Shop) -> None:
    named, unnamed, fresh = (shop.artifacts.put(data) for data in (b"named", b"refused", b"just uploaded"))
    shop.order("1", named)
    for digest in (named, unnamed):
        os.utime(shop.artifacts.path(digest), (1000.0, 1000.0))
    assert retention.sweep(shop.store, shop.artifacts, 2000.0) == 1
    assert [shop.there(digest) for digest in (named, unnamed, fresh)] == [True, False, True]


def test_what_is_put_again_is_not_old(shop: Shop) -> None:
    digest = shop.artifacts.put(b"a photo that comes twice")
    os.utime(shop.artifacts.path(digest), (1000.0, 1000.0))
    assert shop.artifacts.put(b"a photo that comes twice") == digest
    assert retention.sweep(shop.store, shop.artifacts, 2000.0) == 0


def test_everything_that_a_made_piece_left_is_named(shop: Shop) -> None:
    photo = shop.artifacts.put(b"a photo")
    shop.order("1", photo)
    made = shop.make(photo, b"G28 ; one\n")
    assert shop.sweep() == 0
    assert all(map(shop.there, (photo, *made.values())))
