"""A press page as a print shop wants it."""

from __future__ import annotations

import pytest

from tests.pdfs.press_page import drawn, finish, mended


@pytest.fixture(scope="session")
def good() -> bytes:
    """It passes."""
    return mended(drawn(), finish)
