"""What is known about a comment before any learned model reads it."""

from __future__ import annotations

import re
from typing import NamedTuple

from adoption.sentiment.clean import Cleaned, clean
from adoption.sentiment.language import gate
from adoption.sentiment.lexicon import MARKS, Found, Lexicon
from adoption.sentiment.polarity import compound, polarity
from adoption.sentiment.verdict import SCORED, Comment

NAMES = (
    "decisive", "hints", "named", "context", *MARKS, "question", "negation", "first_person",
    "length", "polarity", "clause_polarity", "clause_compound", "parent", "parent_question",
)  # fmt: skip
"""The inputs that the combining model gets beside the learned scores, in order."""

_NEGATION = re.compile(
    r"n't\b|\b(?:not|no|never|nobody|nothing|none|without|cannot|cant|dont|wont|isnt|doesnt)\b"
)
_FIRST = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|we|we're|we've|we'd|me|my|us|our)\b")
_CONTEXT_LIMIT = 600


class Signals(NamedTuple):
    """One comment, prepared.

    Attributes:
        state, language: the outcome of the gate.
        cleaned: the text that is judged, with positions.
        lower: that text in lower case.
        context: parent, quoted text and community in lower case, for the models.
        found: what the lexicon saw.
        target: ``named``, ``context`` or ``none``.
        polarity, subjectivity: TextBlob's, of the cleaned text.
        values: the numbers of :data:`NAMES`.

    """

    state: str
    language: str
    cleaned: Cleaned
    lower: str
    context: str
    found: Found
    target: str
    polarity: float
    subjectivity: float
    values: tuple[float, ...]


_NOTHING = Found(False, {}, {}, frozenset(), False)


def prepare(comment: Comment, lexicon: Lexicon, like: Signals | None = None) -> Signals:
    """Clean a comment, pass it through the gate and measure what the models do not learn.

    Args:
        comment: what was posted.
        lexicon: the phrases in force.
        like: the whole comment that this one is a variant of; its polarity is taken over.

    """
    cleaned = clean(comment.text or "")
    parent = clean(comment.parent).text.strip()[:_CONTEXT_LIMIT] if comment.parent else ""
    parent = parent or cleaned.quoted[:_CONTEXT_LIMIT]
    community = clean(comment.community).text.strip()[:120] if comment.community else ""
    state, language = gate(cleaned.text, bool(parent))
    lower = cleaned.text.lower()
    if len(lower) != len(cleaned.text):
        lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in cleaned.text)
    context = " ".join(part for part in (parent.lower(), community.lower()) if part)
    if state != SCORED:
        return Signals(
            state,
            language,
            cleaned,
            lower,
            context,
            _NOTHING,
            "none",
            0.0,
            0.0,
            (0.0,) * len(NAMES),
        )
    found = lexicon.find(lower, cleaned.text)
    target = _target(found, parent, community, lexicon)
    mood, subjectivity = (
        (like.polarity, like.subjectivity) if like is not None else polarity(cleaned.text)
    )
    values = _values(cleaned.text, lower, found, target, mood, parent, lexicon)
    return Signals(
        state, language, cleaned, lower, context, found, target, mood, subjectivity, values
    )


def _target(found: Found, parent: str, community: str, lexicon: Lexicon) -> str:
    if found.target:
        return "named"
    if (parent and lexicon.names_target(parent)) or (community and lexicon.names_target(community)):
        return "context"
    return "none"


def _values(
    text: str, lower: str, found: Found, target: str, mood: float, parent: str, lexicon: Lexicon
) -> tuple[float, ...]:
    words = lower.count(" ") + 1
    clause_mood = clause_compound = 0.0
    if found.target:
        clause = lexicon.target_clause(text)
        clause_mood, clause_compound = polarity(clause)[0], compound(clause)
    return (
        1.0 if found.decisive else 0.0,
        min(len(found.hints), 6) / 3,
        1.0 if target == "named" else 0.0,
        1.0 if target == "context" else 0.0,
        *(1.0 if mark in found.marks else 0.0 for mark in MARKS),
        1.0 if "?" in lower else 0.0,
        min(len(_NEGATION.findall(lower)), 4) / 2,
        1.0 if _FIRST.search(lower) else 0.0,
        min(words, 80) / 40,
        mood,
        clause_mood,
        clause_compound,
        1.0 if parent else 0.0,
        1.0 if "?" in parent else 0.0,
    )
