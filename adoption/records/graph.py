"""Microsoft Graph's users, communities and channel messages as rows (learn.microsoft.com/graph/api)."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Mapping
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
)
from adoption.times import from_iso

_MENTION = re.compile(r"<at\b[^>]*>.*?</at>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>|</p>|</div>|</li>|</tr>", re.IGNORECASE)
_EMOJI = re.compile(r"<emoji\b[^>]*\balt=\"([^\"]*)\"[^>]*>(?:</emoji>)?", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_EXCESS = re.compile(r"\n{3,}")


def person_row(user: Mapping[str, Any], *, leads: bool, left: datetime | None) -> Person:
    """A user of the directory.

    Args:
        user: the object, with the selected properties only.
        leads: whether somebody has this user as manager.
        left: when the account was first seen blocked.

    Raises:
        KeyError, ValueError: the object is not what the API documents.

    """
    name = str(user.get("userPrincipalName") or "")
    hired = user.get("employeeHireDate")
    return Person(
        id=str(user["id"]),
        name=user.get("displayName") or None,
        email=user.get("mail") or (name if "#EXT#" not in name else None) or None,
        handle=name or None,
        department=user.get("department") or None,
        location=user.get("officeLocation") or None,
        job_family=user.get("jobTitle") or None,
        is_leader=leads,
        employed_from=from_iso(str(hired)) if hired else None,
        employed_to=left,
    )


def is_active(user: Mapping[str, Any]) -> bool:
    """Whether the account is not blocked; an absent property says nothing."""
    return user.get("accountEnabled") is not False


def manager_of(user: Mapping[str, Any]) -> str | None:
    """The id of a user's manager."""
    manager = user.get("manager")
    found = manager.get("id") if isinstance(manager, Mapping) else None
    return str(found) if found else None


def community_row(found: Mapping[str, Any]) -> Community:
    """A Viva Engage community, under the group id Viva Engage itself uses."""
    return Community(
        id=decoded_id(str(found["id"])),
        name=str(found.get("displayName") or "Without a name"),
        kind=CommunityKind.COMMUNITY,
        is_private=found.get("privacy") != "public",
    )


def decoded_id(text: str) -> str:
    """The group id inside a community id: base64, with or without padding, of a small JSON object."""
    try:
        packed = text.replace("-", "+").replace("_", "/")
        value = json.loads(base64.b64decode(packed + "=" * (-len(packed) % 4)))
        return str(value["id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        return text


def channel_message(found: Mapping[str, Any], channel: str) -> tuple[Message, tuple[Reaction, ...]]:
    """A chatMessage of a Teams channel and its reactions.

    An id is unique within its channel only, so a message is called ``channel:id``.

    Raises:
        KeyError, TypeError, ValueError: the object is not what the API documents.

    """
    message_id = f"{channel}:{found['id']}"
    root = found.get("replyToId")
    starter = f"{channel}:{root}" if root else message_id
    kind, author = _author(found)
    deleted, edited = found.get("deletedDateTime"), found.get("lastEditedDateTime")
    usual = found.get("messageType") in (None, "message")
    message = Message(
        id=message_id,
        community_id=channel,
        conversation_id=starter,
        parent_id=starter if root else None,
        author_id=author,
        author_kind=kind,
        kind=MessageKind.REPLY if root else MessageKind.POST,
        created_at=from_iso(str(found["createdDateTime"])),
        text="" if deleted else message_text(found),
        edited_at=from_iso(str(edited)) if edited else None,
        deleted_at=from_iso(str(deleted)) if deleted else None,
        raw_type=None if usual else str(found["messageType"]),
    )
    return message, () if deleted else _reactions(found, message)


def _author(found: Mapping[str, Any]) -> tuple[AuthorKind, str | None]:
    if "ystem" in str(found.get("messageType")) or found.get("eventDetail"):
        return AuthorKind.SYSTEM, None
    sender = found.get("from") or {}
    if sender.get("application"):
        return AuthorKind.BOT, str(sender["application"].get("id") or "") or None
    user = sender.get("user") or {}
    author = str(user["id"]) if user.get("id") else None
    if found.get("messageType") in (None, "message") and author:
        return AuthorKind.PERSON, author
    return AuthorKind.UNKNOWN, author


def _reactions(found: Mapping[str, Any], message: Message) -> tuple[Reaction, ...]:
    rows: dict[tuple[str, str], Reaction] = {}
    for item in found.get("reactions") or ():
        user = ((item.get("user") or {}).get("user") or {}).get("id")
        kind = str(item.get("displayName") or item.get("reactionType") or "unknown")
        given = item.get("createdDateTime")
        when = from_iso(str(given)) if given else None
        if user:
            rows[kind, user] = Reaction(message.id, message.created_at, user, kind, when)
    return tuple(rows.values())


def message_text(found: Mapping[str, Any]) -> str:
    """Subject and body as plain text; mentions become ``@someone``."""
    body = found.get("body") or {}
    text = str(body.get("content") or "")
    if body.get("contentType") == "html":
        text = plain(text)
    subject = str(found.get("subject") or "")
    return f"{subject}\n{text}" if subject and subject not in text else text


def plain(markup: str) -> str:
    """The words of an HTML fragment as Teams writes it."""
    text = _EMOJI.sub(lambda found: found.group(1), markup)
    text = _BREAK.sub("\n", _MENTION.sub("@someone", text))
    return _EXCESS.sub("\n\n", html.unescape(_TAG.sub("", text))).strip()
