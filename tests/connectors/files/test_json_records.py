"""JSON record by record, whatever its size, with records across the borders of what is read at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import adoption.files.json_records
from adoption.errors import SourceError
from adoption.files.archive import open_archive
from adoption.files.json_records import json_array, json_lines

records = st.lists(
    st.dictionaries(
        st.text(max_size=5), st.text(max_size=30) | st.integers() | st.none(), max_size=4
    ),
    max_size=12,
)


@pytest.fixture
def tiny_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adoption.files.json_records, "_CHUNK_CHARACTERS", 7)


@pytest.mark.usefixtures("tiny_chunks")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=records, indent=st.sampled_from([None, 0, 4]), ascii_only=st.booleans())
def test_an_array_is_read_whole_whatever_the_size_of_a_chunk(
    values: list[dict[str, object]], indent: int | None, ascii_only: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(values, indent=indent, ensure_ascii=ascii_only), "utf-8")
    archive = open_archive(path)
    assert list(json_array(archive, archive.entries[0])) == values


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=records)
def test_lines_are_numbered_as_an_editor_does(
    values: list[dict[str, object]], tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n" + "".join(json.dumps(one) + "\n\n" for one in values), "utf-8")
    archive = open_archive(path)
    found = list(json_lines(archive, archive.entries[0]))
    assert [line.value for line in found] == values
    assert [line.number for line in found] == [2 * number + 2 for number in range(len(values))]


@pytest.mark.usefixtures("tiny_chunks")
def test_damage_in_the_middle_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[\n{"a": 1},\n{"a": 2},\n{"a" 3}\n]')
    archive = open_archive(path)
    with pytest.raises(SourceError, match=r"a\.json, line 4"):
        list(json_array(archive, archive.entries[0]))


def test_a_record_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adoption.files.json_records, "RECORD_LIMIT", 1000)
    monkeypatch.setattr(adoption.files.json_records, "_CHUNK_CHARACTERS", 100)
    path = tmp_path / "a.json"
    path.write_text('[{"a": "' + "x" * 5000)
    archive = open_archive(path)
    with pytest.raises(SourceError, match="longer than"):
        list(json_array(archive, archive.entries[0]))
