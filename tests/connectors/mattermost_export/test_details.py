"""What the lines of a Mattermost bulk export mean, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adoption.model import AuthorKind, MessageKind
from connectors.mattermost_export import MattermostExport
from tests.connectors.mattermost import (
    HEAD,
    START,
    export,
    line,
    post,
    reaction,
    sample_shape,
    text,
    written,
)
from tests.connectors.reading import Read, read, read_or_refused, refused
from tests.connectors.viva import zipped

START_AT = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=START)


def test_the_export_of_a_small_real_server_gives_exact_counts(tmp_path: Path) -> None:
    found = read(MattermostExport, export(tmp_path / "e.jsonl", sample_shape()))
    kinds = [one.kind for one in found.messages.values()]
    assert kinds.count(MessageKind.POST) == 10
    assert kinds.count(MessageKind.REPLY) == 1
    assert len(found.reactions) == 1
    by_people = [one for one in found.messages.values() if one.author_kind is AuthorKind.PERSON]
    assert len(by_people) == 4
    assert found.skipped == 2, "the private channel and the direct post"
    assert "Left out: 1 message of private or unlisted channels." in found.notes
    everything = read(
        MattermostExport, tmp_path / "e.jsonl", include_private=True, approved_by="Works council"
    )
    assert len(everything.messages) == 12


def test_a_reply_belongs_to_its_post(tmp_path: Path) -> None:
    replies = [written(2, user="bob"), written(3, edit_at=START + 9)]
    found = read(MattermostExport, export(tmp_path / "e.jsonl", [post(1, replies=replies)]))
    starter, first, second = found.messages.values()
    assert {first.conversation_id, first.parent_id, second.conversation_id} == {starter.id}
    assert first.created_at == START_AT + timedelta(milliseconds=2)
    assert second.edited_at == START_AT + timedelta(milliseconds=9)


def test_an_edit_or_a_new_reaction_does_not_change_the_id(tmp_path: Path) -> None:
    before = export(tmp_path / "1.jsonl", [post(1), post(2)])
    after = export(
        tmp_path / "2.jsonl",
        [post(2), post(1, message="Rewritten", edit_at=START + 9, reactions=[reaction("bob", 3)])],
    )
    assert set(read(MattermostExport, before).messages) == set(
        read(MattermostExport, after).messages
    )


def test_posts_that_agree_in_place_author_and_time_stay_apart(tmp_path: Path) -> None:
    twins = [post(1, message="first", replies=[written(1), written(1)]), post(1, message="second")]
    found = read(MattermostExport, export(tmp_path / "e.jsonl", twins)).messages
    assert len(found) == 4
    second = next(one for one in found.values() if one.text == "second")
    assert second.conversation_id == second.id
    elsewhere = [post(1), post(1, team="other", channel="all-company")]
    assert len(read(MattermostExport, export(tmp_path / "o.jsonl", elsewhere)).messages) == 1


@pytest.mark.parametrize(
    ("values", "kind", "author"),
    [
        ({}, AuthorKind.PERSON, "alice"),
        ({"type": "me"}, AuthorKind.PERSON, "alice"),
        ({"user": "robot"}, AuthorKind.BOT, "robot"),
        ({"props": {"from_bot": "true"}}, AuthorKind.BOT, "alice"),
        ({"props": {"from_webhook": "true"}}, AuthorKind.BOT, None),
        ({"type": "slack_attachment"}, AuthorKind.BOT, "alice"),
        ({"type": "system_join_channel"}, AuthorKind.SYSTEM, "alice"),
        ({"type": "custom_calls"}, AuthorKind.UNKNOWN, "alice"),
    ],
)
def test_who_stands_behind_a_post(
    values: dict[str, object], kind: AuthorKind, author: str | None, tmp_path: Path
) -> None:
    found = read(MattermostExport, export(tmp_path / "e.jsonl", [post(1, **values)])).messages
    message = next(iter(found.values()))
    assert (message.author_kind, message.author_id) == (kind, author)
    assert message.raw_type == values.get("type")


def test_users_and_channels(tmp_path: Path) -> None:
    found = read(MattermostExport, export(tmp_path / "e.jsonl", [post(1)]))
    alice = found.people["alice"]
    assert (alice.name, alice.handle, alice.job_family) == ("Alice Ames", "alice", "Nurse")
    assert found.people["bob"].employed_to == START_AT
    assert found.people["robot"].author_kind is AuthorKind.BOT
    assert found.communities["corp/all-company"].name == "All-Company"
    assert "corp/board" not in found.communities


def test_a_zip_of_mmctl_is_read_like_the_file_in_it(tmp_path: Path) -> None:
    content = text([*HEAD, post(1)])
    packed = zipped(tmp_path / "e.zip", {"import.jsonl": content, "data/20/photo.json": "{}"})
    plain = export(tmp_path / "e.jsonl", [post(1)])
    assert read(MattermostExport, packed).rows == read(MattermostExport, plain).rows
    assert MattermostExport.recognises(packed)
    assert MattermostExport.recognises(plain)


def test_a_long_first_line_and_null_lists_are_read(tmp_path: Path) -> None:
    head = [{"type": "version", "version": 1, "info": {"generator": "x" * 9000}}, *HEAD[1:]]
    lines = [post(1, reactions=None, replies=None), post(2, replies=[], edit_at=None)]
    assert len(read(MattermostExport, export(tmp_path / "e.jsonl", lines, head)).messages) == 2


def test_what_is_no_bulk_export_is_refused(tmp_path: Path) -> None:
    for name, content in {
        "web.jsonl": "<html>",
        "other.jsonl": '{"type": "post"}\n',
        "table.csv": "when,who\n",
    }.items():
        (tmp_path / name).write_text(content)
        assert MattermostExport.recognises(tmp_path / name) is None
        assert "not a Mattermost bulk export" in refused(MattermostExport, tmp_path / name).what


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    head = [{"type": "version", "version": 2}, *HEAD[1:]]
    error = refused(MattermostExport, export(tmp_path / "e.jsonl", [post(1)], head))
    assert "version 2" in error.what


def test_a_file_that_is_cut_off_in_a_line_is_refused(tmp_path: Path) -> None:
    path = export(tmp_path / "e.jsonl", [post(1), post(2)])
    path.write_bytes(path.read_bytes()[:-20])
    error = refused(MattermostExport, path)
    assert "cut off" in error.what
    assert "line 10" in error.where


def test_an_export_without_posts_is_refused(tmp_path: Path) -> None:
    assert "no posts" in refused(MattermostExport, export(tmp_path / "e.jsonl", [])).what


def test_a_few_broken_lines_are_set_aside_by_number(tmp_path: Path) -> None:
    path = export(tmp_path / "e.jsonl", [post(number) for number in range(9)])
    with path.open("a") as more:
        more.write("not json\n")
        more.write(text([post(20, create_at="noon"), post(21, user=""), post(22, team=None)]))
    found = read(MattermostExport, path)
    assert len(found.messages) == 9
    assert "e.jsonl, line 18: there is no JSON object" in found.said
    assert "line 19: the field create_at holds no time in milliseconds" in found.said
    assert "line 20: a post has no user" in found.said
    assert "line 21: a post has no team or no channel" in found.said
    with path.open("a") as more:
        more.write("not json\n" * 5)
    assert "of 26 rows" in refused(MattermostExport, path).what


def test_a_line_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = export(tmp_path / "e.jsonl", [post(1, message="x" * 34_000_000)])
    assert "longer than" in refused(MattermostExport, path).what


def test_unlisted_channels_are_left_out(tmp_path: Path) -> None:
    path = export(
        tmp_path / "e.jsonl", [post(1), post(2, channel="secret"), post(3, channel="board")]
    )
    found = read(MattermostExport, path)
    assert len(found.messages) == 1
    assert found.skipped == 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = [
    "user", "type", "message", "create_at", "edit_at", "reactions", "replies", "props", "team",
    "channel",
]  # fmt: skip


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(["post", "direct_post", "user", "channel", "emoji"]),
    values=st.dictionaries(st.sampled_from(FIELDS), json_values),
    inner=st.dictionaries(st.sampled_from(FIELDS), json_values),
)
def test_lines_of_any_shape_give_sound_rows_or_are_set_aside(
    kind: str, values: dict[str, object], inner: dict[str, object], tmp_path: Path
) -> None:
    odd = post(
        9, replies=[written(10, **inner)], **{k: v for k, v in values.items() if k != "replies"}
    )
    lines = [*(post(number) for number in range(5)), line(kind, values), odd]
    path = tmp_path / "e.jsonl"
    path.write_text("\n".join(map(json.dumps, [*HEAD, *lines])) + "\n")
    found = read_or_refused(MattermostExport, path) or Read()
    assert all(message.id for message in found.messages.values())
