"""What becomes of an answer: it counts at once, wins over the model, can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from adoption.errors import SettingsError
from adoption.period import Period
from adoption.privacy import Masker
from adoption.reviews import RANDOM, RANDOM_FLAG, UNCERTAIN, Judged, ReviewDesk
from adoption.service import Service
from adoption.store import Store
from tests.reviews.build import (
    DOUBTFUL,
    FLAGGED,
    NOBODY,
    PASSED,
    crowd,
    fill,
    mixed,
    numbers,
    whole_queue,
    word,
)
from tests.store.build import ask, put_scores

QUARTER = Period.parse("2026-W14:2026-W26")


@pytest.fixture
def desk(store: Store) -> ReviewDesk:
    """A desk over one flagged message, one in doubt and one that passed."""
    crowd(store)
    fill(store, {"flag": FLAGGED, "doubt": DOUBTFUL, "pass": PASSED})
    return ReviewDesk(store)


def judged(desk: ReviewDesk, store: Store, number: str) -> Judged:
    """The message behind an id."""
    rows = ask(
        store,
        "SELECT left(sha256($1 || '/' || network || '/' || message_id), 32) FROM verdicts"
        " WHERE message_id = $2",
        desk._salt,
        number,
    )
    return desk.find([rows[0][0]])[rows[0][0]]


@pytest.mark.parametrize(
    ("number", "verdict", "barrier", "kept"),
    [
        ("flag", "confirm", None, ("pushback", "existing_channel")),
        ("flag", "pushback", None, ("pushback", "existing_channel")),
        ("flag", "pushback", "dismissal", ("pushback", "dismissal")),
        ("flag", "not pushback", None, ("neutral", None)),
        ("flag", "neutral", None, ("neutral", None)),
        ("flag", "support", None, ("support", None)),
        ("flag", "unsure", None, ("undetermined", None)),
        ("doubt", "confirm", "imposed", ("pushback", "imposed")),
        ("pass", "confirm", None, ("neutral", None)),
        ("pass", "pushback", "skills", ("pushback", "skills")),
    ],
)
def test_each_answer_is_kept_as_meant(
    store: Store,
    desk: ReviewDesk,
    number: str,
    verdict: str,
    barrier: str | None,
    kept: tuple[str, str | None],
) -> None:
    desk.take(judged(desk, store, number).key, verdict, barrier)
    review = store.control.reviews()[0]
    assert (review.message_id, review.verdict, review.barrier) == (number, *kept)
    shown = ask(
        store,
        "SELECT stance, nullif(barrier, ''), reviewed FROM verdicts WHERE message_id = $1",
        number,
    )
    assert shown == [(None if kept[0] == "undetermined" else kept[0], kept[1], True)]


@pytest.mark.parametrize(
    ("number", "verdict", "barrier", "said"),
    [
        ("flag", "perhaps", None, "no verdict 'perhaps'"),
        ("flag", "pushback", "boredom", "no barrier 'boredom'"),
        ("flag", "neutral", "dismissal", "Only pushback has a reason"),
        ("pass", "pushback", None, "The detector gave no reason"),
        ("doubt", "confirm", None, "The detector gave no reason"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_in_words(
    store: Store, desk: ReviewDesk, number: str, verdict: str, barrier: str | None, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        desk.take(judged(desk, store, number).key, verdict, barrier)
    assert store.control.reviews() == []


def test_a_key_of_nothing_is_refused(desk: ReviewDesk) -> None:
    with pytest.raises(SettingsError, match="no such comment"):
        desk.take("0" * 32, "neutral")


def test_an_answer_keeps_the_stream_the_message_came_from(store: Store) -> None:
    fill(store, mixed(400))
    desk = ReviewDesk(store)
    streams = whole_queue(desk)
    for item in desk.queue(9, NOBODY):
        desk.take(item.key, "neutral")
    kept = {review.message_id: review.reason for review in store.control.reviews()}
    assert sorted(kept.values()) == sorted([RANDOM, RANDOM_FLAG, UNCERTAIN] * 3)
    assert all(number in streams[reason] for number, reason in kept.items())


def test_an_answer_is_in_the_audit_without_text_or_id(store: Store, desk: ReviewDesk) -> None:
    desk.take(desk.queue(1, NOBODY)[0].key, "unsure")
    entry = store.control.audit_entries(1)[0]
    assert entry.actor == "reviewer"
    assert entry.detail.endswith(": review")


def test_the_last_answer_can_be_taken_back(store: Store, desk: ReviewDesk) -> None:
    key = judged(desk, store, "flag").key
    before = ask(store, "SELECT * FROM verdicts ORDER BY message_id")
    desk.take(key, "neutral")
    desk.undo(key)
    assert ask(store, "SELECT * FROM verdicts ORDER BY message_id") == before
    assert key in {item.key for item in desk.queue(10, NOBODY)}


def test_a_correction_survives_a_new_version_of_the_detector(
    store: Store, desk: ReviewDesk
) -> None:
    desk.take(judged(desk, store, "flag").key, "neutral")
    rows = [FLAGGED._replace(message_id=number, model="v2") for number in ("flag", "doubt", "pass")]
    put_scores(store, rows, model="v2")
    shown = ask(store, "SELECT message_id, flag, model FROM verdicts ORDER BY 1")
    assert shown == [("doubt", "flag", "v2"), ("flag", "pass", "v2"), ("pass", "flag", "v2")]


def test_many_answers_are_kept_together_and_only_what_is_new(store: Store) -> None:
    fill(store, dict.fromkeys(numbers(5), FLAGGED))
    desk = ReviewDesk(store)
    answers = [word(number, "neutral") for number in numbers(3)]
    assert desk.keep(answers) == 3
    published = store.control.published()
    assert desk.keep(answers) == 0
    assert store.control.published() == published
    assert desk.keep([answers[0]._replace(verdict="support"), *answers[1:]]) == 1


def test_training_gets_masked_texts_and_no_random_checks(store: Store) -> None:
    fill(store, mixed(300))
    desk = ReviewDesk(store)
    items = desk.queue(30, NOBODY)
    for item in items:
        desk.take(item.key, "pushback", "skills")
    lessons = desk.lessons(NOBODY)
    taught = desk.find([item.key for item in items if item.reason != RANDOM])
    texts = {f"Comment {one.message_id}" for one in taught.values()}
    assert {lesson.comment.text for lesson in lessons} == texts
    assert {(lesson.verdict, lesson.barrier) for lesson in lessons} == {("pushback", "skills")}
    assert {lesson.comment.text for lesson in desk.lessons(Masker(names=["Comment"]))} == {
        text.replace("Comment", "[name]") for text in texts
    }


def test_a_correction_changes_the_figures_at_once(home: Path) -> None:
    with Service(home) as service:
        before = service.metric("pushback-rate", QUARTER).total.numerator
        wrong = next(item for item in service.review_queue(60) if item.reason == RANDOM_FLAG)
        every = [item for item in service.review_queue(400) if item.flag == "flag"]
        for item in every:
            service.review(item.key, "neutral")
        after = service.metric("pushback-rate", QUARTER).total
        assert wrong.key in {item.key for item in every}
        assert before
        assert (after.numerator or 0) < before
