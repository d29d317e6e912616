"""TextBlob and VADER polarity: displayed features and inputs to the model, never the decision.

On hard comments TextBlob ranks pushback no better than chance (docs/detector.md), so nothing here
decides. ``textblob.en.sentiment`` is called directly: it is the pattern analyser behind
``TextBlob.sentiment`` without the object around it, twice as fast and free of any corpus download.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

_WORD = re.compile(r"[a-z']+")
_LIMIT = 2_000


@cache
def _analyser() -> tuple[Any, frozenset[str]]:
    """TextBlob's analyser and the words it knows, loaded on first use.

    TextBlob brings NLTK, which brings scikit-learn, pandas and SciPy's statistics where they are installed, for parts
    that are not used here; keeping them out halves the time and saves 100 MB in every worker.
    """
    with _without("sklearn", "scipy.stats"):
        from textblob.en import sentiment

    len(sentiment)
    known = {word for entry in dict.keys(sentiment) for word in _WORD.findall(str(entry).lower())}
    return sentiment, frozenset(known)


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let optional modules look as if they were not installed, unless they are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@cache
def _vader() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


@lru_cache(maxsize=4096)
def polarity(text: str) -> tuple[float, float]:
    """TextBlob polarity (-1 to 1) and subjectivity (0 to 1) of a cleaned text."""
    analyser, known = _analyser()
    if known.isdisjoint(_WORD.findall(text.lower())) and ":" not in text and ";" not in text:
        return 0.0, 0.0
    value, subjectivity = analyser(text[:_LIMIT])
    return round(float(value), 4), round(float(subjectivity), 4)


@lru_cache(maxsize=4096)
def compound(text: str) -> float:
    """VADER's compound score, -1 to 1."""
    return float(_vader().polarity_scores(text[:_LIMIT])["compound"])
