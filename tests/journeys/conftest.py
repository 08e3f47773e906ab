"""A factory of real programs below one folder: simulators on ptys, agent and web as processes, SQLite, free ports.

Whatever a test started is ended by its pid, and nothing that it started may be left: each program carries the folder
in its environment, and so does whatever that program starts itself.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml

from fulfillment.demo.factory import free_ports
from fulfillment.twin import Room

HERE = Path(__file__).parent
PATIENCE = 40.0
"""Seconds after which something that should have come about has not."""
MARK = "FULFILLMENT_JOURNEY"
OWN = frozenset({"M27", "M105", "M108", "M110", "M115", "M155", "M211", "M400", "M876"})
"""Commands that the driver sends by itself, between the lines of an artifact: left out of every comparison."""
QUICK = {"boot_wait": 0.5, "settle": 0.05, "silence": 0.4, "start_wait": 5.0, "patience": 3.0, "poll": 0.5}
COMMAND = re.compile(r"[GMT]\d+")
T = TypeVar("T")
Json = dict[str, Any]


def until(look: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """The first truthy thing that is seen."""
    end = time.monotonic() + patience
    while not (seen := look()):
        assert time.monotonic() < end, f"{what} did not come about within {patience:g} s; last seen: {seen!r}"
        time.sleep(0.03)
    return seen


def commands(lines: Sequence[str]) -> list[str]:
    """An artifact's commands, without comments and without what the driver asks as well."""
    bare = (line.partition(";")[0].strip() for line in lines)
    return [line for line in bare if line and line.split()[0] not in OWN]


def executed(piece: Json) -> list[str]:
    """What the machine executed, by its own record, without the driver's own questions and without what is no command.

    A line that lost its N on the way is one such (L406 M302 P0*95): a firmware calls it unknown and does nothing.
    """
    known = (command for _, command in piece["executed"] if COMMAND.match(command))
    return [command for command in known if command.split()[0] not in OWN]


def marked(folder: Path) -> list[int]:
    """Processes that were started, however indirectly, for this folder."""
    wanted, found = f"{MARK}={folder}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
    return found


def end_all(folder: Path) -> None:
    """Await that nothing of this folder runs any more. What stays is killed by its pid, and told."""
    end = time.monotonic() + 15
    while (left := marked(folder)) and time.monotonic() < end:
        time.sleep(0.05)
    names = [Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in left]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left, f"these programs had not ended: {names}"


def frosting(name: str, folder: Path, side: int, speed: str, extra: Sequence[str], options: Json) -> Json:
    args = ["--speed", speed, "--side", str(side), "--e-area", "314", "--min-temp", "0", "--surface-z", "12", *extra]
    speeds = {"x": 150, "y": 150, "z": 10, "e": 5}
    return {
        "name": name,
        "driver": "marlin",
        "address": str(folder / f"{name}.tty"),
        "processes": ["extrude-food"],
        "envelope": {"x": 220, "y": 220, "z": 60},
        "material": "frosting-chocolate",
        "nozzle": 1.2,
        "e_area": 314,
        "limits": {"speed": speeds, "acceleration": 1000, "flow": 40, "cold_extrusion": True},
        "options": QUICK | options,
        "camera": f"http://127.0.0.1:{side}/snapshot.png?region=36,36,84,64&px-per-mm=4",
        "simulator": {"kind": "marlin", "args": args},
    }


class Factory:
    """One factory. Programs are started and killed by name; people act through the API."""

    def __init__(
        self,
        folder: Path,
        machines: int = 1,
        speed: str = "20",
        simulator: Sequence[str] = (),
        options: Json | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.secret = "a secret of the shop"
        web, *sides = free_ports(1 + machines)
        names = [f"frosting-{number}" for number in range(1, machines + 1)]
        self.rooms = {name: Room(f"http://127.0.0.1:{side}") for name, side in zip(names, sides, strict=True)}
        self.sides = {name: f"http://127.0.0.1:{side}" for name, side in zip(names, sides, strict=True)}
        self.machines = [
            frosting(name, folder, side, speed, simulator, options or {})
            for name, side in zip(names, sides, strict=True)
        ]
        self.path = folder / "config.yaml"
        self.path.write_text(yaml.safe_dump(self._config(web) | dict(more or {}), sort_keys=False))
        (folder / "shop-secret").write_text(self.secret)
        self.url = f"http://127.0.0.1:{web}"
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE, headers={"X-Ful-Who": "a person"})
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.all: list[subprocess.Popen[bytes]] = []

    def _config(self, web: int) -> Json:
        sku = {"sku": "WORD", "product": "word", "properties": {"Word": "word"}}
        source = {"kind": "shopify", "name": "shop", "secret": {"file": "shop-secret"}, "skus": [sku]}
        return {
            "site": {"name": "Journey"},
            "machines": self.machines,
            "materials": [{"name": "frosting-chocolate", "kind": "frosting", "colour": "#3b2314"}],
            "catalog": str(HERE / "catalog"),
            "making": {"attempts": 5, "remakes": 3},
            "web": {"host": "127.0.0.1", "port": web},
            "order_sources": [source],
        }

    # --- programs ---------------------------------------------------------------------------------------------------

    def start(self, name: str, *argv: str) -> subprocess.Popen[bytes]:
        """A program of that name; its words go to NAME.log."""
        assert name not in self.running or self.running[name].poll() is not None, f"{name} runs already"
        with (self.folder / f"{name}.log").open("ab") as log:
            environment = os.environ | {MARK: str(self.folder)}
            process = subprocess.Popen(
                argv, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.running[name] = process
        self.all.append(process)
        return process

    def ful(self, *words: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "fulfillment.cli", "--config", str(self.path), *words)

    def say(self, *words: str, status: int = 0) -> str:
        """One command at a terminal: what it printed. It must end with this status."""
        environment = os.environ | {MARK: str(self.folder)}
        done = subprocess.run(
            self.ful(*words), cwd=self.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == status, (words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def start_simulator(self, name: str) -> None:
        machine = next(machine for machine in self.machines if machine["name"] == name)
        base = (sys.executable, "-m", "simulators", "marlin", "--link", machine["address"], "--die-with-parent")
        self.start(name, *base, *machine["simulator"]["args"])
        until(lambda: self._answers(f"{self.sides[name]}/state"), f"the simulator of {name}")

    def start_agent(self) -> subprocess.Popen[bytes]:
        return self.start("agent", *self.ful("agent", "-v"))

    def start_web(self) -> subprocess.Popen[bytes]:
        process = self.start("web", *self.ful("web"))
        until(lambda: self._answers(f"{self.url}/v1/machines"), "the web program")
        return process

    def up(self) -> None:
        """Everything runs, every machine is online, and a person has looked at every bed."""
        for machine in self.machines:
            if "simulator" in machine:
                self.start_simulator(machine["name"])
        self.start_agent()
        self.start_web()
        for name in self.rooms:
            until(lambda name=name: self.machine(name)["link"] == "online", f"{name} online")  # type: ignore[misc]
            self.post(f"/v1/machines/{name}/bed/clear")

    def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> int:
        self.running[name].send_signal(how)
        return self.ended(name)

    def ended(self, name: str, patience: float = PATIENCE) -> int:
        return self.running[name].wait(patience)

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return httpx.get(url, timeout=PATIENCE).status_code == 200
        except httpx.TransportError:
            return False

    def close(self) -> None:
        """End everything by its pid; nothing may be left."""
        self.http.close()
        for process in self.all:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)
        end_all(self.folder)
        for path in sorted(self.folder.glob("*.log")):
            text = path.read_text(errors="replace")
            assert "Traceback" not in text, f"{path.name}:\n{text[-4000:]}"

    # --- what is seen -----------------------------------------------------------------------------------------------

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def machine(self, name: str = "frosting-1") -> Json:
        found: Json = next(machine for machine in self.get("/v1/machines") if machine["name"] == name)
        return found

    def unit(self, unit_id: str) -> Json:
        found: Json = self.get(f"/v1/units/{unit_id}")
        return found

    def happened(self, event: str) -> list[str]:
        """What is on record under this word, straight from the database."""
        with closing(sqlite3.connect(self.folder / ".factory" / "fulfillment.db")) as record:
            return [row[0] for row in record.execute("SELECT detail FROM events WHERE event = ?", (event,))]

    def jobs_of(self, unit_id: str) -> list[Json]:
        """The unit's machine jobs, oldest first."""
        found = [job for operation in self.unit(unit_id)["operations"] for job in operation["jobs"]]
        return sorted(found, key=lambda job: int(job["seq"]))

    def job(self, unit_id: str) -> Json:
        """The unit's newest machine job, once it has been planned."""
        return until(lambda: self.jobs_of(unit_id), f"a job of {unit_id}")[-1]

    def running_attempt(self, unit_id: str, state: str = "running") -> str:
        """Id of the unit's attempt once it is in that state."""

        def look() -> str | None:
            tries = self.job(unit_id)["tries"]
            return str(tries[-1]["id"]) if tries and tries[-1]["state"] == state else None

        return until(look, f"{unit_id} {state}") or ""

    def state(self, name: str = "frosting-1") -> Json:
        found: Json = httpx.get(f"{self.sides[name]}/state", timeout=PATIENCE).json()
        return found

    def piece(self, name: str = "frosting-1") -> Json:
        """What lies on the bed, by the machine's own record."""
        found: Json = self.rooms[name].record()["piece"]
        return found

    def program(self, job: Json) -> list[str]:
        """The commands of a job's artifact."""
        answer = self.http.get(f"/v1/artifacts/{job['artifact']}/content")
        assert answer.status_code == 200
        lines = commands(answer.text.splitlines())
        assert len(lines) > 20
        return lines

    def under_way(self, lines: int, name: str = "frosting-1") -> None:
        """So many lines of an artifact were executed since the bed was cleared."""
        until(lambda: len(executed(self.piece(name))) >= lines, f"{lines} lines on {name}")

    # --- what people do ---------------------------------------------------------------------------------------------

    def post(self, path: str, body: object = None, status: int = 0) -> Any:
        answer = self.http.post(path, json=body)
        expected = (status,) if status else (200, 201, 202)
        assert answer.status_code in expected, (path, answer.status_code, answer.text)
        return answer.json()

    def order(self, *words: str, external_id: str | None = None, product: str = "word") -> list[str]:
        """One order with a line for each word (that differ from each other). The units' ids, in that order."""
        body = self.order_body(*words, external_id=external_id or "-".join(words), product=product)
        order_id = self.post("/v1/orders", body)["id"]
        units = self.get(f"/v1/orders/{order_id}")["units"]
        by_word = {unit["personalization"]["fields"]["word"]: str(unit["id"]) for unit in units}
        return [by_word[word] for word in words]

    @staticmethod
    def order_body(*words: str, external_id: str, product: str = "word") -> Json:
        lines = [{"product": product, "fields": {"word": word}} for word in words]
        return {"external_id": external_id, "lines": lines}

    def fault(self, spec: str, name: str = "frosting-1") -> None:
        self.hand("fault", {"spec": spec}, name)

    def hand(self, what: str, body: object = None, name: str = "frosting-1") -> Json:
        """Something that a hand does at the machine: press, power-cycle, fault."""
        answer = httpx.post(f"{self.sides[name]}/{what}", content=json.dumps(body), timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def take(self, name: str = "frosting-1") -> Json:
        """Take the piece off, say that the bed is clear, and hand over the piece."""
        piece = self.piece(name)
        self.rooms[name].take_piece()
        self.post(f"/v1/machines/{name}/bed/clear", {"how": "took it off"})
        return piece

    def pack(self, unit_id: str) -> None:
        self.post(f"/v1/units/{unit_id}/operations/pack/done")
        assert self.unit(unit_id)["state"] == "packed"

    def finished(self, unit_id: str, name: str = "frosting-1", harmless: Sequence[str] = ()) -> Json:
        """Await that the unit is made; take its piece off and pack it. The piece, which must be whole and good.

        ``harmless``: troubles on the machine's record that spoil nothing here.
        """
        until(lambda: self.job(unit_id)["state"] == "made", f"{unit_id} made")
        job, piece = self.job(unit_id), self.take(name)
        assert executed(piece) == self.program(job), "not every line exactly once and in order"
        assert not set(piece["outcome"]["troubles"]) - set(harmless) and len(piece["runs"]) == 1, piece["outcome"]
        self.pack(unit_id)
        return piece


@pytest.fixture
def factory(tmp_path: Path) -> Iterator[Callable[..., Factory]]:
    """``factory(machines=1, speed="20", simulator=[...], options={...}, more={...})``: a factory that is up."""
    made: list[Factory] = []

    def build(*, start: bool = True, **settings: Any) -> Factory:
        folder = tmp_path / f"factory-{len(made)}"
        folder.mkdir()
        made.append(Factory(folder, **settings))
        if start:
            made[-1].up()
        return made[-1]

    yield build
    for each in made:
        each.close()


class Tools:
    """Helpers of this folder, for its tests."""

    until = staticmethod(until)
    executed = staticmethod(executed)
    commands = staticmethod(commands)
    marked = staticmethod(marked)
    end_all = staticmethod(end_all)
    here = HERE
    mark = MARK


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools()
