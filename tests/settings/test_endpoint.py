"""The model endpoint from settings to verdict, with a real server on loopback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adoption.configuration import load_configuration, own_file
from adoption.endpoint import judge_for
from adoption.errors import SettingsError
from adoption.judging import detector_for, evaluate_with_judge
from adoption.sentiment import Comment, load_detector
from adoption.service import quiet
from tests.sentiment.endpoint import Handler, endpoint

KEY = "canary-of-the-endpoint"
ANSWER = json.dumps(
    {
        "stance": "pushback",
        "confidence": 90,
        "barrier": "time_overload",
        "kind": "objection",
        "intensity": 2,
    }
)
UNCERTAIN = "Not sure the feed is worth the bother on a late, Jo Smith."


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADOPTION_SECRET_JUDGE_API_KEY", KEY)
    return tmp_path


def enabled(home: Path, base_url: str, **more: Any) -> Path:
    path = own_file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = {
        "enabled": True,
        "base_url": base_url,
        "model": "local-model",
        "internal_server": True,
        "low": 0.0,
        "high": 1.0,
        "requests_per_minute": 6000,
        "input_price": 1.0,
        **more,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    path.write_text("[judge]\n" + "\n".join(lines) + "\n", "utf-8")
    return home


def judged(handler: Handler, body: dict[str, Any]) -> None:
    assert handler.headers["Authorization"] == f"Bearer {KEY}"
    handler.label(ANSWER, usage={"prompt_tokens": 1000, "completion_tokens": 10})


def test_it_is_off_until_somebody_switches_it_on(home: Path) -> None:
    detector = detector_for(load_configuration(home), home, "lite")
    assert "judge" not in detector.version


def test_an_enabled_endpoint_judges_and_its_version_says_so(home: Path) -> None:
    with endpoint(judged) as (server, _):
        configured = load_configuration(enabled(home, f"http://127.0.0.1:{server.server_port}/v1"))
        detector = detector_for(configured, home, "lite")
        verdict = detector.judge([Comment(UNCERTAIN, community="About this network")])[0]
    assert "judge-local-model" in detector.version
    assert (verdict.stance, verdict.barrier) == ("pushback", "time_overload")
    assert KEY not in repr(detector) + detector.version


def test_evaluation_with_the_endpoint_tells_what_a_thousand_messages_cost(
    home: Path, tmp_path: Path
) -> None:
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text(
        json.dumps({"text": UNCERTAIN, "stance": "pushback", "barrier": "time_overload"})
    )
    with endpoint(judged) as (server, _):
        enabled(home, f"http://127.0.0.1:{server.server_port}/v1")
        evaluation, asked = evaluate_with_judge(labelled, profile="lite", home=home, progress=quiet)
    assert "Of 1 comments the model endpoint was asked about 1" in asked
    assert "Cost of 1,000 messages: 1.00." in asked
    assert KEY not in asked + evaluation.as_text()


@pytest.mark.parametrize("missing", ["base_url", "model"])
def test_an_endpoint_without_address_or_model_is_refused(home: Path, missing: str) -> None:
    section = {**load_configuration().judge, "base_url": "http://127.0.0.1:1/v1", "model": "m"}
    with pytest.raises(SettingsError, match=missing.replace("_", " ")):
        judge_for({**section, missing: ""}, home, load_detector("lite"), str)


def test_a_missing_key_names_the_variable_to_set(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ADOPTION_SECRET_JUDGE_API_KEY")
    enabled(home, "http://127.0.0.1:1/v1")
    with pytest.raises(SettingsError, match="ADOPTION_SECRET_JUDGE_API_KEY"):
        detector_for(load_configuration(home), home, "lite")


def test_entra_sign_in_asks_for_its_tenant(home: Path) -> None:
    enabled(home, "http://127.0.0.1:1/v1", sign_in_with="client-secret")
    with pytest.raises(SettingsError, match=r"tenant_id|client_id"):
        detector_for(load_configuration(home), home, "lite")
