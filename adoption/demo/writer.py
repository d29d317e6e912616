"""Writing a Viva Engage data export, with the columns and the oddities of a real one.

Columns and formats follow the vendor's Data Export API and tools that read its files
(learn.microsoft.com/rest/api/yammer, network-data-export): UTF-8 with a byte order mark, ISO
dates, 16-digit ids, line breaks inside fields, deleted and edited rows, rows of private groups
and direct messages with their flags, the literal ``null`` in some dates. Likes and memberships
are not part of such an export, so there are none.
"""

from __future__ import annotations

import csv
import html
import io
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryFile
from types import TracebackType
from typing import TYPE_CHECKING, TextIO, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from adoption.demo.activity import Posted
from adoption.demo.calendar import Timeline
from adoption.demo.communities import DIRECT, Place
from adoption.demo.people import BY_KEY, MAIL_DOMAIN, ROTA_BOT, Person

if TYPE_CHECKING:
    from _csv import Writer as CsvWriter

MESSAGE_COLUMNS = (
    "id",
    "replied_to_id",
    "parent_id",
    "thread_id",
    "conversation_id",
    "group_id",
    "group_name",
    "participants",
    "in_private_group",
    "in_private_conversation",
    "sender_id",
    "sender_type",
    "sender_name",
    "sender_email",
    "body",
    "delegate_id",
    "api_url",
    "attachments",
    "deleted_by_id",
    "deleted_by_type",
    "created_at",
    "deleted_at",
    "title",
    "html_body",
    "message_type",
    "gdpr_delete_url",
)
BODY = MESSAGE_COLUMNS.index("body")
USER_COLUMNS = (
    "id",
    "name",
    "email",
    "job_title",
    "location",
    "department",
    "api_url",
    "deleted_by_id",
    "deleted_by_type",
    "joined_at",
    "deleted_at",
    "suspended_by_id",
    "suspended_by_type",
    "suspended_at",
    "guid",
    "state",
    "user_cover_image_url",
)
GROUP_COLUMNS = (
    "id",
    "name",
    "description",
    "private",
    "deleted",
    "external",
    "moderated",
    "api_url",
    "created_by_id",
    "created_by_type",
    "created_at",
    "updated_at",
)
TOPICS = ("ProudOfNorthfield", "ThankYou", "SafeTogether", "AskMeAnything", "Northfield100")
NETWORK_ID = 4_148_213
NETWORK_NAME = "Northfield Hospitals"
NETWORK_URL = f"https://www.yammer.com/{MAIL_DOMAIN}"
FIRST_TOPIC_ID = 71_220_400
API = "https://www.yammer.com/api/v1"
DELETED_SHARE = 0.008
EDITED_SHARE = 0.015
TAGGED_SHARE = 0.02
ATTACHED_SHARE = 0.03
SUSPENDED_SHARE = 0.004


class ExportWriter:
    """Writes one export: first everything small, then message after message.

    Use as a context manager; :meth:`add` each message in the order of time. The ZIP appears under
    its name only when everything was written.
    """

    def __init__(self, path: Path, timeline: Timeline, random: Random) -> None:
        self._path = path
        self._part = path.with_suffix(".part")
        self._timeline = timeline
        self._random = random
        self._zip = ZipFile(self._part, "w", ZIP_DEFLATED)
        self._counts: Counter[str] = Counter()
        self._versions = TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115
        self._version_rows = csv.writer(self._versions)

    def __enter__(self) -> ExportWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._finish()
        self._zip.close()
        self._versions.close()
        if error is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def write_directory(self, people: Sequence[Person], places: Mapping[str, Place]) -> None:
        """Write users, groups, topics, administrators and the network itself."""
        users = [person for person in people if person.joined is not None]
        admin = next((p for p in users if p.department == "digital"), users[0])
        self._table("Users.csv", USER_COLUMNS, (self._user(p, admin) for p in users))
        groups = [place for place in places.values() if place.id]
        self._table("Groups.csv", GROUP_COLUMNS, (self._group(g, admin) for g in groups))
        opened = _moment(self._timeline.start)
        self._table(
            "Networks.csv",
            ("id", "url", "name", "created_at", "moderated", "usage_policy", "user_count"),
            [(NETWORK_ID, NETWORK_URL, NETWORK_NAME, opened, "false", "", len(users))],
        )
        self._table(
            "Topics.csv",
            ("id", "name", "created_at", "url"),
            [
                (FIRST_TOPIC_ID + n, name, opened, f"{API}/topics/{FIRST_TOPIC_ID + n}")
                for n, name in enumerate(TOPICS)
            ],
        )
        self._table(
            "Admins.csv",
            ("id", "name", "email", "verified"),
            [(admin.user_id, admin.name, admin.email, "true")],
        )

    @contextmanager
    def messages(self) -> Iterator[MessageSink]:
        """The open table of messages; nothing else can be written until it is closed."""
        with self._entry("Messages.csv") as stream:
            writer = csv.writer(stream)
            writer.writerow(MESSAGE_COLUMNS)
            sink = MessageSink(writer, self._version_rows, self._random)
            yield sink
        self._counts["Messages.csv"] = sink.written
        self._counts["MessageVersions.csv"] = sink.versions

    def _finish(self) -> None:
        self._versions.seek(0)
        with self._entry("MessageVersions.csv") as stream:
            csv.writer(stream).writerow((*MESSAGE_COLUMNS, "version"))
            while chunk := self._versions.read(1 << 20):
                stream.write(chunk)
        lines = [f"{name}: {number} rows" for name, number in self._counts.items()]
        self._text("log.txt", ["Export finished without errors", *lines])
        since, until = self._timeline.start, self._timeline.until + timedelta(days=1)
        self._text(
            "request.txt",
            [
                f"since: {_moment(since)}",
                f"until: {_moment(until)}",
                f"network_id: {NETWORK_ID}",
                "include: csv",
            ],
        )

    @contextmanager
    def _entry(self, name: str) -> Iterator[TextIO]:
        """An entry with a fixed time, so that equal content gives equal bytes."""
        day = self._timeline.until
        info = ZipInfo(name, (day.year, day.month, day.day, 4, 0, 0))
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        with (
            self._zip.open(info, "w", force_zip64=name.startswith("Message")) as raw,
            io.TextIOWrapper(raw, encoding="utf-8", newline="") as stream,
        ):
            if name.endswith(".csv"):
                stream.write("\ufeff")
            yield stream

    def _table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        with self._entry(name) as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            for row in rows:
                writer.writerow(row)
                self._counts[name] += 1

    def _text(self, name: str, lines: Sequence[str]) -> None:
        with self._entry(name) as stream:
            stream.write("\n".join(lines) + "\n")

    def _user(self, person: Person, admin: Person) -> tuple[object, ...]:
        gone = person.employed_to is not None and person.employed_to <= self._timeline.until
        suspended = not gone and self._random.random() < SUSPENDED_SHARE
        by = (admin.user_id, "user") if gone or suspended else ("", "")
        shouted = self._random.random() < 0.04
        left = person.employed_to if gone else None
        return (
            person.user_id,
            person.name,
            person.email.title() if shouted else person.email,
            person.job_title,
            person.site,
            BY_KEY[person.department].name,
            f"{API}/users/{person.user_id}",
            *(by if gone else ("", "")),
            _moment(cast(date, person.joined)),
            _moment(left) if left else "null" if self._random.random() < 0.02 else "",
            *(by if suspended else ("", "")),
            _moment(self._timeline.until) if suspended else "",
            f"{self._random.getrandbits(128):032x}",
            "soft_delete" if gone or suspended else "active",
            "",
        )

    def _group(self, place: Place, admin: Person) -> tuple[object, ...]:
        opened = _moment(self._timeline.start)
        return (
            place.id,
            place.name,
            place.description,
            "true" if place.private else "false",
            "false",
            "false",
            "false",
            f"{API}/groups/{place.id}",
            admin.user_id,
            "user",
            opened,
            opened,
        )


class MessageSink:
    """Turns messages into rows; some are edited or deleted on the way."""

    def __init__(self, rows: CsvWriter, versions: CsvWriter, random: Random) -> None:
        self._rows = rows
        self._versions = versions
        self._random = random
        self._day = -1
        self._date = ""
        self.written = 0
        self.versions = 0

    def add(self, message: Posted) -> bool:
        """Write one message; ``False`` if it is one of those that were deleted later."""
        draw = self._random.random()
        deleted = draw < DELETED_SHARE
        row = self._row(message, deleted=deleted)
        self._rows.writerow(row)
        self.written += 1
        if not deleted and draw < DELETED_SHARE + EDITED_SHARE:
            self._write_versions(row, message)
        return not deleted

    def _row(self, message: Posted, *, deleted: bool) -> list[object]:
        author, place, number = message.author, message.place, message.id
        direct = place.key == DIRECT
        starts = message.parent_id is None
        title = message.title
        body = message.text
        if starts and not direct and self._random.random() < TAGGED_SHARE:
            pick = self._random.randrange(len(TOPICS))
            body = f"{body} [Tag:{FIRST_TOPIC_ID + pick}:{TOPICS[pick]}]"
        gone_after = self._random.randrange(60, 200_000) if deleted else 0
        return [
            number,
            message.parent_id or "",
            message.parent_id or "",
            message.thread_id,
            message.thread_id if direct else "",
            place.id,
            place.name,
            _participants(message) if direct else "",
            "true" if place.private and not direct else "false",
            "true" if direct else "false",
            author.user_id,
            "bot" if author is ROTA_BOT else "user",
            author.name,
            author.email,
            body,
            "",
            f"{API}/messages/{number}",
            self._attachments() if starts else "",
            author.user_id if deleted else "",
            "user" if deleted else "",
            self._stamp(message.at),
            self._stamp(message.at + gone_after) if deleted else "",
            title,
            f"<p>{html.escape(body)}</p>" if title else "",
            "announcement" if title else "update",
            f"https://www.yammer.com/messages/{number}/hard_delete_confirmation",
        ]

    def _write_versions(self, row: list[object], message: Posted) -> None:
        """The text before the edit, with a slip in it, and the text as it stands."""
        before = list(row)
        before[BODY] = _with_slip(message.text, self._random)
        self._versions.writerow((*before, 1))
        self._versions.writerow((*row, 2))
        self.versions += 2

    def _attachments(self) -> str:
        if self._random.random() > ATTACHED_SHARE:
            return ""
        number = self._random.randrange(10**9, 10**10)
        if self._random.random() < 0.6:
            return f"uploadedfile:{number},uploadedfile:{number + 7}"
        return (
            f"opengraphobject:[{number} : https://intranet.{MAIL_DOMAIN}/news/{number % 1000} : "
            'title="News, in brief" : description="What changed: dates, rooms and people"]'
        )

    def _stamp(self, at: int) -> str:
        day, seconds = divmod(at, 86_400)
        if day != self._day:
            self._day = day
            self._date = time.strftime("%Y-%m-%d", time.gmtime(at))
        hours, rest = divmod(seconds, 3600)
        return f"{self._date}T{hours:02}:{rest // 60:02}:{rest % 60:02}Z"


def _participants(message: Posted) -> str:
    people = [message.author, message.recipient]
    return ",".join(f"user:{person.user_id}" for person in people if person is not None)


def _with_slip(text: str, random: Random) -> str:
    """Two neighbouring characters swapped, as fingers do."""
    if len(text) < 4:
        return text
    at = random.randrange(1, len(text) - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _moment(day: date) -> str:
    return f"{day.isoformat()}T08:00:00Z"
