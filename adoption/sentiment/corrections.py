"""What people say about verdicts: which messages they are shown, and how their word is used.

A reviewer's word counts at once and wins over the model on display; the model's own verdict is kept
beside it. It enters training through :func:`to_examples`. Rates use only the random slice, because
messages chosen for being uncertain say nothing about the others.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from adoption.errors import SourceError
from adoption.sentiment.examples import Example
from adoption.sentiment.outputs import BARRIERS
from adoption.sentiment.verdict import PUSHBACK, SCORED, STANCES, Comment, Verdict

UNSURE = "undetermined"
WORDS = (*STANCES, UNSURE)
"""What a reviewer may say of a message."""

RANDOM_SHARE = 0.05
CORRECTION_WEIGHT = 4.0
"""How much a correction counts in training beside a message of the corpus."""


class Correction(NamedTuple):
    """A reviewer's word on one comment: one of :data:`WORDS`, and a barrier where it is pushback."""

    comment: Comment
    verdict: str
    barrier: str | None = None


def in_random_slice(message_id: str, share: float = RANDOM_SHARE, salt: str = "") -> bool:
    """Whether a message belongs to the random slice: by a hash of its id, so always the same.

    Args:
        message_id: unique within the network.
        share: how much of the network the slice holds, 0 to 1.
        salt: differs between organisations, so that nobody can choose ids that stay out.

    """
    digest = hashlib.sha256(f"{salt}\x00{message_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def uncertainty(verdict: Verdict) -> float:
    """How near a verdict was to the other side, 0 (certain) to 1 (even); unscored messages are 0."""
    p = verdict.pushback
    return 0.0 if verdict.state != SCORED or p is None else 1 - abs(2 * p - 1)


def review_queue(
    messages: Sequence[tuple[str, Verdict]],
    size: int,
    *,
    share: float = RANDOM_SHARE,
    salt: str = "",
) -> list[tuple[str, str]]:
    """Message ids to review, each with ``random`` or ``uncertain`` as the reason.

    The random slice comes first, in an order of its own that does not depend on the verdicts, and
    takes at most half of the places; the rest goes to what the detector was least certain of.
    """
    by_chance = sorted(
        (i for i, v in messages if v.state == SCORED and in_random_slice(i, share, salt)),
        key=lambda i: hashlib.sha256(f"order\x00{salt}\x00{i}".encode()).digest(),
    )[: (size + 1) // 2]
    taken = set(by_chance)
    doubtful = sorted(
        ((i, v) for i, v in messages if i not in taken and uncertainty(v) > 0),
        key=lambda item: -uncertainty(item[1]),
    )
    queue = [(i, "random") for i in by_chance]
    return queue + [(i, "uncertain") for i, _ in doubtful[: size - len(queue)]]


def displayed(verdict: Verdict, correction: Correction | None) -> Verdict:
    """The verdict as it is shown: the reviewer's word where there is one.

    The probability and the evidence stay the model's; ``undetermined`` takes the stance away.
    """
    if correction is None:
        return verdict
    if correction.verdict == UNSURE:
        return replace(verdict, state=UNSURE, stance=None, barrier=None, barriers=(), flag="pass")
    if correction.verdict != PUSHBACK:
        return replace(
            verdict, state=SCORED, stance=correction.verdict, barrier=None, barriers=(), kind=None,
            intensity=None, flag="pass",
        )  # fmt: skip
    barrier = correction.barrier or verdict.barrier
    others = tuple(item for item in verdict.barriers if item[0] != barrier)
    return replace(
        verdict, state=SCORED, stance=PUSHBACK, barrier=barrier, flag="flag",
        barriers=((barrier, 1.0), *others) if barrier else verdict.barriers,
    )  # fmt: skip


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


def read_corrections(path: Path) -> list[Correction]:
    """Corrections from a JSONL or CSV file with ``text``, ``verdict`` and optionally ``barrier``,
    ``parent`` and ``community``.

    Raises:
        SourceError: a row cannot be used; says which.

    """
    return [
        _correction(row, f"{path}, row {number}") for number, row in enumerate(_rows(path), start=1)
    ]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        if path.suffix.lower() == ".csv":
            yield from csv.DictReader(stream)
            return
        for number, line in enumerate(stream, start=1):
            try:
                value = json.loads(line)
            except ValueError as problem:
                raise _bad(f"{path}, line {number}", "is not JSON") from problem
            yield value if isinstance(value, dict) else {}


def _correction(row: dict[str, Any], where: str) -> Correction:
    text, verdict = row.get("text"), str(row.get("verdict") or "").strip().lower()
    if not isinstance(text, str) or not text:
        raise _bad(where, "has no text")
    if verdict not in WORDS:
        raise _bad(where, f"has a verdict that is not one of {', '.join(WORDS)}")
    return Correction(
        Comment(text, row.get("parent") or None, row.get("community") or None),
        verdict,
        row.get("barrier") or None,
    )


def _bad(where: str, what: str) -> SourceError:
    return SourceError(
        f"A review {what}", where=where, next_step="Correct that row and import the file again"
    )
