"""Every file connector into the real store: what arrives, what a second import changes, what a bad
file leaves behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adoption.connector import Connector
from adoption.errors import SourceError
from adoption.store import Store
from adoption.store.records import Network
from adoption.sync import RunResult, sync
from connectors.mattermost_export import MattermostExport
from connectors.slack_export import SlackExport
from connectors.table import Table
from connectors.viva_engage_export import VivaEngageExport
from tests.connectors import mattermost, slack, viva

NETWORK = "intranet"


def quiet(stage: str, done: int, total: int | None, note: str = "") -> None:
    """Nobody watches."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home", create=True) as opened:
        opened.control.put_network(Network(NETWORK, "viva-engage-export"))
        yield opened


def brought_in(store: Store, connector: Connector, *, full: bool = False) -> RunResult:
    return sync(store, NETWORK, connector, progress=quiet, cancelled=lambda: False, full=full)


def counted(store: Store, query: str) -> int:
    with store.snapshot() as snapshot:
        return int(snapshot.sql(query)[0][0])


def made(kind: type[Connector], folder: Path) -> tuple[Path, int, int]:
    """A file of a kind, with how many messages and reactions it holds."""
    if kind is VivaEngageExport:
        rows = [viva.message(1), viva.reply(2, to=1), viva.message(3, in_private_group="true")]
        return viva.export(folder / "e.zip", rows, users=[viva.user(1)]), 2, 0
    if kind is SlackExport:
        reactions = [{"name": "eyes", "users": ["U2"], "count": 3}]
        day = [slack.said(1, reactions=reactions), slack.said(2)]
        return slack.export(folder / "e.zip", {"general/2020-01-01": day}), 2, 2
    if kind is MattermostExport:
        return mattermost.export(folder / "e.jsonl", mattermost.sample_shape()), 11, 1
    path = folder / "e.csv"
    path.write_text(
        "when,who,what,likes\n2026-01-01 10:00,ada,a few words,2\n2026-01-01 10:00,ada,a few words,0\n"
    )
    return path, 2, 1


@pytest.mark.parametrize("kind", [VivaEngageExport, SlackExport, MattermostExport, Table])
def test_an_import_arrives_and_a_second_one_changes_nothing(
    kind: type[Connector], store: Store, tmp_path: Path
) -> None:
    path, messages, reactions = made(kind, tmp_path)
    first = brought_in(store, kind({"path": str(path)}))
    assert first.state == "finished"
    assert counted(store, "SELECT count(*) FROM messages") == messages
    assert counted(store, "SELECT count(*) FROM reactions") == reactions
    again = brought_in(store, kind({"path": str(path)}))
    assert sum(one.added + one.changed for one in again.rows.values()) == 0
    in_full = brought_in(store, kind({"path": str(path)}), full=True)
    assert sum(one.added + one.changed for one in in_full.rows.values()) == 0
    assert counted(store, "SELECT count(*) FROM messages") == messages


def test_a_later_window_updates_what_an_earlier_one_brought(store: Store, tmp_path: Path) -> None:
    earlier = viva.export(tmp_path / "1.zip", [viva.message(1), viva.message(2)])
    gone = viva.message(2, deleted_at="2026-03-05T10:00:00Z")
    later = viva.export(tmp_path / "2.zip", [gone, viva.message(3)])
    brought_in(store, VivaEngageExport({"path": str(earlier)}))
    second = brought_in(store, VivaEngageExport({"path": str(later)}))
    assert (second.rows["messages"].added, second.rows["messages"].changed) == (1, 1)
    assert counted(store, "SELECT count(*) FROM messages WHERE deleted_at IS NOT NULL") == 1


def test_a_refused_file_leaves_the_store_as_it_was(store: Store, tmp_path: Path) -> None:
    good = viva.export(tmp_path / "good.zip", [viva.message(1)])
    brought_in(store, VivaEngageExport({"path": str(good)}))
    rows = [*(viva.message(number) for number in range(2, 30)), viva.message(31, id="1.6E+15")]
    bad = viva.export(tmp_path / "bad.zip", rows, groups=[viva.group(9)])
    with pytest.raises(SourceError, match="rounded"):
        brought_in(store, VivaEngageExport({"path": str(bad)}))
    assert counted(store, "SELECT count(*) FROM messages") == 1
    assert counted(store, "SELECT count(*) FROM communities WHERE community_id = '19'") == 0
    assert store.control.runs()[0].state == "failed"


@pytest.mark.usefixtures("small_pages")
def test_an_import_that_was_stopped_goes_on(store: Store, tmp_path: Path) -> None:
    path = viva.export(tmp_path / "e.zip", [viva.message(number) for number in range(20)])
    asked = iter([False] * 7 + [True] * 100)
    stopped = sync(
        store,
        NETWORK,
        VivaEngageExport({"path": str(path)}),
        progress=quiet,
        cancelled=lambda: next(asked),
    )
    assert stopped.state == "stopped"
    assert 0 < counted(store, "SELECT count(*) FROM messages") < 20
    rest = brought_in(store, VivaEngageExport({"path": str(path)}))
    assert rest.state == "finished"
    assert counted(store, "SELECT count(*) FROM messages") == 20
