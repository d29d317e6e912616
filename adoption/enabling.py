"""What was done about barriers: enablers, and what each of them changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from adoption.errors import SettingsError
from adoption.privacy import Released, ReleasedEffect
from adoption.store import Enabler

KINDS: dict[str, str] = {
    "policy": "Policy",
    "training": "Training",
    "course": "Course",
    "infrastructure": "Infrastructure",
    "champions": "Champions",
    "leader": "A leader's post or example",
    "other": "Something else",
}
EFFECT_METRICS = ("active-share", "pushback-rate")
"""The figures an enabler is judged by: does it help people in, does it answer objections?"""


@dataclass(frozen=True, slots=True)
class MeasuredEffect:
    """The effect of one enabler on one figure, with the weeks of both sides to draw.

    ``untreated`` is ``None`` when the enabler was for everybody.
    """

    effect: ReleasedEffect
    treated: Released
    untreated: Released | None


@dataclass(frozen=True, slots=True)
class EnablerReport:
    """One enabler with what it changed; empty where there is no data on both sides of its date."""

    enabler: Enabler
    effects: tuple[MeasuredEffect, ...]


def departments_of(enabler: Enabler) -> tuple[str, ...]:
    """The departments an enabler was for; empty means everybody."""
    return tuple(enabler.target.get("department", ()))


def new_enabler(kind: str, title: str, on: date, departments: Sequence[str]) -> Enabler:
    """Check and make an enabler.

    Raises:
        SettingsError: the kind is unknown or the title empty.

    """
    if kind not in KINDS:
        raise SettingsError(
            f"{kind!r} is no kind of enabler",
            where="enabler",
            next_step=f"Use one of: {', '.join(KINDS)}",
        )
    if not title.strip():
        raise SettingsError(
            "The enabler has no title",
            where="enabler",
            next_step="Say in a few words what was done",
        )
    target = {"department": sorted(departments)} if departments else {}
    return Enabler(0, kind, title.strip(), on, target=target)
