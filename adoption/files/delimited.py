"""Read delimited text (CSV) from an archive in bounded memory, and say where it is broken.

Rows come as plain lists, because looking columns up by position is several times faster than a
dictionary per row; positions are worked out once from the header.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from adoption.errors import SourceError
from adoption.files.archive import Archive, Entry, describe_content

FIELD_LIMIT = 1024**2
"""Characters one field may hold. Longer ones are quotation marks that were never closed."""

_DELIMITER_NAMES = {";": "semicolons", "\t": "tabs", "|": "bars"}
_SPREADSHEET = (
    "Use the file as the network made it: opening and saving it in a spreadsheet damages it"
)


@dataclass(slots=True)
class DelimitedFile:
    """An open file: its header, and a reader that stands behind the header.

    ``reader`` yields rows as lists of text; ``reader.line_num`` is the line read last.
    """

    where: str
    header: list[str]
    reader: Any
    _guard: _TextGuard

    @property
    def bytes_read(self) -> int:
        """Unpacked bytes taken from the file so far."""
        return self._guard.count


class _TextGuard(io.RawIOBase):
    """Passes bytes on, counts them, and stops at the first NUL byte, naming its line."""

    def __init__(self, source: io.BufferedReader, where: str, *, refuse_nul: bool) -> None:
        self._source = source
        self._where = where
        self._refuse_nul = refuse_nul
        self._lines = 0
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        block = self._source.read1(len(buffer))
        if self._refuse_nul and (at := block.find(0)) >= 0:
            line = self._lines + block.count(b"\n", 0, at) + 1
            raise SourceError(
                "The file holds NUL bytes, so it is damaged or is not text",
                where=f"{self._where}, line {line}",
                next_step="Download or copy the file again",
            )
        self._lines += block.count(b"\n")
        self.count += len(block)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()


@contextmanager
def open_delimited(
    archive: Archive,
    entry: Entry,
    *,
    encoding: str = "utf-8-sig",
    delimiter: str = ",",
    quote: str = '"',
) -> Iterator[DelimitedFile]:
    """Open a delimited file and read its header.

    Faults met while the caller reads rows leave this context as :class:`SourceError` too.

    Raises:
        SourceError: the file is empty, holds NUL bytes, is not in ``encoding``, or has a field
            longer than :data:`FIELD_LIMIT`.

    """
    where = archive.where(entry)
    csv.field_size_limit(FIELD_LIMIT)
    is_wide = encoding.startswith("utf-16")
    guard = _TextGuard(archive.open(entry), where, refuse_nul=not is_wide)
    stream = io.BufferedReader(guard, FIELD_LIMIT)
    reader: Any = None
    try:
        with io.TextIOWrapper(stream, encoding=encoding, newline="") as text:
            reader = csv.reader(text, delimiter=delimiter, quotechar=quote)
            header = next(reader, None)
            if not header:
                raise SourceError(
                    "The file is empty: not even a header line",
                    where=where,
                    next_step="Export again and check that the time asked for holds messages",
                )
            names = [name.strip() for name in header]
            yield DelimitedFile(where, names, reader, guard)
    except csv.Error as error:
        raise SourceError(
            f"A field is longer than {FIELD_LIMIT:,} characters; usually a quotation mark was "
            "never closed",
            where=f"{where}, line {reader.line_num}",
            next_step="Export again, or mend that line",
        ) from error
    except UnicodeError as error:
        line = _first_undecodable_line(archive, entry, encoding)
        raise SourceError(
            f"The text is not in the encoding {encoding.removesuffix('-sig').upper()} throughout",
            where=f"{where}, line {line}",
            next_step=_SPREADSHEET,
        ) from error


def columns_of(
    file: DelimitedFile, required: Sequence[str], known: Sequence[str] = ()
) -> Mapping[str, int]:
    """Positions of all ``required`` and ``known`` columns, by name in lower case.

    A ``known`` column that is missing gets the position one past the last, where a caller puts an
    empty text.

    Raises:
        SourceError: a required column is missing or occurs twice, or the delimiter is another one.

    """
    header = [name.casefold() for name in file.header]
    missing = [name for name in required if name not in header]
    if missing:
        raise _wrong_header(file, missing)
    for name in (*required, *known):
        if header.count(name) > 1:
            raise SourceError(
                f"The column {name} occurs twice",
                where=f"{file.where}, line 1",
                next_step=_SPREADSHEET,
            )
    return {
        name: header.index(name) if name in header else len(header) for name in (*required, *known)
    }


def _wrong_header(file: DelimitedFile, missing: Sequence[str]) -> SourceError:
    where = f"{file.where}, line 1"
    for delimiter, words in _DELIMITER_NAMES.items():
        if len(file.header) < 3 and file.header[0].count(delimiter) >= 2:
            return SourceError(
                f"The columns are separated by {words} instead of commas",
                where=where,
                next_step=_SPREADSHEET,
            )
    first = file.header[0].encode("utf-8", "replace")
    if (kind := describe_content(first)) != "a text file":
        return SourceError(f"This is {kind}, not a table", where=where, next_step="Export again")
    return SourceError(
        f"The header lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
        where=where,
        next_step="Check that this is the file the network made, with its header line",
    )


def _first_undecodable_line(archive: Archive, entry: Entry, encoding: str) -> int:
    """The number of the first line that is not valid text, counted by line feeds."""
    number = 0
    with archive.open(entry) as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return number
    return number
