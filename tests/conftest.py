"""For every test: where FULFILLMENT_REQUIRE_ALL=1 says that all components must be there, nothing may be skipped."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("FULFILLMENT_REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, where everything must run (FULFILLMENT_REQUIRE_ALL=1): {report.longrepr}"
    return report
