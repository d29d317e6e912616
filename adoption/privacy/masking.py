"""Taking out of a comment what would tell who wrote it or whom it is about.

Masked are the names, handles and mail addresses of the identity list, and by their form: mentions,
mail addresses, links, phone and bleep numbers, postcodes, dates and numbers that look like ids (an
NHS number has ten digits), and whatever follows a title such as "Dr". Places of evidence in the
original text can be carried over to the masked one.

A name that is also a word ("Will", "Ward") is masked where it is written as a name: with a capital
inside a sentence, beside another name, or after a greeting. In doubt it is masked.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from adoption.privacy.words import COMMON_WORDS, GREETINGS, TITLES

NAME = "[name]"
_NUMBER = "[number]"

_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"\[\[user:[^\]\s]{1,64}\]\]|<@[\w|.-]{1,80}>|@\*\*[^*\n]{1,80}\*\*", NAME),
    (r"(?:https?://|www\.)[^\s<>\"]{1,2000}", "[link]"),
    (r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", "[mail]"),
    (r"(?<![\w.])(?:[\w-]{1,63}\.){1,5}(?:com|org|net|uk|nhs|gov|edu|eu|de|io|au)(?:/[^\s]{0,500})?(?!\w)", "[link]"),
    (r"(?<![\w@])@[\w][\w.-]{0,79}", NAME),
    (r"(?<!\w)\d{1,3}(?:\.\d{1,3}){3}(?!\w)", _NUMBER),
    (r"(?<!\w)\d{1,4}[./-]\d{1,2}[./-]\d{2,4}(?!\w)", "[date]"),
    (r"(?<![\w,.])\+?\(?\d[\d ()/.-]{5,24}\d(?![\w%])", _NUMBER),
    (r"(?i:(?<!\w)(?:ext|extension|bleep|pager|x)\.? ?\d{2,6}(?!\w))", _NUMBER),
    (r"(?<!\w)[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}(?!\w)", "[postcode]"),
    (r"(?<!\w)[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d](?!\w)", _NUMBER),
    (r"(?<![\w,.])(?:[A-Za-z]{0,4}[-/]?)\d{5,30}[A-Za-z]{0,2}(?!\w)", _NUMBER),
)  # fmt: skip
_SHAPES = tuple((re.compile(pattern), replacement) for pattern, replacement in _PATTERNS)
_WORD = re.compile(r"[^\W\d_](?:[^\W_]|[_'’-](?=[^\W_])|\.(?=\w))*", re.UNICODE)
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?:;\n\r\"“”(\[•>-]\s*$")
_BETWEEN_NAMES = re.compile(r"[ \t-]{1,3}|, ?")


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """What stands in for the characters from ``start`` to ``end`` of the original."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Masked:
    """A masked text and how its places belong to those of the original."""

    text: str
    replacements: tuple[Replacement, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the original lies in the masked text; a cut name is taken whole."""
        return self._moved(start, at_end=False), self._moved(end, at_end=True)

    def _moved(self, place: int, *, at_end: bool) -> int:
        shift = 0
        for one in self.replacements:
            if place <= one.start:
                break
            if place < one.end:
                return one.start + shift + (len(one.text) if at_end else 0)
            shift += len(one.text) - (one.end - one.start)
        return place + shift


class Masker:
    """Masks comments with one identity list.

    Args:
        names: full names as the network or the people file write them.
        handles: user names and mail addresses.

    """

    def __init__(self, names: Iterable[str] = (), handles: Iterable[str] = ()) -> None:
        self._names = tuple(names)
        self._handles = tuple(handles)

    @cached_property
    def _parts(self) -> frozenset[str]:
        """Each word of each name; a name in two scripts or with a hyphen counts in parts, too."""
        found: set[str] = set()
        for name in self._names:
            for match in _WORD.finditer(name):
                word = _plain(match.group())
                found.update(part for part in (word, *re.split(r"[-.]", word)) if len(part) > 1)
        return frozenset(found)

    @cached_property
    def _accounts(self) -> frozenset[str]:
        known = (handle.strip().casefold().lstrip("@") for handle in self._handles)
        return frozenset(
            part
            for handle in known
            for part in (handle, handle.partition("@")[0])
            if len(part) > 2 and part not in COMMON_WORDS
        )

    def mask(self, text: str) -> Masked:
        """Mask one comment. Takes time in proportion to its length."""
        taken = _by_shape(text)
        taken = _without_overlaps([*taken, *self._by_name(text, taken)])
        pieces, last = [], 0
        for one in taken:
            pieces += [text[last : one.start], one.text]
            last = one.end
        return Masked("".join([*pieces, text[last:]]), tuple(taken))

    def _by_name(self, text: str, taken: Sequence[Replacement]) -> list[Replacement]:
        starts = [one.start for one in taken]
        words = [match for match in _WORD.finditer(text) if not _inside(match, taken, starts)]
        marks = [self._is_name(text, words, place) for place in range(len(words))]
        for place in range(len(words)):
            if not marks[place] and self._completes_a_name(text, words, marks, place):
                marks[place] = True
        return _joined(text, [w for w, marked in zip(words, marks, strict=True) if marked])

    def _is_name(self, text: str, words: Sequence[re.Match[str]], place: int) -> bool:
        match = words[place]
        word = match.group()
        plain = _plain(word)
        before = _plain(words[place - 1].group()) if place else ""
        if before in TITLES and word[0].isupper():
            return True
        if plain in self._accounts:
            return True
        if plain not in self._parts and not self._parts.issuperset(re.split(r"[-.]", plain)):
            return False
        if plain not in COMMON_WORDS:
            return len(plain) > 2 or word[0].isupper()
        if before in GREETINGS:
            return True
        starts_sentence = not match.start() or bool(
            _SENTENCE_END.search(text, max(0, match.start() - 4), match.start())
        )
        return word[0].isupper() and not word.isupper() and not starts_sentence

    def _completes_a_name(
        self, text: str, words: Sequence[re.Match[str]], marks: Sequence[bool], place: int
    ) -> bool:
        """Whether a word that may be a name stands beside a masked one.

        With a capital one neighbour is enough; "van" in a name is small and has two.
        """
        match = words[place]
        if _plain(match.group()) not in self._parts:
            return False
        beside = [
            marks[other] and bool(_BETWEEN_NAMES.fullmatch(text, *gap))
            for other, gap in (
                (place - 1, (words[place - 1].end(), match.start())),
                (place + 1, (match.end(), words[min(place + 1, len(words) - 1)].start())),
            )
            if 0 <= other < len(words)
        ]
        return any(beside) if match.group()[0].isupper() else len(beside) == 2 and all(beside)


def _plain(word: str) -> str:
    return _POSSESSIVE.sub("", word).casefold().replace("’", "'")


def _by_shape(text: str) -> list[Replacement]:
    found: list[Replacement] = []
    for pattern, replacement in _SHAPES:
        found += [
            Replacement(match.start(), match.end(), replacement)
            for match in pattern.finditer(text)
            if replacement != _NUMBER or sum(map(str.isdigit, match.group())) >= 2
        ]
    return _without_overlaps(found)


def _without_overlaps(found: Sequence[Replacement]) -> list[Replacement]:
    """Replacements in order; where two overlap the one that begins first, then the longer, stays.

    The other one's remainder is covered as well, so that no part of a number is left standing.
    """
    result: list[Replacement] = []
    for one in sorted(found, key=lambda r: (r.start, -r.end)):
        if result and one.start < result[-1].end:
            last = result[-1]
            result[-1] = Replacement(last.start, max(last.end, one.end), last.text)
        else:
            result.append(one)
    return result


def _inside(match: re.Match[str], taken: Sequence[Replacement], starts: Sequence[int]) -> bool:
    """Whether a word lies in something already masked; ``taken`` is in order, without overlaps."""
    place = bisect_left(starts, match.end())
    return place > 0 and taken[place - 1].end > match.start()


def _joined(text: str, words: Sequence[re.Match[str]]) -> list[Replacement]:
    """One replacement for the words of one name."""
    result: list[Replacement] = []
    for match in words:
        end = match.end() - len(_ending(match.group()))
        last = result[-1] if result else None
        if last is not None and text[last.end : match.start()] in (" ", "-", "\u00a0"):
            result[-1] = Replacement(last.start, end, NAME)
        else:
            result.append(Replacement(match.start(), end, NAME))
    return result


def _ending(word: str) -> str:
    match = _POSSESSIVE.search(word)
    return match.group() if match else ""
