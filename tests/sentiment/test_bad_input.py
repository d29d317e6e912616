"""Anything may be posted: there is a verdict or a state, never a crash."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adoption.sentiment import Comment, Verdict
from adoption.sentiment.detector import LocalDetector
from adoption.sentiment.verdict import SCORED, STATES

BAD = {
    "empty": "",
    "blank": " \n\t ",
    "emoji": "👍🏽🎉👩‍👩‍👧",
    "links": "https://a.example/b https://c.example",
    "code": "```\nimport os\n```",
    "html": "<div><script>alert(1)</script><p>We <b>can't</b> open Yammer</p></div>",
    "unclosed html": "<p><b><i We cannot open Slack here",
    "zero width": "\u200b".join("why can't we use email"),
    "bidi": "\u202ewhy can't we use email\u202c",
    "nul": "why\x00can't\x00we use\x00email",
    "lone surrogate": "why \ud800 can't we use email",
    "combining": "e\u0301" * 3000,
    "one word": "email " * 1000,
    "megabyte": "Why can't we use email? " * 43_000,
    "megabyte without blanks": "x" * 1_000_000,
    "megabyte of dots": "." * 1_000_000,
    "megabyte of questions": "why? " * 200_000,
    "control": "".join(map(chr, range(32))) + " not joining Slack",
    "formula": '=HYPERLINK("http://x","y") I will not use Slack',
    "chain": "Not for us.\n\nFrom: Jo\nSent: Monday\nTo: All\nSubject: Yammer\n\nJoin Yammer now!\n"
    * 50,
}


def is_whole(verdict: Verdict, text: str) -> bool:
    """What holds for every verdict."""
    scored = verdict.state == SCORED
    return (
        verdict.state in STATES
        and scored == (verdict.stance is not None) == (verdict.pushback is not None)
        and (verdict.pushback is None or 0 <= verdict.pushback <= 1)
        and (verdict.barrier is not None) == (verdict.flag != "pass")
        and (verdict.stance != "pushback" or verdict.flag != "pass")
        and all(0 <= e.start < e.end <= len(text) for e in verdict.evidence)
        and bool(verdict.model)
    )


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_verdict_or_a_state(lite: LocalDetector, name: str) -> None:
    text = BAD[name]
    for comment in (Comment(text), Comment("No thanks.", text, text)):
        [verdict] = lite.judge([comment])
        assert is_whole(verdict, comment.text)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.text(max_size=200), st.none() | st.text(max_size=80)), max_size=4))
def test_any_text_gets_a_verdict_or_a_state(
    lite: LocalDetector, pairs: list[tuple[str, str | None]]
) -> None:
    verdicts = lite.judge([Comment(text, parent) for text, parent in pairs])
    assert len(verdicts) == len(pairs)
    assert all(is_whole(v, text) for v, (text, _) in zip(verdicts, pairs, strict=True))


def test_a_quoted_chain_is_judged_by_its_new_part(lite: LocalDetector) -> None:
    chain = (
        "Thanks Jo, joining now, looks really useful.\n\nFrom: Al\nSent: Monday\nSubject: Yammer\n\n"
        "Why can't we use email? I'm not interested in social media, it's stupid."
    )
    [verdict] = lite.judge([Comment(chain)])
    assert verdict.stance != "pushback"


def test_invisible_characters_do_not_hide_an_objection(lite: LocalDetector) -> None:
    [verdict] = lite.judge([Comment("Why ca\u200bn’t we use em\u00adail?")])
    assert (verdict.stance, verdict.barrier) == ("pushback", "existing_channel")
