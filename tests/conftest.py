"""For every test: nothing may be skipped where FULFILLMENT_REQUIRE_ALL=1 says that all components must be there.

Where FULFILLMENT_RESULTS names a file, what the drivers' tests found is written there: docs/machines.md is made of it.
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

RESULTS = os.environ.get("FULFILLMENT_RESULTS")
CONTRACT = re.compile(r"tests/conformance/test_contract\.py::.*\[([a-z-]+)\]")
VENDOR = re.compile(r"tests/vendors/([a-z]+)/")

contract: Counter[str] = Counter()
vendors: Counter[str] = Counter()
faults: dict[str, dict[str, Any]] = {}


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
