"""Loose comments: one line out for each line in, in order, whatever the format."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from adoption.errors import SettingsError, SourceError
from adoption.sentiment.detector import LocalDetector
from adoption.sentiment.loose import flag_file

ROWS: list[dict[str, object]] = [
    {"id": "a", "text": "Why can't we use email?"},
    {"id": 7, "text": "Das ist doch alles Unsinn, wir haben E-Mail."},
    {"text": "No thanks", "parent": "Will you join us on Yammer?", "community": "Launch"},
    {"id": "e", "text": ""},
]
FIELDS = {
    "id", "state", "stance", "pushback", "barrier", "barriers", "kind", "intensity", "polarity",
    "subjectivity", "language", "evidence", "target", "flag", "model",
}  # fmt: skip


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_each_line_gives_one_line_in_order(lite: LocalDetector, tmp_path: Path) -> None:
    seen: list[int] = []
    source = write(tmp_path / "in.jsonl", ROWS)
    count = flag_file(source, tmp_path / "out.jsonl", lite, progress=seen.append)
    out = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert count == len(out) == seen[-1] == 4
    assert [row["id"] for row in out] == ["a", "7", None, "e"]
    assert [row["state"] for row in out] == [
        "scored", "unsupported_language", "scored", "too_short",
    ]  # fmt: skip
    assert (out[0]["stance"], out[0]["barrier"]) == ("pushback", "existing_channel")
    assert out[1]["stance"] is None
    assert all(set(row) == FIELDS for row in out)


def test_csv_comes_out_as_csv_and_no_cell_is_a_formula(lite: LocalDetector, tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text('ID,Text\n=1+1,"Why can\'t we\nuse email?"\nb,Lunch at one\n', "utf-8-sig")
    flag_file(source, tmp_path / "out.csv", lite)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8"), newline="")))
    assert [row["id"] for row in rows] == ["'=1+1", "b"]
    assert [row["stance"] for row in rows] == ["pushback", "neutral"]
    assert json.loads(rows[0]["barriers"])[0]["barrier"] == "existing_channel"


def test_standard_input_and_output(
    lite: LocalDetector, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"text": "Why can\'t we use email?"}\n'))
    assert flag_file("-", "-", lite) == 1
    assert json.loads(capsys.readouterr().out)["stance"] == "pushback"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "not JSON"),
        ("[1]", "not an object"),
        ('{"id": "x"}', "text"),
        ('{"text": 5}', "text"),
        ("", "empty"),
        ('{"text": "a", "parent": 3}', "parent"),
        ("[" * 200_000, "not JSON"),
    ],
)
def test_a_bad_line_is_named_and_what_came_before_is_written(
    lite: LocalDetector, tmp_path: Path, line: str, said: str
) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(
        json.dumps(ROWS[0]) + "\n" + line + "\n" + json.dumps(ROWS[2]) + "\n", "utf-8"
    )
    with pytest.raises(SourceError, match=said) as caught:
        flag_file(source, tmp_path / "out.jsonl", lite)
    assert "line 2" in str(caught.value)
    assert len((tmp_path / "out.jsonl").read_text("utf-8").splitlines()) == 1


def test_bytes_that_are_not_text_are_named(lite: LocalDetector, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"text": "fine work"}\n{"text": "caf\xe9"}\n')
    with pytest.raises(SourceError, match="UTF-8"):
        flag_file(source, tmp_path / "out.jsonl", lite)


def test_work_that_was_cut_off_goes_on_where_it_stopped(
    lite: LocalDetector, tmp_path: Path
) -> None:
    source, out = write(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    flag_file(source, out, lite)
    whole = out.read_bytes()
    for cut in (len(whole) // 3, len(whole) // 2, len(whole) - 1):
        out.write_bytes(whole[:cut])
        flag_file(source, out, lite, resume=True)
        assert out.read_bytes() == whole


def test_a_table_without_a_text_column_says_what_to_do(lite: LocalDetector, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(SourceError, match="no text column"):
        flag_file(tmp_path / "in.csv", tmp_path / "out.csv", lite)


def test_an_unknown_format_and_a_missing_file_are_refused(
    lite: LocalDetector, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="xml"):
        flag_file("-", "-", lite, format="xml")
    with pytest.raises(SourceError, match="cannot be opened"):
        flag_file(tmp_path / "none.jsonl", "-", lite)
