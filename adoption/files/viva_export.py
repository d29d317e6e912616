"""A whole Viva Engage data export: its tables over all windows and networks, checked and paged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from adoption.errors import SourceError
from adoption.files.archive import Archive, Entry, describe_content
from adoption.files.connector import PAGE_ROWS, Batch, BrokenRows, Position
from adoption.files.delimited import DelimitedFile, columns_of, open_delimited
from adoption.files.rounding import is_rounded
from adoption.files.viva_rows import (
    ALL_COMPANY,
    GROUPS_KNOWN,
    GROUPS_REQUIRED,
    MESSAGES_KNOWN,
    MESSAGES_REQUIRED,
    USERS_KNOWN,
    USERS_REQUIRED,
    VERSIONS_KNOWN,
    BrokenRowError,
    Edits,
    community_reader,
    is_true,
    message_reader,
    person_reader,
    shown,
    time_or_none,
)
from adoption.model import Community, CommunityKind, Message, Person, Row

MESSAGES_CSV = "Messages.csv"

_EXPORT_AGAIN = (
    "Use the export as Viva Engage made it. If it was opened in a spreadsheet and saved, the ids "
    "and dates in it are lost for good: export again"
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?")
_PRIVATE_COLUMNS = ("in_private_group", "in_private_conversation")
_CONSEQUENCES = {
    "thread_id": "threads follow the column replied_to_id only",
    "group_id": "all messages count as posted to the whole company",
    "sender_type": "bots cannot be told from people",
    "deleted_at": "deleted messages cannot be told",
}

_RowT = TypeVar("_RowT", Person, Community)


class _Table(NamedTuple):
    """One CSV of an export."""

    archive: Archive
    entry: Entry

    @property
    def where(self) -> str:
        return self.archive.where(self.entry)

    def line(self, file: DelimitedFile) -> str:
        return f"{self.where}, line {file.reader.line_num}"


class EmptyExportError(SourceError):
    """An export without a single message, which is ordinary for a short window."""


class VivaExport:
    """Gives communities, people and messages of one or several windows of an export.

    Args:
        archives: the windows, the oldest first; see :func:`in_order`.
        include_private: whether private communities and direct messages are given.

    """

    def __init__(self, archives: Sequence[Archive], *, include_private: bool = False) -> None:
        self._archives = archives
        self._include_private = include_private
        self._edits = Edits()
        self._private_groups: set[str] = set()
        self._network_names: dict[str, str] = {}
        self._groups_of_messages: dict[str, Community] = {}
        self._row_counts: list[int] = []
        self.left_out = 0
        """Private messages left out while reading, so far."""

    def has(self, base: str) -> bool:
        """Whether a table of this name is in the export."""
        return bool(self._tables(base))

    def verify(self) -> None:
        """Look at every row of every table that is read, and learn what the reading needs.

        Raises:
            SourceError: the export as a whole cannot be used; nothing was given yet.

        """
        for archive in self._archives:
            _require_messages(archive)
        self._learn()
        self._row_counts = [self._verify_messages(one) for one in self._tables(MESSAGES_CSV)]
        if sum(self._row_counts) == 0:
            raise EmptyExportError(
                "The export holds no messages",
                where=", ".join(archive.path.name for archive in self._archives),
                next_step="Export again for a longer time",
            )
        for base, give in (("Groups.csv", self.communities), ("Users.csv", self.people)):
            broken = BrokenRows()
            rows = sum(len(batch.rows) + batch.skipped for batch in give(broken))
            broken.refuse_if_many(rows, base, _EXPORT_AGAIN)

    def communities(self, broken: BrokenRows) -> Iterator[Batch]:
        """The whole-company community of each network, then the groups as the newest window has them.

        An export of a time holds only groups that changed in it; those that are merely written in
        take their name from the messages.
        """
        everyone = {self._everyone(table): None for table in self._tables(MESSAGES_CSV)}
        yield Batch(tuple(everyone), Position())

        def reader(table: _Table, at: Mapping[str, int]) -> Callable[[list[str]], Community]:
            key = self._network_key(table)
            return community_reader(at, self._network_names.get(key, key) or None)

        listed: set[str] = set()
        for batch in self._newest("Groups.csv", GROUPS_REQUIRED, GROUPS_KNOWN, reader, broken):
            listed.update(row.id for row in batch.rows if isinstance(row, Community))
            yield batch
        unlisted = [row for key, row in self._groups_of_messages.items() if key not in listed]
        yield Batch(unlisted, Position())

    def people(self, broken: BrokenRows) -> Iterator[Batch]:
        """The members as the newest window has them."""

        def reader(table: _Table, at: Mapping[str, int]) -> Callable[[list[str]], Person]:
            return person_reader(at)

        yield from self._newest("Users.csv", USERS_REQUIRED, USERS_KNOWN, reader, broken)

    def messages(self, start: Position, broken: BrokenRows) -> Iterator[Batch]:
        """Messages window by window, the oldest first, so that the newest word stays."""
        total = sum(self._row_counts)
        for number, table in enumerate(self._tables(MESSAGES_CSV)):
            if number < start.entry:
                continue
            before = sum(self._row_counts[:number])
            skip = start.row if number == start.entry else 0
            for batch in self._messages_of(table, number, skip, broken):
                batch.done = min(before + (batch.done or 0), total)
                batch.total = total
                yield batch

    def _messages_of(
        self, table: _Table, number: int, skip: int, broken: BrokenRows
    ) -> Iterator[Batch]:
        with _open(table, MESSAGES_REQUIRED, MESSAGES_KNOWN) as (file, at):
            notes = () if skip else tuple(_missing_notes(table, file, at))
            for _ in islice(file.reader, skip):
                pass
            read = self._reader(table, at)
            row = skip
            while True:
                page = _MessagePage(table, file, read, broken)
                row += page.fill()
                self.left_out += page.private
                position = Position(number + 1) if page.is_last else Position(number, row)
                yield Batch(page.rows, position, page.skipped, (*notes, *broken.take_notes()), row)
                notes = ()
                if page.is_last:
                    return

    def _reader(
        self, table: _Table, at: Mapping[str, int]
    ) -> Callable[[list[str]], Message | None]:
        return message_reader(
            at,
            edits=self._edits,
            private_groups=self._private_groups,
            everyone=self._everyone(table).id,
            include_private=self._include_private,
        )

    def _newest(
        self,
        base: str,
        required: Sequence[str],
        known: Sequence[str],
        reader_for: Callable[[_Table, Mapping[str, int]], Callable[[list[str]], _RowT]],
        broken: BrokenRows,
    ) -> Iterator[Batch]:
        """Rows of a small table, each id once: windows are read backwards."""
        seen: set[str] = set()
        for table in reversed(self._tables(base)):
            with _open(table, required, known) as (file, at):
                records = _rows(table, file, reader_for(table, at), broken)
                while page := list(islice(records, PAGE_ROWS)):
                    fresh = [row for row in page if row is not None and row.id not in seen]
                    seen.update(row.id for row in fresh)
                    kept: list[Row] = [row for row in fresh if self._may_show(row)]
                    skipped = page.count(None) + len(fresh) - len(kept)
                    yield Batch(kept, Position(), skipped, broken.take_notes())

    def _may_show(self, row: Person | Community) -> bool:
        return self._include_private or not (isinstance(row, Community) and row.is_private)

    def _tables(self, base: str) -> list[_Table]:
        """All CSVs of one name; a file handed in alone is Messages.csv whatever it is called."""
        found: list[_Table] = []
        for archive in self._archives:
            entries = archive.find(base)
            if base == MESSAGES_CSV and not entries and _is_single_file(archive):
                entries = archive.entries
            found.extend(_Table(archive, entry) for entry in entries)
        return found

    def _network_key(self, table: _Table) -> str:
        """The network a table belongs to, where the export holds several; else empty."""
        folders = {one.entry.folder for one in self._tables(MESSAGES_CSV)}
        key = table.entry.folder.rsplit("/", 1)[-1]
        return key if len(folders) > 1 and key.isdecimal() else ""

    def _everyone(self, table: _Table) -> Community:
        key = self._network_key(table)
        name = self._network_names.get(key, key)
        return Community(
            f"{ALL_COMPANY}:{key}" if key else ALL_COMPANY,
            f"{name}: All Company" if key else "All Company",
            CommunityKind.ALL_COMPANY,
        )

    def _verify_messages(self, table: _Table) -> int:
        """Look at every row of a Messages.csv; gives their number."""
        broken, rows = BrokenRows(), 0
        with _open(table, MESSAGES_REQUIRED, MESSAGES_KNOWN) as (file, at):
            self._require_privacy(file, at)
            width, c_id, read = len(file.header), at["id"], self._reader(table, at)
            groups, everyone = self._groups_of_messages, self._everyone(table).id
            for row in file.reader:
                if not row:
                    continue
                rows += 1
                try:
                    if len(row) != width:
                        raise _wrong_width(row, width)
                    row.append("")
                    message = read(row)
                except BrokenRowError as error:
                    if len(row) > width and is_rounded(row[c_id]):
                        raise _rounded(table.line(file), row[c_id]) from error
                    broken.add(table.line(file), str(error))
                    continue
                place = message.community_id if message else None
                if place is not None and place != everyone and place not in groups:
                    groups[place] = self._named(table, place, row, at)
        broken.refuse_if_many(rows, table.where, _EXPORT_AGAIN)
        return rows

    def _named(
        self, table: _Table, place: str, row: Sequence[str], at: Mapping[str, int]
    ) -> Community:
        """The community a message was written in, as far as the message tells."""
        name = row[at["group_name"]].strip() or f"Group {place}"
        network = self._network_names.get(key := self._network_key(table), key)
        return Community(
            place,
            f"{network}: {name}" if network else name,
            CommunityKind.COMMUNITY,
            is_private=is_true(row[at["in_private_group"]]) or place in self._private_groups,
        )

    def _require_privacy(self, file: DelimitedFile, at: Mapping[str, int]) -> None:
        missing = [name for name in _PRIVATE_COLUMNS if at[name] == len(file.header)]
        if missing and not self._include_private:
            raise SourceError(
                f"The header lacks {' and '.join(missing)}, so private messages cannot be told "
                "from public ones",
                where=f"{file.where}, line 1",
                next_step="Use the complete export, or set include_private and who approved it",
            )

    def _learn(self) -> None:
        """Read the small tables that the messages depend on."""
        for row in self._small("Networks.csv", ("id", "name")):
            self._network_names[row[0]] = row[1]
        for row in self._small("Groups.csv", ("id", "private")):
            if is_true(row[1]):
                self._private_groups.add(row[0])
        for row in self._small("MessageVersions.csv", VERSIONS_KNOWN):
            self._edits.add(row)

    def _small(self, base: str, columns: Sequence[str]) -> Iterator[list[str]]:
        """The named columns of all whole rows of a table, empty where a column is missing."""
        for table in self._tables(base):
            with _open(table, (), columns) as (file, at):
                places = [at[name] for name in columns]
                for row in file.reader:
                    if len(row) == len(file.header):
                        row.append("")
                        yield [row[place] for place in places]


class _MessagePage:
    """Up to :data:`PAGE_ROWS` rows of a Messages.csv, read."""

    def __init__(
        self,
        table: _Table,
        file: DelimitedFile,
        read: Callable[[list[str]], Message | None],
        broken: BrokenRows,
    ) -> None:
        self._table = table
        self._file = file
        self._read = read
        self._broken = broken
        self.rows: list[Row] = []
        self.private = 0
        self.skipped = 0
        self.is_last = False

    def fill(self) -> int:
        """Read on; gives the number of rows taken from the file."""
        width, read, rows = len(self._file.header), self._read, self.rows
        taken = private = faulty = 0
        records = islice(self._file.reader, PAGE_ROWS)
        for taken, record in enumerate(records, start=1):  # noqa: B007 - read behind the loop
            try:
                if len(record) != width:
                    if not record:
                        continue
                    raise _wrong_width(record, width)
                record.append("")
                message = read(record)
            except BrokenRowError as error:
                self._broken.add(self._table.line(self._file), str(error))
                faulty += 1
                continue
            if message is None:
                private += 1
            else:
                rows.append(message)
        self.private, self.skipped = private, private + faulty
        self.is_last = taken < PAGE_ROWS
        return taken


def in_order(archives: Sequence[Archive]) -> tuple[Archive, ...]:
    """Windows from the oldest to the newest where all tell their time, else as they were given."""
    times = [window_end(archive) for archive in archives]
    if len(archives) < 2 or not all(times):
        return tuple(archives)
    order = sorted(range(len(archives)), key=lambda index: (times[index], index))
    return tuple(archives[index] for index in order)


def window_end(archive: Archive) -> datetime | None:
    """When an export ends: the latest time in request.txt, else log.txt, else the file's name."""
    for base in ("request.txt", "log.txt"):
        for entry in archive.find(base):
            if moments := _moments(archive.head(entry).decode("utf-8", "replace")):
                return max(moments)
    return max(_moments(archive.path.name), default=None)


@contextmanager
def _open(
    table: _Table, required: Sequence[str], known: Sequence[str]
) -> Iterator[tuple[DelimitedFile, Mapping[str, int]]]:
    with open_delimited(table.archive, table.entry) as file:
        yield file, columns_of(file, required, known)


def _rows(
    table: _Table,
    file: DelimitedFile,
    read: Callable[[list[str]], _RowT],
    broken: BrokenRows,
) -> Iterator[_RowT | None]:
    """Rows turned into ours; ``None`` for one that is broken."""
    width = len(file.header)
    for record in file.reader:
        try:
            if len(record) != width:
                if not record:
                    continue
                raise _wrong_width(record, width)
            record.append("")
            row = read(record)
        except BrokenRowError as error:
            broken.add(table.line(file), str(error))
            yield None
        else:
            yield row


def _wrong_width(record: Sequence[str], width: int) -> BrokenRowError:
    return BrokenRowError(f"it has {len(record)} columns instead of {width}")


def _missing_notes(table: _Table, file: DelimitedFile, at: Mapping[str, int]) -> Iterator[str]:
    for name, consequence in _CONSEQUENCES.items():
        if at[name] == len(file.header):
            yield f"{table.where} has no column {name}: {consequence}."


def _rounded(where: str, value: str) -> SourceError:
    return SourceError(
        f"A spreadsheet has rounded the ids: {shown(value)} in column id",
        where=where,
        next_step=_EXPORT_AGAIN,
    )


def _moments(text: str) -> Iterable[datetime]:
    moments = []
    for found in _ISO_DATE.findall(text):
        try:
            moment = time_or_none(found, "time")
        except BrokenRowError:
            continue
        if moment:
            moments.append(moment)
    return moments


def _is_single_file(archive: Archive) -> bool:
    return len(archive.entries) == 1 and archive.entries[0].name == archive.path.name


def _require_messages(archive: Archive) -> None:
    if _is_single_file(archive):
        kind = describe_content(archive.head(archive.entries[0], 4096))
        if kind not in ("a text file", "binary data"):
            raise SourceError(
                f"This is {kind}, not a Viva Engage export",
                where=str(archive.path),
                next_step="Give the ZIP that Viva Engage made, or the folder it was unpacked to",
            )
    elif not archive.find(MESSAGES_CSV):
        nested = [entry.name for entry in archive.entries if entry.name.lower().endswith(".zip")]
        raise SourceError(
            "There is no Messages.csv inside",
            where=str(archive.path),
            next_step=f"It holds the archive {nested[0]}: unpack that first"
            if nested
            else "Give the ZIP that Viva Engage made, complete; attachments are not needed",
        )
