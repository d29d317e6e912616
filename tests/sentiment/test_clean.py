"""What is judged of a message, and where it stood in what was posted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.sentiment.clean import JUDGED_LIMIT, clean


def said(raw: str) -> str:
    """The judged words, blanks collapsed."""
    return " ".join(clean(raw).text.split())


@pytest.mark.parametrize(
    ("raw", "judged"),
    [
        ("Why can’t we use email?", "Why can't we use email?"),
        ("em\u200bail is fi\u00adne", "email is fine"),
        ("\u202eis this readable\u202c", "is this readable"),
        ("see https://example.org/a?b=c for details", "see for details"),
        ("<p>We can&#39;t <b>open</b> it &amp; wait</p>", "We can't open it & wait"),
        ("thanks <@U02ABC> and @maria.k :tada:", "thanks and"),
        ("run `rm -rf /` first", "run first"),
        ("before ```\ncode nobody judges\n``` after", "before after"),
        ("it broke ``` and never closed", "it broke"),
        ("mail jo.bloggs@trust.nhs.uk please", "mail please"),
        ("> Slack is great\nNo it is not", "No it is not"),
        ("My answer.\n\nOn Tue, 3 Mar 2026, Jo wrote:\nUse Yammer!", "My answer."),
        ("Agreed.\n-----Original Message-----\nFrom: Jo\nUse Yammer", "Agreed."),
        ("No thanks.\nFrom: Jo Bloggs\nSent: Monday\nSubject: Yammer\nJoin us", "No thanks."),
        ("a\x00b", "a b"),
        ("ｆｕｌｌ width", "full width"),
    ],
)
def test_only_what_the_writer_says_is_judged(raw: str, judged: str) -> None:
    assert said(raw) == judged


def test_quoted_text_is_kept_as_context() -> None:
    assert "Slack is great" in clean("> Slack is great\nNo it is not").quoted
    assert "Use Yammer" in clean("No.\nOn Tue, 3 Mar 2026, Jo wrote:\nUse Yammer!").quoted


def test_a_span_is_traced_back_to_what_was_posted() -> None:
    raw = "<b>no</b> \u200bI do&nbsp;not want em\u200bail &amp; Slack"
    cleaned = clean(raw)
    start = cleaned.text.index("email")
    assert raw[slice(*cleaned.origin(start, start + 5))] == "em\u200bail"
    start = cleaned.text.index("Slack")
    assert raw[slice(*cleaned.origin(start, start + 5))] == "Slack"


@given(st.text(max_size=400))
def test_every_character_of_any_text_can_be_traced_back(raw: str) -> None:
    cleaned = clean(raw)
    for at in range(len(cleaned.text)):
        start, end = cleaned.origin(at, at + 1)
        assert 0 <= start < end <= len(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "word " * 200_000,
        "<" * 1_000_000,
        "`" * 1_000_000,
        "> quoted\n" * 100_000,
        "&amp;" * 200_000,
        "\u200b" * 1_000_000,
        "@" * 1_000_000,
        "a@" * 500_000,
        "on " * 300_000 + "wrote:",
        ":" * 1_000_000,
    ],
    ids=[
        "words",
        "angles",
        "ticks",
        "quotes",
        "entities",
        "invisible",
        "ats",
        "mails",
        "on",
        "colons",
    ],
)
def test_a_megabyte_of_anything_is_cut_to_size(raw: str) -> None:
    assert len(clean(raw).text) <= JUDGED_LIMIT
