"""What the tests of file connectors share."""

from __future__ import annotations

import pytest

import adoption.files.connector
import adoption.files.viva_export


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of three rows, so that a small fixture has many of them."""
    for module in (adoption.files.connector, adoption.files.viva_export):
        monkeypatch.setattr(module, "PAGE_ROWS", 3)
