"""Training of the parts that need no PyTorch: n-grams and the combining model of ``lite``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from adoption.sentiment.artefacts import COMBINE, NGRAMS
from adoption.sentiment.examples import Example
from adoption.sentiment.ngrams import Floats
from adoption.sentiment.outputs import BARRIERS
from adoption.sentiment.scoring import Combination, combine_inputs, details
from adoption.sentiment.signals import Signals
from adoption.sentiment.training.linear import fit_combine, fit_ngrams, out_of_fold

_HINTS = (0.0, 0.2, 0.4, 0.6, 0.9, 1.3)
_DECISIVE = 3.0
"""Log-odds a decisive phrase adds to its barrier: a rule, the phrase says the barrier in words."""


def train_lite(
    prepared: Sequence[Signals], examples: Sequence[Example], out: Path, seed: int
) -> Floats:
    """Fit n-grams and the lite combination and write both.

    Returns:
        The out-of-fold n-gram outputs of every example, for whoever combines further.

    """
    held_out = out_of_fold(prepared, examples, seed)
    combination = fit_combination([held_out], prepared, examples, seed, (1.0,))
    weights, bias = fit_ngrams(prepared, examples, seed)
    np.savez_compressed(out / NGRAMS, weights=weights.astype(np.float16), bias=bias)
    write_combination(out, "lite", combination)
    return held_out


def fit_combination(
    learned: Sequence[Floats],
    prepared: Sequence[Signals],
    examples: Sequence[Example],
    seed: int,
    shares: tuple[float, ...],
) -> Combination:
    """The combining model from scores of examples that the learned parts have not seen."""
    weights, bias = fit_combine(combine_inputs(learned, prepared), examples, seed)
    best = max(
        _HINTS,
        key=lambda hint: _barrier_hits(
            learned, prepared, examples, Combination(weights, bias, shares, hint, _DECISIVE)
        ),
    )
    return Combination(weights, bias, shares, best, _DECISIVE)


def _barrier_hits(
    learned: Sequence[Floats],
    prepared: Sequence[Signals],
    examples: Sequence[Example],
    combination: Combination,
) -> int:
    guessed = details(learned, prepared, combination).barrier.argmax(axis=1)
    return sum(e.barrier == BARRIERS[g] for e, g in zip(examples, guessed, strict=True))


def write_combination(
    out: Path, profile: str, combination: Combination, thresholds: dict[str, float] | None = None
) -> None:
    """Put one profile's combination into combine.json, keeping the others."""
    path = out / COMBINE
    content: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    content[profile] = {
        "weights": np.round(combination.weights, 5).tolist(),
        "bias": np.round(combination.bias, 5).tolist(),
        "shares": list(combination.shares),
        "hint": combination.hint,
        "decisive": combination.decisive,
        "thresholds": thresholds or DEFAULT_THRESHOLDS,
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


DEFAULT_THRESHOLDS = {"stance": 0.5, "flag": 0.6, "review": 0.3, "gate": 0.1}
"""Before thresholds are chosen on the development set."""
