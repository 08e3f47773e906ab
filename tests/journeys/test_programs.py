"""The programs themselves: one agent a factory, Ctrl-C once and twice, and what works without any daemon."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.journey


def test_a_second_agent_is_refused(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory()
    (unit,) = shop.order("Ada")
    shop.running_attempt(unit)
    for role in ("agent", "web"):
        said = shop.say(role, status=1)
        assert f"another {role} runs on" in said and "stop it first" in said
        assert "Traceback" not in said
    shop.finished(unit)
    assert shop.rooms["frosting-1"].record()["counts"]["opens"] == 1, "the second agent touched the port"


def up(shop: Any, tools: Any) -> None:
    """`ful up`, a machine that is online, and a clear bed."""
    shop.start("up", *shop.ful("up"))
    tools.until(lambda: shop._answers(f"{shop.url}/v1/machines"), "the web program")
    tools.until(lambda: shop.machine()["link"] == "online", "online")
    tools.until(lambda: shop._answers(f"{shop.sides['frosting-1']}/state"), "the simulator")
    shop.post("/v1/machines/frosting-1/bed/clear")


def test_one_ctrl_c_lets_the_piece_end(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory(start=False, speed="10")
    up(shop, tools)
    unit, later = shop.order("Ada", "Bob")
    shop.running_attempt(unit)
    shop.under_way(12)
    assert shop.end("up", signal.SIGINT) == 0
    tools.until(lambda: not tools.marked(shop.folder), "every program ended")
    shop.start_web()
    assert shop.job(unit)["state"] == "made"
    assert not shop.job(later)["tries"], "a draining agent took another job"


def test_two_ctrl_c_stop_at_once_and_the_piece_is_made_again(factory: Callable[..., Any], tools: Any) -> None:
    shop = factory(start=False, speed="1")
    up(shop, tools)
    (unit,) = shop.order("Mississi")
    attempt = shop.running_attempt(unit)
    shop.under_way(9)
    shop.running["up"].send_signal(signal.SIGINT)
    time.sleep(1.0)
    assert shop.running["up"].poll() is None, "one Ctrl-C lets the piece end, which takes a minute here"
    assert shop.job(unit)["state"] == "running", "web serves until the agent has ended"
    shop.end("up", signal.SIGINT)
    tools.until(lambda: not tools.marked(shop.folder), "every program ended")
    up_again(shop, tools)
    assert shop.running_attempt(unit, "failed") == attempt
    assert shop.machine()["bed"]["state"] == "dirty"
    shop.end("up", signal.SIGINT)


def up_again(shop: Any, tools: Any) -> None:
    shop.start("up", *shop.ful("up"))
    tools.until(lambda: shop._answers(f"{shop.url}/v1/machines"), "the web program")


def test_render_and_simulate_without_any_daemon(factory: Callable[..., Any], tools: Any, tmp_path: Path) -> None:
    shop = factory(start=False)
    first, second, other = tmp_path / "first", tmp_path / "second", tmp_path / "other"
    for folder, word in ((first, "Ada"), (second, "Ada"), (other, "Bob")):
        said = shop.say("render", "word", "--text", f"word={word}", "--out", str(folder))
        assert str(folder / "frost.gcode") in said
    names = ("frost.gcode", "frost.manifest.json", "frost.proof.png")
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
        assert (first / name).read_bytes() != (other / name).read_bytes(), name
    picture = tmp_path / "made.png"
    artifact = str(first / "frost.gcode")
    said = shop.say("simulate", artifact, "--machine", "frosting-1", "--picture", str(picture))
    assert "made" in said and picture.read_bytes().startswith(b"\x89PNG")
    said = shop.say("simulate", artifact, "--machine", "frosting-1", "--fault", "kill@line=20", status=1)
    assert "it failed" in said and "halted" in said
    refused = shop.say("render", "word", "--text", "word=\N{CAT FACE}", "--out", str(tmp_path / "none"), status=1)
    assert "cannot be made" in refused and "Traceback" not in refused
    assert not shop.all, "no daemon was started"
