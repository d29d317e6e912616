"""What the fields of a Viva Engage export mean."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adoption.connector import Capability
from adoption.model import AuthorKind, MessageKind
from connectors.viva_engage_export import MESSAGES as STREAM
from connectors.viva_engage_export import VivaEngageExport
from tests.connectors.reading import read
from tests.connectors.viva import (
    FIRST_ID,
    MESSAGES,
    USERS,
    export,
    group,
    message,
    reply,
    table,
    user,
    zipped,
)


def test_a_zip_its_folder_and_its_table_alone_give_the_same_messages(tmp_path: Path) -> None:
    path = export(tmp_path / "export.zip", [message(1), reply(2, to=1)], users=[user(1)])
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    alone = tmp_path / "posts of march.csv"
    alone.write_bytes((folder / "Messages.csv").read_bytes())
    whole = read(VivaEngageExport, path)
    assert read(VivaEngageExport, folder).rows == whole.rows
    assert read(VivaEngageExport, alone).messages == whole.messages
    for given in (path, folder, alone):
        assert "Viva Engage" in (VivaEngageExport.recognises(given) or "")


def test_other_files_are_not_claimed(tmp_path: Path) -> None:
    for name, content in {"a.csv": b"when,who,what\n", "b.zip": b"PK\x03\x04", "c": b""}.items():
        (tmp_path / name).write_bytes(content)
        assert VivaEngageExport.recognises(tmp_path / name) is None
    assert VivaEngageExport.recognises(tmp_path / "nowhere") is None


def test_columns_may_be_missing_added_and_in_any_order(tmp_path: Path) -> None:
    columns = ["closed", "body", "in_private_group", "ID", "created_at", "sender_id"]
    columns += ["in_private_conversation", "replied_to_id"]
    rows = [{**message(1), "ID": FIRST_ID + 1}, {**reply(2, to=1), "ID": FIRST_ID + 2}]
    path = zipped(tmp_path / "export.zip", {"Messages.csv": table(columns, rows)})
    found = read(VivaEngageExport, path)
    assert [one.kind for one in found.messages.values()] == [MessageKind.POST, MessageKind.REPLY]
    assert "no column thread_id: threads follow the column replied_to_id only" in found.said
    assert "There is no Users.csv" in found.said


def test_a_text_keeps_its_line_breaks_quotes_and_scripts(tmp_path: Path) -> None:
    body = 'First line,\r\n"second"\n\n\ttab; Ünïcödé, عربى, 漢字 👍🏽\u2028end'
    found = read(VivaEngageExport, export(tmp_path / "e.zip", [message(1, body=body)]))
    assert found.texts == [body]


def test_a_text_of_65_000_characters_is_kept(tmp_path: Path) -> None:
    found = read(VivaEngageExport, export(tmp_path / "e.zip", [message(1, body="w " * 32_500)]))
    assert len(found.texts[0]) == 65_000


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("[[user:1234]] can you help", "@someone can you help"),
        ("Ask [[group:77]] first", "Ask @community first"),
        ("Well done [Tag:5:SafeTogether]", "Well done #SafeTogether"),
        ("An [ordinary] bracket [1]", "An [ordinary] bracket [1]"),
    ],
)
def test_marks_become_words(body: str, words: str, tmp_path: Path) -> None:
    found = read(VivaEngageExport, export(tmp_path / "e.zip", [message(1, body=body)]))
    assert found.texts == [words]


def test_the_title_of_an_announcement_is_part_of_its_text(tmp_path: Path) -> None:
    rows = [
        message(1, title="New policy", body="Please read it", message_type="announcement"),
        message(2, title="Lunch", body="Lunch is at noon"),
        message(3, title="Only a title", body=""),
    ]
    found = read(VivaEngageExport, export(tmp_path / "e.zip", rows))
    assert found.texts == ["New policy\nPlease read it", "Lunch is at noon", "Only a title"]
    assert [one.raw_type for one in found.messages.values()] == ["announcement", None, None]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T08:01:00Z", datetime(2026, 3, 2, 8, 1, tzinfo=UTC)),
        ("2026-03-02T08:01:00.123Z", datetime(2026, 3, 2, 8, 1, 0, 123000, tzinfo=UTC)),
        ("2026-03-02T10:01:00+02:00", datetime(2026, 3, 2, 8, 1, tzinfo=UTC)),
        ("2026-03-02 08:01:00", datetime(2026, 3, 2, 8, 1, tzinfo=UTC)),
        ("2026/03/02 08:01:00 +0000", datetime(2026, 3, 2, 8, 1, tzinfo=UTC)),
        ("2026-03-02 08:01:00 UTC", datetime(2026, 3, 2, 8, 1, tzinfo=UTC)),
    ],
)
def test_times_in_all_forms_become_utc(text: str, moment: datetime, tmp_path: Path) -> None:
    found = read(VivaEngageExport, export(tmp_path / "e.zip", [message(1, created_at=text)]))
    assert next(iter(found.messages.values())).created_at == moment


def test_who_stands_behind_a_message(tmp_path: Path) -> None:
    rows = [
        message(1, sender_type="User"),
        message(2, sender_type="Bot"),
        message(3, sender_type="guide"),
        message(4, message_type="system"),
        message(5, sender_type="Hologram"),
        message(6, sender_id=""),
    ]
    found = read(VivaEngageExport, export(tmp_path / "e.zip", rows))
    kinds = [one.author_kind for one in found.messages.values()]
    assert kinds == [
        AuthorKind.PERSON,
        AuthorKind.BOT,
        AuthorKind.SYSTEM,
        AuthorKind.SYSTEM,
        AuthorKind.UNKNOWN,
        AuthorKind.PERSON,
    ]
    assert list(found.messages.values())[4].raw_type == "sender Hologram"
    assert list(found.messages.values())[5].author_id is None


def test_private_places_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [
        message(1),
        message(2, in_private_group="TRUE"),
        message(3, in_private_conversation="true", group_id=""),
        message(4, group_id=13),
        message(5, in_private_group="perhaps"),
        message(6, group_id=""),
    ]
    path = export(tmp_path / "e.zip", rows, groups=[group(1), group(3, private="TRUE")])
    found = read(VivaEngageExport, path)
    assert set(found.messages) == {str(FIRST_ID + 1), str(FIRST_ID + 6)}
    assert found.skipped == 5
    assert "Left out: 4 messages of private places." in found.notes
    assert set(found.communities) == {"11", "all-company"}
    everything = read(VivaEngageExport, path, include_private="yes", approved_by="The DPO")
    assert len(everything.messages) == 6
    assert everything.communities["13"].is_private
    assert everything.messages[str(FIRST_ID + 3)].community_id is None


def test_members_carry_department_and_the_time_they_were_there(tmp_path: Path) -> None:
    users = [
        user(1),
        user(2, deleted_at="null", suspended_at="2026-02-01T00:00:00Z"),
        user(3, deleted_at="2026-01-05T00:00:00Z", suspended_at="2026-02-01T00:00:00Z"),
        user(4, department="", job_title=" ", email=""),
    ]
    found = read(VivaEngageExport, export(tmp_path / "e.zip", [message(1)], users=users)).people
    assert found["501"].department == "Surgery"
    assert found["501"].job_family == "Nurse"
    assert found["501"].is_leader is None
    assert found["501"].employed_from == datetime(2025, 1, 1, 8, tzinfo=UTC)
    assert found["501"].employed_to is None
    assert found["502"].employed_to == datetime(2026, 2, 1, tzinfo=UTC)
    assert found["503"].employed_to == datetime(2026, 1, 5, tzinfo=UTC)
    assert (found["504"].department, found["504"].job_family, found["504"].email) == (None,) * 3


def test_the_newest_window_has_the_last_word_in_whatever_order_they_are_given(
    tmp_path: Path,
) -> None:
    old = export(tmp_path / "a.zip", [message(1, body="Before")], until="2026-01-31T00:00:00")
    new = export(tmp_path / "b.zip", [message(1, body="After")], until="2026-02-28T00:00:00")
    for order in ([old, new], [new, old]):
        assert read(VivaEngageExport, [str(one) for one in order]).texts == ["After"]


def test_windows_tell_their_time_by_request_log_or_name(tmp_path: Path) -> None:
    def window(name: str, body: str, more: dict[str, str]) -> str:
        content = table(MESSAGES, [message(1, body=body)])
        return str(zipped(tmp_path / name, {"Messages.csv": content, **more}))

    by_request = window("x.zip", "3", {"request.txt": "until=2026-03-01T00:00:00"})
    by_log = window("y.zip", "2", {"log.txt": "until 2026-02-01T00:00:00, 1 row"})
    by_name = window("export-2026-01-01.zip", "1", {})
    assert read(VivaEngageExport, [by_request, by_log, by_name]).texts == ["3"]
    undated = window("z.zip", "4", {})
    assert read(VivaEngageExport, [by_request, undated, by_name]).texts == ["1"]


def test_a_folder_of_zips_stands_for_all_of_them(tmp_path: Path) -> None:
    export(tmp_path / "2026-01-01.zip", [message(1)])
    export(tmp_path / "2026-01-02.zip", [message(2)])
    assert VivaEngageExport.recognises(tmp_path)
    assert len(read(VivaEngageExport, tmp_path).messages) == 2


def test_networks_in_folders_do_not_mix(tmp_path: Path) -> None:
    networks = "id,name\r\n100,Northfield\r\n200,Partners\r\n"
    path = zipped(
        tmp_path / "e.zip",
        {
            "100/Messages.csv": table(MESSAGES, [message(1, group_id="")]),
            "200/Messages.csv": table(MESSAGES, [message(2, group_id=""), message(3)]),
            "200/Groups.csv": table(("id", "name", "private"), [group(1, name="Suppliers")]),
            "200/Users.csv": table(USERS, [user(1)]),
            "100/Networks.csv": "\ufeff" + networks,
        },
    )
    found = read(VivaEngageExport, path)
    assert {one.id: one.name for one in found.communities.values()} == {
        "all-company:100": "Northfield: All Company",
        "all-company:200": "Partners: All Company",
        "11": "Partners: Suppliers",
    }
    places = {one.community_id for one in found.messages.values()}
    assert places == {"all-company:100", "all-company:200", "11"}


def test_groups_that_the_window_does_not_list_take_their_name_from_the_messages(
    tmp_path: Path,
) -> None:
    rows = [
        message(1, group_id=21, group_name="Old wards"),
        message(2, group_id=22, group_name=""),
        message(3, group_id=23, in_private_group="true", group_name="Board"),
    ]
    path = export(tmp_path / "e.zip", rows, groups=[group(1)])
    names = {one.id: one.name for one in read(VivaEngageExport, path).communities.values()}
    assert names == {
        "all-company": "All Company", "11": "Group 1", "21": "Old wards", "22": "Group 22",
    }  # fmt: skip
    whole = read(VivaEngageExport, path, include_private=True, approved_by="Works council")
    assert whole.communities["23"].is_private


def test_edits_come_from_the_versions(tmp_path: Path) -> None:
    versions = [
        {**message(1), "version": 1},
        {**message(1), "version": 2, "created_at": "2026-03-02T09:00:00Z"},
        {**message(2), "version": 1},
        {**message(3), "version": 1},
        {**message(3), "version": 2},
        {**message(4), "created_at": "not a time"},
    ]
    path = export(
        tmp_path / "e.zip",
        [message(number) for number in range(1, 5)],
        more={"MessageVersions.csv": table((*MESSAGES, "version"), versions)},
    )
    found = read(VivaEngageExport, path).messages
    edited = [found[str(FIRST_ID + number)].edited_at for number in range(1, 5)]
    assert edited[0] == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert edited[1] is None
    assert edited[2] == found[str(FIRST_ID + 3)].created_at, "the export tells no later time"
    assert edited[3] is None


def test_likes_are_not_available_rather_than_zero() -> None:
    reason = VivaEngageExport.lacks[Capability.REACTIONS]
    assert reason == "Likes are not in the Data Export; connect Viva Engage by API for them"


def test_a_different_file_starts_from_the_beginning_and_the_same_one_gives_nothing(
    tmp_path: Path,
) -> None:
    first = VivaEngageExport({"path": str(export(tmp_path / "1.zip", [message(1)]))})
    checkpoint = list(first.read(STREAM, None))[-1].checkpoint
    first.close()
    (tmp_path / "renamed.zip").write_bytes((tmp_path / "1.zip").read_bytes())
    same = VivaEngageExport({"path": str(tmp_path / "renamed.zip")})
    assert list(same.read(STREAM, checkpoint)) == []
    same.close()
    other = VivaEngageExport({"path": str(export(tmp_path / "2.zip", [message(2)]))})
    assert sum(len(page.rows) for page in other.read(STREAM, checkpoint)) == 1
    other.close()
