"""Reading one page ahead: the same items, the same errors, and no thread left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adoption.errors import SourceError
from adoption.paging import CursorGuard, read_ahead


def nothing() -> None:
    """There is nothing to wake."""


@given(st.lists(st.integers()), st.integers(1, 4))
def test_reading_ahead_gives_the_same_items_in_the_same_order(items: list[int], depth: int) -> None:
    assert list(read_ahead(iter(items), nothing, depth)) == items


def test_an_error_comes_out_where_the_item_would_have() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise SourceError("broken")

    found = read_ahead(failing(), nothing)
    assert next(found) == 1
    with pytest.raises(SourceError, match="broken"):
        next(found)


def test_closing_early_wakes_the_reader_and_ends_its_thread() -> None:
    woken = threading.Event()

    def waiting() -> Iterator[int]:
        yield 1
        woken.wait()
        yield 2

    before = threading.active_count()
    found = read_ahead(waiting(), woken.set)
    assert next(found) == 1
    found.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


def test_no_more_than_the_depth_is_read_ahead() -> None:
    drawn: list[int] = []

    def counting() -> Iterator[int]:
        for number in range(100):
            drawn.append(number)
            yield number

    found = read_ahead(counting(), nothing, depth=2)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert len(drawn) <= 5


def test_a_cursor_that_comes_again_ends_the_walk() -> None:
    guard = CursorGuard("channel news")
    guard.check("a")
    guard.check("b")
    with pytest.raises(SourceError, match="news"):
        guard.check("a")
