"""From a unit as ordered to jobs with artifacts, with a planner that is killed and servers that do what they do."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fulfillment import planning
from fulfillment.catalog import Catalog
from fulfillment.daemon import Shop
from fulfillment.planning import Planner, specification
from fulfillment.render.pool import Deadly, RenderPool
from fulfillment.render.work import render
from jobs import intake
from jobs import models as m
from jobs.route import cancel_unit

from .bakery import AtOnce, from_shop, line, order, photo, plan, planner, rows, states, units, until
from .uploads import Uploads


class Never(AtOnce):
    """Takes calls, and is killed before it has run them."""

    def submit(self, *_: Any) -> Future[Any]:
        self.calls += 1
        return Future()


class Raises(AtOnce):
    """Renders as told: the first call with this error, the others rightly."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error: Exception | None = error

    def submit(self, call: Any, *given: Any) -> Future[Any]:
        error, self.error = self.error, None
        if error is None:
            return super().submit(call, *given)
        done: Future[Any] = Future()
        done.set_exception(error)
        return done


def problems(shop: Shop, order_id: str) -> list[dict[str, str]]:
    (unit,) = units(shop, order_id)
    assert unit["state"] == "held"
    found: list[dict[str, str]] = unit["problems"]
    return found


def jobs_of(shop: Shop, order_id: str) -> list[tuple[str, str]]:
    ids = {unit["id"] for unit in units(shop, order_id)}
    return sorted((j["operation_id"].partition(".")[2], j["state"]) for j in rows(shop, m.jobs) if j["unit_id"] in ids)


def test_a_unit_becomes_jobs_with_artifacts_and_a_proof_of_them(shop: Shop) -> None:
    made = order(shop)
    plan(shop)
    assert jobs_of(shop, made) == [("frost", "ready"), ("slip", "ready")]
    by_process = {artifact["process"]: artifact for artifact in rows(shop, m.artifacts)}
    frost, slip = by_process["extrude-food"], by_process["document"]
    assert shop.artifacts.get(slip["sha256"]).startswith(b"%PDF-")
    assert shop.artifacts.get(frost["proof"]).startswith(b"\x89PNG")
    assert frost["size"] == len(shop.artifacts.get(frost["sha256"]))
    assert frost["manifest"]["seconds"] > 0 and slip["proof"] is None


def test_a_real_pool_renders_the_same_bytes(shop: Shop) -> None:
    order(shop)
    plan(shop)
    here = {artifact["sha256"] for artifact in rows(shop, m.artifacts) if artifact["process"] == "extrude-food"}
    order(shop)
    pool = RenderPool(1, 1024, 60)
    try:
        plan(shop, pool)
    finally:
        pool.close()
    assert [job["state"] for job in rows(shop, m.jobs)] == ["ready"] * 4
    assert {a["sha256"] for a in rows(shop, m.artifacts) if a["process"] == "extrude-food"} == here


def test_the_slip_waits_for_the_picture_of_the_piece(shop: Shop) -> None:
    made, pool = order(shop), Never()
    with planner(shop, pool) as first:
        until(lambda: first.round() or pool.calls, "the piece is being rendered")
        for _ in range(3):
            first.round()
        assert pool.calls == 1, "the slip is not asked for before the piece is there"
    assert jobs_of(shop, made) == [("frost", "rendering"), ("slip", "rendering")]
    plan(shop)
    assert jobs_of(shop, made) == [("frost", "ready"), ("slip", "ready")]


# --- killed ---------------------------------------------------------------------------------------------------------


def test_killed_at_each_point_everything_is_done_once(shop: Shop, uploads: Uploads) -> None:
    """A new planner each time, with nothing but the record: while it fetches, renders the piece, renders the slip."""
    url = uploads.put("/cat.jpg", photo())
    made = from_shop(shop, url)
    with planner(shop, Never()) as first:
        first.round()
        uploads.wait_asked("/cat.jpg")
    assert set(states(shop).values()) == {"new"}
    never = Never()
    with planner(shop, never) as second:
        until(lambda: second.round() or never.calls, "it is planned")
    assert jobs_of(shop, made) == [("frost", "rendering"), ("slip", "rendering")]
    with planner(shop) as third:
        third.round()  # rendered, and killed before it says so
    assert jobs_of(shop, made) == [("frost", "rendering"), ("slip", "rendering")]
    with planner(shop) as fourth:
        fourth.round()
        fourth.round()
    plan(shop)
    assert jobs_of(shop, made) == [("frost", "ready"), ("slip", "ready")]
    events = [(e["entity"], e["event"]) for e in rows(shop, m.events)]
    assert events.count(("unit", "planned")) == 1
    assert events.count(("job", "rendered")) == 2
    assert len(rows(shop, m.artifacts)) == 2


def test_a_pool_that_closes_leaves_the_record_as_it_is(shop: Shop) -> None:
    made = order(shop)

    class Closed(AtOnce):
        def submit(self, *_: Any) -> Future[Any]:
            self.calls += 1
            done: Future[Any] = Future()
            done.cancel()
            return done

    closed = Closed()
    with planner(shop, closed) as first:
        until(lambda: first.round() or closed.calls, "it is being rendered")
        first.round()
    assert jobs_of(shop, made) == [("frost", "rendering"), ("slip", "rendering")]
    assert set(states(shop).values()) == {"making"}


def test_a_unit_cancelled_while_it_is_checked_is_not_planned_and_stops_nobody(shop: Shop, uploads: Uploads) -> None:
    url = uploads.put("/slow.jpg", b"", pause=0.02)
    doomed = from_shop(shop, url)
    with planner(shop) as made:
        made.round()
        uploads.wait_asked("/slow.jpg")
        (unit,) = units(shop, doomed)
        with shop.store.write("test") as tx:
            cancel_unit(tx, unit["id"])
        good = order(shop)
        until(lambda: made.round() or not made._checking, "all checks have ended")
        made.round()
    plan(shop)
    assert jobs_of(shop, doomed) == []
    assert jobs_of(shop, good) == [("frost", "ready"), ("slip", "ready")]


# --- customers' files -----------------------------------------------------------------------------------------------


def test_a_file_is_fetched_where_the_shop_keeps_it(shop: Shop, uploads: Uploads) -> None:
    made = from_shop(shop, uploads.put("/a/cat.jpg?v=1", photo()))
    plan(shop)
    assert jobs_of(shop, made) == [("frost", "ready"), ("slip", "ready")]
    (unit,) = units(shop, made)
    assert shop.artifacts.get(unit["resolved"]["photos"]["photo"]) == photo()


@pytest.fixture
def elsewhere() -> Any:
    """Another server, which must never be asked."""
    with Uploads() as server:
        server.put("/secret", photo())
        yield server
        assert not server.asked


FOREIGN = [
    "http://127.0.0.1:{other}/secret",
    "http://127.0.0.1:{own}@127.0.0.1:{other}/secret",
    "http://127.0.0.1:{own}:x@127.0.0.1:{other}/secret",
    "http://localhost:{other}/secret",
    "http://localhost:{own}/cat.jpg",
    "http://[::1]:{own}/cat.jpg",
    "http://[::ffff:127.0.0.1]:{own}/cat.jpg",
    "http://2130706433:{own}/cat.jpg",
    "http://127.1:{own}/cat.jpg",
    "http://127.0.0.1.nip.io:{own}/cat.jpg",
    "http://127.0.0.1:{own}.evil.example/cat.jpg",
    "http://127.0.0.1:{own}\\@127.0.0.1:{other}/secret",
    "https://127.0.0.1:{own}/cat.jpg",
    "//127.0.0.1:{own}/cat.jpg",
    "file:///etc/passwd",
    "ftp://127.0.0.1:{own}/cat.jpg",
    "http://127.0.0.1:{own}/a/../cat.jpg",
    "http://127.0.0.1:{own}/a/%2e%2e/cat.jpg",
    "http://127.0.0.1:{own}/a/..%2fcat.jpg",
    "http://127.0.0.1:99999/cat.jpg",
    "http://[::1/cat.jpg",
    "cat.jpg",
    "x" * 2000,
    "http://127.0.0.1:{own}/\x00",
    "http://127.0.0.1:{own}/a\r\nHost: evil.example",
]


@pytest.mark.parametrize("address", FOREIGN, ids=range(len(FOREIGN)))
def test_an_address_that_is_not_the_shops_is_refused_without_asking_anybody(
    address: str, shop: Shop, uploads: Uploads, elsewhere: Uploads
) -> None:
    uploads.put("/cat.jpg", photo())
    made = from_shop(shop, address.format(own=uploads.port, other=elsewhere.port))
    plan(shop)
    (problem,) = problems(shop, made)
    assert problem["field"] == "photo"
    assert "The file's address" in problem["reason"]
    assert problem["mend"] == "Upload the file anew."
    assert not uploads.asked


def test_a_redirect_is_not_followed(shop: Shop, uploads: Uploads, elsewhere: Uploads) -> None:
    made = from_shop(shop, uploads.put("/moved", status=302, Location=elsewhere.url("/secret")))
    plan(shop)
    (problem,) = problems(shop, made)
    assert (problem["field"], problem["mend"]) == ("photo", "Upload the file anew.")
    assert "302" in problem["reason"]


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 410])
def test_an_answer_that_will_not_change_holds_the_unit(status: int, shop: Shop, uploads: Uploads) -> None:
    made = from_shop(shop, uploads.put("/cat.jpg", status=status))
    plan(shop)
    (problem,) = problems(shop, made)
    assert problem["reason"] == f"The shop's server answered {status} for the file."
    assert uploads.asked["/cat.jpg"] == 1


@pytest.mark.parametrize(("size", "pause"), [(50_000_000, 0.0), (300_000, 0.001)], ids=["large", "endless"])
def test_a_file_beyond_the_limit_is_dropped_on_the_way(size: int, pause: float, shop: Shop, uploads: Uploads) -> None:
    made = from_shop(shop, uploads.put("/large.jpg", bytes(size), pause=pause))
    plan(shop)
    (problem,) = problems(shop, made)
    assert (problem["field"], problem["reason"]) == ("photo", "The file has more than 1 MB.")
    assert "smaller" in problem["mend"]
    assert uploads.left.wait(30), "the connection is closed in the middle of it"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_in_trouble_is_asked_again(
    status: int, shop: Shop, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "AGAIN_AFTER", 0.02)
    made = from_shop(shop, uploads.put("/cat.jpg", status=status))
    with planner(shop) as first:
        until(lambda: first.round() or uploads.asked["/cat.jpg"] >= 3, "it asked three times")
        assert set(states(shop).values()) == {"new"}
        uploads.put("/cat.jpg", photo())
        until(lambda: first.round() or set(states(shop).values()) == {"making"}, "it is planned")
    plan(shop)
    assert jobs_of(shop, made) == [("frost", "ready"), ("slip", "ready")]


def test_a_server_that_never_recovers_is_given_up_with_a_mend_that_works(
    shop: Shop, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "AGAIN_AFTER", 0.001)
    made = from_shop(shop, uploads.put("/cat.jpg", status=500))
    plan(shop)
    assert uploads.asked["/cat.jpg"] == planning.GIVE_UP_AFTER
    (problem,) = problems(shop, made)
    assert problem["field"] == "photo"
    assert "answered 500" in problem["reason"]
    assert "correct the unit" in problem["mend"]
    uploads.put("/cat.jpg", photo())
    (unit,) = units(shop, made)
    intake.correct(shop.store, unit["id"], unit["personalization"], "operator")
    plan(shop)
    assert states(shop) == {unit["id"]: "making"}


def test_a_body_that_drips_is_given_up_and_the_next_try_may_be_quick(
    shop: Shop, uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then never lets a read time out: the whole download has a time of its own."""
    monkeypatch.setattr(planning, "AGAIN_AFTER", 0.02)
    from_shop(shop, uploads.put("/cat.jpg", b"x", pause=0.05))
    with planner(shop) as first:
        first.round()
        uploads.wait_asked("/cat.jpg")
        assert uploads.left.wait(30), "the download is given up while bytes still come"
        uploads.put("/cat.jpg", photo())
        until(lambda: first.round() or set(states(shop).values()) == {"making"}, "it is planned")


def test_a_body_that_unfolds_is_counted_as_it_comes(shop: Shop, uploads: Uploads) -> None:
    """The server compresses although it was asked not to: what arrives is no picture."""
    import gzip

    folded = gzip.compress(bytes(50_000_000))
    made = from_shop(shop, uploads.put("/bomb.jpg", folded, **{"Content-Encoding": "gzip"}))
    plan(shop)
    (problem,) = problems(shop, made)
    assert problem["field"] == "photo"
    assert all(len(path.read_bytes()) < 1_000_000 for path in shop.artifacts.folder.glob("*/*"))


def test_a_closed_port_is_asked_again_later(shop: Shop, uploads: Uploads) -> None:
    """Nobody listens any more: the unit is not held for that at once."""
    from_shop(shop, uploads.put("/cat.jpg", photo()))
    uploads.__exit__(None, None, None)
    with planner(shop) as first:
        until(lambda: first.round() or first._retries, "it will be tried again")
        assert set(states(shop).values()) == {"new"}
    uploads._server.server_close()


def test_many_units_of_a_dead_server_do_not_keep_newer_ones_from_being_planned(shop: Shop, uploads: Uploads) -> None:
    from_shop(shop, uploads.put("/cat.jpg", status=503), quantity=110)
    good = order(shop)
    with planner(shop) as first:
        until(lambda: first.round() or jobs_of(shop, good), "the good one is planned")
    assert list(states(shop).values()).count("new") == 110


def test_the_other_units_of_an_order_go_on(shop: Shop) -> None:
    made = order(shop, line(), line(picture=b"no picture"), line("Thank you"))
    plan(shop)
    assert [unit["state"] for unit in units(shop, made)] == ["making", "held", "making"]


# --- renders that fail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ZeroDivisionError("a defect of ours"), "a defect of ours"),
        (Deadly("it ended 2 workers (memory or 60 s)"), "ended 2 workers"),
        (MemoryError("no more"), "no more"),
        (OSError(28, "No space left on device"), "No space left"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_render_that_fails_holds_its_unit_alone(error: Exception, words: str, shop: Shop) -> None:
    bad, good = order(shop), order(shop)
    plan(shop, Raises(error))
    (problem,) = problems(shop, bad)
    assert words in problem["reason"]
    assert "correct the unit" in problem["mend"]
    assert jobs_of(shop, bad) == [("frost", "cancelled"), ("slip", "cancelled")]
    assert jobs_of(shop, good) == [("frost", "ready"), ("slip", "ready")]
    (unit,) = units(shop, bad)
    intake.correct(shop.store, unit["id"], unit["personalization"], "operator")
    plan(shop)
    assert ("frost", "ready") in jobs_of(shop, bad), "the mend that it names works"


def test_a_render_that_fails_after_its_unit_was_corrected_says_nothing(shop: Shop) -> None:
    """The old job was cancelled with the old personalization; what it finds is not true of the new one."""
    made, never = order(shop), Never()
    with planner(shop, never) as first:
        until(lambda: first.round() or never.calls, "it is being rendered")
    (unit,) = units(shop, made)
    old = next(j["id"] for j in rows(shop, m.jobs) if j["operation_id"].endswith(".frost"))
    intake.hold(shop.store, unit["id"], [], "operator")
    intake.correct(shop.store, unit["id"], unit["personalization"], "operator")
    plan(shop)
    intake.set_aside(shop.store, old, [{"field": "", "reason": "late", "mend": "late"}], "planner")
    assert states(shop) == {unit["id"]: "making"}
    assert jobs_of(shop, made).count(("frost", "ready")) == 1


def test_a_product_that_left_the_catalog_holds_its_units_alone(shop: Shop) -> None:
    """Once before they are checked, once when they are planned already."""
    tart = shop.factory.catalog["pop-tart"]
    planned = order(shop)
    with planner(shop, Never()) as first:
        until(lambda: first.round() or jobs_of(shop, planned), "it is planned")
    fresh = order(shop)
    without = replace(shop.factory, catalog=Catalog({"mug": tart}))
    lost = Shop(without, shop.store, shop.artifacts, shop.telemetry)
    plan(lost)
    for one in (planned, fresh):
        (problem,) = problems(shop, one)
        assert "pop-tart" in problem["reason"]


# --- the same bytes -------------------------------------------------------------------------------------------------

ONCE = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from fulfillment.config import load_factory
    from fulfillment.planning import specification
    from fulfillment.render.work import render
    config, store, photo = sys.argv[1:]
    resolved = {"texts": {"message": "Zoë & Ada"}, "photos": {"photo": photo}, "options": {"flavour": "blueberry",
                "frosting": "vanilla"}}
    made = render(specification(load_factory(Path(config)), "pop-tart", "frost", resolved), Path(store))
    print(made.sha256, made.proof, sorted(made.manifest.items()), made.needs)
    """
)


def test_the_same_specification_gives_the_same_bytes_in_another_process(shop: Shop, config: Path) -> None:
    digest = shop.artifacts.put(photo())
    said = set()
    for seed in ("1", "4321"):
        argv = [sys.executable, "-c", ONCE, str(config), str(shop.artifacts.folder), digest]
        done = subprocess.run(argv, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        said.add(done.stdout)
    assert len(said) == 1
    resolved = {"texts": {"message": "Zoë & Eve"}, "photos": {"photo": digest}}
    resolved["options"] = {"flavour": "blueberry", "frosting": "vanilla"}
    other = render(specification(shop.factory, "pop-tart", "frost", resolved), shop.artifacts.folder)
    assert other.sha256 not in said.pop(), "other words give other bytes"


def test_the_planners_thread_goes_on_after_a_failed_round(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is locked, the disk is full: planning waits a second and goes on."""
    import threading

    failed = threading.Event()
    right = Planner._collect_checks

    def once(self: Planner) -> None:
        if not failed.is_set():
            failed.set()
            raise OSError(28, "No space left on device")
        right(self)

    monkeypatch.setattr(Planner, "_collect_checks", once)
    made = order(shop)
    with planner(shop) as running:
        thread = threading.Thread(target=running.run)
        thread.start()
        until(lambda: jobs_of(shop, made) == [("frost", "ready"), ("slip", "ready")], "it is planned and rendered")
    thread.join(30)
    assert failed.is_set() and not thread.is_alive()
