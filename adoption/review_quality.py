"""How well the detector does by the word of those who checked it.

Only comments that chance drew count here: those chosen for being uncertain say nothing about the
others. A random check of a flag counts as long as the flag is one of the detector that is in use:
what an earlier version flagged is no fair sample of what this one flags. Intervals are Jeffreys intervals (:func:`adoption.sentiment.rates.jeffreys`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from scipy.stats import fisher_exact

from adoption.reviews import RANDOM, RANDOM_FLAG
from adoption.sentiment.rates import jeffreys
from adoption.store import Review, Store
from adoption.store.records import now

FEWEST = 10
"""Fewer checks than this behind a share give no figure."""
FEWEST_IN_MONTH = 5
RECENT_MONTHS = 3
SIGNIFICANT = 0.05

_REVIEWED = """
SELECT v.network, v.message_id, strftime(v.created_on, '%Y-%m'), v.model_flag = 'flag',
    v.stance = 'pushback', s.scored_at
FROM verdicts v JOIN scores s ON s.network = v.network AND s.message_id = v.message_id
    AND s.model = v.model AND s.month = v.month
WHERE v.reviewed AND v.state = 'scored' AND v.model_state = 'scored'
"""


class Check(NamedTuple):
    """One comment that chance drew, with a clear answer; ``of_all``: drawn from all, not from flags."""

    month: str
    flagged: bool
    pushes_back: bool
    of_all: bool


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
        flags_checked: how many flags were checked at random, in the slice of all or of the flags.
        pushback_found: how many of the random checks push back, flagged or not.
        precision: the share of flags checked that push back.
        recall: the share of pushback found that was flagged.
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
    checks = _checks(store, reviews)
    flags = [check for check in checks if check.flagged]
    pushback = [check for check in checks if check.of_all and check.pushes_back]
    by_month = _by_month(flags)
    return ReviewQuality(
        reviewed=len(reviews),
        today=_today(reviews),
        checks=sum(check.of_all for check in checks),
        unsure=sum(review.verdict == "undetermined" for review in reviews),
        flags_checked=len(flags),
        pushback_found=len(pushback),
        precision=Share.of(sum(check.pushes_back for check in flags), len(flags)),
        recall=Share.of(sum(check.flagged for check in pushback), len(pushback)),
        months=tuple(
            (date.fromisoformat(f"{month}-01"), share)
            for month, (hits, tries) in by_month
            if (share := Share.of(hits, tries, FEWEST_IN_MONTH))
        ),
        notice=drift_notice(by_month),
    )


def _checks(store: Store, reviews: Sequence[Review]) -> list[Check]:
    """What chance drew, as far as it is a fair sample for the detector that is in use."""
    given = {(review.network, review.message_id): review for review in reviews}
    with store.snapshot() as snapshot:
        rows = snapshot.sql(_REVIEWED)
    found = []
    for network, message_id, month, flagged, pushes_back, scored_at in rows:
        review = given.get((network, message_id))
        if review is None:
            continue
        of_flags = review.reason == RANDOM_FLAG and flagged and review.at >= scored_at
        if review.reason == RANDOM or of_flags:
            found.append(Check(month, flagged, pushes_back, review.reason == RANDOM))
    return found


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


def _by_month(flags: Sequence[Check]) -> list[tuple[str, tuple[int, int]]]:
    """Per month in order, how many checked flags were right and how many were checked."""
    found: dict[str, list[bool]] = defaultdict(list)
    for check in flags:
        found[check.month].append(check.pushes_back)
    return [(month, (sum(right), len(right))) for month, right in sorted(found.items())]


def _today(reviews: Sequence[Review]) -> int:
    today = now().date()
    return sum(review.at.date() == today for review in reviews)
