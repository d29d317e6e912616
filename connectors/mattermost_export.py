"""Mattermost from its bulk export: the JSONL file, or the ZIP that ``mmctl export`` makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from adoption.connector import Capability, Field, Health, Stream
from adoption.errors import AdoptionError, SourceError
from adoption.files.archive import Archive, Entry, describe_content, open_archive
from adoption.files.connector import (
    PATH_HELP,
    PRIVATE_FIELDS,
    SIZE_FIELD,
    Batch,
    BrokenRows,
    FileConnector,
    Pages,
    Position,
    counted,
)
from adoption.files.json_records import as_object, json_lines
from adoption.files.ordinals import Ordinals
from adoption.model import AuthorKind, Community, CommunityKind, Message, Person
from adoption.records.mattermost_bulk import (
    DEFAULT_CHANNELS,
    DIRECT_POST,
    POST,
    Written,
    channel_row,
    message_of,
    reactions_of,
    user_row,
    written,
)

COMMUNITIES = Stream("communities", Community, ("id",))
PEOPLE = Stream("people", Person, ("id",))
MESSAGES = Stream("messages", Message, ("id",))

_EXPORT_AGAIN = "Export again with mmctl export create, and give the file as it is"
_VERSION = "version"
_KNOWN_VERSION = 1


class _Object(NamedTuple):
    """One line: what it is, its object, and where it stands."""

    kind: str
    record: Mapping[str, Any]
    where: str


class _Lines(NamedTuple):
    """One bulk file."""

    archive: Archive
    entry: Entry


class MattermostExport(FileConnector):
    """Reads the bulk export a system administrator makes."""

    name = "mattermost-export"
    title = "Mattermost export"
    summary = "Reads posts, replies, reactions, users and channels from a Mattermost bulk export."
    settings = (
        Field(
            "path",
            "Export",
            f"{PATH_HELP}: the JSONL file of the bulk export, or the ZIP around it.",
            kind="path",
        ),
        *PRIVATE_FIELDS,
        SIZE_FIELD,
    )
    streams = (COMMUNITIES, PEOPLE, MESSAGES)
    gives = frozenset(
        {
            Capability.POSTS,
            Capability.REPLIES,
            Capability.REACTIONS,
            Capability.REACTION_PEOPLE,
            Capability.REACTION_TIMES,
            Capability.EDITS,
            Capability.PEOPLE,
            Capability.COMMUNITIES,
            Capability.THREADS,
            Capability.ROSTER,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.DELETIONS: "Deleted posts are simply absent from a Mattermost bulk export",
        Capability.DEPARTMENTS: "Mattermost knows no departments; add a people file for them",
        Capability.VIEWS: "Who read a post is not in a Mattermost bulk export",
    }
    requires = ("The bulk export of the server: made by a system administrator with mmctl",)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._broken = BrokenRows()
        self._channels: dict[str, Community] = {}
        self._bots: dict[str, Person] = {}
        self._ids = Ordinals()
        self._lines = 0
        self._left_out = 0

    @classmethod
    def recognises(cls, path: Path) -> str | None:
        """A JSONL file whose first line tells the version of the bulk format."""
        try:
            archive = open_archive(path)
        except AdoptionError:
            return None
        try:
            found = next(_bulk_files(archive), None)
        except AdoptionError:
            return None
        finally:
            archive.close()
        return f"{found.base} begins as a Mattermost bulk export does" if found else None

    def check(self) -> Health:
        """Look through the whole export without giving a row."""
        self.verify()
        return Health(True, f"{counted(len(self._channels), 'channel')}, nothing damaged")

    def _verify(self) -> None:
        """Look at every line, and learn channels, bots and which posts look alike."""
        no_json, broken, lines = BrokenRows(), BrokenRows(), 0
        for one in self._objects(no_json):
            lines += 1
            if one.kind == _VERSION and one.record.get("value") != _KNOWN_VERSION:
                raise SourceError(
                    f"The bulk format has version {one.record.get('value')!r}; "
                    f"version {_KNOWN_VERSION} can be read",
                    where=one.where,
                    next_step="Install a newer release of this program",
                )
            try:
                self._learn(one)
                for post in _posts(one):
                    self._ids.note(post.key)
                    self._learn_default(post.place)
            except ValueError as error:
                broken.add(one.where, str(error))
        self._lines = lines
        rows = lines + no_json.count
        broken = no_json + broken
        where = ", ".join(path.name for path in self.paths)
        broken.refuse_if_many(rows, where, _EXPORT_AGAIN)
        if not self._ids.count:
            raise SourceError("The export holds no posts", where=where, next_step=_EXPORT_AGAIN)

    def _learn(self, one: _Object) -> None:
        if one.kind == "channel":
            channel = channel_row(one.record)
            self._channels[channel.id] = channel
        elif one.kind == "user":
            person = user_row(one.record)
            if person.author_kind is AuthorKind.BOT:
                self._bots[person.id] = person

    def _learn_default(self, place: str | None) -> None:
        """Every team has two open channels from the start, and some exports do not list them."""
        name = (place or "").rpartition("/")[2]
        if place and place not in self._channels and name in DEFAULT_CHANNELS:
            self._channels[place] = Community(place, DEFAULT_CHANNELS[name], CommunityKind.CHANNEL)

    def _objects(self, broken: BrokenRows) -> Iterator[_Object]:
        """All lines of all files; those that are no JSON are set aside."""
        for lines in self._files():
            where = lines.archive.where(lines.entry)
            for line in json_lines(lines.archive, lines.entry):
                place = f"{where}, line {line.number}"
                try:
                    record = as_object(line.value)
                    kind = str(record.get("type"))
                    inner = {"value": record.get(kind)} if kind == _VERSION else record.get(kind)
                    yield _Object(kind, as_object(inner), place)
                except ValueError as error:
                    broken.add(place, str(error))

    def _files(self) -> list[_Lines]:
        found: list[_Lines] = []
        for archive in self.archives:
            entries = list(_bulk_files(archive))
            if not entries:
                kind = describe_content(archive.head(archive.entries[0], 4096))
                raise SourceError(
                    f"This is {kind}, not a Mattermost bulk export: no file in it begins with "
                    'a line like {"type":"version","version":1}',
                    where=str(archive.path),
                    next_step=_EXPORT_AGAIN,
                )
            found.extend(_Lines(archive, entry) for entry in entries)
        return found

    def _batches(self, stream: Stream, start: Position) -> Iterator[Batch]:
        self._broken = BrokenRows()
        if stream == MESSAGES:
            return self._messages(start)
        return self._people() if stream == PEOPLE else self._communities()

    def _communities(self) -> Iterator[Batch]:
        pages = Pages(self._broken)
        for channel in self._channels.values():
            if channel.is_private and not self.include_private:
                pages.leave_out()
            else:
                pages.add([channel])
        yield pages.cut(Position())

    def _people(self) -> Iterator[Batch]:
        pages = Pages(self._broken)
        for one in self._objects(self._broken):
            if one.kind == POST:
                break
            if one.kind == "user":
                try:
                    pages.add([user_row(one.record)])
                except ValueError as error:
                    self._broken.add(one.where, str(error))
            if pages.is_full:
                yield pages.cut(Position())
        yield pages.cut(Position())

    def _messages(self, start: Position) -> Iterator[Batch]:
        """Posts with their replies; ``Position.row`` counts lines over all files."""
        pages = Pages(self._broken, self._lines)
        self._ids.restart()
        number, root_id = 0, ""
        for number, one in enumerate(self._objects(self._broken), start=1):
            try:
                for post in _posts(one):
                    message_id = self._ids.take(post.key)
                    root_id = message_id if post.root is None else root_id
                    if number <= start.row:
                        continue
                    if self._is_private(post):
                        pages.leave_out()
                        continue
                    message = message_of(post, message_id, root_id, self._bots)
                    pages.add([message, *reactions_of(post, message)])
            except ValueError as error:
                self._broken.add(one.where, str(error))
            if pages.is_full:
                yield pages.cut(Position(row=number), number)
        self._left_out = pages.left_out
        yield pages.cut(Position(row=number), number)

    def _is_private(self, post: Written) -> bool:
        """Direct posts, and posts in channels that are private or in no list."""
        if self.include_private:
            return False
        channel = self._channels.get(post.place or "")
        return channel is None or channel.is_private

    def _closing_notes(self, stream: Stream) -> Sequence[str]:
        notes = []
        if stream == MESSAGES and self._left_out:
            messages = counted(self._left_out, "message")
            notes.append(f"Left out: {messages} of private or unlisted channels.")
        return (*notes, *self._broken.closing_notes())


def _posts(one: _Object) -> Iterator[Written]:
    return written(one.record, one.kind) if one.kind in (POST, DIRECT_POST) else iter(())


def _bulk_files(archive: Archive) -> Iterator[Entry]:
    """Files that begin with the line that tells the version."""
    is_alone = len(archive.entries) == 1
    for entry in archive.entries:
        if not is_alone and not entry.name.lower().endswith((".jsonl", ".json")):
            continue
        head = archive.head(entry, 4096).lstrip(b"\xef\xbb\xbf \r\n")
        if head.replace(b" ", b"").startswith(b'{"type":"version","version":'):
            yield entry
