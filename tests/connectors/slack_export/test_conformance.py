from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adoption.conformance import ConformanceSuite, Expected
from connectors.slack_export import SlackExport
from tests.connectors.slack import export, said, stamp


@pytest.mark.usefixtures("small_pages")
class TestSlackExport(ConformanceSuite):
    connector_type = SlackExport

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Mapping[str, Any]:
        reactions = [
            {"name": "thumbsup", "users": ["U1", "U2"], "count": 5},
            {"name": "wave::skin-tone-3", "users": ["U2"], "count": 1},
        ]
        general = [
            said(1, thread_ts=stamp(1), reply_count=2, reactions=reactions),
            said(2, thread_ts=stamp(1), user="U2"),
            said(3, edited={"user": "U1", "ts": "1577837000.000000"}),
            said(4, subtype="channel_join", text="<@U2> has joined the channel"),
            said(5, bot_id="B1", subtype="bot_message"),
            said(6, subtype="tombstone", user="USLACKBOT", text="This message was deleted."),
        ]
        wards = [
            said(1, thread_ts=stamp(900)),
            said(7, subtype="thread_broadcast", thread_ts=stamp(1), root={"ts": stamp(1)}),
        ]
        path = export(
            tmp_path / "export.zip",
            {"general/2020-01-01": general, "wards/2020-01-01": wards[:1],
             "general/2020-01-02": wards[1:]},
            folder="Northfield Slack export/",
        )  # fmt: skip
        return {"path": str(path)}

    @pytest.fixture
    def expected(self) -> Expected:
        return Expected(
            communities=frozenset({"C1", "C2"}),
            people=frozenset({"U1", "U2", "U3"}),
            posts=5,
            replies=3,
            edited=1,
            deleted=1,
            bots=1,
            system=1,
            reactions=6,
            orphans=frozenset({f"C2:{stamp(900)}"}),
        )
