"""docs/ipp.md says what ipptool found, and every failure in it is explained."""

from __future__ import annotations

import json

import pytest

from benchmarks import ipptool


def test_the_page_is_printed_from_the_results() -> None:
    results = json.loads(ipptool.RESULTS.read_text(encoding="utf-8"))
    assert ipptool.PAGE.read_text(encoding="utf-8") == ipptool.page(results)
    assert "not explained" not in ipptool.page(results)


def test_the_tests_that_count_all_pass() -> None:
    runs = json.loads(ipptool.RESULTS.read_text(encoding="utf-8"))["runs"]
    found = {(run["test"], run["document"]): run["failed"] for run in runs}
    for test in ("ipp-1.1.test", "ipp-2.0.test", "ipp-everywhere.test"):
        assert found[test, "application/pdf"] == []


def test_a_failure_without_a_reason_shows() -> None:
    odd = {"name": "odd", "errors": ["GOT: nothing"]}
    run = {"test": "print-job.test", "document": "application/pdf", "tests": 2, "skipped": 0, "failed": [odd]}
    said = ipptool.page({"ipptool": "ipptool", "printed": {"completed": 2, "pages": 5}, "runs": [run]})
    assert "| `print-job.test` | application/pdf | 1 | 1 | 0 |" in said
    assert "2 completed; 5 pages were printed" in said
    assert "*odd*: not explained: GOT: nothing." in said


@pytest.mark.parametrize("owed", ipptool.OWED)
def test_every_excuse_is_still_needed(owed: tuple[str, str]) -> None:
    runs = json.loads(ipptool.RESULTS.read_text(encoding="utf-8"))["runs"]
    assert owed in [(run["test"], failure["name"]) for run in runs for failure in run["failed"]]
