"""All metrics by name, in the order in which they are listed."""

from __future__ import annotations

from collections.abc import Mapping

from adoption.errors import SettingsError
from adoption.metrics.activity import ACTIVITY
from adoption.metrics.channels import CHANNELS
from adoption.metrics.corrected import CORRECTED
from adoption.metrics.dialogue import DIALOGUE
from adoption.metrics.metric import Metric
from adoption.metrics.pushback import PUSHBACK

CATALOGUE: Mapping[str, Metric] = {
    metric.name: metric for metric in (*ACTIVITY, *DIALOGUE, *CHANNELS, *PUSHBACK, *CORRECTED)
}


def metric_called(name: str) -> Metric:
    """The metric of that name.

    Raises:
        SettingsError: there is none; lists those there are.

    """
    if name not in CATALOGUE:
        raise SettingsError(
            f"There is no metric called {name!r}",
            where="metrics",
            next_step=f"Use one of: {', '.join(CATALOGUE)}",
        )
    return CATALOGUE[name]
