"""The pushback rate corrected by what people found when they checked comments at random."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import ibis.expr.types as ir

from adoption.metrics.activity import WHOLE_PERIOD
from adoption.metrics.frames import records
from adoption.metrics.metric import Estimate, Floor, Key, Metric, Scene, Shape
from adoption.metrics.pushback import JUDGED
from adoption.sentiment.rates import corrected_rate

FEWEST_CHECKS = 50
"""Fewer random checks than this in a group give no corrected rate."""
PER_1000 = 1000.0


def _judged(scene: Scene) -> ir.Table:
    """Messages judged by the detector, but for those a reviewer was unsure about.

    ``num`` counts flags, as for the raw rate: it says who stands behind the figure.
    """
    verdicts = scene.frames.verdicts()
    judged = verdicts.filter(verdicts.model_state == "scored", verdicts.state == "scored")
    return judged.mutate(num=(judged.flag == "flag").cast("int64"), den=1)


def _estimates(events: ir.Table, columns: Sequence[str]) -> Callable[[Key], Estimate]:
    """Gives the corrected rate of a group, or why there is none."""
    columns = list(columns)
    checked = events.filter(events.drawn)
    truth: dict[Key, list[tuple[float, bool]]] = defaultdict(list)
    for row in records(checked.select(*columns, "model_pushback", "stance")):
        key = tuple(row[column] for column in columns)
        truth[key].append((row["model_pushback"], row["stance"] == "pushback"))
    enough = any(len(found) >= FEWEST_CHECKS for found in truth.values())
    scores = _scores(events, columns) if enough else {}
    return lambda key: _estimate(scores.get(key, ()), truth.get(key, ()))


def _scores(events: ir.Table, columns: list[str]) -> Mapping[Key, list[float]]:
    """The detector's probability for every message, by group."""
    scores = events.model_pushback.collect()
    table = events.group_by(columns) if columns else events
    found = table.aggregate(scores=scores)
    return {tuple(row[name] for name in columns): row["scores"] for row in records(found)}


def _estimate(scores: Sequence[float], truth: Sequence[tuple[float, bool]]) -> Estimate:
    rate = corrected_rate(scores, truth) if len(truth) >= FEWEST_CHECKS else None
    if rate is None:
        return Estimate(_not_enough(len(truth)))
    return Estimate(
        f"Estimated from {rate.reviewed:,} comments that people checked at random.",
        value=PER_1000 * float(rate.value),
        low=PER_1000 * float(rate.low),
        high=PER_1000 * float(rate.high),
        numerator=float(rate.value) * rate.messages,
        denominator=float(rate.messages),
    )


def _not_enough(checks: int) -> str:
    """Why there is no corrected rate yet."""
    return (
        f"{checks or 'None'} of the {FEWEST_CHECKS} random checks that this needs have been made; "
        "the Review page offers them."
    )


CORRECTED = (
    Metric(
        name="pushback-corrected",
        title="Corrected pushback rate",
        question="How often do people push back, errors of the detector taken into account?",
        formula="Messages that push back per 1,000 judged messages, estimated from those that people "
        "checked at random within strata of the detector's probability, each stratum weighed by its "
        "size. The 95 % interval covers chance and the errors of the detector.",
        unit="per_1000",
        better="down",
        floor=Floor.PUSHBACK,
        shape=Shape.SHARE,
        rows=_judged,
        splits=("four_weeks", *WHOLE_PERIOD),
        objectors=True,
        estimate=_estimates,
        caveats=(
            JUDGED,
            "Comments about which a reviewer was unsure count on neither side.",
            "As good as the reviewers, and as fair as their checks: all that are offered, none left "
            "out for being hard.",
        ),
    ),
)
