"""The rows every connector gives and the store keeps.

A connector speaks of people by the ids its network uses. The store replaces them with keyed
pseudonyms before anything reaches a table (docs/privacy.md), so these rows are the only place
where a source's own ids, names and mail addresses travel together.

All times are timezone-aware UTC datetimes. All ids are strings, never numbers: several networks
use 64-bit ids that a float would round.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class CommunityKind(StrEnum):
    """What a network calls the place where people post."""

    COMMUNITY = "community"
    CHANNEL = "channel"
    SPACE = "space"
    ROOM = "room"
    STREAM = "stream"
    CATEGORY = "category"
    STORYLINE = "storyline"
    ALL_COMPANY = "all_company"


class MessageKind(StrEnum):
    """Whether a message opens a conversation or answers in one."""

    POST = "post"
    REPLY = "reply"


class AuthorKind(StrEnum):
    """Who stands behind a message; only ``PERSON`` counts in adoption and pushback figures."""

    PERSON = "person"
    BOT = "bot"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Community(NamedTuple):
    """A group, channel, space or room of a network."""

    id: str
    name: str
    kind: CommunityKind
    is_private: bool = False
    created_at: datetime | None = None
    archived_at: datetime | None = None


class Person(NamedTuple):
    """A member, or a row of a people file.

    ``valid_from`` is when these attributes began to hold; ``None`` means "as far back as we know".
    ``employed_from``/``employed_to`` bound the time in which the person counts in a denominator.
    ``email`` and ``handle`` are used to recognise the same person in another network or in a
    people file; they reach only the identity table.
    """

    id: str
    name: str | None = None
    email: str | None = None
    handle: str | None = None
    author_kind: AuthorKind = AuthorKind.PERSON
    department: str | None = None
    location: str | None = None
    job_family: str | None = None
    is_leader: bool | None = None
    employed_from: datetime | None = None
    employed_to: datetime | None = None
    valid_from: datetime | None = None


class Message(NamedTuple):
    """A post or a reply, as it stands now.

    ``conversation_id`` is the id of the starter (its own id for a post). ``parent_id`` is the
    message it answers directly where the network knows that, else the starter. A deleted message
    keeps its row with ``deleted_at`` set and an empty text. ``raw_type`` keeps a type or subtype
    the connector does not know, so that nothing unknown is lost silently.
    """

    id: str
    community_id: str | None
    conversation_id: str
    parent_id: str | None
    author_id: str | None
    author_kind: AuthorKind
    kind: MessageKind
    created_at: datetime
    text: str
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    raw_type: str | None = None


class Reaction(NamedTuple):
    """A like or one of its relatives.

    ``message_at`` is when the message was created; the store files a reaction beside its message.
    ``person_id`` is ``None`` where the network only tells a number; ``number`` is then that figure,
    else 1. ``removed_at`` is set when a reaction that was seen before has gone.
    """

    message_id: str
    message_at: datetime
    person_id: str | None
    kind: str
    reacted_at: datetime | None = None
    number: int = 1
    removed_at: datetime | None = None


class ActivityCount(NamedTuple):
    """What a usage report says of one person (or of everybody: ``person_id`` ``None``) on one day.

    ``kind`` is what was counted: ``read``, ``posted``, ``liked``, ``email_sent``, ``chat_sent``,
    ``channel_sent``, ``active``. ``window_days`` is the length of the window the report covers.
    """

    person_id: str | None
    day: datetime
    kind: str
    number: int
    window_days: int = 1


Row = Community | Person | Message | Reaction | ActivityCount
