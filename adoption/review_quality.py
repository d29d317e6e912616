"""How well the detector does by the word of those who checked it.

Only comments that chance drew count here: those chosen for being uncertain say nothing about the
others. Intervals are Jeffreys intervals (:func:`adoption.sentiment.rates.jeffreys`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from scipy.stats import fisher_exact

from adoption.sentiment.rates import jeffreys
from adoption.store import Review, Store
from adoption.store.records import now

FEWEST = 10
"""Fewer checks than this behind a share give no figure."""
FEWEST_IN_MONTH = 5
RECENT_MONTHS = 3
SIGNIFICANT = 0.05

_CHECKS = """
SELECT strftime(created_on, '%Y-%m'), model_flag = 'flag', stance = 'pushback', count(*)
FROM verdicts WHERE drawn AND state = 'scored' AND model_state = 'scored'
GROUP BY ALL ORDER BY 1
"""


class Checks(NamedTuple):
    """Random checks of messages of one month that came out alike."""

    month: str
    flagged: bool
    pushes_back: bool
    number: int


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``tries`` with the 95 % interval of the share; all 0 to 1."""

    hits: int
    tries: int
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, tries: int, fewest: int = FEWEST) -> Share | None:
        """The share, or ``None`` where too few were checked."""
        if tries < fewest:
            return None
        low, high = jeffreys(hits, tries)
        return cls(hits, tries, hits / tries, low, high)


@dataclass(frozen=True, slots=True)
class ReviewQuality:
    """What reviews say about the detector.

    Attributes:
        reviewed: messages with a review; ``today`` those of today (UTC).
        checks: random checks with a clear answer, over all time.
        unsure: messages whose reviewer was unsure.
        flags_checked: how many of the checks were flagged.
        pushback_found: how many of the checks push back, flagged or not.
        precision: the share of flags that push back.
        recall: the share of pushback that was flagged.
        months: precision by month of the message, where at least five flags were checked.
        notice: a sentence when precision has fallen, else empty.

    """

    reviewed: int
    today: int
    checks: int
    unsure: int
    flags_checked: int
    pushback_found: int
    precision: Share | None
    recall: Share | None
    months: tuple[tuple[date, Share], ...]
    notice: str


def review_quality(store: Store) -> ReviewQuality:
    """Precision and recall as reviewed, over all time and by month."""
    reviews = store.control.reviews()
    with store.snapshot() as snapshot:
        checks = [Checks(*row) for row in snapshot.sql(_CHECKS)]
    flagged, pushback = _count(checks, flagged=True), _count(checks, pushes_back=True)
    right = _count(checks, flagged=True, pushes_back=True)
    by_month = _flags_by_month(checks)
    return ReviewQuality(
        reviewed=len(reviews),
        today=_today(reviews),
        checks=_count(checks),
        unsure=sum(review.verdict == "undetermined" for review in reviews),
        flags_checked=flagged,
        pushback_found=pushback,
        precision=Share.of(right, flagged),
        recall=Share.of(right, pushback),
        months=tuple(
            (date.fromisoformat(f"{month}-01"), share)
            for month, (hits, tries) in by_month
            if (share := Share.of(hits, tries, FEWEST_IN_MONTH))
        ),
        notice=drift_notice(by_month),
    )


def drift_notice(by_month: Sequence[tuple[str, tuple[int, int]]]) -> str:
    """A sentence when the flags of the newest months are right significantly less often.

    The newest three months with checks against all before, Fisher's exact test, one-sided at 5 %
    (R. A. Fisher, Journal of the Royal Statistical Society 85, 1922).

    Args:
        by_month: per month in order, how many checked flags were right and how many were checked.

    """
    recent, before = by_month[-RECENT_MONTHS:], by_month[:-RECENT_MONTHS]
    (hits, tries), (old_hits, old_tries) = _summed(recent), _summed(before)
    if min(tries, old_tries) < FEWEST:
        return ""
    table = [[hits, tries - hits], [old_hits, old_tries - old_hits]]
    if float(fisher_exact(table, alternative="less").pvalue) >= SIGNIFICANT:
        return ""
    return (
        f"Since {recent[0][0]} reviewers agreed with {hits} of {tries} flags they checked at random, "
        f"before that with {old_hits} of {old_tries}. The detector fits the talk on the network less "
        "well than it did: review more comments, then train it again with the corrections."
    )


def _summed(months: Sequence[tuple[str, tuple[int, int]]]) -> tuple[int, int]:
    return sum(hits for _, (hits, _) in months), sum(tries for _, (_, tries) in months)


def _flags_by_month(checks: Sequence[Checks]) -> list[tuple[str, tuple[int, int]]]:
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for check in checks:
        if check.flagged:
            found[check.month][0] += check.number * check.pushes_back
            found[check.month][1] += check.number
    return [(month, (hits, tries)) for month, (hits, tries) in sorted(found.items())]


def _count(checks: Sequence[Checks], *, flagged: bool = False, pushes_back: bool = False) -> int:
    """How many checks there are, of flagged messages only or of those that push back only."""
    return sum(
        check.number
        for check in checks
        if (check.flagged or not flagged) and (check.pushes_back or not pushes_back)
    )


def _today(reviews: Sequence[Review]) -> int:
    today = now().date()
    return sum(review.at.date() == today for review in reviews)
