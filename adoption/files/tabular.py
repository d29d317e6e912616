"""Rows and columns from CSV, JSON lines, a JSON list, an Excel workbook or Parquet, all alike.

Which of them a file is, its content decides. Cells keep their type where the format has types;
text formats give text. Everything is read in bounded memory, row by row.
"""

from __future__ import annotations

import json
import warnings
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from adoption.errors import SettingsError, SourceError
from adoption.files.archive import Archive, Entry, describe_content
from adoption.files.delimited import DELIMITER_NAMES, open_delimited
from adoption.files.json_records import Line, as_object, json_array, json_lines
from adoption.files.rounding import EXACT_BELOW
from adoption.files.sniffing import (
    Dialect,
    find_dialect,
    find_encoding,
    sample_text,
)

Cell = str | int | float | bool | datetime | date | None

WORKBOOK_TEXT_LIMIT = 150 * 1024**2
"""Bytes of text a workbook may hold; Excel keeps all of it in one part that is read at once."""

_SAMPLE_RECORDS = 1000
_BATCH_ROWS = 5000
_SHARED_TEXT = "xl/sharedStrings.xml"
_WORKBOOK = "xl/workbook.xml"


class Record(NamedTuple):
    """One row: the line or row number in the file, and its cells in the order of the columns."""

    line: int
    cells: Sequence[Cell]


class Tabular(ABC):
    """A table that can be read any number of times.

    ``where`` is how a message names it, ``unit`` what a row number counts, ``how`` a sentence on
    how the table was understood.
    """

    unit = "line"

    def __init__(self, where: str, columns: Sequence[str], how: str) -> None:
        self.where = where
        self.columns = tuple(columns)
        self.how = how

    @abstractmethod
    def records(self) -> Iterator[Record]:
        """All rows. A row that is broken as such has no cells."""

    def place(self, line: int) -> str:
        """How a message names a row."""
        return f"{self.where}, {self.unit} {line}"


def open_tabular(
    archive: Archive,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Tabular:
    """Find out what a file is and open it.

    Args:
        archive: the file; a workbook is an archive of several entries.
        encoding: the encoding of a text table; found out unless given.
        delimiter: its delimiter; found out unless given.
        sheet: the name of the sheet of a workbook; the first one with content unless given.

    Raises:
        SourceError: it is no table, or empty, or damaged.
        SettingsError: there is no such sheet or encoding.

    """
    if archive.find("workbook.xml") and any(one.name == _WORKBOOK for one in archive.entries):
        return _Workbook(archive, sheet)
    if len(archive.entries) != 1:
        raise SourceError(
            f"There are {len(archive.entries)} files inside instead of one table",
            where=str(archive.path),
            next_step="Give one file: CSV, JSON lines, Excel or Parquet",
        )
    entry = archive.entries[0]
    head = archive.head(entry, 4096)
    kind = describe_content(head)
    if kind == "a Parquet file":
        return _Parquet(archive, entry)
    if kind == "a JSON file":
        return _Json(archive, entry, is_list=head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["))
    if kind not in ("a text file", "binary data"):
        raise SourceError(
            f"This is {kind}, not a table",
            where=archive.where(entry),
            next_step="Give a file with rows and columns: CSV, JSON lines, Excel (xlsx) or Parquet",
        )
    return _Delimited(archive, entry, _dialect(archive, entry, encoding, delimiter))


def text_of_cell(cell: Cell) -> str:
    """A cell as text; whole numbers without a decimal point, nothing as the empty text."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def _dialect(
    archive: Archive, entry: Entry, encoding: str | None, delimiter: str | None
) -> Dialect:
    try:
        "".encode(encoding or "utf-8")
    except LookupError as error:
        raise SettingsError(
            f"There is no encoding called {encoding!r}",
            where="setting encoding",
            next_step="Use utf-8, cp1252 or utf-16, or leave the setting empty",
        ) from error
    found = encoding or find_encoding(archive, entry)
    dialect = find_dialect(sample_text(archive, entry, found), found)
    return dialect._replace(delimiter=delimiter) if delimiter else dialect


class _Delimited(Tabular):
    """CSV and its relatives."""

    def __init__(self, archive: Archive, entry: Entry, dialect: Dialect) -> None:
        self._archive = archive
        self._entry = entry
        self._dialect = dialect
        with self._open() as file:
            header = file.header
        if len(header) < 2:
            raise SourceError(
                "The text is not split into columns",
                where=archive.where(entry),
                next_step="Give a table with a line per message and at least a time and a text, "
                "or name the delimiter in the setting delimiter",
            )
        self._has_header = not _looks_like_data(header)
        columns = header if self._has_header else [f"column {n + 1}" for n in range(len(header))]
        encoding = dialect.encoding.removesuffix("-sig")
        delimiter = DELIMITER_NAMES.get(dialect.delimiter, dialect.delimiter)
        how = f"Text in {encoding}, columns split by {delimiter}."
        if not self._has_header:
            how += " The first line is no header, so columns are counted."
        super().__init__(archive.where(entry), columns, how)

    def _open(self) -> Any:
        encoding, delimiter, quote = self._dialect
        return open_delimited(
            self._archive, self._entry, encoding=encoding, delimiter=delimiter, quote=quote
        )

    def records(self) -> Iterator[Record]:
        width = len(self.columns)
        with self._open() as file:
            if not self._has_header:
                yield Record(1, file.header)
            for row in file.reader:
                if len(row) == width:
                    if any(row):
                        yield Record(file.reader.line_num, row)
                elif any(row):
                    padded = [*row, *[""] * (width - len(row))] if len(row) < width else ()
                    yield Record(file.reader.line_num, padded)


class _Json(Tabular):
    """JSON lines, or one list of objects; objects inside objects become ``outer.inner`` columns."""

    def __init__(self, archive: Archive, entry: Entry, *, is_list: bool) -> None:
        self._archive = archive
        self._entry = entry
        self._is_list = is_list
        self.unit = "record" if is_list else "line"
        columns: dict[str, None] = {}
        for line in islice(self._lines(), _SAMPLE_RECORDS):
            if isinstance(line.value, dict):
                columns.update(dict.fromkeys(_flat(line.value)))
        super().__init__(
            archive.where(entry), tuple(columns), "A JSON list." if is_list else "JSON lines."
        )
        if not columns:
            raise SourceError(
                "The file holds no JSON objects",
                where=self.where,
                next_step="Give one object per line, or a list of objects",
            )

    def _lines(self) -> Iterator[Line]:
        if not self._is_list:
            return json_lines(self._archive, self._entry)
        values = json_array(self._archive, self._entry)
        return (Line(number, value) for number, value in enumerate(values, start=1))

    def records(self) -> Iterator[Record]:
        for line in self._lines():
            try:
                flat = _flat(as_object(line.value))
            except ValueError:
                yield Record(line.number, ())
            else:
                yield Record(line.number, [flat.get(column) for column in self.columns])


class _Workbook(Tabular):
    """A sheet of an Excel workbook, values as Excel computed them last."""

    unit = "row"

    def __init__(self, archive: Archive, sheet: str | None) -> None:
        for entry in archive.entries:
            if entry.name == _SHARED_TEXT and entry.size > WORKBOOK_TEXT_LIMIT:
                raise SourceError(
                    "The workbook holds too much text to be read",
                    where=str(archive.path),
                    next_step="Save the sheet as CSV (UTF-8) and give that",
                )
        self._archive = archive
        self._sheet, self._header_row, columns = self._find(sheet)
        super().__init__(
            f"sheet {self._sheet} of {archive.path.name}", columns, f"Sheet {self._sheet}."
        )

    def _rows(self, name: str) -> Iterator[Sequence[Cell]]:
        with _open_workbook(self._archive) as book:
            for cells in book[name].iter_rows(values_only=True):
                yield [_inexact(cell) for cell in cells]

    def _find(self, sheet: str | None) -> tuple[str, int, list[str]]:
        with _open_workbook(self._archive) as book:
            names = [one.title for one in book.worksheets]
        if sheet and sheet not in names:
            raise SettingsError(
                f"There is no sheet called {sheet!r}",
                where=str(self._archive.path),
                next_step=f"Use one of: {', '.join(names)}",
            )
        for name in [sheet] if sheet else names:
            for number, cells in enumerate(islice(self._rows(name), 50), start=1):
                if sum(cell is not None for cell in cells) >= 2:
                    return name, number, [text_of_cell(cell).strip() for cell in cells]
        raise SourceError(
            "The workbook holds no table: no row has two cells or more",
            where=str(self._archive.path),
            next_step="Name the sheet in the setting sheet, or save it as CSV",
        )

    def records(self) -> Iterator[Record]:
        width = len(self.columns)
        rows = enumerate(self._rows(self._sheet), start=1)
        for number, cells in islice(rows, self._header_row, None):
            if any(cell is not None for cell in cells):
                yield Record(number, [*cells[:width], *[None] * (width - len(cells))])


class _Parquet(Tabular):
    """A Parquet file, read batch by batch."""

    unit = "row"

    def __init__(self, archive: Archive, entry: Entry) -> None:
        self._archive = archive
        self._entry = entry
        with self._opened() as file:
            names = list(file.schema_arrow.names)
        super().__init__(archive.where(entry), names, "Parquet.")

    def _opened(self) -> Any:
        # Imported here because it is slow to load and most files are no Parquet.
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        if self._entry.name != self._archive.path.name:
            raise SourceError(
                "A Parquet file cannot be read inside a ZIP",
                where=self._archive.where(self._entry),
                next_step="Unpack it first",
            )
        try:
            return ParquetFile(self._archive.path)
        except (ArrowException, OSError) as error:
            raise self._damaged() from error

    def _damaged(self) -> SourceError:
        return SourceError(
            "The Parquet file is cut off or damaged",
            where=self._archive.where(self._entry),
            next_step="Download or copy the file again",
        )

    def records(self) -> Iterator[Record]:
        from pyarrow import ArrowException

        number = 0
        with self._opened() as file:
            try:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                    for cells in zip(*(one.to_pylist() for one in batch.columns), strict=True):
                        number += 1
                        yield Record(number, [_plain(cell) for cell in cells])
            except (ArrowException, OSError) as error:
                raise self._damaged() from error


@contextmanager
def _open_workbook(archive: Archive) -> Iterator[Any]:
    # Imported here because it is slow to load and most files are no workbooks.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        # Given as a stream, because openpyxl judges a path by its ending.
        with archive.path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            book = load_workbook(stream, read_only=True, data_only=True)
            try:
                yield book
            finally:
                book.close()
    except (
        ValueError, KeyError, TypeError, SyntaxError, OSError, zipfile.BadZipFile,
        InvalidFileException,
    ) as error:  # fmt: skip
        raise SourceError(
            "The workbook cannot be read",
            where=str(archive.path),
            next_step="Open it in Excel, save it again as xlsx, or save the sheet as CSV",
        ) from error


def _inexact(cell: Any) -> Cell:
    """A cell as read, but a whole number with more digits than Excel keeps as the float it is."""
    is_long = isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= EXACT_BELOW
    return float(cell) if is_long else cell


def _flat(record: Mapping[str, Any]) -> dict[str, Cell]:
    """One level of objects inside an object; lists are left as JSON text."""
    flat: dict[str, Cell] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{inner}": _plain(one) for inner, one in value.items()})
        else:
            flat[name] = _plain(value)
    return flat


def _plain(value: Any) -> Cell:
    if value is None or isinstance(value, str | int | float | datetime | date):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _looks_like_data(header: Sequence[str]) -> bool:
    """Whether a first line is data: names of columns are short and hold no digits in a row."""
    digits = sum(sum(letter.isdigit() for letter in name) >= 4 for name in header)
    return (digits > 0 and any(len(name) > 60 or name.count(" ") > 6 for name in header)) or (
        digits >= max(1, len(header) // 2)
    )
