"""The tables of a Viva Engage (Yammer) data export, row by row.

Column names and value formats: Microsoft's pages "Export network data" and "Data Export API" of
the Yammer REST API, and the readers in discourse/discourse (import_scripts/yammer.rb) and
Yamster. Columns are found by name; missing and additional ones are tolerated where nothing is
guessed in their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from adoption.model import (
    AuthorKind,
    Community,
    CommunityKind,
    Message,
    MessageKind,
    Person,
)
from adoption.times import from_iso

ALL_COMPANY = "all-company"
"""Community id of messages that belong to no group and are no direct messages."""

SOMEONE = "@someone"
"""Stands for a mention in a text; exports name people by id, and ids are not for reading."""

MESSAGES_REQUIRED = ("id", "sender_id", "created_at", "body")
MESSAGES_KNOWN = (
    "replied_to_id",
    "parent_id",
    "thread_id",
    "group_id",
    "in_private_group",
    "in_private_conversation",
    "sender_type",
    "deleted_at",
    "title",
    "message_type",
    "group_name",
)
USERS_REQUIRED = ("id",)
USERS_KNOWN = (
    "name",
    "email",
    "job_title",
    "location",
    "department",
    "joined_at",
    "deleted_at",
    "suspended_at",
)
GROUPS_REQUIRED = ("id", "name")
GROUPS_KNOWN = ("private", "deleted", "created_at", "updated_at")

_FALSE = frozenset({"", "false", "f", "no", "0", "null"})
_USUAL_NO = frozenset({"", "false", "FALSE", "False"})
_USUAL_TYPES = frozenset({"", "update"})
_SENDERS = {
    "": AuthorKind.PERSON,
    "user": AuthorKind.PERSON,
    "bot": AuthorKind.BOT,
    "guide": AuthorKind.SYSTEM,
    "system": AuthorKind.SYSTEM,
}
_MARK = re.compile(r"\[\[(user|group):\d+\]\]|\[\[?tag:\d+(?::([^\]]*))?\]\]?", re.IGNORECASE)


VERSIONS_KNOWN = (
    "message_id",
    "id",
    "version",
    "updated_at",
    "edited_at",
    "version_created_at",
    "created_at",
)
"""Microsoft does not document MessageVersions.csv beyond its name; these cover what it may hold."""


class BrokenRowError(ValueError):
    """One row cannot be used; the message says where and why without any message text."""


class Edits:
    """When messages were last edited, learnt from the rows of MessageVersions.csv.

    A message counts as edited when a version is later than the message, or when there are several
    versions. The time is that of the latest version, which some exports give as the time of the
    message itself: then the edit happened at that time or later.
    """

    def __init__(self) -> None:
        self._latest: dict[str, tuple[datetime, str, bool]] = {}

    def add(self, row: Sequence[str]) -> None:
        """Take one row, its values in the order of :data:`VERSIONS_KNOWN`."""
        message = row[0] or row[1]
        text = next((value for value in row[3:] if value), "")
        try:
            moment = time_or_none(text, "created_at")
        except BrokenRowError:
            return
        if moment is None:
            return
        version = row[2] or text
        latest, first, is_several = self._latest.get(message, (moment, version, False))
        self._latest[message] = (max(latest, moment), first, is_several or version != first)

    def of(self, message: str, created: datetime) -> datetime | None:
        """When a message created at ``created`` was last edited, if it was."""
        if message not in self._latest:
            return None
        latest, _, is_several = self._latest[message]
        return max(latest, created) if is_several or latest > created else None


def is_true(text: str) -> bool:
    """Read a flag. Whatever is not a known way of saying no counts as yes.

    The flags mark private places, and a doubt must not open one.
    """
    return text.strip().casefold() not in _FALSE


def checked_id(text: str, column: str) -> str:
    """An id as the export writes it: digits only.

    Raises:
        BrokenRowError: it is anything else.

    """
    if text.isdecimal() and text.isascii():
        return text
    raise BrokenRowError(f"column {column}: {shown(text)} is no id (digits only)")


def shown(text: str) -> str:
    """A value for a message, unless it could be what somebody wrote."""
    if not text:
        return "an empty value"
    harmless = len(text) <= 32 and re.fullmatch(r"[0-9.,:;/+\-TZEe APMapm]+", text)
    return repr(text) if harmless else "a text"


def time_or_none(text: str, column: str) -> datetime | None:
    """Read a time; empty and the literal ``null`` mean none.

    Raises:
        BrokenRowError: it is no time.

    """
    if not text or text == "null":
        return None
    try:
        return from_iso(text)
    except ValueError as error:
        raise BrokenRowError(
            f"column {column}: {shown(text)} is no time like 2026-01-31T09:30:00Z"
        ) from error


def readable(body: str) -> str:
    """Turn the export's marks for mentions and topics into words a person would write."""
    return _MARK.sub(_words, body) if "[" in body else body


def _words(mark: re.Match[str]) -> str:
    kind = mark.group(1)
    if kind is None:
        return f"#{mark.group(2) or 'topic'}"
    return SOMEONE if kind.casefold() == "user" else "@community"


def message_reader(
    at: Mapping[str, int],
    *,
    edits: Edits,
    private_groups: Container[str],
    everyone: str = ALL_COMPANY,
    include_private: bool = False,
) -> Callable[[list[str]], Message | None]:
    """A function that turns one row of Messages.csv into a message.

    Args:
        at: positions of :data:`MESSAGES_REQUIRED` and :data:`MESSAGES_KNOWN`; rows must hold an
            empty text where a missing column points to.
        edits: from MessageVersions.csv.
        private_groups: ids of groups that Groups.csv calls private.
        everyone: the community id of messages without a group.
        include_private: whether private rows are given; else the function returns ``None``.

    The function raises :class:`BrokenRowError`.

    """
    (c_id, c_sender, c_created, c_body) = (at[name] for name in MESSAGES_REQUIRED)
    (c_replied, c_parent, c_thread, c_group, c_private, c_direct, c_kind, c_deleted, c_title,
     c_type, _) = (at[name] for name in MESSAGES_KNOWN)  # fmt: skip

    def read(row: list[str]) -> Message | None:
        group = row[c_group]
        is_direct = row[c_direct] not in _USUAL_NO and is_true(row[c_direct])
        is_private = is_direct or group in private_groups
        is_private = is_private or (row[c_private] not in _USUAL_NO and is_true(row[c_private]))
        if is_private and not include_private:
            return None
        message_id, sender = row[c_id], row[c_sender]
        replied = row[c_replied] or row[c_parent]
        thread = row[c_thread] or replied or message_id
        # One look at all ids together is several times cheaper than one at each.
        ids = f"{message_id}{sender}{group}{replied}{thread}"
        if not message_id or not ids.isdecimal() or not ids.isascii():
            _name_broken_id(message_id, sender, group, replied, thread)
        created = time_or_none(row[c_created], "created_at")
        if created is None:
            raise BrokenRowError("column created_at: the time is missing")
        deleted = time_or_none(row[c_deleted], "deleted_at") if row[c_deleted] else None
        kind, raw_type = sender_kind(row[c_kind], row[c_type])
        is_reply = thread != message_id
        return Message(
            message_id,
            group or (None if is_direct else everyone),
            thread,
            (replied or thread) if is_reply else None,
            sender or None,
            kind,
            MessageKind.REPLY if is_reply else MessageKind.POST,
            created,
            "" if deleted else whole_text(row[c_title], row[c_body]),
            edits.of(message_id, created),
            deleted,
            raw_type,
        )

    return read


def whole_text(title: str, body: str) -> str:
    """Title and body as one text; announcements and questions say the main thing in the title."""
    if title and title not in body:
        body = f"{title}\n{body}" if body else title
    return readable(body)


def _name_broken_id(message_id: str, sender: str, group: str, replied: str, thread: str) -> None:
    """Say which of the ids of a row is none."""
    checked_id(message_id, "id")
    others = {
        "sender_id": sender,
        "group_id": group,
        "replied_to_id": replied,
        "thread_id": thread,
    }
    for column, value in others.items():
        if value:
            checked_id(value, column)


@lru_cache(maxsize=1024)
def sender_kind(sender_type: str, message_type: str) -> tuple[AuthorKind, str | None]:
    """Who stands behind a message, and its type where that is not the usual one."""
    raw_type = None if message_type in _USUAL_TYPES else message_type
    if message_type == "system":
        return AuthorKind.SYSTEM, raw_type
    kind = _SENDERS.get(sender_type.casefold())
    if kind is None:
        return AuthorKind.UNKNOWN, raw_type or f"sender {sender_type[:40]}"
    return kind, raw_type


def person_reader(at: Mapping[str, int]) -> Callable[[list[str]], Person]:
    """A function that turns one row of Users.csv into a person; raises :class:`BrokenRowError`.

    ``employed_to`` is the earlier of deletion and suspension: from then on the account cannot act,
    so it does not belong into a denominator.
    """

    def read(row: list[str]) -> Person:
        def value(column: str) -> str | None:
            return row[at[column]].strip() or None

        ends = [
            moment
            for column in ("deleted_at", "suspended_at")
            if (moment := time_or_none(row[at[column]], column)) is not None
        ]
        return Person(
            id=checked_id(row[at["id"]], "id"),
            name=value("name"),
            email=value("email"),
            department=value("department"),
            location=value("location"),
            job_family=value("job_title"),
            employed_from=time_or_none(row[at["joined_at"]], "joined_at"),
            employed_to=min(ends, default=None),
        )

    return read


def community_reader(
    at: Mapping[str, int], network_name: str | None
) -> Callable[[list[str]], Community]:
    """A function that turns one row of Groups.csv into a community; raises :class:`BrokenRowError`.

    ``network_name`` goes in front of the name where an export holds several networks. The export
    says only *that* a group was deleted; its last change then stands for when.
    """

    def read(row: list[str]) -> Community:
        name = row[at["name"]].strip() or "Without a name"
        updated = time_or_none(row[at["updated_at"]], "updated_at")
        return Community(
            id=checked_id(row[at["id"]], "id"),
            name=f"{network_name}: {name}" if network_name else name,
            kind=CommunityKind.COMMUNITY,
            is_private=is_true(row[at["private"]]),
            created_at=time_or_none(row[at["created_at"]], "created_at"),
            archived_at=updated if is_true(row[at["deleted"]]) else None,
        )

    return read
