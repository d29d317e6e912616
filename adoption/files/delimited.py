"""Read delimited text (CSV) from an archive in bounded memory, and say where it is broken.

Rows come as plain lists, because looking columns up by position is several times faster than a
dictionary per row; positions are worked out once from the header.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from adoption.errors import SourceError
from adoption.files.archive import Archive, Entry, describe_content
from adoption.files.text import SPREADSHEET_HINT, open_text

FIELD_LIMIT = 1024**2
"""Characters one field may hold. Longer ones are quotation marks that were never closed."""

DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""The delimiters tables come with, and how a message calls them."""


@dataclass(slots=True)
class DelimitedFile:
    """An open file: its header, and a reader that stands behind the header.

    ``reader`` yields rows as lists of text; ``reader.line_num`` is the line read last.
    """

    where: str
    header: list[str]
    reader: Any


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
    csv.field_size_limit(FIELD_LIMIT)
    where = archive.where(entry)
    with open_text(archive, entry, encoding=encoding) as text:
        reader = csv.reader(text.stream, delimiter=delimiter, quotechar=quote)
        try:
            header = next(reader, None)
            if not header:
                raise SourceError(
                    "The file is empty: not even a header line",
                    where=where,
                    next_step="Export again and check that the time asked for holds messages",
                )
            yield DelimitedFile(where, [name.strip() for name in header], reader)
        except csv.Error as error:
            raise SourceError(
                f"A field is longer than {FIELD_LIMIT:,} characters; usually a quotation mark "
                "was never closed",
                where=f"{where}, line {reader.line_num}",
                next_step="Export again, or mend that line",
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
                next_step=SPREADSHEET_HINT,
            )
    return {
        name: header.index(name) if name in header else len(header) for name in (*required, *known)
    }


def _wrong_header(file: DelimitedFile, missing: Sequence[str]) -> SourceError:
    where = f"{file.where}, line 1"
    for delimiter, words in DELIMITER_NAMES.items():
        if len(file.header) < 3 and file.header[0].count(delimiter) >= 2:
            return SourceError(
                f"The columns are separated by {words} instead of commas",
                where=where,
                next_step=SPREADSHEET_HINT,
            )
    first = file.header[0].encode("utf-8", "replace")
    if (kind := describe_content(first)) != "a text file":
        return SourceError(f"This is {kind}, not a table", where=where, next_step="Export again")
    return SourceError(
        f"The header lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}",
        where=where,
        next_step="Check that this is the file the network made, with its header line",
    )
