"""Spark gives the same verdicts as the detector itself."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from adoption.sentiment import Comment, load_detector
from adoption.sentiment.spark import SCHEMA, score_frame, worker

ROWS: list[dict[str, Any]] = [
    {"id": "1", "text": "Why can't we use email?", "parent": None, "community": None},
    {
        "id": "2",
        "text": "No thanks",
        "parent": "Will you join us on Yammer?",
        "community": "Launch",
    },
    {
        "id": "3",
        "text": "Das ist doch alles Unsinn, wir haben E-Mail.",
        "parent": None,
        "community": None,
    },
    {"id": "4", "text": None, "parent": None, "community": None},
]


def expected() -> list[dict[str, Any]]:
    """What the detector says directly."""
    verdicts = load_detector("lite").judge(
        [Comment(r["text"] or "", r["parent"], r["community"]) for r in ROWS]
    )
    return [
        {
            "id": r["id"],
            **v.as_row(),
            "barriers": json.dumps(v.as_row()["barriers"]),
            "evidence": json.dumps(v.as_row()["evidence"]),
        }
        for r, v in zip(ROWS, verdicts, strict=True)
    ]


def test_a_worker_judges_arrow_batches_as_the_detector_does() -> None:
    batches = iter([pa.RecordBatch.from_pylist(ROWS[:2]), pa.RecordBatch.from_pylist(ROWS[2:])])
    scored = list(worker("lite")(batches))
    assert all(batch.schema == SCHEMA for batch in scored)
    assert [row for batch in scored for row in batch.to_pylist()] == expected()


@pytest.fixture
def spark() -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.filterwarnings(
    "ignore:PySpark does not yet fully support pandas:FutureWarning", "ignore::ResourceWarning"
)
def test_a_spark_frame_is_scored_as_the_detector_does(spark: Any) -> None:
    frame = spark.createDataFrame(
        [tuple(r.values()) for r in ROWS], "id string, text string, parent string, community string"
    )
    scored = score_frame(frame.repartition(2), "lite").collect()
    rows = sorted((row.asDict() for row in scored), key=lambda row: str(row["id"]))
    assert rows == expected()
