"""Flagging, figures, comments, groups, events and the state of the data folder."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adoption.errors import SettingsError, StoreError
from adoption.metrics import Selection
from adoption.overview import HEADLINES, TREND_HEADLINES
from adoption.period import Period
from adoption.privacy import Floors
from adoption.service import Service
from adoption.store import Store
from tests.conftest import Northfield
from tests.service.objector import flag_everything
from tests.service.rows import contents
from tests.service.talk import OBJECTION, ORDINARY, write_staff, write_talk

QUARTER = Period.parse("2026-W14:2026-W26")


@pytest.fixture
def empty(tmp_path: Path) -> Service:
    return Service(tmp_path / "empty", create=True)


def test_flagging_looks_at_what_is_new_only_unless_everything_is_asked(
    northfield: Northfield, home: Path, tmp_path: Path
) -> None:
    assert contents(northfield.imported).unflagged > 1500
    assert contents(home).unflagged == 0
    with Service(home) as service:
        assert service.flag(profile="lite").scored == 0
        service.import_files([write_talk(tmp_path / "talk.csv", [OBJECTION, ORDINARY])])
        assert service.status().unflagged == 2
        first = service.flag(profile="lite")
        assert (first.scored, first.flagged) == (2, 1)
        assert first.model == service.status().model


def test_everything_is_scored_again_when_asked(tmp_path: Path) -> None:
    with Service(tmp_path / "home", create=True) as service:
        service.import_files([write_talk(tmp_path / "talk.csv", [OBJECTION, ORDINARY])])
        stages: list[tuple[str, int, int | None]] = []
        service.flag(profile="lite")
        again = service.flag(
            profile="lite",
            everything=True,
            progress=lambda stage, done, total, note="": stages.append((stage, done, total)),
        )
    assert again.scored == 2
    assert stages[-1] == ("flag", 2, 2)


def test_flagging_that_is_stopped_goes_on_later(unflagged: Path) -> None:
    with Service(unflagged) as service:
        stopped = service.flag(profile="lite", cancelled=lambda: True)
        assert stopped.state == "stopped"
        waiting = service.status().unflagged
        assert stopped.scored > 0
        assert waiting > 0


def test_an_unknown_profile_is_refused(empty: Service) -> None:
    with pytest.raises(SettingsError):
        empty.flag(profile="huge")
    empty.close()


def test_without_messages_there_is_no_period_and_nothing_to_warm(empty: Service) -> None:
    assert empty.data_span() is None
    with pytest.raises(SettingsError) as caught:
        empty.latest_period()
    assert "adoption demo" in caught.value.next_step
    empty.warm()
    assert empty.flag(profile="lite").scored == 0
    assert empty.groups() == {"networks": [], "communities": [], "departments": []}
    assert empty.status().networks == {}
    empty.close()


def test_a_people_file_alone_is_no_data_to_show(empty: Service, northfield: Northfield) -> None:
    empty.import_files([northfield.sample.people_file])
    assert empty.data_span() is None
    assert empty.status().networks["people"].people == 400
    empty.close()


def test_the_last_whole_weeks_are_the_period_to_begin_with(northfield: Northfield) -> None:
    with Service(northfield.flagged) as service:
        span = service.data_span()
        assert span is not None
        assert span[1] == date(2026, 6, 28)
        assert str(service.latest_period()) == "2026-W14:2026-W26"
        assert str(service.latest_period(4)) == "2026-W23:2026-W26"


def test_the_headline_figures_come_with_their_comparison_from_one_snapshot(
    northfield: Northfield,
) -> None:
    with Service(northfield.flagged) as service:
        headlines = service.overview(QUARTER, Selection())
        alone = {name: service.metric(name, QUARTER) for name in HEADLINES}
    assert tuple(h.now.metric for h in headlines) == HEADLINES
    assert {h.now.snapshot for h in headlines} == {contents(northfield.flagged).snapshot}
    for headline in headlines:
        assert headline.now.total == alone[headline.now.metric].total
        assert headline.before.period == QUARTER.previous()
        assert (headline.weekly is not None) == (headline.now.metric in TREND_HEADLINES)


def test_warming_computes_what_the_first_page_asks_for(home: Path) -> None:
    with Service(home) as service:
        service.warm()
        warmed = service.overview(QUARTER, Selection())
        service.warm()
        assert service.overview(QUARTER, Selection()) == warmed


def test_an_unknown_metric_or_split_is_refused_with_those_there_are(
    northfield: Northfield,
) -> None:
    with Service(northfield.flagged) as service:
        with pytest.raises(SettingsError) as caught:
            service.metric("happiness", QUARTER)
        assert "pushback-rate" in str(caught.value)
        with pytest.raises(SettingsError):
            service.metric("pushback-rate", QUARTER, by="star-sign")


def test_a_selection_limits_figures_and_comments(northfield: Northfield) -> None:
    with Service(northfield.flagged) as service:
        everything = service.metric("posts", QUARTER).total.value or 0
        some = service.metric("posts", QUARTER, Selection(departments=("Therapies",))).total
        assert 0 < (some.value or 0) < everything
        none = service.metric("posts", QUARTER, Selection(networks=("elsewhere",))).total
        assert not none.value


def test_the_floors_can_be_raised_for_an_installation(northfield: Northfield) -> None:
    with Service(northfield.flagged, floors=Floors(activity_people=5000)) as service:
        assert not service.metric("posts", QUARTER).total.shown
    with pytest.raises(SettingsError):
        Floors(activity_people=2)


def test_comments_are_masked_and_have_no_author(tmp_path: Path) -> None:
    texts = [
        f"{OBJECTION} Person Number{n} says so too, write to person{n}@northfield.example"
        for n in range(30)
    ]
    with Service(tmp_path / "home", create=True) as service:
        service.import_files([write_staff(tmp_path / "staff.csv", 30)])
        service.import_files([write_talk(tmp_path / "talk.csv", texts, authors=30)])
        flag_everything(tmp_path / "home")
        found = service.comments(Period.parse("2026-W09:2026-W14"), limit=5)
    assert 0 < len(found) <= 5
    words = str(found.as_dict())
    assert "Number" not in words
    assert "northfield.example" not in words
    assert "author" not in words
    for comment in found:
        assert comment.barrier == "existing_channel"
        assert [comment.text[start:end] for start, end, _ in comment.evidence] == ["Why"]


def test_comments_of_too_few_people_are_kept_back(tmp_path: Path) -> None:
    with Service(tmp_path / "home", create=True) as service:
        service.import_files([write_talk(tmp_path / "talk.csv", [OBJECTION] * 9, authors=3)])
        flag_everything(tmp_path / "home")
        found = service.comments(Period.parse("2026-W09:2026-W14"))
    assert len(found) == 0
    assert "Fewer than" in found.note


def test_what_figures_can_be_limited_to_is_what_is_there(northfield: Northfield) -> None:
    with Service(northfield.flagged) as service:
        groups = service.groups()
    assert groups["networks"] == [("viva-engage", "viva-engage")]
    assert ("Therapies", "Therapies") in groups["departments"]
    assert all(key.startswith("viva-engage/") and label for key, label in groups["communities"])


def test_what_was_done_about_barriers_is_an_event_of_its_period(northfield: Northfield) -> None:
    with Service(northfield.flagged) as service:
        titles = [event.title for event in service.events(QUARTER)]
        assert titles == [enabler.title for enabler in service.enablers()]
        assert len(titles) == 3
        assert service.events(QUARTER.previous()) == []


def test_the_state_of_the_data_folder_is_told_as_plain_values(northfield: Northfield) -> None:
    with Service(northfield.flagged) as service:
        told = service.status().as_dict()
    assert set(told["networks"]) == {"people", "viva-engage"}
    assert told["unflagged"] == 0
    assert told["networks"]["viva-engage"]["newest"].startswith("2026-06-28")
    assert {run["network"] for run in told["runs"]} == {"people", "viva-engage"}
    assert all(run["state"] == "finished" and run["ended_at"] for run in told["runs"])
    streams = {(point["network"], point["stream"]) for point in told["checkpoints"]}
    assert ("viva-engage", "messages") in streams


def test_only_one_writes_at_a_time_and_the_other_is_told_who(
    unflagged: Path, tmp_path: Path
) -> None:
    talk = write_talk(tmp_path / "talk.csv")
    before = contents(unflagged)
    with Store.open(unflagged) as holder, holder.writer("a long import"), Service(unflagged) as me:
        with pytest.raises(StoreError) as caught:
            me.import_files([talk])
        with pytest.raises(StoreError):
            me.flag(profile="lite")
        assert me.metric("posts", QUARTER).total.shown, "reading is never held up"
    assert "a long import" in caught.value.what
    assert contents(unflagged) == before


def test_the_sample_network_comes_in_as_a_customers_would(tmp_path: Path) -> None:
    home, until = tmp_path / "home", date(2026, 6, 28)
    with Service(home, create=True) as service:
        sample = service.load_sample(100, 3, 7, until)
        service.load_sample(100, 3, 7, until)
        status = service.status()
        assert len(service.enablers()) == 3
    assert sample.export_zip.is_file()
    assert status.unflagged == 0
    assert status.networks["viva-engage"].messages > 100


def test_a_sample_that_is_stopped_is_not_flagged(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Service(home, create=True) as service:
        service.load_sample(100, 3, 7, date(2026, 6, 28), cancelled=lambda: True)
        assert service.status().model is None


def test_a_fresh_message_is_seen_at_once(tmp_path: Path, home: Path) -> None:
    now = datetime.now(UTC) - timedelta(hours=1)
    talk = tmp_path / "now.csv"
    talk.write_text(f"id,date,author,text\n1,{now:%Y-%m-%dT%H:%M:%SZ},a,Good morning to all\n")
    with Service(home) as service:
        service.import_files([talk])
        span = service.data_span()
    assert span is not None
    assert span[1] == now.date()
