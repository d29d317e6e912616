"""The shipped detector: prepare, score, decide, explain."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from adoption.sentiment import explain
from adoption.sentiment.artefacts import COMBINE, ENCODER, HEADS, NGRAMS, TOKENIZER, Artefacts
from adoption.sentiment.barriers import BarrierMap
from adoption.sentiment.encoder import Encoder
from adoption.sentiment.lexicon import Lexicon
from adoption.sentiment.ngrams import Floats, Hashed
from adoption.sentiment.scoring import (
    PUSHBACK_COLUMN,
    Combination,
    Details,
    EncoderModel,
    NgramModel,
    details,
    stances,
)
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
Probabilities = npt.NDArray[np.float64]
_CHUNK = 256
_KEPT = 20_000
_SHOWN_BARRIERS = 4
_TRIED = 2
"""Phrases of a comment that are left out in turn to see what the encoder makes of the rest."""
_LEAST_BARRIER = 0.05


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where probabilities become decisions; apart from the weights, so changing them re-scores nothing.

    Attributes:
        stance: at least this makes the stance pushback.
        flag: at least this, with evidence that the network is meant, is flagged.
        review: at least this, with evidence that the network is meant, is offered to a reviewer;
            without such evidence it takes the stance threshold.
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
        self.gating = gating
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
        if not scored:
            return verdicts
        signals = [prepared[i] for i in scored]
        stance, learned, hashed = self._stances(signals)
        p = stance[:, PUSHBACK_COLUMN]
        meant = np.array([s.target != "none" for s in signals])
        least = np.where(meant, self._reviewed_from(), self.thresholds.stance)
        shown = np.flatnonzero(p >= least)
        more = self._details([signals[row] for row in shown], learned, hashed, shown)
        words = self._evidence(
            {int(row): (comments[scored[row]], signals[row], float(p[row])) for row in shown}
        )
        told = {int(row): at for at, row in enumerate(shown)}
        for row, i in enumerate(scored):
            at = told.get(row)
            verdicts[i] = (
                self._passed(signals[row], stance[row])
                if at is None or more is None
                else self._shown(signals[row], stance[row], more, at, words.get(row, ()))
            )
        return verdicts

    def _reviewed_from(self) -> float:
        return min(self.thresholds.stance, self.thresholds.review)

    def _stances(
        self, prepared: Sequence[Signals], *, asking: bool = True
    ) -> tuple[Probabilities, list[Floats | None], Hashed]:
        """Stance probabilities, the scores of the learned parts, and the n-grams.

        Without ``asking`` the encoder is left out.
        """
        hashed = self._ngrams.hashed(prepared)
        ngrams = self._ngrams.stances(hashed)
        stance = stances([ngrams], prepared, self._lite)
        if self.encoder is None or not asking:
            return stance, [ngrams, None], hashed
        asked = self._asked(prepared, stance)
        encoded = np.zeros_like(ngrams)
        if len(asked):
            chosen = [prepared[i] for i in asked]
            encoded[asked] = self.encoder.score(chosen)
            stance[asked] = stances([ngrams[asked], encoded[asked]], chosen, self._full)
        return stance, [ngrams, encoded], hashed

    def _asked(self, prepared: Sequence[Signals], stance: Probabilities) -> npt.NDArray[np.int64]:
        """The comments that the encoder is asked about: all that could be flagged or reviewed."""
        if not self.gating:
            return np.arange(len(prepared))
        meant = np.array([s.target != "none" for s in prepared])
        return np.flatnonzero(meant | (stance[:, PUSHBACK_COLUMN] >= self.thresholds.gate))

    def _details(
        self,
        prepared: Sequence[Signals],
        learned: list[Floats | None],
        hashed: Hashed,
        rows: npt.NDArray[np.int64],
    ) -> Details | None:
        """Barrier, kind, intensity and target of the comments that push back."""
        if not len(rows):
            return None
        ngrams, encoded = learned
        parts = [self._ngrams.complete(hashed.take(rows), np.asarray(ngrams)[rows])]
        if encoded is not None:
            parts.append(encoded[rows])
        return details(parts, prepared, self._full)

    def _evidence(
        self, shown: Mapping[int, tuple[Comment, Signals, float]]
    ) -> dict[int, tuple[Evidence, ...]]:
        """What decided in each comment that pushes back; all variants are judged in one go."""
        pushing = {row: item for row, item in shown.items() if item[2] >= self.thresholds.stance}
        spans = {row: explain.phrases(s.cleaned.text) for row, (_, s, _) in pushing.items()}
        variants = [
            prepare(
                comment._replace(text=explain.without(signals.cleaned.text, span)),
                self.lexicon,
                signals,
            )
            for row, (comment, signals, _) in pushing.items()
            for span in spans[row]
        ]
        drops = self._drops(variants, spans)
        return {
            row: explain.evidence(
                signals, list(drops[row]), p, list(drops[row].values()), self.lexicon
            )
            for row, (_, signals, p) in pushing.items()
        }

    def _drops(
        self, variants: Sequence[Signals], spans: Mapping[int, Sequence[explain.Span]]
    ) -> dict[int, dict[explain.Span, float]]:
        """Pushback probability of each comment without each phrase.

        With an encoder only the phrases that weigh most for the n-grams are tried on it: asking
        about all of them would cost several times as much as the judgement itself.
        """
        cheap = self._pushback_of(variants, asking=False)
        at = 0
        tried: list[tuple[int, explain.Span, Signals]] = []
        result: dict[int, dict[explain.Span, float]] = {row: {} for row in spans}
        for row, cuts in spans.items():
            mine = sorted(range(at, at + len(cuts)), key=cheap.__getitem__)
            chosen = mine if self.encoder is None else sorted(mine[:_TRIED])
            tried += [(row, cuts[i - at], variants[i]) for i in chosen]
            at += len(cuts)
        left = self._pushback_of([v for _, _, v in tried], asking=self.encoder is not None)
        for (row, span, _), p in zip(tried, left, strict=True):
            result[row][span] = p
        return result

    def _pushback_of(self, prepared: Sequence[Signals], *, asking: bool) -> list[float]:
        """Pushback probability of variants; one that no longer says anything has none."""
        kept = [i for i, s in enumerate(prepared) if s.state == SCORED]
        result = [0.01] * len(prepared)
        if kept:
            stance, _, _ = self._stances([prepared[i] for i in kept], asking=asking)
            for i, p in zip(kept, stance[:, PUSHBACK_COLUMN], strict=True):
                result[i] = float(p)
        return result

    def _unscored(self, prepared: Signals) -> Verdict:
        return Verdict(
            state=prepared.state, stance=None, pushback=None, barrier=None, barriers=(), kind=None,
            intensity=None, polarity=prepared.polarity, subjectivity=prepared.subjectivity,
            language=prepared.language, evidence=(), target="none", flag="pass", model=self.version,
        )  # fmt: skip

    def _passed(self, signals: Signals, stance: Probabilities) -> Verdict:
        """A comment that nobody needs to look at."""
        return Verdict(
            state=SCORED, stance=self._stance(stance),
            pushback=round(float(stance[PUSHBACK_COLUMN]), 4), barrier=None, barriers=(), kind=None,
            intensity=None, polarity=signals.polarity, subjectivity=signals.subjectivity,
            language=signals.language, evidence=(), target=signals.target, flag="pass",
            model=self.version,
        )  # fmt: skip

    def _stance(self, stance: Probabilities) -> str:
        if stance[PUSHBACK_COLUMN] >= self.thresholds.stance:
            return PUSHBACK
        return STANCES[int(np.argmax(stance[:PUSHBACK_COLUMN]))]

    def _shown(
        self,
        signals: Signals,
        stance: Probabilities,
        more: Details,
        row: int,
        words: tuple[Evidence, ...],
    ) -> Verdict:
        """A comment that is flagged or offered for review, with its likeliest reason."""
        p = float(stance[PUSHBACK_COLUMN])
        barriers = self._barriers.rank(more.barrier[row], signals)
        target = self._target(signals, more.target[row])
        flagged = p >= max(self.thresholds.flag, self.thresholds.stance) and target != "none"
        return Verdict(
            state=SCORED,
            stance=self._stance(stance),
            pushback=round(p, 4),
            barrier=barriers[0][0],
            barriers=tuple(
                (code, round(q, 4)) for code, q in barriers[:_SHOWN_BARRIERS] if q >= _LEAST_BARRIER
            ),
            kind=KINDS[int(np.argmax(more.kind[row]))],
            intensity=1 + _middle(more.intensity[row]),
            polarity=signals.polarity,
            subjectivity=signals.subjectivity,
            language=signals.language,
            evidence=words,
            target=target,
            flag="flag" if flagged else "review",
            model=self.version,
        )

    def _target(self, signals: Signals, learned: Probabilities) -> str:
        """What the lexicon saw; where it saw nothing, what the encoder is nearly sure of."""
        if signals.target != "none" or self.encoder is None:
            return signals.target
        named, context, _ = (float(value) for value in learned)
        if named >= _TARGET_SURE:
            return "named"
        return "context" if context >= _TARGET_SURE and signals.context else "none"


_TARGET_SURE = 0.7


def _middle(probabilities: npt.NDArray[np.float64]) -> int:
    """The median class: the best guess when being one step off costs less than two."""
    return int(np.searchsorted(np.cumsum(probabilities), 0.5))
