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
from adoption.sentiment.ngrams import Floats, Hashed, hash_texts
from adoption.sentiment.outputs import BARRIERS, COLUMNS
from adoption.sentiment.signals import NAMES, Signals
from adoption.sentiment.vectors import VectorStore
from adoption.sentiment.verdict import PUSHBACK, STANCES

PUSHBACK_COLUMN = STANCES.index(PUSHBACK)
_HINT_CAP = 2
WHOLE = 6.0
"""Log-odds for a comment that says little else than a decisive phrase: a rule, not learned."""


class Details(NamedTuple):
    """Probabilities beside the stance: one row for each comment, columns as in :mod:`.outputs`."""

    barrier: npt.NDArray[np.float64]
    kind: npt.NDArray[np.float64]
    intensity: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]


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
    """Inputs of the combining model: stance and target scores of each learned part, then signals.

    Scores are centred within their group, since a softmax ignores what all its inputs share.
    """
    groups = [part[:, columns] for part in learned for columns in (COLUMNS.stance, COLUMNS.target)]
    centred = [group - group.mean(axis=1, keepdims=True) for group in groups]
    signals = np.array([s.values for s in prepared], dtype=np.float32)
    return np.hstack([*centred, signals.reshape(len(prepared), len(NAMES))])


def stances(
    learned: Sequence[Floats], prepared: Sequence[Signals], model: Combination
) -> npt.NDArray[np.float64]:
    """Calibrated probabilities of the stances from the learned parts' scores and the signals."""
    log_odds = combine_inputs(learned, prepared) @ model.weights + model.bias
    log_odds[:, PUSHBACK_COLUMN] += WHOLE * np.array([s.found.whole for s in prepared])
    result: npt.NDArray[np.float64] = softmax(log_odds, axis=1)
    return result


def details(learned: Sequence[Floats], prepared: Sequence[Signals], model: Combination) -> Details:
    """Barrier, kind, intensity and target probabilities of comments that push back."""
    mixed = np.tensordot(np.array(model.shares), np.stack(learned), axes=1)
    boosts = np.zeros((len(prepared), len(BARRIERS)))
    for row, signals in enumerate(prepared):
        for code, count in signals.found.hints.items():
            if code in _PLACE:
                boosts[row, _PLACE[code]] += model.hint * min(count, _HINT_CAP)
        for code in signals.found.decisive:
            if code in _PLACE:
                boosts[row, _PLACE[code]] += model.decisive
    return Details(
        softmax(mixed[:, COLUMNS.barrier] + boosts, axis=1),
        softmax(mixed[:, COLUMNS.kind], axis=1),
        softmax(mixed[:, COLUMNS.intensity], axis=1),
        softmax(learned[-1][:, COLUMNS.target], axis=1),
    )


class NgramModel:
    """The linear weights of config/models/ngrams.npz.

    Most comments need only the stance, so its columns (and the target's) come first and the others
    are computed for the comments that turn out to push back.
    """

    def __init__(self, artefacts: Artefacts) -> None:
        arrays = artefacts.arrays(NGRAMS)
        self._bias = arrays["bias"].astype(np.float32)
        self._first = np.ascontiguousarray(arrays["weights"][:, _FIRST].astype(np.float32))
        self._rest = np.ascontiguousarray(arrays["weights"][:, _REST])

    def hashed(self, prepared: Sequence[Signals]) -> Hashed:
        """The n-grams of comments."""
        return hash_texts([s.lower for s in prepared], [s.context for s in prepared])

    def stances(self, hashed: Hashed) -> Floats:
        """Outputs of shape (comments, columns) with stance and target filled in."""
        out = np.zeros((len(hashed.start) - 1, COLUMNS.width), dtype=np.float32)
        out[:, _FIRST] = hashed.dot(self._first) + self._bias[_FIRST]
        return out

    def complete(self, hashed: Hashed, out: Floats) -> Floats:
        """The same outputs with all columns filled in."""
        out[:, _REST] = hashed.dot(self._rest) + self._bias[_REST]
        return out

    def score(self, prepared: Sequence[Signals]) -> Floats:
        """All outputs of comments, of shape (comments, columns)."""
        hashed = self.hashed(prepared)
        return self.complete(hashed, self.stances(hashed))


_FIRST = np.r_[COLUMNS.stance, COLUMNS.target]
_REST = np.r_[COLUMNS.barrier, COLUMNS.kind, COLUMNS.intensity]
_PLACE = {code: at for at, code in enumerate(BARRIERS)}


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
