"""Training: thresholds, n-grams, and what fifty corrections change."""

from __future__ import annotations

import random

import numpy as np
import pytest

from adoption.sentiment import Comment
from adoption.sentiment.corrections import Correction, to_examples
from adoption.sentiment.detector import LocalDetector
from adoption.sentiment.evaluation import average_precision
from adoption.sentiment.examples import Example, corpus_files, read_examples
from adoption.sentiment.lexicon import Lexicon
from adoption.sentiment.ngrams import hash_texts
from adoption.sentiment.outputs import COLUMNS
from adoption.sentiment.training.linear import fit_ngrams, score_ngrams
from adoption.sentiment.training.refit import adapt
from adoption.sentiment.training.run import Material, development_set, is_held_out, material
from adoption.sentiment.training.thresholds import (
    flag_threshold,
    recall_threshold,
    stance_threshold,
)
from adoption.sentiment.verdict import PUSHBACK, STANCES

PUSHES = STANCES.index(PUSHBACK)
SAMPLE = 600


def test_the_stance_threshold_keeps_precision_and_then_finds_the_most() -> None:
    truth = [True] * 10 + [False] * 10
    p = np.array([0.9] * 8 + [0.4] * 2 + [0.3] * 8 + [0.5] * 2)
    assert stance_threshold(truth, p) == pytest.approx(0.31, abs=0.06)
    hopeless = np.array([0.3] * 10 + [0.8] * 10)
    assert 0.2 <= stance_threshold(truth, hopeless) <= 0.9


def test_the_flag_threshold_keeps_work_talk_out() -> None:
    truth = [True] * 50 + [False] * 50
    p = np.concatenate([np.linspace(0.5, 0.95, 50), np.linspace(0.05, 0.6, 50)])
    ordinary = np.array([0.7, 0.72])
    threshold = flag_threshold(truth, p, ordinary, ordinary_messages=500, at_least=0.5)
    assert (ordinary >= threshold).sum() == 0
    assert flag_threshold(truth, p, ordinary, 5_000, at_least=0.5) <= threshold


def test_the_review_threshold_finds_its_share() -> None:
    p = np.linspace(0, 1, 101)
    assert (p[p >= recall_threshold([True] * 101, p, 0.95)]).size >= 0.95 * 101
    assert recall_threshold([False], np.array([0.3]), 0.95) == 0.05


def test_texts_are_hashed_alike_alone_and_in_a_batch() -> None:
    texts = ["why can't we use email", "", "a", "the lift — ærø 👍 again", "x" * 5_000]
    contexts = ["join yammer", "", "b", "", ""]
    weights = np.random.default_rng(0).normal(size=(1 << 17, 3)).astype(np.float32)
    together = hash_texts(texts, contexts).dot(weights)
    alone = [hash_texts([t], [c]).dot(weights)[0] for t, c in zip(texts, contexts, strict=True)]
    np.testing.assert_allclose(together, np.array(alone), atol=1e-4)
    picked = hash_texts(texts, contexts).take([3, 0]).dot(weights)
    np.testing.assert_allclose(picked, together[[3, 0]], atol=1e-4)


def test_whole_sources_are_held_out() -> None:
    examples = read_examples(corpus_files())
    by_group: dict[str, set[bool]] = {}
    for example in examples:
        by_group.setdefault(example.group, set()).add(is_held_out(example))
    assert all(len(sides) == 1 for sides in by_group.values())
    share = sum(map(is_held_out, examples)) / len(examples)
    assert 0.05 < share < 0.15


@pytest.fixture(scope="module")
def sample(lite: LocalDetector) -> Material:
    examples = random.Random(4).sample(read_examples(corpus_files()), SAMPLE)
    return material(examples, lite.lexicon)


WHO = ("the board", "our director", "the matron", "head office", "the dean", "facilities")
WHAT = ("parking", "the new rota", "pension letters", "the canteen", "leave cards", "flu jabs")


def alike(number: int) -> Comment:
    """Comments of one kind: a notice that is put into the pigeonholes, which nobody objects with."""
    who, what = WHO[number % 6], WHAT[(number // 6) % 6]
    return Comment(f"Pigeonhole slip number {number} from {who} about {what} is in the racks now")


def pushback_of(fitted: Material, asked: Material) -> np.ndarray:
    weights, bias = fit_ngrams(fitted.prepared, fitted.examples, seed=1, groups=["stance"])
    scores = score_ngrams(asked.prepared, weights, bias)[:, COLUMNS.stance]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray((odds / odds.sum(axis=1, keepdims=True))[:, PUSHES])


def test_fifty_corrections_change_like_messages_and_leave_the_rest_alone(
    sample: Material, lite: LocalDetector
) -> None:
    lexicon: Lexicon = lite.lexicon
    corrections = [Correction(alike(n), "pushback", "existing_channel") for n in range(50)]
    taught = material([*sample.examples, *to_examples(corrections)], lexicon)
    unseen = material(
        to_examples([Correction(alike(n), "pushback") for n in range(90, 110)]), lexicon
    )
    development = material(development_set(), lexicon)
    truth = [e.stance == PUSHBACK for e in development.examples]
    before, after = pushback_of(sample, unseen), pushback_of(taught, unseen)
    assert before.mean() < 0.5 < after.mean()
    measured = [
        average_precision(truth, list(pushback_of(fitted, development)))
        for fitted in (sample, taught)
    ]
    assert measured[0] is not None
    assert measured[1] is not None
    assert measured[1] >= measured[0] - 0.02


def test_heads_move_for_corrections_and_hold_still_elsewhere() -> None:
    chance = np.random.default_rng(2)
    weights = chance.normal(scale=0.3, size=(16, COLUMNS.width)).astype(np.float32)
    bias = np.zeros(COLUMNS.width, dtype=np.float32)
    special = chance.normal(size=16).astype(np.float32) * 2
    reviewed = (special + chance.normal(scale=0.1, size=(50, 16))).astype(np.float32)
    replayed = chance.normal(size=(400, 16)).astype(np.float32)
    examples: list[Example] = to_examples(
        [Correction(alike(n), "pushback", "imposed") for n in range(50)]
    )
    new_weights, new_bias = adapt((weights, bias), np.vstack([reviewed, replayed]), examples)
    old, new = (
        (replayed @ w + b)[:, COLUMNS.stance].argmax(1)
        for w, b in ((weights, bias), (new_weights, new_bias))
    )
    learned = (reviewed @ new_weights + new_bias)[:, COLUMNS.stance].argmax(1)
    assert (learned == PUSHES).mean() > 0.9
    assert (old == new).mean() > 0.85
    assert np.array_equal(weights[:, COLUMNS.kind], new_weights[:, COLUMNS.kind])
