"""Compaction, unused files, what a dead writer leaves, and removing what must not be kept."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adoption.connector import Checkpoint
from adoption.errors import StoreError
from adoption.model import ActivityCount, Person
from adoption.store import Network, Review, Store, lake
from adoption.store.control import Control
from adoption.store.lake import drop_unpublished
from adoption.store.writer import SMALL_FILES
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

LATER = MONDAY + timedelta(days=40)


def _data_files(store: Store, table: str) -> list[Path]:
    return sorted((store.home / "lake" / table).rglob("*.parquet"))


def _write_singly(store: Store, number: int) -> None:
    with store.writer("test") as writer:
        for place in range(number):
            writer.write("net", [message(str(place)), community(str(place))])
            writer.commit()


def test_many_small_files_of_a_month_become_one(store: Store) -> None:
    _write_singly(store, SMALL_FILES + 1)
    put(store, [message("later", created_at=LATER)])
    assert len(_data_files(store, "messages")) == SMALL_FILES + 2
    with store.writer("test") as writer:
        writer.compact()
    assert len(_data_files(store, "messages")) == 2
    assert len(_data_files(store, "communities")) == 1
    assert ask(store, "SELECT count(*), count(DISTINCT message_id) FROM messages") == [
        (SMALL_FILES + 2, SMALL_FILES + 2)
    ]


def test_few_files_are_left_alone(store: Store) -> None:
    _write_singly(store, 3)
    before = versions(store)
    with store.writer("test") as writer:
        writer.compact()
    assert versions(store) == before
    assert len(_data_files(store, "messages")) == 3


def test_a_reader_keeps_the_files_it_has_open(store: Store) -> None:
    put(store, [message("1", "old")])
    with store.snapshot() as pinned:
        put(store, [message("1", "new")])
        with store.writer("test") as writer:
            assert not writer.remove_unused_files(wait_seconds=0.0)
        assert pinned.sql("SELECT text FROM messages") == [("old",)]
    with store.writer("test") as writer:
        assert writer.remove_unused_files(wait_seconds=0.0)
    assert len(_data_files(store, "messages")) == 1
    assert ask(store, "SELECT text FROM messages") == [("new",)]


def test_cached_files_nobody_used_for_a_day_go_with_the_unused_ones(store: Store) -> None:
    put(store, [message("1")])
    assert ask(store, "SELECT count(*) FROM facts") == [(1,)]
    old, *_ = sorted((store.home / "cache").glob("persons*"))
    os.utime(old, (time.time() - 90_000, time.time() - 90_000))
    with store.writer("test") as writer:
        writer.remove_unused_files(wait_seconds=0.0)
    assert not old.exists()
    assert list((store.home / "cache").glob("scored_facts*"))


def test_what_a_dead_writer_left_is_dropped_even_if_it_is_torn(store: Store) -> None:
    put(store, [message("1")])
    with store.writer("dies") as writer:
        writer.write("net", [message("1", "never published"), message("2")])
    log = store.home / "lake" / "messages" / "_delta_log"
    newest = max(log.glob("*.json"))
    torn = log / f"{int(newest.stem) + 1:020d}.json"
    torn.write_bytes(b'{"commitInfo":{"time')
    assert ask(store, "SELECT text FROM messages") == [("hello",)]
    assert put(store, [message("1"), message("3")])["messages"] == (1, 0, 1)
    assert ask(store, "SELECT message_id, text FROM messages ORDER BY 1") == [
        ("1", "hello"),
        ("3", "hello"),
    ]


def test_a_checkpoint_of_the_log_that_was_not_published_is_dropped(tmp_path: Path) -> None:
    names = ("1.json", "2.json", "2.checkpoint.parquet", "3.json")
    for name in names:
        (tmp_path / name.rjust(20 + len(name) - 1, "0")).write_text("{}")
    hint = tmp_path / "_last_checkpoint"
    for content, kept in (('{"version":1}', True), ('{"version":2}', False), ("torn", False)):
        hint.write_text(content)
        drop_unpublished(tmp_path, 1)
        assert hint.exists() is kept
    assert [path.name[19:] for path in tmp_path.iterdir()] == ["1.json"]


@pytest.fixture
def often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store whose tables get a checkpoint of the log every ten versions instead of every hundred."""
    properties = {**lake.PROPERTIES, "delta.checkpointInterval": "10"}
    monkeypatch.setattr(lake, "PROPERTIES", properties)
    with Store.open(tmp_path / "often", create=True) as opened:
        yield opened


def test_all_that_a_commit_publishes_is_on_disk_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[Path] = set()
    flush, publish = lake.flush_file, Control.publish

    def watched_flush(path: Path) -> None:
        flush(path)
        flushed.add(path)

    def watched_publish(control: Control, *args: Any, **more: Any) -> int:
        unflushed = {home, *(home / "lake").rglob("*"), home / "lake"} - flushed
        assert not unflushed
        return publish(control, *args, **more)

    monkeypatch.setattr(lake, "flush_file", watched_flush)
    monkeypatch.setattr(Control, "publish", watched_publish)
    home = tmp_path / "home"
    with Store.open(home, create=True) as store:
        put(store, [community("ward"), Person("ann"), message("1"), like("1")])
        put(store, [message("1", "edited"), message("2", created_at=LATER)])
    assert len(flushed) > 20


def test_a_long_history_is_read_through_the_checkpoints_of_the_log(often: Store) -> None:
    with often.writer("test") as writer:
        for number in range(12):
            writer.write("net", [message("1", f"text {number}")])
            writer.commit()
    assert list((often.home / "lake" / "messages" / "_delta_log").glob("*.checkpoint.parquet"))
    assert ask(often, "SELECT text FROM messages") == [("text 11",)]
    assert put(often, [message("2")])["messages"].added == 1


def test_an_old_log_is_kept_until_what_follows_it_is_published(often: Store) -> None:
    put(often, [message("1", "published")])
    log = often.home / "lake" / "messages" / "_delta_log"
    _age(log)
    with often.writer("dies") as writer:
        for number in range(12):
            writer.write("net", [message("1", f"text {number}")])
    assert list(log.glob("*.checkpoint.parquet"))
    assert ask(often, "SELECT text FROM messages") == [("published",)]
    assert put(often, [message("2")])["messages"].added == 1
    assert ask(often, "SELECT message_id, text FROM messages ORDER BY 1") == [
        ("1", "published"),
        ("2", "hello"),
    ]


def test_old_log_entries_before_a_checkpoint_go_with_the_unused_files(often: Store) -> None:
    with often.writer("test") as writer:
        for number in range(12):
            writer.write("net", [message("1", f"text {number}")])
        writer.commit()
        log = often.home / "lake" / "messages" / "_delta_log"
        _age(log)
        writer.remove_unused_files(wait_seconds=0.0)
    assert len(list(log.glob("*.json"))) < 5
    assert ask(often, "SELECT text FROM messages") == [("text 11",)]
    assert put(often, [message("2")])["messages"].added == 1


def _age(log: Path) -> None:
    """Make log entries older than delta-rs keeps them."""
    for path in log.iterdir():
        os.utime(path, (time.time() - 40 * 86_400,) * 2)


def _fill(store: Store) -> None:
    for network, address in (("net", "ann@x.org"), ("other", "ann@x.org")):
        put(
            store,
            [
                community("ward"),
                Person("ann", name="Ann Canary", email=address, handle="anncanary"),
                Person("bob", email=f"bob@{network}.org"),
                message("1", "canary words"),
                message("2", "words of bob", author_id="bob", created_at=LATER),
                like("1", "bob"),
                like("2", "ann"),
                ActivityCount("ann", MONDAY, "read", 1),
            ],
            network=network,
        )
    put_scores(store, [score_row("1"), score_row("2"), score_row("1", network="other")])
    with store.snapshot() as snapshot:
        snapshot.warm()


def test_removing_a_network_leaves_nothing_of_it(store: Store) -> None:
    store.control.put_network(Network("net", "table"))
    _fill(store)
    store.control.add_review(Review("net", "1", "neutral", None, "reviewer", MONDAY))
    with store.writer("test") as writer:
        writer.commit(checkpoints={("net", "messages"): Checkpoint()})
        writer.remove_network("net")
    with store.snapshot() as snapshot:
        for table in ("messages", "reactions", "scores", "activity", "people", "communities"):
            assert snapshot.sql(f"SELECT DISTINCT network FROM {table}") == [("other",)], table
    control = store.control
    assert (control.identities("net"), control.checkpoints(), control.reviews()) == ([], [], [])
    assert control.audit_entries()[0].action == "remove network"
    assert len(_data_files(store, "people")) == 1


def test_erasing_a_person_leaves_no_trace_in_any_network(store: Store) -> None:
    _fill(store)
    shutil.copy(store.home / "app.sqlite", store.home / "app.sqlite.v0.bak")
    with store.writer("test") as writer:
        erased = writer.erase_person(" ANN@x.org")
    assert erased.accounts == 2
    assert ask(store, "SELECT DISTINCT text FROM messages") == [("words of bob",)]
    assert ask(store, "SELECT count(*) FROM reactions") == [(0,)]
    assert ask(store, "SELECT message_id FROM scores") == [("2",)]
    assert ask(store, "SELECT count(*) FROM activity") == [(0,)]
    assert ask(store, "SELECT count(*) FROM people") == [(2,)]
    assert {identity.source_id for identity in store.control.identities()} == {"bob"}
    for path in store.home.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes().lower(), path
    entry = store.control.audit_entries()[0]
    assert (entry.action, "2 accounts" in entry.detail, "ann" in entry.detail) == (
        "erase person",
        True,
        False,
    )


def test_erasing_by_handle_finds_a_person_without_linked_accounts(store: Store) -> None:
    put(store, [Person("ann", handle="AnnLee"), message("1"), message("2", author_id="bob")])
    with store.writer("test") as writer:
        assert writer.erase_person("annlee").accounts == 1
    assert ask(store, "SELECT message_id FROM messages") == [("2",)]


def test_erasing_somebody_unknown_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="Nobody"), store.writer("test") as writer:
        writer.erase_person("nobody@x.org")


def test_an_erasure_that_a_reader_hinders_says_so_and_may_be_repeated(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adoption.store.erase.READERS_WAIT_SECONDS", 0.0)
    _fill(store)
    with store.snapshot(), store.writer("test") as writer:
        with pytest.raises(StoreError, match="kept their files open"):
            writer.remove_network("net")
        assert ask(store, "SELECT count(*) FROM messages WHERE network = 'net'") == [(0,)]
    with store.writer("test") as writer:
        writer.remove_network("net")
    assert len(_data_files(store, "people")) == 1
