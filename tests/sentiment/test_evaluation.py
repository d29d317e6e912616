"""The figures are the ones everybody else means by these words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from adoption.sentiment import Verdict
from adoption.sentiment.evaluation import average_precision, calibration_error, evaluate


def verdict(stance: str | None, p: float | None = None, **changes: Any) -> Verdict:
    pushes = stance == "pushback"
    values: dict[str, Any] = {
        "state": "scored" if stance else "too_short",
        "stance": stance,
        "pushback": (0.9 if pushes else 0.1) if p is None and stance else p,
        "barrier": "no_value" if pushes else None,
        "barriers": (),
        "kind": None,
        "intensity": 2 if pushes else None,
        "polarity": 0.0,
        "subjectivity": 0.0,
        "language": "en",
        "evidence": (),
        "target": "named",
        "flag": "flag" if pushes else "pass",
        "model": "m",
    }
    return Verdict(**{**values, **changes})


def row(stance: str, barrier: str | None = None, **more: Any) -> dict[str, Any]:
    return {"text": "some words", "stance": stance, "barrier": barrier, **more}


ROWS = [
    row("pushback", "no_value", intensity=3),
    row("pushback", "usability", intensity=1),
    row("pushback", "legal_risk"),
    row("neutral"),
    row("neutral"),
    row("support"),
]
VERDICTS = [
    verdict("pushback"),
    verdict("pushback", barrier="access"),
    verdict("neutral"),
    verdict("pushback"),
    verdict("neutral"),
    verdict(None),
]


def test_precision_recall_barriers_groups_and_intensity() -> None:
    found = evaluate(ROWS, VERDICTS)
    assert (found.precision, found.recall, found.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert found.barrier == pytest.approx(1 / 3)
    assert found.group == pytest.approx(2 / 3)
    assert found.barrier_found == pytest.approx(1 / 2)
    assert found.intensity == 1.0
    assert found.states == {"scored": 5, "too_short": 1}
    assert found.confusion["support"]["none"] == 1
    assert found.confusion["neutral"]["pushback"] == 1
    assert found.flag_precision == pytest.approx(2 / 3)


def test_a_message_that_is_not_scored_is_never_counted_as_right() -> None:
    found = evaluate([row("support")], [verdict(None)])
    assert found.macro_f1 == 0.0


def test_newer_barriers_map_back_on_older_labels_only() -> None:
    said = [verdict("pushback", barrier="critical_mass")]
    assert evaluate([row("pushback", "no_value")], said).barrier == 1.0
    newer = [row("pushback", "no_value"), row("pushback", "critical_mass")]
    assert evaluate(newer, said * 2).barrier == 0.5


def test_slices_give_the_figures_of_parts() -> None:
    rows = [
        row("pushback", "no_value", parent="x", form=["irony"], target="context"),
        row("neutral"),
    ]
    found = evaluate(rows, [verdict("pushback"), verdict("pushback")])
    assert found.slices["with parent"]["f1"] == 1.0
    assert found.slices["form irony"]["rows"] == 1
    assert found.slices["barrier no_value"]["recall"] == 1.0
    assert found.slices["network context, as labelled"]["precision"] == 1.0
    assert found.slices["without parent"]["precision"] == 0.0


def test_the_text_names_every_figure_and_the_json_is_plain() -> None:
    found = evaluate(ROWS, VERDICTS)
    for word in ("Precision", "Average precision", "macro-F1", "Calibration", "pushback"):
        assert word in found.as_text()
    assert found.as_dict()["rows"] == 6


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=1).filter(
        lambda pairs: any(t for t, _ in pairs)
    )
)
def test_average_precision_is_scikit_learns(pairs: list[tuple[bool, float]]) -> None:
    truth, p = zip(*pairs, strict=True)
    assert average_precision(truth, p) == pytest.approx(average_precision_score(truth, p))


def test_average_precision_needs_a_positive() -> None:
    assert average_precision([False], [0.3]) is None


def test_calibration_error_is_nil_for_honest_probabilities() -> None:
    chance = np.random.default_rng(3)
    p = chance.random(50_000)
    assert calibration_error(list(chance.random(50_000) < p), list(p)) == pytest.approx(0, abs=0.01)
    assert calibration_error([True, True], [0.5, 0.5]) == pytest.approx(0.5)
    assert calibration_error([], []) is None
