"""Scoring on Spark: the same detector inside ``mapInArrow``, with the same verdicts.

PySpark is not a dependency; whoever has a cluster has it. Each Python worker loads the detector once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from adoption.sentiment import load_detector
from adoption.sentiment.verdict import Comment, Detector

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("state", pa.string()),
        ("stance", pa.string()),
        ("pushback", pa.float64()),
        ("barrier", pa.string()),
        ("barriers", pa.string()),
        ("kind", pa.string()),
        ("intensity", pa.int32()),
        ("polarity", pa.float64()),
        ("subjectivity", pa.float64()),
        ("language", pa.string()),
        ("evidence", pa.string()),
        ("target", pa.string()),
        ("flag", pa.string()),
        ("model", pa.string()),
    ]
)
"""Columns of a scored frame; ``barriers`` and ``evidence`` are JSON text."""

_DDL = (
    "id string, state string, stance string, pushback double, barrier string, barriers string, "
    "kind string, intensity int, polarity double, subjectivity double, language string, "
    "evidence string, target string, flag string, model string"
)
_LOADED: dict[str, Detector] = {}


def judge_batches(
    batches: Iterator[pa.RecordBatch], detector: Detector
) -> Iterator[pa.RecordBatch]:
    """Verdicts for record batches with ``id``, ``text`` and, where known, ``parent`` and ``community``."""
    for batch in batches:
        rows = batch.to_pylist()
        comments = [
            Comment(row["text"] or "", row.get("parent"), row.get("community")) for row in rows
        ]
        scored: list[dict[str, Any]] = []
        for row, verdict in zip(rows, detector.judge(comments), strict=True):
            values = verdict.as_row()
            values["barriers"] = json.dumps(values["barriers"])
            values["evidence"] = json.dumps(values["evidence"])
            scored.append({"id": row["id"], **values})
        yield pa.RecordBatch.from_pylist(scored, schema=SCHEMA)


def score_frame(frame: DataFrame, profile: str = "full") -> DataFrame:
    """A Spark frame of verdicts for a Spark frame of comments.

    Args:
        frame: columns ``id``, ``text``, and optionally ``parent`` and ``community``, all strings.
        profile: ``full`` or ``lite``.

    Returns:
        A lazy frame with the columns of :data:`SCHEMA`.

    """
    return frame.mapInArrow(worker(profile), _DDL)


def worker(profile: str) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The function that each Python worker runs.

    It travels by name, not by value, so that nothing that is loaded here is sent along.
    """
    return partial(_run, profile)


def _run(profile: str, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Judge batches with a detector that is loaded on the first one and kept by the process."""
    if profile not in _LOADED:
        _LOADED[profile] = load_detector(profile)
    yield from judge_batches(batches, _LOADED[profile])
