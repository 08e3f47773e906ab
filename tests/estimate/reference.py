"""What three firmwares do, move by move in plain loops: slow, and written from their documents, not from ours.

A move is a dict: ``d`` (X, Y, Z, E in mm), ``speed``, ``halt`` (it begins after a standstill). A machine is a dict of
its limits.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

Move = dict[str, Any]


def prepare(moves: list[Move], machine: dict[str, Any]) -> list[Move]:
    """Way, direction, speed and acceleration of each, within what each axis may."""
    ready = []
    for move in moves:
        way = math.sqrt(sum(step**2 for step in move["d"][:3]))
        alone = way == 0
        way = way or abs(move["d"][3])
        r = [step / way for step in move["d"]]
        speed = move["speed"]
        for share, most in zip(r, machine["feed"], strict=True):
            if abs(share) > 1e-9:
                speed = min(speed, most / abs(share))
        asked = machine["retract"] if alone else machine["print"] if move["d"][3] else machine["travel"]
        acceleration = asked
        for share, most in zip(r, machine["most"], strict=True):
            if share:
                acceleration = min(acceleration, most / abs(share))
        ready.append({**move, "way": way, "r": r, "speed": speed, "a": acceleration, "alone": alone})
    return ready


def in_time(way: float, a: float, enter: float, leave: float, top: float) -> float:
    """Seconds of speeding up, running and slowing down."""
    peak = min(top, math.sqrt((2 * a * way + enter**2 + leave**2) / 2))
    peak = max(peak, enter, leave)
    up, down = (peak**2 - enter**2) / (2 * a), (peak**2 - leave**2) / (2 * a)
    return (peak - enter) / a + (peak - leave) / a + max(0.0, way - up - down) / peak


def planned(run: list[Move], entry: list[float], last: float) -> list[float]:
    """From the highest speeds at corners: backwards, what can be braked; forwards, what can be reached."""
    speeds = [*entry, last]
    for i in reversed(range(len(run))):
        speeds[i] = min(speeds[i], math.sqrt(speeds[i + 1] ** 2 + 2 * run[i]["a"] * run[i]["way"]))
    for i, move in enumerate(run):
        speeds[i + 1] = min(speeds[i + 1], math.sqrt(speeds[i] ** 2 + 2 * move["a"] * move["way"]))
    return [in_time(move["way"], move["a"], speeds[i], speeds[i + 1], move["speed"]) for i, move in enumerate(run)]


def runs(moves: list[Move]) -> list[list[Move]]:
    found: list[list[Move]] = [[]]
    for move in moves:
        if move["halt"] and found[-1]:
            found.append([])
        found[-1].append(move)
    return found


def safe(move: Move, machine: dict[str, Any]) -> float:
    speed = move["speed"]
    for share, jerk in zip(move["r"], machine["jerk"], strict=True):
        if abs(share) * speed > jerk:
            speed = jerk / abs(share)
    return float(speed)


def marlin(moves: list[Move], machine: dict[str, Any]) -> list[float]:
    """Classic jerk."""
    times: list[float] = []
    for run in runs(prepare(moves, machine)):
        entry = [safe(run[0], machine)]
        for one, two in pairwise(run):
            speed = min(one["speed"], two["speed"])
            factor = 1.0
            for before, after, most in zip(one["r"], two["r"], machine["jerk"], strict=True):
                leaving, entering = before * speed * factor, after * speed * factor
                same_way = leaving * entering >= 0
                jump = abs(leaving - entering) if same_way else max(abs(leaving), abs(entering))
                if jump > most:
                    factor *= most / jump
            speed *= factor
            if safe(one, machine) > 0.99 * speed and safe(two, machine) > 0.99 * speed:
                speed = min(safe(two, machine), one["speed"], two["speed"])
            entry.append(speed)
        times += planned(run, entry, safe(run[-1], machine))
    return times


def grbl(moves: list[Move], machine: dict[str, Any]) -> list[float]:
    """Junction deviation: v2 = a d sin / (1 - sin) of half the angle between the ways."""
    times: list[float] = []
    for run in runs(prepare(moves, machine)):
        entry = [0.0]
        for one, two in pairwise(run):
            cosine = max(-1.0, min(1.0, -sum(a * b for a, b in zip(one["r"], two["r"], strict=True))))
            sine = math.sqrt((1 - cosine) / 2)
            speed = min(one["speed"], two["speed"])
            if 1 - sine > 1e-9:
                bend = [b - a for a, b in zip(one["r"], two["r"], strict=True)]
                length = math.sqrt(sum(b * b for b in bend))
                a = two["a"]
                for share, most in zip(bend, machine["most"], strict=True):
                    if abs(share) / length > 1e-9:
                        a = min(a, most / (abs(share) / length))
                speed = min(speed, math.sqrt(a * machine["deviation"] * sine / (1 - sine)))
            entry.append(speed)
        times += planned(run, entry, 0.0)
    return times


def klipper(moves: list[Move], machine: dict[str, Any]) -> list[float]:
    """Square corner velocity, centripetal limits, and the minimum cruise ratio."""
    times: list[float] = []
    for run in runs(_limited(prepare(moves, machine), machine)):
        starts = [0.0]
        calm_starts = [0.0]
        for one, two in pairwise(run):
            limit = _corner(one, two)
            starts.append(min(limit, starts[-1] + one["gain"]))
            calm_starts.append(min(starts[-1], calm_starts[-1] + one["calm"]))
        times += _flushed(run, starts, calm_starts)
    return times


def _limited(ready: list[Move], machine: dict[str, Any]) -> list[Move]:
    for move in ready:
        asked = machine["print"] if move["d"][3] else machine["travel"]
        if not move["alone"]:
            move["speed"] = min(move["speed"], max(machine["feed"][:2]))
        move["deviation"] = machine["square"] ** 2 * (math.sqrt(2) - 1) / asked
        move["gain"] = 2 * move["way"] * move["a"]
        move["calm"] = min(move["gain"], 2 * move["way"] * asked * (1 - machine["cruise"]))
    return ready


def _corner(one: Move, two: Move) -> float:
    if one["alone"] or two["alone"]:
        return 0.0
    limit = min(one["speed"] ** 2, two["speed"] ** 2)
    feeder = abs(two["r"][3] - one["r"][3])
    if feeder > 1e-9:
        limit = min(limit, (1.0 / feeder) ** 2)
    cosine = max(-1.0, min(1.0, -sum(a * b for a, b in zip(one["r"][:3], two["r"][:3], strict=True))))
    sine, other = math.sqrt(0.5 * (1 - cosine)), math.sqrt(0.5 * (1 + cosine))
    for move in (one, two):
        if 1 - sine > 1e-9:
            limit = min(limit, sine / (1 - sine) * move["deviation"] * move["a"])
        if other > 1e-9:
            limit = min(limit, move["gain"] * 0.25 * sine / other)
    return float(limit)


def _flushed(run: list[Move], starts: list[float], calm_starts: list[float]) -> list[float]:
    plan: list[tuple[float, float | None, float]] = []
    leave = calm_leave = peak = 0.0
    waiting = 0
    for move, most, calm_most in reversed(list(zip(run, starts, calm_starts, strict=True))):
        enter, calm = min(most, leave + move["gain"]), min(calm_most, calm_leave + move["calm"])
        cruise: float | None = None
        waiting += 1
        if calm < calm_leave + move["calm"] - 1e-3:
            if calm + move["calm"] > calm_leave + 1e-3 or waiting > 1:
                peak = (calm + calm_leave + move["calm"]) / 2
            cruise = min((enter + leave + move["gain"]) / 2, move["speed"] ** 2, peak)
            waiting = 0
        plan.append((enter, cruise, leave))
        leave, calm_leave = enter, calm
    times, before = [], 0.0
    for move, (enter, cruise, leave) in zip(run, reversed(plan), strict=True):
        top = min(before, enter) if cruise is None else cruise
        v0, v, v1 = (math.sqrt(max(0.0, square)) for square in (min(enter, top), top, min(leave, top)))
        even = move["way"] - (v * v - v0 * v0) / (2 * move["a"]) - (v * v - v1 * v1) / (2 * move["a"])
        times.append((v - v0) / move["a"] + (v - v1) / move["a"] + max(0.0, even) / v)
        before = top
    return times
