"""Phrases as people write them in barriers.toml."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.errors import SettingsError
from adoption.sentiment.phrases import PhraseSet, to_pattern
from adoption.sentiment.taxonomy import load_taxonomy


def found(phrase: str, text: str) -> bool:
    return bool(PhraseSet([("x", phrase)]).labels(text))


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("use email", "why not use  email then"),
        ("notif*", "the notifications never stop"),
        ("(can't|cannot) open", "we cant open it"),
        ("(can't|cannot) open", "we cannot open it"),
        ("what happened to ... talking", "what happened to people just talking"),
        ("e-mail", "send an e-mail"),
    ],
)
def test_a_phrase_finds_what_it_should(phrase: str, text: str) -> None:
    assert found(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("app", "perhaps an apple"),
        ("use email", "we use the email"),
        ("what ... talking", "what a b c d e f g talking"),
    ],
)
def test_a_phrase_finds_nothing_else(phrase: str, text: str) -> None:
    assert not found(phrase, text)


@pytest.mark.parametrize("phrase", ["", "   ", "(a|b", "a)"])
def test_a_phrase_that_cannot_be_read_is_refused_with_advice(phrase: str) -> None:
    with pytest.raises(SettingsError, match=re.escape("barriers.toml")):
        to_pattern(phrase)


@given(st.text(alphabet="ab '*.-[]{}+?^$\\", min_size=1, max_size=20))
def test_whatever_is_typed_is_a_phrase_or_a_clear_error(phrase: str) -> None:
    try:
        phrases = PhraseSet([("x", phrase)])
    except SettingsError:
        return
    phrases.labels("some text ab")


def test_every_shipped_phrase_can_be_read() -> None:
    taxonomy = load_taxonomy()
    for barrier in taxonomy.barriers.values():
        PhraseSet([("x", phrase) for phrase in (*barrier.phrases, *barrier.decisive)])
    for phrases in taxonomy.marks.values():
        PhraseSet([("x", phrase) for phrase in phrases])


def test_spans_say_where_a_phrase_stands() -> None:
    [(label, start, end)] = PhraseSet([("x", "use email")]).spans("we use email here")
    assert ("we use email here"[start:end], label) == ("use email", "x")
