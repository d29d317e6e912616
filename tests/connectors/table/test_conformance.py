from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adoption.conformance import ConformanceSuite, Expected
from connectors.table import Table

ROWS = """\
msg id;posted at;author;comment;group;reply to;likes
a1;31.12.2025 09:00;ada@northfield.example;Is the new rota out?;Wards;;3
a2;31.12.2025 09:05;ben;Not yet, sorry;Wards;a1;
a3;31.12.2025 09:07;cem;It is on the board now;Wards;a2;1
a4;01.01.2026 10:00;ada@northfield.example;Happy new year everyone;Canteen;;
a5;01.01.2026 10:01;@ben;And to you all;Canteen;a9;
"""


@pytest.mark.usefixtures("small_pages")
class TestTable(ConformanceSuite):
    connector_type = Table

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Mapping[str, Any]:
        path = tmp_path / "posts.csv"
        path.write_text(ROWS)
        return {"path": str(path), "zone": "Europe/Berlin"}

    @pytest.fixture
    def expected(self) -> Expected:
        return Expected(
            communities=frozenset({"Wards", "Canteen"}),
            people=frozenset({"ada@northfield.example", "ben", "cem"}),
            posts=2,
            replies=3,
            reactions=4,
            orphans=frozenset({"a9"}),
        )


@pytest.mark.usefixtures("small_pages")
class TestTableWithoutIdsOrThreads(ConformanceSuite):
    """The poorest table there is: everything that cannot be known is left open."""

    connector_type = Table

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Mapping[str, Any]:
        lines = [f"2026-03-0{n % 4 + 1} 09:1{n % 2},nick{n % 3},the same words" for n in range(9)]
        lines += lines[:2]
        (tmp_path / "chat.csv").write_text("when,who,message\n" + "\n".join(lines))
        return {"path": str(tmp_path / "chat.csv"), "community_name": "Chat"}

    @pytest.fixture
    def expected(self) -> Expected:
        return Expected(
            communities=frozenset({"Chat"}),
            people=frozenset({"nick0", "nick1", "nick2"}),
            posts=11,
            replies=0,
        )

    def test_what_is_declared_given_is_met_in_the_fixture(self, make: Any) -> None:
        connector = make()
        gaps = set(connector.missing()) - set(connector.lacks)
        connector.close()
        assert gaps == {"threads", "replies", "reactions"}
