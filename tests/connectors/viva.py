"""Writes Viva Engage data exports as the network makes them, whole or damaged."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

MESSAGES = (
    "id", "replied_to_id", "parent_id", "thread_id", "conversation_id", "group_id", "group_name",
    "participants", "in_private_group", "in_private_conversation", "sender_id", "sender_type",
    "sender_name", "sender_email", "body", "delegate_id", "api_url", "attachments",
    "deleted_by_id", "deleted_by_type", "created_at", "deleted_at", "title", "html_body",
    "message_type", "gdpr_delete_url",
)  # fmt: skip
USERS = (
    "id", "name", "email", "job_title", "location", "department", "api_url", "deleted_by_id",
    "deleted_by_type", "joined_at", "deleted_at", "suspended_by_id", "suspended_by_type",
    "suspended_at", "guid", "state", "user_cover_image_url",
)  # fmt: skip
GROUPS = ("id", "name", "description", "private", "deleted", "external", "created_at", "updated_at")

FIRST_ID = 1_600_000_000_000_001

Row = Mapping[str, object]


def message(number: int, **values: object) -> dict[str, object]:
    """A post of user 501 in group 11; ``number`` makes its id and its minute."""
    message_id = FIRST_ID + number
    return {
        "id": message_id,
        "thread_id": message_id,
        "group_id": 11,
        "group_name": "Ward 3",
        "in_private_group": "false",
        "in_private_conversation": "false",
        "sender_id": 501,
        "sender_type": "user",
        "sender_name": "Ada Lang",
        "sender_email": "ada.lang@northfield.example",
        "body": f"Shift swap number {number} on Friday?",
        "created_at": f"2026-03-02T08:{number % 60:02}:00Z",
        "message_type": "update",
        **values,
    }


def reply(number: int, to: int, **values: object) -> dict[str, object]:
    """A reply to the post made with number ``to``."""
    starter = FIRST_ID + to
    answer = {"thread_id": starter, "replied_to_id": starter, "body": "I can take it"}
    return message(number, **{**answer, **values})


def user(number: int, **values: object) -> dict[str, object]:
    """A member of the surgery."""
    return {
        "id": 500 + number,
        "name": f"Person Number {number}",
        "email": f"person{number}@northfield.example",
        "job_title": "Nurse",
        "location": "North site",
        "department": "Surgery",
        "joined_at": "2025-01-01T08:00:00Z",
        "state": "active",
        **values,
    }


def group(number: int, **values: object) -> dict[str, object]:
    """A public group."""
    return {
        "id": 10 + number,
        "name": f"Group {number}",
        "private": "false",
        "deleted": "false",
        "created_at": "2025-01-01T08:00:00Z",
        "updated_at": "2025-06-01T08:00:00Z",
        **values,
    }


def table(columns: Sequence[str], rows: Iterable[Row], *, mark: str = "\ufeff") -> bytes:
    """A CSV with a byte order mark, as the export has them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(column, "") for column in columns])
    return (mark + text.getvalue()).encode()


def zipped(path: Path, entries: Mapping[str, bytes | str]) -> Path:
    """A ZIP of these entries."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def export(
    path: Path,
    messages: Iterable[Row],
    *,
    users: Iterable[Row] = (),
    groups: Iterable[Row] = (),
    folder: str = "",
    until: str = "2026-04-01T00:00:00",
    more: Mapping[str, bytes | str] | None = None,
) -> Path:
    """An export ZIP; ``folder`` puts the tables below one."""
    entries: dict[str, bytes | str] = {
        f"{folder}Messages.csv": table(MESSAGES, messages),
        f"{folder}Users.csv": table(USERS, users),
        f"{folder}Groups.csv": table(GROUPS, groups),
        "request.txt": f"since: 2026-01-01T00:00:00\nuntil: {until}\n",
        "log.txt": "Export finished without errors\n",
    }
    return zipped(path, entries | dict(more or {}))
