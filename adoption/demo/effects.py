"""What the programme does to the sample network: how much is written, and how much pushes back.

This is the ground truth a statistics page should find again: the training lifts activity and
takes away most obstacles of skill and usability in its departments, the policy halves what is
said about rules and the law everywhere, and the champions change nothing.
"""

from __future__ import annotations

from datetime import date

from adoption.demo.calendar import Timeline, ramp, wave

TRAINING_TARGETS = ("emergency", "surgery", "estates", "outpatients")
CHAMPIONS_TARGETS = ("acute", "critical", "imaging")

TRAINING_LIFT = 0.55
TRAINING_REMEDY = 0.85
TRAINING_DAYS = 21.0
POLICY_REMEDY = 0.5
POLICY_DAYS = 14.0

BARRIERS = (
    "existing_channel",
    "face_to_face",
    "dismissal",
    "legal_risk",
    "personal_privacy",
    "skills",
    "policy",
    "culture_trust",
    "imposed",
    "access",
    "time_overload",
    "no_value",
    "critical_mass",
    "tool_sprawl",
    "usability",
)
STEADY = (1.0, 0.6, 0.45, 0.45, 0.45, 0.6, 0.4, 0.5, 0.3, 0.9, 0.9, 0.75, 0.9, 0.65, 0.75)
LAUNCH = (11.0, 2.5, 2.0, 0.6, 1.2, 1.5, 0.6, 0.6, 10.0, 1.5, 9.0, 3.0, 0.8, 2.0, 0.8)
INCIDENT = (0.3, 0.4, 0.4, 9.0, 1.2, 0.1, 6.0, 7.5, 0.2, 0.1, 0.2, 0.3, 0.1, 0.1, 0.1)
"""Pushback per 1,000 messages and barrier, in the order of ``BARRIERS``: always, and at the
height of either wave."""

UNTRAINED = {"skills": 10.0, "usability": 6.5}
"""Further pushback per 1,000 messages in the departments of the training, until it is given."""


def pushback_rates(day: date, department: str, timeline: Timeline) -> dict[str, float]:
    """The share of a department's messages that push back on a day, by barrier."""
    launched = 1.0 if day >= timeline.launch else 0.5
    launch = wave(day, timeline.launch, rise_days=14, fall_days=32)
    incident = wave(day, timeline.incident, rise_days=5, fall_days=20)
    rates = {
        barrier: steady * launched + at_launch * launch + after * incident
        for barrier, steady, at_launch, after in zip(
            BARRIERS, STEADY, LAUNCH, INCIDENT, strict=True
        )
    }
    if department in TRAINING_TARGETS and day >= timeline.launch:
        kept = 1 - TRAINING_REMEDY * ramp(day, timeline.training, TRAINING_DAYS)
        for barrier, extra in UNTRAINED.items():
            rates[barrier] = (rates[barrier] + extra) * kept
    ruled = 1 - POLICY_REMEDY * ramp(day, timeline.policy, POLICY_DAYS)
    for barrier in ("policy", "legal_risk"):
        rates[barrier] *= ruled
    return {barrier: rate / 1000 for barrier, rate in rates.items()}


def activity_factor(day: date, department: str, timeline: Timeline) -> float:
    """How much more than usual the people of a department write on a day."""
    factor = 1 + 0.6 * wave(day, timeline.launch, rise_days=5, fall_days=14)
    if department in TRAINING_TARGETS:
        factor *= 1 + TRAINING_LIFT * ramp(day, timeline.training, TRAINING_DAYS)
    return factor
