"""Viva Engage (Yammer) from its data export: a ZIP, a folder, or several windows of either."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeVar

from adoption.archive import Archive, Entry, describe_content, open_archive
from adoption.connector import Capability, Field, Health, Stream
from adoption.delimited import DelimitedFile, columns_of, open_delimited
from adoption.errors import AdoptionError, SourceError
from adoption.file_connector import (
    PAGE_ROWS,
    PATH_HELP,
    PRIVATE_FIELDS,
    SIZE_FIELD,
    Batch,
    BrokenRows,
    FileConnector,
    Position,
)
from adoption.model import Community, CommunityKind, Message, Person, Row
from adoption.viva_csv import (
    ALL_COMPANY,
    GROUPS_KNOWN,
    GROUPS_REQUIRED,
    MESSAGES_KNOWN,
    MESSAGES_REQUIRED,
    USERS_KNOWN,
    USERS_REQUIRED,
    BrokenRowError,
    checked_id,
    community_reader,
    is_true,
    message_reader,
    person_reader,
    shown,
    time_or_none,
)

COMMUNITIES = Stream("communities", Community, ("id",))
PEOPLE = Stream("people", Person, ("id",))
MESSAGES = Stream("messages", Message, ("id",))

_EXPORT_AGAIN = (
    "Use the export as Viva Engage made it. If it was opened in a spreadsheet and saved, the ids "
    "and dates in it are lost for good: export again"
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")
_ROUNDED = re.compile(r"\d+(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_NAMED_MISSING = {
    "thread_id": "threads follow the column replied_to_id only",
    "group_id": "all messages count as posted to the whole company",
    "sender_type": "bots cannot be told from people",
    "deleted_at": "deleted messages cannot be told",
}

RowT = TypeVar("RowT", Message, Person, Community)


class Table(NamedTuple):
    """One CSV of the export: which archive it is in and which network's folder."""

    archive: Archive
    entry: Entry

    @property
    def where(self) -> str:
        """How a message names it."""
        return self.archive.where(self.entry)


class VivaEngageExport(FileConnector):
    """Reads what a verified admin gets from "Export network data" or the Data Export API."""

    name = "viva-engage-export"
    title = "Viva Engage export"
    summary = "Reads posts, replies, people and communities from a Viva Engage data export (ZIP)."
    settings = (
        Field(
            "path",
            "Export",
            f"{PATH_HELP}: the ZIP of the data export, or the folder it was unpacked to.",
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
            Capability.EDITS,
            Capability.DELETIONS,
            Capability.PEOPLE,
            Capability.DEPARTMENTS,
            Capability.COMMUNITIES,
            Capability.THREADS,
            Capability.ROSTER,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.REACTIONS: (
            "Likes are not in the Data Export; connect Viva Engage by API for them"
        ),
        Capability.REACTION_PEOPLE: "Likes are not in the Data Export",
        Capability.REACTION_TIMES: "Likes are not in the Data Export",
        Capability.VIEWS: "Who read a message is not in the Data Export",
    }
    requires = ("The data export of the network: made by a Viva Engage verified administrator",)

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._edits: dict[str, datetime] = {}
        self._private_groups: set[str] = set()
        self._network_names: dict[str, str] = {}
        self._broken: dict[str, BrokenRows] = {}
        self._left_out = 0

    @classmethod
    def recognises(cls, path: Path) -> str | None:
        """A Messages.csv with the columns of the export, inside or as the file itself."""
        try:
            archive = open_archive(path)
        except AdoptionError:
            return None
        try:
            for entry in (
                archive.entries if len(archive.entries) == 1 else archive.find("Messages.csv")
            ):
                with open_delimited(archive, entry) as file:
                    if {"id", "sender_id", "body", "created_at"} <= set(
                        map(str.casefold, file.header)
                    ):
                        return f"{entry.name} has the columns of a Viva Engage data export"
        except AdoptionError:
            return None
        finally:
            archive.close()
        return None

    @property
    def paths(self) -> tuple[Path, ...]:
        """The exports in the order given; a folder of ZIPs stands for the ZIPs in it, by name."""
        expanded: list[Path] = []
        for path in super().paths:
            zips = sorted(path.glob("*.zip")) if path.is_dir() else []
            has_tables = bool(zips) and any(path.rglob("[Mm]essages.csv"))
            expanded.extend(zips if zips and not has_tables else [path])
        return tuple(expanded)

    @property
    def archives(self) -> tuple[Archive, ...]:
        """The exports from the oldest to the newest, where all of them tell their time."""
        opened = super().archives
        times = [_window_end(archive) for archive in opened]
        if len(opened) < 2 or not all(times):
            return opened
        order = sorted(range(len(opened)), key=lambda index: (times[index], index))
        return tuple(opened[index] for index in order)

    def check(self) -> Health:
        """Look through the whole export without giving a row."""
        self.verify()
        windows = len(self.archives)
        return Health(
            True, f"{windows} export{'s' if windows > 1 else ''} with Messages.csv, nothing damaged"
        )

    def _tables(self, base: str) -> list[Table]:
        """All CSVs of one name; a single CSV counts as Messages.csv whatever it is called."""
        found: list[Table] = []
        for archive in self.archives:
            alone = len(archive.entries) == 1 and not archive.find("Messages.csv")
            if alone and base == "Messages.csv" and archive.entries[0].name == archive.path.name:
                found.append(Table(archive, archive.entries[0]))
            found.extend(Table(archive, entry) for entry in archive.find(base))
        return found

    def _network_key(self, table: Table) -> str:
        """The network a table belongs to, where the export holds several; else empty."""
        folders = {one.entry.folder for one in self._tables("Messages.csv")}
        key = table.entry.folder.rsplit("/", 1)[-1]
        return key if len(folders) > 1 and key.isdecimal() else ""

    def _everyone(self, table: Table) -> Community:
        key = self._network_key(table)
        name = self._network_names.get(key, key)
        return Community(
            f"{ALL_COMPANY}:{key}" if key else ALL_COMPANY,
            f"{name}: All Company" if key else "All Company",
            CommunityKind.ALL_COMPANY,
        )

    def _verify(self) -> None:
        for archive in self.archives:
            _require_messages(archive)
        self._read_networks()
        self._read_private_groups()
        self._read_edits()
        rows = sum(self._verify_messages(table) for table in self._tables("Messages.csv"))
        if rows == 0:
            raise SourceError(
                "The export holds no messages",
                where=", ".join(path.name for path in self.paths),
                next_step="Export again for a longer time",
            )

    def _verify_messages(self, table: Table) -> int:
        """Look at every row of a Messages.csv; gives their number."""
        broken, rows = BrokenRows(), 0
        with _open(table, MESSAGES_REQUIRED, MESSAGES_KNOWN) as (file, at):
            self._require_privacy(file, at)
            width, c_id, c_created = len(file.header), at["id"], at["created_at"]
            for row in file.reader:
                if not row:
                    continue
                rows += 1
                try:
                    _check_row(row, width, c_id, c_created)
                except BrokenRowError as error:
                    line = f"{table.where}, line {file.reader.line_num}"
                    if len(row) == width and _ROUNDED.fullmatch(row[c_id]):
                        raise _rounded(line, row[c_id]) from error
                    broken.add(line, str(error))
        broken.refuse_if_many(rows, table.where, _EXPORT_AGAIN)
        return rows

    def _require_privacy(self, file: DelimitedFile, at: Mapping[str, int]) -> None:
        missing = [
            name
            for name in ("in_private_group", "in_private_conversation")
            if at[name] == len(file.header)
        ]
        if missing and not self.include_private:
            raise SourceError(
                f"The header lacks {' and '.join(missing)}, so private messages cannot be told "
                "from public ones",
                where=f"{file.where}, line 1",
                next_step="Use the complete export, or set include_private and who approved it",
            )

    def _read_networks(self) -> None:
        for table in self._tables("Networks.csv"):
            with _open(table, ("id", "name")) as (file, at):
                for row in file.reader:
                    if len(row) == len(file.header):
                        self._network_names[row[at["id"]]] = row[at["name"]]

    def _read_private_groups(self) -> None:
        for table in self._tables("Groups.csv"):
            with _open(table, ("id",), ("private",)) as (file, at):
                for row in file.reader:
                    if len(row) == len(file.header) and is_true([*row, ""][at["private"]]):
                        self._private_groups.add(row[at["id"]])

    def _read_edits(self) -> None:
        """Latest version by message. Its columns are not documented: like those of a message."""
        times = ("updated_at", "edited_at", "version_created_at", "created_at")
        for table in self._tables("MessageVersions.csv"):
            with _open(table, (), ("message_id", "id", *times)) as (file, at):
                for row in file.reader:
                    if len(row) != len(file.header):
                        continue
                    row.append("")
                    message = row[at["message_id"]] or row[at["id"]]
                    text = next((row[at[name]] for name in times if row[at[name]]), "")
                    try:
                        moment = time_or_none(text, "created_at")
                    except BrokenRowError:
                        continue
                    if moment and moment > self._edits.get(
                        message, moment.min.replace(tzinfo=moment.tzinfo)
                    ):
                        self._edits[message] = moment

    def _batches(self, stream: Stream, start: Position) -> Iterator[Batch]:
        self._broken[stream.name] = BrokenRows()
        if stream == MESSAGES:
            yield from self._message_batches(start)
        elif stream == PEOPLE:
            yield from self._newest_first(
                "Users.csv",
                USERS_REQUIRED,
                USERS_KNOWN,
                lambda table, at: person_reader(at),
                stream,
            )
        else:
            yield self._all_companies()
            yield from self._newest_first(
                "Groups.csv", GROUPS_REQUIRED, GROUPS_KNOWN, self._community_reader, stream
            )

    def _community_reader(
        self, table: Table, at: Mapping[str, int]
    ) -> Callable[[list[str]], Community]:
        key = self._network_key(table)
        return community_reader(at, self._network_names.get(key, key) or None)

    def _all_companies(self) -> Batch:
        found = {self._everyone(table): None for table in self._tables("Messages.csv")}
        return Batch(tuple(found), Position())

    def _newest_first(
        self,
        base: str,
        required: Sequence[str],
        known: Sequence[str],
        reader_for: Callable[[Table, Mapping[str, int]], Callable[[list[str]], RowT]],
        stream: Stream,
    ) -> Iterator[Batch]:
        """Rows of a small table, each id once, as the newest window has it."""
        broken, seen = self._broken[stream.name], set[str]()
        for table in reversed(self._tables(base)):
            rows: list[Row] = []
            skipped = 0
            with _open(table, required, known) as (file, at):
                read = reader_for(table, at)
                for record in _whole_rows(table, file, broken):
                    try:
                        row = read(record)
                    except BrokenRowError as error:
                        broken.add(f"{table.where}, line {file.reader.line_num}", str(error))
                        skipped += 1
                        continue
                    if row.id in seen:
                        continue
                    seen.add(row.id)
                    if isinstance(row, Community) and row.is_private and not self.include_private:
                        skipped += 1
                        continue
                    rows.append(row)
                    if len(rows) >= PAGE_ROWS:
                        yield Batch(rows, Position(), skipped, broken.take_notes())
                        rows, skipped = [], 0
            yield Batch(rows, Position(), skipped, broken.take_notes())

    def _message_batches(self, start: Position) -> Iterator[Batch]:
        """Messages window by window, the oldest first, so that the newest word stays."""
        tables = self._tables("Messages.csv")
        total = sum(table.entry.size for table in tables)
        for number, table in enumerate(tables):
            if number < start.entry:
                continue
            before = sum(one.entry.size for one in tables[:number])
            skip = start.row if number == start.entry else 0
            for batch in self._messages_of(table, number, skip):
                batch.done = before + (batch.done or 0)
                batch.total = total
                yield batch

    def _messages_of(self, table: Table, number: int, skip: int) -> Iterator[Batch]:
        broken = self._broken[MESSAGES.name]
        with _open(table, MESSAGES_REQUIRED, MESSAGES_KNOWN) as (file, at):
            read = message_reader(
                at,
                edits=self._edits,
                private_groups=self._private_groups,
                everyone=self._everyone(table).id,
                include_private=self.include_private,
            )
            missing = tuple(_missing_notes(table, file, at)) if skip == 0 else ()
            width, before, private = len(file.header), broken.count, 0
            rows: list[Row] = []
            for _ in islice(file.reader, skip):
                pass
            for count, record in enumerate(file.reader, start=skip + 1):
                if record:
                    try:
                        if len(record) != width:
                            raise BrokenRowError("1", _width_reason(len(record), width))
                        record.append("")
                        message = read(record)
                        if message is None:
                            private += 1
                        else:
                            rows.append(message)
                    except BrokenRowError as error:
                        broken.add(f"{table.where}, line {file.reader.line_num}", str(error))
                if count % PAGE_ROWS == 0:
                    notes = (*missing, *broken.take_notes())
                    skipped = broken.count - before + private
                    yield Batch(rows, Position(number, count), skipped, notes, file.bytes_read)
                    self._left_out += private
                    rows, missing, before, private = [], (), broken.count, 0
            self._left_out += private
            notes = (*missing, *broken.take_notes())
            skipped = broken.count - before + private
            yield Batch(rows, Position(number + 1), skipped, notes, table.entry.size)

    def _closing_notes(self, stream: Stream) -> Sequence[str]:
        notes: list[str] = []
        if stream == MESSAGES and self._left_out:
            notes.append(f"{self._left_out:,} messages of private communities were left out.")
        if count := self._broken[stream.name].count:
            notes.append(f"{count:,} rows could not be used.")
        if stream == PEOPLE and not self._tables("Users.csv"):
            notes.append(
                "There is no Users.csv: departments and the number of members are unknown."
            )
        if stream == COMMUNITIES and not self._tables("Groups.csv"):
            notes.append("There is no Groups.csv: communities have no names.")
        return notes


@contextmanager
def _open(
    table: Table, required: Sequence[str], known: Sequence[str] = ()
) -> Iterator[tuple[DelimitedFile, Mapping[str, int]]]:
    with open_delimited(table.archive, table.entry) as file:
        yield file, columns_of(file, required, known)


def _whole_rows(table: Table, file: DelimitedFile, broken: BrokenRows) -> Iterator[list[str]]:
    width = len(file.header)
    for record in file.reader:
        if len(record) == width:
            record.append("")
            yield record
        elif record:
            line = f"{table.where}, line {file.reader.line_num}"
            broken.add(line, _width_reason(len(record), width))


def _width_reason(found: int, width: int) -> str:
    return f"{found} columns instead of {width}"


def _check_row(row: list[str], width: int, c_id: int, c_created: int) -> None:
    if len(row) != width:
        raise BrokenRowError("1", _width_reason(len(row), width))
    checked_id(row[c_id], "id")
    time_or_none(row[c_created], "created_at")


def _missing_notes(table: Table, file: DelimitedFile, at: Mapping[str, int]) -> Iterator[str]:
    for name, consequence in _NAMED_MISSING.items():
        if at[name] == len(file.header):
            yield f"{table.where} has no column {name}: {consequence}."


def _rounded(where: str, value: str) -> SourceError:
    return SourceError(
        f"A spreadsheet has rounded the ids: {shown(value)} in column id",
        where=where,
        next_step=_EXPORT_AGAIN,
    )


def _window_end(archive: Archive) -> datetime | None:
    """When an export ends: the latest time in request.txt, else log.txt, else the file's name."""
    for base in ("request.txt", "log.txt"):
        for entry in archive.find(base):
            text = archive.head(entry).decode("utf-8", "replace")
            if moments := _moments(text):
                return max(moments)
    return max(_moments(archive.path.name), default=None)


def _moments(text: str) -> list[datetime]:
    moments = []
    for found in _ISO_DATE.findall(text):
        try:
            moment = time_or_none(found, "time")
        except BrokenRowError:
            continue
        if moment:
            moments.append(moment)
    return moments


def _require_messages(archive: Archive) -> None:
    if archive.find("Messages.csv") or (
        len(archive.entries) == 1 and archive.entries[0].name == archive.path.name
    ):
        entry = archive.entries[0]
        if len(archive.entries) == 1:
            kind = describe_content(archive.head(entry, 4096))
            if kind not in ("a text file", "binary data"):
                raise SourceError(
                    f"This is {kind}, not a Viva Engage export",
                    where=str(archive.path),
                    next_step="Give the ZIP that Viva Engage made, or the folder it was unpacked to",
                )
        return
    nested = [entry.name for entry in archive.entries if entry.name.lower().endswith(".zip")]
    hint = f"It holds the archive {nested[0]}: unpack that first" if nested else (
        "Give the ZIP that Viva Engage made, complete; attachments are not needed"
    )  # fmt: skip
    raise SourceError("There is no Messages.csv inside", where=str(archive.path), next_step=hint)
