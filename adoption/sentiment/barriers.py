"""From the barriers the weights know to the barriers the organisation uses.

Renamed barriers keep their code. Merged ones hand their probability on. Added ones are found by
their phrases and by likeness to their examples.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from adoption.sentiment.likeness import profiles
from adoption.sentiment.outputs import BARRIERS
from adoption.sentiment.signals import Signals
from adoption.sentiment.taxonomy import Taxonomy

_ADDED_PHRASE = 0.6
_ADDED_DECISIVE = 0.9
_LIKENESS_FROM = 0.25


class BarrierMap:
    """Ranks the barriers of one taxonomy.

    Args:
        taxonomy: the barriers in force.

    """

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._known = [taxonomy.resolve(code) for code in BARRIERS]
        self._added = [code for code in taxonomy.codes if code not in BARRIERS]
        self._examples = {code: profiles(taxonomy.barriers[code].examples) for code in self._added}

    def rank(
        self, probabilities: npt.NDArray[np.float64], prepared: Signals
    ) -> list[tuple[str, float]]:
        """Codes with probabilities that sum to one, most likely first."""
        shares: dict[str, float] = {}
        for code, p in zip(self._known, probabilities, strict=True):
            if code is not None:
                shares[code] = shares.get(code, 0.0) + float(p)
        for code in self._added:
            share = self._share(code, prepared)
            shares = {known: p * (1 - share) for known, p in shares.items()}
            shares[code] = shares.get(code, 0.0) + share
        total = sum(shares.values()) or 1.0
        return sorted(((c, p / total) for c, p in shares.items()), key=lambda item: -item[1])

    def _share(self, code: str, prepared: Signals) -> float:
        """How much of the probability an added barrier claims."""
        found = prepared.found
        share = _ADDED_DECISIVE if code in found.decisive else 0.0
        if code in found.hints:
            share = max(share, 1 - (1 - _ADDED_PHRASE) ** found.hints[code])
        examples = self._examples[code]
        if len(examples):
            likeness = float((examples @ profiles([prepared.lower])[0]).max())
            share = max(share, min(0.9, max(0.0, likeness - _LIKENESS_FROM) * 2))
        return share
