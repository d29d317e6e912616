"""Where probabilities become decisions, chosen on messages that no weights were fitted to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

PRECISION_AIM = 0.78
"""The stance threshold gives the best F1 among those with at least this precision."""
FALSE_FLAGS = 0.001
"""At most this share of ordinary work talk may reach the flag threshold."""
FLAG_PRECISION = 0.85
REVIEW_RECALL = 0.95
GATE_RECALL = 0.75
"""Of pushback that shows no sign of the network (it can only be reviewed), this share reaches the encoder."""

Floats = npt.NDArray[np.float64]


def stance_threshold(truth: Sequence[bool], probability: Floats) -> float:
    """The threshold of best F1 with precision of at least :data:`PRECISION_AIM`.

    Where none reaches the precision, the one of highest precision that finds a tenth of all.
    """
    y = np.asarray(truth)
    best, best_f1, fallback, highest = 0.5, -1.0, 0.5, -1.0
    for threshold in np.round(np.arange(0.2, 0.9, 0.01), 2):
        said = probability >= threshold
        hits = float((said & y).sum())
        precision, recall = hits / max(said.sum(), 1), hits / max(y.sum(), 1)
        f1 = 2 * hits / max(said.sum() + y.sum(), 1)
        if precision >= PRECISION_AIM and f1 > best_f1:
            best, best_f1 = float(threshold), f1
        if recall >= 0.1 and precision > highest:
            fallback, highest = float(threshold), precision
    return best if best_f1 >= 0 else fallback


def flag_threshold(
    truth: Sequence[bool],
    probability: Floats,
    ordinary: Floats,
    ordinary_messages: int,
    at_least: float,
) -> float:
    """The lowest threshold that keeps both aims: precise flags, and hardly any on work talk.

    Args:
        truth: whether each labelled message pushes back.
        probability: what the detector says of each.
        ordinary: probabilities of plain work talk in which the network seems to be meant.
        ordinary_messages: how many messages of plain work talk there were in all.
        at_least: the stance threshold; a flag is never more easily given than the stance.

    """
    y = np.asarray(truth)
    allowed = FALSE_FLAGS * ordinary_messages
    for threshold in np.round(np.arange(at_least, 0.985, 0.005), 3):
        said = probability >= threshold
        precise = (said & y).sum() >= FLAG_PRECISION * max(said.sum(), 1)
        if precise and (ordinary >= threshold).sum() <= allowed:
            return float(threshold)
    return 0.985


def recall_threshold(truth: Sequence[bool], probability: Floats, recall: float) -> float:
    """The highest threshold (to two digits below) that still finds a share of the pushback."""
    positives = np.sort(probability[np.asarray(truth)])
    if not len(positives):
        return 0.05
    at = int(np.floor((1 - recall) * len(positives)))
    return float(max(0.01, np.floor(positives[at] * 100) / 100))
