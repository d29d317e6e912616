"""Random histories of upserts, edits, deletions and moves against a plain dict."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adoption.model import AuthorKind, Message, MessageKind, Person, Reaction, Row
from adoption.store import Counts, Store
from tests.store.build import ask

START = datetime(2025, 11, 20, tzinfo=UTC)
NETWORKS = ("one", "two")

texts = st.text(st.characters(codec="utf-8"), max_size=12)
moments = st.integers(0, 100).map(lambda days: START + timedelta(days=days, microseconds=days))
messages = st.builds(
    Message,
    id=st.sampled_from("abcdef"),
    community_id=st.sampled_from(["ward", None]),
    conversation_id=st.just("a"),
    parent_id=st.none(),
    author_id=st.sampled_from(["ann", "bob", None]),
    author_kind=st.sampled_from(AuthorKind),
    kind=st.sampled_from(MessageKind),
    created_at=moments,
    text=texts,
    edited_at=st.none() | moments,
    deleted_at=st.none() | moments,
    raw_type=st.none() | texts,
)
reactions = st.builds(
    Reaction,
    message_id=st.sampled_from("abc"),
    message_at=moments,
    person_id=st.sampled_from(["ann", "bob", None]),
    kind=st.sampled_from(["like", "wow"]),
    reacted_at=st.none() | moments,
    number=st.integers(1, 5),
    removed_at=st.none() | moments,
)
people = st.tuples(
    st.sampled_from(["ann", "bob"]),
    st.sampled_from(["A", "B", None]),
    st.none() | st.booleans(),
    moments,
).map(lambda drawn: Person(drawn[0], department=drawn[1], is_leader=drawn[2], valid_from=drawn[3]))
batches = st.tuples(
    st.sampled_from(NETWORKS), st.lists(st.one_of(messages, reactions, people), max_size=8)
)

Key = tuple[object, ...]


def key_of(network: str, row: Row) -> Key:
    """What identifies a row, over all tables."""
    if isinstance(row, Message):
        return network, "messages", row.id
    if isinstance(row, Reaction):
        return network, "reactions", row.message_id, row.person_id, row.kind
    assert isinstance(row, Person)
    return network, "people", row.id, row.valid_from


def expected_counts(
    model: Mapping[Key, Row], network: str, rows: Sequence[Row]
) -> dict[str, Counts]:
    """What merging these rows should count, by the plain dict."""
    last = {key_of(network, row): row for row in rows}
    counts: dict[str, Counts] = {}
    for key, row in last.items():
        table = str(key[1])
        new, same = key not in model, model.get(key) == row
        counts[table] = counts.get(table, Counts()).plus(Counts(new, not new and not same, same))
    return counts


def stored(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """What the store has, in the columns the model knows."""
    return {
        "messages": ask(
            store,
            "SELECT network, message_id, community_id, author_id, author_kind, kind, created_at, text,"
            " edited_at, deleted_at, raw_type, month, created_on FROM messages",
        ),
        "reactions": ask(
            store,
            "SELECT network, message_id, person_id, kind, message_at, reacted_at, number, removed_at,"
            " month FROM reactions",
        ),
        "people": ask(
            store, "SELECT network, person_id, valid_from, department, is_leader FROM people"
        ),
    }


def wanted(store: Store, model: Mapping[Key, Row]) -> dict[str, list[tuple[Any, ...]]]:
    """What the model says the store should have."""
    rows: dict[str, list[tuple[Any, ...]]] = {"messages": [], "reactions": [], "people": []}
    for (network, table, *_), row in model.items():
        rows[str(table)].append(_as_stored(store, str(network), row))
    return rows


def _as_stored(store: Store, network: str, row: Row) -> tuple[Any, ...]:
    def person(source_id: str | None) -> str | None:
        return None if source_id is None else store.pseudonyms.person(network, source_id)

    if isinstance(row, Message):
        at = row.created_at
        return (
            *(
                network,
                row.id,
                row.community_id,
                person(row.author_id),
                row.author_kind,
                row.kind,
                at,
            ),
            *(row.text, row.edited_at, row.deleted_at, row.raw_type, f"{at:%Y-%m}", at.date()),
        )
    if isinstance(row, Reaction):
        return (
            *(network, row.message_id, person(row.person_id), row.kind, row.message_at),
            *(row.reacted_at, row.number, row.removed_at, f"{row.message_at:%Y-%m}"),
        )
    assert isinstance(row, Person)
    return network, person(row.id), row.valid_from, row.department, row.is_leader


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(batches, st.sampled_from(["commit", "commit", "drop", "compact"])),
        min_size=1,
        max_size=6,
    )
)
def test_any_history_of_batches_gives_what_a_dict_would_have(
    history: list[tuple[tuple[str, list[Row]], str]],
) -> None:
    model: dict[Key, Row] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(Path(folder) / "home", create=True) as store,
    ):
        for (network, rows), ending in history:
            with store.writer("test") as writer:
                counts = writer.write(network, rows)
                assert counts == expected_counts(model, network, rows)
                if ending != "drop":
                    writer.commit()
                    model |= {key_of(network, row): row for row in rows}
                if ending == "compact":
                    writer.compact()
        found, should = stored(store), wanted(store, model)
        assert {name: sorted(rows, key=repr) for name, rows in found.items()} == {
            name: sorted(rows, key=repr) for name, rows in should.items()
        }
