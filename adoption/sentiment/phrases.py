"""Phrases as a person writes them in barriers.toml, matched many at once.

A phrase is plain lower-case words; ``*`` lets a word go on, ``(a|b)`` means either, ``...`` stands
for up to four words, and apostrophes may be missing in the text. Matching is done by RE2, which is
linear in the text and takes hundreds of patterns in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import re2

from adoption.errors import SettingsError

_TOKEN = re.compile(r"\.\.\.|\(|\)|\||\*|\.\?| |'|[^\s()|*.']+|\.")
_GAP = r"(?:\W+[\w']+){0,4}?\W+"
_PIECES = {
    "(": "(?:", ")": ")", "|": "|", "*": r"[\w']*", ".?": ".?", " ": r"\W+", "'": "'?", ".": r"\.",
}  # fmt: skip


def to_pattern(phrase: str) -> str:
    """The regular expression that a phrase stands for.

    Raises:
        SettingsError: brackets do not match or the phrase is empty.

    """
    text = re.sub(r"\s*\.\.\.\s*", "...", re.sub(r"\s+", " ", phrase.strip().lower()))
    if not text or text.count("(") != text.count(")"):
        raise SettingsError(
            f"The phrase {phrase!r} is empty or its brackets do not match",
            where="barriers.toml",
            next_step="Write plain words; use (a|b) for alternatives and * for word endings",
        )
    parts = [
        _GAP if piece == "..." else _PIECES.get(piece) or re2.escape(piece)
        for piece in _TOKEN.findall(text)
    ]
    return rf"\b(?:{''.join(parts)})(?:\b|$)"


class PhraseSet:
    """Many labelled phrases, matched in one pass.

    Args:
        labelled: pairs of a label and a phrase.

    """

    def __init__(self, labelled: Iterable[tuple[str, str]]) -> None:
        self._labels: list[str] = []
        self._patterns: list[str] = []
        self._set = re2.Set.SearchSet(_options())
        for label, phrase in labelled:
            pattern = to_pattern(phrase)
            try:
                self._set.Add(pattern)
            except re2.error as problem:
                raise SettingsError(
                    f"The phrase {phrase!r} cannot be read: {problem}",
                    where="barriers.toml",
                    next_step="Write plain words; use (a|b) for alternatives and * for word endings",
                ) from problem
            self._labels.append(label)
            self._patterns.append(pattern)
        self._set.Compile()

    def labels(self, text: str) -> list[str]:
        """The labels of all phrases found in a lower-cased text, with repetitions."""
        return [self._labels[i] for i in self._matched(text)]

    def spans(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Label, start and end of each phrase found; slower than :meth:`labels`, for display."""
        for i in self._matched(text):
            for match in _compiled(self._patterns[i]).finditer(text):
                yield self._labels[i], match.start(), match.end()

    def _matched(self, text: str) -> Sequence[int]:
        """Numbers of the phrases that occur (RE2 answers ``None`` where there is none)."""
        return (self._set.Match(text) or ()) if self._patterns else ()


def _options() -> Any:
    options = re2.Options()
    options.never_capture = True
    options.max_mem = 256 << 20
    return options


@cache
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern)


def pairs(label: str, phrases: Sequence[str]) -> list[tuple[str, str]]:
    """Each phrase under the same label."""
    return [(label, phrase) for phrase in phrases]
