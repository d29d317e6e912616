"""Slack from a workspace export: the ZIP, or the folder it was unpacked to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from adoption.connector import Capability, Field, Health, Stream
from adoption.errors import AdoptionError, SourceError
from adoption.files.archive import Archive, Entry, open_archive
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
from adoption.files.json_records import as_object, json_array
from adoption.model import Community, CommunityKind, Message, Person, Row
from adoption.records.slack import community_row, message_rows, person_row

COMMUNITIES = Stream("communities", Community, ("id",))
PEOPLE = Stream("people", Person, ("id",))
MESSAGES = Stream("messages", Message, ("id",))

_PUBLIC_INDEX = "channels.json"
_DIRECT_INDEX = "dms.json"
_PRIVATE_INDEXES = ("groups.json", "mpims.json", _DIRECT_INDEX)
_USERS = ("users.json", "org_users.json")
_DAY = re.compile(r"([^/]+)/\d{4}-\d{2}-\d{2}\.json", re.IGNORECASE)
_EXPORT_AGAIN = "Export the workspace again in Slack's administration, as JSON"


class _Day(NamedTuple):
    """The messages of one channel on one day."""

    archive: Archive
    entry: Entry
    channel: str


class SlackExport(FileConnector):
    """Reads the export a workspace owner makes under "Import/Export Data"."""

    name = "slack-export"
    id_space = "slack"
    title = "Slack export"
    summary = "Reads messages, threads, reactions, members and channels from a Slack export (ZIP)."
    settings = (
        Field(
            "path",
            "Export",
            f"{PATH_HELP}: the ZIP of the workspace export, or the folder it was unpacked to.",
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
            Capability.EDITS,
            Capability.PEOPLE,
            Capability.COMMUNITIES,
            Capability.THREADS,
            Capability.ROSTER,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.REACTION_TIMES: "Slack does not tell when somebody reacted",
        Capability.DELETIONS: (
            "A deleted message is simply absent from a Slack export, unless it had replies"
        ),
        Capability.DEPARTMENTS: "Slack exports hold no departments; add a people file for them",
        Capability.VIEWS: "Who read a message is not in a Slack export",
    }
    requires = ("The export of the workspace: made by a workspace owner or administrator",)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._channels: dict[str, Community] = {}
        self._days: list[_Day] = []
        self._counts: list[int] = []
        self._notes: list[str] = []
        self._broken = BrokenRows()

    @classmethod
    def recognises(cls, path: Path) -> str | None:
        """Slack's lists of channels and members, or one of them beside days of messages.

        An export without its list of channels is claimed too, so that the user learns what it lacks.
        """
        try:
            archive = open_archive(path)
        except AdoptionError:
            return None
        lists = [base for base in (_PUBLIC_INDEX, *_USERS) if archive.find(base)]
        has_days = any(
            _DAY.fullmatch("/".join(entry.name.split("/")[-2:])) for entry in archive.entries
        )
        archive.close()
        if len(lists) >= 2 or (lists and has_days):
            return f"It holds {' and '.join(lists)}, as a Slack export does"
        return None

    def check(self) -> Health:
        """Look through the whole export without giving a row."""
        self.verify()
        channels = counted(len(self._channels), "channel")
        return Health(True, f"{channels}, {counted(len(self._days), 'day')} of messages in them")

    def _verify(self) -> None:
        for archive in self.archives:
            self._learn(archive)
        broken = BrokenRows()
        for day in self._days:
            number = 0
            for number, record in enumerate(json_array(day.archive, day.entry), start=1):
                _rows_of(record, day, number, broken)
            self._counts.append(number)
        messages = sum(self._counts)
        for _ in self._people():
            pass  # a damaged list of members is found before anything is given
        where = ", ".join(path.name for path in self.paths)
        broken.refuse_if_many(messages, where, _EXPORT_AGAIN)
        if messages == 0:
            raise SourceError(
                "The export holds no messages",
                where=where,
                next_step="Export again for a longer time",
            )

    def _learn(self, archive: Archive) -> None:
        """Which channel each file of messages belongs to; private places are left out here."""
        root = _root(archive)
        folders = _folders(archive, root)
        is_complete = any(archive.find(base) for base in _PRIVATE_INDEXES)
        unlisted: set[str] = set()
        for channel in folders.values():
            self._channels[channel.id] = channel
        for entry in archive.entries:
            found = _DAY.fullmatch(entry.name.removeprefix(root))
            if found is None:
                continue
            folder = found.group(1)
            listed = _channel_of(folder, folders)
            channel = listed or Community(
                f"name:{folder}", folder, CommunityKind.CHANNEL, is_private=is_complete
            )
            if listed is None:
                unlisted.add(folder)
                self._channels[channel.id] = channel
            if self.include_private or not channel.is_private:
                self._days.append(_Day(archive, entry, channel.id))
        is_kept = self.include_private or not is_complete
        for folder in sorted(unlisted):
            self._notes.append(
                f"No list names the channel {folder}: it was renamed or deleted. "
                + ("Its messages are kept." if is_kept else "It may be private and was left out.")
            )

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
        """Members, each once, as the export given last has them."""
        pages, seen = Pages(self._broken), set[str]()
        for archive in reversed(self.archives):
            for entry in _indexes(archive, _root(archive), _USERS):
                for number, record in enumerate(json_array(archive, entry), start=1):
                    try:
                        person = person_row(as_object(record))
                    except ValueError as error:
                        self._broken.add(_place(archive, entry, number), str(error))
                        continue
                    if person.id not in seen:
                        seen.add(person.id)
                        pages.add([person])
                    if pages.is_full:
                        yield pages.cut(Position())
        yield pages.cut(Position())

    def _messages(self, start: Position) -> Iterator[Batch]:
        pages = Pages(self._broken, sum(self._counts))
        done = sum(self._counts[: start.entry])
        for index, day in enumerate(self._days[start.entry :], start=start.entry):
            skip = start.row if index == start.entry else 0
            for number, record in enumerate(json_array(day.archive, day.entry), start=1):
                if number > skip:
                    pages.add(_rows_of(record, day, number, self._broken))
                if pages.is_full:
                    yield pages.cut(Position(index, number), done + number)
            done += self._counts[index]
        yield pages.cut(Position(len(self._days)), done)

    def _closing_notes(self, stream: Stream) -> Sequence[str]:
        notes = self._notes if stream == COMMUNITIES else ()
        return (*notes, *self._broken.closing_notes())


def _root(archive: Archive) -> str:
    """The folder that holds channels.json, with a slash at its end; empty for the top."""
    indexes = archive.find(_PUBLIC_INDEX)
    if not indexes:
        is_text = any(entry.name.lower().endswith(".txt") for entry in archive.entries)
        raise SourceError(
            "There is no channels.json inside, so public channels cannot be told from private ones",
            where=str(archive.path),
            next_step="This may be the export of one person as text. " + _EXPORT_AGAIN
            if is_text
            else "Give the ZIP that Slack made, complete. " + _EXPORT_AGAIN,
        )
    folder = min(indexes, key=lambda entry: entry.name.count("/")).folder
    return f"{folder}/" if folder else ""


def _indexes(archive: Archive, root: str, bases: Sequence[str]) -> list[Entry]:
    names = {root + base for base in bases}
    return [entry for entry in archive.entries if entry.name in names]


def _folders(archive: Archive, root: str) -> dict[str, Community]:
    """Channels by the name of their folder: the channel's name, or the id of a direct message."""
    found: dict[str, Community] = {}
    for entry in _indexes(archive, root, (_PUBLIC_INDEX, *_PRIVATE_INDEXES)):
        is_private = entry.base != _PUBLIC_INDEX
        for number, record in enumerate(json_array(archive, entry), start=1):
            try:
                channel = community_row(as_object(record), is_private=is_private)
            except ValueError as error:
                raise SourceError(
                    f"The list of channels is damaged: {error}",
                    where=_place(archive, entry, number),
                    next_step=_EXPORT_AGAIN,
                ) from error
            folder = channel.name
            is_direct = entry.base == _DIRECT_INDEX
            found[folder] = channel._replace(name="Direct messages") if is_direct else channel
    return found


def _channel_of(folder: str, folders: Mapping[str, Community]) -> Community | None:
    """The channel of a folder; where names clash Slack appends ``-``, or changes the case."""
    if folder in folders:
        return folders[folder]
    plain = folder.casefold().rstrip("-")
    alike = [channel for name, channel in folders.items() if name.casefold().rstrip("-") == plain]
    return alike[0] if len(alike) == 1 else None


def _rows_of(record: object, day: _Day, number: int, broken: BrokenRows) -> list[Row]:
    try:
        return message_rows(as_object(record), day.channel)
    except ValueError as error:
        broken.add(_place(day.archive, day.entry, number), str(error))
        return []


def _place(archive: Archive, entry: Entry, number: int) -> str:
    return f"{archive.where(entry)}, record {number}"
