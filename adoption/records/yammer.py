"""Yammer's REST objects as rows; the columns of the data export are in adoption.files.viva_rows.

Field names: learn.microsoft.com/rest/api/yammer. Several flags are the texts "true" and "false",
and personal fields (birth date, family, phones) are dropped here and go no further.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from adoption.files.viva_rows import ALL_COMPANY, is_true, readable, sender_kind, whole_text
from adoption.model import (
    AuthorKind,
    Community,
    CommunityKind,
    Message,
    MessageKind,
    Person,
    Reaction,
)
from adoption.times import from_iso

LIKE = "like"


class Post(NamedTuple):
    """A message with its likes."""

    message: Message
    likes: tuple[Reaction, ...]


def post_of(found: Mapping[str, Any], community_id: str | None) -> Post:
    """A message object.

    Args:
        found: the object.
        community_id: where it was met, for messages that name no group.

    Raises:
        KeyError, TypeError, ValueError: the object is not what the API documents.

    """
    message_id, thread = str(found["id"]), str(found["thread_id"])
    is_reply = thread != message_id
    group = found.get("group_id")
    replied = found.get("replied_to_id")
    kind, raw_type = _sender(found)
    body = found.get("body") or {}
    text = body.get("parsed") or body.get("plain") or ""
    message = Message(
        id=message_id,
        community_id=str(group) if group else community_id or ALL_COMPANY,
        conversation_id=thread,
        parent_id=(str(replied) if replied else thread) if is_reply else None,
        author_id=str(found["sender_id"]) if found.get("sender_id") else None,
        author_kind=kind,
        kind=MessageKind.REPLY if is_reply else MessageKind.POST,
        created_at=from_iso(str(found["created_at"])),
        text=whole_text(str(found.get("title") or ""), readable(str(text))),
        raw_type=raw_type,
    )
    return Post(message, _likes(found, message))


def _sender(found: Mapping[str, Any]) -> tuple[AuthorKind, str | None]:
    if found.get("system_message"):
        return sender_kind(str(found.get("sender_type") or ""), "system")
    return sender_kind(str(found.get("sender_type") or ""), str(found.get("message_type") or ""))


def _likes(found: Mapping[str, Any], message: Message) -> tuple[Reaction, ...]:
    """People where all are named; else only their number, so that nobody counts twice."""
    liked = found.get("liked_by") or {}
    count = int(liked.get("count") or 0)
    people = {str(item["user_id"]) for item in liked.get("names") or () if item.get("user_id")}
    if len(people) == count:
        return tuple(
            Reaction(message.id, message.created_at, person, LIKE) for person in sorted(people)
        )
    return (Reaction(message.id, message.created_at, None, LIKE, number=count),)


def person_row(found: Mapping[str, Any]) -> Person:
    """A user object; raises as :func:`post_of`."""
    is_agent = bool(found.get("agent_identity_blueprint_id") or found.get("identity_parent_id"))
    return Person(
        id=str(found["id"]),
        name=found.get("full_name") or None,
        email=found.get("email") or None,
        author_kind=AuthorKind.BOT if is_agent else AuthorKind.PERSON,
        department=found.get("department") or None,
        location=found.get("location") or None,
        job_family=found.get("job_title") or None,
        employed_from=_time(found.get("activated_at")),
    )


def community_row(found: Mapping[str, Any]) -> Community:
    """A group object; raises as :func:`post_of`. Whatever is not called public counts as private."""
    return Community(
        id=str(found["id"]),
        name=str(found.get("full_name") or found.get("name") or "Without a name"),
        kind=CommunityKind.COMMUNITY,
        is_private=found.get("privacy") != "public" or is_true(str(found.get("external") or "")),
        created_at=_time(found.get("created_at")),
    )


def _time(value: object) -> datetime | None:
    return from_iso(str(value)) if value else None
