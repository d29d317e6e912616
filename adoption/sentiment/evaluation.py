"""How good the detector is on labelled messages, figure by figure and slice by slice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from adoption.sentiment.taxonomy import Taxonomy, load_taxonomy
from adoption.sentiment.verdict import PUSHBACK, STANCES, Verdict

OLDER_CODES: Mapping[str, tuple[str, ...]] = {
    "imposed": ("culture_trust",),
    "personal_privacy": ("legal_risk", "access", "culture_trust"),
    "critical_mass": ("no_value",),
}
"""What stood for a barrier before it had a code of its own (the labelling guideline, section 2)."""
BINS = 10

Floats = npt.NDArray[np.float64]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of one evaluation; ``None`` where the rows cannot tell.

    Attributes:
        rows, pushback: how many messages, and how many of them push back.
        precision, recall, f1: of the stance pushback as decided.
        average_precision: of the pushback probability, whatever the threshold.
        macro_f1: mean F1 of the three stances.
        barrier, group: share of true pushback whose main barrier (or its group) is right.
        barrier_found: the same among pushback that was found.
        intensity: share of found pushback whose intensity is at most one step off.
        calibration_error: expected calibration error of the pushback probability, ten bins.
        flagged, flag_precision: share flagged without review, and how many of those push back.
        states: how many messages came out in each state.
        confusion: true stance, then decided stance (``none`` for messages not scored), then count.
        slices: precision, recall, F1 and size of parts of the rows.

    """

    rows: int
    pushback: int
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None
    macro_f1: float | None
    barrier: float | None
    barrier_found: float | None
    group: float | None
    intensity: float | None
    calibration_error: float | None
    flagged: float | None
    flag_precision: float | None
    states: dict[str, int]
    confusion: dict[str, dict[str, int]]
    slices: dict[str, dict[str, float | int | None]]

    def as_dict(self) -> dict[str, object]:
        """Plain JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def as_text(self) -> str:
        """A table for a terminal."""
        names = {
            "precision": "Precision of pushback", "recall": "Recall of pushback",
            "f1": "F1 of pushback", "average_precision": "Average precision",
            "macro_f1": "Stance macro-F1", "barrier": "Main barrier right",
            "group": "Barrier group right", "intensity": "Intensity within one step",
            "calibration_error": "Calibration error", "flagged": "Flagged without review",
            "flag_precision": "Precision of those flags",
        }  # fmt: skip
        lines = [f"{self.rows} messages, {self.pushback} of them pushback"]
        lines += [f"  {title:<26}{_shown(getattr(self, name))}" for name, title in names.items()]
        lines += ["", f"  {'labelled':<12}" + "".join(f"{s:>10}" for s in (*STANCES, "none"))]
        for stance, row in self.confusion.items():
            lines.append(f"  {stance:<12}" + "".join(f"{row[s]:>10}" for s in (*STANCES, "none")))
        lines += ["", f"  {'slice':<34}{'rows':>6}{'precision':>11}{'recall':>8}{'F1':>7}"]
        for name, part in self.slices.items():
            figures = "".join(
                f"{_shown(part[k]):>{w}}" for k, w in (("precision", 11), ("recall", 8), ("f1", 7))
            )
            lines.append(f"  {name:<34}{part['rows']:>6}{figures}")
        return "\n".join(lines)


def _shown(value: object) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def average_precision(truth: Sequence[bool], probability: Sequence[float]) -> float | None:
    """Area under the precision-recall curve as a step function; ``None`` without positives.

    The sum over ranks of (recall gained) times precision, ties counted together, as scikit-learn's
    ``average_precision_score`` defines it.
    """
    y = np.asarray(truth, dtype=bool)
    if not y.any():
        return None
    p = np.asarray(probability, dtype=np.float64)
    order = np.argsort(-p, kind="stable")
    last_of_tie = np.flatnonzero(np.append(np.diff(p[order]) != 0, True))
    hits = np.cumsum(y[order])[last_of_tie]
    precision = hits / (last_of_tie + 1)
    return float(np.sum(np.diff(hits / y.sum(), prepend=0.0) * precision))


def calibration_error(truth: Sequence[bool], probability: Sequence[float]) -> float | None:
    """Expected calibration error: mean gap of probability and frequency over ten equal bins."""
    if not len(truth):
        return None
    y, p = np.asarray(truth, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    gaps = [abs(y[bins == b].mean() - p[bins == b].mean()) * (bins == b).sum() for b in set(bins)]
    return float(sum(gaps) / len(y))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _prf(
    truth: Sequence[bool], said: Sequence[bool]
) -> tuple[float | None, float | None, float | None]:
    """Precision, recall and F1 of a yes-no decision."""
    hits = sum(t and s for t, s in zip(truth, said, strict=True))
    positive, found = sum(truth), sum(said)
    return _ratio(hits, found), _ratio(hits, positive), _ratio(2 * hits, positive + found)


def evaluate(
    rows: Sequence[Row], verdicts: Sequence[Verdict], taxonomy: Taxonomy | None = None
) -> Evaluation:
    """Compare verdicts with labels.

    Args:
        rows: labelled messages: ``stance``, ``barrier`` or ``barriers_accepted``, ``intensity``,
            and where known ``parent``, ``form`` and ``target`` for the slices.
        verdicts: the detector's answer to each, in the same order.
        taxonomy: for the groups; the shipped one by default.

    """
    known = taxonomy or load_taxonomy()
    truth = [row["stance"] == PUSHBACK for row in rows]
    said = [v.stance == PUSHBACK for v in verdicts]
    probability = [v.pushback or 0.0 for v in verdicts]
    precision, recall, f1 = _prf(truth, said)
    flags = [t for t, v in zip(truth, verdicts, strict=True) if v.flag == "flag"]
    right, in_group, found = _barriers(rows, verdicts, known)
    return Evaluation(
        rows=len(rows),
        pushback=sum(truth),
        precision=precision,
        recall=recall,
        f1=f1,
        average_precision=average_precision(truth, probability),
        macro_f1=_macro(rows, verdicts),
        barrier=right,
        barrier_found=found,
        group=in_group,
        intensity=_intensity(rows, verdicts),
        calibration_error=calibration_error(truth, probability),
        flagged=_ratio(len(flags), len(rows)),
        flag_precision=_ratio(sum(flags), len(flags)),
        states=dict(Counter(v.state for v in verdicts)),
        confusion=_confusion(rows, verdicts),
        slices=_slices(rows, verdicts),
    )


def _macro(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> float | None:
    scores = [
        _prf([r["stance"] == s for r in rows], [v.stance == s for v in verdicts])[2]
        for s in STANCES
    ]
    kept = [score for score in scores if score is not None]
    return sum(kept) / len(kept) if kept else None


def _confusion(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    table = {s: dict.fromkeys((*STANCES, "none"), 0) for s in STANCES}
    for row, verdict in zip(rows, verdicts, strict=True):
        table[row["stance"]][verdict.stance or "none"] += 1
    return table


def accepted(row: Row, older: bool) -> set[str]:
    """The barriers that count as right for a row; with ``older``, newer codes map back."""
    codes = set(row.get("barriers_accepted") or ([row["barrier"]] if row.get("barrier") else []))
    if older:
        codes |= {new for new, old in OLDER_CODES.items() if codes & set(old)}
    return codes


def _barriers(
    rows: Sequence[Row], verdicts: Sequence[Verdict], taxonomy: Taxonomy
) -> tuple[float | None, float | None, float | None]:
    """Right barrier, right group (of all true pushback), right barrier among what was found.

    Pushback that was not found has the barrier that stands first in its verdict, if any; a verdict
    without barriers counts as wrong.
    """
    older = not any(row.get("barrier") in OLDER_CODES for row in rows)
    right = in_group = found = found_right = labelled = 0
    for row, verdict in zip(rows, verdicts, strict=True):
        codes = accepted(row, older)
        if row["stance"] != PUSHBACK or not codes:
            continue
        labelled += 1
        hit = verdict.barrier in codes
        groups = {taxonomy.group_of(code) for code in codes} - {None}
        right += hit
        in_group += verdict.barrier is not None and taxonomy.group_of(verdict.barrier) in groups
        found += verdict.stance == PUSHBACK
        found_right += hit and verdict.stance == PUSHBACK
    return _ratio(right, labelled), _ratio(in_group, labelled), _ratio(found_right, found)


def _intensity(rows: Sequence[Row], verdicts: Sequence[Verdict]) -> float | None:
    pairs = [
        (row["intensity"], verdict.intensity)
        for row, verdict in zip(rows, verdicts, strict=True)
        if row["stance"] == PUSHBACK and row.get("intensity") and verdict.intensity
    ]
    return _ratio(sum(abs(a - b) <= 1 for a, b in pairs), len(pairs))


def _slices(
    rows: Sequence[Row], verdicts: Sequence[Verdict]
) -> dict[str, dict[str, float | int | None]]:
    """Figures of parts of the rows; parts without any row are left out."""
    result: dict[str, dict[str, float | int | None]] = {}
    for name, belongs in _parts(rows):
        chosen = [i for i, row in enumerate(rows) if belongs(row)]
        if chosen:
            result[name] = _slice_figures(rows, verdicts, chosen)
    for target in ("named", "context", "none"):
        chosen = [i for i, verdict in enumerate(verdicts) if verdict.target == target]
        if chosen:
            result[f"network {target}, as detected"] = _slice_figures(rows, verdicts, chosen)
    return result


def _slice_figures(
    rows: Sequence[Row], verdicts: Sequence[Verdict], chosen: Sequence[int]
) -> dict[str, float | int | None]:
    truth = [rows[i]["stance"] == PUSHBACK for i in chosen]
    precision, recall, f1 = _prf(truth, [verdicts[i].stance == PUSHBACK for i in chosen])
    return {"rows": len(chosen), "precision": precision, "recall": recall, "f1": f1}


def _words(row: Row) -> int:
    return len(str(row["text"]).split())


def _parts(rows: Sequence[Row]) -> list[tuple[str, Callable[[Row], bool]]]:
    """The slices: length, question form, parent, barrier, and the forms that rows are tagged with."""
    parts: list[tuple[str, Callable[[Row], bool]]] = [
        ("up to 15 words", lambda row: _words(row) <= 15),
        ("16 to 35 words", lambda row: 15 < _words(row) <= 35),
        ("more than 35 words", lambda row: _words(row) > 35),
        ("with a question mark", lambda row: "?" in row["text"]),
        ("without a question mark", lambda row: "?" not in row["text"]),
        ("with parent", lambda row: bool(row.get("parent"))),
        ("without parent", lambda row: not row.get("parent")),
    ]
    barriers = sorted({row["barrier"] for row in rows if row.get("barrier")})
    forms = sorted({form for row in rows for form in row.get("form") or ()})
    targets = sorted({row["target"] for row in rows if row.get("target")})
    parts += [(f"barrier {b}", partial(_has, "barrier", b)) for b in barriers]
    parts += [(f"form {form}", partial(_has_form, form)) for form in forms]
    parts += [(f"network {t}, as labelled", partial(_has, "target", t)) for t in targets]
    return parts


def _has(field: str, value: str, row: Row) -> bool:
    return row.get(field) == value


def _has_form(form: str, row: Row) -> bool:
    return form in (row.get("form") or ())
