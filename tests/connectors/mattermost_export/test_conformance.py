from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adoption.conformance import ConformanceSuite, Expected
from connectors.mattermost_export import MattermostExport
from tests.connectors.mattermost import export, post, sample_shape


@pytest.mark.usefixtures("small_pages")
class TestMattermostExport(ConformanceSuite):
    connector_type = MattermostExport

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Mapping[str, Any]:
        same_moment = [post(50, message=f"Copy {number}") for number in range(5)]
        webhook = post(51, props={"from_webhook": "true"})
        return {"path": str(export(tmp_path / "e.jsonl", [*sample_shape(), *same_moment, webhook]))}

    @pytest.fixture
    def expected(self) -> Expected:
        return Expected(
            communities=frozenset({"corp/town-square", "corp/all-company", "corp/off-topic"}),
            people=frozenset({"robot", "alice", "bob"}),
            posts=16,
            replies=1,
            edited=1,
            bots=1,
            system=7,
            reactions=1,
        )
