"""The linear part: n-gram weights for every output, and the model that combines all scores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from adoption.sentiment.examples import Example
from adoption.sentiment.ngrams import BITS, Floats, Hashed, hash_texts
from adoption.sentiment.outputs import BARRIERS, COLUMNS, INTENSITIES, TARGET_LABELS
from adoption.sentiment.signals import Signals
from adoption.sentiment.verdict import KINDS, STANCES

STRENGTH = {"stance": 4.0, "barrier": 6.0, "kind": 4.0, "intensity": 2.0, "target": 2.0}
"""Inverse regularisation for each group of outputs, chosen by grouped cross-validation."""
COMBINE_STRENGTH = 0.3
FOLDS = 4
LEAST_SEEN = 3
"""N-grams seen less often get no weight: they teach nothing and cost time and space."""

Ints = npt.NDArray[np.int64]


def features(prepared: Sequence[Signals]) -> Hashed:
    """N-gram features of prepared comments."""
    return hash_texts([s.lower for s in prepared], [s.context for s in prepared])


def _matrix(hashed: Hashed) -> csr_matrix:
    rows = len(hashed.start) - 1
    return csr_matrix((hashed.value, hashed.bucket, hashed.start), shape=(rows, 1 << BITS))


def labels(examples: Sequence[Example]) -> dict[str, Ints]:
    """Class numbers of each group of outputs, -1 where an example has no label."""

    def number(values: Sequence[Any], all_values: Sequence[Any]) -> Ints:
        return np.array([all_values.index(v) if v in all_values else -1 for v in values])

    return {
        "stance": number([e.stance for e in examples], STANCES),
        "barrier": number([e.barrier for e in examples], BARRIERS),
        "kind": number([e.kind for e in examples], KINDS),
        "intensity": number([e.intensity for e in examples], INTENSITIES),
        "target": number([e.target for e in examples], TARGET_LABELS),
    }


def fit_ngrams(
    prepared: Sequence[Signals],
    examples: Sequence[Example],
    seed: int,
    groups: Collection[str] = tuple(STRENGTH),
) -> tuple[Floats, Floats]:
    """Weights of shape (2**BITS, outputs) and biases of the n-gram outputs.

    Args:
        prepared: the messages.
        examples: their labels.
        seed: of the solver.
        groups: which groups of outputs are fitted; the others stay nil.

    """
    matrix = _matrix(features(prepared))
    used = np.flatnonzero(np.bincount(matrix.indices, minlength=1 << BITS) >= LEAST_SEEN)
    matrix = matrix[:, used]
    importance = np.array([e.weight for e in examples])
    weights = np.zeros((1 << BITS, COLUMNS.width), dtype=np.float32)
    bias = np.zeros(COLUMNS.width, dtype=np.float32)
    for name, wanted in labels(examples).items():
        if name not in groups:
            continue
        known = np.flatnonzero(wanted >= 0)
        model = LogisticRegression(C=STRENGTH[name], max_iter=300, tol=1e-3, random_state=seed)
        model.fit(matrix[known], wanted[known], sample_weight=importance[known])
        place = getattr(COLUMNS, name)
        columns = np.arange(place.start, place.stop)
        coefficients, intercepts = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            coefficients = np.vstack([-coefficients, coefficients]) / 2
            intercepts = np.array([-intercepts[0], intercepts[0]]) / 2
        weights[np.ix_(used, columns[model.classes_])] = coefficients.T
        bias[columns[model.classes_]] = intercepts
    return weights.astype(np.float16).astype(np.float32), bias


def score_ngrams(prepared: Sequence[Signals], weights: Floats, bias: Floats) -> Floats:
    """N-gram outputs of prepared comments, one row each."""
    return features(prepared).dot(weights) + bias


def out_of_fold(prepared: Sequence[Signals], examples: Sequence[Example], seed: int) -> Floats:
    """N-gram outputs of every example from weights that have not seen its group."""
    scores = np.zeros((len(examples), COLUMNS.width), dtype=np.float32)
    groups = [e.group for e in examples]
    folds = GroupKFold(n_splits=FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(groups, groups=groups):
        weights, bias = fit_ngrams([prepared[i] for i in train], [examples[i] for i in train], seed)
        scores[test] = score_ngrams([prepared[i] for i in test], weights, bias)
    return scores


def fit_combine(
    inputs: Floats, examples: Sequence[Example], seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weights (inputs, stances) and biases of the combining model; its outputs are calibrated.

    A multinomial logistic regression on scores of unseen examples is Platt scaling with more than
    one input, so no further calibration is needed.
    """
    wanted = labels(examples)["stance"]
    importance = np.array([e.weight for e in examples])
    model = LogisticRegression(C=COMBINE_STRENGTH, max_iter=2_000, random_state=seed)
    model.fit(inputs, wanted, sample_weight=importance)
    return model.coef_.T, model.intercept_
