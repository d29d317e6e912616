"""Reports: the same figures in every format, safe to open, whole or not there at all."""

from __future__ import annotations

import io
import os
import re
import unicodedata
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from adoption.errors import SettingsError, StoreError
from adoption.metrics import Selection
from adoption.period import Period
from adoption.privacy import Released
from adoption.reports import FORMATS, Report, write_report
from adoption.reports.sheets import COLUMNS, FORMULA_STARTS, render_csv, safe_text
from adoption.reports.structured import as_dict
from adoption.reports.write import WRITERS
from adoption.service import Service
from adoption.store import Store
from adoption.wording import amount, period_words, short_figure
from tests.reports.conftest import (
    HOSTILE_PLACES,
    HOSTILE_TEXTS,
    PERIOD,
    Built,
    report_of,
)
from tests.reports.reading import Page, book, csv_number, plain, sheet_cells, table

CONTROLS = {code: None for code in range(32) if code not in (9, 10, 13)}


@pytest.fixture(params=["sample", "hostile"])
def report(request: pytest.FixtureRequest, sample_report: Report, hostile: Built) -> Report:
    return sample_report if request.param == "sample" else hostile.report


_RENDERED: dict[tuple[str, int], bytes] = {}


def rendered(kind: str, report: Report) -> bytes:
    """A report in a format, made once: drawing its charts takes a second."""
    key = (kind, id(report))
    if key not in _RENDERED:
        _RENDERED[key] = WRITERS[kind](report)
    return _RENDERED[key]


# The same figures everywhere


def test_every_headline_is_the_same_in_all_formats(report: Report) -> None:
    page = Page(rendered("html", report))
    rows = [row for row in table(rendered("csv", report)) if row["section"] == "Headline"]
    told = plain(rendered("json", report))["headlines"]
    summary = book(rendered("xlsx", report))["Summary"]
    for number, headline in enumerate(report.headlines):
        for place, figures in enumerate((headline.now, headline.before)):
            value = figures.total.value
            assert csv_number(rows[2 * number + place]["value"]) == value
            assert told[number]["before" if place else "now"]["total"]["value"] == value
            cell = summary.cell(row=number + 6, column=place + 2).value
            assert (cell if value is not None else None) == value
        card = page.cards[next(name for name in page.cards if name.startswith(headline.now.title))]
        total = headline.now.total
        assert card == (amount(total.value, headline.now.unit) if total.shown else total.note)


def test_every_table_is_the_same_in_all_formats(report: Report) -> None:
    page = Page(rendered("html", report))
    rows = table(rendered("csv", report))
    told = {
        entry["heading"]: entry["figures"] for entry in plain(rendered("json", report))["sections"]
    }
    workbook = rendered("xlsx", report)
    for section in report.sections:
        cells = section.figures.rows
        in_csv = [csv_number(r["value"]) for r in rows if r["section"] == section.heading]
        assert in_csv == [cell.value for cell in cells]
        assert [cell["value"] for cell in told[section.heading]["rows"]] == in_csv
        assert [cell.value for cell in sheet_cells(workbook, section.heading)] == in_csv
        shown = page.tables.get(section.heading, {})
        for cell in cells:
            if cell.shown and cell.value:
                assert shown[cell.label][0] == short_figure(cell, section.figures.unit)
            else:
                assert cell.label not in shown


def test_the_trend_has_every_week_in_all_formats(report: Report) -> None:
    weeks = [cell.value for cell in report.trend.rows]
    assert len(weeks) == len(report.period)
    in_csv = [r for r in table(rendered("csv", report)) if r["section"] == "Trend"]
    assert [csv_number(row["value"]) for row in in_csv] == weeks
    assert [cell.value for cell in sheet_cells(rendered("xlsx", report), "Trend")] == weeks
    assert [c["value"] for c in plain(rendered("json", report))["trend"]["rows"]] == weeks


def test_exported_figures_are_rounded(report: Report) -> None:
    def numbers(figures: Released) -> list[float | None]:
        return [n for cell in figures.rows for n in (cell.numerator, cell.denominator)]

    for section in report.sections:
        assert all(number is None or number % 5 == 0 for number in numbers(section.figures))


def test_what_was_hidden_has_no_number_in_any_format(report: Report) -> None:
    for row in table(rendered("csv", report)):
        if row["state"] == "suppressed":
            assert not any(
                row[n] for n in ("value", "numerator", "denominator", "low_95", "high_95")
            )
    for entry in as_dict(report)["sections"]:
        for cell in entry["figures"]["rows"]:
            if cell["state"] == "suppressed":
                assert cell["value"] is cell["numerator"] is cell["people"] is None


def test_period_comparison_scope_and_definitions_stand_in_every_format(report: Report) -> None:
    page = Page(rendered("html", report)).text
    assert period_words(report.period) in page
    assert str(report.period.previous()) in page
    definitions = [
        str(value)
        for row in book(rendered("xlsx", report))["Definitions"].values
        for value in row
        if value
    ]
    for figures in report.definitions:
        assert figures.how_counted in page
        assert f"{figures.how_counted} {figures.floor}" in definitions
    assert any(f"Snapshot {report.snapshot}" in text for text in definitions)
    told = plain(rendered("json", report))
    assert told["comparison"] == str(report.period.previous())
    assert told["purpose"] in page
    assert told["limits"] in page
    assert list(table(rendered("csv", report))[0]) == list(COLUMNS)


def test_enablers_of_the_period_are_told(sample_report: Report) -> None:
    titles = [event.title for event in sample_report.events]
    assert len(titles) == 3
    page = Page(rendered("html", sample_report)).text
    assert all(title in page for title in titles)
    assert [event["title"] for event in as_dict(sample_report)["events"]] == titles


def test_a_selection_is_told(northfield_home: Path) -> None:
    with Service(northfield_home) as service:
        report = report_of(
            service, Period.parse("2026-W14:2026-W26"), Selection(departments=("Therapies",))
        )
    assert "departments: Therapies" in Page(rendered("html", report)).text
    assert as_dict(report)["selection"] == {"departments": ["Therapies"]}


def test_a_period_without_data_still_makes_a_report(northfield_home: Path, tmp_path: Path) -> None:
    with Service(northfield_home) as service:
        report = report_of(service, Period.parse("2020-W01:2020-W04"))
        for kind in FORMATS:
            assert write_report(report, kind, tmp_path / f"empty.{kind}").stat().st_size > 500
    assert report.voices == ()


# Safe to open


def test_html_is_one_file_without_scripts_or_outside_references(report: Report) -> None:
    content = rendered("html", report)
    page = Page(content)
    assert len(content) < 300_000
    for element in (
        "script",
        "iframe",
        "object",
        "embed",
        "link",
        "form",
        "img",
        "base",
        "foreignobject",
    ):
        assert element not in page.elements
    assert page.references == []
    assert page.handlers == []
    assert page.comments == 0
    assert "url(" not in page.styles
    assert "@import" not in page.styles
    assert b"default-src 'none'" in content
    assert page.elements.count("svg") >= 1
    assert page.elements.count("html") == 1


def test_hostile_comments_come_out_as_they_were_written(hostile: Built) -> None:
    report = hostile.report
    written = {comment.text for voices in report.voices for comment in voices.comments}
    assert written
    page = Page(rendered("html", report))
    rows = [row for row in table(rendered("csv", report)) if row["section"] == "Comments"]
    sheet = list(book(rendered("xlsx", report))["Comments"].iter_rows(min_row=2, values_only=True))
    told = plain(rendered("json", report))["comments"]
    assert set(page.quotes) == written
    assert {row["note"].removeprefix("'") for row in rows} == {t.removeprefix("'") for t in written}
    assert {str(row[1]) for row in sheet} == {text.translate(CONTROLS) for text in written}
    assert {c["text"] for v in told for c in v["comments"]} == written


@pytest.mark.parametrize("kind", FORMATS)
def test_every_hostile_text_is_literal_in_every_format(kind: str, hostile: Built) -> None:
    with Service(hostile.home) as service:
        everything = service.comments(PERIOD, limit=200)
    found = {comment.text for comment in everything}
    assert len(found) == len(HOSTILE_TEXTS)
    voices = tuple(replace(v, comments=everything) for v in hostile.report.voices[:1])
    content = WRITERS[kind](replace(hostile.report, voices=voices))
    if kind == "html":
        assert set(Page(content).quotes) == found
        assert Page(content).elements.count("b") == 0
    elif kind == "csv":
        notes = {row["note"] for row in table(content) if row["section"] == "Comments"}
        assert notes == {safe_text(text) for text in found}
    elif kind == "xlsx":
        cells = {
            str(row[1]) for row in book(content)["Comments"].iter_rows(min_row=2, values_only=True)
        }
        assert cells == {text.translate(CONTROLS) for text in found}
    else:
        assert {c["text"] for v in plain(content)["comments"] for c in v["comments"]} == found


def test_hostile_places_are_names_and_nothing_more(hostile: Built) -> None:
    report = hostile.report
    [section] = [s for s in report.sections if s.heading == "Pushback by community"]
    labels = {cell.label for cell in section.figures.rows}
    assert {label.strip() for label in labels} == {place.strip() for place in HOSTILE_PLACES}
    page = Page(rendered("html", report))
    for cell in section.figures.rows:
        if cell.shown and cell.value:
            assert cell.label in page.tables[section.heading]
    groups = {
        row["group"] for row in table(rendered("csv", report)) if row["section"] == section.heading
    }
    assert groups == {safe_text(label) for label in labels}
    assert {cell.group for cell in sheet_cells(rendered("xlsx", report), section.heading)} == labels


def test_no_cell_of_a_spreadsheet_is_a_formula_or_a_link(report: Report) -> None:
    content = rendered("xlsx", report)
    for sheet in book(content):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.coordinate
                assert cell.hyperlink is None
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            assert b"<f>" not in parts.read(name)
            assert "externalLink" not in name


def test_no_cell_of_a_csv_begins_like_a_formula(report: Report) -> None:
    for row in table(rendered("csv", report)):
        for column, value in row.items():
            if csv_number_or_none(value) is None:
                assert not value.lstrip(" \u00a0").startswith(FORMULA_STARTS), (column, value)


def csv_number_or_none(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_a_text_that_looks_like_a_formula_gets_a_quote(start: str) -> None:
    assert safe_text(f"{start}1+1") == f"'{start}1+1"
    assert safe_text(f"  {start}1+1").startswith("'")
    assert safe_text("plain text = fine") == "plain text = fine"


# The same again, and whole or not at all


@pytest.mark.parametrize("kind", FORMATS)
def test_two_builds_are_equal_byte_by_byte(kind: str, hostile: Built) -> None:
    with Service(hostile.home) as service:
        again = report_of(service, PERIOD)
    assert WRITERS[kind](again) == WRITERS[kind](hostile.report)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_place_that_cannot_be_written_leaves_nothing_behind(
    kind: str, sample_report: Report, tmp_path: Path
) -> None:
    with pytest.raises(StoreError) as caught:
        write_report(sample_report, kind, tmp_path / "none" / f"report.{kind}")
    assert "cannot be written" in caught.value.what
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_when_writing_fails(sample_report: Report, tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(StoreError):
        write_report(sample_report, "html", tmp_path / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    out = tmp_path / "report.csv"
    out.write_text("earlier")
    assert write_report(sample_report, "csv", out) == out
    assert out.read_bytes() == render_csv(sample_report)
    if os.name == "posix":
        assert len(list(tmp_path.iterdir())) == 2


def test_an_unknown_format_lists_those_there_are(sample_report: Report, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        write_report(sample_report, "pdf", tmp_path / "r.pdf")
    assert "html, csv, xlsx, json" in caught.value.next_step


# Nobody is named


def text_of(kind: str, content: bytes) -> str:
    """Everything a format holds, unpacked."""
    if kind != "xlsx":
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return " ".join(parts.read(name).decode() for name in parts.namelist())


@pytest.mark.parametrize("kind", FORMATS)
def test_no_report_names_anybody(
    kind: str, report: Report, northfield_home: Path, hostile: Built
) -> None:
    words = unicodedata.normalize("NFC", text_of(kind, rendered(kind, report)))
    for home in (northfield_home, hostile.home):
        with Store.open(home) as store:
            people = store.control.identities()
        assert people
        for person in people:
            for private in (person.name, person.email, person.handle, person.person_id):
                if private:
                    assert not re.search(rf"\b{re.escape(private)}\b", words), private
    assert str(northfield_home) not in words
