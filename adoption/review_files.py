"""The review queue as a CSV file, and the answers back: for those who would rather use a spreadsheet.

Every cell is one line, so that the line numbers of messages are those a spreadsheet shows. A text
that a spreadsheet would take for a formula gets a quote in front. Keys stand for messages and say
nothing about them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from adoption.errors import SettingsError, SourceError
from adoption.metrics.taxonomy import barrier_groups, barrier_titles
from adoption.reports.sheets import safe_text
from adoption.reviews import ANSWERS, REASONS, Judged, ReviewDesk, ReviewItem
from adoption.store import Review

COLUMNS = (
    "key",
    "why",
    "community",
    "answers",
    "comment",
    "detector",
    "verdict",
    "barrier",
)
"""The columns of the file; the reviewer fills in the last two."""

LARGEST_BYTES = 50_000_000


class Answer(NamedTuple):
    """One filled-in line: verdict in lower case, barrier as a code or as it was written."""

    line: int
    key: str
    verdict: str
    barrier: str


def write_queue(items: Sequence[ReviewItem], out: Path) -> int:
    """Write the queue as CSV (UTF-8 with a mark, so that spreadsheets read it as such).

    Returns:
        How many comments were written.

    Raises:
        SettingsError: the file cannot be written.

    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for item in items:
        cells = (
            item.key,
            REASONS[item.reason],
            item.community or "",
            item.parent or "",
            item.text,
            item.opinion,
            "",
            "",
        )
        writer.writerow([safe_text(" ".join(cell.split())) for cell in cells])
    try:
        out.write_bytes(text.getvalue().encode("utf-8-sig"))
    except OSError as problem:
        raise SettingsError(
            f"The review queue cannot be written: {problem.strerror}",
            where=str(out),
            next_step="Name another file with --out",
        ) from None
    return len(items)


def read_answers(path: Path, desk: ReviewDesk) -> list[Review]:
    """The answers of a filled-in file; lines without a verdict are skipped.

    Raises:
        SourceError: a line cannot be used; names line and column. Nothing is taken over then.

    """
    answers = _answers(path)
    judged = desk.find([answer.key for answer in answers])
    return [_review(path, answer, judged, desk) for answer in answers]


def _review(path: Path, answer: Answer, judged: Mapping[str, Judged], desk: ReviewDesk) -> Review:
    if answer.key not in judged:
        raise _bad(path, answer.line, "key", "stands for no comment of this data folder")
    try:
        return desk.answer(judged[answer.key], answer.verdict, answer.barrier or None)
    except SettingsError as problem:
        raise SourceError(
            problem.what,
            where=f"{path}, line {answer.line}, column {problem.where}",
            next_step=problem.next_step,
        ) from None


def _answers(path: Path) -> list[Answer]:
    reader = csv.reader(io.StringIO(_text(path)), delimiter=_delimiter(path), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        places = _places(path, header)
        found = []
        line = reader.line_num + 1
        for row in reader:
            answer = _answer(path, line, row, places)
            line = reader.line_num + 1
            if answer is not None:
                found.append(answer)
    except csv.Error as problem:
        raise SourceError(
            f"This is no CSV file: {problem}",
            where=f"{path}, line {reader.line_num}",
            next_step="Save the sheet as CSV again",
        ) from None
    _refuse_two_answers(path, found)
    return found


def _answer(path: Path, line: int, row: Sequence[str], places: Mapping[str, int]) -> Answer | None:
    cells = {name: row[at].strip() if at < len(row) else "" for name, at in places.items()}
    if not cells["verdict"]:
        if cells["barrier"]:
            raise _bad(path, line, "verdict", "is empty, but a barrier is given")
        return None
    codes = {title.casefold(): code for code, title in barrier_titles().items()}
    codes |= {code: code for code in barrier_groups()}
    barrier = cells["barrier"]
    return Answer(
        line,
        cells["key"],
        " ".join(cells["verdict"].lower().split()),
        codes.get(barrier.casefold(), barrier),
    )


def _refuse_two_answers(path: Path, answers: Sequence[Answer]) -> None:
    lines: dict[str, int] = {}
    for answer in answers:
        if answer.key in lines:
            raise _bad(
                path, answer.line, "key", f"was answered in line {lines[answer.key]} already"
            )
        lines[answer.key] = answer.line


def _places(path: Path, header: Sequence[str]) -> dict[str, int]:
    wanted = ("key", "verdict", "barrier")
    for name in wanted:
        if header.count(name) != 1:
            raise _bad(path, 1, name, "must be there exactly once")
    return {name: header.index(name) for name in wanted}


def _delimiter(path: Path) -> str:
    """Spreadsheets of many countries save CSV with semicolons, some with tabs."""
    with path.open("rb") as file:
        first = file.readline(10_000).decode("latin-1")
    return max(",;\t", key=first.count)


def _text(path: Path) -> str:
    """The file's text; spreadsheets that do not write UTF-8 write Windows-1252."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise SourceError(
                "The file of answers is larger than 50 MB",
                where=str(path),
                next_step="Import the file that adoption reviews export wrote",
            )
        raw = path.read_bytes()
    except OSError as problem:
        raise SourceError(
            f"The file of answers cannot be read: {problem.strerror}",
            where=str(path),
            next_step="Check the path",
        ) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _bad(path: Path, line: int, column: str, what: str) -> SourceError:
    return SourceError(
        f"The {column} {what}",
        where=f"{path}, line {line}, column {column}",
        next_step=f"Correct it and import the file again; verdicts are {', '.join(ANSWERS)}",
    )
