"""An organisation changes the barriers; the detector follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from adoption.errors import SettingsError
from adoption.sentiment import Comment, load_detector
from adoption.sentiment.detector import LocalDetector
from adoption.sentiment.flips import flip_report
from adoption.sentiment.outputs import BARRIERS
from adoption.sentiment.taxonomy import load_taxonomy
from adoption.settings import config_dir

SHIPPED = (config_dir() / "barriers.toml").read_text("utf-8")
ADDED = """
[[barrier]]
code = "union"
group = "process"
title = "The union has not agreed"
description = "The staff side has not been asked or has not agreed."
example = "Not until the staff side has signed this off."
answered_by = "Employee relations"
enablers = ["policy"]
phrases = ["staff side", "union rep*", "works council"]
decisive = ["the union has(n't| not) agreed"]
examples = ["Our shop steward says nobody should sign up before the talks are over."]
"""


def edited(tmp_path: Path, old: str = "", new: str = "", extra: str = "") -> Path:
    path = tmp_path / "barriers.toml"
    assert old in SHIPPED
    path.write_text(SHIPPED.replace(old, new, 1) + extra, encoding="utf-8")
    return path


def test_the_fifteen_barriers_stand_in_five_groups_with_all_their_words() -> None:
    taxonomy = load_taxonomy()
    assert set(taxonomy.codes) == set(BARRIERS)
    assert set(taxonomy.groups) == {"habit", "worth", "risk", "ability", "process"}
    for barrier in taxonomy.barriers.values():
        assert all((barrier.phrases, barrier.enablers, barrier.answered_by))


def test_the_example_of_each_barrier_comes_out_as_that_barrier(lite: LocalDetector) -> None:
    for barrier in lite.taxonomy.barriers.values():
        [verdict] = lite.judge([Comment(barrier.example)])
        assert (verdict.stance, verdict.barrier) == ("pushback", barrier.code), barrier.example


def test_a_renamed_barrier_keeps_its_verdicts(lite: LocalDetector, tmp_path: Path) -> None:
    path = edited(tmp_path, 'title = "No use to me"', 'title = "Not convinced"')
    renamed = load_detector("lite", taxonomy=path)
    comment = Comment("What is this supposed to give us?")
    assert renamed.taxonomy.barriers["no_value"].title == "Not convinced"
    assert renamed.judge([comment])[0].barrier == lite.judge([comment])[0].barrier
    assert renamed.version != lite.version


def test_a_merged_barrier_hands_its_comments_on(tmp_path: Path) -> None:
    path = edited(
        tmp_path, 'code = "tool_sprawl"', 'code = "tool_sprawl"\nmerged_into = "time_overload"'
    )
    merged = load_detector("lite", taxonomy=path)
    [verdict] = merged.judge([Comment("That's the fifth place I have to check.")])
    assert verdict.barrier == "time_overload"
    assert "tool_sprawl" not in dict(verdict.barriers)
    assert merged.taxonomy.group_of("tool_sprawl") == "worth"


def test_an_added_barrier_is_found_by_its_phrases_and_by_its_examples(tmp_path: Path) -> None:
    added = load_detector("lite", taxonomy=edited(tmp_path, extra=ADDED))
    texts = [
        "I won't use Yammer, the union hasn't agreed.",
        "I refuse to join the network, my shop steward says nobody should sign up before the talks are over.",
    ]
    for verdict in added.judge([Comment(text) for text in texts]):
        assert (verdict.stance, verdict.barrier) == ("pushback", "union")


def test_a_flip_report_precedes_the_switch(lite: LocalDetector, tmp_path: Path) -> None:
    comments = [
        Comment("I won't use Yammer, the union hasn't agreed."),
        Comment("Not joining Slack, I don't see the point."),
        Comment("The lift is mended."),
    ]
    after = load_detector("lite", taxonomy=edited(tmp_path, extra=ADDED))
    report = flip_report(["a", "b", "c"], lite.judge(comments), after.judge(comments))
    assert (report.before, report.after) == (lite.version, after.version)
    assert report.messages == 3
    assert any(new == "union" for _, new in report.barriers) or report.gained == 1
    assert "3 messages compared" in report.as_text()


def test_the_organisations_own_name_for_the_network_is_known(lite: LocalDetector) -> None:
    comment = Comment("Not touching the Loop, sorry, I have enough to do.")
    named = load_detector("lite", names=("the loop",))
    assert lite.judge([comment])[0].target == "none"
    assert named.judge([comment])[0].target == "named"
    assert named.version != lite.version


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('group = "worth"', 'group = "elsewhere"', "unknown group"),
        ('code = "policy"', 'code = "skills"', "used twice"),
        ('title = "Forced on us"\n', "", "has no title"),
        ('code = "policy"', 'code = "policy"\nmerged_into = "nothing"', "merged into"),
        ('version = "1"', "version = ", "not valid TOML"),
        ('"outlook"', '"(outlook"', "brackets do not match"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_detector("lite", taxonomy=edited(tmp_path, old, new))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_taxonomy(tmp_path / "none.toml")
