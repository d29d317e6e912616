"""Any table of messages: CSV, JSON lines, Excel or Parquet, with the columns found by looking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from adoption.connector import Capability, Field, Health, Stream
from adoption.errors import AdoptionError, SettingsError, SourceError
from adoption.files.archive import Archive
from adoption.files.clock import DAY_FIRST, MONTH_FIRST, zone_called
from adoption.files.connector import (
    PATH_HELP,
    SIZE_FIELD,
    Batch,
    BrokenRows,
    FileConnector,
    Pages,
    Position,
    counted,
)
from adoption.files.mapping import (
    AUTHOR,
    COMMUNITY,
    FIELDS,
    ID,
    LIKES,
    NO_COLUMN,
    PARENT,
    TEXT,
    THREAD,
    TIME,
    ColumnMap,
    ColumnUse,
    guess,
    named_column,
)
from adoption.files.tabular import Tabular, open_tabular
from adoption.files.x_archive import XArchive, tweet_files
from adoption.model import Community, CommunityKind, Message, Person
from adoption.records.table_rows import Draft, Threads, draft_reader, rows_of

COMMUNITIES = Stream("communities", Community, ("id",))
PEOPLE = Stream("people", Person, ("id",))
MESSAGES = Stream("messages", Message, ("id",))

PRESETS = ("table", "hashtag-chat", "x-archive")
_TABLE, _CHAT, _X_ARCHIVE = PRESETS

_COLUMN_TITLES = {
    TIME: "Column of the time",
    TEXT: "Column of the text",
    AUTHOR: "Column of the author",
    ID: "Column of the message id",
    COMMUNITY: "Column of the community",
    THREAD: "Column of the thread",
    PARENT: "Column of the message answered",
    LIKES: "Column of the likes",
}


def _column_field(field: str) -> Field:
    return Field(
        f"{field}_column",
        _COLUMN_TITLES[field],
        f"Found by itself as a rule. Name a column to overrule that, or {NO_COLUMN} for none.",
        required=False,
    )


class Table(FileConnector):
    """Reads messages from any table, and says how it understood the columns."""

    name = "table"
    title = "Table (CSV, Excel, JSON lines, Parquet)"
    summary = "Reads messages from any table and finds out which column is what."
    settings = (
        Field("path", "File", f"{PATH_HELP}: CSV, JSON lines, Excel or Parquet.", kind="path"),
        Field(
            "preset",
            "Kind of table",
            "Found by itself as a rule. hashtag-chat: a transcript of a chat around a hashtag; "
            "x-archive: the archive a person downloads from X.",
            required=False,
            choices=PRESETS,
        ),
        *(_column_field(field) for field in FIELDS),
        Field(
            "community_name",
            "Community",
            "The name of the place all messages belong to, where no column tells.",
            required=False,
        ),
        Field(
            "zone",
            "Time zone",
            "The zone of times that carry none, such as Europe/Berlin.",
            required=False,
            default="UTC",
        ),
        Field(
            "date",
            "Day",
            "The day of a transcript that holds times of day only, such as 2026-03-31.",
            kind="date",
            required=False,
        ),
        Field(
            "date_order",
            "Order of day and month",
            "Needed only where 03/04/2026 could be either.",
            required=False,
            choices=(DAY_FIRST, MONTH_FIRST),
        ),
        Field("encoding", "Encoding", "Found by itself as a rule.", required=False),
        Field("delimiter", "Delimiter", "Found by itself as a rule.", required=False),
        Field("sheet", "Sheet", "The sheet of a workbook; the first with content.", required=False),
        SIZE_FIELD,
    )
    streams = (COMMUNITIES, PEOPLE, MESSAGES)
    gives = frozenset(
        {
            Capability.POSTS,
            Capability.REPLIES,
            Capability.REACTIONS,
            Capability.PEOPLE,
            Capability.COMMUNITIES,
            Capability.THREADS,
        }
    )
    lacks: ClassVar[Mapping[Capability, str]] = {
        Capability.EDITS: "A table does not tell which messages were edited",
        Capability.DELETIONS: "A table does not tell which messages were deleted",
        Capability.REACTION_PEOPLE: "A table tells how many liked a message, not who",
        Capability.REACTION_TIMES: "A table does not tell when somebody reacted",
        Capability.DEPARTMENTS: "A table holds no departments; add a people file for them",
        Capability.ROSTER: "A table tells who wrote, not who could have; add a people file",
        Capability.VIEWS: "A table does not tell who read a message",
    }

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._zone = zone_called(str(self.options["zone"] or "UTC"))
        self._day = _day(self.options["date"])
        self._broken = BrokenRows()
        self._parts: list[tuple[Tabular, ColumnMap]] | None = None
        self._threads = Threads()
        self._people: dict[str, Person] = {}
        self._communities: dict[str, Community] = {}
        self._everywhere: str | None = self.options["community_name"] or None

    @classmethod
    def recognises(cls, path: Path) -> str | None:
        """A table with a column of times and one of texts."""
        try:
            connector = cls({"path": str(path)})
            try:
                table, columns = connector._mapped()[0]
            finally:
                connector.close()
        except AdoptionError:
            return None
        time, text = (table.columns[columns.columns[field]] for field in (TIME, TEXT))
        return f"A table with times in the column {time} and texts in the column {text}"

    def check(self) -> Health:
        """Look through the whole table and say how its columns were understood."""
        self.verify()
        words = ", ".join(
            named_column(use.column, use.field) for use in self.explain_mapping() if use.field
        )
        return Health(True, f"{counted(self._threads.count, 'message')}. Columns: {words}")

    def explain_mapping(self) -> tuple[ColumnUse, ...]:
        """What each column is used for and why, without showing what anybody wrote."""
        return tuple(use for _, columns in self._mapped() for use in columns.uses)

    def missing(self) -> Mapping[Capability, str]:
        """What this table cannot tell, beyond what no table tells; see :attr:`lacks`."""
        found = {field for _, columns in self._mapped() for field in columns.columns}
        absent = dict(self.lacks)
        if not found & {THREAD, PARENT}:
            absent[Capability.THREADS] = "No column tells which messages belong together"
            absent[Capability.REPLIES] = (
                "Posts and replies cannot be told apart: no column says what a message answers"
            )
        if LIKES not in found:
            absent[Capability.REACTIONS] = "No column holds likes or reactions"
        if AUTHOR not in found:
            absent[Capability.PEOPLE] = "No column tells who wrote a message"
        if COMMUNITY not in found and not self._everywhere:
            absent[Capability.COMMUNITIES] = "No column tells where a message was written"
        return absent

    def _mapped(self) -> list[tuple[Tabular, ColumnMap]]:
        if self._parts is None:
            self._parts = [self._map(archive) for archive in self.archives]
        return self._parts

    def _map(self, archive: Archive) -> tuple[Tabular, ColumnMap]:
        table = self._open(archive)
        if next(table.records(), None) is None:
            raise SourceError(
                "There are no rows below the header",
                where=table.where,
                next_step="Give a table with a line per message: at least a time and a text",
            )
        given = {
            field: str(self.options[f"{field}_column"])
            for field in FIELDS
            if self.options[f"{field}_column"]
        }
        columns = guess(table, given, FIELDS, self.options["date_order"] or None)
        for field, what in ((TIME, "times"), (TEXT, "texts")):
            if field not in columns.columns or (field == TIME and columns.clock is None):
                raise SourceError(
                    f"No column holds {what} that can be read",
                    where=f"{table.where}, columns {', '.join(table.columns)}",
                    next_step=f"Name the column in the setting {field}_column; a time is written "
                    "like 2026-01-31 09:30"
                    if field == TIME
                    else f"Name the column in the setting {field}_column",
                )
        if columns.clock is not None and columns.clock.is_time_only and self._day is None:
            raise SettingsError(
                "The table holds times of day without a date",
                where=table.where,
                next_step="Give the day in the setting date, such as 2026-03-31",
            )
        return table, columns

    def _open(self, archive: Archive) -> Tabular:
        preset = self.options["preset"]
        if preset == _X_ARCHIVE or (not preset and tweet_files(archive)):
            return XArchive(archive)
        return open_tabular(
            archive,
            encoding=self.options["encoding"] or None,
            delimiter=self.options["delimiter"] or None,
            sheet=self.options["sheet"] or None,
        )

    def _verify(self) -> None:
        """Read everything once: authors, places, threads and what is broken."""
        broken, rows, hashtags = BrokenRows(), 0, Counter[str]()
        for _, draft in self._drafts(broken):
            rows += 1
            if draft is None:
                continue
            self._threads.note(draft)
            if draft.author and draft.author not in self._people:
                self._people[draft.author] = _person(draft.author)
            if draft.community:
                self._communities.setdefault(draft.community, _place(draft.community))
            hashtags.update(draft.hashtags())
        where = ", ".join(table.where for table, _ in self._mapped())
        broken.refuse_if_many(rows, where, "Mend these rows, or name the right columns in settings")
        if not self._threads.count:
            raise SourceError(
                "The table holds no messages", where=where, next_step="Export a longer time"
            )
        if self.options["preset"] == _CHAT and not self._everywhere and hashtags:
            self._everywhere = hashtags.most_common(1)[0][0]
        if self._everywhere:
            self._communities.setdefault(self._everywhere, _place(self._everywhere))

    def _drafts(self, broken: BrokenRows) -> Iterator[tuple[Tabular, Draft | None]]:
        """Every row of every table, understood; ``None`` for one that is set aside."""
        for table, columns in self._mapped():
            read = draft_reader(columns, self._zone, self._day)
            for record in table.records():
                try:
                    draft = read(record.cells)
                except ValueError as error:
                    broken.add(table.place(record.line), str(error))
                    yield table, None
                else:
                    yield table, draft

    def _batches(self, stream: Stream, start: Position) -> Iterator[Batch]:
        self._broken = BrokenRows()
        if stream == MESSAGES:
            return self._messages(start)
        pages = Pages(self._broken)
        known = self._people if stream == PEOPLE else self._communities
        pages.add(list(known.values()))
        return iter([pages.cut(Position())])

    def _messages(self, start: Position) -> Iterator[Batch]:
        pages = Pages(self._broken, self._threads.count)
        self._threads.restart()
        number = 0
        for number, (_, draft) in enumerate(self._drafts(self._broken), start=1):
            if draft is None:
                continue
            message_id = self._threads.take(draft)
            if number > start.row:
                pages.add(rows_of(draft, message_id, self._threads, self._everywhere))
            if pages.is_full:
                yield pages.cut(Position(row=number), number)
        yield pages.cut(Position(row=number), number)

    def _closing_notes(self, stream: Stream) -> Sequence[str]:
        if stream != MESSAGES:
            return ()
        notes = [table.how for table, _ in self._mapped()]
        notes += [
            f"Column {use.column} is {use.field}: {use.why}."
            for use in self.explain_mapping()
            if use.field
        ]
        if any(columns.clock and not columns.clock.is_zoned for _, columns in self._mapped()):
            notes.append(f"Times carry no zone; they were read as {self._zone.key} (setting zone).")
        notes += [f"{why}." for gap, why in self.missing().items() if gap not in self.lacks]
        if repeats := self._threads.repeated_ids:
            rows = counted(repeats, "row")
            notes.append(f"Ids that came before: {rows}; of each the last one counts.")
        return (*notes, *self._broken.closing_notes())


def _person(author: str) -> Person:
    is_mail = "@" in author
    return Person(
        id=author,
        name=None if is_mail else author,
        email=author if is_mail else None,
        handle=None if is_mail else author,
    )


def _place(name: str) -> Community:
    return Community(name, name, CommunityKind.CHANNEL)


def _day(value: object) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise SettingsError(
            "The day cannot be read",
            where="setting date",
            next_step="Write it like 2026-03-31",
        ) from error
