"""Which language a comment is in, and whether it can be judged at all.

py3langid is restricted to the languages an organisation is likely to write in: on short messages
that removes most of its errors. Its remaining errors are English posts of one to three words, so
short plain-letter texts are taken for the organisation's own language unless a stronger sign
speaks against it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from adoption.sentiment.verdict import SCORED, TOO_SHORT, UNDETERMINED, UNSUPPORTED

CANDIDATES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "no", "fi", "cs", "ro", "tr", "hu",
    "cy", "ga", "el", "ru", "uk", "ar", "hi", "zh", "ja", "ko",
)  # fmt: skip
"""Languages told apart; English is the one that is judged (docs/detector.md gives the reason)."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_COMMON = frozenset(
    re.findall(
        r"\S+",
        """the a an and or but if of to in on at for from with by is are was were be been am do does
        did don't doesn't can can't will would should could i you he she it we they me my your our
        their this that these those there here what why who how when where not no just so as it's
        i'm we're you're i've we've have has had about all any some more than then too very up out
        into over nobody everyone anyone please thanks thank yes great good use used using get got
        know think like want need work because still only also never one""",
    )
)
_OWN_SHORT = 4
_SURE = 0.75
_UNSURE = 0.35
_NEARLY = 0.4
"""Below certainty, English wins when it is at least this share as likely as the best guess."""


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(CANDIDATES))
    return identifier


def words_of(text: str) -> list[str]:
    """The words of a text, lower-cased."""
    return _WORD.findall(text.lower())


def identify(text: str, words: list[str]) -> tuple[str, float]:
    """ISO 639-1 code and confidence of a cleaned text; ``und`` where there are no letters."""
    if not words:
        return "und", 0.0
    common = sum(word in _COMMON for word in words)
    if common * 4 >= len(words) and (common >= 2 or len(words) <= 3):
        return "en", 1.0
    ranked = _identifier().rank(text)
    code, confidence = ranked[0]
    english = dict(ranked)["en"]
    if confidence < _SURE and english >= _NEARLY * confidence:
        return "en", float(english)
    return str(code), float(confidence)


def gate(text: str, has_context: bool) -> tuple[str, str]:
    """The state and language of a cleaned text.

    Args:
        text: cleaned text.
        has_context: whether a parent is known, which lets one word mean something.

    Returns:
        A state of :data:`adoption.sentiment.verdict.STATES` and a language code.

    """
    words = words_of(text)
    if not words:
        return TOO_SHORT, "und"
    code, confidence = identify(text, words)
    plain = all(word.isascii() for word in words)
    if code != "en" and plain and len(words) < _OWN_SHORT and confidence < 0.98:
        code = "en"
    if code != "en":
        if confidence >= _SURE or not plain or (confidence >= _UNSURE and len(words) >= 8):
            return UNSUPPORTED, code
        return UNDETERMINED, "und"
    if len(words) < 2 and not has_context:
        return TOO_SHORT, code
    return SCORED, code
