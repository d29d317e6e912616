"""What a connector remembers of recent messages, so that it notices what has gone.

Most networks do not tell that a message was deleted or a reaction taken back: it is simply absent
when the same stretch is read again. The memory lives in the checkpoint, so it is committed together
with the rows it describes, and it covers the look-back window only, which bounds its size.

It holds ids of messages and, for reactions, of people; :func:`without_people` takes those of a person
out when that person is erased.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from adoption.errors import SettingsError
from adoption.model import AuthorKind, Message, MessageKind, Reaction, Row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Entry(NamedTuple):
    """One remembered message.

    ``root`` is the conversation it answers in, empty for a starter; ``mark`` is a text of the
    connector's own (Slack keeps the time of the latest reply there); ``reactions`` are pairs of
    kind and person, the person ``None`` where a network only gives numbers.
    """

    created: int
    root: str
    mark: str
    reactions: tuple[tuple[str, str | None], ...]

    @property
    def created_at(self) -> datetime:
        """When the message was written."""
        return _EPOCH + timedelta(microseconds=self.created)


class Recall:
    """The memory of one community: what former walks saw, and what the present walk has seen.

    During a walk the former memory stays as it is and each page adds a segment, so a checkpoint
    costs no more than its page. :meth:`finish` compares and merges the two.
    """

    def __init__(self, data: Mapping[str, Any] | None, not_before: datetime) -> None:
        given = data or {}
        try:
            self._before_text: list[str] = list(given.get("before", []))
            self._now_text: list[str] = list(given.get("now", []))
            self.before = _decoded(self._before_text)
            self.now = _decoded(self._now_text)
        except (ValueError, TypeError, AttributeError, zlib.error):
            raise SettingsError(
                "The memory of recent messages in the checkpoint cannot be read",
                where="checkpoint",
                next_step="Run the sync again in full",
            ) from None
        self._not_before = not_before
        self._pending: dict[str, Entry] = {}

    def see(
        self, message: Message, reactions: Sequence[Reaction], now: datetime, mark: str = ""
    ) -> list[Row]:
        """Remember a message with all its reactions; gives the rows to write.

        Reactions that were remembered and are no longer there come as removed at ``now``.
        """
        former = self.now.get(message.id) or self.before.get(message.id)
        rows: list[Row] = [message, *reactions]
        pairs: tuple[tuple[str, str | None], ...] = ()
        if reactions:
            pairs = tuple([(item.kind, item.person_id) for item in reactions])
        if former is not None and former.reactions:
            gone = set(former.reactions).difference(pairs)
            rows += [
                _removed(message.id, message.created_at, pair, now)
                for pair in sorted(gone, key=str)
            ]
        if message.created_at >= self._not_before:
            root = "" if message.kind is MessageKind.POST else message.conversation_id
            entry = Entry(microseconds(message.created_at), root, mark, pairs)
            self.now[message.id] = self._pending[message.id] = entry
        return rows

    def keep(self, name: str, entry: Entry) -> None:
        """Remember an entry as it is, if it is recent enough."""
        if entry.created_at >= self._not_before:
            self.now[name] = self._pending[name] = entry

    def knows(self, message_id: str) -> Entry | None:
        """What is remembered of a message."""
        return self.now.get(message_id) or self.before.get(message_id)

    def data(self) -> dict[str, list[str]]:
        """The memory as JSON values for a checkpoint; includes everything seen so far."""
        if self._pending:
            self._now_text = [*self._now_text, _encoded(self._pending)]
            self._pending = {}
        return {"before": self._before_text, "now": self._now_text}

    def finish(
        self, covered: Callable[[str, Entry], bool], deleted_at: datetime, community_id: str | None
    ) -> list[Message]:
        """End a walk.

        Args:
            covered: whether the walk would have met this message if it still existed.
            deleted_at: the time to give to messages that have gone.
            community_id: where they stood.

        Returns:
            One row for each remembered message that should have been met and was not.

        """
        gone = {
            name: entry
            for name, entry in self.before.items()
            if name not in self.now and covered(name, entry)
        }
        oldest = microseconds(self._not_before)
        merged = {
            name: entry
            for name, entry in {**self.before, **self.now}.items()
            if name not in gone and entry.created >= oldest
        }
        self.before, self.now, self._pending = merged, {}, {}
        self._before_text = [_encoded(merged)] if merged else []
        self._now_text = []
        return [tombstone(name, entry, deleted_at, community_id) for name, entry in gone.items()]


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def tombstone(name: str, entry: Entry, deleted_at: datetime, community_id: str | None) -> Message:
    """The row of a message that has gone; its author is not kept."""
    return Message(
        id=name,
        community_id=community_id,
        conversation_id=entry.root or name,
        parent_id=entry.root or None,
        author_id=None,
        author_kind=AuthorKind.UNKNOWN,
        kind=MessageKind.REPLY if entry.root else MessageKind.POST,
        created_at=entry.created_at,
        text="",
        deleted_at=deleted_at,
    )


def without_people(data: Mapping[str, Any], people: Collection[str]) -> dict[str, Any]:
    """The data of a checkpoint in which these ids of a network no longer occur, for an erasure."""
    kept = dict(data)
    if isinstance(data.get("communities"), Mapping):
        kept["communities"] = {
            name: {**state, "recall": _without(state["recall"], people)}
            if isinstance(state, Mapping) and state.get("recall")
            else state
            for name, state in data["communities"].items()
        }
    if isinstance(data.get("blocked"), Mapping):
        kept["blocked"] = {name: at for name, at in data["blocked"].items() if name not in people}
    return kept


def _without(recall: Mapping[str, Any], people: Collection[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in ("before", "now"):
        entries = {
            name: entry._replace(
                reactions=tuple(pair for pair in entry.reactions if pair[1] not in people)
            )
            for name, entry in _decoded(recall.get(part, [])).items()
        }
        found[part] = [_encoded(entries)] if entries else []
    return found


def _removed(
    message_id: str, message_at: datetime, pair: tuple[str, str | None], now: datetime
) -> Reaction:
    kind, person = pair
    return Reaction(message_id, message_at, person, kind, removed_at=now)


def _encoded(entries: Mapping[str, Entry]) -> str:
    rows = [(name, *entry) for name, entry in entries.items()]
    packed = zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 1)
    return base64.b85encode(packed).decode()


def _decoded(segments: Sequence[str]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for segment in segments:
        rows = json.loads(zlib.decompress(base64.b85decode(segment)))
        for name, created, root, mark, reactions in rows:
            pairs = tuple((kind, person) for kind, person in reactions)
            found[name] = Entry(created, root, mark, pairs)
    return found
