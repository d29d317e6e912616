"""What people say about verdicts, as something to learn from (:mod:`.training.refit`).

Which messages they are shown and how their word wins on display is in :mod:`adoption.reviews`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from adoption.sentiment.examples import Example
from adoption.sentiment.outputs import BARRIERS
from adoption.sentiment.verdict import PUSHBACK, STANCES, Comment

UNSURE = "undetermined"
WORDS = (*STANCES, UNSURE)
"""What a reviewer may say of a message."""

CORRECTION_WEIGHT = 4.0
"""How much a correction counts in training beside a message of the corpus."""


class Correction(NamedTuple):
    """A reviewer's word on one comment: one of :data:`WORDS`, and a barrier where it is pushback."""

    comment: Comment
    verdict: str
    barrier: str | None = None


def to_examples(corrections: Sequence[Correction]) -> list[Example]:
    """Training examples from corrections; those that were left undetermined teach nothing."""
    examples = []
    for number, (comment, verdict, barrier) in enumerate(corrections):
        if verdict == UNSURE:
            continue
        known = barrier if verdict == PUSHBACK and barrier in BARRIERS else None
        examples.append(
            Example(
                id=f"review-{number}",
                comment=comment,
                stance=verdict,
                barrier=known,
                further=(),
                kind=None,
                intensity=None,
                target=None,
                form=(),
                pair=None,
                group=f"review:{comment.text}",
                origin="reviews",
                weight=CORRECTION_WEIGHT,
            )
        )
    return examples
