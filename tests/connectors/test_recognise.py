"""Which connector reads a file is decided by what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from adoption.connector import Connector
from adoption.errors import SettingsError, SourceError
from adoption.recognise import candidates, recognise
from connectors.mattermost_export import MattermostExport
from connectors.people_file import PeopleFile
from connectors.slack_export import SlackExport
from connectors.table import Table
from connectors.viva_engage_export import VivaEngageExport
from tests.connectors import mattermost, slack, viva
from tests.connectors.people_file.test_people_file import STAFF, staff

OURS: Mapping[str, type[Connector]] = {
    kind.name: kind for kind in (Table, PeopleFile, SlackExport, MattermostExport, VivaEngageExport)
}


def files(folder: Path) -> dict[str, Path]:
    """One file of each kind, with a name that tells nothing."""
    chat = folder / "d"
    chat.write_text("when,who,what\n" + "2026-01-01 10:00,ada,a few words here\n" * 5)
    return {
        "viva-engage-export": viva.export(folder / "a", [viva.message(1)]),
        "slack-export": slack.export(folder / "b", {"general/2020-01-01": [slack.said(1)]}),
        "mattermost-export": mattermost.export(folder / "c", [mattermost.post(1)]),
        "table": chat,
        "people-file": staff(folder / "e", *STAFF),
    }


def test_each_kind_is_told_from_all_others(tmp_path: Path) -> None:
    for name, path in files(tmp_path).items():
        found = recognise(path, OURS)
        assert found.name == name
        assert len(found.why.split()) > 5
        assert [one.name for one in candidates(path, OURS) if one.name != "table"][:1] in (
            [name],
            [],
        )


def test_the_members_of_a_network_alone_are_a_people_file(tmp_path: Path) -> None:
    path = tmp_path / "Users.csv"
    path.write_bytes(viva.table(viva.USERS, [viva.user(1)]))
    assert recognise(path, OURS).name == "people-file"


def test_messages_alone_are_an_export_rather_than_a_table(tmp_path: Path) -> None:
    path = tmp_path / "Messages.csv"
    path.write_bytes(viva.table(viva.MESSAGES, [viva.message(1)]))
    assert [one.name for one in candidates(path, OURS)] == ["viva-engage-export", "table"]
    assert recognise(path, OURS).name == "viva-engage-export"


def test_all_installed_connectors_are_asked(tmp_path: Path) -> None:
    assert recognise(files(tmp_path)["slack-export"]).name == "slack-export"


def test_what_nobody_reads_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all, this is a letter.")
    with pytest.raises(SourceError, match="no rows below"):
        recognise(path, OURS)
    path.write_text("Dear all\nthis is a letter")
    with pytest.raises(SourceError, match="not split into columns"):
        recognise(path, OURS)
    with pytest.raises(SourceError, match="--as"):
        recognise(viva.zipped(tmp_path / "photos.zip", {"1.png": "", "2.png": ""}), OURS)
    with pytest.raises(SettingsError, match="no file or folder"):
        recognise(tmp_path / "nowhere", OURS)


def test_what_is_wrong_with_a_table_is_told_rather_than_that_it_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("created at,author,text\n" + "soon,ada,a few words here\n" * 9)
    with pytest.raises(SourceError, match="No column holds times"):
        recognise(path, OURS)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_damaged_messages_are_still_an_export_and_never_a_table(
    delimiter: str, tmp_path: Path
) -> None:
    path = tmp_path / "Messages.csv"
    content = viva.table(viva.MESSAGES, [viva.message(1)])
    path.write_bytes(content.replace(b",", delimiter.encode()))
    assert recognise(path, OURS).name == "viva-engage-export"


def test_an_export_that_lacks_its_main_part_is_still_recognised(tmp_path: Path) -> None:
    members = viva.zipped(tmp_path / "v.zip", {"Users.csv": "id", "Groups.csv": "id"})
    assert recognise(members, OURS).name == "viva-engage-export"
    days = viva.zipped(tmp_path / "s.zip", {"users.json": "[]", "general/2020-01-01.json": "[]"})
    assert recognise(days, OURS).name == "slack-export"


def test_an_unsafe_archive_is_refused_for_what_it_is(tmp_path: Path) -> None:
    path = viva.zipped(tmp_path / "x.zip", {"../Messages.csv": "id"})
    with pytest.raises(SourceError, match="outside"):
        recognise(path, OURS)


def test_two_claims_are_settled_by_the_user(tmp_path: Path) -> None:
    class Rival(SlackExport):
        name: ClassVar[str] = "rival"

    path = files(tmp_path)["slack-export"]
    with pytest.raises(SettingsError, match="slack-export or rival"):
        recognise(path, {**OURS, "rival": Rival})
