"""The sample is a genuine Viva Engage export, with the oddities of a real one."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest

from adoption.demo import write_sample
from adoption.demo.writer import GROUP_COLUMNS, MESSAGE_COLUMNS, USER_COLUMNS
from adoption.errors import SettingsError
from tests.demo.conftest import UNTIL, World, read_table


def write_small(folder: Path, seed: int = 1) -> list[bytes]:
    sample = write_sample(folder, people=150, months=6, seed=seed, until=UNTIL)
    files = (sample.export_zip, sample.people_file, sample.truth, sample.enablers)
    return [path.read_bytes() for path in files]


def test_same_seed_gives_same_bytes(tmp_path: Path) -> None:
    assert write_small(tmp_path / "a") == write_small(tmp_path / "b")


def test_another_seed_gives_other_people_and_messages(tmp_path: Path) -> None:
    one, other = write_small(tmp_path / "a"), write_small(tmp_path / "b", seed=2)
    assert all(x != y for x, y in zip(one[:3], other[:3], strict=True))


def test_archive_holds_the_files_of_a_real_export(world: World) -> None:
    with ZipFile(world.sample.export_zip) as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {
            "Messages.csv",
            "MessageVersions.csv",
            "Users.csv",
            "Groups.csv",
            "Networks.csv",
            "Topics.csv",
            "Admins.csv",
            "log.txt",
            "request.txt",
        }
        for name in archive.namelist():
            if name.endswith(".csv"):
                assert archive.read(name).startswith(b"\xef\xbb\xbf"), name
        log = archive.read("log.txt").decode()
    assert f"Messages.csv: {world.sample.messages} rows" in log
    assert len(world.rows) == world.sample.messages


def test_tables_have_the_columns_of_a_real_export(world: World) -> None:
    export = world.sample.export_zip
    assert tuple(world.messages[0]) == MESSAGE_COLUMNS
    assert tuple(read_table(export, "Users.csv")[0]) == USER_COLUMNS
    assert tuple(read_table(export, "Groups.csv")[0]) == GROUP_COLUMNS
    assert "likes" not in " ".join(MESSAGE_COLUMNS)


def test_ids_are_too_large_for_a_float(world: World) -> None:
    ids = [int(row["id"]) for row in world.messages]
    assert min(ids) > 2**53
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)


def test_times_are_iso_and_in_order(world: World) -> None:
    times = [datetime.fromisoformat(row["created_at"]) for row in world.messages]
    assert times == sorted(times)
    assert all(moment.tzinfo is not None for moment in times)
    assert times[-1].date() <= world.timeline.until


def test_replies_follow_the_message_they_answer(world: World) -> None:
    by_id = {row["id"]: row for row in world.messages}
    for row in world.messages:
        starter = by_id[row["thread_id"]]
        assert starter["thread_id"] == starter["id"]
        assert row["group_id"] == starter["group_id"]
        if row["replied_to_id"]:
            answered = by_id[row["replied_to_id"]]
            assert answered["thread_id"] == row["thread_id"]
            assert answered["created_at"] < row["created_at"]
        else:
            assert row["id"] == row["thread_id"]


def test_private_rows_are_there_and_marked(world: World) -> None:
    groups = {row["id"]: row for row in read_table(world.sample.export_zip, "Groups.csv")}
    private = [row for row in world.messages if row["in_private_group"] == "true"]
    direct = [row for row in world.messages if row["in_private_conversation"] == "true"]
    assert len(private) > 50
    assert len(direct) > 50
    assert all(groups[row["group_id"]]["private"] == "true" for row in private)
    for row in direct:
        users = [part.removeprefix("user:") for part in row["participants"].split(",")]
        assert row["group_id"] == ""
        assert row["sender_id"] in users
        assert len(set(users)) == 2
    for row in world.messages:
        if row["group_id"] and row["in_private_group"] == "false":
            assert groups[row["group_id"]]["private"] == "false"


def test_some_rows_were_deleted_and_have_no_label(world: World) -> None:
    deleted = [row for row in world.messages if row["deleted_at"]]
    assert 0.004 < len(deleted) / len(world.messages) < 0.015
    assert all(row["deleted_at"] > row["created_at"] for row in deleted)
    assert {row["id"] for row in world.messages if not row["deleted_at"]} == set(world.truth)


def test_edited_messages_keep_their_earlier_text(world: World) -> None:
    now = {row["id"]: row["body"] for row in world.rows}
    versions = read_table(world.sample.export_zip, "MessageVersions.csv")
    first = [row for row in versions if row["version"] == "1"]
    last = [row for row in versions if row["version"] == "2"]
    assert len(first) == len(last) > 100
    assert all(now[row["id"]] == row["body"] for row in last)
    assert sum(now[row["id"]] != row["body"] for row in first) > 0.9 * len(first)


def test_bodies_have_line_breaks_mentions_and_tags(world: World) -> None:
    bodies = [row["body"] for row in world.messages]
    assert any("\n" in body for body in bodies)
    assert any("[[user:" in body for body in bodies)
    assert any("[Tag:" in body for body in bodies)
    assert not any("{" in body for body in bodies)
    assert any('title="News, in brief"' in row["attachments"] for row in world.messages)


def test_a_bot_posts_and_has_no_label(world: World) -> None:
    bot = [row for row in world.rows if row["sender_type"] == "bot"]
    assert 40 < len(bot) < 70
    assert not {row["id"] for row in bot} & set(world.truth)
    assert not {row["sender_id"] for row in bot} & set(world.users)


def test_users_who_left_are_marked(world: World) -> None:
    states = {row["state"] for row in world.users.values()}
    assert states == {"active", "soft_delete"}
    dates = {row["deleted_at"] for row in world.users.values()}
    assert "null" in dates
    assert "" in dates


def test_people_file_holds_everybody_once(world: World) -> None:
    mails = [row["email"] for row in world.people]
    assert len(set(mails)) == len(mails) == 2000
    assert {row["email"].lower() for row in world.users.values()} <= set(mails)
    assert len(world.users) < len(mails)
    assert {row["leader"] for row in world.people} == {"yes", "no"}


def test_nobody_writes_before_joining_or_after_leaving(world: World) -> None:
    staff = {row["email"]: row for row in world.people}
    for row in world.messages:
        person = staff[row["sender_email"]]
        day = row["created_at"][:10]
        assert person["employed_from"] <= day
        assert not person["employed_to"] or day <= person["employed_to"]


@pytest.mark.parametrize(("people", "months"), [(99, 18), (2000, 2)])
def test_too_small_a_sample_is_refused(tmp_path: Path, people: int, months: int) -> None:
    with pytest.raises(SettingsError, match="at least"):
        write_sample(tmp_path, people=people, months=months)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(SettingsError, match="could not be written") as caught:
        write_sample(blocked, people=150, months=6, until=UNTIL)
    assert str(blocked) in str(caught.value)


def test_a_sample_that_was_stopped_leaves_no_export(tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int | None) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sample(tmp_path, people=150, months=6, until=UNTIL, progress=stop)
    assert not [path for path in tmp_path.iterdir() if path.suffix in {".zip", ".part"}]


def test_progress_counts_days(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int | None]] = []

    def note(stage: str, done: int, total: int | None) -> None:
        calls.append((stage, done, total))

    write_sample(tmp_path, people=150, months=3, until=date(2026, 3, 31), progress=note)
    assert calls[0] == ("sample", 1, calls[-1][2])
    assert calls[-1][1] == calls[-1][2] == len(calls)
