"""The usage reports of Microsoft 365: which there are, how they come, what their columns mean.

A report is asked for with one argument, answers with a redirect to a pre-authenticated download on
another host, and arrives as CSV with a byte order mark (learn.microsoft.com/graph/api,
reportroot-getyammeractivityuserdetail and its siblings).
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from adoption.errors import SourceError
from adoption.http import HttpSession
from adoption.live.connector import unusable
from adoption.model import ActivityCount

MOST_BYTES = 500 * 1024 * 1024
_CONCEALED = re.compile(r"[0-9A-Fa-f]{32}")
_PERSON = "User Principal Name"
_DAY = "Report Date"


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its functions, and what its columns count."""

    name: str
    details: str
    counts: str
    columns: Mapping[str, str]
    total_columns: Mapping[str, str]

    def day_call(self, day: date) -> str:
        """The call for every person on one day; a date stands without quotes."""
        return f"reports/{self.details}(date={day.isoformat()})"

    def totals_call(self, period: str) -> str:
        """The call for daily sums over ``D7``, ``D30``, ``D90`` or ``D180``."""
        return f"reports/{self.counts}(period='{period}')"


REPORTS: Mapping[str, Report] = {
    report.name: report
    for report in (
        Report(
            "viva-engage",
            "getYammerActivityUserDetail",
            "getYammerActivityCounts",
            {"Posted Count": "posted", "Read Count": "read", "Liked Count": "liked"},
            {"Posted": "posted", "Read": "read", "Liked": "liked"},
        ),
        Report(
            "teams",
            "getTeamsUserActivityUserDetail",
            "getTeamsUserActivityCounts",
            {
                "Private Chat Message Count": "chat_sent",
                "Team Chat Message Count": "channel_sent",
            },
            {"Private Chat Messages": "chat_sent", "Team Chat Messages": "channel_sent"},
        ),
        Report(
            "email",
            "getEmailActivityUserDetail",
            "getEmailActivityCounts",
            {"Send Count": "email_sent"},
            {"Send": "email_sent"},
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Table:
    """A report that has arrived."""

    report: Report
    rows: list[dict[str, str]]

    @property
    def is_concealed(self) -> bool:
        """Whether people are replaced by 32 hexadecimal digits, which join with nothing."""
        return any(_CONCEALED.fullmatch(row.get(_PERSON) or "") for row in self.rows)

    def by_person(self, day: date, ids: Mapping[str, str]) -> Iterator[ActivityCount]:
        """What each person did on a day; nothing for a zero."""
        for row in self.rows:
            name = (row.get(_PERSON) or "").casefold()
            if not name:
                continue
            for column, kind in self.report.columns.items():
                if number := self._number(row, column):
                    yield ActivityCount(ids.get(name, name), moment(day), kind, number)

    def totals(self, report: Report) -> Iterator[ActivityCount]:
        """What all people together did, day by day."""
        for row in self.rows:
            try:
                day = date.fromisoformat(row[_DAY])
            except (KeyError, ValueError) as error:
                raise unusable("a report without its days", report.counts, error) from None
            for column, kind in report.total_columns.items():
                if number := self._number(row, column):
                    yield ActivityCount(None, moment(day), kind, number)

    def _number(self, row: Mapping[str, str], column: str) -> int:
        if column not in row:
            raise SourceError(
                f"The report has no column {column!r}",
                where=self.report.details,
                next_step="Check whether Microsoft renamed it, and update the program",
            )
        text = (row[column] or "").strip()
        try:
            return int(float(text)) if text else 0
        except ValueError as error:
            raise unusable("a report with a number", self.report.details, error) from None


def fetch_report(session: HttpSession, report: Report, call: str) -> Table:
    """Ask for a report and read it.

    The download address is pre-authenticated: it is reached without our credentials, and it is
    neither logged nor kept.

    Raises:
        SourceError, AccessError, TransientSourceError: as :class:`HttpSession`.

    """
    answer = session.get(call, rate=report.name, accept=frozenset({302}), headers={"Accept": "*/*"})
    if answer.status != 302:
        return _table(report, answer.body)
    with tempfile.TemporaryFile(prefix="adoption-") as file:
        session.download(answer.headers.get("Location", ""), file, most_bytes=MOST_BYTES)
        file.seek(0)
        return _table(report, file.read())


def moment(day: date) -> datetime:
    """Midnight UTC."""
    return datetime.combine(day, time(), UTC)


def _table(report: Report, body: bytes) -> Table:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unusable("a report", report.details, error) from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if "Report Refresh Date" not in (reader.fieldnames or ()):
        raise unusable("a report without its heading", report.details)
    rows: list[dict[str, Any]] = list(reader)
    return Table(report, rows)
