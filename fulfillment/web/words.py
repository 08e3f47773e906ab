"""What screens say: events as sentences, times in the site's zone, amounts with their units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from jobs.states import TABLES

MEANING: Mapping[tuple[str, str], str] = {
    (table.entity, event): text for table in TABLES for event, text in table.meaning.items()
}
"""What each event of the state tables says, by (entity, event)."""


def an_attempt(detail: Mapping[str, Any]) -> str:
    return str(detail.get("attempt", "an attempt"))


Told = Callable[[Mapping[str, Any]], str]

REMARKS: Mapping[tuple[str, str], str | Told] = {
    ("order", "received"): lambda d: (
        f"taken in from {d.get('source', 'somewhere')}, {count(d.get('units', 0), 'unit')}"
    ),
    ("order", "repeated"): "sent again, the same: nothing new is made",
    ("order", "differs"): "sent again and says something else: it was left as it was",
    ("order", "forgotten"): "the customer's words, pictures and name were erased",
    ("order", "noted"): lambda d: "its note was written by hand" if d.get("text") else "its note is by rule again",
    ("unit", "collated"): lambda d: f"laid to {d.get('unit', 'the last piece of its order')}",
    ("job", "remade"): lambda d: f"made again, because {d.get('of', 'the last try')} failed",
    ("job", "pictured"): "a picture of what came out was kept",
    ("job", "planned"): "waits to be rendered",
    ("machine", "asked"): lambda d: f"asked to {d.get('verb', 'do something')} {d.get('attempt', '')}".rstrip(),
    ("machine", "answered"): lambda d: f"answered: {d.get('answer', 'nothing')}",
    ("machine", "seen"): lambda d: str(d.get("fault") or d.get("prompt") or "its link changed"),
    ("machine", "foreign"): lambda d: f"runs {d.get('name', 'something')}, which nobody here ordered",
    ("bed", "cleared"): lambda d: f"said to be clear: {d.get('how', 'nobody wrote how')}",
    ("bed", "assigned"): lambda d: f"kept for {an_attempt(d)}",
    ("bed", "soiled"): lambda d: str(d.get("how") or f"{an_attempt(d)} was started on it"),
    ("machine", "loaded"): lambda d: loaded(d),
    ("machine", "cleaned"): lambda d: f"cleaned: {d.get('how', 'nobody wrote how')}",
    ("machine", "maintained"): lambda d: f"{d.get('task', 'a task')} done{': ' + d['note'] if d.get('note') else ''}",
    ("machine", "taken_back"): lambda d: f"not {d.get('what', 'so')} after all: {d.get('why', '')}",
    ("machine", "touched"): lambda d: f"touched by {', '.join(d.get('allergens') or ('a material',))}",
    ("machine", "worked"): lambda d: worked(d),
    ("job", "cancelled"): lambda d: f"cancelled: {d['why']}" if d.get("why") else "cancelled",
    ("job", "intended"): lambda d: f"{an_attempt(d)} is about to be sent to {d.get('machine', 'a machine')}",
    ("job", "formed"): lambda d: f"made of {count(d.get('pieces', 0), 'piece')} that waited for company",
    ("job", "batched"): lambda d: f"{_place(d)} of the batch {d.get('batch', '')}",
    ("job", "dissolved"): lambda d: f"waits for another batch: {d.get('why', 'the first was given up')}",
    ("job", "left_out"): lambda d: str(d.get("why", "left out of its batch")),
    ("job", "not_left_out"): lambda d: f"was not left out: {d.get('why', 'the machine refused')}",
    ("job", "claimed"): lambda d: f"taken by {d.get('machine', 'a machine')}",
    ("bed", "registered"): "nobody has said yet whether it is clear",
}
"""Events that move no state, and those of which the record tells more than its table."""


def _place(detail: Mapping[str, Any]) -> str:
    """Where a piece lies in its batch."""
    place = detail.get("place") or {}
    return where(place) if place.get("pocket") else "a piece"


def where(place: Mapping[str, Any]) -> str:
    """Of a piece among others: in a pocket of its jig, or side by side with them on a plate."""
    return f"number {place['pocket']} on the plate" if "x" in place else f"in pocket {place['pocket']}"


def loaded(detail: Mapping[str, Any]) -> str:
    """What was put into a machine."""
    much = f", {volume(detail['volume'])}" if detail.get("volume") else ""
    lot = f", lot {detail['lot']}" if detail.get("lot") else ""
    before = "; something else was said the last time" if detail.get("instead") else ""
    return f"loaded with {detail.get('material', 'something')}{much}{lot}{before}"


def worked(detail: Mapping[str, Any]) -> str:
    """What an attempt has used of a machine."""
    used = f", {volume(detail['volume'])}" if detail.get("volume") else ""
    left = f", {volume(detail['left'])} left" if detail.get("left") is not None else ""
    return f"worked {span(detail.get('seconds', 0))} on {an_attempt(detail)}{used}{left}"


def told(event: Mapping[str, Any]) -> str:
    """An event of the record as a sentence without its subject."""
    key, detail = (event["entity"], event["event"]), event["detail"] or {}
    remark = REMARKS.get(key)
    if remark is not None:
        return remark if isinstance(remark, str) else remark(detail)
    text = MEANING.get(key, event["event"].replace("_", " "))
    more = [str(detail[name]) for name in ("why", "how") if detail.get(name)]
    more += [f"{p['field']}: {p['reason']}".removeprefix(": ") for p in detail.get("problems", ())]
    return f"{text} ({'; '.join(more)})" if more else text


def ticks(text: str) -> Markup:
    """A text whose `commands` are set as code; everything else of it is escaped."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts))


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def clock(at: float, now: float, zone: ZoneInfo) -> str:
    """A time as a clock in the site's zone shows it, with its date where that is not today's."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    return f"{then:%b} {then.day}, {then:%H:%M}" if then.year == today.year else f"{then:%Y-%m-%d %H:%M}"


def stamp(at: float, zone: ZoneInfo) -> str:
    """A time in full, for titles."""
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M:%S %Z}"


def iso(at: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).isoformat(timespec="seconds")


def ago(at: float, now: float) -> str:
    """Such as "3 min ago" or "in 2 h"; the module counts on from here with the same words."""
    away = abs(now - at)
    if away < 10:
        return "just now"
    text = f"{away:.0f} s" if away < 60 else span(away)
    return f"{text} ago" if at <= now else f"in {text}"


def span(seconds: float) -> str:
    """A length of time in the largest unit that says enough."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes < 600 and minutes % 60 else f"{minutes // 60} h"
    return f"{minutes // 1440} days"


def volume(value: float) -> str:
    """mm3 as people measure frosting."""
    return f"{value / 1000:.1f} ml"


LOOKS: Mapping[str, str] = {
    "offline": "offline",
    "connecting": "connecting",
    "idle": "idle",
    "busy": "busy with something not ours",
    "starting": "starting",
    "running": "making",
    "paused": "paused",
    "prompt": "waits for you",
    "fault": "in fault",
}
"""What a machine's card says. The module has the same words (static/live.js), and a test compares the two."""


def look(machine: Mapping[str, Any]) -> str:
    """The one word that a machine's card is coloured by, a key of LOOKS."""
    live = machine["live"] or {}
    link, fault = live.get("link", machine["link"]), live.get("fault", machine.get("fault"))
    if fault:
        return "fault"
    if link != "online":
        return str(link)
    if live.get("prompt", machine.get("prompt")):
        return "prompt"
    in_hand = [job["state"] for job in machine["jobs"] if job["state"] in ("starting", "running", "paused")]
    return str(in_hand[0] if in_hand else live.get("activity", machine["activity"]))


def percent(machine: Mapping[str, Any]) -> str:
    progress = (machine["live"] or {}).get("progress")
    return "" if progress is None else f"{progress * 100:.0f} %"


def temperatures(machine: Mapping[str, Any]) -> str:
    """Such as "nozzle 32.1 / 32 \u00b0C"; a heater that is off shows its reading alone."""
    read = (machine["live"] or {}).get("temperatures", {})
    return ", ".join(
        f"{name} {actual:.1f} / {target:.0f} \u00b0C" if target else f"{name} {actual:.1f} \u00b0C"
        for name, (actual, target) in read.items()
    )
