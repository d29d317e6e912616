"""Words that carry a meaning whoever writes them: names of the network, reasons, marks of strength."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from adoption.sentiment.phrases import PhraseSet, pairs
from adoption.sentiment.taxonomy import Taxonomy

TARGET = "target"
DECISIVE = "decisive:"
HINT = "hint:"
_MOST = 0.6
MARKS = ("hostile", "refusing", "calling", "hedging", "answering")
_CLAUSE = re.compile(
    r"[.!?;:\n]+|,\s+(?:but|and|so|which|because|though|although)\b|\s+(?:but|because|though|although)\s+|\s-+\s"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What the lexicon saw in one text.

    ``decisive`` and ``hints`` count phrases by barrier code; ``whole`` says that decisive phrases
    make up most of the text, so that it is pushback by itself; ``target`` says whether the network
    is named or plainly described; ``marks`` are the names of :data:`MARKS` that were met.
    """

    target: bool
    decisive: dict[str, int]
    hints: dict[str, int]
    marks: frozenset[str]
    whole: bool


class Lexicon:
    """The phrases of a taxonomy, compiled.

    Args:
        taxonomy: where the phrases come from.
        names: further names of the network that an organisation uses.

    """

    def __init__(self, taxonomy: Taxonomy, names: tuple[str, ...] = ()) -> None:
        labelled = pairs(TARGET, (*taxonomy.target_names, *(name.lower() for name in names)))
        context = list(labelled)
        for barrier in taxonomy.barriers.values():
            code = taxonomy.resolve(barrier.code) or barrier.code
            labelled += pairs(DECISIVE + code, barrier.decisive)
            labelled += pairs(HINT + code, barrier.phrases)
        for mark in MARKS:
            labelled += pairs(mark, taxonomy.marks.get(mark, ()))
        self._all = PhraseSet(labelled)
        self._targets = PhraseSet(context)
        self._cased = _cased_pattern(taxonomy.cased_names)
        self.names_target = lru_cache(maxsize=8192)(self._names_target)

    def find(self, text: str, written: str) -> Found:
        """Everything the lexicon sees in a cleaned text.

        Args:
            text: in lower case.
            written: as written, for names that are also everyday words.

        """
        target = self._cased.search(written) is not None
        decisive: dict[str, int] = {}
        hints: dict[str, int] = {}
        marks: set[str] = set()
        for label in self._all.labels(text):
            if label == TARGET:
                target = True
            elif label.startswith(DECISIVE):
                decisive[label[9:]] = decisive.get(label[9:], 0) + 1
            elif label.startswith(HINT):
                hints[label[5:]] = hints.get(label[5:], 0) + 1
            else:
                marks.add(label)
        whole = bool(decisive) and "answering" not in marks and self._is_whole(text)
        return Found(target or whole, decisive, hints, frozenset(marks), whole)

    def _is_whole(self, text: str) -> bool:
        """Whether decisive phrases cover most of a text; inside a longer one they may be quoted."""
        covered = {i for start, end in self.decisive_spans(text) for i in range(start, end)}
        return len(covered) >= _MOST * len(text.strip())

    def _names_target(self, text: str) -> bool:
        """Whether a parent or the name of a community names the network."""
        return bool(self._targets.labels(text.lower())) or self._cased.search(text) is not None

    def decisive_spans(self, text: str) -> list[tuple[int, int]]:
        """Where decisive phrases stand in a lower-cased, cleaned text."""
        return [(a, b) for label, a, b in self._all.spans(text) if label.startswith(DECISIVE)]

    def target_clause(self, text: str) -> str:
        """The clause that names the network; the whole text where none does."""
        cased = self._cased.search(text)
        starts = [a for _, a, _ in self._targets.spans(text.lower())]
        starts += [cased.start()] if cased is not None else []
        if not starts:
            return text
        at = min(starts)
        start, end = 0, len(text)
        for match in _CLAUSE.finditer(text):
            if match.end() <= at:
                start = match.end()
            elif match.start() >= at:
                end = match.start()
                break
        return text[start:end].strip() or text


def _cased_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of the names inside a sentence; never matches without names."""
    joined = "|".join(re.escape(name) for name in names)
    return re.compile(rf"(?<=[a-z,;'\"(] )(?:{joined})\b" if names else r"(?!)")
