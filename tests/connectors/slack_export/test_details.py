"""What the records of a Slack export mean, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adoption.model import AuthorKind
from connectors.slack_export import SlackExport
from tests.connectors.reading import Read, read, read_or_refused, refused
from tests.connectors.slack import CHANNELS, USERS, export, said, stamp
from tests.connectors.viva import zipped

DAY = "general/2020-01-01"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
        ("Ask <@U2> or <@U3|rota>", "Ask @someone or @someone"),
        ("See <#C2|wards> and <#C9>", "See #wards and #channel"),
        ("<!here> read <https://x.example/a?b=1&amp;c|the rules>", "@here read the rules"),
        ("<https://x.example/a?b=1&amp;c>", "https://x.example/a?b=1&c"),
        ("Write to <mailto:a@x.example|a@x.example>", "Write to a@x.example"),
        (
            "<!subteam^S1|@surgeons> meet <!date^1577836800^{date}|1 January>",
            "@group meet 1 January",
        ),
        ("5 &lt; 6 and 7 &gt; 6", "5 < 6 and 7 > 6"),
        ("nul\u0000byte", "nulbyte"),
    ],
)
def test_marks_become_words(written: str, words: str, tmp_path: Path) -> None:
    assert read(SlackExport, export(tmp_path / "e.zip", {DAY: [said(1, text=written)]})).texts == [
        words
    ]


def test_a_time_keeps_its_microseconds_and_messages_of_one_second_stay_apart(
    tmp_path: Path,
) -> None:
    found = read(SlackExport, export(tmp_path / "e.zip", {DAY: [said(1), said(2)]})).messages
    assert set(found) == {f"C1:{stamp(1)}", f"C1:{stamp(2)}"}
    assert found[f"C1:{stamp(2)}"].created_at == datetime(2020, 1, 1, 0, 0, 0, 2, tzinfo=UTC)


def test_a_number_instead_of_text_as_time_is_not_rounded(tmp_path: Path) -> None:
    day = '[{"type": "message", "user": "U1", "text": "x", "ts": 1577836800.123456}]'
    path = export(tmp_path / "e.zip", {}, more={f"{DAY}.json": day})
    assert list(read(SlackExport, path).messages) == ["C1:1577836800.123456"]


@pytest.mark.parametrize(
    ("values", "kind", "author"),
    [
        ({}, AuthorKind.PERSON, "U1"),
        ({"subtype": "me_message"}, AuthorKind.PERSON, "U1"),
        ({"subtype": "file_comment", "comment": {"user": "U2"}}, AuthorKind.PERSON, "U2"),
        ({"subtype": "bot_message", "bot_id": "B1", "user": None}, AuthorKind.BOT, "B1"),
        ({"bot_id": "B1"}, AuthorKind.BOT, "B1"),
        ({"user": "USLACKBOT"}, AuthorKind.BOT, "USLACKBOT"),
        ({"subtype": "channel_topic"}, AuthorKind.SYSTEM, "U1"),
        ({"subtype": "brand_new_thing"}, AuthorKind.UNKNOWN, "U1"),
    ],
)
def test_who_stands_behind_a_message(
    values: dict[str, object], kind: AuthorKind, author: str, tmp_path: Path
) -> None:
    found = read(SlackExport, export(tmp_path / "e.zip", {DAY: [said(1, **values)]})).messages
    message = found[f"C1:{stamp(1)}"]
    assert (message.author_kind, message.author_id) == (kind, author)
    if kind in (AuthorKind.UNKNOWN, AuthorKind.SYSTEM):
        assert message.raw_type == values["subtype"]


def test_events_change_and_delete_messages_but_are_none(tmp_path: Path) -> None:
    day = [
        said(1),
        {"type": "message", "subtype": "message_changed", "ts": stamp(5),
         "message": said(1, text="Corrected", edited={"user": "U1", "ts": stamp(5)})},
        said(2),
        {"type": "message", "subtype": "message_deleted", "ts": stamp(6),
         "previous_message": said(2)},
        {"type": "message", "subtype": "message_replied", "ts": stamp(7)},
    ]  # fmt: skip
    found = read(SlackExport, export(tmp_path / "e.zip", {DAY: day})).messages
    assert [one.text for one in found.values()] == ["Corrected", ""]
    assert found[f"C1:{stamp(2)}"].deleted_at == datetime(2020, 1, 1, 0, 0, 0, 6, tzinfo=UTC)


def test_a_bot_without_text_says_what_its_attachments_say(tmp_path: Path) -> None:
    attachments = [{"text": "Bed 4 is free"}, {"fallback": "Bed 5 is taken"}, "junk"]
    day = [said(1, text="", attachments=attachments)]
    assert read(SlackExport, export(tmp_path / "e.zip", {DAY: day})).texts == [
        "Bed 4 is free\nBed 5 is taken"
    ]


def test_reactions_name_people_and_count_those_left_out(tmp_path: Path) -> None:
    reactions = [
        {"name": "thumbsup", "users": ["U1", "U2"], "count": 5},
        {"name": "thumbsup::skin-tone-2", "users": ["U2"], "count": 1},
        {"name": "eyes", "count": 2},
    ]
    found = read(SlackExport, export(tmp_path / "e.zip", {DAY: [said(1, reactions=reactions)]}))
    assert {(one.kind, one.person_id, one.number) for one in found.reactions} == {
        ("thumbsup", "U1", 1),
        ("thumbsup", "U2", 1),
        ("thumbsup", None, 3),
        ("eyes", None, 2),
    }


def test_members_and_channels(tmp_path: Path) -> None:
    found = read(SlackExport, export(tmp_path / "e.zip", {DAY: [said(1)]}))
    ada, ben, rota = (found.people[name] for name in ("U1", "U2", "U3"))
    assert (ada.email, ada.handle, ada.job_family) == ("ada@northfield.example", "ada", "Nurse")
    assert ben.employed_to == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert rota.author_kind is AuthorKind.BOT
    assert found.communities["C1"].created_at == datetime(2017, 11, 30, tzinfo=UTC)
    assert found.communities["C2"].archived_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


PRIVATE = {
    "groups.json": json.dumps([{"id": "G1", "name": "board"}]),
    "dms.json": json.dumps([{"id": "D1", "members": ["U1", "U2"]}]),
    "mpims.json": json.dumps([{"id": "M1", "name": "mpdm-ada--ben-1"}]),
}


def test_private_channels_and_direct_messages_are_left_out(tmp_path: Path) -> None:
    days = {
        f"{folder}/2020-01-01": [said(number)]
        for number, folder in enumerate(("general", "board", "D1", "mpdm-ada--ben-1", "gone"))
    }
    path = export(tmp_path / "e.zip", days, more=PRIVATE)
    found = read(SlackExport, path)
    assert set(found.messages) == {f"C1:{stamp(0)}"}
    assert set(found.communities) == {"C1", "C2"}
    assert "channel gone" in found.said
    assert "left out" in found.said
    everything = read(SlackExport, path, include_private=True, approved_by="Works council")
    assert {one.community_id for one in everything.messages.values()} == {
        "C1", "G1", "D1", "M1", "name:gone",
    }  # fmt: skip
    assert everything.communities["D1"].name == "Direct messages"


def test_a_folder_without_a_channel_is_kept_in_a_public_export(tmp_path: Path) -> None:
    days = {"old-name/2020-01-01": [said(1)], "Wards-/2020-01-01": [said(2)]}
    found = read(SlackExport, export(tmp_path / "e.zip", days))
    assert {one.community_id for one in found.messages.values()} == {"name:old-name", "C2"}
    assert "renamed or deleted" in found.said


def test_windows_that_overlap_count_once(tmp_path: Path) -> None:
    first = export(tmp_path / "1.zip", {DAY: [said(1), said(2)]})
    second = export(tmp_path / "2.zip", {DAY: [said(2, text="Edited"), said(3)]})
    found = read(SlackExport, [str(first), str(second)])
    assert len(found.messages) == 3
    assert found.messages[f"C1:{stamp(2)}"].text == "Edited"


def test_an_export_without_a_list_of_channels_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "e.zip", {"users.json": "[]", f"{DAY}.json": "[]"})
    assert "channels.json" in refused(SlackExport, path).what
    single = zipped(tmp_path / "t.zip", {"general.txt": "hello"})
    assert "one person as text" in refused(SlackExport, single).next_step


def test_an_export_without_messages_is_refused(tmp_path: Path) -> None:
    assert "no messages" in refused(SlackExport, export(tmp_path / "e.zip", {DAY: []})).what


@pytest.mark.parametrize("content", ['[{"ts": "15', "[1, 2", "{}", "", "[" * 100_000, "hello"])
def test_a_damaged_day_is_refused_by_name(content: str, tmp_path: Path) -> None:
    path = export(
        tmp_path / "e.zip", {"wards/2020-01-01": [said(1)]}, more={f"{DAY}.json": content}
    )
    assert "general/2020-01-01.json in e.zip, line 1" in refused(SlackExport, path).where


def test_damaged_lists_of_channels_are_refused(tmp_path: Path) -> None:
    path = export(tmp_path / "e.zip", {DAY: [said(1)]}, channels=[{"name": "no id"}])
    assert "record 1" in refused(SlackExport, path).where


def test_a_few_broken_records_are_set_aside(tmp_path: Path) -> None:
    day = [*(said(number) for number in range(1, 9)), {"ts": "yesterday"}, "junk"]
    path = export(tmp_path / "e.zip", {DAY: day}, users=[*USERS, {"name": "nobody"}])
    found = read(SlackExport, path)
    assert len(found.messages) == 8
    assert "general/2020-01-01.json in e.zip, record 9: the field ts holds no time" in found.said
    assert "record 10: there is no JSON object" in found.said
    assert found.skipped == 3
    many = [*day, *({"ts": f"{number} o'clock"} for number in range(5))]
    assert refused(SlackExport, export(tmp_path / "m.zip", {DAY: many}))


def test_recognition_needs_both_lists(tmp_path: Path) -> None:
    assert SlackExport.recognises(export(tmp_path / "e.zip", {DAY: [said(1)]}))
    assert SlackExport.recognises(zipped(tmp_path / "x.zip", {"channels.json": "[]"})) is None
    assert SlackExport.recognises(tmp_path / "nowhere.zip") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = [
    "ts", "thread_ts", "user", "text", "subtype", "reactions", "edited", "bot_id", "attachments",
    "comment", "message", "previous_message",
]  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(records=st.lists(st.dictionaries(st.sampled_from(FIELDS), json_values), max_size=4))
def test_records_of_any_shape_give_sound_rows_or_are_set_aside(
    records: list[dict[str, object]], tmp_path: Path
) -> None:
    day = [*(said(number) for number in range(1, 30)), *records]
    path = export(tmp_path / "e.zip", {DAY: day}, channels=CHANNELS)
    found = read_or_refused(SlackExport, path) or Read()
    assert all(message.community_id == "C1" for message in found.messages.values())
