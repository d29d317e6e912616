"""What the detector promises whatever its weights: order, caching, profiles, integrity, evidence."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from adoption.errors import SettingsError
from adoption.sentiment import Comment, explain, load_detector
from adoption.sentiment.artefacts import has_encoder, models_dir
from adoption.sentiment.detector import LocalDetector
from adoption.sentiment.examples import corpus_files, read_examples

MIXED = [
    Comment("Why can't we use email?"),
    Comment("Das ist doch alles Unsinn, wir haben E-Mail."),
    Comment("The lift is out of order until Thursday."),
    Comment("👍"),
    Comment("I'm not interested in social media, it's stupid"),
    Comment("Why can't we use email?"),
]


def test_verdicts_come_in_order_and_equal_comments_get_equal_verdicts(lite: LocalDetector) -> None:
    together = lite.judge(MIXED)
    assert together[0] == together[5]
    assert together == [lite.judge([comment])[0] for comment in MIXED]
    assert lite.judge([]) == []


def test_a_verdict_does_not_depend_on_what_is_judged_with_it() -> None:
    comments = [e.comment for e in read_examples(corpus_files())[::97]]
    forwards, backwards = load_detector("lite"), load_detector("lite")
    assert forwards.judge(comments) == backwards.judge(comments[::-1])[::-1]


def test_what_is_posted_where_the_network_is_the_topic_is_in_context(lite: LocalDetector) -> None:
    alone, parent, community = lite.judge(
        [
            Comment("No time for that, sorry."),
            Comment("No time for that, sorry.", "Please all join Yammer by Friday."),
            Comment("No time for that, sorry.", None, "Viva Engage launch"),
        ]
    )
    assert (alone.target, parent.target, community.target) == ("none", "context", "context")


def test_without_a_sign_of_the_network_nothing_is_flagged_only_offered_for_review(
    lite: LocalDetector,
) -> None:
    corpus = [e.comment for e in read_examples(corpus_files())[::5]]
    verdicts = [v for v in lite.judge(corpus) if v.target == "none"]
    assert len(verdicts) > 100
    assert all(v.flag != "flag" for v in verdicts)


def test_every_flag_shows_the_words_that_decided(lite: LocalDetector) -> None:
    corpus = [e.comment for e in read_examples(corpus_files())[::9]]
    flagged = [(c, v) for c, v in zip(corpus, lite.judge(corpus), strict=True) if v.flag == "flag"]
    assert len(flagged) > 20
    for comment, verdict in flagged:
        assert verdict.evidence
        assert all(comment.text[e.start : e.end].strip() for e in verdict.evidence)
        weights = [e.weight for e in verdict.evidence]
        assert weights == sorted(weights, reverse=True)


def test_leaving_out_the_evidence_weakens_the_verdict(lite: LocalDetector) -> None:
    corpus = [e.comment for e in read_examples(corpus_files())[::9]]
    weaker = total = 0
    for comment, verdict in zip(corpus, lite.judge(corpus), strict=True):
        if verdict.flag == "flag":
            first = verdict.evidence[0]
            rest = comment.text[: first.start] + " " + comment.text[first.end :]
            [without] = lite.judge([comment._replace(text=rest)])
            weaker += (without.pushback or 0.0) < (verdict.pushback or 0.0)
            total += 1
    assert weaker >= 0.9 * total


def test_phrases_cover_a_text_without_overlap() -> None:
    text = "Honestly, I don't see why we need this: email works, the phone works, and nobody asked me (really)."
    spans = explain.phrases(text)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert len(spans) <= explain.PHRASES
    assert sum(len(text[a:b]) for a, b in spans) > 0.8 * len(text)
    assert explain.phrases("") == []


def test_thresholds_move_decisions_and_nothing_else(lite: LocalDetector) -> None:
    strict = load_detector("lite")
    strict.thresholds = replace(strict.thresholds, stance=0.99, flag=0.99, review=0.99)
    before, after = lite.judge(MIXED), strict.judge(MIXED)
    assert [v.pushback for v in before] == [v.pushback for v in after]
    assert strict.version == lite.version


def test_lite_runs_where_onnxruntime_is_not_installed() -> None:
    code = (
        "import sys; sys.modules['onnxruntime'] = None; sys.modules['tokenizers'] = None\n"
        "from adoption.sentiment import Comment, load_detector\n"
        "print(load_detector('lite').judge([Comment(\"Why can't we use email?\")])[0].stance)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "pushback"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    shutil.copytree(models_dir(), folder)
    return folder


def test_a_changed_model_file_is_refused(copied: Path) -> None:
    path = copied / "combine.json"
    path.write_text(path.read_text("utf-8").replace("0", "1", 1), "utf-8")
    with pytest.raises(SettingsError, match="not the one that was trained"):
        load_detector("lite", models=copied)


def test_a_missing_model_file_is_named(copied: Path) -> None:
    (copied / "ngrams.npz").unlink()
    with pytest.raises(SettingsError, match=r"ngrams\.npz is missing"):
        load_detector("lite", models=copied)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 3}'])
def test_a_damaged_manifest_is_named(copied: Path, content: str) -> None:
    (copied / "manifest.json").write_text(content, "utf-8")
    with pytest.raises(SettingsError, match="manifest"):
        load_detector("lite", models=copied)


def test_a_detector_trained_without_an_encoder_says_that_it_is_lite(copied: Path) -> None:
    manifest = json.loads((copied / "manifest.json").read_text("utf-8"))
    manifest["files"] = {
        k: v for k, v in manifest["files"].items() if k in ("ngrams.npz", "combine.json")
    }
    (copied / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert not has_encoder(copied)
    assert load_detector("full", models=copied).profile == "lite"


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(SettingsError, match="no profile"):
        load_detector("huge")


def test_no_model_file_is_a_pickle() -> None:
    assert {path.suffix for path in models_dir().iterdir()} <= {
        ".json",
        ".npz",
        ".onnx",
        ".txt",
        ".md",
    }
