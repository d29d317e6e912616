"""The objects of a Mattermost bulk export as rows.

Source: "Bulk loading data" and "Bulk export" in Mattermost's documentation, and an export of a
real 6.7 server. The format has no ids: people go by their user name, channels by team and name,
and a message gets an id made of where, who and when - not of its text, so that an edited message
keeps its id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from adoption.files.ordinals import key_of
from adoption.model import (
    AuthorKind,
    Community,
    CommunityKind,
    Message,
    MessageKind,
    Person,
    Reaction,
)
from adoption.records.slack import text_of
from adoption.times import from_milliseconds

POST = "post"
DIRECT_POST = "direct_post"
DEFAULT_CHANNELS = {"town-square": "Town Square", "off-topic": "Off-Topic"}
"""The open channels a server makes in every team, by name, with their titles."""

_BOT_TYPES = frozenset({"add_bot_teams_channels", "slack_attachment"})
_PERSON_TYPES = frozenset({"", "me", "reminder"})
_WEBHOOK = "from_webhook"
_BOT_MARKS = ("from_bot", _WEBHOOK, "from_oauth_app")


class Written(NamedTuple):
    """One post or reply and what is needed to turn it into a row.

    ``key`` is the id without the ordinal that tells equal ones apart; ``root`` is the key of the
    post a reply answers, ``None`` for a post.
    """

    key: str
    root: str | None
    place: str | None
    record: Mapping[str, Any]


def channel_id(team: str, channel: str) -> str:
    """Two teams may hold channels of one name, so both make the id."""
    return f"{team}/{channel}"


def channel_row(record: Mapping[str, Any]) -> Community:
    """A channel; type ``O`` is open, everything else counts as private.

    Raises:
        ValueError: it has no team or name.

    """
    team, name = text_of(record, "team"), text_of(record, "name")
    if not team or not name:
        raise ValueError("a channel has no team or no name")
    deleted = record.get("deleted_at") or record.get("delete_at")
    return Community(
        id=channel_id(team, name),
        name=text_of(record, "display_name") or name,
        kind=CommunityKind.CHANNEL,
        is_private=text_of(record, "type") != "O",
        archived_at=from_milliseconds(deleted) if isinstance(deleted, int) and deleted else None,
    )


def user_row(record: Mapping[str, Any]) -> Person:
    """A user. Bots are not marked; those with an address at ``localhost`` were made by the server.

    Raises:
        ValueError: it has no user name.

    """
    name = text_of(record, "username")
    if not name:
        raise ValueError("a user has no user name")
    email = text_of(record, "email")
    full = f"{text_of(record, 'first_name')} {text_of(record, 'last_name')}".strip()
    deleted = record.get("delete_at")
    is_bot = email.endswith("@localhost")
    return Person(
        id=name,
        name=full or text_of(record, "nickname") or None,
        email=email or None,
        handle=name,
        author_kind=AuthorKind.BOT if is_bot else AuthorKind.PERSON,
        job_family=text_of(record, "position") or None,
        employed_to=from_milliseconds(deleted) if isinstance(deleted, int) and deleted else None,
    )


def written(record: Mapping[str, Any], kind: str) -> Iterator[Written]:
    """The post of a line and its replies, which are nested in it and have no line of their own.

    Raises:
        ValueError: a post without channel, user or time; the text is safe to show.

    """
    if kind == DIRECT_POST:
        members = record.get("channel_members")
        names = sorted(str(one) for one in members) if isinstance(members, Sequence) else []
        place, where = None, "\0".join(names)
    else:
        team, channel = text_of(record, "team"), text_of(record, "channel")
        if not team or not channel:
            raise ValueError("a post has no team or no channel")
        place = where = channel_id(team, channel)
    root = _key(where, record)
    yield Written(root, None, place, record)
    replies = record.get("replies")
    for reply in replies if isinstance(replies, Sequence) else ():
        if isinstance(reply, Mapping):
            yield Written(_key(f"{where}\0{root}", reply), root, place, reply)


def message_of(post: Written, message_id: str, root_id: str, bots: Mapping[str, object]) -> Message:
    """The message of a post or reply; ``root_id`` is its own id for a post."""
    record = post.record
    kind = text_of(record, "type")
    edited = record.get("edit_at")
    is_reply = post.root is not None
    author_kind = _author_kind(record, kind, bots)
    is_webhook = _is_marked(record, _WEBHOOK)
    return Message(
        id=message_id,
        community_id=post.place,
        conversation_id=root_id,
        parent_id=root_id if is_reply else None,
        author_id=None if is_webhook else text_of(record, "user"),
        author_kind=author_kind,
        kind=MessageKind.REPLY if is_reply else MessageKind.POST,
        created_at=from_milliseconds(record["create_at"]),
        text=text_of(record, "message"),
        edited_at=from_milliseconds(edited) if isinstance(edited, int) and edited else None,
        raw_type=kind or None,
    )


def reactions_of(post: Written, message: Message) -> list[Reaction]:
    """Who reacted to a post or reply, with what and when."""
    found = []
    reactions = post.record.get("reactions")
    for item in reactions if isinstance(reactions, Sequence) else ():
        if not isinstance(item, Mapping) or not text_of(item, "user"):
            continue
        at = item.get("create_at")
        found.append(
            Reaction(
                message_id=message.id,
                message_at=message.created_at,
                person_id=text_of(item, "user"),
                kind=text_of(item, "emoji_name") or "unknown",
                reacted_at=from_milliseconds(at) if isinstance(at, int) and at else None,
            )
        )
    return found


def _key(where: str, record: Mapping[str, Any]) -> str:
    user, created = text_of(record, "user"), record.get("create_at")
    if not user:
        raise ValueError("a post has no user")
    if not isinstance(created, int) or isinstance(created, bool):
        raise ValueError("the field create_at holds no time in milliseconds")
    from_milliseconds(created)
    return key_of(where, user, str(created))


def _author_kind(record: Mapping[str, Any], kind: str, bots: Mapping[str, object]) -> AuthorKind:
    if kind.startswith("system_"):
        return AuthorKind.SYSTEM
    marked = any(_is_marked(record, mark) for mark in _BOT_MARKS)
    if marked or kind in _BOT_TYPES or text_of(record, "user") in bots:
        return AuthorKind.BOT
    return AuthorKind.PERSON if kind in _PERSON_TYPES else AuthorKind.UNKNOWN


def _is_marked(record: Mapping[str, Any], mark: str) -> bool:
    props = record.get("props")
    return isinstance(props, Mapping) and str(props.get(mark)).casefold() == "true"
