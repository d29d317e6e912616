"""What is not understood is said to be so, never neutral."""

from __future__ import annotations

import pytest

from adoption.sentiment import Comment
from adoption.sentiment.detector import LocalDetector
from adoption.sentiment.language import gate

FOREIGN = [
    ("Das ist doch alles Unsinn, wir haben E-Mail.", "de"),
    ("Warum können wir nicht einfach telefonieren?", "de"),
    ("Je ne comprends pas pourquoi on ne peut pas utiliser le courriel", "fr"),
    ("¿Por qué no usamos el correo como siempre?", "es"),
    ("Ik heb daar geen tijd voor vandaag", "nl"),
    ("Não tenho tempo para mais uma ferramenta", "pt"),
    ("Jag förstår inte varför vi behöver en till app", "sv"),
    ("Nie mam czasu na kolejne narzędzie", "pl"),
    ("Pam na allwn ni ddefnyddio e-bost?", "cy"),
    ("почему нельзя писать по почте", "ru"),
    ("为什么不能用邮件", "zh"),
]


@pytest.mark.parametrize(("text", "language"), FOREIGN)
def test_a_foreign_message_is_unsupported_and_never_neutral(
    lite: LocalDetector, text: str, language: str
) -> None:
    [verdict] = lite.judge([Comment(text)])
    assert (verdict.state, verdict.stance, verdict.language) == (
        "unsupported_language", None, language,
    )  # fmt: skip
    assert verdict.pushback is None


@pytest.mark.parametrize(
    "text",
    [
        "lol no",
        "+1 from me",
        "not for me",
        "nah mate",
        "Big fan of Engage. Big, big fan.",
        "ta",
        "THIS IS WHY NOBODY USES IT",
        "cant b bothered w it tbh",
        "Hmm, dunno about that one",
    ],
)
def test_short_and_careless_english_is_taken_for_english(text: str) -> None:
    assert gate(text, has_context=True) == ("scored", "en")


@pytest.mark.parametrize(
    "text", ["", "   ", "👍", "🎉🎉🎉", "12:15", "100 %", "...", "https://x.org/y", "`code`"]
)
def test_a_message_without_words_is_too_short(lite: LocalDetector, text: str) -> None:
    [verdict] = lite.judge([Comment(text)])
    assert (verdict.state, verdict.stance) == ("too_short", None)


def test_one_word_says_nothing_without_the_message_it_answers(lite: LocalDetector) -> None:
    alone, answer = lite.judge([Comment("Never"), Comment("Never", "Will you join us on Yammer?")])
    assert alone.state == "too_short"
    assert answer.state == "scored"
