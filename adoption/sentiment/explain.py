"""Which words decided, and how to say it: computed from the model that decided.

A phrase is left out and the comment is judged again; what the pushback log-odds lose by that is
the weight of the phrase. Phrases are clauses, cut further into short runs of words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from adoption.sentiment.lexicon import Lexicon
from adoption.sentiment.signals import Signals
from adoption.sentiment.verdict import Evidence

PHRASES = 10
"""Most phrases of one comment that are tried."""
SHOWN = 3
_SHORTEST = 3
_CLAUSE = re.compile(r"[^.!?;:,()\n]+")
_WORD = re.compile(r"\S+")
_LEAST = 0.15

Span = tuple[int, int]


def phrases(text: str) -> list[Span]:
    """Spans of clauses and short runs of words that cover a text, at most :data:`PHRASES`."""
    words = sum(1 for _ in _WORD.finditer(text))
    run = max(_SHORTEST, -(-words // PHRASES))
    spans: list[Span] = []
    for clause in _CLAUSE.finditer(text):
        at = [
            (clause.start() + w.start(), clause.start() + w.end())
            for w in _WORD.finditer(clause.group())
        ]
        pieces = max(1, round(len(at) / run))
        for chunk in np.array_split(np.arange(len(at)), pieces) if at else ():
            if len(chunk):
                spans.append((at[chunk[0]][0], at[chunk[-1]][1]))
    if len(spans) > PHRASES:
        step = -(-len(spans) // PHRASES)
        spans = [
            (spans[i][0], spans[min(i + step, len(spans)) - 1][1])
            for i in range(0, len(spans), step)
        ]
    return spans


def without(text: str, span: Span) -> str:
    """A text with one phrase left out."""
    return f"{text[: span[0]]} {text[span[1] :]}"


def log_odds(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Log-odds of probabilities, kept finite."""
    clipped = np.clip(np.asarray(p, dtype=np.float64), 1e-6, 1 - 1e-6)
    result: npt.NDArray[np.float64] = np.log(clipped / (1 - clipped))
    return result


def evidence(
    prepared: Signals,
    spans: Sequence[Span],
    whole: float,
    left_out: Sequence[float],
    lexicon: Lexicon,
) -> tuple[Evidence, ...]:
    """The spans of the original text that decided, heaviest first.

    Args:
        prepared: the comment.
        spans: the phrases that were left out, in positions of the cleaned text.
        whole: pushback probability of the whole comment.
        left_out: pushback probability without each phrase.
        lexicon: its decisive phrases always count as evidence.

    """
    drops = log_odds(whole) - log_odds(np.array(left_out, dtype=np.float64))
    weighed = {span: max(0.0, float(drop)) for span, drop in zip(spans, drops, strict=True)}
    top = max([*weighed.values(), 1e-9])
    scaled = {span: weight / top for span, weight in weighed.items()}
    for span in lexicon.decisive_spans(prepared.lower):
        for other in [s for s in scaled if s[0] < span[1] and span[0] < s[1]]:
            del scaled[other]
        scaled[span] = 1.0
    best = sorted(scaled.items(), key=lambda item: -item[1])[:SHOWN]
    return tuple(
        Evidence(*prepared.cleaned.origin(*span), round(weight, 3))
        for span, weight in best
        if weight >= _LEAST
    )
