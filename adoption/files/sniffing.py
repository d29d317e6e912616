"""Find out how a text table was written: its encoding, delimiter and quotation mark."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from typing import NamedTuple

from adoption.errors import SourceError
from adoption.files.archive import Archive, Entry
from adoption.files.delimited import DELIMITER_NAMES

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK_BYTES = 1024**2
_SAMPLE_CHARACTERS = 64 * 1024
_WESTERN = "cp1252"
_SET_ENCODING = "Save the file as UTF-8, or name its encoding in the setting encoding"


class Dialect(NamedTuple):
    """How a table is written."""

    encoding: str
    delimiter: str
    quote: str


def find_encoding(archive: Archive, entry: Entry) -> str:
    """The encoding of a whole file: by its mark, else UTF-8, else Western European (cp1252).

    Raises:
        SourceError: parts of it are UTF-8 and others are not, or it is neither of the two.

    """
    head = archive.head(entry, 4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if _is_utf8(archive, entry):
        return "utf-8"
    return _judge_lines(archive, entry)


def find_dialect(text: str, encoding: str) -> Dialect:
    """Delimiter and quotation mark from the beginning of a text.

    The delimiter is the one that cuts the most lines into the same number of columns.
    """
    quote = "'" if text.lstrip().startswith("'") else '"'
    is_cut = len(text) >= _SAMPLE_CHARACTERS
    scores = {
        delimiter: _evenness(text, delimiter, quote, is_cut=is_cut) for delimiter in DELIMITER_NAMES
    }
    best = max(DELIMITER_NAMES, key=lambda delimiter: scores[delimiter])
    return Dialect(encoding, best, quote)


def sample_text(archive: Archive, entry: Entry, encoding: str) -> str:
    """The first characters of a file; a character cut in two at the end is left out."""
    head = archive.head(entry, _SAMPLE_CHARACTERS)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    return decoder.decode(head)[:_SAMPLE_CHARACTERS]


def _is_utf8(archive: Archive, entry: Entry) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _judge_lines(archive: Archive, entry: Entry) -> str:
    """Tell a Western European file from one that was put together from several encodings."""
    first_utf8 = first_other = 0
    with archive.open(entry) as stream:
        for number, line in enumerate(stream, start=1):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                first_utf8 = first_utf8 or number
            except UnicodeDecodeError:
                first_other = first_other or number
                try:
                    line.decode(_WESTERN)
                except UnicodeDecodeError as error:
                    raise SourceError(
                        "The text is neither UTF-8 nor Western European",
                        where=f"{archive.where(entry)}, line {number}",
                        next_step=_SET_ENCODING,
                    ) from error
    if first_utf8:
        raise SourceError(
            f"The text mixes encodings: line {first_utf8} is UTF-8, line {first_other} is not",
            where=archive.where(entry),
            next_step=_SET_ENCODING,
        )
    return _WESTERN


def _evenness(text: str, delimiter: str, quote: str, *, is_cut: bool) -> float:
    """How many columns this delimiter gives, weighed by how many lines agree on the number."""
    try:
        lines = io.StringIO(text, newline="")
        rows = list(csv.reader(lines, delimiter=delimiter, quotechar=quote))
    except csv.Error:
        return 0.0
    widths = [len(row) for row in (rows[:-1] if is_cut and len(rows) > 1 else rows) if row]
    if not widths:
        return 0.0
    width, number = Counter(widths).most_common(1)[0]
    return 0.0 if width < 2 else number / len(widths) + min(width, 50) / 1000
