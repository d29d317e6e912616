"""Every connector that comes with the product has a section in the manual."""

from __future__ import annotations

import re

import pytest

from adoption.connector import connector_types
from tests.house.trees import ROOT

MANUAL = "\n".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("name", list(connector_types()))
def test_the_manual_has_a_section_on_it(name: str) -> None:
    assert re.search(rf"^##+ .*`{re.escape(name)}`", MANUAL, re.MULTILINE)
