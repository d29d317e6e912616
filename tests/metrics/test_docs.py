"""docs/metrics.md describes each metric, with the words of the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adoption.metrics import CATALOGUE, SPLITS, Floor, Metric
from adoption.privacy import Floors

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## ([a-z0-9-]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
BETTER = {"up": "more is better", "down": "less is better", "none": "neither direction is better"}


def test_each_metric_has_one_section_in_the_order_of_the_catalogue() -> None:
    assert list(SECTIONS) == list(CATALOGUE)


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.name)
def test_a_section_says_what_the_catalogue_says(metric: Metric) -> None:
    section = SECTIONS[metric.name]
    assert f"**{metric.title}.** {metric.question}" in section
    assert f"- Formula: {metric.formula}" in section
    assert BETTER[metric.better] in section
    assert f"- Window: {metric.window}" in section
    assert f"- Split by: {', '.join(SPLITS[split] for split in metric.splits)}\n" in section
    assert ("a roster" in section.partition("- Needs:")[2]) == metric.needs_roster
    assert [f"  - {caveat}" for caveat in metric.caveats] == re.findall(r"^  - .*", section, re.M)


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.name)
def test_a_section_names_the_floor_that_applies(metric: Metric) -> None:
    floors = Floors()
    expected = {
        Floor.ACTIVITY: f"activity: from {floors.activity_people} people in a group",
        Floor.PUSHBACK: f"pushback: from {floors.pushback_people} people in a group and "
        f"{floors.pushback_authors} people who wrote",
    }
    assert f"- Floor: {expected[metric.floor]}\n" in SECTIONS[metric.name]


@pytest.mark.parametrize("metric", CATALOGUE.values(), ids=lambda metric: metric.name)
def test_a_definition_can_be_shown_beside_its_number(metric: Metric) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", metric.name)
    assert metric.question.endswith("?")
    assert metric.formula.endswith(".")
    assert metric.caveats
    assert all(caveat.endswith(".") for caveat in metric.caveats)
    assert metric.unit in {"people", "share", "count", "hours", "per_1000"}
