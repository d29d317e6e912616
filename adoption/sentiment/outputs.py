"""The columns of every learned score, in one order for training and for use."""

from __future__ import annotations

from typing import NamedTuple

from adoption.sentiment.verdict import KINDS, STANCES

BARRIERS = (
    "existing_channel", "face_to_face", "dismissal", "legal_risk", "personal_privacy", "skills",
    "policy", "culture_trust", "imposed", "access", "time_overload", "no_value", "critical_mass",
    "tool_sprawl", "usability",
)  # fmt: skip
"""The barriers that the shipped weights were trained on."""

INTENSITIES = (1, 2, 3)
TARGET_LABELS = ("named", "context", "absent")


class Columns(NamedTuple):
    """Where each group of scores stands in a row of outputs."""

    stance: slice
    barrier: slice
    kind: slice
    intensity: slice
    target: slice
    width: int


def _columns() -> Columns:
    at = 0
    slices: list[slice] = []
    for part in (STANCES, BARRIERS, KINDS, INTENSITIES, TARGET_LABELS):
        slices.append(slice(at, at + len(part)))
        at += len(part)
    stance, barrier, kind, intensity, target = slices
    return Columns(stance, barrier, kind, intensity, target, at)


COLUMNS = _columns()
