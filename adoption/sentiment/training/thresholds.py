"""Where probabilities become decisions, chosen on messages that no weights were fitted to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

PRECISION_AIM = 0.78
"""The stance threshold gives the best F1 among those with at least this precision."""
NEARBY = 4
"""Thresholds on either side, a hundredth apart, that F1 is averaged over."""
FALSE_FLAGS = 0.001
"""At most this share of ordinary work talk may reach the flag threshold."""
FLAG_PRECISION = 0.85
FLAG_CEILING = {"full": 0.72}
"""A flag is never harder to give than this. The held-out work talk is too little to tell rates of one in
a thousand apart; at 0.72 the full profile was measured to flag 0.8 of 1,000 messages of a public help
channel (31,075 messages) and 1.2 of 1,000 of the sample network's other talk (docs/detector.md)."""
REVIEW_RECALL = 0.95
GATE_RECALL = 0.85
"""Of pushback that shows no sign of the network (it can only be reviewed), this share reaches the encoder."""

Floats = npt.NDArray[np.float64]


def stance_threshold(truth: Sequence[bool], probability: Floats) -> float:
    """The threshold of best F1 with precision of at least :data:`PRECISION_AIM`.

    F1 is averaged over thresholds nearby, since one message more or less moves its peak on a small
    set. Where none reaches the precision, the most precise that still finds a tenth of all.
    """
    thresholds = np.round(np.arange(0.2, 0.9, 0.01), 2)
    figures = [_precision_recall_f1(np.asarray(truth), probability >= t) for t in thresholds]
    precision, recall, f1 = (np.array(values) for values in zip(*figures, strict=True))
    padded = np.pad(f1, NEARBY, mode="edge")
    smooth = np.convolve(padded, np.full(2 * NEARBY + 1, 1 / (2 * NEARBY + 1)), mode="valid")
    good = precision >= PRECISION_AIM
    if good.any():
        return float(thresholds[np.argmax(np.where(good, smooth, -1.0))])
    return float(thresholds[np.argmax(np.where(recall >= 0.1, precision, -1.0))])


def _precision_recall_f1(
    y: npt.NDArray[np.bool_], said: npt.NDArray[np.bool_]
) -> tuple[float, float, float]:
    hits = float((said & y).sum())
    return (
        hits / max(said.sum(), 1),
        hits / max(y.sum(), 1),
        2 * hits / max(said.sum() + y.sum(), 1),
    )


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
