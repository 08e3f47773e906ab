"""For every test: nothing may be skipped where FULFILLMENT_REQUIRE_ALL=1 says that all components must be there.

Where FULFILLMENT_RESULTS names a file, what the drivers' tests found is written there: docs/machines.md is made of it.

`make test` runs on several workers (pytest-xdist, ``--dist loadgroup``); what must not, or need not, run beside itself
is grouped here.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)  # A deadline is a wall time, and no test asserts one.
settings.load_profile("house")

TESTS = Path(__file__).parent
RESULTS = os.environ.get("FULFILLMENT_RESULTS")
CONTRACT = re.compile(r"tests/conformance/test_contract\.py::.*\[([a-z-]+)\]")
VENDOR = re.compile(r"tests/vendors/([a-z]+)/")

FIRST = ("journeys", "web", "vendors")
"""Folders whose tests take longest, and so begin first: whole factories, a browser, the vendors' programs."""
ALONE = {"web": 1, "vendors": 2}
"""Of how many parts of a path the tests run one after the other on one worker: all that use the browser, and those of
each vendor."""
SCATTERED = ("conformance", "products")
"""Folders whose tests share nothing dear: each goes to whoever is free. Others stay together by file."""

contract: Counter[str] = Counter()
vendors: Counter[str] = Counter()
faults: dict[str, dict[str, Any]] = {}


def group(path: Path) -> str | None:
    """Which tests stay on one worker with this file's; None: each goes its own way."""
    folder, *rest = path.relative_to(TESTS).parts if path.is_relative_to(TESTS) else path.parts[-1:]
    if folder in SCATTERED or not rest:
        return None
    return "/".join((folder, *rest)[: ALONE.get(folder)])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if name := group(item.path):
            item.add_marker(pytest.mark.xdist_group(name))
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: (group(item.path) or "").partition("/")[0] not in FIRST)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("FULFILLMENT_REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, where everything must run (FULFILLMENT_REQUIRE_ALL=1): {report.longrepr}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call" or not report.passed:
        return
    for pattern, counts in ((CONTRACT, contract), (VENDOR, vendors)):
        if found := pattern.search(report.nodeid):
            counts[found[1]] += 1
    for name, value in report.user_properties:
        if name == "fault":
            kind, fault, told = value
            faults.setdefault(kind, {})[fault] = told


def pytest_sessionfinish(session: pytest.Session) -> None:
    if RESULTS and not hasattr(session.config, "workerinput"):
        found = {"contract": contract, "faults": faults, "vendors": vendors}
        Path(RESULTS).write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
