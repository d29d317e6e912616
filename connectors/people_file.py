"""A people file: who works here, where and since when - the denominators of every figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from adoption.connector import Capability, Field, Health, Stream
from adoption.errors import AdoptionError, SourceError
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
from adoption.files.mapping import TEXT, TIME, guess, named_column, profiles
from adoption.files.roster import (
    DESCRIBING,
    RosterMap,
    map_roster,
    marks_only_leaders,
    person_reader,
)
from adoption.files.tabular import Tabular, open_tabular
from adoption.model import Person

PEOPLE = Stream("people", Person, ("id", "valid_from"))

_NOT_HERE = "A people file holds no messages"


class _Part(NamedTuple):
    """One table of people and how it is read."""

    table: Tabular
    columns: RosterMap
    blank_is_no: bool


class PeopleFile(FileConnector):
    """Reads a list of staff from CSV or Excel, to be joined with every network."""

    name = "people-file"
    title = "People file (CSV, Excel)"
    summary = "Reads who works here: department, location, job family, leaders, joining, leaving."
    settings = (
        Field(
            "path",
            "File",
            f"{PATH_HELP}: CSV or Excel, one row per person with a mail address, user name or id.",
            kind="path",
        ),
        Field(
            "zone",
            "Time zone",
            "The zone in which days begin, such as Europe/Berlin.",
            required=False,
            default="UTC",
        ),
        Field(
            "date_order",
            "Order of day and month",
            "Needed only where 03/04/2026 could be either.",
            required=False,
            choices=(DAY_FIRST, MONTH_FIRST),
        ),
        Field("sheet", "Sheet", "The sheet of a workbook; the first with content.", required=False),
        Field("encoding", "Encoding", "Found by itself as a rule.", required=False),
        SIZE_FIELD,
    )
    streams = (PEOPLE,)
    gives = frozenset({Capability.PEOPLE, Capability.DEPARTMENTS, Capability.ROSTER})
    lacks: ClassVar[Mapping[Capability, str]] = {
        gap: _NOT_HERE
        for gap in Capability
        if gap not in (Capability.PEOPLE, Capability.DEPARTMENTS, Capability.ROSTER)
    }

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self._zone = zone_called(str(self.options["zone"] or "UTC"))
        self._parts: list[_Part] = []
        self._rows = 0
        self._repeated: list[str] = []
        self._broken = BrokenRows()

    @classmethod
    def recognises(cls, path: Path) -> str | None:
        """A table that names people and says something about them, and holds no messages."""
        try:
            connector = cls({"path": str(path)})
            try:
                part = connector._map(connector.archives[0])
                messages = guess(part.table, {}, (TIME, TEXT), DAY_FIRST).columns
            finally:
                connector.close()
        except AdoptionError:
            return None
        if TIME in messages and TEXT in messages and len(part.columns.columns) < len(DESCRIBING):
            return None
        found = ", ".join(part.table.columns[at] for at in part.columns.columns.values())
        return f"A table of people with the columns {found}"

    def check(self) -> Health:
        """Look through the whole file and say how its columns were understood."""
        self.verify()
        return Health(
            True, f"{counted(self._rows, 'row')}. Columns: {', '.join(self._understood())}"
        )

    def _understood(self) -> Sequence[str]:
        return [
            named_column(part.table.columns[at], field)
            for part in self._parts
            for field, at in part.columns.columns.items()
        ]

    def _map(self, archive: Archive) -> _Part:
        table = open_tabular(
            archive,
            encoding=self.options["encoding"] or None,
            sheet=self.options["sheet"] or None,
        )
        columns = map_roster(profiles(table), self.options["date_order"] or None)
        if not columns.names_people or not columns.describes_people:
            what = "who it is about" if columns.describes_people else "anything about the person"
            raise SourceError(
                f"No column says {what}",
                where=f"{table.where}, columns {', '.join(table.columns)}",
                next_step="Name the columns: email (or id, or user name), department, location, "
                "job family, leader, employed from, employed to",
            )
        if columns.not_dates:
            raise SourceError(
                f"The column {columns.not_dates[0]} holds no dates that can be read",
                where=table.where,
                next_step="Write dates like 2026-01-31",
            )
        return _Part(table, columns, marks_only_leaders(table, columns))

    def _verify(self) -> None:
        self._parts = [self._map(archive) for archive in self.archives]
        broken, rows, lines = BrokenRows(), 0, dict[tuple[object, object], int]()
        for part, line, person in self._people(broken):
            rows += 1
            if person is None:
                continue
            key = (person.id.casefold(), person.valid_from)
            if key in lines:
                place = part.table.place(line)
                self._repeated.append(f"{place} repeats the person of line {lines[key]}.")
            lines[key] = line
        where = ", ".join(part.table.where for part in self._parts)
        broken.refuse_if_many(rows, where, "Mend these rows and import the file again")
        if not lines:
            raise SourceError(
                "The file holds no people", where=where, next_step="Give one row per person"
            )
        self._rows = rows

    def _people(self, broken: BrokenRows) -> Iterator[tuple[_Part, int, Person | None]]:
        """Every row, with its line; ``None`` for one that is set aside."""
        for part in self._parts:
            read = person_reader(part.columns, self._zone, blank_is_no=part.blank_is_no)
            for record in part.table.records():
                try:
                    person = read(record.cells)
                except ValueError as error:
                    broken.add(part.table.place(record.line), str(error))
                    yield part, record.line, None
                else:
                    yield part, record.line, person

    def _batches(self, stream: Stream, start: Position) -> Iterator[Batch]:
        self._broken = BrokenRows()
        pages = Pages(self._broken, self._rows)
        number = 0
        for number, (_, _, person) in enumerate(self._people(self._broken), start=1):
            if person is not None and number > start.row:
                pages.add([person])
            if pages.is_full:
                yield pages.cut(Position(row=number), number)
        yield pages.cut(Position(row=number), number)

    def _closing_notes(self, stream: Stream) -> Sequence[str]:
        notes = [f"Columns understood: {', '.join(self._understood())}."]
        notes += [f"{one} The later row counts." for one in self._repeated[:5]]
        if len(self._repeated) > 5:
            notes.append(f"{len(self._repeated):,} rows repeat a person; the later row counts.")
        return (*notes, *self._broken.closing_notes())
