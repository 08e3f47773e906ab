"""The event stream over a real socket: nothing left out, nothing twice, and a place that becomes free again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from drivers.contract import Link, Status
from fulfillment.api import events
from fulfillment.daemon import Shop
from jobs import models as m

from .bakery import order, rows, until

WRITERS, EACH = 4, 400


@dataclass
class Message:
    kind: str = "message"
    id: int | None = None
    data: Any = None


@contextmanager
def listening(client: httpx.Client, last: int | None = None, **params: Any) -> Iterator[Iterator[Message]]:
    """The stream's messages, from its raw lines."""
    headers = {} if last is None else {"Last-Event-ID": str(last)}
    with client.stream("GET", "/v1/events", params=params, headers=headers, timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield parsed(answer.iter_lines())


def parsed(lines: Iterator[str]) -> Iterator[Message]:
    message, said = Message(), False
    for text in lines:
        name, _, value = text.partition(": ")
        if not text and said:
            yield message
        if not text:
            message, said = Message(), False
        elif name == "id":
            message.id = int(value)
        elif name == "event":
            message.kind = value
        elif name == "data":
            message.data, said = json.loads(value), True


def happened(messages: Iterator[Message], count: int) -> list[int]:
    """Ids of the next events of the record."""
    found: list[int] = []
    while len(found) < count:
        message = next(messages)
        if message.kind == "happened":
            assert message.id == message.data["id"]
            found.append(message.id)
        else:
            assert message.id is None, "only what is on record has a number"
    return found


def write(shop: Shop, times: int) -> None:
    for number in range(times):
        with shop.store.write("test") as tx:
            tx.log("order", f"O-{number}", "seen", n=number)
            if number % 3 == 0:
                tx.log("order", f"O-{number}", "seen twice")


def test_events_come_in_the_order_of_the_record(shop: Shop, client: httpx.Client) -> None:
    with listening(client, after=0) as messages:
        order(shop)
        write(shop, 5)
        total = len(rows(shop, m.events))
        assert happened(messages, total) == [event["id"] for event in rows(shop, m.events)]


def test_without_a_number_it_begins_now(shop: Shop, client: httpx.Client) -> None:
    write(shop, 5)
    last = rows(shop, m.events)[-1]["id"]
    with listening(client) as messages:
        write(shop, 1)
        assert happened(messages, 1) == [last + 1]


def test_going_on_leaves_none_out_and_repeats_none_while_thousands_are_written(
    shop: Shop, client: httpx.Client
) -> None:
    """Four threads write; the listener is cut off again and again, and goes on behind the last that it heard."""
    writers = [threading.Thread(target=write, args=(shop, EACH)) for _ in range(WRITERS)]
    total = WRITERS * (EACH + -(-EACH // 3))
    heard: list[int] = []
    for writer in writers:
        writer.start()
    while len(heard) < total:
        with listening(client, last=heard[-1] if heard else 0) as messages:
            heard += happened(messages, min(257, total - len(heard)))
    for writer in writers:
        writer.join()
    assert heard == [event["id"] for event in rows(shop, m.events)]
    assert len(heard) == total > 2000


@pytest.mark.parametrize("last", ["x", "", "-1", "1.5", "\u00b2", "9" * 40, "1;2"])
def test_a_number_that_is_none_begins_now(last: str, shop: Shop, client: httpx.Client) -> None:
    write(shop, 3)
    newest = rows(shop, m.events)[-1]["id"]
    headers = {"Last-Event-ID": last.encode("latin-1")}
    with client.stream("GET", "/v1/events", headers=headers, timeout=30) as answer:
        assert answer.status_code == 200
        write(shop, 1)
        assert happened(parsed(answer.iter_lines()), 1) == [newest + 1]


@pytest.mark.parametrize("after", ["-1", "9" * 30, "x"])
def test_a_number_out_of_bounds_is_refused(after: str, client: httpx.Client) -> None:
    assert client.get("/v1/events", params={"after": after}).status_code == 422


def test_live_values_have_no_number(shop: Shop, client: httpx.Client) -> None:
    offer = shop.offers[0]
    with listening(client, after=0) as messages:
        shop.telemetry.put(offer, Status(link=Link.ONLINE, temperatures={}, progress=0.5))
        live = next(message for message in messages if message.kind == "live")
        assert live.id is None
        assert live.data["frosting-1"]["progress"] == 0.5


def test_silence_is_broken_by_a_beat(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SILENCE", 2 * events.LIVE_EVERY)
    with listening(client) as messages:
        beats = [next(messages) for _ in range(3)]
    assert [(beat.kind, beat.id, beat.data) for beat in beats] == [("beat", None, {})] * 3


def test_too_many_streams_are_refused_until_one_goes_away(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    until(lambda: not events._open, "no stream of another test is open")
    monkeypatch.setattr(events, "MOST_STREAMS", 2)
    with listening(client):
        until(lambda: len(events._open) == 1, "it is counted")
        with listening(client):
            until(lambda: len(events._open) == 2, "it is counted")
            refused = client.get("/v1/events")
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "10"
            assert refused.headers["content-type"] == "application/problem+json"
        until(lambda: len(events._open) == 1, "its place is free again")
        with listening(client):
            until(lambda: len(events._open) == 2, "another took it")
    until(lambda: not events._open, "all places are free")
