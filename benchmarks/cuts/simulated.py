"""The simulated printer as a program, with its record of pages."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.cuts.runs import Printed

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0


class SimulatedPrinter:
    """``sha256``: of the document that is whole; ``pages``: that it has."""

    def __init__(self, _folder: Path, sha256: str = "", pages: int = 3) -> None:
        self.sha256, self._pages = sha256, pages
        command = [sys.executable, "-m", "simulators", "ipp", "--port", "0", "--side", "0", "--die-with-parent"]
        command += ["--speed", "max", "--cancel", "0", "--dpi", "20", "--queue", "1", "--output", "100000"]
        command += ["--tray", "iso_a4_210x297mm:100000"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        assert words[:1] == ["ready"], words
        where = urlsplit(words[1])
        assert where.port is not None
        self.address, self.port, self.path = words[1], where.port, where.path
        self._side = next(word.removeprefix("side=") for word in words if word.startswith("side="))

    def get(self, what: str) -> Any:
        with urllib.request.urlopen(f"{self._side}/{what}", timeout=PATIENCE) as answer:
            return json.load(answer)

    def printed(self) -> list[Printed]:
        """A job whose every page came from the whole document is whole; copies of it count."""
        pages: Counter[tuple[str, int, bool]] = Counter()
        for page in self.get("record.json")["pages"]:
            pages[page["name"], page["job"], page["sha256"] == self.sha256] += 1
        told: list[Printed] = []
        for (name, _, same), count in pages.items():
            told += [Printed(name, True)] * (count // self._pages if same else 0)
            told += [Printed(name, False)] * (1 if not same or count % self._pages else 0)
        return told

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()
