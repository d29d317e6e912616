"""Metrics: one definition each, computed from a snapshot, released by :mod:`adoption.privacy`."""

from adoption.metrics.catalogue import CATALOGUE
from adoption.metrics.comments import RawComment, RawComments, flagged_comments
from adoption.metrics.compute import compute
from adoption.metrics.enablers import RawEffect, enabler_effect, weeks_around
from adoption.metrics.figures import SPLITS, Figures, RawCell, Rest, Selection
from adoption.metrics.metric import Floor, Metric

__all__ = [
    "CATALOGUE",
    "SPLITS",
    "Figures",
    "Floor",
    "Metric",
    "RawCell",
    "RawComment",
    "RawComments",
    "RawEffect",
    "Rest",
    "Selection",
    "compute",
    "enabler_effect",
    "flagged_comments",
    "weeks_around",
]
