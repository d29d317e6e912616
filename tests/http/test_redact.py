"""Secrets are taken out of any text, whole, wherever they stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adoption.http.redact import MASK, Redactor

words = st.text(st.characters(codec="ascii", exclude_characters="*"), max_size=30)
secrets = st.text(st.sampled_from("abcXYZ019+/=-_. "), min_size=6, max_size=40)


@given(secrets, words, words)
def test_a_known_secret_never_survives(secret: str, before: str, after: str) -> None:
    assert secret not in Redactor([secret])(f"{before}{secret}{after}{secret}")


def test_a_secret_inside_a_longer_one_leaves_no_remainder() -> None:
    redact = Redactor(["abcdef", "abcdefghij"])
    assert redact("x abcdefghij y") == f"x {MASK} y"


def test_a_secret_is_found_in_its_escaped_form() -> None:
    assert "a%2Fb%2Bcde" not in Redactor(["a/b+cde"])("GET /x?k=a%2Fb%2Bcde")


def test_what_looks_like_a_credential_is_masked_without_being_known() -> None:
    text = Redactor()("Authorization: Bearer eyJhbGciOi.abc and /x?sig=12345&page=2")
    assert "eyJhbGciOi" not in text
    assert "12345" not in text
    assert "page=2" in text


def test_a_very_short_secret_does_not_blank_ordinary_words() -> None:
    assert Redactor(["an"])("an answer") == "an answer"
