"""Slack's objects as rows. The Web API and the workspace export use the same ones.

Sources: Slack's API reference (message, user and conversation objects, message subtypes) and
"How to read Slack data exports". A message's ``ts`` is unique within its channel only, so a
message is called ``channel:ts`` here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from adoption.model import (
    AuthorKind,
    Community,
    CommunityKind,
    Message,
    MessageKind,
    Person,
    Reaction,
    Row,
)
from adoption.times import from_milliseconds, from_seconds

SLACKBOT = "USLACKBOT"

_BY_A_PERSON = frozenset(
    {"", "me_message", "file_share", "thread_broadcast", "reply_broadcast", "file_comment",
     "huddle_thread"}
)  # fmt: skip
_BY_A_BOT = frozenset(
    {"bot_message", "assistant_app_thread", "slackbot_response", "reminder_add",
     "sh_room_created", "bot_add", "bot_remove", "bot_enable", "bot_disable"}
)  # fmt: skip
_BY_THE_SYSTEM = frozenset(
    {"channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name",
     "channel_archive", "channel_unarchive", "channel_posting_permissions",
     "channel_convert_to_private", "group_join", "group_leave", "group_topic", "group_purpose",
     "group_name", "group_archive", "group_unarchive", "pinned_item", "unpinned_item",
     "joiner_notification", "app_conversation_leave", "channel_canvas_updated",
     "tabbed_canvas_updated", "document_mention", "ekm_access_denied"}
)  # fmt: skip
_NO_MESSAGE_OF_ITS_OWN = frozenset({"message_changed", "message_deleted", "message_replied"})
_ORDINARY = frozenset({"", "thread_broadcast", "reply_broadcast", "file_share"})

_MARK = re.compile(r"<([^<>]*)>")


def message_rows(record: Mapping[str, Any], channel: str) -> list[Row]:
    """The message a record describes, and its reactions; empty for what is no message of its own.

    A tombstone - a deleted message that had replies - becomes a deleted message without author;
    Slack does not tell when it was deleted, so the time of the message itself is given.

    Raises:
        ValueError: the record has no usable time; the text is safe to show.

    """
    subtype = text_of(record, "subtype")
    if subtype in _NO_MESSAGE_OF_ITS_OWN:
        return _event_rows(record, subtype, channel)
    stamp = text_of(record, "ts")
    created = _moment(stamp, "ts")
    root = text_of(record, "thread_ts") or stamp
    is_deleted = subtype == "tombstone"
    is_reply = root != stamp
    message = Message(
        id=f"{channel}:{stamp}",
        community_id=channel,
        conversation_id=f"{channel}:{root}",
        parent_id=f"{channel}:{root}" if is_reply else None,
        author_id=None if is_deleted else _author(record, subtype),
        author_kind=AuthorKind.UNKNOWN if is_deleted else _author_kind(record, subtype),
        kind=MessageKind.REPLY if is_reply else MessageKind.POST,
        created_at=created,
        text="" if is_deleted else readable(text_of(record, "text") or _attached_text(record)),
        edited_at=_edited(record),
        deleted_at=created if is_deleted else None,
        raw_type=None if subtype in _ORDINARY else subtype,
    )
    return [message, *_reactions(record, message)]


def person_row(record: Mapping[str, Any]) -> Person:
    """A member of users.json or ``users.list``.

    ``employed_to`` of a deactivated member is when the record changed last, which is when it was
    deactivated or later.

    Raises:
        ValueError: the record has no id.

    """
    profile = record.get("profile")
    profile = profile if isinstance(profile, Mapping) else {}
    person_id = text_of(record, "id")
    if not person_id:
        raise ValueError("a member has no id")
    is_bot = bool(record.get("is_bot") or record.get("is_app_user")) or person_id == SLACKBOT
    updated = _seconds_or_none(record.get("updated"))
    return Person(
        id=person_id,
        name=text_of(profile, "real_name") or text_of(record, "real_name") or None,
        email=text_of(profile, "email") or None,
        handle=text_of(record, "name") or None,
        author_kind=AuthorKind.BOT if is_bot else AuthorKind.PERSON,
        job_family=text_of(profile, "title") or None,
        employed_to=updated if record.get("deleted") else None,
    )


def community_row(record: Mapping[str, Any], *, is_private: bool) -> Community:
    """A channel of channels.json, groups.json or ``conversations.list``.

    ``updated`` (milliseconds, in newer records) stands for when it was archived.

    Raises:
        ValueError: the record has no id.

    """
    channel = text_of(record, "id")
    if not channel:
        raise ValueError("a channel has no id")
    updated = record.get("updated")
    archived = from_milliseconds(updated) if isinstance(updated, int) else None
    return Community(
        id=channel,
        name=text_of(record, "name") or channel,
        kind=CommunityKind.CHANNEL,
        is_private=is_private,
        created_at=_seconds_or_none(record.get("created")),
        archived_at=archived if record.get("is_archived") else None,
    )


def text_of(record: Mapping[str, Any], key: str) -> str:
    """A text field, without NUL characters; empty where it is missing, null or no text."""
    value = record.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value.replace("\0", "") if isinstance(value, str) else ""


def readable(text: str) -> str:
    """Slack's marks for people, channels and links as a person would write them.

    See "Formatting text for app surfaces" in Slack's documentation.
    """
    return html.unescape(_MARK.sub(_words, text)) if "<" in text or "&" in text else text


def _words(mark: re.Match[str]) -> str:
    target, _, label = mark.group(1).partition("|")
    if target.startswith("@"):
        return "@someone"
    if target.startswith("#"):
        return f"#{label or 'channel'}"
    if target.startswith("!date"):
        return label
    if target.startswith("!subteam"):
        return "@group"
    if target.startswith("!"):
        return f"@{target[1:]}"
    return label or target.removeprefix("mailto:")


def _event_rows(record: Mapping[str, Any], subtype: str, channel: str) -> list[Row]:
    """Change and deletion events, which exports hold where retention keeps them."""
    inner = record.get("message")
    if subtype == "message_changed" and isinstance(inner, Mapping):
        return message_rows(inner, channel)
    before = record.get("previous_message")
    if subtype == "message_deleted" and isinstance(before, Mapping):
        rows = message_rows(before, channel)[:1]
        deleted = _moment(text_of(record, "ts"), "ts")
        return [
            row._replace(text="", deleted_at=deleted) for row in rows if isinstance(row, Message)
        ]
    return []


def _author(record: Mapping[str, Any], subtype: str) -> str | None:
    comment = record.get("comment")
    if subtype == "file_comment" and isinstance(comment, Mapping):
        return text_of(comment, "user") or None
    if _is_bot(record, subtype):
        return text_of(record, "bot_id") or text_of(record, "user") or None
    return text_of(record, "user") or None


def _is_bot(record: Mapping[str, Any], subtype: str) -> bool:
    return bool(record.get("bot_id")) or subtype in _BY_A_BOT or text_of(record, "user") == SLACKBOT


def _author_kind(record: Mapping[str, Any], subtype: str) -> AuthorKind:
    if subtype in _BY_THE_SYSTEM:
        return AuthorKind.SYSTEM
    if _is_bot(record, subtype):
        return AuthorKind.BOT
    return AuthorKind.PERSON if subtype in _BY_A_PERSON else AuthorKind.UNKNOWN


def _attached_text(record: Mapping[str, Any]) -> str:
    """What a message says in its attachments, for those that have no text of their own."""
    attachments = record.get("attachments")
    parts = [
        text_of(part, "text") or text_of(part, "fallback")
        for part in (attachments if isinstance(attachments, Sequence) else ())
        if isinstance(part, Mapping)
    ]
    return "\n".join(part for part in parts if part)


def _reactions(record: Mapping[str, Any], message: Message) -> list[Reaction]:
    """One row per person, and one with the number of those Slack leaves out of the list."""
    found: dict[tuple[str, str], Reaction] = {}
    unnamed: dict[str, int] = {}
    reactions = record.get("reactions")
    for item in reactions if isinstance(reactions, Sequence) else ():
        if not isinstance(item, Mapping):
            continue
        kind = text_of(item, "name").partition("::")[0] or "unknown"
        users = [user for user in item.get("users") or () if isinstance(user, str)]
        for user in users:
            found[kind, user] = Reaction(message.id, message.created_at, user, kind)
        count = item.get("count")
        if isinstance(count, int) and count > len(set(users)):
            unnamed[kind] = unnamed.get(kind, 0) + count - len(set(users))
    rest = (
        Reaction(message.id, message.created_at, None, kind, number=number)
        for kind, number in unnamed.items()
    )
    return [*found.values(), *rest]


def _edited(record: Mapping[str, Any]) -> datetime | None:
    edited = record.get("edited")
    if not isinstance(edited, Mapping):
        return None
    return _seconds_or_none(edited.get("ts"))


def _seconds_or_none(value: object) -> datetime | None:
    """Seconds since 1970 as text or number; exports have used both."""
    try:
        return from_seconds(str(value)) if value else None
    except ValueError:
        return None


def _moment(stamp: str, field: str) -> datetime:
    try:
        return from_seconds(stamp)
    except ValueError as error:
        raise ValueError(f"the field {field} holds no time") from error
