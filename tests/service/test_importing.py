"""Bringing files in: recognised by content, kept apart by network, read again without change."""

from __future__ import annotations

from pathlib import Path

import pytest

from adoption.errors import SettingsError, SourceError, StoreError
from adoption.service import Service
from adoption.store import Counts
from tests.conftest import Northfield
from tests.service.rows import contents
from tests.service.talk import ORDINARY, write_staff, write_table, write_talk


def test_there_has_to_be_a_data_folder_unless_it_is_to_be_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Service(tmp_path / "none")
    assert "adoption init" in caught.value.next_step
    Service(tmp_path / "new", create=True).close()
    Service(tmp_path / "new").close()


def test_an_export_is_recognised_and_lands_in_the_network_of_its_kind(
    northfield: Northfield,
) -> None:
    rows = contents(northfield.imported).rows
    assert set(rows) == {"people", "viva-engage"}
    viva = rows["viva-engage"]
    assert viva.messages > 1500
    assert viva.messages == viva.posts + (viva.replies or 0)
    assert (viva.people, viva.communities) == (335, 37)
    assert viva.reactions is None, "likes are not in this export; that is not the same as none"
    assert rows["people"].people == 400


def test_importing_the_same_file_again_changes_nothing(
    northfield: Northfield, unflagged: Path
) -> None:
    before = contents(unflagged)
    with Service(unflagged) as service:
        again = service.import_files([northfield.sample.export_zip])
    assert again.state == "finished"
    assert all(counts.added == counts.changed == 0 for counts in again.rows.values())
    assert contents(unflagged) == before


def test_a_changed_file_changes_what_it_changes(tmp_path: Path) -> None:
    first = write_talk(tmp_path / "first.csv", [ORDINARY] * 4)
    second = write_talk(tmp_path / "second.csv", [ORDINARY] * 3 + ["The gate is open"] * 2)
    with Service(tmp_path / "home", create=True) as service:
        service.import_files([first])
        result = service.import_files([second])
    assert result.rows["messages"] == Counts(added=1, changed=1, unchanged=3)


def test_a_file_may_be_given_another_network_and_another_kind(tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    with Service(tmp_path / "home", create=True) as service:
        assert service.import_files([talk]).network == "table"
        outcome = service.import_files([talk], kind="table", network="helpdesk")
    assert outcome.network == "helpdesk"
    assert set(contents(tmp_path / "home").rows) == {"table", "helpdesk"}


def test_options_reach_the_connector_and_unknown_ones_are_refused(tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    with Service(tmp_path / "home", create=True) as service:
        outcome = service.import_files([talk], options={"community_column": "-"})
        assert "communities" not in outcome.rows
        with pytest.raises(SettingsError) as caught:
            service.import_files([talk], options={"colour": "blue"})
    assert "colour" in caught.value.what


def test_a_missing_file_is_said_before_anything_happens(tmp_path: Path) -> None:
    with Service(tmp_path / "home", create=True) as service:
        with pytest.raises(SettingsError) as caught:
            service.import_files([tmp_path / "gone.zip"])
        assert service.connections.all() == []
    assert str(tmp_path / "gone.zip") in caught.value.where


def test_an_unknown_kind_lists_the_kinds_there_are(tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    with (
        Service(tmp_path / "home", create=True) as service,
        pytest.raises(SettingsError) as caught,
    ):
        service.import_files([talk], kind="carrier-pigeon")
    assert "slack-export" in caught.value.next_step


def test_a_connector_that_asks_a_server_does_not_take_a_file(tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    with (
        Service(tmp_path / "home", create=True) as service,
        pytest.raises(SettingsError) as caught,
    ):
        service.import_files([talk], kind="mattermost")
    assert "adoption connect add mattermost" in caught.value.next_step


def test_files_of_different_kinds_need_a_command_each(
    northfield: Northfield, tmp_path: Path
) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    with (
        Service(tmp_path / "home", create=True) as service,
        pytest.raises(SettingsError) as caught,
    ):
        service.import_files([talk, northfield.sample.export_zip])
    assert "table, viva-engage-export" in caught.value.what
    assert contents(tmp_path / "home").rows == {}


def test_a_name_that_is_no_network_is_refused(tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    with Service(tmp_path / "home", create=True) as service:
        for name in ("Viva Engage", "../up", "-x", "a" * 41):
            with pytest.raises(SettingsError):
                service.import_files([talk], network=name)


def test_a_network_of_another_connector_is_not_mixed_up(
    northfield: Northfield, tmp_path: Path
) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    with Service(tmp_path / "home", create=True) as service:
        service.import_files([talk], network="hospital")
        with pytest.raises(SettingsError) as caught:
            service.import_files([northfield.sample.export_zip], network="hospital")
    assert "read by table" in caught.value.what
    assert "--network" in caught.value.next_step


def test_a_first_import_that_failed_does_not_take_the_name(
    northfield: Northfield, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("one,two\n1,2\n")
    with Service(tmp_path / "home", create=True) as service:
        with pytest.raises(SourceError):
            service.import_files([broken], kind="table", network="hospital")
        outcome = service.import_files([northfield.sample.export_zip], network="hospital")
    assert outcome.state == "finished"


def test_how_a_file_would_be_read_is_said_without_reading_it(tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    with Service(tmp_path / "home", create=True) as service:
        lines = service.explain_file([talk], kind=None, options={})
    words = "\n".join(lines)
    assert lines[0].startswith("Table (")
    for column in ("date", "author", "community", "text"):
        assert column in words
    assert any(line.startswith("Lacks departments:") for line in lines)
    assert contents(tmp_path / "home").rows == {}


def test_an_export_is_explained_by_what_it_is_and_lacks(northfield: Northfield) -> None:
    with Service(northfield.imported) as service:
        lines = service.explain_file([northfield.sample.export_zip], kind=None, options={})
    assert lines[0].startswith("Viva Engage")
    assert any(line.startswith("Lacks reactions:") for line in lines)


def test_a_people_file_gives_every_network_its_departments(tmp_path: Path) -> None:
    talk = write_talk(tmp_path / "talk.csv", [ORDINARY] * 60, authors=30)
    staff = write_staff(tmp_path / "staff.csv", 40, ["Surgery", "Imaging"])
    with Service(tmp_path / "home", create=True) as service:
        service.import_files([talk])
        assert service.groups()["departments"] == []
        assert service.import_files([staff]).network == "people"
        assert service.groups()["departments"] == [("Imaging",) * 2, ("Surgery",) * 2]
        share = service.metric("active-share", service.latest_period(4))
    assert share.total.denominator == 40


def test_being_told_to_stop_ends_an_import_and_keeps_what_was_read(tmp_path: Path) -> None:
    many = write_talk(tmp_path / "many.csv", [ORDINARY] * 6_000, authors=50)
    with Service(tmp_path / "home", create=True) as service:
        stages: list[str] = []
        outcome = service.import_files(
            [many],
            progress=lambda stage, done, total, note="": stages.append(stage),
            cancelled=lambda: "messages" in stages,
        )
        assert outcome.state == "stopped"
        read = contents(tmp_path / "home").rows["table"].messages
        assert 0 < read < 6_000
        assert service.import_files([many]).state == "finished"
    assert contents(tmp_path / "home").rows["table"].messages == 6_000


def test_what_came_of_an_import_is_told_as_plain_values(tmp_path: Path) -> None:
    rows = [
        {"id": 1, "date": "2026-03-02T09:00:00Z", "author": "a", "text": "hello there all"},
        {"id": 2, "date": "2026-03-02T09:01:00Z", "author": "b", "text": "and good morning"},
    ]
    with Service(tmp_path / "home", create=True) as service:
        told = service.import_files([write_table(tmp_path / "t.csv", rows)]).as_dict()
    assert told["network"] == "table"
    assert told["state"] == "finished"
    assert told["rows"]["messages"] == {"added": 2, "changed": 0, "unchanged": 0}
    assert told["error"] == ""
    assert told["notes"]
