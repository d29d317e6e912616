"""Columns that are found by their values, and corners of the formats tables come in."""

from __future__ import annotations

import decimal
from datetime import date, datetime, time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from openpyxl import Workbook

from adoption.errors import SettingsError
from connectors.table import Table
from tests.connectors.reading import read, refused
from tests.connectors.viva import zipped


def lines(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def explained(path: Path) -> list[str]:
    connector = Table({"path": str(path)})
    try:
        return [str(use) for use in connector.explain_mapping()]
    finally:
        connector.close()


def test_numbers_that_never_repeat_are_ids_and_hashtags_are_places(tmp_path: Path) -> None:
    rows = [
        f"{1000 + n},2026-01-01 10:{n:02},u{n % 4},#room{n % 2},a few words here" for n in range(30)
    ]
    found = explained(lines(tmp_path / "t.csv", "c1,c2,c3,c4,c5", *rows))
    assert found[0].startswith("c1 (id): No header tells, but no value comes twice")
    assert found[3].startswith("c4 (community): No header tells")


def test_a_column_that_is_not_used_is_told(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "t.csv", "date,text,mood", "2026-01-01,a few words,", "2026-01-02,more words,"
    )
    assert explained(path)[2] == "mood: not used (different values: 0, rows: 0)"


def test_blank_lines_between_rows_do_not_matter(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "t.csv", "date,text", "", "2026-01-01,a few words", ",", "2026-01-02,more words"
    )
    found = read(Table, path)
    assert len(found.messages) == 2
    assert found.skipped == 0


def test_ids_that_come_twice_are_one_message_and_told(tmp_path: Path) -> None:
    rows = [
        "a,2026-01-01,the first words",
        "b,2026-01-02,other words",
        "a,2026-01-03,the last words",
    ]
    path = lines(tmp_path / "t.csv", "id,date,text", *rows)
    found = read(Table, path, id_column="id")
    assert {one.id: one.text for one in found.messages.values()} == {
        "a": "the last words",
        "b": "other words",
    }
    assert "Ids that came before: 1 row; of each the last one counts." in found.notes


def test_a_row_without_its_id_is_set_aside(tmp_path: Path) -> None:
    rows = [f"m{n},2026-01-01,a few words" for n in range(30)]
    path = lines(tmp_path / "t.csv", "id,date,text", *rows, ",2026-01-01,no id here")
    found = read(Table, path, id_column="id")
    assert "t.csv, line 32: its id is missing" in found.said


def test_a_workbook_may_split_the_day_from_the_time(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Time", "Date", "Text", "Extra"])
    for n in range(4):
        book.active.append([time(9, n), date(2026, 1, 1 + n), "a few words here"])
        book.active.append([])
    book.save(tmp_path / "t.xlsx")
    times = [one.created_at for one in read(Table, tmp_path / "t.xlsx").messages.values()]
    assert [(one.day, one.minute) for one in times] == [(1, 0), (2, 1), (3, 2), (4, 3)]


def test_a_workbook_with_too_much_text_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["date", "text"])
        sheet.write_row(1, 0, ["2026-01-01 10:00", "a few words here"])
    assert read(Table, tmp_path / "t.xlsx").texts == ["a few words here"]
    monkeypatch.setattr("adoption.files.tabular.WORKBOOK_TEXT_LIMIT", 10)
    assert "CSV" in refused(Table, tmp_path / "t.xlsx").next_step


def test_a_workbook_that_is_broken_inside_is_refused(tmp_path: Path) -> None:
    parts = {"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<workbook", "_rels/.rels": "<"}
    assert "workbook cannot be read" in refused(Table, zipped(tmp_path / "t.xlsx", parts)).what


def test_entities_in_a_workbook_do_not_grow(tmp_path: Path) -> None:
    """The XML attack known as a billion laughs, in the part that lists the sheets."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE w [<!ENTITY l0 "ha">{entities}]><workbook>&l11;</workbook>'
    book = Workbook()
    book.save(tmp_path / "plain.xlsx")
    parts = {"[Content_Types].xml": bomb, "xl/workbook.xml": bomb, "_rels/.rels": bomb}
    assert "workbook cannot be read" in refused(Table, zipped(tmp_path / "t.xlsx", parts)).what


def test_parquet_columns_of_many_types_are_read(tmp_path: Path) -> None:
    table = pa.table(
        {
            "created_at": [datetime(2026, 1, 1, 10, n) for n in range(3)],
            "text": [b"a few words", b"more words", b"the last words"],
            "author": pa.array(["ada", "ben", "ada"]).dictionary_encode(),
            "likes": [decimal.Decimal(1), decimal.Decimal(2), None],
            "tags": [["a"], [], None],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    found = read(Table, tmp_path / "t.parquet")
    assert found.texts == ["a few words", "more words", "the last words"]
    assert [one.number for one in found.reactions] == [1, 2]
    packed = tmp_path / "t.zip"
    zipped(packed, {"t.parquet": (tmp_path / "t.parquet").read_bytes()})
    assert "Unpack it first" in refused(Table, packed).next_step
    damaged = bytearray((tmp_path / "t.parquet").read_bytes())
    damaged[4:200] = bytes(196)
    (tmp_path / "d.parquet").write_bytes(damaged)
    assert "Parquet file is cut off or damaged" in refused(Table, tmp_path / "d.parquet").what


def test_json_with_objects_inside_objects_is_laid_flat(tmp_path: Path) -> None:
    line = '{"created_at": "2026-01-01T10:00:00Z", "user": {"name": "ada"}, "text": "a few words", "n": 1.5}'
    found = read(
        Table, lines(tmp_path / "t.jsonl", line, "[]", line.replace("ada", "ben"), *[line] * 3)
    )
    assert set(found.people) == {"ada", "ben"}
    assert "t.jsonl, line 2: it does not fit the columns" in found.said


def test_the_encoding_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("date,text\n2026-01-01,Žluťoučký kůň říká\n".encode("cp1250"))
    assert read(Table, path, encoding="cp1250").texts == ["Žluťoučký kůň říká"]
    assert "encoding UTF-8 throughout" in refused(Table, path, encoding="utf-8").what


def test_bytes_that_no_encoding_explains_are_refused_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"date,text\n2026-01-01,ok\n2026-01-02,\x81\x8d\n")
    error = refused(Table, path)
    assert "neither UTF-8 nor Western European" in error.what
    assert "line 3" in error.where


def test_a_largest_file_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = lines(tmp_path / "t.csv", "date,text", "2026-01-01,a few words")
    with pytest.raises(SettingsError, match="max_gigabytes"):
        read(Table, path, max_gigabytes="huge")
    assert "max_gigabytes" in refused(Table, path, max_gigabytes=0.00000001).next_step
