"""Reviews in the store: kept together, taken back, and told apart by why they were made."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from adoption.store import Control, Review, Store
from adoption.store.migrations import STEPS
from tests.store.build import MONDAY, ask, message, put, put_scores, score_row


def word(number: str, verdict: str = "neutral", reason: str = "") -> Review:
    return Review("net", number, verdict, None, "reviewer", MONDAY, reason)


def test_the_verdicts_show_beside_the_reviewers_word_what_the_model_said(store: Store) -> None:
    put(store, [message("1"), message("2"), message("3")])
    put_scores(store, [score_row("1"), score_row("2"), score_row("3")])
    store.control.add_reviews([word("1", reason="random"), word("2", reason="uncertain")])
    columns = "reviewed, drawn, pushback, model_pushback, flag, model_flag, model_state"
    assert ask(store, f"SELECT {columns} FROM verdicts ORDER BY message_id") == [
        (True, True, 0.0, 0.9, "pass", "flag", "scored"),
        (True, False, 0.0, 0.9, "pass", "flag", "scored"),
        (False, False, 0.9, 0.9, "flag", "flag", "scored"),
    ]


def test_several_reviews_make_one_snapshot_and_one_entry_of_the_audit(store: Store) -> None:
    before = store.control.published()
    number = store.control.add_reviews([word("1"), word("2")])
    assert before is not None
    assert number == before.id + 1
    entry = store.control.audit_entries(1)[0]
    assert (entry.actor, entry.detail) == ("reviewer", f"snapshot {number}: 2 reviews")


def test_a_review_taken_back_makes_the_earlier_one_count_again(store: Store) -> None:
    put(store, [message("1")])
    put_scores(store, [score_row("1")])
    store.control.add_review(word("1", "support"))
    store.control.add_review(word("1", "neutral"))
    store.control.undo_review("net", "1", "reviewer")
    assert ask(store, "SELECT stance FROM verdicts") == [("support",)]
    store.control.undo_review("net", "1", "reviewer")
    assert ask(store, "SELECT stance, reviewed FROM verdicts") == [("pushback", False)]
    assert "taken back" in store.control.audit_entries(1)[0].detail


def test_reviews_of_the_first_format_are_kept_without_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "app.sqlite"
    old = sqlite3.connect(path)
    old.executescript(f"{STEPS[0]} PRAGMA user_version = 1;")
    old.execute(
        "INSERT INTO reviews (network, message_id, verdict, reviewer_role, at) VALUES (?, ?, ?, ?, ?)",
        ("net", "1", "neutral", "reviewer", MONDAY.isoformat()),
    )
    old.commit()
    old.close()
    control = Control(path)
    assert control.reviews() == [word("1")]
    control.close()
