"""Every page in every state, and every number on it the one the command line prints."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from adoption.cli import main
from adoption.metrics import CATALOGUE
from adoption.overview import HEADLINES
from adoption.service import Service
from adoption.wording import amount
from tests.conftest import Northfield
from tests.service.objector import flag_everything
from tests.service.talk import OBJECTION, ORDINARY, write_staff, write_talk
from tests.ui.conftest import PAGES, Open, words

PUSHBACK = ("pushback-rate", "objectors-share", "answered-pushback", "time-to-answer")
QUARTER = "2026-W14:2026-W26"


def printed(home: Path, name: str, *options: str) -> dict[str, object]:
    """What ``adoption metrics NAME --json`` prints."""
    result = CliRunner().invoke(main, ["--home", str(home), "metrics", name, "--json", *options])
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def as_written(told: dict[str, object]) -> str:
    """The figure of a metric as the product writes it."""
    total, unit = told["total"], str(told["unit"])
    assert isinstance(total, dict)
    if total["state"] == "shown":
        return amount(total["value"], unit)
    return "hidden" if total["state"] == "suppressed" else "not available"


def cards(app: AppTest) -> dict[str, str]:
    """The cards of a page: their title and their figure."""
    return {card.label.removesuffix(" per 1,000"): card.value for card in app.metric}


def assert_cards_are_printed(
    app: AppTest, home: Path, names: tuple[str, ...], *options: str
) -> None:
    shown = cards(app)
    assert len(shown) == len(names)
    for name in names:
        assert shown[CATALOGUE[name].title] == as_written(printed(home, name, *options)), name


# Full


def test_every_number_of_the_overview_is_the_one_the_command_line_prints(
    northfield: Northfield, visit: Open
) -> None:
    app = visit(northfield.flagged)
    assert "30 Mar 2026 to 28 Jun 2026" in words(app)
    assert_cards_are_printed(app, northfield.flagged, HEADLINES, "--period", QUARTER)


def test_every_number_of_pushback_is_the_one_the_command_line_prints(
    northfield: Northfield, visit: Open
) -> None:
    app = visit(northfield.flagged, "pushback")
    assert_cards_are_printed(app, northfield.flagged, PUSHBACK, "--period", QUARTER)


def test_the_charts_draw_what_the_command_line_prints(northfield: Northfield, visit: Open) -> None:
    app = visit(northfield.flagged)
    drawn = [value for chart in app.get("vega_lite_chart") for value in _values(chart)]
    weekly = printed(northfield.flagged, "active-people", "--by", "week", "--period", QUARTER)
    by_department = printed(
        northfield.flagged, "active-share", "--by", "department", "--period", QUARTER
    )
    for told in (weekly, by_department):
        rows = told["rows"]
        assert isinstance(rows, list)
        for row in rows:
            if row["state"] == "shown" and row["value"]:
                assert row["value"] in drawn
    assert all(chart.proto.alt for chart in app.get("vega_lite_chart"))


def test_the_story_says_the_same_as_the_cards(northfield: Northfield, visit: Open) -> None:
    shown = cards(visit(northfield.flagged))
    story = next(m.value for m in visit(northfield.flagged).markdown if "took part" in m.value)
    for title in ("Active share", "Response rate", "Pushback rate"):
        assert shown[title].split(" ")[0] in story


def test_choices_in_the_url_are_choices_on_the_page(northfield: Northfield, visit: Open) -> None:
    app = visit(northfield.flagged, weeks="4", until="2026-W20", department=["Therapies"])
    options = ("--period", "2026-W17:2026-W20", "--department", "Therapies")
    assert_cards_are_printed(app, northfield.flagged, HEADLINES, *options)
    assert app.selectbox(key="weeks").value == 4
    assert app.multiselect(key="department").value == ["Therapies"]


def test_choices_that_do_not_exist_are_ignored(northfield: Northfield, visit: Open) -> None:
    app = visit(northfield.flagged, weeks="999", until="<script>", department=["Nowhere"])
    assert app.selectbox(key="weeks").value == 13
    assert app.multiselect(key="department").value == []


def test_choosing_another_length_changes_the_figures(northfield: Northfield, visit: Open) -> None:
    app = visit(northfield.flagged)
    app.selectbox(key="weeks").set_value(26).run()
    assert not app.exception
    options = ("--period", "2026-W01:2026-W26")
    assert_cards_are_printed(app, northfield.flagged, HEADLINES, *options)


def test_flagged_comments_are_shown_masked_with_the_words_that_decided(
    tmp_path: Path, visit: Open
) -> None:
    home = a_talkative_place(tmp_path)
    app = visit(home, "pushback")
    bodies = [element.proto.body for element in app.get("html")]
    assert len(bodies) == 10
    assert all("<mark" in body for body in bodies)
    assert all("&lt;b&gt;" in body and "<b>" not in body for body in bodies)
    assert not any("northfield.example" in body or "Number" in body for body in bodies)
    app.button[-1].click().run()
    assert len(app.get("html")) > 10
    chosen = visit(home, "pushback", barrier="face_to_face")
    assert chosen.get("html") == []


def test_what_is_hidden_is_said_by_name(northfield: Northfield, visit: Open) -> None:
    said = words(visit(northfield.flagged, "pushback"))
    assert "Hidden for privacy" in said
    assert "Acute medicine" in said


def test_each_figure_says_how_it_is_counted(northfield: Northfield, visit: Open) -> None:
    app = visit(northfield.flagged)
    said = words(app)
    for name in HEADLINES:
        assert str(printed(northfield.flagged, name)["how_counted"]) in said
        assert f"adoption metrics {name} --period" in said
    assert all(card.help for card in app.metric)


def test_connectors_lists_what_was_read(northfield: Northfield, visit: Open) -> None:
    app = visit(northfield.flagged, "connectors")
    headings = [heading.value for heading in app.subheader]
    assert {"viva-engage", "people", "Last runs"} <= set(headings)
    said = words(app)
    with Service(northfield.flagged) as service:
        rows = service.status().networks["viva-engage"]
    assert f"{rows.messages:,} messages from {rows.people:,} people" in said
    assert len(app.dataframe[0].value) == 2


# Other states


@pytest.mark.parametrize("page", PAGES)
def test_before_anything_was_read_each_page_says_what_to_do(
    page: str, tmp_path: Path, visit: Open
) -> None:
    app = visit(tmp_path / "new", page)
    said = words(app)
    assert "Nothing has been read yet" in said or "No network is connected yet" in said
    assert len(app.metric) == 0
    assert app.error == []


@pytest.mark.parametrize("page", PAGES)
def test_a_people_file_alone_is_not_data_yet(page: str, tmp_path: Path, visit: Open) -> None:
    home = tmp_path / "home"
    with Service(home, create=True) as service:
        service.import_files([write_staff(tmp_path / "staff.csv", 20)])
    assert len(visit(home, page).metric) == 0


def test_before_anything_was_flagged_pushback_says_so(northfield: Northfield, visit: Open) -> None:
    app = visit(northfield.imported, "pushback")
    with Service(northfield.imported) as service:
        waiting = service.status().unflagged
    assert f"{waiting:,} messages have not been looked at" in app.info[0].value
    assert set(cards(app).values()) <= {"not available", "hidden"}
    assert visit(northfield.imported).metric


def test_stale_data_is_said_and_fresh_data_is_not(
    northfield: Northfield, tmp_path: Path, visit: Open
) -> None:
    assert any("newest message" in w.value for w in visit(northfield.flagged).warning)
    today = datetime.now(UTC) - timedelta(hours=2)
    talk = tmp_path / "now.csv"
    talk.write_text(
        "id,date,author,text\n"
        + "".join(f"{n},{today:%Y-%m-%dT%H:%M:%SZ},a{n},Good morning\n" for n in range(20))
    )
    home = tmp_path / "home"
    with Service(home, create=True) as service:
        service.import_files([talk])
    assert not any("newest message" in w.value for w in visit(home).warning)


@pytest.mark.parametrize("page", ["overview", "pushback"])
def test_a_period_without_data_says_why_there_is_no_figure(
    page: str, northfield: Northfield, visit: Open
) -> None:
    app = visit(northfield.flagged, page, weeks="4", until="2026-W02", department=["Therapies"])
    names = HEADLINES if page == "overview" else PUSHBACK
    options = ("--period", "2025-W51:2026-W02", "--department", "Therapies")
    assert_cards_are_printed(app, northfield.flagged, names, *options)


@pytest.mark.parametrize("page", ["overview", "pushback"])
def test_a_small_selection_is_hidden_and_says_so(page: str, tmp_path: Path, visit: Open) -> None:
    home = tmp_path / "home"
    with Service(home, create=True) as service:
        staff = write_staff(tmp_path / "staff.csv", 60, ["Surgery"] * 14 + ["Tiny"])
        service.import_files([staff])
        service.import_files([write_talk(tmp_path / "talk.csv", [ORDINARY] * 60, authors=60)])
    flag_everything(home)
    app = visit(home, page, department=["Tiny"])
    figures = set(cards(app).values())
    assert figures <= {"hidden", "not available"}
    assert "hidden" in figures
    assert "fewer than" in " ".join(card.help for card in app.metric).lower()
    assert app.get("html") == []


@pytest.mark.parametrize("page", PAGES)
def test_a_damaged_store_is_said_calmly(page: str, home: Path, visit: Open) -> None:
    (home / "app.sqlite").write_bytes(b"not a database " * 500)
    for scratch in home.glob("app.sqlite-*"):
        scratch.unlink()
    app = visit(home, page)
    assert "damaged" in app.error[0].value
    assert "adoption doctor" in words(app)


def test_files_that_went_missing_are_said_calmly(home: Path, visit: Open) -> None:
    for part in (home / "lake" / "messages").rglob("*.parquet"):
        part.unlink()
    assert visit(home).error


def a_talkative_place(folder: Path) -> Path:
    """Thirty people who each object in their own words, with markup and names in them."""
    home = folder / "home"
    texts = [f"{OBJECTION} <b>{n}</b> Person Number{n}, {'ab' * n}" for n in range(30)]
    with Service(home, create=True) as service:
        service.import_files([write_staff(folder / "staff.csv", 40)])
        service.import_files([write_talk(folder / "talk.csv", texts, authors=30)])
    flag_everything(home)
    return home


def _values(chart: Any) -> list[float]:
    """The figures a chart was given."""
    with pyarrow.ipc.open_stream(chart.proto.data.data) as stream:
        return [float(value) for value in stream.read_all()["value"].to_pylist() if value]
