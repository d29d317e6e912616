"""The queue as a spreadsheet and the answers back, with errors that name line and column."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adoption.errors import SettingsError, SourceError
from adoption.review_files import COLUMNS, read_answers, write_queue
from adoption.reviews import ReviewDesk, ReviewItem
from adoption.store import Store
from tests.reviews.build import FLAGGED, NOBODY, crowd, fill, mixed
from tests.store.build import community, message, put, put_scores

Rows = list[dict[str, str]]


@pytest.fixture
def desk(store: Store) -> ReviewDesk:
    fill(store, mixed(200))
    return ReviewDesk(store)


def exported(desk: ReviewDesk, folder: Path, limit: int = 6) -> tuple[Path, Rows]:
    """The queue as a file, and its rows."""
    path = folder / "queue.csv"
    assert write_queue(desk.queue(limit, NOBODY), path) == limit
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return path, list(csv.DictReader(stream))


def saved(path: Path, rows: Rows, *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    """The file as a spreadsheet program would save it again."""
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_file_holds_the_queue_with_room_for_answers(desk: ReviewDesk, tmp_path: Path) -> None:
    path, rows = exported(desk, tmp_path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert tuple(rows[0]) == COLUMNS
    assert {row["verdict"] + row["barrier"] for row in rows} == {""}
    assert [row["why"] for row in rows[:3]] == [
        "random check",
        "random check of a flag",
        "uncertain",
    ]
    assert all(len(row["key"]) == 32 for row in rows)


def test_a_comment_becomes_no_formula_and_stays_on_one_line(store: Store, tmp_path: Path) -> None:
    crowd(store)
    put(
        store,
        [
            community("ward"),
            message("1", '=HYPERLINK("http://evil","x")\nsecond line', author_id="a"),
            message("2", "@SUM(1)", author_id="b"),
        ],
    )
    put_scores(store, [FLAGGED._replace(message_id=number) for number in ("1", "2")])
    path, rows = exported(ReviewDesk(store), tmp_path, limit=2)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert len(path.read_text("utf-8-sig").splitlines()) == 3


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_answers_come_back_however_a_spreadsheet_saved_them(
    store: Store, desk: ReviewDesk, tmp_path: Path, delimiter: str, encoding: str
) -> None:
    path, rows = exported(desk, tmp_path)
    rows[0] |= {"verdict": " Not  Pushback ", "comment": "café"}
    rows[1] |= {"verdict": "CONFIRM"}
    rows[2] |= {"verdict": "pushback", "barrier": "Forced on us"}
    rows[3] |= {"verdict": "unsure"}
    answers = read_answers(saved(path, rows, delimiter=delimiter, encoding=encoding), desk)
    assert [(a.verdict, a.barrier) for a in answers] == [
        ("neutral", None),
        ("pushback", "existing_channel"),
        ("pushback", "imposed"),
        ("undetermined", None),
    ]
    assert desk.keep(answers) == 4
    assert len(store.control.reviews()) == 4


def test_lines_without_a_verdict_are_left_for_later(desk: ReviewDesk, tmp_path: Path) -> None:
    path, _ = exported(desk, tmp_path)
    assert read_answers(path, desk) == []


BAD: dict[str, tuple[Callable[[Rows], object], str]] = {
    "no such verdict": (lambda rows: rows[1].update(verdict="maybe"), "line 3, column verdict"),
    "no such barrier": (
        lambda rows: rows[2].update(verdict="pushback", barrier="boredom"),
        "line 4, column barrier",
    ),
    "a reason without pushback": (
        lambda rows: rows[0].update(verdict="neutral", barrier="skills"),
        "line 2, column barrier",
    ),
    "pushback without a reason": (
        lambda rows: rows[2].update(verdict="pushback"),
        "line 4, column barrier",
    ),
    "a barrier and no verdict": (
        lambda rows: rows[4].update(barrier="skills"),
        "line 6, column verdict",
    ),
    "a key that was changed": (
        lambda rows: rows[0].update(key="x", verdict="neutral"),
        "line 2, column key",
    ),
    "two answers to one comment": (
        lambda rows: [row.update(key=rows[0]["key"], verdict="neutral") for row in rows[:2]],
        "line 3, column key",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_an_answer_that_cannot_be_used_names_line_and_column_and_nothing_is_kept(
    store: Store, desk: ReviewDesk, tmp_path: Path, name: str
) -> None:
    path, rows = exported(desk, tmp_path)
    spoil, place = BAD[name]
    rows[5]["verdict"] = "neutral"
    spoil(rows)
    with pytest.raises(SourceError) as refusal:
        desk.keep(read_answers(saved(path, rows), desk))
    assert place in str(refusal.value)
    assert refusal.value.next_step
    assert store.control.reviews() == []


def test_a_line_number_counts_lines_of_the_file(desk: ReviewDesk, tmp_path: Path) -> None:
    path, rows = exported(desk, tmp_path)
    rows[0]["comment"] = "one\ntwo\nthree"
    rows[1]["verdict"] = "maybe"
    with pytest.raises(SourceError, match="line 5, column verdict"):
        read_answers(saved(path, rows), desk)


@pytest.mark.parametrize("missing", ["key", "verdict", "barrier"])
def test_a_missing_column_is_named(desk: ReviewDesk, tmp_path: Path, missing: str) -> None:
    path, _ = exported(desk, tmp_path)
    path.write_text(path.read_text("utf-8-sig").replace(missing, "other", 1), "utf-8")
    with pytest.raises(SourceError, match=f"The {missing} must be there exactly once"):
        read_answers(path, desk)


def test_a_file_of_another_data_folder_is_refused(desk: ReviewDesk, tmp_path: Path) -> None:
    with Store.open(tmp_path / "other", create=True) as store:
        fill(store, mixed(50))
        path, rows = exported(ReviewDesk(store), tmp_path)
    rows[0]["verdict"] = "neutral"
    with pytest.raises(SourceError, match="no comment of this data folder"):
        read_answers(saved(path, rows), desk)


def test_a_place_that_cannot_be_written_or_read_is_named(desk: ReviewDesk, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be written"):
        write_queue([], tmp_path / "missing" / "queue.csv")
    with pytest.raises(SourceError, match="cannot be read"):
        read_answers(tmp_path / "missing.csv", desk)


class NoMessages(ReviewDesk):
    """A desk that knows no message."""

    def __init__(self) -> None:
        pass

    def find(self, keys: object) -> dict[str, object]:  # type: ignore[override]
        return {}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wild") / "answers.csv"


@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda t: f"key,verdict,barrier\n{t}".encode("utf-8", "replace"))
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_read_or_refused_in_words(scratch: Path, content: bytes) -> None:
    scratch.write_bytes(content)
    with suppress(SourceError):
        assert read_answers(scratch, NoMessages()) == []


def test_items_without_parent_or_community_have_empty_cells(tmp_path: Path) -> None:
    item = ReviewItem("k" * 32, "random", "Text", None, None, (), "pass", None, "It does not.")
    write_queue([item], tmp_path / "queue.csv")
    with (tmp_path / "queue.csv").open(encoding="utf-8-sig", newline="") as stream:
        row = next(csv.DictReader(stream))
    assert (row["answers"], row["community"]) == ("", "")
