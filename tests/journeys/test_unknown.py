"""A job that nobody can tell of: the file was taken, nothing was answered, and the agent died. A person decides."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.journey


@pytest.fixture
def printer(factory: Callable[..., Any], tmp_path: Path) -> tuple[Any, Path]:
    """A factory of one hot folder whose consumer acknowledges, and that folder. The test is the consumer."""
    folder = tmp_path / "cards"
    folder.mkdir()
    options = {"done_when": "acknowledged", "extension": ".pdf", "poll": 0.1}
    machine = {"name": "cards", "driver": "hot-folder", "address": str(folder), "processes": ["document"]}
    shop = factory(machines=0, more={"machines": [machine | {"options": options}]})
    return shop, folder


def taken(tools: Any, folder: Path) -> str:
    """Take the one file that waits, as a consumer does. The attempt that it is named for."""
    (file,) = tools.until(lambda: list(folder.glob("*.pdf")), "a file in the folder")
    assert file.read_bytes().startswith(b"%PDF-")
    away = folder.parent / "taken"
    away.mkdir(exist_ok=True)
    shutil.move(file, away / file.name)
    return str(file.stem)


def nobody_knows(shop: Any, tools: Any, folder: Path, unit: str) -> str:
    """Lose the job: taken, never answered, agent killed. Its id, once an operator is asked about it."""
    attempt = taken(tools, folder)
    assert shop.running_attempt(unit) == attempt
    shop.end("agent", signal.SIGKILL)
    shop.start_agent()
    assert shop.running_attempt(unit, "unknown") == attempt
    job = shop.job(unit)
    (call,) = [call for call in shop.get("/v1/attention") if call["kind"] == "unknown"]
    assert call["subject"] == job["id"]
    assert "made, failed or not started" in call["do"]
    assert not list(folder.glob("*.pdf")), "it was put there a second time while nobody knows"
    return str(job["id"])


def acknowledged(shop: Any, tools: Any, folder: Path, unit: str) -> str:
    """The next file is taken and answered."""
    attempt = taken(tools, folder)
    (folder / f"{attempt}.done").touch()
    tools.until(lambda: shop.job(unit)["state"] == "made", "made")
    return attempt


def test_decided_made(printer: tuple[Any, Path], tools: Any) -> None:
    shop, folder = printer
    (unit,) = shop.order("Ada", product="card")
    job = nobody_knows(shop, tools, folder, unit)
    shop.post(f"/v1/jobs/{job}/decide", {"verdict": "perhaps"}, status=422)
    shop.post(f"/v1/jobs/{job}/decide", {"verdict": "made"})
    shop.post(f"/v1/jobs/{job}/decide", {"verdict": "failed"}, status=409)
    shop.pack(unit)
    assert [(each["id"], each["state"], each["attempts"]) for each in shop.jobs_of(unit)] == [(job, "made", 1)]
    assert not list(folder.glob("*.pdf"))


def test_decided_failed_is_made_again_as_another_job(printer: tuple[Any, Path], tools: Any) -> None:
    shop, folder = printer
    (unit,) = shop.order("Ada", product="card")
    job = nobody_knows(shop, tools, folder, unit)
    shop.say("job", "decide", job, "failed")
    assert not acknowledged(shop, tools, folder, unit).startswith(job)
    shop.pack(unit)
    assert [each["state"] for each in shop.jobs_of(unit)] == ["failed", "made"]
    assert len(list((folder.parent / "taken").iterdir())) == 2


def test_decided_not_started_is_tried_again_under_a_new_name(printer: tuple[Any, Path], tools: Any) -> None:
    shop, folder = printer
    (unit,) = shop.order("Ada", product="card")
    job = nobody_knows(shop, tools, folder, unit)
    shop.say("job", "decide", job, "not-started")
    assert acknowledged(shop, tools, folder, unit) == f"{job}-a2"
    shop.pack(unit)
    assert [each["state"] for each in shop.job(unit)["tries"]] == ["absent", "made"]


def test_a_late_answer_decides_at_the_next_look(printer: tuple[Any, Path], tools: Any) -> None:
    shop, folder = printer
    (unit,) = shop.order("Ada", product="card")
    job = nobody_knows(shop, tools, folder, unit)
    (folder / f"{job}-a1.done").touch()
    shop.post("/v1/machines/cards/connect")
    tools.until(lambda: shop.job(unit)["state"] == "made", "the evidence that came late")
    shop.pack(unit)
