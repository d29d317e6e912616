"""Effects of enablers through the gate: both sides must have enough people behind them."""

from __future__ import annotations

from dataclasses import InitVar, asdict, dataclass
from datetime import date
from typing import Any

from adoption.metrics.catalogue import CATALOGUE
from adoption.metrics.enablers import RawEffect
from adoption.period import Period
from adoption.privacy.floors import Floors
from adoption.privacy.gate import below_floor, floor_text, how_counted
from adoption.privacy.released import GATE_KEY, State, check_key
from adoption.statistics.effects import Effect

METHOD = (
    "An interrupted time series: the weeks after are compared with the line of the weeks before, less "
    "the same for departments that were not meant, with a 95 % interval (Newey-West)."
)


@dataclass(frozen=True, slots=True)
class ReleasedEffect:
    """What can be said of an enabler's effect on one figure.

    ``effect`` is ``None`` where it was hidden; ``words`` then says why, else what the verdict means.
    """

    metric: str
    title: str
    unit: str
    better: str
    period: Period
    start: date
    departments: tuple[str, ...]
    snapshot: int
    state: State
    effect: Effect | None
    words: str
    floor: str
    how_counted: str
    key: InitVar[object]

    def __post_init__(self, key: object) -> None:
        check_key(key)

    def as_dict(self) -> dict[str, Any]:
        """JSON."""
        result = asdict(self)
        result["period"] = str(self.period)
        result["start"] = self.start.isoformat()
        return result


def release_effect(
    raw: RawEffect,
    floors: Floors = Floors(),  # noqa: B008 - frozen
) -> ReleasedEffect:
    """Let an effect through if both the treated and the compared people are enough.

    Args:
        raw: what :func:`adoption.metrics.enabler_effect` gave.
        floors: the floors of this installation.

    """
    metric = CATALOGUE[raw.metric]
    sides = [raw.treated] if raw.untreated is None else [raw.treated, raw.untreated]
    pointable = bool(raw.departments)
    reasons = [reason for side in sides if (reason := below_floor(side, metric, floors, pointable))]
    known = raw.effect.effect is not None
    state = State.SUPPRESSED if reasons else State.SHOWN if known else State.NOT_AVAILABLE
    return ReleasedEffect(
        metric=metric.name,
        title=metric.title,
        unit=metric.unit,
        better=metric.better,
        period=raw.period,
        start=raw.start,
        departments=raw.departments,
        snapshot=raw.snapshot,
        state=state,
        effect=None if reasons else raw.effect,
        words=reasons[0] if reasons else raw.effect.in_words(),
        floor=floor_text(metric, floors),
        how_counted=f"{METHOD} {how_counted(metric)}",
        key=GATE_KEY,
    )
