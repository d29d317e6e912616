"""The report as a spreadsheet (XLSX) and as one flat table (CSV). No cell ever becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import xlsxwriter

from adoption.privacy import Cell, Released
from adoption.reports.build import LIMITS, PURPOSE, Report
from adoption.wording import UNIT_WORDS, change, short_figure

COLUMNS = (
    "section",
    "metric",
    "group",
    "value",
    "unit",
    "numerator",
    "denominator",
    "low_95",
    "high_95",
    "state",
    "note",
    "period",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
FIXED_DATE = datetime(2000, 1, 1, tzinfo=UTC)
_BAD_IN_XML = {code: None for code in range(32) if code not in (9, 10, 13)}


def render_csv(report: Report) -> bytes:
    """One row per figure, UTF-8 with BOM so that spreadsheets read it rightly.

    A text that a spreadsheet would take for a formula gets a single quote in front (OWASP ASVS 5.0,
    1.2.10).
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in _rows(report):
        writer.writerow([safe_text(value) if isinstance(value, str) else value for value in row])
    for voices in report.voices:
        for comment in voices.comments:
            texts = (voices.title, comment.text, str(report.period))
            title, text, period = (safe_text(text) for text in texts)
            writer.writerow(
                ["Comments", "comment", title, *("",) * 6, comment.confidence, text, period]
            )
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def safe_text(text: str) -> str:
    """A text no spreadsheet takes for a formula."""
    stripped = text.lstrip(" \u00a0")
    return "'" + text if stripped.startswith(FORMULA_STARTS) else text


def render_xlsx(report: Report) -> bytes:
    """Sheets: summary, one per section, comments, definitions."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": report.title, "created": FIXED_DATE})
    writer = _Book(book)
    writer.summary(report)
    writer.table("Trend", report.trend)
    for section in report.sections:
        writer.table(section.heading, section.figures)
    writer.comments(report)
    writer.definitions(report)
    book.close()
    return out.getvalue()


class _Book:
    """Writes sheets with typed cells and plain formats."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._bold = book.add_format({"bold": True, "font_size": 14})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self._numbers = {
            "share": book.add_format({"num_format": "0.0%"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "people": book.add_format({"num_format": "#,##0"}),
            "hours": book.add_format({"num_format": "0.0"}),
            "per_1000": book.add_format({"num_format": "0.0"}),
        }

    def summary(self, report: Report) -> None:
        """Title, period, headline figures with their comparison."""
        sheet = self._book.add_worksheet("Summary")
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 3, 16)
        sheet.set_column(4, 4, 60)
        _text(sheet, 0, 0, report.title, self._bold)
        _text(sheet, 1, 0, f"{report.period}, compared with {report.period.previous()}")
        _text(sheet, 2, 0, report.scope)
        self._header(sheet, 4, ("Figure", "Now", "Before", "Change", "Note"))
        for row, headline in enumerate(report.headlines, start=5):
            now, before = headline.now, headline.before
            moved = change(now, before)
            _text(sheet, row, 0, _titled(now))
            self._figure(sheet, row, 1, now.total, now.unit)
            self._figure(sheet, row, 2, before.total, before.unit)
            _text(sheet, row, 3, moved.text if moved else "")
            _text(sheet, row, 4, now.total.note)

    def table(self, name: str, figures: Released) -> None:
        """One figure split by something."""
        sheet = self._book.add_worksheet(name[:31])
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 5, 13)
        sheet.set_column(6, 6, 60)
        head = ("Group", _titled(figures), "Counted", "Of", "Low 95 %", "High 95 %", "Note")
        self._header(sheet, 0, head)
        for row, cell in enumerate(figures.rows, start=1):
            _text(sheet, row, 0, cell.label)
            self._figure(sheet, row, 1, cell, figures.unit)
            for column, value in enumerate((cell.numerator, cell.denominator), start=2):
                self._number(sheet, row, column, value, "count")
            for column, value in enumerate((cell.low, cell.high), start=4):
                self._number(sheet, row, column, value, figures.unit)
            _text(sheet, row, 6, cell.note)
        sheet.autofilter(0, 0, max(1, len(figures.rows)), len(head) - 1)
        sheet.freeze_panes(1, 0)

    def comments(self, report: Report) -> None:
        """The most typical comments, masked."""
        sheet = self._book.add_worksheet("Comments")
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 1, 100)
        self._header(sheet, 0, ("Reason", "Comment (masked)", "Kind", "Week"))
        row = 1
        for voices in report.voices:
            for comment in voices.comments:
                _text(sheet, row, 0, voices.title)
                _text(sheet, row, 1, comment.text, self._wrap)
                _text(sheet, row, 2, comment.kind or "")
                _text(sheet, row, 3, comment.week)
                row += 1

    def definitions(self, report: Report) -> None:
        """How each figure is counted, and what the report is and is not for."""
        sheet = self._book.add_worksheet("Definitions")
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 120)
        self._header(sheet, 0, ("Figure", "How it is counted"))
        row = 0
        for row, figures in enumerate(report.definitions, start=1):
            _text(sheet, row, 0, figures.title)
            _text(sheet, row, 1, f"{figures.how_counted} {figures.floor}", self._wrap)
        made = f"Snapshot {report.snapshot}, version {report.version}, {report.made_at:%Y-%m-%d %H:%M} UTC"
        for line, text in enumerate((PURPOSE, LIMITS, made), start=row + 2):
            _text(sheet, line, 1, text, self._wrap)

    def _header(self, sheet: Any, row: int, names: tuple[str, ...]) -> None:
        for column, name in enumerate(names):
            _text(sheet, row, column, name, self._head)

    def _figure(self, sheet: Any, row: int, column: int, cell: Cell, unit: str) -> None:
        if cell.shown and cell.value is not None:
            self._number(sheet, row, column, cell.value, unit)
        else:
            _text(sheet, row, column, short_figure(cell, unit))

    def _number(self, sheet: Any, row: int, column: int, value: float | None, unit: str) -> None:
        if value is not None:
            sheet.write_number(row, column, value, self._numbers[unit])


def _text(sheet: Any, row: int, column: int, text: str, style: Any = None) -> None:
    sheet.write_string(row, column, text.translate(_BAD_IN_XML), style)


def _titled(figures: Released) -> str:
    unit = UNIT_WORDS[figures.unit]
    return (
        f"{figures.title} ({unit})" if unit and unit not in figures.title.lower() else figures.title
    )


def _rows(report: Report) -> Iterator[tuple[object, ...]]:
    for headline in report.headlines:
        for figures in (headline.now, headline.before):
            yield _row("Headline", figures, figures.total, "Total")
    for cell in report.trend.rows:
        yield _row("Trend", report.trend, cell, cell.label)
    for section in report.sections:
        for cell in section.figures.rows:
            yield _row(section.heading, section.figures, cell, cell.label)


def _row(section: str, figures: Released, cell: Cell, group: str) -> tuple[object, ...]:
    numbers = (cell.numerator, cell.denominator, cell.low, cell.high)
    return (
        section,
        figures.metric,
        group,
        "" if cell.value is None else cell.value,
        figures.unit,
        *("" if number is None else number for number in numbers),
        cell.state.value,
        cell.note,
        str(figures.period),
    )
