"""Read JSON from an archive record by record: arrays of objects, and one object per line.

Neither is ever held in memory as a whole. A record may hold at most :data:`RECORD_LIMIT`
characters, and nesting is bounded by the parser.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from adoption.errors import SourceError
from adoption.files.archive import Archive, Entry
from adoption.files.text import open_text

RECORD_LIMIT = 32 * 1024**2
"""Characters one record may hold; a Mattermost line carries a post with all its replies."""

_CHUNK_CHARACTERS = 512 * 1024
_BETWEEN = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder(strict=False, parse_float=str)
"""Decimal numbers stay text: a float would round the time that names a Slack message."""
_FRESH_COPY = "Download or copy the file again"


class Line(NamedTuple):
    """One line of a JSONL file: its number from 1, its object, or ``None`` where it is no JSON."""

    number: int
    value: Any


def json_lines(archive: Archive, entry: Entry) -> Iterator[Line]:
    """All lines that are not blank.

    Raises:
        SourceError: the file ends in the middle of a record, or a line is too long.

    """
    with open_text(archive, entry, newline="\n") as text:
        number = 0
        while line := text.stream.readline(RECORD_LIMIT):
            number += 1
            is_whole = line.endswith("\n")
            if not is_whole and len(line) >= RECORD_LIMIT:
                raise _too_long(f"{text.where}, line {number}")
            if not line.strip():
                continue
            try:
                value = _DECODER.decode(line)
            except (ValueError, RecursionError) as error:
                if not is_whole:
                    raise _cut_off(f"{text.where}, line {number}") from error
                value = None
            yield Line(number, value)


def json_array(archive: Archive, entry: Entry, *, before: str = "") -> Iterator[Any]:
    """The elements of a JSON array, one at a time.

    Args:
        archive: where the entry is.
        entry: the file to read.
        before: what stands in front of the array up to and without ``[``, such as
            ``window.YTD.tweets.part0 =`` in an X archive, as a regular expression.

    Raises:
        SourceError: it is no array, or is damaged or cut off.

    """
    with open_text(archive, entry) as text:
        window = _Window(text.stream, text.where)
        window.skip(re.compile(rf"\s*(?:{before})\s*\["))
        while True:
            window.skip(_BETWEEN)
            if window.starts_with("]"):
                return
            yield window.take()


def as_object(value: Any) -> Mapping[str, Any]:
    """The value, if it is a JSON object.

    Raises:
        ValueError: it is anything else.

    """
    if isinstance(value, dict):
        return value
    raise ValueError("there is no JSON object")


class _Window:
    """The part of a text that is not consumed yet."""

    def __init__(self, stream: io.TextIOWrapper, where: str) -> None:
        self._stream = stream
        self._where = where
        self._text = stream.read(_CHUNK_CHARACTERS)
        self._at = 0
        self._lines = 0

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise SourceError(
                "The file does not hold a JSON list",
                where=f"{self._where}, line {self._line()}",
                next_step=_FRESH_COPY,
            )
        self._at = found.end()
        if self._at == len(self._text) and self._grow():
            self.skip(_BETWEEN)

    def starts_with(self, text: str) -> bool:
        return self._text.startswith(text, self._at)

    def take(self) -> Any:
        """The next value; more text is read until it is whole."""
        while True:
            try:
                value, self._at = _DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise _no_json(f"{self._where}, line {self._line()}") from error
            except ValueError as error:
                if len(self._text) - self._at > RECORD_LIMIT:
                    raise _too_long(f"{self._where}, line {self._line()}") from error
                if not self._grow():
                    raise _cut_off(f"{self._where}, line {self._line()}") from error
            else:
                return value

    def _grow(self) -> bool:
        self._lines += self._text.count("\n", 0, self._at)
        rest = self._text[self._at :]
        more = self._stream.read(max(_CHUNK_CHARACTERS, len(rest)))
        self._text, self._at = rest + more, 0
        return bool(more)

    def _line(self) -> int:
        return self._lines + self._text.count("\n", 0, self._at) + 1


def _no_json(where: str) -> SourceError:
    return SourceError("The file is no valid JSON", where=where, next_step=_FRESH_COPY)


def _too_long(where: str) -> SourceError:
    return SourceError(
        f"A record is longer than {RECORD_LIMIT:,} characters",
        where=where,
        next_step="Check that this is the file the network made; export again",
    )


def _cut_off(where: str) -> SourceError:
    return SourceError(
        "The file is damaged or cut off in the middle of a record",
        where=where,
        next_step=_FRESH_COPY,
    )
