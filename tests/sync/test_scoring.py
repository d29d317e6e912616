"""Each message gets a verdict: only what has none, in batches, resumable, never two models mixed."""

from __future__ import annotations

from datetime import timedelta

import pytest

import adoption.scoring
from adoption.model import AuthorKind, MessageKind, Row
from adoption.scoring import ScoreResult, score, text_hash
from adoption.store import Store
from tests.store.build import MONDAY, ask, community, message, put
from tests.sync.conftest import Watched
from tests.sync.scripted import ByWords

ROWS: list[Row] = [
    community("ward", name="The ward"),
    message("1", "why not email"),
    message(
        "2", "well said", kind=MessageKind.REPLY, parent_id="1", created_at=MONDAY + timedelta(40)
    ),
    message("3", "quoi"),
]


def flag(
    store: Store, detector: ByWords, progress: Watched | None = None, **more: bool
) -> ScoreResult:
    """Score without cancelling."""
    watch = progress or Watched()
    return score(store, detector, progress=watch, cancelled=lambda: False, **more)


def test_every_message_gets_a_verdict(store: Store, progress: Watched) -> None:
    put(store, ROWS)
    detector = ByWords()
    result = flag(store, detector, progress)
    assert (result.state, result.model, result.scored, result.flagged) == (
        "finished",
        "words-1",
        3,
        1,
    )
    assert result.by_state == {"scored": 2, "unsupported_language": 1}
    assert result.seconds > 0
    assert progress.told[0] == ("flag", 0, 3)
    assert progress.told[-1] == ("flag", 3, 3)
    assert ask(store, "SELECT message_id, state, flag, barrier FROM verdicts ORDER BY 1") == [
        ("1", "scored", "flag", "existing_channel"),
        ("2", "scored", "pass", None),
        ("3", "unsupported_language", "pass", None),
    ]
    with store.snapshot() as snapshot:
        assert snapshot.id == result.snapshot


def test_the_detector_sees_the_answered_text_and_the_name_of_the_community(store: Store) -> None:
    put(store, ROWS)
    detector = ByWords()
    flag(store, detector)
    seen = {comment.id: comment for comment in detector.seen}
    assert seen["2"].parent == "why not email"
    assert seen["2"].community == "The ward"
    assert seen["1"].parent is None


def test_what_was_judged_is_not_judged_again(store: Store) -> None:
    put(store, ROWS)
    first = flag(store, ByWords())
    again = ByWords()
    result = flag(store, again)
    assert (result.scored, again.seen, result.snapshot) == (0, [], first.snapshot)
    put(store, [message("4", "new")])
    assert flag(store, again).scored == 1
    assert [comment.id for comment in again.seen] == ["4"]


def test_an_edited_message_is_judged_again(store: Store) -> None:
    put(store, ROWS)
    flag(store, ByWords())
    put(store, [message("1", "fine by me")])
    assert flag(store, ByWords()).scored == 1
    assert ask(store, "SELECT flag FROM verdicts WHERE message_id = '1'") == [("pass",)]


def test_only_public_messages_of_people_are_judged(store: Store) -> None:
    put(
        store,
        [
            community("board", is_private=True),
            message("1", community_id="board"),
            message("2", author_kind=AuthorKind.BOT),
            message("3", "", deleted_at=MONDAY),
        ],
    )
    assert flag(store, ByWords()).scored == 0


def test_a_new_version_judges_everything_and_is_shown_when_it_has(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption.scoring, "BATCH_MESSAGES", 2)
    put(store, [message(str(number)) for number in range(5)])
    flag(store, ByWords("words-1"))
    stopped = score(store, ByWords("words-2"), progress=Watched(), cancelled=lambda: True)
    assert (stopped.state, stopped.scored) == ("stopped", 2)
    assert ask(store, "SELECT model, count(*) FROM verdicts GROUP BY 1") == [("words-1", 5)]
    rest = flag(store, ByWords("words-2"))
    assert (rest.state, rest.scored) == ("finished", 3)
    assert ask(store, "SELECT model, count(*) FROM verdicts GROUP BY 1") == [("words-2", 5)]
    assert ask(store, "SELECT count(*) FROM scores") == [(10,)]


def test_the_first_detector_ever_is_shown_from_its_first_batch(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption.scoring, "BATCH_MESSAGES", 2)
    put(store, [message(str(number)) for number in range(5)])
    score(store, ByWords(), progress=Watched(), cancelled=lambda: True)
    assert ask(store, "SELECT count(*) FROM verdicts") == [(2,)]


def test_everything_can_be_judged_again(store: Store) -> None:
    put(store, ROWS)
    flag(store, ByWords())
    assert flag(store, ByWords(), everything=True).scored == 3
    assert ask(store, "SELECT count(*) FROM scores") == [(3,)]


def test_a_store_without_messages_is_done_at_once(store: Store, progress: Watched) -> None:
    assert flag(store, ByWords(), progress).scored == 0
    assert progress.told == [("flag", 0, 0)]


@pytest.mark.parametrize("text", ["", "email", "naïve ‘quotes’ 🙂", "\0", "a" * 10_000])
def test_the_hash_of_a_text_is_that_of_the_engine(store: Store, text: str) -> None:
    assert ask(store, "SELECT sha256(?)[:32]", text) == [(text_hash(text),)]
