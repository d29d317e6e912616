"""Connections: kept without secrets, tried, paused, read together, removed with or without data."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from adoption.connections import connections_file
from adoption.errors import SettingsError, StoreError
from adoption.secrets import Keeper
from adoption.service import Service
from tests.service.rows import contents
from tests.service.talk import ORDINARY, write_talk

MATTERMOST = {"base_url": "http://127.0.0.1:9"}


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path / "home", create=True)


def connect_table(service: Service, network: str, path: Path) -> None:
    service.connections.add(network, "table", {"path": str(path)}, {})


def test_a_connection_is_written_down_without_its_secrets(service: Service) -> None:
    service.connections.add("chat", "mattermost", MATTERMOST, {"token": "s3cret"}, Keeper.FILE)
    written = service.connections.path.read_text("utf-8")
    assert tomllib.loads(written)["chat"]["connector"] == "mattermost"
    assert tomllib.loads(written)["chat"]["secrets_in"] == "file"
    assert "s3cret" not in written
    [state] = service.connections.all()
    assert (state.network, state.connector, state.state) == ("chat", "mattermost", "connected")
    assert state.as_dict()["last_run"] is None
    service.close()


def test_a_connection_that_lacks_a_setting_is_not_kept(service: Service) -> None:
    with pytest.raises(SettingsError):
        service.connections.add("chat", "mattermost", {}, {})
    with pytest.raises(SettingsError):
        service.connections.add("chat", "no-such", {}, {})
    with pytest.raises(SettingsError):
        service.connections.add("No Name", "table", {"path": "x"}, {})
    assert service.connections.all() == []
    service.close()


def test_secrets_for_the_environment_are_refused_with_the_variable_to_set(
    service: Service,
) -> None:
    with pytest.raises(SettingsError) as caught:
        service.connections.add("chat", "mattermost", MATTERMOST, {"token": "s3cret"})
    assert "ADOPTION_SECRET_CHAT_TOKEN" in caught.value.next_step
    assert service.connections.all() == []
    service.close()


def test_a_secret_that_stands_in_the_environment_need_not_be_given(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADOPTION_SECRET_CHAT_TOKEN", "s3cret")
    service.connections.add("chat", "mattermost", MATTERMOST, {})
    assert service.connections.all()[0].network == "chat"
    assert "s3cret" not in service.connections.path.read_text("utf-8")
    service.close()


def test_one_connection_that_fails_does_not_stop_the_others(
    service: Service, tmp_path: Path
) -> None:
    here = write_talk(tmp_path / "here.csv")
    gone = write_talk(tmp_path / "gone.csv")
    connect_table(service, "a-gone", gone)
    connect_table(service, "b-here", here)
    gone.unlink()
    failed, finished = service.sync()
    assert (failed.network, failed.state) == ("a-gone", "failed")
    assert str(gone) in failed.error
    assert (finished.network, finished.state) == ("b-here", "finished")
    assert finished.rows["messages"].added == 2
    states = {state.network: state for state in service.connections.all()}
    assert states["b-here"].messages == 2
    assert states["b-here"].last_run is not None
    service.close()


def test_only_what_is_named_or_not_paused_is_read(service: Service, tmp_path: Path) -> None:
    for name in ("one", "two"):
        connect_table(service, name, write_talk(tmp_path / f"{name}.csv"))
    service.connections.pause("two", paused=True)
    assert {s.network: s.state for s in service.connections.all()}["two"] == "paused"
    assert [outcome.network for outcome in service.sync()] == ["one"]
    assert [outcome.network for outcome in service.sync(["two"])] == ["two"]
    service.connections.pause("two", paused=False)
    assert len(service.sync()) == 2
    with pytest.raises(SettingsError) as caught:
        service.sync(["three"])
    assert "one, two" in caught.value.next_step
    service.close()


def test_progress_names_the_network_and_stopping_leaves_the_rest(
    service: Service, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        connect_table(service, name, write_talk(tmp_path / f"{name}.csv"))
    stages: list[str] = []
    outcomes = service.sync(
        progress=lambda stage, done, total, note="": stages.append(stage),
        cancelled=lambda: any(stage.startswith("one: messages") for stage in stages),
    )
    assert [outcome.network for outcome in outcomes] == ["one"]
    assert all(stage.startswith("one: ") for stage in stages)
    service.close()


def test_syncing_again_finds_nothing_new_and_full_reads_it_all(
    service: Service, tmp_path: Path
) -> None:
    connect_table(service, "talk", write_talk(tmp_path / "talk.csv", [ORDINARY] * 5))
    assert service.sync()[0].rows["messages"].added == 5
    again = service.sync()[0]
    assert sum(counts.added + counts.changed for counts in again.rows.values()) == 0
    full = service.sync(full=True)[0]
    assert full.rows["messages"].unchanged == 5
    service.close()


def test_a_connection_can_be_tried(service: Service, tmp_path: Path) -> None:
    connect_table(service, "talk", write_talk(tmp_path / "talk.csv"))
    assert service.connections.test("talk").ok
    with pytest.raises(SettingsError):
        service.connections.test("other")
    service.close()


def test_removing_keeps_the_data_or_takes_it_along(service: Service, tmp_path: Path) -> None:
    for name in ("kept", "dropped"):
        connect_table(service, name, write_talk(tmp_path / f"{name}.csv"))
    service.connections.add("chat", "mattermost", MATTERMOST, {"token": "s3cret"}, Keeper.FILE)
    service.sync(["kept", "dropped"])
    service.connections.remove("kept", with_data=False)
    service.connections.remove("dropped", with_data=True)
    service.connections.remove("chat", with_data=False)
    assert "s3cret" not in (service.home / "secrets.json").read_text("utf-8")
    with pytest.raises(SettingsError):
        service.connections.remove("never", with_data=True)
    states = {state.network: state.state for state in service.connections.all()}
    assert states["kept"] == "imported"
    assert "dropped" not in states
    assert set(contents(service.home).rows) == {"kept"}
    service.close()


def test_a_name_taken_by_another_connector_is_refused(service: Service, tmp_path: Path) -> None:
    connect_table(service, "talk", write_talk(tmp_path / "talk.csv"))
    with pytest.raises(SettingsError) as caught:
        service.connections.add("talk", "mattermost", MATTERMOST, {})
    assert "read by table" in caught.value.what
    service.close()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[talk\n", "cannot be read"),
        ("[talk]\nsettings = {}\n", "does not say which connector"),
        ("talk = 1\n", "does not say which connector"),
    ],
)
def test_a_connections_file_spoilt_by_hand_says_how_to_mend_it(
    service: Service, content: str, words: str
) -> None:
    path = connections_file(service.home)
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        service.connections.all()
    assert words in caught.value.what
    assert str(path) in caught.value.where
    service.close()


def test_a_secret_is_never_written_to_the_connections_file(service: Service) -> None:
    with pytest.raises(SettingsError) as caught:
        service.connections.add("chat", "mattermost", {**MATTERMOST, "token": "s3cret"}, {})
    assert "s3cret" not in str(caught.value)
    service.close()


def test_a_folder_where_connections_cannot_be_kept_is_said(
    service: Service, tmp_path: Path
) -> None:
    (service.home / "config").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        connect_table(service, "talk", write_talk(tmp_path / "talk.csv"))
    assert "cannot be saved" in caught.value.what
    service.close()


def test_pausing_what_is_not_connected_names_what_is(service: Service) -> None:
    with pytest.raises(SettingsError) as caught:
        service.connections.pause("talk", paused=True)
    assert "adoption connect add" in caught.value.next_step
    service.close()
