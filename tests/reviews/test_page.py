"""The Review page as people use it: see a comment, answer, undo, see how the detector does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from adoption.service import Service
from adoption.settings import HOME_VARIABLE
from adoption.store import Review, Store
from adoption.store.records import now
from adoption.ui import session

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard.py"
PAGE = "adoption/ui/pages/review.py"


@pytest.fixture(autouse=True)
def _fresh_service() -> Iterator[None]:
    session._opened.clear()
    yield
    session._opened.clear()


def opened(home: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Review page of a data folder."""
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    app = AppTest.from_file(str(DASHBOARD), default_timeout=60)
    app.run()
    app.switch_page(PAGE).run()
    assert not app.exception
    return app


def reviews(home: Path) -> list[Review]:
    with Store.open(home) as store:
        return store.control.reviews()


def text(app: AppTest) -> str:
    """All words on the page."""
    parts = (*app.markdown, *app.caption, *app.subheader, *app.title, *app.error)
    return "\n".join(str(part.value) for part in parts)


def progress(app: AppTest) -> str:
    return str(app.get("progress")[0].proto.text)


def button(app: AppTest, key: str) -> Any:
    return app.button(key=f"answer-{key}")


def test_without_data_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened(tmp_path / "empty", monkeypatch)
    assert "Nothing has been read yet" in text(app)


def test_before_anything_is_judged_it_says_so(
    unflagged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(unflagged, monkeypatch)
    assert "Nothing has been judged yet" in text(app)


def test_when_everything_is_reviewed_it_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(home) as store, store.snapshot() as snapshot:
        rows = snapshot.sql("SELECT network, message_id FROM verdicts")
        store.control.add_reviews(
            [
                Review(network, message_id, "neutral", None, "reviewer", now(), "random")
                for network, message_id in rows
            ]
        )
    app = opened(home, monkeypatch)
    assert "Nothing waits for review" in text(app)


def test_a_comment_is_answered_counted_and_taken_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(home, monkeypatch)
    assert progress(app) == "0 of 40 today"
    assert "Random check" in text(app)
    first = app.session_state["review_queue"][0]
    button(app, "neutral").click().run()
    assert progress(app) == "1 of 40 today"
    assert [review.verdict for review in reviews(home)] == ["neutral"]
    second = app.session_state["review_queue"][0]
    assert second.key != first.key
    button(app, "undo").click().run()
    assert progress(app) == "0 of 40 today"
    assert reviews(home) == []
    assert app.session_state["review_queue"][0] == first


def test_each_button_keeps_what_it_says_and_has_a_key_of_its_own(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(home, monkeypatch)
    for key in ("neutral", "support", "unsure"):
        button(app, key).click().run()
    assert [r.verdict for r in reviews(home)] == ["neutral", "support", "undetermined"]
    keys = [button(app, key).proto.shortcut for key in ("pushback", "neutral", "support", "unsure")]
    assert [key.lower() for key in keys] == ["y", "n", "s", "u"]
    assert button(app, "undo").proto.shortcut.lower() == "z"


def test_pushback_needs_a_reason_and_takes_the_one_that_is_chosen(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(home, monkeypatch)
    while app.session_state["review_queue"][0].barrier is not None:
        button(app, "neutral").click().run()
    before = len(reviews(home))
    assert button(app, "pushback").proto.disabled
    item = app.session_state["review_queue"][0]
    app.selectbox(key=f"reason-{item.key}").select("imposed").run()
    assert not button(app, "pushback").proto.disabled
    button(app, "pushback").click().run()
    kept = reviews(home)
    assert len(kept) == before + 1
    assert (kept[-1].verdict, kept[-1].barrier) == ("pushback", "imposed")


def test_the_detectors_reason_is_offered_so_that_one_key_confirms(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(home, monkeypatch)
    while app.session_state["review_queue"][0].flag != "flag":
        button(app, "neutral").click().run()
    item = app.session_state["review_queue"][0]
    assert app.selectbox(key=f"reason-{item.key}").value == item.barrier
    button(app, "pushback").click().run()
    assert (reviews(home)[-1].verdict, reviews(home)[-1].barrier) == ("pushback", item.barrier)


def test_the_panel_shows_raw_beside_corrected_and_what_is_not_judged(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = text(opened(home, monkeypatch))
    assert "None of the 50 random checks" in words
    assert "Not judged:" in words
    assert "not known yet" in words
    with Service(home) as service:
        items = service.review_queue(1000)
        for item in [i for i in items if i.reason != "uncertain"][:160]:
            service.review(item.key, "confirm" if item.flag != "review" else "neutral")
    session._opened.clear()
    app = opened(home, monkeypatch)
    assert [metric.label for metric in app.metric][:1] == ["Flags that were right"]
    assert {"Corrected", "Raw, as flagged"} <= {metric.label for metric in app.metric}
    assert "95 % interval" in text(app)


def test_answers_from_a_spreadsheet_are_taken_over_or_refused_in_words(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "queue.csv"
    with Service(home) as service:
        service.export_review_queue(path, 10)
    lines = path.read_text("utf-8-sig").splitlines()
    app = opened(home, monkeypatch)
    upload(app, [lines[0], *(f"{line[:-2]},unsure," for line in lines[1:4])])
    assert [str(one.value) for one in app.success] == ["3 answers taken over."]
    assert len(reviews(home)) == 3
    button(app, "neutral").click().run()
    assert not app.exception
    upload(app, [lines[0], f"{lines[1][:-2]},perhaps,"])
    assert "line 2, column verdict" in text(app)
    assert str(tmp_path) not in text(app)


def upload(app: AppTest, lines: list[str]) -> None:
    """Give the page a file of answers and press the button."""
    content = "".join(f"{line}\n" for line in lines).encode()
    app.file_uploader[0].upload("queue.csv", content).run()
    app.button(key="review_import").click().run()


def test_no_author_and_no_name_reaches_the_page(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(home) as store:
        people = store.control.identities()
    app = opened(home, monkeypatch)
    for _ in range(12):
        shown = text(app) + "".join(str(html.proto.body) for html in app.get("html"))
        for person in people:
            assert person.person_id not in shown
            assert not (person.name and person.name in shown)
        button(app, "unsure").click().run()
