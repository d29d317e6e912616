"""Tables of every kind: what is found out, what is asked for, what cannot be known."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from adoption.connector import Capability
from adoption.errors import SettingsError, SourceError
from adoption.model import MessageKind
from connectors.table import Table
from tests.connectors.reading import Read, read, read_or_refused, refused
from tests.connectors.viva import zipped

HEADER = ["when", "who", "message", "room"]
CHAT = [
    ["2004-12-25 09:14", "crimson", "kleed: I am afraid not, any version will do", "#help"],
    ["2004-12-25 09:14", "intin", "does a client exist?", "#help"],
    ["2004-12-25 09:15", "kleed", "crimson: hmm, I wonder why it does that", "#help"],
    ["2004-12-25 09:15", "crimson", "kleed: good question, is it not", "#help"],
    ["2004-12-25 09:16", "kleed", 'it works, with commas, and "quotes"', "#help"],
    ["2004-12-25 09:16", "kleed", 'it works, with commas, and "quotes"', "#help"],
]


def csv_of(rows: list[list[str]], delimiter: str = ",") -> str:
    def cell(value: str) -> str:
        return (
            '"' + value.replace('"', '""') + '"' if set(value) & set(delimiter + '"\n') else value
        )

    return "".join(delimiter.join(map(cell, row)) + "\r\n" for row in rows)


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def uses(path: Path, **settings: Any) -> dict[str, str]:
    connector = Table({"path": str(path), **settings})
    found = {use.field: use.column for use in connector.explain_mapping() if use.field}
    connector.close()
    return found


def test_a_help_channel_with_unusual_headers_is_understood(tmp_path: Path) -> None:
    path = written(tmp_path / "chat.csv", csv_of([HEADER, *CHAT]))
    assert uses(path) == {"time": "when", "author": "who", "text": "message", "community": "room"}
    found = read(Table, path)
    assert len(found.messages) == 6
    assert found.texts == [row[2] for row in CHAT]
    assert found.communities["#help"].name == "#help"
    assert set(found.people) == {"crimson", "intin", "kleed"}
    assert next(iter(found.messages.values())).created_at == datetime(
        2004, 12, 25, 9, 14, tzinfo=UTC
    )
    assert "Times carry no zone; they were read as UTC (setting zone)." in found.notes
    assert "Posts and replies cannot be told apart" in found.said
    assert (
        "Column when is time: The header means a time, and the values are ISO dates." in found.said
    )


def workbook(path: Path) -> Path:
    book = Workbook()
    book.active.title = "Notes"
    sheet = book.create_sheet("Posts")
    sheet.append(["Exported by the intranet team"])
    sheet.append([])
    sheet.append(HEADER)
    for when, *rest in CHAT:
        sheet.append([datetime.fromisoformat(when), *rest])
    book.save(path)
    return path


def parquet(path: Path) -> Path:
    columns = {name: [row[at] for row in CHAT] for at, name in enumerate(HEADER)}
    whens = [datetime.fromisoformat(when).replace(tzinfo=UTC) for when in columns["when"]]
    pq.write_table(pa.table({**columns, "when": whens}), path)
    return path


def records() -> list[dict[str, object]]:
    return [dict(zip(HEADER, row, strict=True)) for row in CHAT]


FORMS = {
    "commas": lambda path: written(path, csv_of([HEADER, *CHAT])),
    "semicolons": lambda path: written(path, csv_of([HEADER, *CHAT], ";")),
    "tabs": lambda path: written(path, csv_of([HEADER, *CHAT], "\t")),
    "bars": lambda path: written(path, csv_of([HEADER, *CHAT], "|")),
    "byte order mark": lambda path: written(path, "\ufeff" + csv_of([HEADER, *CHAT])),
    "utf-16": lambda path: written(path, csv_of([HEADER, *CHAT]).encode("utf-16")),
    "no header": lambda path: written(path, csv_of(CHAT)),
    "json lines": lambda path: written(path, "\n".join(map(json.dumps, records()))),
    "json list": lambda path: written(path, json.dumps(records(), indent=1)),
    "zipped": lambda path: zipped(path, {"a/chat.csv": csv_of([HEADER, *CHAT])}),
    "excel": workbook,
    "parquet": parquet,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_same_table_gives_the_same_messages(form: str, tmp_path: Path) -> None:
    plain = read(Table, written(tmp_path / "plain.csv", csv_of([HEADER, *CHAT])))
    path = FORMS[form](tmp_path / "table")
    assert Table.recognises(path)
    assert read(Table, path).messages == plain.messages


def test_western_european_text_is_read_as_such(tmp_path: Path) -> None:
    rows = [["Datum", "Verfasser", "Beitrag"], ["31.12.2025 08:00", "Jörg", "Schöne Grüße"]]
    found = read(Table, written(tmp_path / "t.csv", csv_of(rows, ";").encode("cp1252")))
    assert found.texts == ["Schöne Grüße"]
    assert "Text in cp1252, columns split by semicolons." in found.notes


@pytest.mark.parametrize(
    "header",
    [
        ["Erstellt am", "Verfasser", "Nachricht", "Gruppe"],
        ["Date", "Auteur", "Contenu", "Communauté"],
        ["Fecha y hora", "Usuario", "Mensaje", "Grupo"],
        ["Data e ora", "Autore", "Messaggio", "Gruppo"],
        ["Tijd", "Gebruiker", "Bericht", "Groep"],
        ["Created_At", "fromUser", "Full-Text", "Channel Name"],
    ],
)
def test_headers_are_understood_in_several_languages(header: list[str], tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", csv_of([header, *CHAT]))
    fields = ("time", "author", "text", "community")
    assert uses(path) == dict(zip(fields, header, strict=True))


def test_headers_that_say_nothing_leave_it_to_the_values(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", csv_of([["a", "b", "c", "d"], *CHAT]))
    assert uses(path) == {"time": "a", "author": "b", "text": "c", "community": "d"}


def test_a_header_does_not_decide_against_the_values(tmp_path: Path) -> None:
    rows = [["date", "written", "user", "text"]]
    rows += [
        ["soon", f"2026-01-{n + 1:02} 10:00", f"u{n % 3}", "words to be read"] for n in range(9)
    ]
    found = uses(written(tmp_path / "t.csv", csv_of(rows)))
    assert found["time"] == "written"


def test_the_time_of_writing_wins_over_the_time_of_the_last_change(tmp_path: Path) -> None:
    rows = [["updated_at", "created_at", "text"]]
    rows += [
        [f"2026-02-{n + 1:02}", f"2026-01-{n + 1:02} 10:00", "some words here"] for n in range(9)
    ]
    assert uses(written(tmp_path / "t.csv", csv_of(rows)))["time"] == "created_at"


def test_settings_overrule_what_was_found(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", csv_of([HEADER, *CHAT]))
    found = uses(path, author_column="room", community_column="-")
    assert found == {"time": "when", "author": "room", "text": "message"}
    with pytest.raises(SettingsError, match=r"nickname.*author_column.*when, who, message, room"):
        uses(path, author_column="nickname")


def test_the_explanation_shows_reasons_but_nothing_that_was_written(tmp_path: Path) -> None:
    connector = Table({"path": str(written(tmp_path / "t.csv", csv_of([HEADER, *CHAT])))})
    said = "\n".join(map(str, connector.explain_mapping()))
    connector.close()
    assert "when (time): The header means a time, and the values are ISO dates" in said
    assert "texts of" in said
    assert all(row[1] not in said and row[2] not in said for row in CHAT)


# Times


@pytest.mark.parametrize(
    ("times", "first"),
    [
        (["2026-03-04T10:00:00Z", "2026-03-05T10:00:00Z"], datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (["2026-03-04 10:00:00+02:00"], datetime(2026, 3, 4, 8, tzinfo=UTC)),
        (["1772618400"], datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (["1772618400123"], datetime(2026, 3, 4, 10, 0, 0, 123000, tzinfo=UTC)),
        (["1772618400123456"], datetime(2026, 3, 4, 10, 0, 0, 123456, tzinfo=UTC)),
        (["Wed Mar 04 10:00:00 +0000 2026"], datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (["Wed, 04 Mar 2026 10:00:00 +0000"], datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (["4 Mar 2026 10:00"], datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (["03/04/2026 10:00", "03/25/2026 10:00"], datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (["04/03/2026 10:00", "25/03/2026 10:00"], datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (["04/03/2026 10:00 AM", "25/03/2026 01:00 PM"], datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (["04.03.26 10:00"], datetime(2026, 3, 4, 10, tzinfo=UTC)),
        (["01/03/2026", "02/03/2026", "01/04/2026"], datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
def test_times_of_many_forms(times: list[str], first: datetime, tmp_path: Path) -> None:
    rows = [["time", "text"], *([one, "a few words here"] for one in times)]
    found = read(Table, written(tmp_path / "t.csv", csv_of(rows)))
    assert next(iter(found.messages.values())).created_at == first


def test_day_and_month_that_cannot_be_told_apart_are_asked_for(tmp_path: Path) -> None:
    rows = [
        ["time", "text"],
        ["03/04/2026 10:00", "a few words"],
        ["01/02/2026 10:00", "more words"],
    ]
    path = written(tmp_path / "t.csv", csv_of(rows))
    assert isinstance(refused(Table, path), SettingsError)
    months = [
        next(iter(read(Table, path, date_order=order).messages.values())).created_at.month
        for order in ("day-first", "month-first")
    ]
    assert months == [4, 3]


def test_a_day_and_a_time_in_two_columns_are_put_together(tmp_path: Path) -> None:
    rows = [["Date", "Time", "User", "Text"]]
    rows += [[f"{n + 10}.03.2026", f"1{n}:30", "ada", "a few words here"] for n in range(5)]
    path = written(tmp_path / "t.csv", csv_of(rows, ";"))
    connector = Table({"path": str(path)})
    assert [use.field for use in connector.explain_mapping()] == ["time", "time", "author", "text"]
    connector.close()
    times = [one.created_at for one in read(Table, path).messages.values()]
    assert times[4] == datetime(2026, 3, 14, 14, 30, tzinfo=UTC)


def test_times_of_day_need_a_day_and_zone_less_times_a_zone(tmp_path: Path) -> None:
    rows = [["time", "name", "tweet"]]
    rows += [[f"20:0{n}", f"user{n % 2}", "Q1 is about rotas #nhschat"] for n in range(6)]
    path = written(tmp_path / "t.csv", csv_of(rows))
    assert "date" in refused(Table, path).next_step
    found = read(Table, path, date="2026-07-01", zone="Europe/London", preset="hashtag-chat")
    first = next(iter(found.messages.values()))
    assert first.created_at == datetime(2026, 7, 1, 19, 0, tzinfo=UTC)
    assert first.community_id == "#nhschat"
    assert list(found.communities) == ["#nhschat"]


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"date": "soon"}, "date"),
        ({"encoding": "klingon"}, "encoding"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    settings: dict[str, str], word: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "t.csv", csv_of([HEADER, *CHAT]))
    with pytest.raises(SettingsError, match=f"setting {word}"):
        read(Table, path, **settings)


# Ids and threads


def test_rows_without_ids_get_names_that_stay(tmp_path: Path) -> None:
    first = read(Table, written(tmp_path / "1.csv", csv_of([HEADER, *CHAT]))).messages
    longer = [["2004-12-24 09:00", "new", "an earlier one, exported later", "#help"], *CHAT]
    second = read(Table, written(tmp_path / "2.csv", csv_of([HEADER, *longer]))).messages
    assert len(first) == 6, "the two equal rows at the end are two messages"
    assert set(first) < set(second)


def test_a_thread_starts_with_its_earliest_message(tmp_path: Path) -> None:
    rows = [["id", "thread id", "date", "author", "text"]]
    rows += [
        ["m2", "t1", "2026-01-01 10:05", "ben", "I answer your question"],
        ["m1", "t1", "2026-01-01 10:00", "ada", "I have a question"],
        ["m3", "", "2026-01-01 11:00", "ada", "I stand by myself"],
    ]
    found = read(Table, written(tmp_path / "t.csv", csv_of(rows))).messages
    assert found["m1"].kind is MessageKind.POST
    assert (found["m2"].conversation_id, found["m2"].parent_id) == ("m1", "m1")
    assert found["m3"].conversation_id == "m3"


def test_a_reply_to_a_reply_belongs_to_the_first_message(tmp_path: Path) -> None:
    rows = [["id", "parent id", "date", "text"]]
    rows += [
        [f"m{n}", f"m{n - 1}" if n else "", f"2026-01-01 10:0{n}", "some words"] for n in range(4)
    ]
    rows += [["x", "y", "2026-01-02 10:00", "a circle"], ["y", "x", "2026-01-02 10:01", "of two"]]
    found = read(Table, written(tmp_path / "t.csv", csv_of(rows))).messages
    assert {found[f"m{n}"].conversation_id for n in range(4)} == {"m0"}
    assert found["m3"].parent_id == "m2"
    assert {found["x"].conversation_id, found["y"].conversation_id} <= {"x", "y"}


@pytest.mark.parametrize("column", ["id", "thread_id", "reply_to"])
def test_rounded_ids_are_refused(column: str, tmp_path: Path) -> None:
    rows = [[column, "date", "text"]]
    rows += [[f"1.{n}6E+15", f"2026-01-01 10:0{n}", "a few words"] for n in range(9)]
    assert "rounded" in refused(Table, written(tmp_path / "t.csv", csv_of(rows))).what


def test_numbers_too_long_for_a_workbook_are_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["id", "date", "text"])
    for number in range(5):
        book.active.append([1.6e15 + number, datetime(2026, 1, 1, 10, number), "a few words"])
    book.save(tmp_path / "t.xlsx")
    assert "rounded" in refused(Table, tmp_path / "t.xlsx").what


# Presets


def tweets(*records: dict[str, object], part: int = 0) -> str:
    return f"window.YTD.tweets.part{part} = " + json.dumps([{"tweet": one} for one in records])


def test_an_x_archive_is_found_by_itself(tmp_path: Path) -> None:
    first: dict[str, object] = {
        "id_str": "1100000000000000001",
        "created_at": "Wed Mar 04 10:00:00 +0000 2026",
        "full_text": "Rota &amp; roster #nhs",
        "favorite_count": "3",
    }
    second = {
        **first,
        "id_str": "1100000000000000002",
        "in_reply_to_status_id_str": first["id_str"],
        "favorite_count": "0",
        "full_text": "RT @nhs: thank you",
    }
    account = 'window.YTD.account.part0 = [{"account": {"username": "northfield"}}]'
    path = zipped(
        tmp_path / "x.zip",
        {
            "data/tweets.js": tweets(first),
            "data/tweets-part1.js": tweets(second, part=1),
            "data/account.js": account,
            "data/like.js": "window.YTD.like.part0 = []",
        },
    )
    assert Table.recognises(path)
    found = read(Table, path)
    assert found.texts == ["Rota & roster #nhs", "RT @nhs: thank you"]
    post, retweet = found.messages.values()
    assert (post.author_id, retweet.raw_type) == ("northfield", "retweet")
    assert retweet.conversation_id == post.id
    assert [one.number for one in found.reactions] == [3]
    alone = read(Table, written(tmp_path / "tweets.js", tweets(first, second)))
    assert len(alone.messages) == 2
    assert (
        "no tweets.js"
        in refused(Table, zipped(tmp_path / "o.zip", {"a": "b"}), preset="x-archive").what
    )


def test_a_collected_hashtag_keeps_replies_and_likes(tmp_path: Path) -> None:
    rows = [
        ["id_str", "from_user", "text", "created_at", "in_reply_to_status_id_str", "favorite_count"]
    ]
    rows += [
        ["91", "ada", "Q1 how do you use it? #wenurses", "Wed Mar 04 20:00:00 +0000 2026", "", "4"],
        ["92", "ben", "A1 we do not #wenurses", "Wed Mar 04 20:01:00 +0000 2026", "91", "0"],
    ]
    found = read(Table, written(tmp_path / "t.csv", csv_of(rows)), preset="hashtag-chat")
    assert found.messages["92"].parent_id == "91"
    assert found.messages["91"].community_id == "#wenurses"
    assert [one.number for one in found.reactions] == [4]


# Bad input


BAD = {
    "a web page": b"<html><body>Please sign in",
    "a PDF": b"%PDF-1.7 \x00",
    "an old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
    "no times": csv_of([["name", "text"], ["ada", "a few words here"]]).encode(),
    "no texts": csv_of([["date", "count"], ["2026-01-01", "5"]]).encode(),
    "only a header": csv_of([HEADER]).encode(),
    "NUL bytes": csv_of([HEADER, *CHAT]).replace("good", "go\0d").encode(),
    "mixed encodings": (csv_of([HEADER, *CHAT, ["2004-12-26 09:00", "a", "früh", "#help"]]).encode()
                        + csv_of([["2004-12-26 09:01", "b", "spät", "#help"]]).encode("cp1252")),
    "a huge field": csv_of([HEADER, *CHAT, [*CHAT[0][:2], "x" * 2_000_000, "#help"]]).encode(),
    "a cut workbook": b"PK\x03\x04 nothing behind",
    "a cut Parquet": b"PAR1 nothing behind",
    "broken JSON": b'{"when": "2026-01-01", "text": "a few',
    "a JSON number": b"[1, 2, 3]",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_refused_with_a_message(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", BAD[name])
    error = refused(Table, path)
    assert isinstance(error, SourceError)
    assert len(error.what) > 10


def test_mixed_encodings_name_both_lines(tmp_path: Path) -> None:
    error = refused(Table, written(tmp_path / "t.csv", BAD["mixed encodings"]))
    assert "line 8 is UTF-8, line 9 is not" in error.what


def test_several_files_in_an_archive_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "t.zip", {"a.csv": "x", "b.csv": "y"})
    assert "2 files" in refused(Table, path).what


def test_a_few_bad_times_are_set_aside_and_many_refuse_the_table(tmp_path: Path) -> None:
    rows = [[f"2026-01-01 10:{n:02}", "ada", "a few words"] for n in range(60)]
    rows[40][0] = rows[41][0] = "soon"
    path = written(
        tmp_path / "t.csv", csv_of([["date", "author", "text"], *rows, ["1", "2", "3", "4"]])
    )
    found = read(Table, path)
    assert len(found.messages) == 58
    assert found.skipped == 3
    assert "t.csv, line 42: its time cannot be read" in found.said
    assert "t.csv, line 62: it does not fit the columns" in found.said
    later = [[f"2026-01-01 10:{n % 60:02}", "ada", "a few words"] for n in range(3000)]
    for row in later[2100:]:
        row[0] = "soon"
    path = written(tmp_path / "l.csv", csv_of([["date", "author", "text"], *later]))
    assert "900 of 3,000 rows" in refused(Table, path).what


def test_a_workbook_names_its_sheets_when_asked_for_another(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx")
    with pytest.raises(SettingsError, match="Notes, Posts"):
        read(Table, path, sheet="Comments")
    assert len(read(Table, path, sheet="Posts").messages) == 6
    Workbook().save(tmp_path / "empty.xlsx")
    assert "no table" in refused(Table, tmp_path / "empty.xlsx").what


def test_several_tables_are_read_one_after_the_other(tmp_path: Path) -> None:
    first = written(tmp_path / "1.csv", csv_of([HEADER, *CHAT[:3]]))
    second = written(tmp_path / "2.csv", csv_of([HEADER, *CHAT[3:]], ";"))
    assert len(read(Table, [str(first), str(second)]).messages) == 6


def test_what_a_table_misses_is_told(tmp_path: Path) -> None:
    connector = Table(
        {"path": str(written(tmp_path / "t.csv", "time,text\n2026-01-01,a few words\n"))}
    )
    gaps = connector.missing()
    connector.close()
    for gap in (Capability.PEOPLE, Capability.COMMUNITIES, Capability.THREADS, Capability.VIEWS):
        assert gap in gaps


cells = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=20
) | st.sampled_from(["2026-01-01 10:00", "1.2E+15", '"', "=cmd()", "a, b", "31/12/2026", "9" * 20])


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    header=st.lists(
        st.sampled_from([*HEADER, "id", "thread", "reply to", "likes", "x", ""]),
        min_size=1,
        max_size=6,
    ),
    rows=st.lists(st.lists(cells, min_size=1, max_size=6), max_size=8),
    delimiter=st.sampled_from([",", ";", "\t"]),
)
def test_any_table_gives_sound_rows_or_a_message(
    header: list[str], rows: list[list[str]], delimiter: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "t.csv", csv_of([header, *rows], delimiter))
    found = read_or_refused(Table, path) or Read()
    for message in found.messages.values():
        assert message.id
        assert message.created_at.tzinfo is UTC
