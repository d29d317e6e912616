"""Exports that are not in order: what is refused as a whole, what is set aside row by row."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adoption.errors import SettingsError, SourceError
from connectors.viva_engage_export import VivaEngageExport
from tests.connectors.reading import Read, read, read_or_refused, refused
from tests.connectors.viva import GROUPS, MESSAGES, export, message, table, zipped

SEVERAL = [message(number) for number in range(40)]


def with_messages(path: Path, content: bytes) -> Path:
    return zipped(path / "export.zip", {"Messages.csv": content})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<!DOCTYPE html><title>Sign in</title>", "a web page, perhaps a sign-in page"),
        (b"%PDF-1.7 report", "a PDF document"),
        (b'{"error": "forbidden"}', "a JSON file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
        (b"Dear all, please find attached", "header lacks"),
    ],
)
def test_what_is_no_export_is_named(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    path.write_bytes(content)
    error = refused(VivaEngageExport, path)
    assert isinstance(error, SourceError)
    assert words in error.what


def test_a_web_page_in_the_place_of_a_table_is_named(tmp_path: Path) -> None:
    path = with_messages(tmp_path, b"<!DOCTYPE html><html><body>Sign in</body></html>")
    assert "a web page" in refused(VivaEngageExport, path).what


def test_a_switch_that_is_neither_on_nor_off_is_refused(tmp_path: Path) -> None:
    path = export(tmp_path / "e.zip", SEVERAL)
    with pytest.raises(SettingsError, match="maybe"):
        read(VivaEngageExport, path, include_private="maybe")


def test_many_broken_rows_are_counted_and_the_first_ones_named(tmp_path: Path) -> None:
    rows = [message(number) for number in range(400)]
    for number in range(0, 400, 40):
        rows[number]["created_at"] = "" if number else "null"
    found = read(VivaEngageExport, export(tmp_path / "e.zip", rows))
    assert len(found.messages) == 390
    assert found.said.count("the time is missing") == 5
    assert "10 rows could not be used; the first 5 are named." in found.notes


def test_a_missing_second_window_releases_the_first(tmp_path: Path) -> None:
    first = export(tmp_path / "e.zip", SEVERAL)
    connector = VivaEngageExport({"path": [str(first), str(tmp_path / "nowhere.zip")]})
    with pytest.raises(SettingsError, match=r"nowhere\.zip"):
        connector.check()
    connector.close()


def test_an_archive_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = export(tmp_path / "export.zip", SEVERAL)
    path.write_bytes(path.read_bytes()[:-200])
    assert "cut off" in refused(VivaEngageExport, path).what


def test_an_archive_without_messages_says_what_it_holds_instead(tmp_path: Path) -> None:
    nested = zipped(tmp_path / "outer.zip", {"export.zip": b"PK", "readme.txt": "hello"})
    assert "export.zip" in refused(VivaEngageExport, nested).next_step
    without = zipped(tmp_path / "users.zip", {"Users.csv": "id\n1\n", "log.txt": ""})
    assert "no Messages.csv" in refused(VivaEngageExport, without).what


def test_a_header_that_lacks_a_column_names_it(tmp_path: Path) -> None:
    columns = [name for name in MESSAGES if name not in ("body", "sender_id")]
    error = refused(VivaEngageExport, with_messages(tmp_path, table(columns, SEVERAL)))
    assert "sender_id, body" in error.what
    assert "Messages.csv in export.zip, line 1" in error.where


def test_a_column_that_comes_twice_is_refused(tmp_path: Path) -> None:
    content = table([*MESSAGES, "body"], SEVERAL)
    assert "body occurs twice" in refused(VivaEngageExport, with_messages(tmp_path, content)).what


@pytest.mark.parametrize(("delimiter", "words"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_delimiter_is_recognised(delimiter: str, words: str, tmp_path: Path) -> None:
    content = table(MESSAGES, SEVERAL).replace(b",", delimiter.encode())
    error = refused(VivaEngageExport, with_messages(tmp_path, content))
    assert words in error.what
    assert "spreadsheet" in error.next_step


@pytest.mark.parametrize("value", ["1.6E+15", "1,6E+15", "1.60000000000000E+15"])
def test_a_single_rounded_id_is_enough(value: str, tmp_path: Path) -> None:
    rows = [*SEVERAL, message(41, id=value)]
    error = refused(VivaEngageExport, export(tmp_path / "export.zip", rows))
    assert value in error.what
    assert "line 42" in error.where
    assert "export again" in error.next_step


def test_dates_that_a_spreadsheet_has_rewritten_are_refused(tmp_path: Path) -> None:
    rows = [message(number, created_at=f"02.03.26 8:{number:02}") for number in range(40)]
    error = refused(VivaEngageExport, export(tmp_path / "export.zip", rows))
    assert "40 of 40 rows" in error.what
    assert "created_at" in error.what
    assert "'02.03.26 8:00'" in error.what


def test_ids_that_are_no_digits_are_refused_and_not_shown(tmp_path: Path) -> None:
    rows = [message(number, id=f"the boss said {number}") for number in range(40)]
    error = refused(VivaEngageExport, export(tmp_path / "export.zip", rows))
    assert "a text is no id" in error.what
    assert "boss" not in str(error)


def test_a_column_of_ids_that_is_damaged_throughout_is_refused(tmp_path: Path) -> None:
    rows = [message(number, sender_id="5,01E+02") for number in range(40)]
    assert "sender_id" in refused(VivaEngageExport, export(tmp_path / "export.zip", rows)).what


def test_a_few_broken_rows_are_set_aside_with_their_lines(tmp_path: Path) -> None:
    rows = [
        *SEVERAL,
        message(41, created_at="yesterday"),
        message(42, id="12a"),
        message(43, sender_id="?"),
    ]
    content = table(MESSAGES, rows) + b"1,2,3\r\n"
    found = read(VivaEngageExport, with_messages(tmp_path, content))
    assert len(found.messages) == 40
    assert "Messages.csv in export.zip, line 42: column created_at" in found.said, found.said
    assert "line 43: column id" in found.said
    assert "line 44: column sender_id" in found.said
    assert "line 45: it has 3 columns instead of 26" in found.said
    assert found.skipped == 4


def test_many_rows_of_the_wrong_width_refuse_the_file(tmp_path: Path) -> None:
    content = table(MESSAGES, SEVERAL) + b"1,2,3\r\n" * 10
    error = refused(VivaEngageExport, with_messages(tmp_path, content))
    assert "10 of 50 rows" in error.what


def test_a_field_of_40_megabytes_is_refused_with_its_line(tmp_path: Path) -> None:
    filler = os.urandom(20_000_000).hex()
    rows = [message(1), message(2, body=filler)]
    error = refused(VivaEngageExport, export(tmp_path / "export.zip", rows))
    assert "longer than 1,048,576 characters" in error.what
    assert "line 3" in error.where


def test_a_quotation_mark_that_never_closes_costs_the_last_row_only(tmp_path: Path) -> None:
    content = table(MESSAGES, SEVERAL) + b'9,,,9,,11,,,false,false,501,user,,,"never closed'
    found = read(VivaEngageExport, with_messages(tmp_path, content))
    assert len(found.messages) == 40
    assert found.skipped == 1


def test_nul_bytes_are_refused_with_their_line(tmp_path: Path) -> None:
    content = table(MESSAGES, [message(1), message(2, body="A\0B")])
    error = refused(VivaEngageExport, with_messages(tmp_path, content))
    assert "NUL" in error.what
    assert "line 3" in error.where


def test_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    content = table(MESSAGES, [message(1, body="für"), message(2)])
    content += (
        table(MESSAGES, [message(3, body="für")], mark="")
        .partition(b"\r\n")[2]
        .replace("für".encode(), "für".encode("cp1252"))
    )
    error = refused(VivaEngageExport, with_messages(tmp_path, content))
    assert "UTF-8" in error.what
    assert "line 4" in error.where


def test_utf_16_is_refused(tmp_path: Path) -> None:
    content = table(MESSAGES, SEVERAL, mark="").decode().encode("utf-16")
    assert refused(VivaEngageExport, with_messages(tmp_path, content))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", table(MESSAGES, [])])
def test_an_empty_export_is_refused(content: bytes, tmp_path: Path) -> None:
    error = refused(VivaEngageExport, with_messages(tmp_path, content))
    assert "empty" in error.what or "no messages" in error.what


def test_without_the_flags_of_privacy_nothing_is_read(tmp_path: Path) -> None:
    columns = [name for name in MESSAGES if name != "in_private_conversation"]
    path = with_messages(tmp_path, table(columns, SEVERAL))
    assert "in_private_conversation" in refused(VivaEngageExport, path).what
    allowed = read(VivaEngageExport, path, include_private=True, approved_by="Works council")
    assert len(allowed.messages) == 40


def test_a_damaged_second_window_stops_the_import_before_the_first_is_given(
    tmp_path: Path,
) -> None:
    good = export(tmp_path / "1.zip", SEVERAL, until="2026-01-01")
    bad = export(tmp_path / "2.zip", [message(50, id="1.6E+15")], until="2026-02-01")
    connector = VivaEngageExport({"path": [str(good), str(bad)]})
    with pytest.raises(SourceError, match="rounded"):
        next(iter(connector.read(connector.streams[0], None)))
    connector.close()


@pytest.mark.parametrize("base", ["Groups.csv", "Users.csv"])
def test_a_damaged_small_table_stops_the_import_before_anything_is_given(
    base: str, tmp_path: Path
) -> None:
    semicolons = b"id;name;private\r\n11;Ward 3;false\r\n"
    path = export(tmp_path / "e.zip", SEVERAL, more={base: semicolons})
    rows = table(("id", "name"), [{"id": f"{n}a", "name": "?"} for n in range(9)])
    if base == "Groups.csv":
        assert "semicolons" in refused(VivaEngageExport, path).what
    assert (
        "9 of"
        in refused(VivaEngageExport, export(tmp_path / "r.zip", SEVERAL, more={base: rows})).what
    )


def test_a_broken_row_of_a_small_table_is_set_aside(tmp_path: Path) -> None:
    groups = table(GROUPS, [{"id": 11, "name": "Ward"}, {"id": "x", "name": "?"}, {"id": 12}])
    path = export(tmp_path / "export.zip", SEVERAL, more={"Groups.csv": groups})
    found = read(VivaEngageExport, path)
    assert "Groups.csv in export.zip, line 3: column id" in found.said


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    damage=st.lists(
        st.tuples(
            st.integers(0, 4000),
            st.sampled_from([b"", b'"', b"\n", b",", b"\0", b"\xff", b"E+15", b"null", b"\r"]),
            st.integers(0, 30),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_random_damage_raises_declared_errors_or_gives_sound_rows(
    damage: list[tuple[int, bytes, int]], tmp_path: Path
) -> None:
    content = table(MESSAGES, SEVERAL[:12])
    for at, junk, cut in damage:
        at %= len(content)
        content = content[:at] + junk + content[at + cut :]
    path = with_messages(tmp_path, content)
    found = read_or_refused(VivaEngageExport, path) or Read()
    for row in found.messages.values():
        assert row.id.isdigit()
        assert row.created_at.tzinfo is not None
