"""Flagging loose comments: a file or a stream in, one verdict for each line out, in order.

JSONL goes in and out as JSONL, CSV as CSV. Lines are read as they are needed and written as soon
as their batch is judged, so a file of any size and a pipe that never ends both work. Work that was
interrupted goes on where the output stops: complete lines that are already there are kept.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from adoption.errors import SettingsError, SourceError
from adoption.sentiment.verdict import Comment, Detector, Verdict

FORMATS = ("jsonl", "csv")
BATCH = 256
TEXT_COLUMNS = ("text", "message", "comment", "body")
LIST_FIELDS = ("barriers", "evidence")

Progress = Callable[[int], None]


def flag_file(
    source: str | Path,
    target: str | Path,
    detector: Detector,
    *,
    format: str | None = None,
    progress: Progress | None = None,
    resume: bool = False,
) -> int:
    """Judge every line of a file and write one line for each.

    Args:
        source: path, or ``-`` for standard input.
        target: path, or ``-`` for standard output.
        detector: who judges.
        format: ``jsonl`` or ``csv``; guessed from the names when not given.
        progress: called with the number of lines written so far.
        resume: keep complete lines of an existing target and go on after them.

    Returns:
        The number of lines written or kept.

    Raises:
        SettingsError: unknown format.
        SourceError: a line cannot be read; says which. What was judged before it stays written.

    """
    kind = format or _guess(str(source), str(target))
    if kind not in FORMATS:
        raise SettingsError(
            f"{kind!r} is not a format for loose comments",
            where="--format",
            next_step="Choose jsonl or csv",
        )
    done = _kept_lines(Path(target), kind) if resume and str(target) != "-" else 0
    with _opened(source, "r") as reading, _opened(target, "a" if done else "w") as writing:
        rows = (
            _read_jsonl(reading, str(source))
            if kind == "jsonl"
            else _read_csv(reading, str(source))
        )
        write = _jsonl_writer(writing) if kind == "jsonl" else _csv_writer(writing, header=not done)
        for batch in _batches(islice(rows, done, None)):
            for row, verdict in zip(batch, detector.judge([c for _, c in batch]), strict=True):
                write(row[0], verdict)
            writing.flush()
            done += len(batch)
            if progress is not None:
                progress(done)
    return done


def _guess(source: str, target: str) -> str:
    names = (source.lower(), target.lower())
    return "csv" if any(name.endswith((".csv", ".tsv")) for name in names) else "jsonl"


def _opened(place: str | Path, mode: str) -> Any:
    """A text stream of a path or of a standard stream (which stays open)."""
    if str(place) == "-":
        stream = sys.stdin if mode == "r" else sys.stdout
        return _Borrowed(stream)
    try:
        return Path(place).open(mode, encoding="utf-8-sig" if mode == "r" else "utf-8", newline="")
    except OSError as problem:
        raise SourceError(
            f"The file cannot be opened: {problem.strerror}",
            where=str(place),
            next_step="Check the path and your permissions",
        ) from problem


class _Borrowed:
    """A standard stream in a ``with`` statement that must not close it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __enter__(self) -> TextIO:
        return self._stream

    def __exit__(self, *_: object) -> None:
        self._stream.flush() if self._stream.writable() else None


Numbered = tuple[str | None, Comment]


def _batches(rows: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    """Batches of rows; what came before a bad row is handed on before its error is raised."""
    batch: list[Numbered] = []
    iterator = iter(rows)
    while True:
        try:
            row = next(iterator)
        except StopIteration:
            break
        except SourceError:
            if batch:
                yield batch
            raise
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _lines(stream: TextIO, name: str) -> Iterator[tuple[int, str]]:
    """Numbered lines; bytes that are not UTF-8 become an error that names the line."""
    number = 0
    iterator = iter(stream)
    while True:
        number += 1
        try:
            yield number, next(iterator)
        except StopIteration:
            return
        except UnicodeDecodeError as problem:
            raise _bad(name, number, f"is not UTF-8 text ({problem.reason})") from problem


def _read_jsonl(stream: TextIO, name: str) -> Iterator[Numbered]:
    for number, line in _lines(stream, name):
        if not line.strip():
            raise _bad(name, number, "is empty")
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise _bad(name, number, f"is not JSON ({problem})") from problem
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            raise _bad(name, number, 'is not an object with a string "text"')
        yield _comment(value, name, number)


def _read_csv(stream: TextIO, name: str) -> Iterator[Numbered]:
    csv.field_size_limit(64 << 20)
    text = (line.replace("\x00", " ") for _, line in _lines(stream, name))
    reader = csv.DictReader(text)
    header = {str(column).strip().lower(): column for column in reader.fieldnames or ()}
    column = next((header[c] for c in TEXT_COLUMNS if c in header), None)
    if column is None:
        raise SourceError(
            "The table has no text column",
            where=f"{name}, line 1",
            next_step=f"Name the column with the comments one of: {', '.join(TEXT_COLUMNS)}",
        )
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise _bad(name, reader.line_num, f"is not CSV ({problem})") from problem
        value = {
            key: row.get(header.get(key, key)) or None for key in ("id", "parent", "community")
        }
        yield _comment({**value, "text": row.get(column) or ""}, name, reader.line_num)


def _comment(value: dict[str, Any], name: str, number: int) -> Numbered:
    for key in ("parent", "community"):
        if value.get(key) is not None and not isinstance(value[key], str):
            raise _bad(name, number, f'has a "{key}" that is not a string')
    given = value.get("id")
    own = None if given is None else str(given)
    return own, Comment(value["text"], value.get("parent"), value.get("community"), own)


def _bad(name: str, number: int, what: str) -> SourceError:
    return SourceError(
        f"A line {what}",
        where=f"{name}, line {number}",
        next_step="Correct or remove that line and run again; earlier lines are already written",
    )


def _jsonl_writer(stream: TextIO) -> Callable[[str | None, Verdict], None]:
    def write(own: str | None, verdict: Verdict) -> None:
        stream.write(json.dumps({"id": own, **verdict.as_row()}, ensure_ascii=False) + "\n")

    return write


def _csv_writer(stream: TextIO, *, header: bool) -> Callable[[str | None, Verdict], None]:
    """CSV with the same columns; lists are written as JSON in their cell."""
    writer: csv.DictWriter[str] | None = None

    def write(own: str | None, verdict: Verdict) -> None:
        nonlocal writer
        row: dict[str, object] = {"id": own, **verdict.as_row()}
        for name in LIST_FIELDS:
            row[name] = json.dumps(row[name])
        if writer is None:
            writer = csv.DictWriter(stream, fieldnames=list(row), lineterminator="\n")
            if header:
                writer.writeheader()
        writer.writerow({key: _cell(value) for key, value in row.items()})

    return write


def _cell(value: object) -> object:
    """A cell that a spreadsheet will not take for a formula."""
    if isinstance(value, str) and value[:1] in "=+-@\t\r":
        return "'" + value
    return value


def _kept_lines(target: Path, kind: str) -> int:
    """Complete data lines of an earlier output; a last line cut short is removed."""
    if not target.is_file():
        return 0
    content = target.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) != len(content):
        target.write_bytes(whole)
    if kind == "jsonl":
        return whole.count(b"\n")
    return max(0, sum(1 for _ in csv.reader(io.StringIO(whole.decode("utf-8")))) - 1)
