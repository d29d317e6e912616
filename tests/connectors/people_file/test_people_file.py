from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from adoption.conformance import ConformanceSuite, Expected
from connectors.people_file import PeopleFile
from tests.connectors.reading import Read, read, read_or_refused, refused

HEADER = "email,name,department,location,job family,leader,employed from,employed to"
STAFF = [
    "ada@northfield.example,Ada Lang,Surgery,North,Nursing,yes,2020-02-01,",
    "ben@northfield.example,Ben Oak,Surgery,South,Medical,no,2020-02-15,2025-12-31",
    "cem@northfield.example,Cem Ay,Estates,North,Facilities,,2024-06-03,",
    "dua@northfield.example,Dua Kim,,,,no,,",
]


def staff(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return path


@pytest.mark.usefixtures("small_pages")
class TestPeopleFile(ConformanceSuite):
    connector_type = PeopleFile

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Mapping[str, Any]:
        return {"path": str(staff(tmp_path / "staff.csv", *STAFF))}

    @pytest.fixture
    def expected(self) -> Expected:
        names = ("ada", "ben", "cem", "dua")
        people = frozenset(f"{name}@northfield.example" for name in names)
        return Expected(communities=frozenset(), people=people, posts=0, replies=0)


def test_a_row_says_who_where_and_since_when(tmp_path: Path) -> None:
    found = read(PeopleFile, staff(tmp_path / "s.csv", *STAFF)).people
    ada, ben, cem, dua = found.values()
    assert (ada.name, ada.department, ada.location, ada.job_family) == (
        "Ada Lang",
        "Surgery",
        "North",
        "Nursing",
    )
    assert [one.is_leader for one in (ada, ben, cem, dua)] == [True, False, None, False]
    assert ada.employed_from == datetime(2020, 2, 1, tzinfo=UTC)
    assert ben.employed_to == datetime(2026, 1, 1, tzinfo=UTC), "the last day counts"
    assert (dua.department, dua.employed_from, dua.employed_to) == (None, None, None)


def test_days_begin_in_the_declared_zone(tmp_path: Path) -> None:
    path = staff(tmp_path / "s.csv", *STAFF)
    ben = read(PeopleFile, path, zone="Europe/Berlin").people["ben@northfield.example"]
    assert ben.employed_from == datetime(2020, 2, 14, 23, tzinfo=UTC)
    assert ben.employed_to == datetime(2025, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Personalnummer;E-Mail-Adresse;Name;Abteilung;Standort;Berufsgruppe;Führungskraft;Eintritt",
            "7;a@x.example;Ada;Chirurgie;Nord;Pflege;ja;01.02.2020",
        ),
        (
            "Matricule;Courriel;Nom;Service;Lieu;Métier;Cadre;Date d'embauche",
            "7;a@x.example;Ada;Chirurgie;Nord;Pflege;oui;01/02/2020",
        ),
        (
            "Matricola;Posta elettronica;Nome;Reparto;Sede;Qualifica;Dirigente;Data di assunzione",
            "7;a@x.example;Ada;Chirurgie;Nord;Pflege;sì;01.02.2020",
        ),
    ],
)
def test_headers_are_understood_in_several_languages(header: str, row: str, tmp_path: Path) -> None:
    path = staff(tmp_path / "s.csv", row, header=header)
    order = {"date_order": "day-first"}
    person = read(PeopleFile, path, **order).people["7"]
    assert (person.email, person.department, person.location) == (
        "a@x.example",
        "Chirurgie",
        "Nord",
    )
    assert person.job_family == "Pflege"
    assert person.employed_from == datetime(2020, 2, 1, tzinfo=UTC)


def test_in_a_list_that_marks_leaders_only_an_empty_cell_means_no(tmp_path: Path) -> None:
    rows = ["1,Surgery,x", "2,Surgery,", "3,Estates,"]
    path = staff(tmp_path / "s.csv", *rows, header="id,department,leader")
    assert [one.is_leader for one in read(PeopleFile, path).people.values()] == [True, False, False]


def test_a_column_of_persons_that_holds_addresses_is_the_address(tmp_path: Path) -> None:
    path = staff(tmp_path / "s.csv", "a@x.example,Surgery", header="person,department")
    assert read(PeopleFile, path).people["a@x.example"].email == "a@x.example"


def test_a_handle_alone_names_a_person(tmp_path: Path) -> None:
    path = staff(tmp_path / "s.csv", "ada.l,Surgery", header="username,department")
    assert read(PeopleFile, path).people["ada.l"].handle == "ada.l"


def test_people_who_moved_have_a_row_for_each_time(tmp_path: Path) -> None:
    rows = ["1,Surgery,2020-01-01", "1,Estates,2025-01-01"]
    path = staff(tmp_path / "s.csv", *rows, header="id,department,valid from")
    found = [row for row in read(PeopleFile, path).rows if row]
    assert len(found) == 2


def test_a_workbook_is_read_with_its_dates(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Staff number", "Department", "Start date", "End date"])
    book.active.append([12, "Surgery", date(2020, 2, 1), datetime(2025, 12, 31)])
    book.save(tmp_path / "s.xlsx")
    person = read(PeopleFile, tmp_path / "s.xlsx").people["12"]
    assert person.employed_from == datetime(2020, 2, 1, tzinfo=UTC)
    assert person.employed_to == datetime(2026, 1, 1, tzinfo=UTC)


def test_bad_rows_are_named_by_line_and_repeats_are_told(tmp_path: Path) -> None:
    rows = [
        *STAFF,
        ",No Address,Surgery,,,,,",
        "eva@x.example,Eva,Surgery,,,,2025-01-01,2020-01-01",
        "fay@x.example,Fay,Surgery,,,,sometime,",
        STAFF[0].replace("Surgery", "Estates"),
        *(f"p{n}@x.example,P,Surgery,North,Nursing,no,2020-01-01," for n in range(20)),
    ]
    found = read(PeopleFile, staff(tmp_path / "s.csv", *rows))
    assert "s.csv, line 6: nothing in it says who it is about" in found.said
    assert "s.csv, line 7: it ends before it begins" in found.said
    assert "s.csv, line 8: its employed from date cannot be read" in found.said
    assert "s.csv, line 9 repeats the person of line 2. The later row counts." in found.said
    assert found.people["ada@northfield.example"].department == "Estates"
    assert found.skipped == 3


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("name,department", "Ada,Surgery", "who it is about"),
        ("email,favourite colour", "a@x.example,blue", "anything about the person"),
        ("email,department,start date", "a@x.example,Surgery,soon", "start date holds no dates"),
        ("email,department", "", "no people"),
        ("email,department", ",Surgery", "1 of 1 rows"),
    ],
)
def test_a_file_that_cannot_serve_says_why(
    header: str, row: str, words: str, tmp_path: Path
) -> None:
    assert words in refused(PeopleFile, staff(tmp_path / "s.csv", row, header=header)).what


def test_it_recognises_staff_and_nothing_else(tmp_path: Path) -> None:
    assert PeopleFile.recognises(staff(tmp_path / "s.csv", *STAFF))
    chat = staff(
        tmp_path / "c.csv",
        *(f"2026-01-0{n},u{n % 2},a few words here,Surgery" for n in range(1, 7)),
        header="date,user id,message,location",
    )
    assert PeopleFile.recognises(chat) is None
    assert PeopleFile.recognises(tmp_path / "nowhere.csv") is None


cells = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\n\r"), max_size=12)
FIELDS = [*HEADER.split(","), "id", "username", "valid from", "other"]


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    header=st.lists(st.sampled_from(FIELDS), min_size=1, max_size=8),
    rows=st.lists(st.lists(cells | st.dates().map(str), max_size=8), max_size=6),
)
def test_any_list_gives_sound_people_or_a_message(
    header: list[str], rows: list[list[str]], tmp_path: Path
) -> None:
    lines = [",".join(row) for row in rows]
    found = read_or_refused(PeopleFile, staff(tmp_path / "s.csv", *lines, header=",".join(header)))
    for person in (found or Read()).people.values():
        assert person.id
