"""Benchmarks are dated, sourced, and only offered where they are comparable."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest

from adoption.metrics import CATALOGUE
from adoption.metrics.benchmarks import benchmark_for
from adoption.period import Period
from adoption.settings import config_dir

STORED = tomllib.loads((config_dir() / "benchmarks.toml").read_text("utf-8"))
QUARTER = Period.parse("2026-W01:2026-W13")
HALF_YEAR = Period.parse("2026-W01:2026-W26")
MONTH = Period.parse("2026-W01:2026-W04")


@pytest.mark.parametrize("entry", STORED["benchmark"], ids=lambda entry: entry["label"])
def test_each_says_what_it_is_and_where_it_is_from(entry: dict[str, object]) -> None:
    assert entry["metric"] in CATALOGUE
    assert entry["source"]
    assert entry["basis"]
    assert "low" in entry or "high" in entry


def test_the_file_says_when_the_sources_were_read() -> None:
    assert isinstance(STORED["read_on"], date)


def test_a_benchmark_needs_about_the_same_window() -> None:
    found = benchmark_for("active-share", HALF_YEAR)
    assert found is not None
    assert (found.low, found.high) == (0.27, 0.38)
    assert benchmark_for("active-share", QUARTER) is None


def test_a_benchmark_of_large_places_is_not_for_small_ones() -> None:
    assert benchmark_for("active-share", MONTH, people=300) is None
    assert benchmark_for("active-share", MONTH, people=20_000) is not None
    assert benchmark_for("active-share", MONTH) is None


def test_some_hold_for_any_window_and_most_metrics_have_none() -> None:
    assert benchmark_for("top-10-share", MONTH) == benchmark_for("top-10-share", QUARTER)
    assert benchmark_for("pushback-rate", QUARTER) is None
