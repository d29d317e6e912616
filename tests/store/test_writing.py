"""Rows in: merged by key, counted, visible only when committed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adoption.model import ActivityCount, MessageKind, Person, Row
from adoption.store import Counts, Store
from tests.store.build import (
    MONDAY,
    ask,
    community,
    like,
    message,
    put,
    put_scores,
    score_row,
    versions,
)


def test_new_rows_of_all_kinds_are_added(store: Store) -> None:
    counts = put(
        store,
        [
            community("ward"),
            Person("ann"),
            message("1"),
            message("2", kind=MessageKind.REPLY, parent_id="1", conversation_id="1"),
            like("1"),
            ActivityCount("ann", MONDAY, "read", 5),
        ],
    )
    assert counts == {
        "communities": Counts(1),
        "people": Counts(1),
        "messages": Counts(2),
        "reactions": Counts(1),
        "activity": Counts(1),
    }
    assert ask(store, "SELECT message_id, kind, month, created_on FROM messages ORDER BY 1") == [
        ("1", "post", "2026-01", MONDAY.date()),
        ("2", "reply", "2026-01", MONDAY.date()),
    ]


def test_the_same_rows_again_change_no_version_and_publish_nothing(store: Store) -> None:
    rows: list[Row] = [community("ward"), Person("ann", department="A"), message("1"), like("1")]
    rows.append(ActivityCount("ann", MONDAY, "read", 5))
    put(store, rows)
    before, published = versions(store), store.control.published()
    counts = put(store, rows)
    assert set(counts.values()) == {Counts(unchanged=1)}
    assert versions(store) == before
    assert store.control.published() == published


def test_a_changed_row_is_rewritten_in_its_month_and_others_stay(store: Store) -> None:
    put(store, [message(str(n), f"text {n}") for n in range(10)])
    counts = put(
        store, [message("3", "edited", edited_at=MONDAY), message("4", "text 4"), message("x")]
    )
    assert counts["messages"] == Counts(added=1, changed=1, unchanged=1)
    assert ask(store, "SELECT count(*), count(DISTINCT message_id) FROM messages") == [(11, 11)]
    assert ask(store, "SELECT text FROM messages WHERE message_id = '3'") == [("edited",)]


def test_a_deleted_message_keeps_its_row_and_leaves_the_facts(store: Store) -> None:
    put(store, [message("1"), message("2")])
    put(store, [message("1", "", deleted_at=MONDAY)])
    assert ask(store, "SELECT text FROM messages WHERE deleted_at IS NOT NULL") == [("",)]
    assert ask(store, "SELECT message_id FROM facts") == [("2",)]


def test_of_equal_keys_in_one_batch_the_last_wins(store: Store) -> None:
    assert put(store, [message("1", "first"), message("1", "last")])["messages"] == Counts(1)
    assert ask(store, "SELECT text FROM messages") == [("last",)]


def test_a_message_whose_time_was_mended_moves_to_its_month(store: Store) -> None:
    put(store, [message("1"), message("2")])
    february = MONDAY + timedelta(days=31)
    counts = put(store, [message("1", created_at=february), message("3", created_at=february)])
    assert counts["messages"] == Counts(added=1, changed=1)
    assert ask(store, "SELECT message_id, month FROM messages ORDER BY 1") == [
        ("1", "2026-02"),
        ("2", "2026-01"),
        ("3", "2026-02"),
    ]


def test_equal_ids_of_two_networks_are_two_messages(store: Store) -> None:
    put(store, [message("1", "here")], network="one")
    put(store, [message("1", "there")], network="two")
    assert ask(store, "SELECT network, text FROM messages ORDER BY 1") == [
        ("one", "here"),
        ("two", "there"),
    ]


def test_reactions_without_people_are_one_row_with_a_number(store: Store) -> None:
    put(store, [like("1", None, number=3)])
    counts = put(store, [like("1", None, number=4), like("1", "bob")])
    assert counts["reactions"] == Counts(added=1, changed=1)
    assert ask(store, "SELECT person_id IS NULL, number FROM reactions ORDER BY 1") == [
        (False, 1),
        (True, 4),
    ]


def test_rows_are_invisible_until_committed_and_gone_when_they_are_not(store: Store) -> None:
    put(store, [message("1")])
    with store.writer("test") as writer:
        writer.write("net", [message("2")])
        assert ask(store, "SELECT message_id FROM messages") == [("1",)]
    put(store, [message("3")])
    assert ask(store, "SELECT message_id FROM messages ORDER BY 1") == [("1",), ("3",)]


def test_an_edit_that_was_not_committed_leaves_the_old_text(store: Store) -> None:
    put(store, [message("1", "old"), message("2")])
    with store.writer("test") as writer:
        writer.write("net", [message("1", "new")])
    assert put(store, [message("2")])["messages"] == Counts(unchanged=1)
    assert ask(store, "SELECT text FROM messages WHERE message_id = '1'") == [("old",)]


def test_one_writer_commits_many_times(store: Store) -> None:
    with store.writer("test") as writer:
        for number in range(3):
            writer.write("net", [message("same", f"text {number}"), message(str(number))])
            snapshot = writer.commit()
            with store.snapshot() as seen:
                assert seen.id == snapshot
                assert seen.sql("SELECT count(*) FROM messages") == [(number + 2,)]


def test_nothing_written_is_nothing_counted(store: Store) -> None:
    assert put(store, []) == {}
    with store.writer("test") as writer:
        assert writer.write_scores([]) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\0 nul \0",
        "line\r\nbreaks\u2028",
        "‘curly’ 名 🙂",
        "'; DROP TABLE messages; --",
        "x" * 100_000,
    ],
)
def test_any_text_comes_back_as_it_went_in(store: Store, text: str) -> None:
    put(store, [message("1", text)])
    assert ask(store, "SELECT text FROM messages") == [(text,)]
    assert put(store, [message("1", text)])["messages"] == Counts(unchanged=1)


def test_half_a_surrogate_pair_becomes_a_question_mark(store: Store) -> None:
    put(store, [message("1", "a\ud800b"), message("2", community_id=None)])
    assert ask(store, "SELECT text FROM messages ORDER BY message_id") == [("a?b",), ("hello",)]


def test_times_keep_their_microseconds_and_come_back_in_utc(store: Store) -> None:
    at = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
    put(store, [message("1", created_at=at)])
    ((found,),) = ask(store, "SELECT created_at FROM messages")
    assert found == at
    assert found.utcoffset() == timedelta(0)


def test_scores_are_merged_by_message_and_model(store: Store) -> None:
    put(store, [message("1")])
    with store.writer("test") as writer:
        assert writer.write_scores([score_row("1"), score_row("1", model="v2")]) == 2
        assert writer.write_scores([score_row("1")]) == 0
        assert writer.write_scores([score_row("1", pushback=0.1)]) == 1
        writer.commit()
    assert ask(store, "SELECT model, pushback FROM scores ORDER BY 1") == [("v1", 0.1), ("v2", 0.9)]


def test_no_id_name_or_address_of_a_person_reaches_the_lake(store: Store) -> None:
    put(
        store,
        [
            Person(
                "id-canary", name="Name Canary", email="mail-canary@x.org", handle="handle-canary"
            ),
            message("1", author_id="id-canary"),
            like("1", "id-canary"),
            ActivityCount("id-canary", MONDAY, "read", 1),
        ],
    )
    put_scores(store, [score_row("1")])
    with store.snapshot() as snapshot:
        snapshot.warm()
    for path in store.home.rglob("*"):
        if path.is_file() and not path.name.startswith("app.sqlite"):
            assert b"canary" not in path.read_bytes().lower(), path
    (identity,) = store.control.identities("net")
    assert identity.source_id == "id-canary"
    assert ask(store, "SELECT author_id FROM messages") == [(identity.person_id,)]


def test_no_message_text_reaches_the_log_of_a_table_or_the_cache(store: Store) -> None:
    put(store, [message("1", "textcanary")])
    with store.snapshot() as snapshot:
        snapshot.warm()
    logs = [*store.home.glob("lake/*/_delta_log/*"), *store.home.glob("cache/*")]
    assert logs
    assert not [path for path in logs if b"textcanary" in path.read_bytes()]
