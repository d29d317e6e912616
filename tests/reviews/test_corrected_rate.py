"""The corrected pushback rate on the real store: from random checks only, through the gate."""

from __future__ import annotations

from random import Random

import pytest

from adoption.metrics import Figures, compute
from adoption.metrics.corrected import FEWEST_CHECKS
from adoption.period import Period
from adoption.privacy import State, release
from adoption.reviews import RANDOM_FLAG, UNCERTAIN
from adoption.store import Store
from tests.reviews.build import FLAGGED, PASSED, fill, numbers, word

WHEN = Period.parse("2026-W02:2026-W05")
MESSAGES = 1500


def asked(store: Store, by: str | None = None) -> Figures:
    with store.snapshot() as snapshot:
        return compute(snapshot, "pushback-corrected", WHEN, by=by)


@pytest.fixture
def truth(store: Store) -> dict[str, bool]:
    """A network of which one in ten messages pushes back, with a detector that errs both ways."""
    random = Random(7)
    truth = {number: random.random() < 0.1 for number in numbers(MESSAGES)}
    verdicts = {}
    for number, pushes in truth.items():
        flagged = random.random() < (0.5 if pushes else 0.15)
        odds = random.uniform(0.6, 1.0) if flagged else random.uniform(0.0, 0.3)
        verdicts[number] = (FLAGGED if flagged else PASSED)._replace(pushback=odds)
    fill(store, verdicts)
    return truth


def check(store: Store, truth: dict[str, bool], number: int) -> None:
    """People check so many messages at random (one fixed draw) and say what is true."""
    drawn = Random(5).sample(list(truth), number)
    words = [word(n, "pushback" if truth[n] else "neutral") for n in drawn]
    store.control.add_reviews(words)


def test_there_is_none_before_enough_checks_and_a_sentence_says_so(
    store: Store, truth: dict[str, bool]
) -> None:
    cell = release(asked(store)).total
    assert cell.state is State.NOT_AVAILABLE
    assert cell.note.startswith(f"None of the {FEWEST_CHECKS} random checks")
    check(store, truth, FEWEST_CHECKS - 1)
    cell = release(asked(store)).total
    assert cell.state is State.NOT_AVAILABLE
    assert cell.note.startswith(f"{FEWEST_CHECKS - 1} of the {FEWEST_CHECKS} random checks")
    assert cell.value is None
    assert cell.numerator is None


def test_it_finds_the_true_rate_where_the_raw_one_is_wrong(
    store: Store, truth: dict[str, bool]
) -> None:
    check(store, truth, 300)
    true = 1000 * sum(truth.values()) / MESSAGES
    cell = release(asked(store)).total
    assert cell.low is not None
    assert cell.high is not None
    assert type(cell.value) is float
    assert cell.low < true < cell.high
    assert cell.numerator == pytest.approx(cell.value / 1000 * MESSAGES)
    assert cell.denominator == MESSAGES
    assert cell.note == "Estimated from 300 comments that people checked at random."
    with store.snapshot() as snapshot:
        raw = compute(snapshot, "pushback-rate", WHEN).total
    assert raw.low is not None
    assert raw.low > true


@pytest.mark.parametrize("reason", ["", RANDOM_FLAG, UNCERTAIN])
def test_reviews_that_chance_did_not_draw_from_everything_do_not_count(
    store: Store, truth: dict[str, bool], reason: str
) -> None:
    store.control.add_reviews([word(n, "neutral", reason) for n in list(truth)[:200]])
    assert asked(store).total.value is None


def test_unsure_answers_count_on_neither_side(store: Store, truth: dict[str, bool]) -> None:
    check(store, truth, 60)
    unsure = [n for n in truth if n not in {r.message_id for r in store.control.reviews()}][:40]
    store.control.add_reviews([word(n, "undetermined") for n in unsure])
    total = asked(store).total
    assert total.note == "Estimated from 60 comments that people checked at random."
    assert total.denominator == MESSAGES - 40


def test_each_group_needs_its_own_checks(store: Store, truth: dict[str, bool]) -> None:
    check(store, truth, 100)
    whole = asked(store).total
    assert asked(store, "community").rows[0].value == whole.value
    weeks = asked(store, "four_weeks").rows
    assert [row.value for row in weeks] == [whole.value]


def test_few_writers_are_hidden_with_or_without_checks(store: Store) -> None:
    fill(store, dict.fromkeys(numbers(80), FLAGGED), people=4)
    assert release(asked(store)).total.state is State.SUPPRESSED
    store.control.add_reviews([word(n, "pushback") for n in numbers(80)])
    hidden = release(asked(store)).total
    assert hidden.state is State.SUPPRESSED
    assert (hidden.value, hidden.low, hidden.numerator) == (None, None, None)
