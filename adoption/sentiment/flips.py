"""What would change if a new version of the detector took over: shown before charts switch."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from adoption.sentiment.verdict import PUSHBACK, Verdict

SAMPLES = 50


@dataclass(frozen=True, slots=True)
class Flip:
    """One message whose verdict changed: its id and both verdicts."""

    id: str
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True)
class FlipReport:
    """Changes between two versions over the same messages.

    Attributes:
        before, after: the two versions.
        messages: how many were compared.
        gained, lost: how many became pushback, and how many ceased to be.
        barriers: counts of changes from one barrier to another.
        samples_gained, samples_lost: drawn at random, :data:`SAMPLES` of each at most.

    """

    before: str
    after: str
    messages: int
    gained: int
    lost: int
    barriers: dict[tuple[str, str], int]
    samples_gained: tuple[Flip, ...]
    samples_lost: tuple[Flip, ...]

    @property
    def share(self) -> float:
        """The share of messages whose stance turned to or from pushback."""
        return (self.gained + self.lost) / self.messages if self.messages else 0.0

    def as_text(self) -> str:
        """A few lines for a person; contains no message text."""
        lines = [
            f"{self.messages} messages compared: {self.gained} would become pushback, "
            f"{self.lost} would cease to be ({self.share:.2%} of all).",
        ]
        lines += [
            f"  {old} becomes {new}: {count}"
            for (old, new), count in sorted(self.barriers.items(), key=lambda item: -item[1])
        ]
        return "\n".join(lines)


def flip_report(
    ids: Sequence[str], before: Sequence[Verdict], after: Sequence[Verdict], seed: int = 0
) -> FlipReport:
    """Compare two sets of verdicts on the same messages, in the same order."""
    gained: list[Flip] = []
    lost: list[Flip] = []
    barriers: Counter[tuple[str, str]] = Counter()
    for name, old, new in zip(ids, before, after, strict=True):
        was, is_now = old.stance == PUSHBACK, new.stance == PUSHBACK
        if is_now and not was:
            gained.append(Flip(name, old, new))
        elif was and not is_now:
            lost.append(Flip(name, old, new))
        elif was and old.barrier and new.barrier and old.barrier != new.barrier:
            barriers[old.barrier, new.barrier] += 1
    chance = random.Random(seed)
    return FlipReport(
        before=before[0].model if before else "",
        after=after[0].model if after else "",
        messages=len(ids),
        gained=len(gained),
        lost=len(lost),
        barriers=dict(barriers),
        samples_gained=tuple(chance.sample(gained, min(SAMPLES, len(gained)))),
        samples_lost=tuple(chance.sample(lost, min(SAMPLES, len(lost)))),
    )
