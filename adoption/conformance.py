"""What every connector must do, whatever it reads from. Inherit, give the fixtures, nothing else.

```
class TestSlackExport(ConformanceSuite):
    connector_type = SlackExport

    @pytest.fixture
    def settings(self, tmp_path): ...     # good settings for a source that stands still

    @pytest.fixture
    def expected(self): ...               # what that source holds
```

Only the declared gaps of a connector (``lacks``) excuse it from a check, and a declared gap that is
filled fails as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, get_type_hints

import pytest

from adoption.connector import Capability, Checkpoint, Connector, Page, Source, connector_types
from adoption.errors import AdoptionError, SettingsError
from adoption.model import AuthorKind, Community, Message, MessageKind, Person, Reaction, Row

KINDS = {"text", "number", "switch", "path", "list", "date"}
SECRET_NAMES = re.compile(r"token|secret|password|certificate_key", re.IGNORECASE)


@dataclass(frozen=True)
class Expected:
    """What a source holds, as ids of the source; private places are not in it."""

    communities: frozenset[str]
    people: frozenset[str]
    posts: int
    replies: int
    edited: int = 0
    deleted: int = 0
    bots: int = 0
    system: int = 0
    reactions: int = 0
    """The sum over all reactions, each counted with its number."""
    orphans: frozenset[str] = field(default_factory=frozenset)
    """Starters that replies name but the source does not hold."""
    secrets: tuple[str, ...] = ()
    """Values that must never appear in a page, an error or a text form of the connector."""


class ConformanceSuite:
    """The checks. ``tests/conformance/README.md`` says which number of the list each one is."""

    connector_type: ClassVar[type[Connector]]
    rows_may_repeat: ClassVar[bool] = False
    """Set where a source overlaps itself, so that the same key may come twice in one read."""

    @pytest.fixture
    def settings(self) -> Mapping[str, Any]:
        raise NotImplementedError

    @pytest.fixture
    def expected(self) -> Expected:
        raise NotImplementedError

    @pytest.fixture
    def make(self, settings: Mapping[str, Any]) -> Callable[..., Connector]:
        def made(**changes: Any) -> Connector:
            return self.connector_type({**settings, **changes})

        return made

    # What it says of itself

    def test_it_is_found_through_its_entry_point(self) -> None:
        assert connector_types()[self.connector_type.name] is self.connector_type

    def test_it_introduces_itself_in_whole_sentences(self) -> None:
        cls = self.connector_type
        assert re.fullmatch(r"[a-z][a-z0-9-]*", cls.name)
        assert cls.title
        assert cls.summary.endswith(".")
        for sentence in (*cls.lacks.values(), *cls.requires):
            assert len(sentence.split()) >= 3
            assert not re.search(r"[!]|\bTODO\b", sentence)

    def test_each_setting_can_be_drawn_as_a_form(self) -> None:
        names = [item.name for item in self.connector_type.settings]
        assert len(set(names)) == len(names)
        for item in self.connector_type.settings:
            assert item.title
            assert item.help
            assert item.kind in KINDS
            assert item.secret == bool(SECRET_NAMES.search(item.name)), item.name
            assert not (item.secret and item.default)

    def test_every_capability_is_either_given_or_lacking_with_a_reason(self) -> None:
        cls = self.connector_type
        assert cls.gives | set(cls.lacks) == set(Capability)
        assert not cls.gives & set(cls.lacks)

    def test_streams_come_in_an_order_the_store_can_use(self) -> None:
        names = [stream.name for stream in self.connector_type.streams]
        assert len(set(names)) == len(names)
        if "messages" in names:
            assert names.index("communities") < names.index("messages")
        for stream in self.connector_type.streams:
            assert stream.key
            assert set(stream.key) <= set(stream.row._fields)

    # Settings

    def test_an_unknown_setting_is_refused_by_name(self, make: Callable[..., Connector]) -> None:
        with pytest.raises(SettingsError, match="no_such_setting"):
            make(no_such_setting=1)

    def test_each_required_setting_is_asked_for_by_name(self, settings: Mapping[str, Any]) -> None:
        for item in self.connector_type.settings:
            if item.required and item.default is None:
                with pytest.raises(SettingsError, match=item.name):
                    self.connector_type({**settings, item.name: ""})

    def test_private_places_need_a_named_approver(self, make: Callable[..., Connector]) -> None:
        names = {item.name for item in self.connector_type.settings}
        if "include_private" not in names:
            pytest.skip("this source knows no private places")
        with pytest.raises(SettingsError, match="approved_by"):
            make(include_private=True)

    # Reading

    def test_the_check_of_a_good_source_succeeds(self, make: Callable[..., Connector]) -> None:
        with closing(make()) as connector:
            health = connector.check()
        assert health.ok
        assert health.summary

    def test_it_gives_exactly_what_the_source_holds(
        self, make: Callable[..., Connector], expected: Expected
    ) -> None:
        rows = rows_of(make())
        messages = [row for row in rows if isinstance(row, Message)]
        assert {row.id for row in rows if isinstance(row, Community)} == expected.communities
        assert {row.id for row in rows if isinstance(row, Person)} == expected.people
        latest = {message.id: message for message in messages}.values()
        found = {
            "posts": sum(one.kind is MessageKind.POST for one in latest),
            "replies": sum(one.kind is MessageKind.REPLY for one in latest),
            "edited": sum(one.edited_at is not None for one in latest),
            "deleted": sum(one.deleted_at is not None for one in latest),
            "bots": sum(one.author_kind is AuthorKind.BOT for one in latest),
            "system": sum(one.author_kind is AuthorKind.SYSTEM for one in latest),
            "reactions": sum(row.number for row in rows if isinstance(row, Reaction)),
        }
        assert found == {name: getattr(expected, name) for name in found}

    def test_every_row_has_the_types_of_the_model(self, make: Callable[..., Connector]) -> None:
        for row in rows_of(make()):
            problems = list(faults_of(row))
            assert problems == [], row

    def test_keys_are_unique_and_complete(self, make: Callable[..., Connector]) -> None:
        connector = make()
        keyed = {stream.row: stream.key for stream in connector.streams}
        keyed.setdefault(Reaction, ("message_id", "person_id", "kind"))
        keys = [
            (type(row).__name__, *(getattr(row, name) for name in keyed[type(row)]))
            for row in rows_of(connector)
        ]
        optional = {Reaction.__name__, Person.__name__}
        assert all(None not in key for key in keys if key[0] not in optional)
        if not self.rows_may_repeat:
            assert len(set(keys)) == len(keys)

    def test_conversations_hang_together(
        self, make: Callable[..., Connector], expected: Expected
    ) -> None:
        messages = {row.id: row for row in rows_of(make()) if isinstance(row, Message)}
        known = set(messages) | expected.orphans
        for message in messages.values():
            if message.kind is MessageKind.POST:
                assert message.conversation_id == message.id
                assert message.parent_id is None
            else:
                assert message.conversation_id != message.id
                assert message.conversation_id in known
                assert message.parent_id in known

    def test_a_deleted_message_keeps_no_text(self, make: Callable[..., Connector]) -> None:
        messages = [row for row in rows_of(make()) if isinstance(row, Message)]
        assert all(message.text == "" for message in messages if message.deleted_at)

    def test_reactions_carry_the_time_of_their_message(
        self, make: Callable[..., Connector]
    ) -> None:
        rows = rows_of(make())
        created = {row.id: row.created_at for row in rows if isinstance(row, Message)}
        for row in rows:
            if isinstance(row, Reaction):
                assert row.message_at == created[row.message_id]
                assert row.number >= 1

    def test_what_is_declared_lacking_is_never_given(self, make: Callable[..., Connector]) -> None:
        rows = rows_of(make())
        lacks = self.connector_type.lacks
        reactions = [row for row in rows if isinstance(row, Reaction)]
        messages = [row for row in rows if isinstance(row, Message)]
        if Capability.REACTIONS in lacks:
            assert reactions == []
        if Capability.REACTION_PEOPLE in lacks:
            assert all(row.person_id is None for row in reactions)
        if Capability.REACTION_TIMES in lacks:
            assert all(row.reacted_at is None for row in reactions)
        if Capability.EDITS in lacks:
            assert all(row.edited_at is None for row in messages)
        if Capability.DEPARTMENTS in lacks:
            assert all(row.department is None for row in rows if isinstance(row, Person))

    def test_what_is_declared_given_is_met_in_the_fixture(
        self, make: Callable[..., Connector]
    ) -> None:
        rows = rows_of(make())
        messages = [row for row in rows if isinstance(row, Message)]
        people = [row for row in rows if isinstance(row, Person)]
        reactions = [row for row in rows if isinstance(row, Reaction)]
        met = {
            Capability.POSTS: any(row.kind is MessageKind.POST for row in messages),
            Capability.REPLIES: any(row.kind is MessageKind.REPLY for row in messages),
            Capability.EDITS: any(row.edited_at for row in messages),
            Capability.DELETIONS: any(row.deleted_at for row in messages),
            Capability.PEOPLE: bool(people),
            Capability.DEPARTMENTS: any(row.department for row in people),
            Capability.COMMUNITIES: any(isinstance(row, Community) for row in rows),
            Capability.REACTIONS: bool(reactions),
            Capability.REACTION_PEOPLE: any(row.person_id for row in reactions),
            Capability.REACTION_TIMES: any(row.reacted_at for row in reactions),
        }
        given = self.connector_type.gives
        assert {one for one in given if one in met and not met[one]} == set()

    # Going on

    def test_two_full_reads_are_equal(self, make: Callable[..., Connector]) -> None:
        assert final_rows(rows_of(make())) == final_rows(rows_of(make()))

    def test_a_second_read_from_the_last_checkpoint_adds_nothing(
        self, make: Callable[..., Connector]
    ) -> None:
        first = pages_of(make())
        everything = final_rows(
            row for pages in first.values() for page in pages for row in page.rows
        )
        with closing(make()) as connector:
            again = [
                row
                for stream in connector.streams
                for page in connector.read(stream, stored(first[stream.name][-1].checkpoint))
                for row in page.rows
            ]
        assert final_rows([*everything, *again]) == everything
        if self.connector_type.source is Source.FILE:
            assert again == []

    def test_a_run_cut_off_after_any_page_goes_on_to_the_same_end(
        self, make: Callable[..., Connector]
    ) -> None:
        for name, pages in pages_of(make()).items():
            whole = final_rows(row for page in pages for row in page.rows)
            for cut in range(len(pages)):
                kept = [row for page in pages[: cut + 1] for row in page.rows]
                with closing(make()) as connector:
                    stream = next(one for one in connector.streams if one.name == name)
                    since = stored(pages[cut].checkpoint)
                    kept += [row for page in connector.read(stream, since) for row in page.rows]
                assert final_rows(kept) == whole, f"{name} cut after page {cut + 1}"

    def test_a_checkpoint_of_another_release_is_refused_by_name(
        self, make: Callable[..., Connector]
    ) -> None:
        with closing(make()) as connector:
            stream = connector.streams[-1]
            with pytest.raises(AdoptionError, match=stream.name):
                list(connector.read(stream, Checkpoint(version=99, data={})))

    def test_progress_never_runs_backwards_or_over(self, make: Callable[..., Connector]) -> None:
        for pages in pages_of(make()).values():
            done = [page.done for page in pages if page.done is not None]
            assert done == sorted(done)
            assert all(page.done <= page.total for page in pages if page.done and page.total)

    # Discretion

    def test_notes_and_checkpoints_tell_nothing_that_somebody_wrote(
        self, make: Callable[..., Connector]
    ) -> None:
        pages = [page for pages in pages_of(make()).values() for page in pages]
        said = "\n".join(
            note for page in pages for note in (*page.notes, json.dumps(dict(page.checkpoint.data)))
        )
        for row in (row for page in pages for row in page.rows):
            if isinstance(row, Message) and len(row.text) >= 12:
                assert row.text not in said
            if isinstance(row, Person):
                assert not row.email or row.email not in said

    def test_secrets_stay_out_of_everything_that_is_kept(
        self, make: Callable[..., Connector], expected: Expected
    ) -> None:
        connector = make()
        said = [repr(connector), str(connector.options)]
        said += [repr(page) for pages in pages_of(connector).values() for page in pages]
        for secret in expected.secrets:
            assert all(secret not in text for text in said)

    def test_it_can_be_closed_twice(self, make: Callable[..., Connector]) -> None:
        connector = make()
        connector.close()
        connector.close()


@contextmanager
def closing(connector: Connector) -> Iterator[Connector]:
    """The connector, closed in the end."""
    try:
        yield connector
    finally:
        connector.close()


def pages_of(connector: Connector) -> dict[str, list[Page]]:
    """All pages of all streams from the start, by the name of the stream."""
    with closing(connector):
        return {one.name: list(connector.read(one, None)) for one in connector.streams}


def rows_of(connector: Connector) -> list[Row]:
    """All rows of all streams, in the order they are given."""
    return [row for pages in pages_of(connector).values() for page in pages for row in page.rows]


def final_rows(rows: Iterator[Row] | Sequence[Row]) -> list[Row]:
    """What the store holds after these rows: of each key the last one, in the order of the keys."""
    latest: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key: tuple[str, ...]
        if isinstance(row, Reaction):
            key = (row.message_id, str(row.person_id), row.kind)
        elif isinstance(row, Person):
            key = (row.id, str(row.valid_from))
        else:
            key = (str(getattr(row, "id", row)),)
        latest[(type(row).__name__, *key)] = row
    return [latest[key] for key in sorted(latest)]


def stored(checkpoint: Checkpoint) -> Checkpoint:
    """A checkpoint as it comes back from the store, where it is JSON."""
    return Checkpoint(checkpoint.version, json.loads(json.dumps(dict(checkpoint.data))))


def faults_of(row: Row) -> Iterator[str]:
    """Fields whose value is not of the type the model declares, or is a time without UTC."""
    hints = get_type_hints(type(row))
    for name, value in row._asdict().items():
        allowed = getattr(hints[name], "__args__", (hints[name],))
        if not isinstance(value, allowed):
            yield f"{name} is {type(value).__name__}"
        if isinstance(value, datetime) and value.tzinfo is not UTC:
            yield f"{name} is not in UTC"
        if isinstance(value, str) and ("\0" in value or (name.endswith("id") and value == "")):
            yield f"{name} is empty or holds NUL"
