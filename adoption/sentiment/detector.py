"""The shipped detector: prepare, score, decide, explain."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from adoption.sentiment import explain
from adoption.sentiment.artefacts import COMBINE, ENCODER, HEADS, NGRAMS, TOKENIZER, Artefacts
from adoption.sentiment.barriers import BarrierMap
from adoption.sentiment.encoder import Encoder
from adoption.sentiment.lexicon import Lexicon
from adoption.sentiment.ngrams import Floats
from adoption.sentiment.scoring import Combination, EncoderModel, NgramModel, Scores, combine
from adoption.sentiment.signals import Signals, prepare
from adoption.sentiment.taxonomy import Taxonomy
from adoption.sentiment.vectors import VectorStore
from adoption.sentiment.verdict import (
    KINDS,
    PUSHBACK,
    SCORED,
    STANCES,
    Comment,
    Evidence,
    Verdict,
)

LITE = "lite"
FULL = "full"
PROFILES = (FULL, LITE)
_CHUNK = 512
_KEPT = 20_000
_SHOWN_BARRIERS = 4
_LEAST_BARRIER = 0.05


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where probabilities become decisions; apart from the weights, so changing them re-scores nothing.

    Attributes:
        stance: at least this makes the stance pushback.
        flag: at least this, with evidence that the network is meant, is flagged.
        review: at least this is offered to a reviewer.
        gate: below this, and without sign of the network, the encoder is not asked.

    """

    stance: float
    flag: float
    review: float
    gate: float

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Thresholds:
        """From combine.json."""
        return cls(**{key: float(plain[key]) for key in ("stance", "flag", "review", "gate")})


@dataclass(frozen=True, slots=True)
class _Judged:
    """One prepared comment with its scores, before it becomes a verdict."""

    signals: Signals
    scores: Scores
    row: int
    evidence: tuple[Evidence, ...] = ()


class LocalDetector:
    """Judges comments on this machine; nothing leaves it.

    Args:
        artefacts: the trained detector.
        taxonomy: barriers, names of the network, marks.
        profile: ``full`` (with the encoder) or ``lite``.
        names: further names of the network.
        thresholds: instead of the trained ones.
        gating: whether the encoder is spared comments that cannot be flagged; off only to compare.
        threads: threads that one run of the encoder may use.
        vectors: folder where the encoder's vectors are kept beyond this run.

    """

    def __init__(
        self,
        artefacts: Artefacts,
        taxonomy: Taxonomy,
        *,
        profile: str = FULL,
        names: tuple[str, ...] = (),
        thresholds: Thresholds | None = None,
        gating: bool = True,
        threads: int = 1,
        vectors: Path | None = None,
    ) -> None:
        self.profile = profile
        self.taxonomy = taxonomy
        self.lexicon = Lexicon(taxonomy, names)
        self.thresholds = thresholds or Thresholds.read(artefacts.combine[profile]["thresholds"])
        self._gating = gating
        self._ngrams = NgramModel(artefacts)
        self._lite = Combination.read(artefacts.combine[LITE])
        self._full = Combination.read(artefacts.combine[profile])
        self.encoder: EncoderModel | None = None
        if profile == FULL:
            made = Encoder(artefacts.path(ENCODER), artefacts.path(TOKENIZER), threads)
            kept = VectorStore(vectors, artefacts.short(ENCODER, TOKENIZER)) if vectors else None
            self.encoder = EncoderModel(artefacts, made, store=kept)
        self._barriers = BarrierMap(taxonomy)
        self._kept: OrderedDict[tuple[str, str | None, str | None], Verdict] = OrderedDict()
        self.version = self._version(artefacts, names)

    def _version(self, artefacts: Artefacts, names: tuple[str, ...]) -> str:
        parts = [self.profile, f"ngrams-{artefacts.short(NGRAMS)}"]
        if self.encoder is not None:
            parts += [
                f"encoder-{artefacts.short(ENCODER, TOKENIZER)}",
                f"heads-{artefacts.short(HEADS)}",
            ]
        parts += [f"calibration-{artefacts.short(COMBINE)}", f"taxonomy-{self.taxonomy.version}"]
        if names:
            parts.append("names-" + "+".join(sorted(name.lower() for name in names)))
        return "/".join(parts)

    def judge(self, comments: Sequence[Comment]) -> list[Verdict]:
        """One verdict for each comment, in order; equal comments are judged once."""
        keys = [(c.text, c.parent, c.community) for c in comments]
        wanted = [key for key in dict.fromkeys(keys) if key not in self._kept]
        fresh: dict[tuple[str, str | None, str | None], Verdict] = {}
        for at in range(0, len(wanted), _CHUNK):
            chunk = wanted[at : at + _CHUNK]
            verdicts = self._judge([Comment(*key) for key in chunk])
            fresh.update(zip(chunk, verdicts, strict=True))
        result = [fresh[key] if key in fresh else self._kept[key] for key in keys]
        self._kept.update(fresh)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return result

    def _judge(self, comments: Sequence[Comment]) -> list[Verdict]:
        prepared = [prepare(comment, self.lexicon) for comment in comments]
        scored = [i for i, s in enumerate(prepared) if s.state == SCORED]
        verdicts = [self._unscored(s) for s in prepared]
        if scored:
            chosen = [prepared[i] for i in scored]
            scores = self.score(chosen)
            judged = [_Judged(s, scores, row) for row, s in enumerate(chosen)]
            explained = self._explain([comments[i] for i in scored], judged)
            for i, item in zip(scored, explained, strict=True):
                verdicts[i] = self._verdict(item)
        return verdicts

    def score(self, prepared: Sequence[Signals]) -> Scores:
        """Probabilities of comments that passed the gate."""
        ngrams = self._ngrams.score(prepared)
        scores = combine([ngrams], prepared, self._lite)
        if self.encoder is None:
            return scores
        asked = self._asked(prepared, scores)
        if len(asked):
            chosen = [prepared[i] for i in asked]
            better = combine([ngrams[asked], self.encoder.score(chosen)], chosen, self._full)
            for whole, part in zip(scores, better, strict=True):
                whole[asked] = part
        return scores

    def _asked(self, prepared: Sequence[Signals], scores: Scores) -> npt.NDArray[np.int64]:
        """The comments that the encoder is asked about: all that could end as flagged or reviewed."""
        if not self._gating:
            return np.arange(len(prepared))
        meant = np.array([s.target != "none" for s in prepared])
        return np.flatnonzero(meant | (scores.pushback >= self.thresholds.gate))

    def _explain(self, comments: Sequence[Comment], judged: list[_Judged]) -> list[_Judged]:
        """Evidence for everything that is not passed over, all variants judged in one go."""
        shown = [
            i for i, j in enumerate(judged) if j.scores.pushback[j.row] >= self._explained_from()
        ]
        spans = {i: explain.phrases(judged[i].signals.cleaned.text) for i in shown}
        variants = [
            prepare(
                comments[i]._replace(text=explain.without(judged[i].signals.cleaned.text, span)),
                self.lexicon,
            )
            for i in shown
            for span in spans[i]
        ]
        left_out = iter(self._pushback_of(variants))
        for i in shown:
            item = judged[i]
            drops = [next(left_out) for _ in spans[i]]
            whole = float(item.scores.pushback[item.row])
            found = explain.evidence(item.signals, spans[i], whole, drops, self.lexicon)
            judged[i] = replace(item, evidence=found)
        return judged

    def _explained_from(self) -> float:
        return min(self.thresholds.stance, self.thresholds.review)

    def _pushback_of(self, prepared: Sequence[Signals]) -> list[float]:
        """Pushback probability of variants; one that no longer says anything has none."""
        kept = [i for i, s in enumerate(prepared) if s.state == SCORED]
        result = [0.01] * len(prepared)
        if kept:
            for i, p in zip(kept, self.score([prepared[i] for i in kept]).pushback, strict=True):
                result[i] = float(p)
        return result

    def _unscored(self, prepared: Signals) -> Verdict:
        return Verdict(
            state=prepared.state, stance=None, pushback=None, barrier=None, barriers=(), kind=None,
            intensity=None, polarity=prepared.polarity, subjectivity=prepared.subjectivity,
            language=prepared.language, evidence=(), target="none", flag="pass", model=self.version,
        )  # fmt: skip

    def _verdict(self, item: _Judged) -> Verdict:
        signals, row = item.signals, item.row
        stance = item.scores.stance[row]
        p = float(stance[STANCES.index(PUSHBACK)])
        pushes = p >= self.thresholds.stance
        barriers = self._barriers.rank(item.scores.barrier[row], signals) if pushes else []
        target = self._target(signals, item.scores.target[row])
        return Verdict(
            state=SCORED,
            stance=PUSHBACK if pushes else STANCES[int(np.argmax(stance[:-1]))],
            pushback=round(p, 4),
            barrier=barriers[0][0] if barriers else None,
            barriers=tuple(
                (code, round(q, 4)) for code, q in barriers[:_SHOWN_BARRIERS] if q >= _LEAST_BARRIER
            ),
            kind=KINDS[int(np.argmax(item.scores.kind[row]))] if pushes else None,
            intensity=1 + _middle(item.scores.intensity[row]) if pushes else None,
            polarity=signals.polarity,
            subjectivity=signals.subjectivity,
            language=signals.language,
            evidence=item.evidence if pushes or item.evidence else (),
            target=target,
            flag=self._flag(p, target),
            model=self.version,
        )

    def _target(self, signals: Signals, learned: Floats | npt.NDArray[np.float64]) -> str:
        """What the lexicon saw; where it saw nothing, what the encoder is nearly sure of."""
        if signals.target != "none" or self.encoder is None:
            return signals.target
        named, context, _ = (float(value) for value in learned)
        if named >= _TARGET_SURE:
            return "named"
        return "context" if context >= _TARGET_SURE and signals.context else "none"

    def _flag(self, p: float, target: str) -> str:
        if p >= self.thresholds.flag and target != "none":
            return "flag"
        return "review" if p >= self.thresholds.review else "pass"


_TARGET_SURE = 0.7


def _middle(probabilities: npt.NDArray[np.float64]) -> int:
    """The median class: the best guess when being one step off costs less than two."""
    return int(np.searchsorted(np.cumsum(probabilities), 0.5))
