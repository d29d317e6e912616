from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adoption.conformance import ConformanceSuite, Expected
from connectors.viva_engage_export import VivaEngageExport
from tests.connectors.viva import FIRST_ID, MESSAGES, export, group, message, reply, table, user


@pytest.mark.usefixtures("small_pages")
class TestVivaEngageExport(ConformanceSuite):
    connector_type = VivaEngageExport

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Mapping[str, Any]:
        rows = [
            message(1),
            reply(2, to=1),
            reply(3, to=1, replied_to_id=FIRST_ID + 2),
            message(4, group_id="", group_name=""),
            message(5, deleted_at="2026-03-03T08:00:00Z", body="I regret this"),
            message(6, sender_type="Bot", sender_id=9001),
            message(7, message_type="system", body="Ada created the group"),
            message(8, title="Announcement", message_type="announcement"),
            message(9, in_private_group="true", group_id=13),
            message(10, in_private_conversation="true", group_id=""),
            reply(11, to=99),
            message(12, group_id=13),
        ]
        edited = message(1, created_at="2026-03-02T09:30:00Z")
        path = export(
            tmp_path / "export.zip",
            rows,
            users=[user(1), user(2), user(3, deleted_at="2026-02-01T00:00:00Z")],
            groups=[group(1), group(2, deleted="true"), group(3, private="true")],
            more={"MessageVersions.csv": table((*MESSAGES, "version"), [{**edited, "version": 2}])},
        )
        return {"path": str(path)}

    @pytest.fixture
    def expected(self) -> Expected:
        return Expected(
            communities=frozenset({"all-company", "11", "12"}),
            people=frozenset({"501", "502", "503"}),
            posts=6,
            replies=3,
            edited=1,
            deleted=1,
            bots=1,
            system=1,
            orphans=frozenset({str(FIRST_ID + 99)}),
        )


class TestOverlappingWindows(TestVivaEngageExport):
    """Two windows that share rows: what they hold together is the same."""

    rows_may_repeat = True

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Mapping[str, Any]:
        people = [user(1), user(2), user(3, deleted_at="2026-02-01T00:00:00Z")]
        old = export(
            tmp_path / "old.zip",
            [message(1, body="Before the edit"), reply(2, to=1), message(4, group_id="")],
            users=[user(1, department="Elsewhere"), user(2)],
            groups=[group(1, name="Old name")],
            until="2026-03-02T23:00:00",
        )
        new = export(
            tmp_path / "new.zip",
            [
                message(1),
                reply(3, to=1, replied_to_id=FIRST_ID + 2),
                message(5, deleted_at="2026-03-03T08:00:00Z"),
                message(6, sender_type="Bot", sender_id=9001),
                message(7, message_type="system"),
                message(8, title="Announcement", message_type="announcement"),
                reply(11, to=99),
            ],
            users=people,
            groups=[group(1), group(2, deleted="true"), group(3, private="true")],
            until="2026-03-09T23:00:00",
            more={
                "MessageVersions.csv": table(
                    ("message_id", "created_at"),
                    [{"message_id": FIRST_ID + 1, "created_at": "2026-03-02T09:30:00Z"}],
                )
            },
        )
        return {"path": [str(new), str(old)]}
