"""Rows of a table as messages: ids where there are none, and threads put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from adoption.files.mapping import (
    AUTHOR,
    COMMUNITY,
    ID,
    LIKES,
    PARENT,
    TEXT,
    THREAD,
    ColumnMap,
)
from adoption.files.ordinals import Ordinals, key_of
from adoption.files.rounding import is_rounded
from adoption.files.tabular import Cell, text_of_cell
from adoption.model import AuthorKind, Message, MessageKind, Reaction, Row

_HASHTAG = re.compile(r"#\w+")
_RETWEET = "RT @"


class Draft(NamedTuple):
    """One row, its cells understood but threads not yet known.

    ``id`` is empty where the table has none; ``thread`` is what the table calls the conversation.
    """

    id: str
    created: datetime
    author: str
    text: str
    community: str
    thread: str
    parent: str
    likes: int

    @property
    def key(self) -> str:
        """What the row is called: its id, or a digest of what it says."""
        return self.id or key_of(self.community, self.author, self.created.isoformat(), self.text)

    def hashtags(self) -> set[str]:
        """The hashtags in the text, in lower case."""
        return {tag.casefold() for tag in _HASHTAG.findall(self.text)}


class Threads:
    """Which message started which conversation, learnt in a first pass over all rows."""

    def __init__(self) -> None:
        self._ordinals = Ordinals()
        self._has_ids = False
        self._starters: dict[tuple[str, str], tuple[datetime, str]] = {}
        self._parents: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many rows were noted."""
        return self._ordinals.count

    @property
    def repeated_ids(self) -> int:
        """How many rows carry an id that came before."""
        return self._ordinals.repeats if self._has_ids else 0

    def note(self, draft: Draft) -> None:
        """Take one row in the first pass."""
        key = draft.key
        self._ordinals.note(key)
        self._has_ids = self._has_ids or bool(draft.id)
        if draft.parent:
            self._parents[key] = draft.parent
        if draft.thread:
            place = (draft.community, draft.thread)
            first = self._starters.get(place)
            if first is None or draft.created < first[0]:
                self._starters[place] = (draft.created, key)

    def restart(self) -> None:
        """Begin the second pass."""
        self._ordinals.restart()

    def take(self, draft: Draft) -> str:
        """The id of the next row in the second pass."""
        return draft.id or self._ordinals.take(draft.key)

    def starter(self, draft: Draft, message_id: str) -> str:
        """The id of the message that started the conversation of a row; perhaps its own."""
        if draft.thread:
            return self._starters[draft.community, draft.thread][1]
        if not draft.parent:
            return message_id
        root, seen = draft.parent, {message_id}
        while root in self._parents and root not in seen:
            seen.add(root)
            root = self._parents[root]
        return root


def draft_reader(
    columns: ColumnMap, zone: ZoneInfo, day: date | None
) -> Callable[[Sequence[Cell]], Draft]:
    """A function that reads the cells of one row.

    The function raises :class:`ValueError` with a text that is safe to show.

    Args:
        columns: which column is what.
        zone: the zone of times that carry none.
        day: the day of times that have none.

    """
    clock, at = columns.clock, columns.columns
    assert clock is not None, "a map without a clock is refused before"  # noqa: S101

    def text(field: str, cells: Sequence[Cell]) -> str:
        return text_of_cell(cells[at[field]]).strip() if field in at else ""

    def read(cells: Sequence[Cell]) -> Draft:
        if not cells:
            raise ValueError("it does not fit the columns")
        try:
            created = clock.read(columns.time_cell(cells), zone, day)
        except (ValueError, OverflowError) as error:
            raise ValueError("its time cannot be read") from error
        likes = text(LIKES, cells)
        return Draft(
            id=_exact(cells[at[ID]]) if ID in at else "",
            created=created,
            author=text(AUTHOR, cells).removeprefix("@"),
            text=text(TEXT, cells).replace("\0", ""),
            community=text(COMMUNITY, cells),
            thread=_exact(cells[at[THREAD]], may_be_empty=True) if THREAD in at else "",
            parent=_exact(cells[at[PARENT]], may_be_empty=True) if PARENT in at else "",
            likes=int(likes) if likes.isdecimal() else 0,
        )

    return read


def rows_of(draft: Draft, message_id: str, threads: Threads, everywhere: str | None) -> list[Row]:
    """The message of a row, and its likes as one number."""
    starter = threads.starter(draft, message_id)
    is_reply = starter != message_id
    message = Message(
        id=message_id,
        community_id=draft.community or everywhere,
        conversation_id=starter,
        parent_id=(draft.parent or starter) if is_reply else None,
        author_id=draft.author or None,
        author_kind=AuthorKind.PERSON if draft.author else AuthorKind.UNKNOWN,
        kind=MessageKind.REPLY if is_reply else MessageKind.POST,
        created_at=draft.created,
        text=draft.text,
        raw_type="retweet" if draft.text.startswith(_RETWEET) else None,
    )
    if not draft.likes:
        return [message]
    return [message, Reaction(message_id, draft.created, None, "like", number=draft.likes)]


def _exact(cell: Cell, *, may_be_empty: bool = False) -> str:
    """An id that no spreadsheet has rounded."""
    text = text_of_cell(cell).strip()
    if is_rounded(cell):
        raise ValueError("a spreadsheet has rounded its id")
    if not text and not may_be_empty:
        raise ValueError("its id is missing")
    return text
