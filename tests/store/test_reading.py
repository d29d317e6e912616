"""Snapshots: pinned, consistent, with the views of docs/architecture.md."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable

from adoption.errors import StoreError
from adoption.model import AuthorKind, MessageKind, Person
from adoption.store import Review, Store
from tests.store.build import (
    MONDAY,
    ask,
    community,
    like,
    message,
    put,
    put_scores,
    score_row,
)

LATER = MONDAY + timedelta(days=40)


def test_an_empty_store_has_all_tables_and_views_without_rows(store: Store) -> None:
    names = ("messages", "reactions", "scores", "activity", "people", "communities")
    for name in (*names, "persons", "facts", "verdicts", "acts"):
        assert ask(store, f"SELECT count(*) FROM {name}") == [(0,)], name


def test_a_snapshot_does_not_change_while_others_are_published(store: Store) -> None:
    put(store, [message("1")])
    with store.snapshot() as first:
        put(store, [message("1", "edited"), message("2")])
        assert first.sql("SELECT text FROM messages") == [("hello",)]
        with store.snapshot() as second:
            assert second.id == first.id + 1
            assert second.sql("SELECT count(*) FROM messages") == [(2,)]
        assert first.sql("SELECT count(*) FROM facts") == [(1,)]


def test_a_snapshot_stays_usable_after_a_newer_one_was_closed(store: Store) -> None:
    put(store, [message("1")])
    with store.snapshot() as first:
        put(store, [message("2")])
        assert ask(store, "SELECT count(*) FROM messages") == [(2,)]
        put(store, [message("3")])
        assert ask(store, "SELECT count(*) FROM messages") == [(3,)]
        assert first.sql("SELECT count(*) FROM messages") == [(1,)]


def test_a_snapshot_names_its_number_and_time(store: Store) -> None:
    put(store, [message("1")])
    published = store.control.published()
    assert published is not None
    with store.snapshot() as snapshot:
        assert (snapshot.id, snapshot.published_at) == (published.id, published.at)
        assert datetime.now(UTC) - snapshot.published_at < timedelta(minutes=5)


def test_facts_are_public_messages_of_people_that_were_not_deleted(store: Store) -> None:
    put(
        store,
        [
            community("ward"),
            community("board", is_private=True),
            message("counts"),
            message("elsewhere", community_id=None),
            message("private", community_id="board"),
            message("bot", author_kind=AuthorKind.BOT),
            message("system", author_kind=AuthorKind.SYSTEM),
            message("unknown", author_kind=AuthorKind.UNKNOWN),
            message("deleted", "", deleted_at=MONDAY),
        ],
    )
    assert ask(store, "SELECT message_id FROM facts ORDER BY 1") == [("counts",), ("elsewhere",)]


def test_facts_carry_the_monday_of_their_week_in_utc(store: Store) -> None:
    sunday_night = datetime(2026, 1, 4, 23, 59, 59, tzinfo=UTC)
    put(store, [message("1", created_at=sunday_night), message("2")])
    assert ask(store, "SELECT week FROM facts ORDER BY message_id") == [
        (date(2025, 12, 29),),
        (date(2026, 1, 5),),
    ]


def test_acts_are_posts_replies_and_reactions_of_people(store: Store) -> None:
    put(
        store,
        [
            community("board", is_private=True),
            message("1"),
            message("2", kind=MessageKind.REPLY),
            message("3", author_kind=AuthorKind.BOT),
            message("4", community_id="board"),
            like("1", "bob", reacted_at=LATER),
            like("2", "bob"),
            like("3", "bob", kind="praise"),
            like("1", "cy", removed_at=LATER),
            like("1", None, number=9),
            like("4", "bob"),
            like("not-there", "bob"),
        ],
    )
    assert ask(store, "SELECT act, acted_at, week FROM acts ORDER BY 1, 2") == [
        ("post", MONDAY, date(2026, 1, 5)),
        ("reaction", MONDAY, date(2026, 1, 5)),
        ("reaction", MONDAY, date(2026, 1, 5)),
        ("reaction", LATER, date(2026, 2, 9)),
        ("reply", MONDAY, date(2026, 1, 5)),
    ]


def test_verdicts_are_facts_with_the_score_of_the_current_model(store: Store) -> None:
    put(store, [message("1"), message("2"), message("3", created_at=LATER)])
    put_scores(store, [score_row("1"), score_row("2", stance="neutral", flag="pass", barrier=None)])
    put_scores(store, [score_row("1", model="v2", pushback=0.2)], model=None)
    assert ask(
        store, "SELECT message_id, pushback, flag, kind, pushback_kind FROM verdicts ORDER BY 1"
    ) == [
        ("1", 0.9, "flag", "post", "objection"),
        ("2", 0.9, "pass", "post", "objection"),
    ]
    with store.writer("test") as writer:
        writer.commit(model="v2")
    assert ask(store, "SELECT message_id, pushback, model FROM verdicts") == [("1", 0.2, "v2")]
    assert ask(store, "SELECT count(*) FROM facts") == [(3,)]


@pytest.mark.parametrize(
    ("verdict", "barrier", "seen"),
    [
        ("pushback", None, ("scored", "pushback", 1.0, "existing_channel", "flag", "objection", 2)),
        ("pushback", "dismissal", ("scored", "pushback", 1.0, "dismissal", "flag", "objection", 2)),
        ("support", None, ("scored", "support", 0.0, None, "pass", None, None)),
        ("neutral", None, ("scored", "neutral", 0.0, None, "pass", None, None)),
        ("undetermined", None, ("undetermined", None, None, None, "pass", None, None)),
    ],
)
def test_a_reviewers_word_counts_at_once_and_wins_over_the_model(
    store: Store, verdict: str, barrier: str | None, seen: tuple[object, ...]
) -> None:
    put(store, [message("1")])
    put_scores(store, [score_row("1")])
    with store.snapshot() as before:
        store.control.add_review(Review("net", "1", "neutral", None, "reviewer", MONDAY))
        published = store.control.add_review(
            Review("net", "1", verdict, barrier, "reviewer", MONDAY)
        )
        assert published == before.id + 2
    columns = "state, stance, pushback, barrier, flag, pushback_kind, intensity"
    assert ask(store, f"SELECT {columns}, reviewed FROM verdicts") == [(*seen, True)]


def test_a_corrected_barrier_is_the_only_one(store: Store) -> None:
    put(store, [message("1"), message("2")])
    put_scores(store, [score_row("1"), score_row("2")])
    store.control.add_review(Review("net", "1", "pushback", "dismissal", "reviewer", MONDAY))
    assert ask(store, "SELECT barriers, reviewed FROM verdicts ORDER BY message_id") == [
        ('[["dismissal", 1.0]]', True),
        ('[["existing_channel", 0.9]]', False),
    ]


def test_views_follow_changes_of_people_and_communities(store: Store) -> None:
    put(store, [community("ward"), Person("ann", department="A"), message("1"), like("1", "ann")])
    assert ask(store, "SELECT DISTINCT department FROM acts") == [("A",)]
    put(store, [Person("x1", department="B", email="x")])
    put(store, [Person("ann", department="C", valid_from=MONDAY)])
    assert ask(store, "SELECT DISTINCT department FROM acts") == [("C",)]
    put(store, [community("ward", is_private=True)])
    assert ask(store, "SELECT count(*) FROM acts") == [(0,)]


def test_only_the_months_that_changed_are_computed_again(store: Store) -> None:
    put(store, [message("1"), message("2", created_at=LATER)])
    with store.snapshot() as snapshot:
        snapshot.warm()
    before = {path.name for path in (store.home / "cache").iterdir()}
    put(store, [message("3", created_at=LATER)])
    with store.snapshot() as snapshot:
        snapshot.warm()
    fresh = {path.name for path in (store.home / "cache").iterdir()} - before
    assert {name.rsplit("-", 1)[0] for name in fresh} == {"scored_facts-2026-02", "reacted-2026-02"}


def test_the_cache_may_be_deleted_at_any_time(store: Store) -> None:
    put(store, [message("1")])
    assert ask(store, "SELECT count(*) FROM facts") == [(1,)]
    for path in (store.home / "cache").iterdir():
        path.unlink()
    store.close()
    with Store.open(store.home) as again:
        assert ask(again, "SELECT count(*) FROM facts") == [(1,)]


def test_tables_are_ibis_expressions(store: Store) -> None:
    put(store, [message("1"), message("2", author_id="bob")])
    with store.snapshot() as snapshot:
        facts = snapshot.table("facts")
        by_author = facts.group_by("author_id").aggregate(number=facts.count())
        assert by_author.number.sum().execute() == 2
        assert snapshot.table("facts") is facts
        assert snapshot.table("messages").count().execute() == 2


def test_an_unknown_table_is_refused_with_the_names_there_are(store: Store) -> None:
    with (
        store.snapshot() as snapshot,
        pytest.raises(StoreError, match="persons, facts, verdicts, acts"),
    ):
        snapshot.table("sqlite_master")


def test_a_wrong_query_is_a_store_error(store: Store) -> None:
    with store.snapshot() as snapshot, pytest.raises(StoreError, match="reading the store"):
        snapshot.sql("SELECT nothing FROM messages")


def test_long_results_come_in_pages(store: Store) -> None:
    put(store, [message(str(number)) for number in range(10)])
    with store.snapshot() as snapshot:
        pages = list(
            snapshot.stream("SELECT message_id FROM messages WHERE kind = ?", ["post"], rows=4)
        )
        assert [len(page) for page in pages] == [4, 4, 2]
        assert sorted(row[0] for page in pages for row in page) == [str(n) for n in range(10)]


def test_threads_share_a_store(store: Store) -> None:
    put(store, [message(str(number)) for number in range(50)])
    seen: list[object] = []

    def read() -> None:
        for _ in range(5):
            seen.append(ask(store, "SELECT count(*), count(DISTINCT week) FROM facts"))

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for number in range(50, 55):
        store.control.audit("test", "write", str(number))
    for thread in threads:
        thread.join()
    assert seen == [[(50, 1)]] * 30


@pytest.mark.parametrize("feature", ["deletionVectors", "columnMapping"])
def test_a_table_with_a_feature_that_a_file_list_cannot_honour_is_refused(
    store: Store, feature: str
) -> None:
    put(store, [message("1")])
    folder = store.home / "lake" / "messages"
    _switch_on(folder, feature)
    with pytest.raises(StoreError, match=feature), store.writer("test") as writer:
        writer.write("net", [message("2")])


def _switch_on(folder: Path, feature: str) -> None:
    """Rewrite the protocol in the table's first log entry, as another program's upgrade would."""
    entry = folder / "_delta_log" / f"{0:020d}.json"
    assert DeltaTable(str(folder)).version() == 1
    text = entry.read_text()
    old = '"minReaderVersion":1,"minWriterVersion":2'
    assert old in text
    new = f'"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["{feature}"]'
    entry.write_text(text.replace(old, f'{new},"writerFeatures":["{feature}"]'))


def test_a_file_written_before_a_column_was_added_reads_as_null(store: Store) -> None:
    put(store, [message("1", raw_type="old")])
    (file,) = (store.home / "lake" / "messages").glob("month=*/*.parquet")
    import pyarrow.parquet as pq

    rows = pq.read_table(file, partitioning=None)
    pq.write_table(rows.drop_columns(["raw_type"]), file)
    put(store, [message("2", raw_type="new")])
    assert ask(store, "SELECT raw_type FROM messages ORDER BY message_id") == [(None,), ("new",)]


@pytest.mark.parametrize("name", ["with space", "ümlaut", "100%", "a'b", "q?*", "#1"])
def test_a_data_folder_may_have_an_awkward_name(tmp_path: Path, name: str) -> None:
    with Store.open(tmp_path / name, create=True) as store:
        put(store, [message("1"), message("2", created_at=LATER)])
        put(store, [message("1", "edited")])
        assert ask(store, "SELECT month, text FROM messages ORDER BY 1") == [
            ("2026-01", "edited"),
            ("2026-02", "hello"),
        ]
        assert ask(store, "SELECT count(*) FROM acts") == [(2,)]


@pytest.mark.parametrize("name", ["a[b", "a]b", "a^b", "a|b", "a%41b", "month=2020-01"])
def test_a_data_folder_whose_name_delta_misreads_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="Choose another folder"):
        Store.open(tmp_path / name, create=True)
