"""From prepared comments to probabilities: n-grams, encoder heads, and the model that combines."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from adoption.sentiment.artefacts import HEADS, NGRAMS, Artefacts
from adoption.sentiment.encoder import Encoder, encoder_input
from adoption.sentiment.ngrams import Floats, hash_texts
from adoption.sentiment.outputs import BARRIERS, COLUMNS
from adoption.sentiment.signals import Signals
from adoption.sentiment.vectors import VectorStore
from adoption.sentiment.verdict import PUSHBACK, STANCES

PUSHBACK_COLUMN = STANCES.index(PUSHBACK)
_HINT_CAP = 2
WHOLE = 4.0
"""Log-odds for a comment that says little else than a decisive phrase: a rule, not learned."""


class Scores(NamedTuple):
    """Probabilities of some comments: one row each, columns as in :mod:`.outputs`."""

    stance: npt.NDArray[np.float64]
    barrier: npt.NDArray[np.float64]
    kind: npt.NDArray[np.float64]
    intensity: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]

    @property
    def pushback(self) -> npt.NDArray[np.float64]:
        """The probability that each pushes back."""
        return self.stance[:, PUSHBACK_COLUMN]


class Combination(NamedTuple):
    """The combining model of one profile, as trained.

    Attributes:
        weights, bias: from inputs to stance log-odds.
        shares: weight of each learned part (n-grams, encoder) in barrier, kind and intensity.
        hint, decisive: log-odds that one phrase of a barrier adds to it.

    """

    weights: npt.NDArray[np.float64]
    bias: npt.NDArray[np.float64]
    shares: tuple[float, ...]
    hint: float
    decisive: float

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Combination:
        """From combine.json."""
        return cls(
            np.array(plain["weights"], dtype=np.float64),
            np.array(plain["bias"], dtype=np.float64),
            tuple(plain["shares"]),
            float(plain["hint"]),
            float(plain["decisive"]),
        )


def combine_inputs(learned: Sequence[Floats], prepared: Sequence[Signals]) -> Floats:
    """Inputs of the combining model: centred stance scores of each learned part, then signals."""
    stances = [part[:, COLUMNS.stance] for part in learned]
    centred = [s - s.mean(axis=1, keepdims=True) for s in stances]
    signals = np.array([s.values for s in prepared], dtype=np.float32)
    return np.hstack([*centred, signals])


def combine(learned: Sequence[Floats], prepared: Sequence[Signals], model: Combination) -> Scores:
    """Probabilities from the scores of the learned parts and the signals."""
    log_odds = combine_inputs(learned, prepared) @ model.weights + model.bias
    log_odds[:, PUSHBACK_COLUMN] += WHOLE * np.array([s.found.whole for s in prepared])
    stance = softmax(log_odds, axis=1)
    mixed = np.tensordot(np.array(model.shares), np.stack(learned), axes=1)
    boosts = np.array([_boost(s, model) for s in prepared]).reshape(len(prepared), len(BARRIERS))
    return Scores(
        stance,
        softmax(mixed[:, COLUMNS.barrier] + boosts, axis=1),
        softmax(mixed[:, COLUMNS.kind], axis=1),
        softmax(mixed[:, COLUMNS.intensity], axis=1),
        softmax(mixed[:, COLUMNS.target], axis=1),
    )


def _boost(prepared: Signals, model: Combination) -> list[float]:
    hints, decisive = prepared.found.hints, prepared.found.decisive
    return [
        model.hint * min(hints.get(code, 0), _HINT_CAP) + model.decisive * (code in decisive)
        for code in BARRIERS
    ]


class NgramModel:
    """The linear weights of config/models/ngrams.npz."""

    def __init__(self, artefacts: Artefacts) -> None:
        arrays = artefacts.arrays(NGRAMS)
        self._weights = arrays["weights"]
        self._bias = arrays["bias"].astype(np.float32)

    def score(self, prepared: Sequence[Signals]) -> Floats:
        """Outputs of shape (comments, columns)."""
        hashed = hash_texts([s.lower for s in prepared], [s.context for s in prepared])
        return hashed.dot(self._weights) + self._bias


class EncoderModel:
    """The encoder and its heads, with vectors kept by content.

    Args:
        artefacts: where the heads lie.
        encoder: what makes the vectors.
        keep: how many vectors to keep in memory.
        store: where vectors are kept beyond this run.

    """

    def __init__(
        self,
        artefacts: Artefacts,
        encoder: Encoder,
        keep: int = 50_000,
        store: VectorStore | None = None,
    ) -> None:
        arrays = artefacts.arrays(HEADS)
        self._weights = arrays["weights"].astype(np.float32)
        self._bias = arrays["bias"].astype(np.float32)
        self._encoder = encoder
        self._keep = keep
        self._store = store
        self._kept: OrderedDict[tuple[str, str], npt.NDArray[np.float16]] = OrderedDict()
        self.runs = 0

    def vectors(self, prepared: Sequence[Signals]) -> Floats:
        """The encoder's vector of each comment; only unseen ones are computed."""
        pairs = [encoder_input(s) for s in prepared]
        missing = list(dict.fromkeys(pair for pair in pairs if pair not in self._kept))
        fresh = self._store.get(missing) if self._store is not None else {}
        unknown = [pair for pair in missing if pair not in fresh]
        if unknown:
            self.runs += len(unknown)
            made = self._encoder.embed(unknown).astype(np.float16)
            computed = dict(zip(unknown, made, strict=True))
            fresh.update(computed)
            if self._store is not None:
                self._store.put(computed)
        out = np.array([fresh[p] if p in fresh else self._kept[p] for p in pairs], dtype=np.float32)
        self._kept.update(fresh)
        while len(self._kept) > self._keep:
            self._kept.popitem(last=False)
        return out

    def heads(self, vectors: Floats) -> Floats:
        """Outputs of shape (comments, columns) from vectors."""
        result: Floats = vectors @ self._weights + self._bias
        return result

    def score(self, prepared: Sequence[Signals]) -> Floats:
        """Outputs of shape (comments, columns)."""
        return self.heads(self.vectors(prepared))
